/* What is inside an archive as an answer: a file, or a page that lists what is below a name. */

#include "apps/serve/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include "apps/http/media.h"
#include "apps/run/place.h"
#include "apps/serve/listing.h"
#include "apps/serve/way.h"
#include "leat/core/copy.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/layer/catalogue.h"

/* Bytes of unknown number go out in chunks of up to this, of which the length takes some digits. */
enum { CHUNK_MAX = 16 * LEAT_KIB, CHUNK_DIGITS = 4, CHUNK_HEAD = CHUNK_DIGITS + 2 };

static bool ends_with(struct leat_span name, const char *ending, struct leat_span *ret_before)
{
    size_t len = strlen(ending);
    if (name.len <= len || strncasecmp((const char *)name.data + name.len - len, ending, len) != 0)
        return false;
    *ret_before = (struct leat_span){ name.data, name.len - len };
    return true;
}

/* Take one ending of a format off. NULL: it has none. */
static const struct leat_format *ending_take(struct leat_span *name)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        const char *const *endings = leat_formats[i]->endings;
        for (size_t k = 0; endings != NULL && endings[k] != NULL; k++) {
            if (!(leat_formats[i]->traits & LEAT_FORMAT_TEXT) && ends_with(*name, endings[k], name))
                return leat_formats[i];
        }
    }
    return NULL;
}

bool layers_enters(struct leat_span name)
{
    static const char *const short_names[] = { ".tgz", ".tzst", ".tlz4", ".jar", ".whl", ".apk" };
    struct leat_span before;
    for (size_t i = 0; i < sizeof(short_names) / sizeof(short_names[0]); i++) {
        if (ends_with(name, short_names[i], &before))
            return true;
    }
    for (unsigned i = 0; i < LEAT_PEEL_LAYERS_MAX; i++) {
        const struct leat_format *format = ending_take(&name);
        if (format == NULL || format->unpack != NULL)
            return format != NULL;
    }
    return false;
}

/* --- The way inside --- */

/* A fault is told in so many bytes. */
enum { WHY_MAX = 512 };

struct inside {
    struct exchange *x;
    struct way way;
    size_t depth; /* how many archives are around where the walk is */
    struct listing listing;
    bool lists;
    bool below;  /* something was found under the name */
    bool opened; /* the innermost archive was */
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

static enum leat_want wants(void *user, struct leat_span met, const struct leat_entry *entry)
{
    struct inside *in = user;
    (void)met;
    leat_fiber_breathe(in->x->site->fibers);
    switch (way_lies(&in->way, in->depth, entry)) {
    case WAY_ON:
        return LEAT_WANT_LAYERS;
    case WAY_THERE:
        return in->lists ? LEAT_WANT_ENTRY : LEAT_WANT_BYTES;
    case WAY_BELOW:
        in->below = true;
        return in->lists ? LEAT_WANT_ENTRY : LEAT_WANT_NONE;
    case WAY_ELSEWHERE:
        break;
    }
    return LEAT_WANT_NONE;
}

/* --- A file inside --- */

static enum leat_status send_sized(struct exchange *x, struct leat_reader *r, uint64_t size)
{
    uint64_t done;
    enum leat_status status = leat_copy(x->w, r, size, &done);
    x->site->counts.body_bytes += done;
    /* More or fewer bytes than its header says: the length is sent already. */
    return (status == LEAT_OK || status == LEAT_END) && done == size ? LEAT_OK : LEAT_FAULT;
}

/* One chunk of what is in the window: RFC 9112 section 7.1. */
static enum leat_status send_chunk(struct exchange *x, struct leat_span bytes)
{
    static const char digits[] = "0123456789abcdef";
    struct leat_room room;
    enum leat_status status = leat_reserve(x->w, CHUNK_HEAD + CHUNK_MAX + 2, &room);
    if (status != LEAT_OK)
        return status;
    for (unsigned i = 0; i < CHUNK_DIGITS; i++)
        room.data[i] = (uint8_t)digits[bytes.len >> 4 * (CHUNK_DIGITS - 1 - i) & 15];
    leat_commit(x->w, CHUNK_DIGITS);
    size_t done;
    status = leat_write(x->w, "\r\n", 2, &done);
    if (status == LEAT_OK)
        status = leat_write(x->w, bytes.data, bytes.len, &done);
    x->site->counts.body_bytes += bytes.len;
    return status == LEAT_OK ? leat_write(x->w, "\r\n", 2, &done) : status;
}

/* A fault of the archive leaves the body without its end, so that the client knows. */
static enum leat_status send_chunks(struct exchange *x, struct leat_reader *r)
{
    struct leat_span span;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &span)) == LEAT_OK) {
        if (span.len >= CHUNK_MAX)
            span.len = CHUNK_MAX - 1;
        status = send_chunk(x, span);
        if (status != LEAT_OK)
            return status;
        leat_consume(r, span.len);
        leat_fiber_breathe(x->site->fibers);
    }
    size_t done;
    return status == LEAT_END ? leat_write(x->w, "0\r\n\r\n", 5, &done) : LEAT_FAULT;
}

