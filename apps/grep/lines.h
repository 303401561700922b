#ifndef APPS_GREP_LINES_H
#define APPS_GREP_LINES_H

#include "leat/core/span.h"

/* Lines are cut by '\n' alone; a carriage return is a byte like any other. Nothing here reads
 * outside the text it is given, waits or allocates. */

/* How many '\n' the text holds. */
size_t lines_count_newlines(struct leat_span text);

/* Find the last '\n'. Returns false, and leaves `ret_at` alone, when there is none. */
bool lines_find_last_newline(struct leat_span text, size_t *ret_at);

/* The start of the line that holds the byte at `at`: 0, or one past the '\n' before it. `at` may be
 * the text's length. */
size_t lines_start_of(struct leat_span text, size_t at);

/* The end of the line that holds the byte at `at`: its '\n', or the text's length. */
size_t lines_end_of(struct leat_span text, size_t at);

/* Whether every byte is ASCII. */
bool lines_are_ascii(struct leat_span text);

#endif
