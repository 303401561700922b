#ifndef LEAT_CONTAINER_ZIP_DESCRIPTOR_H
#define LEAT_CONTAINER_ZIP_DESCRIPTOR_H

#include "leat/container/zip/member.h"

/* What follows an entry whose local header did not know its lengths: fields.h, ZIP_DESCRIPTOR. */

/* How long the descriptor is that `data` begins with, for these lengths, with or without a
 * signature and with numbers of either size; 0: it is none.
 *
 * ret_crc  the checksum in it */
size_t leat_zip_descriptor_len(struct leat_span data, uint64_t packed_size, uint64_t size,
                               uint32_t *ret_crc);

/* The bytes of an entry that is stored, and whose length is not known: a view of `src`, which it
 * owns, up to a descriptor with a signature whose lengths are those of the bytes before it. Then
 * member.size and member.crc are set, and `descriptor_len`; 0 where `src` ended without one. */
LEAT_MUST_USE struct leat_reader *leat_zip_open_ended(struct leat_reader *src,
                                                      struct zip_member *member,
                                                      size_t *descriptor_len);

#endif
