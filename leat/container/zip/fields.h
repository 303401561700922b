#ifndef LEAT_CONTAINER_ZIP_FIELDS_H
#define LEAT_CONTAINER_ZIP_FIELDS_H

#include "leat/core/span.h"

/* Where things are in a zip archive's records, after PKWARE's APPNOTE.TXT 6.3.10; the numbers in
 * brackets are its sections. All numbers are little-endian. */

enum {
    /* 4.3.7: the header before an entry's bytes */
    ZIP_LOCAL = 0x04034b50,
    ZIP_LOCAL_LEN = 30,
    ZIP_LOCAL_FLAGS = 6,
    ZIP_LOCAL_METHOD = 8,
    ZIP_LOCAL_TIME = 10,
    ZIP_LOCAL_DATE = 12,
    ZIP_LOCAL_CRC = 14,
    ZIP_LOCAL_PACKED = 18,
    ZIP_LOCAL_SIZE = 22,
    ZIP_LOCAL_NAME_LEN = 26,
    ZIP_LOCAL_EXTRA_LEN = 28,

    /* 4.3.9: what follows the bytes where the header did not know it: the signature, which may be
     * left out, the checksum, and two lengths of 4 bytes, or of 8 in zip64 */
    ZIP_DESCRIPTOR = 0x08074b50,
    ZIP_DESCRIPTOR_LEN_MAX = 24,

    /* 4.3.11: before the directory, where it is encrypted */
    ZIP_EXTRA_DATA = 0x08064b50,

    /* 4.3.12: the directory's record of an entry */
    ZIP_RECORD = 0x02014b50,
    ZIP_RECORD_LEN = 46,
    ZIP_RECORD_HOST = 5,
    ZIP_RECORD_FLAGS = 8,
    ZIP_RECORD_METHOD = 10,
    ZIP_RECORD_TIME = 12,
    ZIP_RECORD_DATE = 14,
    ZIP_RECORD_CRC = 16,
    ZIP_RECORD_PACKED = 20,
    ZIP_RECORD_SIZE = 24,
    ZIP_RECORD_NAME_LEN = 28,
    ZIP_RECORD_EXTRA_LEN = 30,
    ZIP_RECORD_COMMENT_LEN = 32,
    ZIP_RECORD_DISK = 34,
    ZIP_RECORD_MODE = 40, /* the upper half of the external attributes */
    ZIP_RECORD_OFFSET = 42,

    /* 4.3.13: may follow the records, within the directory's length */
    ZIP_SIGNATURE = 0x05054b50,

    /* 4.3.16: the end of the central directory, and of the archive but for a comment */
    ZIP_END = 0x06054b50,
    ZIP_END_LEN = 22,
    ZIP_END_DISK = 4,
    ZIP_END_DIRECTORY_DISK = 6,
    ZIP_END_ENTRIES = 10,
    ZIP_END_DIRECTORY_LEN = 12,
    ZIP_END_DIRECTORY_AT = 16,
    ZIP_END_COMMENT_LEN = 20,

    /* 4.3.15 and 4.3.14: just before that, where numbers are large */
    ZIP_LOCATOR = 0x07064b50,
    ZIP_LOCATOR_LEN = 20,
    ZIP_LOCATOR_AT = 8,
    ZIP_LOCATOR_DISKS = 16,
    ZIP_END64 = 0x06064b50,
    ZIP_END64_LEN = 56,
    ZIP_END64_DISK = 16,
    ZIP_END64_DIRECTORY_DISK = 20,
    ZIP_END64_ENTRIES = 32,
    ZIP_END64_DIRECTORY_LEN = 40,
    ZIP_END64_DIRECTORY_AT = 48,

    /* 4.4.4: bits of the flags */
    ZIP_FLAG_ENCRYPTED = 1,
    ZIP_FLAG_LZMA_MARK = 2,   /* of lzma: a mark is at its end */
    ZIP_FLAG_DESCRIPTOR = 8,  /* the local header does not know checksum and lengths */
    ZIP_FLAG_STRONG = 1 << 6, /* PKWARE's strong encryption */
    ZIP_FLAG_UTF8 = 1 << 11,

    /* 4.5: extra fields */
    ZIP_EXTRA_ZIP64 = 0x0001,
    ZIP_EXTRA_NTFS = 0x000a,     /* 4.5.5 */
    ZIP_EXTRA_PKUNIX = 0x000d,   /* 4.5.7 */
    ZIP_EXTRA_TIME = 0x5455,     /* Info-ZIP's extended timestamp */
    ZIP_EXTRA_OLD_UNIX = 0x5855, /* Info-ZIP's first one of Unix; its later ones have no times */
    ZIP_EXTRA_PATH = 0x7075,     /* Info-ZIP's Unicode path */
    ZIP_EXTRA_AES = 0x9901,      /* WinZip's */
};

static inline uint16_t zip_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t zip_u32(const uint8_t *at)
{
    return zip_u16(at) | (uint32_t)zip_u16(at + 2) << 16;
}

static inline uint64_t zip_u64(const uint8_t *at)
{
    return zip_u32(at) | (uint64_t)zip_u32(at + 4) << 32;
}

#endif