/* To a client of HTTP/1.0, all until the connection is closed. */
static enum leat_status send_until_closed(struct exchange *x, struct leat_reader *r)
{
    uint64_t done;
    enum leat_status status = leat_copy(x->w, r, UINT64_MAX, &done);
    x->site->counts.body_bytes += done;
    return status == LEAT_END || status == LEAT_OK ? LEAT_OK : LEAT_FAULT;
}

static void answer_file(struct inside *in, const struct leat_step *step)
{
    struct exchange *x = in->x;
    struct leat_span name = { step->place.data + step->name_at, step->place.len - step->name_at };
    struct leat_span span;
    bool sized = step->entry != NULL && step->entry->size != LEAT_SIZE_UNKNOWN;
    struct http_response response = {
        .status = 200,
        .content_type = http_media_type(name),
        .body = sized                           ? HTTP_BODY_LENGTH
                : x->request.version_minor == 0 ? HTTP_BODY_CLOSE
                                                : HTTP_BODY_CHUNKED,
        .content_length = sized ? step->entry->size : 0,
    };
    /* What cannot be read at all is better said than cut off. */
    if (leat_peek(step->reader, 1, &span) == LEAT_FAULT && span.len == 0) {
        meets(in, leat_reader_fault(step->reader));
        return;
    }
    if (step->entry != NULL && step->entry->mtime_s > 0 && step->entry->mtime_s <= x->now_s) {
        response.has_modified = true;
        response.modified = step->entry->mtime_s;
    }
    in->answered = true;
    in->status = exchange_head(x, &response);
    if (in->status != LEAT_OK || x->request.method == HTTP_HEAD)
        return;
    if (sized)
        in->status = send_sized(x, step->reader, step->entry->size);
    else if (response.body == HTTP_BODY_CHUNKED)
        in->status = send_chunks(x, step->reader);
    else
        in->status = send_until_closed(x, step->reader);
}

/* --- A list --- */

static void no_memory(struct inside *in)
{
    in->answered = true;
    in->status = exchange_error(in->x, 503, "", false);
}

static void list_entry(struct inside *in, const struct leat_entry *entry)
{
    struct http_page_row row = { 0 };
    row.name = way_row(&in->way, entry, &row.folder);
    if (!row.folder) {
        row.has_size = entry->size != LEAT_SIZE_UNKNOWN;
        row.size = entry->size;
        row.archive = layers_enters(row.name);
    }
    /* A folder may be shown for the sake of what is in it. */
    if (entry->mtime_s > 0 && (!row.folder || entry->kind == LEAT_ENTRY_FOLDER)) {
        row.has_modified = true;
        row.modified = entry->mtime_s;
    }
    if (!listing_add(&in->listing, &row))
        no_memory(in);
}

/* --- All --- */

/* In the innermost archive. */
static void entry_step(struct inside *in, const struct leat_step *step)
{
    const enum way_lies lies = way_lies(&in->way, in->depth, step->entry);
    if (lies == WAY_BELOW)
        list_entry(in, step->entry);
    else if (step->entry->kind == LEAT_ENTRY_FOLDER)
        in->below = true;
    else if (step->kind == LEAT_STEP_LEAF)
        answer_file(in, step);
}

static void walk_step(struct inside *in, const struct leat_step *step)
{
    const struct leat_fault *blocked;
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
static void walk(struct inside *in, const struct file *file)
{
    struct leat_walk_options options = { .wants = wants, .user = in };
    struct leat_span name = in->x->target.outer;
    struct leat_reader *r =
        leat_descriptor_at(&in->x->site->ctx, file->fd, 0, (const char *)name.data);
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
        in.status = exchange_error(x, 404, "", false);
    listing_fini(&in.listing);
    return in.status;
}
