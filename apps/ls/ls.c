#include "apps/ls/ls.h"

#include <string.h>

#include "apps/ls/item.h"
#include "apps/ls/ls_flags.h"
#include "apps/run/place.h"

/* A listing goes out in pieces of about this size. */
#define GATHER_LEN_MAX (64 * LEAT_KIB)

struct ls {
    struct run *run;
    struct ls_options flags;
    struct leat_ctx ctx;
    struct term_style style;
    struct term_buffer buffer;
    const struct run_place *place;
    unsigned depth_shown; /* containers on the way to what was asked for */
    bool found;
    bool failed;
    bool closed;
};

static void put_out(struct ls *ls)
{
    if (term_flush(&ls->run->out, &ls->buffer) != TERM_OK)
        ls->closed = true;
}

static unsigned shown_depth(const struct ls *ls, unsigned depth)
{
    return depth > ls->depth_shown ? depth - ls->depth_shown : 0;
}

static void put_item(struct ls *ls, const struct item *item)
{
    if (ls->flags.json)
        item_put_json(&ls->buffer, item);
    else
        item_put_text(&ls->buffer, ls->style, item);
    if (ls->buffer.len > GATHER_LEN_MAX)
        put_out(ls);
}

/* A problem stands in the listing, below what it is about. */
static void put_fault(struct ls *ls, struct term_buffer *buffer, const struct leat_step *step,
                      const struct leat_fault *fault)
{
    unsigned depth = shown_depth(ls, step->depth);
    ls->failed = true;
    if (ls->flags.json)
        item_put_fault_json(buffer, step->place, depth, fault);
    else
        item_put_fault(buffer, depth, fault);
}

/* A problem of something that is not in the listing. */
static void tell(struct ls *ls, const struct leat_step *step, const struct leat_fault *fault)
{
    ls->failed = true;
    put_out(ls);
    run_tell_fault(ls->run, (const char *)step->place.data, step->place.len, fault);
}

/* What could not even be opened has no place in a listing. */
static bool tells_instead(struct ls *ls, const struct leat_step *step,
                          const struct leat_fault *fault)
{
    if (step->entry != NULL || fault->code != LEAT_FAULT_SYSTEM)
        return false;
    tell(ls, step, fault);
    return true;
}

/* How large a leaf is inside its layers. Where no header says so, it is read to its end, past what
 * is damaged on the way, which goes to `faults`. What ends it is in `ret_fault`. */
static uint64_t leaf_size(struct ls *ls, const struct leat_step *step, struct term_buffer *faults,
                          struct leat_fault *ret_fault)
{
    uint64_t size;
    if (step->peeled->decoded_len == 0) {
        if (step->entry != NULL && step->entry->size != LEAT_SIZE_UNKNOWN)
            return step->entry->size;
        if (leat_size(step->reader, &size) == LEAT_OK)
            return size;
    }
    enum leat_status status;
    do {
        status = leat_skip(step->reader, UINT64_MAX, &size);
        while (status == LEAT_FAULT) {
            *ret_fault = *leat_reader_fault(step->reader);
            status = leat_resync(step->reader);
            if (status != LEAT_OK && status != LEAT_FAULT)
                return leat_tell(step->reader);
            put_fault(ls, faults, step, ret_fault);
            ret_fault->code = LEAT_FAULT_NONE;
        }
    } while (status == LEAT_OK);
    return leat_tell(step->reader);
}

static const char *kind_name(const struct leat_step *step)
{
    static const char *const names[] = {
        [LEAT_ENTRY_FILE] = "file",   [LEAT_ENTRY_FOLDER] = "folder",
        [LEAT_ENTRY_LINK] = "link",   [LEAT_ENTRY_HARD_LINK] = "hard link",
        [LEAT_ENTRY_OTHER] = "other",
    };
    return step->entry == NULL ? "file" : names[step->entry->kind];
}

