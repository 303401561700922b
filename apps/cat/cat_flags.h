#ifndef APPS_CAT_CAT_FLAGS_H
#define APPS_CAT_CAT_FLAGS_H

#include "apps/run/keys.h"
#include "apps/run/limits.h"

/* What the command line says, zeroed for the defaults. */
struct cat_options {
    bool layers;          /* peel what is found at the end of a path, down to the text */
    const char *encoding; /* as typed; NULL: none was */
    struct run_key_files keys;
    struct run_limits limits;
    struct flags_list operands;
};

extern const struct flags_command cat_command;

#endif
