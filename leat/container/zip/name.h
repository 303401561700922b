#ifndef LEAT_CONTAINER_ZIP_NAME_H
#define LEAT_CONTAINER_ZIP_NAME_H

#include "leat/container/gather.h"

/* Whether all of it is valid UTF-8. */
bool leat_zip_is_utf8(struct leat_span text);

/* Put the UTF-8 of a stored name into `to`. Where it is not said to be UTF-8 it is taken as such if
 * it is valid: several programs leave the flag out, and text in code page 437 hardly ever is.
 * Status  OK, FAULT (no memory, recorded in c). */
LEAT_MUST_USE enum leat_status leat_zip_name(struct leat_gather *to, struct leat_container *c,
                                             struct leat_span stored, bool says_utf8);

#endif
