#ifndef LEAT_STAGE_HASH_CRC32_H
#define LEAT_STAGE_HASH_CRC32_H

#include "leat/core/compiler.h"

LEAT_BEGIN_DECLS

/* The CRC-32 of gzip and zip (RFC 1952, section 8) of what `crc` is that of, followed by `len`
 * bytes. 0 is that of nothing. By carry-less multiplication where the machine has it. */
LEAT_API uint32_t leat_crc32(uint32_t crc, const void *data, size_t len);

/* The same without any machine's help: the measure of the other, and for machines without. */
LEAT_API uint32_t leat_crc32_plain(uint32_t crc, const void *data, size_t len);

LEAT_END_DECLS

#endif
