#ifndef LEAT_CONTAINER_RAR_START_H
#define LEAT_CONTAINER_RAR_START_H

#include "leat/container/rar/header.h"

/* Where an archive begins that stands behind a program which unpacks it. */

/* How many bytes of the input are looked at; the programs of RAR are shorter. */
#define RAR_PREFIX_MAX ((size_t)1 << 20)

LEAT_BEGIN_DECLS

/* Look in the first `len` bytes, at most RAR_PREFIX_MAX, which are `all` there are or not: an
 * archive begins where its signature does, at the very first byte whatever else there is, else with
 * a header behind it whose checksum is right.
 *
 * Returns  YES (at *ret_at), NO, or MORE: further bytes may tell another */
enum leat_match leat_rar_start_find(const uint8_t *data, size_t len, bool all, size_t *ret_at);

/* The same for leat_format, of an input that has `size`: NO as well where the program says of
 * itself that nothing is behind it. */
enum leat_match leat_rar_start_probe(const uint8_t *data, size_t len, uint64_t size);

LEAT_END_DECLS

#endif
