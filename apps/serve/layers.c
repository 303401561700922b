/* What is inside an archive as an answer: a file, or a page that lists what is below a name. */

#include "apps/serve/layers.h"

#include "apps/run/place.h"
#include "apps/serve/body.h"
#include "apps/serve/listing.h"
#include "apps/serve/member.h"
#include "apps/serve/way.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/layer/catalogue.h"
#include "leat/layer/ending.h"

/* Take one ending of a format off. NULL: it has none. */
static const struct leat_format *ending_take(struct leat_span *name)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        size_t len = leat_format_ending(leat_formats[i], *name);
        if (len > 0 && !(leat_formats[i]->traits & LEAT_FORMAT_TEXT)) {
            name->len -= len;
            return leat_formats[i];
        }
    }
    return NULL;
}

/* Whether the ending that was taken off `name` is one of a compressed tar: those of stages that
 * begin with ".t" are, from .tgz to .tzst. */
static bool took_tar(struct leat_span name)
{
    return (name.data[name.len + 1] | 0x20) == 't';
}

bool layers_enters(struct leat_span name)
{
    for (unsigned i = 0; i < LEAT_PEEL_LAYERS_MAX; i++) {
        const struct leat_format *format = ending_take(&name);
        if (format == NULL)
            return false;
        if (format->unpack != NULL || took_tar(name))
            return true;
    }
    return false;
}

/* --- The way inside --- */

/* A fault is told in so many bytes. */
enum { WHY_MAX = 512 };

struct inside {
    struct exchange *x;
    struct way way;
    size_t depth;                      /* how many archives are around where the walk is */
    struct http_validators validators; /* of a member */
    char tag[HTTP_TAG_MAX];
    struct listing listing;
    bool lists;
    bool below;  /* something was found under the name */
    bool opened; /* the innermost archive was */
    bool is_link;
    bool answered;
    enum leat_status status; /* of the answer */
    char why[WHY_MAX];       /* what the first fault that was met says; empty: there was none */
};

/* The texts of a fault are those of the reader that met it, and go with it. */
static void meets(struct inside *in, const struct leat_fault *fault)
{
    leat_assert(fault->code != LEAT_FAULT_NONE);
    if (in->why[0] == '\0')
        leat_fault_format(fault, in->why, sizeof(in->why));
}

/* A member is as old as the archive that it came with: it may be another than the one that stood
 * here before, and have an older time of its own. What tells archives apart tells their members
 * apart as well, before any of them is found. */
static void validators_make(struct inside *in, const struct file *file)
{
    in->validators = file_validators(file, in->x->now_s);
    const size_t len = http_tag_within(in->validators.tag, path_hash(in->x->target.inner), in->tag);
    in->validators.tag = (struct leat_span){ (const uint8_t *)in->tag, len };
}

static enum leat_want wants(void *user, struct leat_span met, const struct leat_entry *entry)
{
    struct inside *in = user;
    (void)met;
    leat_fiber_breathe(in->x->site->fibers);
    switch (way_lies(&in->way, in->depth, entry)) {
    case WAY_ON:
        return LEAT_WANT_LAYERS;
    case WAY_THERE:
        return in->lists || body_is_spared(in->x, &in->validators) ? LEAT_WANT_ENTRY
                                                                   : LEAT_WANT_BYTES;
    case WAY_BELOW:
        in->below = true;
        return in->lists ? LEAT_WANT_ENTRY : LEAT_WANT_NONE;
    case WAY_ELSEWHERE:
        break;
    }
    return LEAT_WANT_NONE;
}

/* --- A list --- */

static void no_memory(struct inside *in)
{
    in->answered = true;
    in->status = exchange_error(in->x, 503, "", false);
}

static void list_entry(struct inside *in, const struct leat_entry *entry)
{
    bool is_entry;
    struct http_page_row row = { .name = way_row(&in->way, entry, &is_entry) };
    row.folder = !is_entry || entry->kind == LEAT_ENTRY_FOLDER;
    if (!row.folder) {
        row.has_size = entry->size != LEAT_SIZE_UNKNOWN;
        row.size = entry->size;
        row.archive = layers_enters(row.name);
    }
    if (is_entry && entry->mtime_s > 0) {
        row.has_modified = true;
        row.modified = entry->mtime_s;
    }
    if (!listing_add(&in->listing, &row))
        no_memory(in);
}

/* --- All --- */

static void answer_member(struct inside *in, const struct leat_entry *entry, struct leat_reader *r)
{
    in->answered = true;
    in->status =
        member_send(in->x, in->way.names[in->way.steps - 1], entry->size, r, &in->validators);
}

