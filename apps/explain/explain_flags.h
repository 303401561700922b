#ifndef APPS_EXPLAIN_EXPLAIN_FLAGS_H
#define APPS_EXPLAIN_EXPLAIN_FLAGS_H

#include "apps/flags/flags.h"

/* What the command line says, zeroed for the defaults. */
struct explain_options {
    bool json;
    const char *html;           /* the file to write a page to; NULL: none */
    struct flags_list operands; /* the command to run, and all of its arguments */
};

extern const struct flags_command explain_command;

#endif
