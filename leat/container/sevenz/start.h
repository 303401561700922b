#ifndef LEAT_CONTAINER_SEVENZ_START_H
#define LEAT_CONTAINER_SEVENZ_START_H

#include "leat/core/format.h"

/* Where an archive begins that stands behind a program which unpacks it, as 7-Zip looks for it. */

/* How many bytes of the input are looked at; what stands before an archive is shorter. */
#define SZ_PREFIX_MAX ((size_t)1 << 20)

/* Look in the first `len` bytes, at most SZ_PREFIX_MAX, of an input that has `size`: an archive
 * begins where the signature does, at the very first byte whatever else there is, else with a start
 * whose checksum is right, and a header that lies within the input.
 *
 * Returns  YES (at *ret_at), NO, or MORE, while there are fewer bytes than either bound */
enum leat_match leat_sz_start_find(const uint8_t *data, size_t len, uint64_t size, size_t *ret_at);

/* The same for leat_format: NO as well where the program says of itself that it goes on to the
 * input's end, so that of an ordinary one nothing but its header is looked at. */
enum leat_match leat_sz_start_probe(const uint8_t *data, size_t len, uint64_t size);

#endif
