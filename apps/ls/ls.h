#ifndef APPS_LS_LS_H
#define APPS_LS_LS_H

#include "apps/run/run.h"

/* leat ls: a run_command. */
run_command ls_run;

#endif
