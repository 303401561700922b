#ifndef APPS_MAIN_LEAT_FLAGS_H
#define APPS_MAIN_LEAT_FLAGS_H

#include "apps/flags/program.h"

/* The whole command line: the program's own flags, and the tables of its commands. */
extern const struct flags_program leat_program;

#endif
