#ifndef LEAT_STAGE_LZOP_HEADER_H
#define LEAT_STAGE_LZOP_HEADER_H

#include "leat/core/format.h"

/* What a member of an .lzo file begins with, as lzop 1.04 reads and writes it. No specification
 * but lzop's own source (conf.h, lzop.c) says so; all numbers are big-endian. Not installed.
 *
 *     magic   versions of     method   flags   filter, if    mode   time    name    sum of all
 *             lzop, liblzo,   level            a flag says           ours:   length  behind the
 *             and needed                                             8       bytes   magic
 *   ┌───────┬───────────────┬────────┬───────┬─────────────┬──────┬───────┬───────┬────────────┐
 *   │   9   │     2 2 2     │  1 1   │   4   │      4      │  4   │   8   │ 1 ... │     4      │
 *   └───────┴───────────────┴────────┴───────┴─────────────┴──────┴───────┴───────┴────────────┘
 *
 * Before version 0.94 neither the version that is needed was there nor the level, and the time took
 * 4 bytes. Behind the header is, where a flag says so, an extra field: its length, bytes, and the
 * sum of both. Then come blocks, and a word of zeros.
 *
 *     unpacked   packed   sums of what is unpacked, and of what is packed, unless it is stored
 *   ┌──────────┬────────┬───────────────────────────────────────────────────────────────────┬───
 *   │    4     │   4    │  0, 4 or 8: of each kind that the flags name                      │ ...
 *   └──────────┴────────┴───────────────────────────────────────────────────────────────────┴───
 */

#define LEAT_LZOP_MAGIC "\x89LZO\0\r\n\x1a\n"

enum {
    LEAT_LZOP_MAGIC_LEN = sizeof(LEAT_LZOP_MAGIC) - 1,
    LEAT_LZOP_WORD_LEN = 4,
    LEAT_LZOP_VERSION_AT = LEAT_LZOP_MAGIC_LEN,
    LEAT_LZOP_HEADER_LEN_MAX = 297, /* with a filter and a name of 255 bytes */

    LEAT_LZOP_VERSION = 0x1040,        /* what is known here */
    LEAT_LZOP_VERSION_FIRST = 0x0900,  /* of what was ever released, */
    LEAT_LZOP_VERSION_LEVELS = 0x0940, /* and with what this header has now */

    LEAT_LZOP_FILTER_MAX = 16,
};

/* Bits of the flags. Those of lzop's own use, and the highest byte, the system, mean nothing here.
 */
enum {
    LEAT_LZOP_ADLER32 = 0x1,         /* blocks have an Adler-32 of what is unpacked, */
    LEAT_LZOP_PACKED_ADLER32 = 0x2,  /* and of what is packed */
    LEAT_LZOP_STDIN = 0x4,           /* what was packed has no name and no time, */
    LEAT_LZOP_STDOUT = 0x8,          /* and where it went none either */
    LEAT_LZOP_EXTRA = 0x40,          /* an extra field follows */
    LEAT_LZOP_CRC32 = 0x100,         /* blocks have a CRC-32 of what is unpacked, */
    LEAT_LZOP_PACKED_CRC32 = 0x200,  /* and of what is packed */
    LEAT_LZOP_FILTERED = 0x800,      /* the header has a filter */
    LEAT_LZOP_HEADER_CRC32 = 0x1000, /* its own sum is a CRC-32, not an Adler-32 */
    LEAT_LZOP_UNIX = 0x03000000,
    LEAT_LZOP_UNKNOWN = 0x000fc000,
};

enum leat_lzop_method { LEAT_LZOP_1 = 1, LEAT_LZOP_1_15 = 2, LEAT_LZOP_999 = 3 };

struct leat_lzop_header {
    size_t len;
    size_t method_at; /* in it */
    size_t flags_at;
    unsigned version;
    unsigned needed; /* to read it */
    unsigned method;
    uint32_t flags;
    uint32_t filter; /* 0: none; a byte of a block is added to the one so far behind it */
};

/* How long a header is that begins so; more than `len`: so many bytes must be seen to tell, or to
 * have it whole. The magic is taken for granted. */
size_t leat_lzop_header_len(const uint8_t *data, size_t len);

/* Read one that is whole. Nothing is judged. */
void leat_lzop_header_read(const uint8_t *data, size_t len, struct leat_lzop_header *ret);

/* Whether its sum, the last word of it, is right. */
bool leat_lzop_header_holds(const uint8_t *data, const struct leat_lzop_header *header);

/* Go on with a sum, of the kind that headers have, or blocks, from what that begins with. */
uint32_t leat_lzop_sum_start(bool crc32);
uint32_t leat_lzop_sum(bool crc32, uint32_t sum, const uint8_t *data, size_t len);

#endif
