/* How many bytes the characters of a text took in its own encoding. */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "leat/core/bytes.h"
#include "leat/stage/utf/convert.h"
#include "leat/stage/utf/iconv.h"

enum { OUT_LEN = 64 }; /* no character is longer, in any encoding, with what shifts to it */

/* Both ways between an encoding and UTF-8. */
struct both {
    iconv_t decode, encode;
};

/* What is held back, until it is known that nothing combines with it; or the shift to where a text
 * begins. */
static size_t end(iconv_t cd, uint8_t *out)
{
    return leat_iconv_hand(cd, NULL, 0, out, OUT_LEN).made;
}

/* One character or less, from the state in which a text begins. */
static struct iconv_turn alone(iconv_t cd, const uint8_t *in, size_t len, uint8_t *out)
{
    (void)end(cd, out);
    return leat_iconv_hand(cd, in, len, out, OUT_LEN);
}

/* Whether each byte, alone and behind any other, gives one character or is wrong. */
static bool is_single(const struct both *both)
{
    bool single = true;
    for (unsigned byte = 0; byte < 256 && single; byte++) {
        uint8_t in = (uint8_t)byte, out[OUT_LEN];
        size_t fours;
        struct iconv_turn turn = leat_iconv_hand(both->decode, &in, 1, out, sizeof(out));
        single =
            turn.error == EILSEQ ||
            (turn.error == 0 && leat_utf8_count((struct leat_span){ out, turn.made }, &fours) == 1);
    }
    return single;
}

/* Whether no character shifts to another state. */
static bool is_stateless(const struct both *both)
{
    bool stateless = true;
    for (uint32_t c = 0x80; c < 0x10000 && stateless; c++) {
        uint8_t in[4], out[OUT_LEN];
        if (c == 0xd800)
            c = 0xe000;
        size_t len = (size_t)(utf8_put(in, c) - in);
        struct iconv_turn turn = alone(both->encode, in, len, out);
        size_t rest = end(both->encode, out);
        stateless = turn.error != 0 || (turn.made > 0) != (rest > 0);
    }
    return stateless;
}

/* Whether these bytes, if they are a character, are as many as that is encoded in. `ret_begin`:
 * they are but the beginning of one. */
static bool is_as_long(const struct both *both, const uint8_t *in, size_t len, bool *ret_begin)
{
    uint8_t text[OUT_LEN], back[OUT_LEN];
    struct iconv_turn turn = alone(both->decode, in, len, text);
    *ret_begin = turn.error == EINVAL;
    if (turn.error != 0 || turn.used < len)
        return true;
    struct iconv_turn encoded = alone(both->encode, text, turn.made, back);
    return encoded.error != 0 || encoded.made + end(both->encode, back) == len;
}

static bool are_as_long(const struct both *both)
{
    bool begin, as_long = true;
    for (unsigned first = 0; first < 256 && as_long; first++) {
        uint8_t in[2] = { (uint8_t)first, 0 };
        as_long = is_as_long(both, in, 1, &begin);
        for (unsigned second = 0; begin && second < 256 && as_long; second++) {
            bool more;
            in[1] = (uint8_t)second;
            as_long = is_as_long(both, in, 2, &more);
        }
    }
    return as_long;
}

static enum iconv_lengths find_out(const char *encoding)
{
    enum iconv_lengths lengths = ICONV_LENGTHS_UNKNOWN;
    struct both both = { leat_iconv_open("UTF-8", encoding), leat_iconv_open(encoding, "UTF-8") };
    if (both.decode != ICONV_NONE && is_single(&both))
        lengths = ICONV_LENGTHS_ONE;
    else if (both.decode != ICONV_NONE && both.encode != ICONV_NONE && is_stateless(&both) &&
             are_as_long(&both))
        lengths = ICONV_LENGTHS_BY_CHARACTER;
    if (both.decode != ICONV_NONE)
        iconv_close(both.decode);
    if (both.encode != ICONV_NONE)
        iconv_close(both.encode);
    return lengths;
}

/* A search asks for one encoding, file after file. */
enum iconv_lengths leat_iconv_lengths(const char *encoding)
{
    static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;
    static char last[ICONV_NAME_MAX + 1];
    static enum iconv_lengths of_last;
    size_t len = strlen(encoding);
    if (len > ICONV_NAME_MAX)
        return ICONV_LENGTHS_UNKNOWN;
    pthread_mutex_lock(&asking);
    if (strcmp(encoding, last) != 0) {
        of_last = find_out(encoding);
        leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, last, encoding, len + 1); /* no payload */
    }
    enum iconv_lengths lengths = of_last;
    pthread_mutex_unlock(&asking);
    return lengths;
}

bool leat_iconv_len(const char *encoding, struct leat_span text, uint64_t *ret)
{
    uint8_t out[4096];
    iconv_t cd = leat_iconv_open(encoding, "UTF-8");
    bool counted = cd != ICONV_NONE;
    *ret = 0;
    while (counted && text.len > 0) {
        struct iconv_turn turn = leat_iconv_hand(cd, text.data, text.len, out, sizeof(out));
        counted = turn.error == 0 || (turn.error == E2BIG && turn.used > 0);
        *ret += turn.made;
        text.data += turn.used;
        text.len -= turn.used;
    }
    if (cd == ICONV_NONE)
        return false;
    *ret += end(cd, out);
    iconv_close(cd);
    return counted;
}
