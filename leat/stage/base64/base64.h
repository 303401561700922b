#ifndef LEAT_STAGE_BASE64_BASE64_H
#define LEAT_STAGE_BASE64_BASE64_H

#include "leat/core/format.h"

/* Base64 (RFC 4648, sections 4 and 5; in mail RFC 2045, section 6.8). */

/* How to write; all zero: as base64(1) does. Must outlive what it was given to. */
struct leat_base64_options {
    /* Digits a line, taken as the next lower multiple of 4; 0: 76; LEAT_BASE64_ONE_LINE: all in one
     * line, without a line end. */
    size_t line_len;
    bool url;        /* the alphabet with '-' and '_' */
    bool no_padding; /* no '=' at the end */
    bool crlf;       /* lines end as mail's do */
};

#define LEAT_BASE64_ONE_LINE SIZE_MAX

LEAT_BEGIN_DECLS

/* A reader of the bytes that `src`, which it owns, is the base64 of. Both alphabets are read, mixed
 * as well, with padding or without; white space is skipped anywhere, and encodings one after the
 * other read as one where each is padded. Bits left over behind the last whole byte are ignored.
 * Any other byte, and padding out of place, is a fault with code CORRUPT at its offset; a lone last
 * digit, or '=' without its second, one with code TRUNCATED. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unbase64(struct leat_reader *src);

/* A writer that puts base64 into `sink`, which it owns; `options` may be NULL. FINISH writes the
 * last digits. PUSH is UNSUPPORTED: up to two bytes wait for the third. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_base64(struct leat_writer *sink,
                                                       const struct leat_base64_options *options);

/* The stages themselves, for leat_pull and leat_push. */
LEAT_API extern const struct leat_stage leat_stage_unbase64;
LEAT_API extern const struct leat_stage leat_stage_base64;

/* For the catalogue: found where the name says so, and the first line is base64. */
LEAT_API extern const struct leat_format leat_format_base64;

LEAT_END_DECLS

#endif
