#ifndef APPS_FORMATS_FORMATS_H
#define APPS_FORMATS_FORMATS_H

#include "apps/run/run.h"

/* leat formats: a run_command. */
run_command formats_run;

#endif
