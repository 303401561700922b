#ifndef APPS_EXPLAIN_EXPLAIN_H
#define APPS_EXPLAIN_EXPLAIN_H

#include "apps/run/run.h"

/* leat explain: runs one of `commands` under watch, then prints what its parts did. */
struct explain_command {
    const struct flags_command *flags;
    run_command *run;
};

/* `commands` ends with a zeroed one. Otherwise as a run_command. */
int explain_run(struct run *run, const struct explain_command *commands, int argc,
                char *const *argv);

#endif