static void put_step(struct ls *ls, const struct leat_step *step)
{
    struct item item = {
        .place = step->place,
        .name_at = shown_depth(ls, step->depth) > 0 ? step->name_at : 0,
        .depth = shown_depth(ls, step->depth),
        .kind = kind_name(step),
        .entry = step->entry,
        .peeled = step->kind == LEAT_STEP_ENTRY ? NULL : step->peeled,
        .size = step->entry != NULL ? step->entry->size : LEAT_SIZE_UNKNOWN,
    };
    struct leat_fault fault = { 0 };
    struct term_buffer faults = { 0 };
    if (step->kind == LEAT_STEP_LEAF)
        item.size = leaf_size(ls, step, &faults, &fault);
    if (fault.code != LEAT_FAULT_NONE && tells_instead(ls, step, &fault))
        return;
    put_item(ls, &item);
    if (fault.code != LEAT_FAULT_NONE)
        put_fault(ls, &faults, step, &fault);
    if (faults.len > 0)
        term_put(&ls->buffer, faults.data, faults.len);
    term_buffer_fini(&faults);
}

static enum leat_want wants(void *user, struct leat_span met, const struct leat_entry *entry)
{
    struct ls *ls = user;
    (void)entry;
    enum run_lies lies = run_place_lies(ls->place, met);
    if (lies == RUN_THERE || lies == RUN_BELOW)
        ls->found = true;
    return lies == RUN_ELSEWHERE ? LEAT_WANT_NONE : LEAT_WANT_LAYERS;
}

/* What is only passed through on the way is not listed. */
static void pass_step(struct ls *ls, const struct leat_step *step)
{
    if (step->kind == LEAT_STEP_ENTER)
        ls->depth_shown = step->depth + 1;
    const struct leat_fault *blocked =
        step->kind == LEAT_STEP_LEAF ? run_place_blocked(step) : NULL;
    if (blocked != NULL)
        tell(ls, step, blocked);
}

static void list_steps(struct ls *ls, struct leat_walk *walk)
{
    uint64_t depth_max = flags_number_or(ls->flags.depth, UINT64_MAX);
    struct leat_step step;
    while (!ls->closed && leat_walk_next(walk, &step) == LEAT_OK) {
        if (step.kind == LEAT_STEP_FAULT) {
            put_fault(ls, &ls->buffer, &step, step.fault);
            continue;
        }
        if (step.leads && step.kind == LEAT_STEP_LEAF)
            continue; /* its archive was listed */
        if (!run_place_covers(ls->place, step.place)) {
            pass_step(ls, &step);
            continue;
        }
        if (step.kind != LEAT_STEP_LEAVE && !step.leads)
            put_step(ls, &step);
        if (step.kind == LEAT_STEP_ENTER && shown_depth(ls, step.depth) >= depth_max)
            leat_walk_skip(walk);
    }
}

static void list_place(struct ls *ls, const struct run_place *place)
{
    struct leat_walk_options options = { .wants = place->inside ? wants : NULL, .user = ls };
    ls->place = place;
    ls->depth_shown = 0;
    ls->found = !place->inside;
    struct leat_span name = { .data = (const uint8_t *)place->path, .len = strlen(place->path) };
    struct leat_walk *walk = leat_walk_open(run_open(&ls->ctx, place->path), name, &options);
    if (walk == NULL) {
        run_tell(ls->run, place->all, place->len, "out of memory");
        ls->failed = true;
        return;
    }
    bool failed_before = ls->failed;
    list_steps(ls, walk);
    leat_walk_close(walk);
    if (!ls->found && !ls->closed && ls->failed == failed_before) {
        run_tell(ls->run, place->all, place->len, "nothing of this name is inside");
        ls->failed = true;
    }
}

int ls_run(struct run *run, int argc, char *const *argv)
{
    struct ls ls = { .run = run };
    int status;
    if (!run_parse(run, &ls_command, argc, argv, &ls.flags, &status))
        return status;
    ls.style = term_style_of(run->out.fd, TERM_AUTO);
    struct run_keys keys;
    ls.closed = ls.failed = !run_keys_read(run, &ls.flags.keys, &keys);
    run_ctx_init(run, &ls.ctx, &ls.flags.limits, &keys.keys);
    if (ls.flags.operands.count == 0) {
        run_tell(run, NULL, 0, "no path: try leat ls --help");
        ls.failed = true;
    }
    for (size_t i = 0; i < ls.flags.operands.count && !ls.closed; i++) {
        struct run_place place;
        if (run_place_init(&place, ls.flags.operands.items[i]))
            list_place(&ls, &place);
        else
            ls.failed = true;
        run_place_fini(&place);
    }
    leat_ctx_fini(&ls.ctx);
    run_keys_fini(&keys);
    flags_release(&ls_command, &ls.flags);
    return run_print(run, &ls.buffer, ls.failed ? RUN_FAILED : RUN_OK);
}
