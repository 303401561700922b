#ifndef LEAT_STAGE_UTF_CONVERT_H
#define LEAT_STAGE_UTF_CONVERT_H

#include "leat/core/stage.h"
#include "leat/stage/utf/ascii.h"
#include "leat/stage/utf/utf.h"

/* What the stages of this part share: one step for all of them, over a loop that each brings. */

/* What stands in front of both windows; a loop moves `in` and `out`. */
struct utf_piece {
    const uint8_t *in, *in_end;
    uint8_t *out, *out_end;
    leat_ascii_narrow *narrow;
    void (*run)(struct utf_piece *piece, bool be); /* leat_utf16_run, or NULL */
    uint64_t replaced;                             /* characters for which U+FFFD was put */
    bool strict;
};

/* Why a loop stopped. */
enum utf_stop {
    UTF_DONE, /* it used up one window or the other */
    UTF_MORE, /* a character is cut by the window's end */
    UTF_BAD,  /* strict: at `in` stands what breaks the rules */
};

/* One encoding, one way: a stage's own part. */
struct utf_kind {
    enum utf_stop (*loop)(struct utf_piece *piece);

    /* No character is longer, in input bytes. */
    size_t in_max;

    /* Decoders: a character's bytes; of UTF-16, half of them where it is a pair. */
    size_t unit;
    bool be;

    /* Decoders: the mark that is dropped; encoders: the one that is written. */
    uint8_t mark[4];
    size_t mark_len;

    /* What stands for U+FFFD in the output. */
    uint8_t bad[4];
    size_t bad_len;

    bool encodes;
};

/* The stage's struct. */
struct utf {
    struct leat_codec codec;
    const struct utf_kind *kind;
    leat_ascii_narrow *narrow;
    void (*run)(struct utf_piece *piece, bool be);
    bool strict, no_mark, begun;
    size_t cut; /* bytes that the end cut off from a character, and became the last one */
};

/* Room that any character, or mark, or U+FFFD fits in. */
#define UTF_OUT_MIN 64

/* start and step of all stages; start is told the kind by one line of its own. */
enum leat_status leat_utf_start(struct leat_codec *codec, const void *options,
                                const struct utf_kind *kind);
enum leat_status leat_utf_step(struct leat_codec *codec, struct leat_reader *in,
                               struct leat_writer *out);

/* resync of the decoders: at the next unit of the source, wherever it may begin now. */
enum leat_status leat_utf_resync(struct leat_codec *codec, struct leat_reader *in);

/* How many bytes of `text` stand before the first whole unit, of 2 or 4 bytes, as far as it looks
 * like text from there on; where nothing tells, it is `likely`. */
size_t leat_utf_align(struct leat_span text, unsigned unit, bool be, size_t likely);

/* origin of the decoders. */
enum leat_status leat_utf_origin(struct leat_codec *codec, struct leat_span text, bool last,
                                 uint64_t *ret_len);

/* How many characters `text` holds, which is UTF-8 and begins with one; and how many of them take
 * four bytes. */
size_t leat_utf8_count(struct leat_span text, size_t *ret_fours);

/* Put a character that is not ASCII as UTF-8. */
static inline uint8_t *utf8_put(uint8_t *out, uint32_t c)
{
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return out + 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return out + 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return out + 4;
}

/* Read a character of UTF-8 that is not ASCII.
 *
 * ret_c    the character, or U+FFFD
 * ret_len  its bytes; of what is none, the longest beginning of a character (WHATWG, Unicode 3.9)
 * Returns  DONE, BAD, or MORE: the window ends in such a beginning */
enum utf_stop leat_utf8_get(const uint8_t *in, size_t len, uint32_t *ret_c, size_t *ret_len);

#endif
