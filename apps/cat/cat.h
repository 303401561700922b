#ifndef APPS_CAT_CAT_H
#define APPS_CAT_CAT_H

#include "apps/run/run.h"

/* leat cat: a run_command. */
run_command cat_run;

#endif
