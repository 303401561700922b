/* The leat command: finds which of its commands is meant, and runs it. */

#include <signal.h>
#include <unistd.h>

#include "apps/cat/cat.h"
#include "apps/cat/cat_flags.h"
#include "apps/cp/cp.h"
#include "apps/cp/cp_flags.h"
#include "apps/explain/explain.h"
#include "apps/explain/explain_flags.h"
#include "apps/flags/program.h"
#include "apps/formats/formats.h"
#include "apps/formats/formats_flags.h"
#include "apps/grep/grep.h"
#include "apps/grep/grep_flags.h"
#include "apps/ls/ls.h"
#include "apps/ls/ls_flags.h"
#include "apps/main/leat_flags.h"
#include "apps/serve/serve.h"
#include "apps/serve/serve_flags.h"
#include "apps/test/test.h"
#include "apps/test/test_flags.h"
#include "leat/endpoint/map/map.h"

static const struct explain_command commands[] = {
    { &grep_command, grep_run },       { &cat_command, cat_run },
    { &cp_command, cp_run },           { &ls_command, ls_run },
    { &test_command, test_run },       { &serve_command, serve_run },
    { &formats_command, formats_run }, { NULL, NULL },
};

static int run_command_of(struct run *run, const struct flags_command *command, int argc,
                          char *const *argv)
{
    if (command == &explain_command)
        return explain_run(run, commands, argc, argv);
    for (size_t i = 0; commands[i].flags != NULL; i++) {
        if (commands[i].flags == command)
            return commands[i].run(run, argc, argv);
    }
    return RUN_FAILED;
}

int main(int argc, char **argv)
{
    /* A reader that went away is an error of a write, and files may be cut while they are mapped.
     */
    signal(SIGPIPE, SIG_IGN);
    (void)!leat_map_guard_install();
    struct run run = { .program = &leat_program };
    term_output_init(&run.out, STDOUT_FILENO);
    term_output_init(&run.err, STDERR_FILENO);
    const struct flags_command *command;
    int first;
    struct term_buffer text = { 0 };
    enum flags_status started = flags_start(&leat_program, argc, argv, &command, &first, &text);
    int status = RUN_OK;
    if (started == FLAGS_RUN) {
        term_buffer_fini(&text);
        status = run_command_of(&run, command, argc - first, argv + first);
    } else {
        status = run_show(&run, started, &text);
    }
    term_output_fini(&run.out);
    term_output_fini(&run.err);
    return status;
}
