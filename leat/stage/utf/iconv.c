/* Every encoding that iconv(3) knows, to UTF-8 and back. */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "leat/core/bytes.h"
#include "leat/stage/utf/convert.h"
#include "leat/stage/utf/iconv.h"

enum {
    IN_MIN = 16, /* no character is longer, with what shifts to it */
};

struct recode {
    struct leat_codec codec;
    const struct leat_iconv_options *options;
    iconv_t cd;
    bool open, ended;
    unsigned unit;              /* bytes that a character is made of; 0: not asked yet */
    bool asked;                 /* for: */
    enum iconv_lengths lengths; /* of characters */
};

/* What glibc calls UCS-4 has 2^31 characters, and UTF-8 made of it would not be any. */
static const char *name_of(const char *name)
{
    static const char *const ucs4be[] = {
        "UCS-4",
        "UCS4",
        "UCS-4BE",
        "CSUCS4",
        "OSF00010104",
        "OSF00010105",
        "ISO-10646",
        "10646-1:1993",
        "OSF00010106",
        "ISO-10646/UCS4/",
        "10646-1:1993/UCS4/",
    };
    static const char *const ucs4[] = { "INTERNAL", "WCHAR_T" };
    for (size_t i = 0; i < sizeof(ucs4be) / sizeof(ucs4be[0]); i++) {
        if (strcasecmp(name, ucs4be[i]) == 0)
            return "UTF-32BE";
    }
    for (size_t i = 0; i < sizeof(ucs4) / sizeof(ucs4[0]); i++) {
        if (strcasecmp(name, ucs4[i]) == 0)
            return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "UTF-32LE" : "UTF-32BE";
    }
    return strcasecmp(name, "UCS-4LE") == 0 ? "UTF-32LE" : name;
}

/* Two slashes begin what is no name but an order to iconv: to leave out, to write something like
 * it. */
iconv_t leat_iconv_open(const char *to, const char *from)
{
    if (strstr(to, "//") != NULL || strstr(from, "//") != NULL || to[0] == '\0' ||
        from[0] == '\0' || strlen(to) > ICONV_NAME_MAX || strlen(from) > ICONV_NAME_MAX)
        return ICONV_NONE;
    return iconv_open(name_of(to), name_of(from));
}

bool leat_iconv_knows(const char *encoding)
{
    iconv_t cd = leat_iconv_open("UTF-8", encoding);
    if (cd == ICONV_NONE)
        return false;
    iconv_close(cd);
    return true;
}

/* --- What iconv does not say --- */

struct iconv_turn leat_iconv_hand(iconv_t cd, const uint8_t *in, size_t len, uint8_t *out,
                                  size_t room)
{
    char *from = (char *)(uintptr_t)in, *to = (char *)out; /* iconv writes to `to` alone */
    size_t from_left = len, to_left = room;
    bool failed = iconv(cd, in != NULL ? &from : NULL, &from_left, &to, &to_left) == (size_t)-1;
    return (struct iconv_turn){ .used = in != NULL ? len - from_left : 0,
                                .made = room - to_left,
                                .error = failed ? errno : 0 };
}

/* How many bytes one more 'A' takes: 2 and 4 of the wide encodings, else 1. */
static unsigned unit_of(const char *encoding)
{
    uint8_t out[64];
    iconv_t cd = leat_iconv_open(encoding, "UTF-8");
    if (cd == ICONV_NONE)
        return 1;
    size_t one = leat_iconv_hand(cd, (const uint8_t *)"A", 1, out, sizeof(out)).made;
    struct iconv_turn next = leat_iconv_hand(cd, (const uint8_t *)"A", 1, out, sizeof(out));
    iconv_close(cd);
    return one > 0 && next.error == 0 && (next.made == 2 || next.made == 4) ? (unsigned)next.made
                                                                            : 1;
}

/* How long that is which breaks the rules at the front of `window`, as the WHATWG standard has it
 * for each encoding: the bytes up to the one at which it shows, but no ASCII character behind the
 * first byte is lost with them. In encodings of 7 bits, where a pair is made of such, no control
 * is. */
static size_t bad_len(struct recode *self, struct leat_span window)
{
    uint8_t out[UTF_OUT_MIN];
    if (self->unit == 0)
        self->unit = unit_of(self->options->encoding);
    if (self->unit > 1)
        return self->unit < window.len ? self->unit : window.len;
    uint8_t least = window.data[0] < 0x80 ? ' ' : 0x80;
    size_t len = 1;
    while (len < window.len && len < IN_MIN && window.data[len] >= least) {
        struct iconv_turn turn = leat_iconv_hand(self->cd, window.data, len, out, sizeof(out));
        if (turn.error != EINVAL || turn.used > 0)
            break;
        len++;
    }
    return len;
}

