#ifndef LEAT_STAGE_SNAPPY_CHUNK_H
#define LEAT_STAGE_SNAPPY_CHUNK_H

#include "leat/core/compiler.h"

/* A chunk of the framing format: a kind, three bytes of length, and so many bytes, of which a
 * checksum of the content comes first where there is content. Not installed. */

enum {
    LEAT_SNAPPY_HEADER_LEN = 4,
    LEAT_SNAPPY_CHECK_LEN = 4,
    LEAT_SNAPPY_CONTENT_MAX = 65536, /* of one chunk */

    /* What snappy_max_compressed_length gives for that. */
    LEAT_SNAPPY_PACKED_MAX = 32 + LEAT_SNAPPY_CONTENT_MAX + LEAT_SNAPPY_CONTENT_MAX / 6,
};

enum leat_snappy_kind {
    LEAT_SNAPPY_COMPRESSED = 0x00,
    LEAT_SNAPPY_STORED = 0x01,
    LEAT_SNAPPY_SKIPPABLE = 0x80, /* and above, but the last: padding is one */
    LEAT_SNAPPY_IDENTIFIER = 0xff,
};

/* The chunk that each stream begins with. */
#define LEAT_SNAPPY_START     "\xff\x06\x00\x00sNaPpY"
#define LEAT_SNAPPY_START_LEN (sizeof(LEAT_SNAPPY_START) - 1)

/* The checksum of a chunk's content: its CRC-32C, turned and added to, so that the checksum of
 * bytes that hold checksums is none of them. */
uint32_t leat_snappy_check(const uint8_t *data, size_t len);

#endif
