#ifndef LEAT_CONTAINER_ISO9660_FIELDS_H
#define LEAT_CONTAINER_ISO9660_FIELDS_H

#include "leat/core/load.h"
#include "leat/core/span.h"

/* Where things are in an image, after ECMA-119 (4th edition); the numbers in brackets are its
 * sections. Numbers are kept in both byte orders; the little-endian half comes first. */

enum {
    ISO_SECTOR = 2048, /* 6.1.2: descriptors are whole sectors, and no record crosses one */
    ISO_DESCRIPTORS_AT = 16 * ISO_SECTOR, /* 6.2.1: before them lies the system's area */

    /* 8.1: what each volume descriptor begins with */
    ISO_TYPE = 0,
    ISO_ID = 1,
    ISO_ID_LEN = 5,
    ISO_TYPE_PRIMARY = 1,
    ISO_TYPE_SUPPLEMENTARY = 2,
    ISO_TYPE_TERMINATOR = 255,

    /* 8.4, 8.5 */
    ISO_ESCAPES = 88, /* of a supplementary one: which characters its names have */
    ISO_ESCAPES_LEN = 32,
    ISO_BLOCK_SIZE = 128,
    ISO_ROOT = 156,

    /* 9.1: a record of a directory */
    ISO_RECORD_LEN = 0,
    ISO_RECORD_ATTRIBUTES_LEN = 1, /* blocks before the file's own */
    ISO_RECORD_BLOCK = 2,
    ISO_RECORD_SIZE = 10,
    ISO_RECORD_TIME = 18,
    ISO_RECORD_FLAGS = 25,
    ISO_RECORD_UNIT = 26, /* interleaved when not 0 */
    ISO_RECORD_NAME_LEN = 32,
    ISO_RECORD_NAME = 33,

    /* 9.1.6 */
    ISO_FLAG_FOLDER = 2,
    ISO_FLAG_MORE = 128, /* the file goes on in the next record */
};

#endif
