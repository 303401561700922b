#ifndef LEAT_CORE_FRAMES_H
#define LEAT_CORE_FRAMES_H

#include "leat/core/records.h"
#include "leat/core/writer.h"

/* Frames: a length, then so many bytes. The item is the bytes, which may be none. */

/* How the length is written. */
enum leat_prefix {
    LEAT_PREFIX_U8,
    LEAT_PREFIX_U16LE,
    LEAT_PREFIX_U16BE,
    LEAT_PREFIX_U32LE,
    LEAT_PREFIX_U32BE,
    LEAT_PREFIX_U64LE,
    LEAT_PREFIX_U64BE,
    LEAT_PREFIX_VARINT, /* LEB128: seven bits a byte, low ones first; not longer than need be */
};

/* No prefix is longer. */
#define LEAT_PREFIX_LEN_MAX 10

struct leat_frames {
    struct leat_records records;
    enum leat_prefix prefix;
    size_t prefix_len; /* of the frame being measured, or in hand */
};

LEAT_BEGIN_DECLS

/* Iterate the frames of `reader`.
 *
 * len_max  of a frame without its prefix, in bytes; 0: as the reader's window allows. A longer one
 * is a fault with code BOUND at the prefix's offset, before its bytes are asked for. A cut one is
 * TRUNCATED at the input's end; a varint of more than 64 bits, or with needless zeros at its end,
 * is CORRUPT. */
LEAT_API void leat_frames_init(struct leat_frames *frames, struct leat_reader *reader,
                               enum leat_prefix prefix, size_t len_max);

/* The next frame. Status  OK, AGAIN, END, FAULT. Blocks as the reader does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_frames_next(struct leat_frames *frames,
                                                         struct leat_span *ret);

/* Write the prefix of a frame of `len` bytes, all or nothing; the bytes go behind it.
 * Status  OK, FULL, FAULT, or LIMIT: this prefix cannot say so large a length. */
LEAT_API LEAT_MUST_USE enum leat_status leat_prefix_write(struct leat_writer *w,
                                                          enum leat_prefix prefix, uint64_t len);

LEAT_END_DECLS

#endif
