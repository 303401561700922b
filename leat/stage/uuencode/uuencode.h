#ifndef LEAT_STAGE_UUENCODE_UUENCODE_H
#define LEAT_STAGE_UUENCODE_UUENCODE_H

#include "leat/core/format.h"

/* uuencode (POSIX.1-2017, uuencode): a line that begins, lines of up to 45 bytes each with their
 * length before them, and a line that ends; or base64 between such lines. */

/* How to write; all zero: the defaults. Must outlive what it was given to. */
struct leat_uuencode_options {
    const char *name; /* of the file, for the first line; NULL: "data". Cut after 255 bytes */
    unsigned mode;    /* of the file, as chmod has it; 0: 0644 */
    bool base64;      /* "begin-base64" */
    bool spaces;      /* zero is ' ', as it was once, rather than '`' */
};

LEAT_BEGIN_DECLS

/* A reader of the one file in `src`, which it owns. Lines before the one that begins are dropped,
 * as uudecode(1) does; what follows the one that ends stays in `src`. Both signs of zero are read,
 * and where it is ' ' a line may have lost those at its end. A line may carry a checksum of one
 * sign, which is not looked at.
 *
 * No line that begins, a line that is longer or shorter than it says, any other sign, no line that
 * ends behind an empty one, and a line over 1000 bytes are faults with code CORRUPT; a cut is one
 * with code TRUNCATED. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_uudecode(struct leat_reader *src);

/* A writer that puts one file into `sink`, which it owns; `options` may be NULL. FINISH writes the
 * last lines. PUSH is UNSUPPORTED: bytes wait until they fill a line. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_uuencode(
    struct leat_writer *sink, const struct leat_uuencode_options *options);

/* The stages themselves, for leat_pull and leat_push. */
LEAT_API extern const struct leat_stage leat_stage_uudecode;
LEAT_API extern const struct leat_stage leat_stage_uuencode;

/* For the catalogue: found where the name says so, and the first line begins. */
LEAT_API extern const struct leat_format leat_format_uuencode;

LEAT_END_DECLS

#endif
