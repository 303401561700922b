#ifndef LEAT_CONTAINER_LHA_LHA_H
#define LEAT_CONTAINER_LHA_LHA_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of an LHA (LZH) archive, in its order, from `src`, which it owns: headers of levels 0
 * to 3; stored (lh0, lz4, pm0) or, with liblhasa, packed by what that knows: lh1, lh4 to lh7, lhx,
 * lzs, lz5, pm1, pm2, from 0.4 on LHARK's lh7. One that is packed by another method is UNSUPPORTED,
 * and those after it are read. Only ever reads forward; marks are resumed from where `src` seeks.
 *
 * Names are UTF-8 where a header says how they are encoded, else as stored, with / between their
 * parts. An entry's checksum is compared behind its last byte, and a header's where it has one.
 * Times of levels 0 and 1 are of no known zone, and taken for UTC. What follows a header's place
 * that begins with 0 is not looked at. Behind damage it goes on at the next header, at any byte. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_lha(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_lha;

LEAT_END_DECLS

#endif
