#ifndef LEAT_STAGE_ASCII85_ASCII85_H
#define LEAT_STAGE_ASCII85_ASCII85_H

#include "leat/core/format.h"

/* ASCII85 as PostScript and PDF have it (ISO 32000-1, 7.4.3): five digits to base 85, '!' to 'u',
 * for four bytes, and 'z' for four zeros, as btoa had it first. */

/* How to write; all zero: the defaults. Must outlive what it was given to. */
struct leat_ascii85_options {
    /* Digits a line, at least 8; 0: 75; LEAT_ASCII85_ONE_LINE: all in one line, without a line end.
     */
    size_t line_len;
    bool no_frame; /* no "<~" before and no "~>" behind, as PDF has it but for its "~>" */
};

#define LEAT_ASCII85_ONE_LINE SIZE_MAX

LEAT_BEGIN_DECLS

/* A reader of the bytes whose digits `src` has, which it owns. "<~" may stand before them, and then
 * "~>" must behind; without it, "~>" or the end of `src` is the end. White space is skipped
 * anywhere. What follows "~>", but for one line end, stays in `src`.
 *
 * Any other byte, a group over 2^32 - 1, 'z' within a group and a last group of one digit are
 * faults with code CORRUPT at the byte that shows it; a cut is one with code TRUNCATED. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unascii85(struct leat_reader *src);

/* A writer that puts digits into `sink`, which it owns; `options` may be NULL. FINISH writes the
 * last group. PUSH is UNSUPPORTED: up to three bytes wait for the fourth. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_ascii85(struct leat_writer *sink,
                                                        const struct leat_ascii85_options *options);

/* The stages themselves, for leat_pull and leat_push. */
LEAT_API extern const struct leat_stage leat_stage_unascii85;
LEAT_API extern const struct leat_stage leat_stage_ascii85;

/* For the catalogue: found where the name says so, and the first line is digits. */
LEAT_API extern const struct leat_format leat_format_ascii85;

LEAT_END_DECLS

#endif
