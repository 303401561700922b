#include "apps/run/run.h"

#include <string.h>
#include <unistd.h>

#include "apps/term/message.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/map/map.h"

int run_show(struct run *run, enum flags_status status, struct term_buffer *text)
{
    if (status == FLAGS_SHOWN)
        return run_print(run, text, RUN_OK);
    /* Where even this cannot be written there is nobody left to tell. */
    (void)!term_flush(&run->err, text);
    term_buffer_fini(text);
    return RUN_FAILED;
}

bool run_parse(struct run *run, const struct flags_command *command, int argc, char *const *argv,
               void *options, int *ret_status)
{
    struct term_buffer text = { 0 };
    enum flags_status status = flags_parse(run->program, command, argc, argv, options, &text);
    if (status == FLAGS_RUN) {
        term_buffer_fini(&text);
        return true;
    }
    *ret_status = run_show(run, status, &text);
    flags_release(command, options);
    return false;
}

void run_tell_fault(struct run *run, const char *place, size_t place_len,
                    const struct leat_fault *fault)
{
    bool outside = fault->code == LEAT_FAULT_SYSTEM || fault->code == LEAT_FAULT_MEMORY;
    struct term_message message = {
        .program = FLAGS_PROGRAM,
        .place = place,
        .place_len = place_len,
        .part = outside ? NULL : fault->part,
        .reason = fault->reason != NULL ? fault->reason : leat_fault_code_name(fault->code),
        .has_offset = !outside,
        .input_offset = fault->offset,
    };
    term_message(&run->err, &message);
}

void run_tell(struct run *run, const char *place, size_t place_len, const char *reason)
{
    struct term_message message = {
        .program = FLAGS_PROGRAM,
        .place = place,
        .place_len = place_len,
        .reason = reason,
    };
    term_message(&run->err, &message);
}

void run_tell_code(struct run *run, const char *place, int code)
{
    const char *reason = strerrordesc_np(code);
    run_tell(run, place, strlen(place), reason != NULL ? reason : "unknown error");
}

int run_print(struct run *run, struct term_buffer *buffer, int status)
{
    enum term_status flushed = term_flush(&run->out, buffer);
    term_buffer_fini(buffer);
    if (flushed != TERM_FAILED)
        return status;
    run_tell_code(run, "standard output", run->out.error);
    return RUN_FAILED;
}

void run_ctx_init(const struct run *run, struct leat_ctx *ctx, const struct run_limits *limits)
{
    struct leat_ctx_options options = { .watch = run->watch };
    if (limits != NULL) {
        options.limits.depth_max = (uint32_t)flags_number_or(limits->depth, 0);
        options.limits.entries_max = flags_number_or(limits->entries, 0);
        options.limits.bytes_max = flags_number_or(limits->bytes, 0);
        options.limits.ratio_max = (uint32_t)flags_number_or(limits->ratio, 0);
        options.limits.window_max = (size_t)flags_number_or(limits->memory, 0);
        options.limits.spool_max = (size_t)flags_number_or(limits->memory, 0);
    }
    leat_ctx_init(ctx, &options);
}

struct leat_reader *run_open(struct leat_ctx *ctx, const char *path)
{
    if (strcmp(path, "-") == 0)
        return leat_descriptor(ctx, STDIN_FILENO, false, "<stdin>");
    return leat_map(ctx, path);
}
