#ifndef APPS_GREP_GREP_H
#define APPS_GREP_GREP_H

#include "apps/run/run.h"

/* leat grep: a run_command. */
run_command grep_run;

#endif
