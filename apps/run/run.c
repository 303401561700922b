#include "apps/run/run.h"

#include <string.h>
#include <sys/stat.h>
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

_Static_assert(RUN_LIMIT_DEPTH == 16 && RUN_LIMIT_ENTRIES == 10000000 &&
                   RUN_LIMIT_BYTES == (uint64_t)1 << 40 && RUN_LIMIT_TOTAL == (uint64_t)16 << 40 &&
                   RUN_LIMIT_RATIO == 10000 && RUN_LIMIT_MEMORY == (uint64_t)1 << 30 &&
                   RUN_LIMIT_HEADER == 64 << 20 && RUN_LIMIT_NAME == 64 << 10 &&
                   RUN_LIMIT_DAMAGES == 1000 && RUN_LIMIT_TIME_S == 3600,
               "the help says what the limits are");

/* A number of seconds as nanoseconds; more than fit are no limit. */
static uint64_t in_ns(uint64_t seconds)
{
    const uint64_t ns_per_s = 1000000000;
    return seconds > UINT64_MAX / ns_per_s ? UINT64_MAX : seconds * ns_per_s;
}

void run_ctx_init(const struct run *run, struct leat_ctx *ctx, const struct run_limits *limits,
                  const struct leat_keys *keys)
{
    static const struct run_limits none;
    if (limits == NULL)
        limits = &none;
    uint64_t memory = flags_number_or(limits->memory, RUN_LIMIT_MEMORY);
    struct leat_ctx_options options = {
        .watch = run->watch,
        .engine = run->engine,
        .keys = keys,
        .recover = limits->recover,
        .limits = {
            .depth_max = (uint32_t)flags_number_or(limits->depth, RUN_LIMIT_DEPTH),
            .entries_max = flags_number_or(limits->entries, RUN_LIMIT_ENTRIES),
            .bytes_max = flags_number_or(limits->bytes, RUN_LIMIT_BYTES),
            .total_max = flags_number_or(limits->total, RUN_LIMIT_TOTAL),
            .ratio_max = (uint32_t)flags_number_or(limits->ratio, RUN_LIMIT_RATIO),
            .window_max = (size_t)memory,
            .spool_max = (size_t)memory,
            .derive_max = (size_t)memory,
            .header_max = (size_t)flags_number_or(limits->header, RUN_LIMIT_HEADER),
            .name_max = (size_t)flags_number_or(limits->name, RUN_LIMIT_NAME),
            .damages_max = (uint32_t)flags_number_or(limits->damages, RUN_LIMIT_DAMAGES),
            .time_max_ns = in_ns(flags_number_or(limits->time_s, RUN_LIMIT_TIME_S)),
        },
    };
    leat_ctx_init(ctx, &options);
}

struct leat_reader *run_open(struct leat_ctx *ctx, const char *path)
{
    if (strcmp(path, "-") == 0)
        return leat_descriptor(ctx, STDIN_FILENO, false, "<stdin>");
    return leat_map(ctx, path);
}

bool run_writes_file(const struct run *run)
{
    struct stat out;
    return fstat(run->out.fd, &out) == 0 && S_ISREG(out.st_mode);
}

bool run_is_output(const struct run *run, int folder, const char *name)
{
    struct stat in, out;
    int failed = name != NULL ? fstatat(folder, name, &in, 0) : fstat(STDIN_FILENO, &in);
    return failed == 0 && fstat(run->out.fd, &out) == 0 && S_ISREG(out.st_mode) &&
           in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}