/* In the innermost archive. */
static void entry_step(struct inside *in, const struct leat_step *step)
{
    const enum way_lies lies = way_lies(&in->way, in->depth, step->entry);
    if (lies == WAY_BELOW)
        list_entry(in, step->entry);
    else if (step->entry->kind == LEAT_ENTRY_FOLDER)
        in->below = true;
    else if (in->lists)
        return;
    else if (step->entry->kind != LEAT_ENTRY_FILE)
        in->is_link = in->is_link || leat_entry_links(step->entry);
    else if (step->entry->fault.code != LEAT_FAULT_NONE)
        meets(in, &step->entry->fault);
    else
        answer_member(in, step->entry, step->reader);
}

static void walk_step(struct inside *in, const struct leat_step *step)
{
    const struct leat_fault *blocked;
    if (step->leads && step->kind == LEAT_STEP_LEAF)
        return;
    switch (step->kind) {
    case LEAT_STEP_FAULT:
        meets(in, step->fault);
        break;
    case LEAT_STEP_ENTER:
        in->depth++;
        in->opened = in->opened || in->depth == in->way.steps;
        break;
    case LEAT_STEP_LEAVE:
        in->depth--;
        break;
    case LEAT_STEP_LEAF:
    case LEAT_STEP_ENTRY:
        if (in->depth == in->way.steps)
            entry_step(in, step);
        else if (step->kind == LEAT_STEP_LEAF && (blocked = run_place_blocked(step)) != NULL)
            meets(in, blocked);
        break;
    }
}

/* `file` stays open by its own count while it is read. */
static void walk_in(struct leat_ctx *ctx, struct inside *in, const struct file *file)
{
    struct leat_walk_options options = { .wants = wants, .user = in };
    struct leat_span name = in->x->target.outer;
    struct leat_reader *r = leat_descriptor_at(ctx, file->fd, 0, (const char *)name.data);
    struct leat_walk *walk = leat_walk_open(r, name, &options);
    if (walk == NULL) {
        no_memory(in);
        return;
    }
    struct leat_step step;
    while (!in->answered && !in->listing.is_full && leat_walk_next(walk, &step) == LEAT_OK)
        walk_step(in, &step);
    leat_walk_close(walk);
}

/* In a ctx of its own a request has its own limits of output and time, which it does not share with
 * others of the thread. */
static void walk(struct inside *in, const struct file *file)
{
    struct leat_ctx *all = &in->x->site->ctx, own;
    const struct leat_ctx_options options = leat_ctx_child(all);
    leat_ctx_init(&own, &options);
    leat_ctx_hand_over(&own, all);
    walk_in(&own, in, file);
    leat_ctx_hand_over(all, &own);
    leat_ctx_fold(all, &own);
    leat_ctx_fini(&own);
}

/* The folder as its page has it: "a.tar!/docs". */
static void put_shown(struct term_buffer *buffer, const struct inside *in)
{
    const struct leat_span outer = in->x->target.outer;
    term_put(buffer, outer.data, outer.len);
    for (size_t i = 0; i < in->way.steps; i++) {
        const struct leat_span name = in->way.names[i];
        term_putc(buffer, '!');
        if (i + 1 == in->way.steps && in->way.bare)
            break;
        term_putc(buffer, '/');
        term_put(buffer, name.data, name.len);
    }
}

static enum leat_status answer_list(struct inside *in)
{
    struct term_buffer path = { 0 };
    put_shown(&path, in);
    enum leat_status status =
        path.cut ? exchange_error(in->x, 503, "", false)
                 : listing_answer(&in->listing, in->x,
                                  (struct leat_span){ (uint8_t *)path.data, path.len }, in->why);
    term_buffer_fini(&path);
    return status;
}

enum leat_status send_layers(struct exchange *x, struct file *file)
{
    struct inside in = {
        .x = x,
        .way = way_of(&x->target),
        .lists = x->target.folder,
        .status = LEAT_OK,
    };
    validators_make(&in, file);
    /* Who has the tag has the member, which is there as long as the archive is what it was. */
    if (!in.lists && http_condition_is_known(&x->request, &in.validators))
        answer_member(&in, &(struct leat_entry){ .size = LEAT_SIZE_UNKNOWN }, NULL);
    else
        walk(&in, file);
    /* An archive may well be empty; one of which nothing can be read is not. */
    const bool found = in.below || (in.opened && in.way.bare && in.why[0] == '\0');
    if (!in.answered && found && in.lists)
        in.status = answer_list(&in);
    else if (!in.answered && in.below)
        in.status = exchange_redirect(x);
    else if (!in.answered && in.why[0] != '\0')
        in.status = exchange_error(x, 502, in.why, false);
    else if (!in.answered)
        in.status =
            exchange_error(x, 404, in.is_link ? "Links in archives are not followed." : "", false);
    listing_fini(&in.listing);
    return in.status;
}
