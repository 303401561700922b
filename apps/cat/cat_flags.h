#ifndef APPS_CAT_CAT_FLAGS_H
#define APPS_CAT_CAT_FLAGS_H

#include "apps/flags/flags.h"

/* What the command line says, zeroed for the defaults. */
struct cat_options {
    bool layers; /* peel what is found at the end of a path, down to the text */
    struct flags_list operands;
};

extern const struct flags_command cat_command;

#endif
