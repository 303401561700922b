#ifndef APPS_LS_LS_FLAGS_H
#define APPS_LS_LS_FLAGS_H

#include "apps/run/keys.h"
#include "apps/run/limits.h"

#define LS_DEPTH_MAX 255

/* What the command line says, zeroed for the defaults. */
struct ls_options {
    bool json;
    struct flags_number depth; /* layers to open below a path; not set: all within the limits */
    struct run_key_files keys;
    struct run_limits limits;
    struct flags_list operands;
};

extern const struct flags_command ls_command;

#endif
