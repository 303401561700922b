#ifndef LEAT_STAGE_UTF_UTF_H
#define LEAT_STAGE_UTF_UTF_H

#include "leat/core/format.h"

/* Text in other encodings as UTF-8, and back.
 *
 * What breaks an encoding's rules becomes U+FFFD, as in the WHATWG Encoding Standard; UTF-32, which
 * that does not know, is read alike. A byte-order mark of the stage's own kind at the very start is
 * not part of the text.
 *
 * Decoders go on behind what their source has lost (leat_resync), and drop what that left of a
 * character. How many bytes are missing nobody knows, so where a unit of UTF-16 or UTF-32 begins is
 * told by what looks like text in the next 256 bytes; the source's offset only breaks a tie. In
 * encodings whose characters take one byte or more, and in those with shifts, what follows may be
 * wrong up to the next ASCII character or shift. */

/* All zero: the defaults. Must outlive the reader or writer that it is given to. */
struct leat_utf_options {
    bool strict;  /* what breaks the rules is a fault, CORRUPT or TRUNCATED, at its input offset */
    bool no_mark; /* encoders: begin without a byte-order mark */
};

/* An encoding by a byte-order mark, or by name. */
struct leat_utf8_options {
    /* What `src` is in where it has no mark: a label of the WHATWG standard (latin1 and ascii are
     * windows-1252 there), "utf-32le" and "utf-32be", or a name that iconv(3) knows. NULL: UTF-8. A
     * mark outdoes the name. Any other is a fault with code UNSUPPORTED at the first fill. */
    const char *encoding;
    bool keep_mark; /* leave a UTF-8 mark where it is */
    bool strict;    /* as above; UTF-8 is passed on as it is, whatever it holds */

    /* Without a mark and without a name, let a detector judge what is not UTF-8. A text is shown as
     * it is up to the first byte that is not ASCII; from there on up to 16 KiB are looked at, fewer
     * where 16 characters of UTF-8 come first, and are waited for. Where the detector is not sure,
     * or not in the build, and where more than a MiB of ASCII comes first, the text stays as it is;
     * so does what holds controls that no text has, or mostly UTF-8. */
    bool guess;
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

/* Within so many bytes of the text the first that is not ASCII must come, where it is guessed. */
#define LEAT_UTF8_GUESS_LEN (1024 * (uint64_t)1024)

/* What the encoding of a reader that leat_utf8_with made was guessed to be, as iconv(3) or the
 * WHATWG standard calls it; NULL: nothing, or nothing yet. Good until it is closed. */
LEAT_API const char *leat_utf8_guessed(const struct leat_reader *utf8);

/* Whether there is a detector, so that leat_utf8_options.guess can find anything. Loads it. */
LEAT_API bool leat_utf8_guesses(void);

/* Whether leat_utf8_from knows the name. Case and blanks around it do not matter. */
LEAT_API bool leat_utf8_knows(const char *encoding);

/* How many of the first `len` bytes are well-formed UTF-8 (RFC 3629), in whole characters: `len`,
 * or where the first character begins that is none or is cut by the end. */
LEAT_API size_t leat_utf8_valid_len(const uint8_t *data, size_t len);

/* Options of the iconv stages, which must be given. Must outlive the reader or writer. */
struct leat_iconv_options {
    const char *encoding; /* as iconv(3) calls it, without "//" and what follows */
    bool strict;          /* as in leat_utf_options */
};

/* Whether iconv(3) knows the name. Loads its tables. */
LEAT_API bool leat_iconv_knows(const char *encoding);

/* Any encoding that iconv(3) knows. Its tables and its memory are the C library's own.
 *
 * Decoded, what breaks the rules becomes U+FFFD as above: one for each byte, unit or pair at which
 * it shows; an ASCII character behind it is never lost. Encoded, a character that the encoding does
 * not have is a fault with code UNSUPPORTED at its input offset; what is no UTF-8 becomes U+FFFD
 * where the encoding has that, else the same fault. At the end, and after a push, the encoder is
 * back in the shift state it began in. Without iconv in the build, UNSUPPORTED at the first step.
 */
LEAT_API extern const struct leat_stage leat_stage_iconv_decode;
LEAT_API extern const struct leat_stage leat_stage_iconv_encode;

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

/* The same without a mark, by the zeros in what there is, or its first 1024 bytes: text throughout,
 * at least four characters, three quarters of them ASCII; of 64 and more a tenth is enough. Text
 * that begins with a line end or with an ideograph is not recognised. */
LEAT_API extern const struct leat_format leat_format_utf16le_guess;
LEAT_API extern const struct leat_format leat_format_utf16be_guess;
LEAT_API extern const struct leat_format leat_format_utf32le_guess;
LEAT_API extern const struct leat_format leat_format_utf32be_guess;

LEAT_END_DECLS

#endif
