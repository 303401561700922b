#ifndef APPS_CP_CP_H
#define APPS_CP_CP_H

#include "apps/run/run.h"

/* leat cp: a run_command. */
run_command cp_run;

#endif
