#ifndef APPS_FLAGS_NUMBER_H
#define APPS_FLAGS_NUMBER_H

#include "leat/core/compiler.h"

/* Read all of the text as a decimal number: digits only, no sign, no space. False, and nothing
 * set: it is not one, or does not fit 64 bits. */
LEAT_MUST_USE bool flags_read_number(const char *text, uint64_t *ret_number);

/* The same with one letter after it allowed: K, M, G or T, in either case, for powers of 1024. */
LEAT_MUST_USE bool flags_read_size(const char *text, uint64_t *ret_bytes);

#endif
