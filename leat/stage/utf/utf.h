#ifndef LEAT_STAGE_UTF_UTF_H
#define LEAT_STAGE_UTF_UTF_H

#include "leat/core/format.h"

/* Text in other encodings as UTF-8, and back.
 *
 * What breaks an encoding's rules becomes U+FFFD, as in the WHATWG Encoding Standard; UTF-32, which
 * that does not know, is read alike. A byte-order mark of the stage's own kind at the very start is
 * not part of the text. */

/* All zero: the defaults. Must outlive the reader or writer that it is given to. */
struct leat_utf_options {
    bool strict;  /* what breaks the rules is a fault, CORRUPT or TRUNCATED, at its input offset */
    bool no_mark; /* encoders: begin without a byte-order mark */
};

/* An encoding by a byte-order mark, or by name. */
struct leat_utf8_options {
    /* What `src` is in where it has no mark: a label of the WHATWG standard (those of UTF-8, UTF-16
     * and windows-1252, which has latin1 and ascii), or "utf-32le" and "utf-32be". NULL: UTF-8. A
     * mark outdoes the name. Any other is a fault with code UNSUPPORTED at the first fill. */
    const char *encoding;
    bool keep_mark; /* leave a UTF-8 mark where it is */
    bool strict;    /* as above; UTF-8 is passed on as it is, whatever it holds */
};

LEAT_BEGIN_DECLS

/* `src`, which it owns, as UTF-8: by its byte-order mark, which is dropped. Without one, and after
 * that of UTF-8, it is a view of `src` and copies nothing, unless `src` cannot show a mark at once.
 * Looks at the first bytes at the first fill, and at no more of them than it takes. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_utf8(struct leat_reader *src);

/* The same, `src` being in `encoding` where no mark says otherwise. The name must outlive it. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_utf8_from(struct leat_reader *src,
                                                          const char *encoding);

/* The same with options, which are copied. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_utf8_with(struct leat_reader *src,
                                                          const struct leat_utf8_options *options);

/* Whether leat_utf8_from knows the name. Case and blanks around it do not matter. */
LEAT_API bool leat_utf8_knows(const char *encoding);

/* The stages, for leat_pull and leat_push; options are leat_utf_options. Encoders take UTF-8, put
 * U+FFFD for what is none, and write a byte-order mark first. */
LEAT_API extern const struct leat_stage leat_stage_utf16le_decode;
LEAT_API extern const struct leat_stage leat_stage_utf16be_decode;
LEAT_API extern const struct leat_stage leat_stage_utf32le_decode;
LEAT_API extern const struct leat_stage leat_stage_utf32be_decode;
LEAT_API extern const struct leat_stage leat_stage_windows1252_decode;
LEAT_API extern const struct leat_stage leat_stage_utf16le_encode;
LEAT_API extern const struct leat_stage leat_stage_utf16be_encode;
LEAT_API extern const struct leat_stage leat_stage_utf32le_encode;
LEAT_API extern const struct leat_stage leat_stage_utf32be_encode;

/* For the catalogue; the probe is the mark. */
LEAT_API extern const struct leat_format leat_format_utf16le;
LEAT_API extern const struct leat_format leat_format_utf16be;
LEAT_API extern const struct leat_format leat_format_utf32le;
LEAT_API extern const struct leat_format leat_format_utf32be;

LEAT_END_DECLS

#endif
