#ifndef LEAT_CONTAINER_LHA_START_H
#define LEAT_CONTAINER_LHA_START_H

#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* Look for where an archive begins in the first `len` bytes, at most LEAT_PROGRAM_MAX, which are
 * `all` there are or not: at the first, or behind a program, where a header is asked for that has a
 * checksum and is right.
 *
 * Returns  YES (at *ret_at), NO (0), or MORE: further bytes may tell another */
enum leat_match leat_lha_start_find(const uint8_t *data, size_t len, bool all, size_t *ret_at);

/* The same for leat_format, of an input that has `size`: NO as well where the program says of
 * itself that nothing is behind it. */
enum leat_match leat_lha_start_probe(const uint8_t *data, size_t len, uint64_t size);

LEAT_END_DECLS

#endif
