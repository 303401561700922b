#include "apps/explain/explain.h"

#include <string.h>

#include "apps/explain/explain_flags.h"
#include "apps/explain/report.h"

static const struct explain_command *find(const struct explain_command *commands, const char *name)
{
    while (commands->flags != NULL && strcmp(commands->flags->name, name) != 0)
        commands++;
    return commands->flags != NULL ? commands : NULL;
}

static int run_watched(struct run *run, const struct explain_command *command,
                       const struct explain_options *options, int argc, char *const *argv)
{
    struct report report;
    if (!report_init(&report)) {
        run_tell(run, NULL, 0, "out of memory");
        return RUN_FAILED;
    }
    run->watch = &report.watch;
    uint64_t started_ns = report.watch.now_ns(run->watch);
    int status = command->run(run, argc, argv);
    uint64_t wall_ns = report.watch.now_ns(run->watch) - started_ns;
    run->watch = NULL;
    struct term_buffer text = { 0 };
    if (options->json)
        report_put_json(&text, &report, wall_ns);
    else
        report_put_text(&text, &report, wall_ns);
    if (term_flush(&run->err, &text) == TERM_FAILED)
        status = RUN_FAILED;
    term_buffer_fini(&text);
    report_fini(&report);
    return status;
}

int explain_run(struct run *run, const struct explain_command *commands, int argc,
                char *const *argv)
{
    struct explain_options options = { 0 };
    int status;
    if (!run_parse(run, &explain_command, argc, argv, &options, &status))
        return status;
    const struct explain_command *command = NULL;
    if (options.operands.count > 0)
        command = find(commands, options.operands.items[0]);
    if (command != NULL) {
        int first = argc - (int)options.operands.count;
        status = run_watched(run, command, &options, argc - first, argv + first);
    } else {
        const char *reason = options.operands.count > 0 ? "no command of this name to explain"
                                                        : "no command to explain";
        const char *name = options.operands.count > 0 ? options.operands.items[0] : "explain";
        run_tell(run, name, strlen(name), reason);
        status = RUN_FAILED;
    }
    flags_release(&explain_command, &options);
    return status;
}
