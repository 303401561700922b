#ifndef LEAT_STAGE_XZ_LZIP_H
#define LEAT_STAGE_XZ_LZIP_H

#include "leat/core/compiler.h"

/* A member of .lz (lzip's manual, "File format"): a header, LZMA1 with a mark at its end, and a
 * trailer, all numbers with the low byte first. Not installed. */
enum {
    LEAT_LZIP_MAGIC_LEN = 4,
    LEAT_LZIP_VERSION_AT = 4,
    LEAT_LZIP_DICTIONARY_AT = 5, /* its size: see leat_lzip_dictionary_len */
    LEAT_LZIP_HEADER_LEN = 6,

    LEAT_LZIP_LEN_AT = 4, /* behind a CRC-32 of the content, how long it is */
    LEAT_LZIP_MEMBER_LEN_AT = 12,
    LEAT_LZIP_TRAILER_LEN = 20,

    LEAT_LZIP_VERSION =
        1, /* 0 has no MEMBER_LEN: lzip reads it no more, liblzma and libarchive do */
};

extern const uint8_t leat_lzip_magic[LEAT_LZIP_MAGIC_LEN];

/* How long the dictionary is that a header's byte means; 0: there is none such. */
uint32_t leat_lzip_dictionary_len(uint8_t coded);

#endif
