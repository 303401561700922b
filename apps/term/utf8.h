#ifndef APPS_TERM_UTF8_H
#define APPS_TERM_UTF8_H

#include "leat/core/compiler.h"

/* Read one UTF-8 character of two bytes or more, as RFC 3629 section 4 allows it: no overlong
 * form, no surrogate, nothing above U+10FFFF. Returns its length, or 0 where there is none.
 *
 * text, len  len > 0, and the first byte is no ASCII */
size_t term_utf8_decode(const uint8_t *text, size_t len, uint32_t *ret_point);

#endif
