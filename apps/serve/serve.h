#ifndef APPS_SERVE_SERVE_H
#define APPS_SERVE_SERVE_H

#include "apps/run/run.h"

/* leat serve: a folder over HTTP. */
run_command serve_run;

#endif
