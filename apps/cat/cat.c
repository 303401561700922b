#include "apps/cat/cat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "apps/cat/cat_flags.h"
#include "apps/run/encoding.h"
#include "apps/run/place.h"
#include "leat/core/copy.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/stage/utf/utf.h"

struct cat {
    struct run *run;
    struct cat_options flags;
    struct leat_ctx ctx;
    struct leat_writer *out;
    enum run_decoding decoding;
    const struct run_place *place;
    bool found;  /* what lies at the place's end */
    bool folder; /* it is only the beginning of other names */
    bool failed;
    bool closed; /* nobody reads any more, or writing failed: stop */
};

static void tell_reader(struct cat *cat, const struct leat_step *step,
                        const struct leat_fault *fault)
{
    cat->failed = true;
    run_tell_fault(cat->run, (const char *)step->place.data, step->place.len, fault);
}

/* A reader of ours that went away is no failure. */
static void tell_writer(struct cat *cat)
{
    const struct leat_fault *fault = leat_writer_fault(cat->out);
    cat->closed = true;
    if (fault->code == LEAT_FAULT_SYSTEM && fault->system_code == EPIPE)
        return;
    static const char name[] = "standard output";
    cat->failed = true;
    run_tell_fault(cat->run, name, sizeof(name) - 1, fault);
}

static void pass_leaf(struct cat *cat, const struct leat_step *step)
{
    const struct leat_fault *blocked = run_place_blocked(step);
    if (blocked != NULL)
        tell_reader(cat, step, blocked);
}

/* What lies behind damage is written as well, where it can be found. */
static void write_reader(struct cat *cat, const struct leat_step *step, struct leat_reader *r)
{
    enum leat_status status;
    do {
        uint64_t done;
        status = leat_copy(cat->out, r, UINT64_MAX, &done);
        if (leat_writer_fault(cat->out) != NULL) {
            tell_writer(cat);
            return;
        }
        while (status == LEAT_FAULT) {
            tell_reader(cat, step, leat_reader_fault(r));
            status = leat_resync(r);
        }
    } while (status == LEAT_OK);
}

static void write_leaf(struct cat *cat, const struct leat_step *step)
{
    struct leat_utf8_options options = { .guess = cat->decoding == RUN_DECODES_GUESSED };
    struct leat_reader shell;
    if (cat->decoding == RUN_DECODES_NAMED)
        options.encoding = cat->flags.encoding;
    if (options.encoding == NULL && !options.guess) {
        write_reader(cat, step, step->reader);
        return;
    }
    struct leat_reader *text = leat_utf8_with(leat_borrow(&shell, step->reader), &options);
    write_reader(cat, step, text);
    leat_reader_close(text);
}

static enum leat_want wants(void *user, struct leat_span met, const struct leat_entry *entry)
{
    struct cat *cat = user;
    (void)entry;
    switch (run_place_lies(cat->place, met)) {
    case RUN_ON_THE_WAY:
        return LEAT_WANT_LAYERS;
    case RUN_THERE:
        cat->found = true;
        return cat->flags.layers ? LEAT_WANT_LAYERS : LEAT_WANT_BYTES;
    case RUN_BELOW:
        cat->folder = true;
        cat->found |= cat->flags.layers;
        return cat->flags.layers ? LEAT_WANT_LAYERS : LEAT_WANT_NONE;
    case RUN_ELSEWHERE:
        break;
    }
    return LEAT_WANT_NONE;
}

static void write_steps(struct cat *cat, struct leat_walk *walk)
{
    struct leat_step step;
    while (!cat->closed && leat_walk_next(walk, &step) == LEAT_OK) {
        if (step.kind == LEAT_STEP_FAULT)
            tell_reader(cat, &step, step.fault);
        else if (step.kind == LEAT_STEP_LEAF && run_place_covers(cat->place, step.place))
            write_leaf(cat, &step);
        else if (step.kind == LEAT_STEP_LEAF)
            pass_leaf(cat, &step);
    }
}

/* Whether what is told by its mark or its zeros comes off as a layer. */
static bool becomes_text(const struct cat *cat)
{
    return cat->decoding == RUN_DECODES_GUESSED ||
           (cat->decoding == RUN_DECODES_MARKED && cat->flags.layers);
}

static void write_place(struct cat *cat, const struct run_place *place)
{
    const char *named = strcmp(place->path, "-") == 0 ? NULL : place->path;
    if (run_is_output(cat->run, AT_FDCWD, named)) {
        run_tell(cat->run, place->all, place->len, RUN_SAME_FILE);
        cat->failed = true;
        return;
    }
    bool opens = place->inside || cat->flags.layers;
    struct leat_walk_options options = {
        .wants = place->inside ? wants : NULL,
        .user = cat,
        .peel = { .keep_text = !becomes_text(cat), .keep_layers = !opens },
    };
    cat->place = place;
    cat->found = !place->inside;
    cat->folder = false;
    struct leat_span name = { .data = (const uint8_t *)place->path, .len = strlen(place->path) };
    struct leat_walk *walk = leat_walk_open(run_open(&cat->ctx, place->path), name, &options);
    if (walk == NULL) {
        run_tell(cat->run, place->all, place->len, "out of memory");
        cat->failed = true;
        return;
    }
    bool failed_before = cat->failed;
    write_steps(cat, walk);
    leat_walk_close(walk);
    if (!cat->found && !cat->closed && cat->failed == failed_before) {
        run_tell(cat->run, place->all, place->len,
                 cat->folder ? "a folder: with --layers all that is in it is written"
                             : "nothing of this name is inside");
        cat->failed = true;
    }
}

static void write_all(struct cat *cat)
{
    static const char *const stdin_only[] = { "-" };
    const struct flags_list *operands = &cat->flags.operands;
    size_t count = operands->count > 0 ? operands->count : 1;
    const char *const *paths = operands->count > 0 ? operands->items : stdin_only;
    for (size_t i = 0; i < count && !cat->closed; i++) {
        struct run_place place;
        if (run_place_init(&place, paths[i]))
            write_place(cat, &place);
        else
            cat->failed = true;
        run_place_fini(&place);
    }
    if (!cat->closed && leat_flush(cat->out, LEAT_FLUSH_FINISH) == LEAT_FAULT)
        tell_writer(cat);
}

int cat_run(struct run *run, int argc, char *const *argv)
{
    struct cat cat = { .run = run };
    int status;
    if (!run_parse(run, &cat_command, argc, argv, &cat.flags, &status))
        return status;
    struct run_keys keys;
    cat.failed = !run_keys_read(run, &cat.flags.keys, &keys) ||
                 !run_encoding_read(run, cat.flags.encoding, &cat.decoding);
    run_ctx_init(run, &cat.ctx, &cat.flags.limits, &keys.keys);
    cat.out = leat_descriptor_writer(&cat.ctx, run->out.fd, false, "standard output");
    if (!cat.failed)
        write_all(&cat);
    leat_writer_close(cat.out);
    leat_ctx_fini(&cat.ctx);
    run_keys_fini(&keys);
    flags_release(&cat_command, &cat.flags);
    return cat.failed ? RUN_FAILED : RUN_OK;
}
