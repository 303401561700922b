#ifndef LEAT_CONTAINER_SEVENZ_START_H
#define LEAT_CONTAINER_SEVENZ_START_H

#include "leat/core/format.h"

/* Where an archive begins that stands behind a program which unpacks it, and where its header is if
 * the start does not say so: both as 7-Zip looks for them. */

/* What every archive begins with. */
enum { SZ_SIGNATURE_LEN = 6 };

/* Whether the bytes begin with it. */
enum leat_match leat_sz_signature(const uint8_t *data, size_t len);

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

/* Whether a start is blank behind its signature: whoever wrote it was stopped, or could not go back
 * to it. All else may be there. */
bool leat_sz_start_is_blank(const uint8_t *start);

/* Look for such an archive's header in its last `len` bytes, SZ_TAIL_MAX of them or all that follow
 * the start: it goes to the very end, so nothing says that it is whole but that it can be read.
 * False when there is none. */
#define SZ_TAIL_MAX ((size_t)512)
bool leat_sz_header_find(const uint8_t *tail, size_t len, size_t *ret_at);

#endif
