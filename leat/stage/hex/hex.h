#ifndef LEAT_STAGE_HEX_HEX_H
#define LEAT_STAGE_HEX_HEX_H

#include "leat/core/format.h"

/* Bytes as two hexadecimal digits each (RFC 4648, section 8), as `xxd -p` writes them. */

/* How to write; all zero: the defaults. Must outlive what it was given to. */
struct leat_hex_options {
    /* Digits a line, taken as the next lower even number; 0: 64; LEAT_HEX_ONE_LINE: all in one
     * line, without a line end. */
    size_t line_len;
    bool upper; /* A .. F rather than a .. f */
    bool crlf;
};

#define LEAT_HEX_ONE_LINE SIZE_MAX

LEAT_BEGIN_DECLS

/* A reader of the bytes whose digits `src` has, which it owns; of either case, with white space
 * anywhere. Any other byte is a fault with code CORRUPT at its offset; half a byte at the end, one
 * with code TRUNCATED. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unhex(struct leat_reader *src);

/* A writer that puts digits into `sink`, which it owns; `options` may be NULL. PUSH holds nothing
 * back; FINISH ends the last line. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_hex(struct leat_writer *sink,
                                                    const struct leat_hex_options *options);

/* The stages themselves, for leat_pull and leat_push. */
LEAT_API extern const struct leat_stage leat_stage_unhex;
LEAT_API extern const struct leat_stage leat_stage_hex;

/* For the catalogue: found where the name says so, and the first line is digits. */
LEAT_API extern const struct leat_format leat_format_hex;

LEAT_END_DECLS

#endif
