#ifndef APPS_FLAGS_SUGGEST_H
#define APPS_FLAGS_SUGGEST_H

#include "apps/flags/flags.h"

/* Names longer than this are not compared: nobody mistypes that much. */
#define FLAGS_NAME_MAX 40

/* How far two names are apart: letters put in, left out, replaced, or swapped with a neighbour.
 * SIZE_MAX where one is longer than FLAGS_NAME_MAX. */
size_t flags_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* The long name nearest to what was typed, without its dashes; NULL where none is near. */
const char *flags_suggest(const struct flags_command *command, const char *typed, size_t len);

/* The command's name nearest to what was typed, or NULL. */
const char *flags_suggest_command(const struct flags_program *program, const char *typed);

#endif
