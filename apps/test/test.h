#ifndef APPS_TEST_TEST_H
#define APPS_TEST_TEST_H

#include "apps/run/run.h"

/* leat test: a run_command. */
run_command test_run;

#endif