/* Encodings of which glibc holds the last character back until it knows that no mark combines with
 * it: it comes before U+FFFD. The others keep their shift state over what is bad. */
static bool holds_back(const char *encoding)
{
    static const char *const parts[] = { "1255", "1258", "HEBR", "TCVN", "HKSCS", "X0213" };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcasestr(encoding, parts[i]) != NULL)
            return true;
    }
    return false;
}

/* --- Decoding --- */

static const char unknown[] = "unknown text encoding";
static const char cut_short[] = "the text ends within a character";
static const char no_memory[] = "no memory for the encoding's tables";

static enum leat_status start(struct leat_codec *codec, const struct leat_iconv_options *options,
                              bool encodes)
{
    struct recode *self = (struct recode *)codec;
    leat_assert(options != NULL && options->encoding != NULL);
    self->options = options;
    self->cd = encodes ? leat_iconv_open(options->encoding, "UTF-8")
                       : leat_iconv_open("UTF-8", options->encoding);
    self->open = self->cd != ICONV_NONE;
    if (self->open)
        return LEAT_OK;
    return errno == ENOMEM ? leat_codec_fails(codec, LEAT_FAULT_MEMORY, no_memory, 0)
                           : leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, unknown, 0);
}

static enum leat_status decode_start(struct leat_codec *codec, const void *options)
{
    return start(codec, options, false);
}

static enum leat_status replace(struct recode *self, struct leat_reader *in,
                                struct leat_writer *out, struct leat_room room, size_t len,
                                enum leat_fault_code code)
{
    static const uint8_t bad[] = { 0xef, 0xbf, 0xbd };
    if (self->options->strict)
        return leat_codec_fails(
            &self->codec, code,
            code == LEAT_FAULT_TRUNCATED ? cut_short : "not valid in this encoding", leat_tell(in));
    size_t held = 0;
    if (holds_back(self->options->encoding))
        held = leat_iconv_hand(self->cd, NULL, 0, room.data, room.len).made;
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, room.data + held, bad, sizeof(bad)); /* no payload */
    leat_commit(out, held + sizeof(bad));
    leat_consume(in, len);
    self->codec.counts->replaced++;
    return LEAT_OK;
}

/* Nothing more will come: what is held back, and the shift back to where it began. */
static enum leat_status finish(struct recode *self, struct leat_writer *out, struct leat_room room)
{
    struct iconv_turn turn = leat_iconv_hand(self->cd, NULL, 0, room.data, room.len);
    leat_commit(out, turn.made);
    return LEAT_DONE;
}

/* What the windows hold, as far as it goes. Returns OK where something moved; else `turn` says why
 * nothing did. */
static enum leat_status convert(struct recode *self, struct leat_reader *in,
                                struct leat_writer *out, struct leat_span window,
                                struct leat_room room, struct iconv_turn *turn)
{
    *turn = leat_iconv_hand(self->cd, window.data, window.len, room.data, room.len);
    leat_consume(in, turn->used);
    leat_commit(out, turn->made);
    if (turn->used > 0 || turn->made > 0)
        return LEAT_OK;
    if (turn->error != E2BIG)
        return LEAT_AGAIN;
    self->codec.out_min = 2 * room.len;
    return LEAT_FULL;
}

static enum leat_status decode_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct recode *self = (struct recode *)codec;
    struct leat_room room;
    enum leat_status status = leat_reserve(out, codec->out_min, &room);
    if (status != LEAT_OK)
        return status;
    struct leat_span window;
    /* What there is; then, where a character is cut, a byte more each time. */
    for (size_t want = 1;; want = window.len + 1) {
        status = leat_peek(in, want, &window);
        if (status == LEAT_END && window.len == 0)
            return finish(self, out, room);
        if (status == LEAT_END)
            return replace(self, in, out, room, window.len, LEAT_FAULT_TRUNCATED);
        if (status == LEAT_FAULT) /* what is held back comes before it */
            (void)finish(self, out, room);
        if (status != LEAT_OK)
            return status;
        struct iconv_turn turn;
        status = convert(self, in, out, window, room, &turn);
        if (status != LEAT_AGAIN)
            return status;
        if (turn.error != EINVAL || window.len >= IN_MIN)
            return replace(self, in, out, room, bad_len(self, window), LEAT_FAULT_CORRUPT);
    }
}

/* Go on in the state in which a text begins, with what the source stands on. Where characters take
 * several bytes that may be the midst of one; in all that are in use, the next ASCII character ends
 * what is wrong by that. */
static enum leat_status decode_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct recode *self = (struct recode *)codec;
    struct leat_span window;
    enum leat_status status = leat_peek(in, 1, &window);
    if (status == LEAT_OK && leat_reader_fault(in) != NULL && window.len < IN_MIN)
        status =
            leat_peek(in, window.len + 1, &window); /* the fault: this was cut from a character */
    if (status == LEAT_OK)
        (void)iconv(self->cd, NULL, NULL, NULL, NULL);
    return status;
}

