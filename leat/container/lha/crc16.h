#ifndef LEAT_CONTAINER_LHA_CRC16_H
#define LEAT_CONTAINER_LHA_CRC16_H

#include "leat/stage/hash/digest.h"

LEAT_BEGIN_DECLS

/* CRC-16/ARC, as LHA has it: x^16 + x^15 + x^2 + 1, lowest bit first, beginning with 0. `crc` is
 * that of what came before. Threads  any, at any time. */
uint16_t leat_crc16(uint16_t crc, const uint8_t *data, size_t len);

/* The same as a digest, two bytes, the higher first. */
extern const struct leat_digest_kind leat_digest_crc16;

LEAT_END_DECLS

#endif
