#ifndef APPS_FORMATS_FORMATS_FLAGS_H
#define APPS_FORMATS_FORMATS_FLAGS_H

#include "apps/flags/flags.h"

/* What the command line says: nothing so far but the flags that every command has. */
struct formats_options {
    struct flags_list operands;
};

extern const struct flags_command formats_command;

#endif
