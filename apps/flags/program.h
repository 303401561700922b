#ifndef APPS_FLAGS_PROGRAM_H
#define APPS_FLAGS_PROGRAM_H

#include "apps/flags/flags.h"

/* What the program itself is asked, before a command's name. Its table fills this. */
struct flags_program_options {
    bool man;               /* the page of the command named, or of the program */
    enum flags_shell shell; /* completions for it */
    struct flags_list operands;
};

/* Look at the program's own flags, and find the command.
 *
 * argc, argv   as main has them
 * ret_command  on RUN: the command to run
 * ret_first    on RUN: where its arguments begin; argv[*ret_first] is its name, so flags_parse
 *              takes argc - *ret_first and argv + *ret_first
 * ret_text     what to print, for SHOWN and WRONG
 * Status       RUN, SHOWN, WRONG */
LEAT_MUST_USE enum flags_status flags_start(const struct flags_program *program, int argc,
                                            char *const *argv,
                                            const struct flags_command **ret_command,
                                            int *ret_first, struct term_buffer *ret_text);

#endif
