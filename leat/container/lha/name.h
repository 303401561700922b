#ifndef LEAT_CONTAINER_LHA_NAME_H
#define LEAT_CONTAINER_LHA_NAME_H

#include "leat/container/gather.h"
#include "leat/container/lha/header.h"

LEAT_BEGIN_DECLS

/* Put together the name of an entry: its folder and its own, with / between their parts, as stored,
 * or in UTF-8 where the header says what they are in.
 *
 * to, scratch  emptied first
 * Status       OK, FAULT (no memory, recorded in `c`) */
LEAT_MUST_USE enum leat_status leat_lha_name(struct leat_gather *to, struct leat_gather *scratch,
                                             struct leat_container *c,
                                             const struct lha_header *header);

LEAT_END_DECLS

#endif
