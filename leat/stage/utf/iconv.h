#ifndef LEAT_STAGE_UTF_ICONV_H
#define LEAT_STAGE_UTF_ICONV_H

#include <iconv.h>

#include "leat/core/span.h"

/* What the stages by iconv(3) share. */

#define ICONV_NONE ((iconv_t)-1)

enum { ICONV_NAME_MAX = 64 }; /* of an encoding */

/* A conversion by the names of both encodings; ICONV_NONE: there is none, and errno says why. */
iconv_t leat_iconv_open(const char *to, const char *from);

/* What came of handing iconv one piece. */
struct iconv_turn {
    size_t used, made;
    int error; /* 0, E2BIG, EINVAL (cut), EILSEQ */
};

/* `in` NULL: what was held back, and the shift back to where a text begins. */
struct iconv_turn leat_iconv_hand(iconv_t cd, const uint8_t *in, size_t len, uint8_t *out,
                                  size_t room);

/* How the bytes that a text had in an encoding can be counted, given what they became. */
enum iconv_lengths {
    ICONV_LENGTHS_UNKNOWN,
    ICONV_LENGTHS_ONE,          /* each byte is a character of its own, or wrong by itself */
    ICONV_LENGTHS_BY_CHARACTER, /* a character takes as many bytes as it is encoded in */
};

/* Found by trying all of one and two bytes and all characters of the basic plane, on conversions of
 * its own: some milliseconds, but for the encoding that was asked for last. Any thread. Longer ones
 * are trusted: only EUC-TW has some for which there are shorter ones, and nobody writes them. */
enum iconv_lengths leat_iconv_lengths(const char *encoding);

/* How many bytes `text`, which is UTF-8, takes in that encoding, of which the lengths are
 * BY_CHARACTER. False: it has a character that the encoding has not. */
bool leat_iconv_len(const char *encoding, struct leat_span text, uint64_t *ret);

#endif
