#ifndef APPS_TERM_JSON_H
#define APPS_TERM_JSON_H

#include "apps/term/buffer.h"

/* Put text as a JSON string, quotes included. What is not UTF-8 cannot stand in one: it comes out
 * as U+FFFD, and the result is false, so that the caller can say so beside it. */
bool term_put_json(struct term_buffer *buffer, const char *text, size_t len);

#endif
