#ifndef LEAT_CONTAINER_UTF16_H
#define LEAT_CONTAINER_UTF16_H

#include "leat/container/gather.h"

LEAT_BEGIN_DECLS

/* Append the UTF-8 of `len` / 2 units of UTF-16, as several formats keep names. Half of a pair
 * becomes U+FFFD. Status  OK, FAULT (no memory, recorded in `c`). */
LEAT_MUST_USE enum leat_status leat_gather_utf16(struct leat_gather *to, struct leat_container *c,
                                                 struct leat_span units, bool big_endian);

LEAT_END_DECLS

#endif