/* What was replaced may have been of any length. */
static enum leat_status decode_origin(struct leat_codec *codec, struct leat_span text, bool last,
                                      uint64_t *ret_len)
{
    struct recode *self = (struct recode *)codec;
    const char *encoding = self->options->encoding;
    size_t fours;
    (void)last;
    if (!self->asked)
        self->lengths = leat_iconv_lengths(encoding);
    self->asked = true;
    if (self->lengths == ICONV_LENGTHS_ONE) {
        *ret_len = leat_utf8_count(text, &fours);
        return LEAT_OK;
    }
    bool counted = self->lengths == ICONV_LENGTHS_BY_CHARACTER && codec->counts->replaced == 0 &&
                   leat_iconv_len(encoding, text, ret_len);
    return counted ? LEAT_OK : LEAT_UNSUPPORTED;
}

static void stop(struct leat_codec *codec)
{
    struct recode *self = (struct recode *)codec;
    if (self->open)
        iconv_close(self->cd);
}

/* --- Encoding --- */

static enum leat_status encode_start(struct leat_codec *codec, const void *options)
{
    return start(codec, options, true);
}

/* At the front stands what iconv does not take: no UTF-8, for which U+FFFD is put where the
 * encoding has it, or a character that the encoding has not. */
static enum leat_status refuse(struct recode *self, struct leat_reader *in, struct leat_writer *out,
                               struct leat_room room, struct leat_span window, bool whole)
{
    static const uint8_t bad[] = { 0xef, 0xbf, 0xbd };
    uint32_t c;
    size_t len = 1;
    enum utf_stop stop = UTF_DONE;
    if (window.data[0] >= 0x80)
        stop = leat_utf8_get(window.data, window.len, &c, &len);
    if (stop == UTF_MORE && !whole)
        return LEAT_AGAIN;
    if (stop != UTF_DONE && self->options->strict)
        return leat_codec_fails(&self->codec,
                                stop == UTF_MORE ? LEAT_FAULT_TRUNCATED : LEAT_FAULT_CORRUPT,
                                stop == UTF_MORE ? cut_short : "not valid UTF-8", leat_tell(in));
    if (stop != UTF_DONE) {
        struct iconv_turn turn = leat_iconv_hand(self->cd, bad, sizeof(bad), room.data, room.len);
        if (turn.error == 0) {
            leat_consume(in, len);
            leat_commit(out, turn.made);
            self->codec.counts->replaced++;
            return LEAT_OK;
        }
    }
    return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED,
                            "a character that the encoding does not have", leat_tell(in));
}

static enum leat_status encode_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct recode *self = (struct recode *)codec;
    struct leat_room room;
    enum leat_status status = leat_reserve(out, codec->out_min, &room);
    if (status != LEAT_OK)
        return status;
    struct leat_span window;
    for (size_t want = 1;; want = window.len + 1) {
        leat_assert(want <= IN_MIN); /* a cut character is 3 bytes at most */
        status = leat_peek(in, want, &window);
        if (status == LEAT_END && window.len == 0)
            return finish(self, out, room);
        if (status == LEAT_END)
            return refuse(self, in, out, room, window, true);
        if (status != LEAT_OK)
            return status;
        struct iconv_turn turn;
        status = convert(self, in, out, window, room, &turn);
        if (status == LEAT_AGAIN)
            status = refuse(self, in, out, room, window, false);
        if (status != LEAT_AGAIN)
            return status;
    }
}

static enum leat_status encode_flush(struct leat_codec *codec, struct leat_writer *out)
{
    struct recode *self = (struct recode *)codec;
    struct leat_room room;
    enum leat_status status = leat_reserve(out, codec->out_min, &room);
    if (status != LEAT_OK)
        return status;
    leat_commit(out, leat_iconv_hand(self->cd, NULL, 0, room.data, room.len).made);
    return LEAT_OK;
}

/* --- The stages --- */

const struct leat_stage leat_stage_iconv_decode = {
    .name = "iconv",
    .self_size = sizeof(struct recode),
    .in_min = IN_MIN,
    .out_min = UTF_OUT_MIN,
    .start = decode_start,
    .step = decode_step,
    .resync = decode_resync,
    .origin = decode_origin,
    .stop = stop,
};

const struct leat_stage leat_stage_iconv_encode = {
    .name = "iconv",
    .self_size = sizeof(struct recode),
    .in_min = IN_MIN,
    .out_min = UTF_OUT_MIN,
    .start = encode_start,
    .step = encode_step,
    .flush = encode_flush,
    .stop = stop,
};
