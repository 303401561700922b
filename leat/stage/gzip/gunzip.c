/* gzip members (RFC 1952): header, deflate data, check and length; then perhaps another. */

#include <isa-l/crc.h>

#include "leat/core/bytes.h"
#include "leat/stage/gzip/gzip.h"
#include "leat/stage/gzip/inflate.h"
#include "leat/stage/mark.h"

enum { HEADER_LEN = 10, TRAILER_LEN = 8 };

/* Bits of the header's flags, in the order of the fields that they announce. */
enum {
    FLAG_TEXT = 1,
    FLAG_HEADER_CRC = 2,
    FLAG_EXTRA = 4,
    FLAG_NAME = 8,
    FLAG_COMMENT = 16,
    FLAGS_RESERVED = 0xe0,
};

enum place {
    AT_MEMBER,
    AT_EXTRA_LEN,
    AT_EXTRA,
    AT_NAME,
    AT_COMMENT,
    AT_HEADER_CRC,
    AT_DATA,
    AT_TRAILER,
    AT_NEXT,
    AT_PADDING,
    PLACES,
};

struct gunzip {
    struct leat_codec codec;
    struct leat_inflater inflater;
    enum place place;
    uint8_t flags;       /* fields of the header still to come */
    uint32_t extra_left; /* of the extra field */
    uint32_t header_crc;
    uint32_t crc; /* of the member's output */
    uint64_t len; /* of the member's output */
};

static uint32_t u32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t u16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

/* Take `n` bytes of the header, which its own check covers. */
static void header_takes(struct gunzip *self, struct leat_reader *in, struct leat_span span,
                         size_t n)
{
    leat_assert(n <= span.len);
    self->header_crc = crc32_gzip_refl(self->header_crc, span.data, n);
    leat_consume(in, n);
}

/* On to the next field that the flags announce, or to the data. */
static void header_goes_on(struct gunzip *self)
{
    static const struct {
        uint8_t flag;
        enum place place;
    } fields[] = {
        { FLAG_EXTRA, AT_EXTRA_LEN },
        { FLAG_NAME, AT_NAME },
        { FLAG_COMMENT, AT_COMMENT },
        { FLAG_HEADER_CRC, AT_HEADER_CRC },
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (self->flags & fields[i].flag) {
            self->flags &= (uint8_t)~fields[i].flag;
            self->place = fields[i].place;
            return;
        }
    }
    leat_inflater_begin(&self->inflater);
    self->crc = 0;
    self->len = 0;
    self->place = AT_DATA;
}

static const uint8_t magic[] = { 0x1f, 0x8b };

static enum leat_status take_member(struct gunzip *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEADER_LEN, &span);
    if (!leat_bytes_equal(span.data, magic, span.len < sizeof(magic) ? span.len : sizeof(magic)))
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "no gzip data", leat_tell(in));
    if (status != LEAT_OK)
        return status;
    if (span.data[2] != 8)
        return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, "unknown method",
                                leat_tell(in) + 2);
    if (span.data[3] & FLAGS_RESERVED)
        return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, "unknown flags",
                                leat_tell(in) + 3);
    self->flags = span.data[3];
    self->header_crc = 0;
    header_takes(self, in, span, HEADER_LEN);
    header_goes_on(self);
    return LEAT_OK;
}

/* Zeros fill up the last block on a tape. Behind them there is no member any more. */
static enum leat_status take_padding(struct gunzip *self, struct leat_reader *in,
                                     struct leat_writer *out)
{
    (void)self;
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    size_t zeros = 0;
    while (zeros < span.len && span.data[zeros] == 0)
        zeros++;
    leat_consume(in, zeros);
    return zeros > 0 ? LEAT_OK : LEAT_DONE;
}

/* Behind a member: another, or padding, or what is not ours and is left alone. Waits for no more
 * bytes than it takes to tell. */
static enum leat_status take_next(struct gunzip *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    if (span.data[0] == 0) {
        self->place = AT_PADDING;
        return take_padding(self, in, out);
    }
    if (span.data[0] != magic[0])
        return LEAT_DONE;
    status = leat_peek(in, 2, &span);
    if (status != LEAT_OK)
        return status;
    if (span.data[1] != magic[1])
        return LEAT_DONE;
    self->place = AT_MEMBER;
    return take_member(self, in, out);
}

static enum leat_status take_extra_len(struct gunzip *self, struct leat_reader *in,
                                       struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, 2, &span);
    if (status != LEAT_OK)
        return status;
    self->extra_left = u16(span.data);
    header_takes(self, in, span, 2);
    self->place = AT_EXTRA;
    return LEAT_OK;
}

static enum leat_status take_extra(struct gunzip *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, self->extra_left > 0, &span);
    if (status != LEAT_OK)
        return status;
    size_t some = span.len < self->extra_left ? span.len : self->extra_left;
    header_takes(self, in, span, some);
    self->extra_left -= (uint32_t)some;
    if (self->extra_left == 0)
        header_goes_on(self);
    return LEAT_OK;
}

/* A name or a comment, up to its zero. */
static enum leat_status take_text(struct gunzip *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status;
    const uint8_t *zero = leat_bytes_find(span.data, span.len, 0);
    header_takes(self, in, span, zero != NULL ? (size_t)(zero - span.data) + 1 : span.len);
    if (zero != NULL)
        header_goes_on(self);
    return LEAT_OK;
}

static enum leat_status take_header_crc(struct gunzip *self, struct leat_reader *in,
                                        struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, 2, &span);
    if (status != LEAT_OK)
        return status;
    if (u16(span.data) != (self->header_crc & 0xffff))
        return leat_codec_fails(&self->codec, LEAT_FAULT_CHECKSUM, "wrong header checksum",
                                leat_tell(in));
    leat_consume(in, 2);
    header_goes_on(self);
    return LEAT_OK;
}

static enum leat_status take_data(struct gunzip *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_span made;
    enum leat_status status = leat_inflater_step(&self->codec, &self->inflater, in, out, &made);
    self->crc = crc32_gzip_refl(self->crc, made.data, made.len);
    self->len += made.len;
    if (status != LEAT_DONE)
        return status;
    self->place = AT_TRAILER;
    return LEAT_OK;
}

static enum leat_status take_trailer(struct gunzip *self, struct leat_reader *in,
                                     struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, TRAILER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    if (u32(span.data) != self->crc)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CHECKSUM, "wrong checksum", leat_tell(in));
    if (u32(span.data + 4) != (uint32_t)self->len)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CHECKSUM, "wrong length",
                                leat_tell(in) + 4);
    leat_consume(in, TRAILER_LEN);
    self->place = AT_NEXT;
    return LEAT_OK;
}

static enum leat_status gunzip_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    typedef enum leat_status take(struct gunzip *, struct leat_reader *, struct leat_writer *);
    static take *const takes[PLACES] = {
        [AT_MEMBER] = take_member, [AT_EXTRA_LEN] = take_extra_len,
        [AT_EXTRA] = take_extra,   [AT_NAME] = take_text,
        [AT_COMMENT] = take_text,  [AT_HEADER_CRC] = take_header_crc,
        [AT_DATA] = take_data,     [AT_TRAILER] = take_trailer,
        [AT_NEXT] = take_next,     [AT_PADDING] = take_padding,
    };
    struct gunzip *self = (struct gunzip *)codec;
    leat_assert(self->place < PLACES);
    return takes[self->place](self, in, out);
}

/* A header as packers write them: three bytes and some bits would be met by chance in each 100 MB,
 * so that what says how hard was tried (XFL), and on which system, must be known too. */
static enum leat_match matches_member(const uint8_t *data, size_t len)
{
    enum { AT_FLAGS = 3, AT_EFFORT = 8, AT_SYSTEM = 9, SYSTEM_MAX = 13, SYSTEM_UNKNOWN = 255 };
    static const uint8_t start[] = { 0x1f, 0x8b, 8 };
    enum leat_match match = leat_match_magic(data, len, start, sizeof(start));
    if (match != LEAT_MATCH_YES)
        return match;
    if (len < HEADER_LEN)
        return LEAT_MATCH_MORE;
    bool effort = data[AT_EFFORT] == 0 || data[AT_EFFORT] == 2 || data[AT_EFFORT] == 4;
    bool system = data[AT_SYSTEM] <= SYSTEM_MAX || data[AT_SYSTEM] == SYSTEM_UNKNOWN;
    bool known = (data[AT_FLAGS] & FLAGS_RESERVED) == 0 && effort && system;
    return known ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static enum leat_status gunzip_resync(struct leat_codec *codec, struct leat_reader *in)
{
    ((struct gunzip *)codec)->place = AT_MEMBER;
    return leat_mark_find(in, matches_member);
}

static void gunzip_stop(struct leat_codec *codec)
{
    leat_inflater_stop(&((struct gunzip *)codec)->inflater, codec);
}

const struct leat_stage leat_stage_gunzip = {
    .name = "gzip",
    .self_size = sizeof(struct gunzip),
    .in_min = HEADER_LEN,
    .out_min = LEAT_INFLATE_OUT_MIN,
    .out_good = LEAT_INFLATE_OUT_GOOD,
    .step = gunzip_step,
    .resync = gunzip_resync,
    .stop = gunzip_stop,
};

struct leat_reader *leat_gunzip(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_gunzip, NULL);
}

static enum leat_match gzip_probe(const uint8_t *data, size_t len)
{
    static const uint8_t start[] = { 0x1f, 0x8b, 8 };
    enum leat_match match = leat_match_magic(data, len, start, sizeof(start));
    if (match != LEAT_MATCH_YES)
        return match;
    if (len < 4)
        return LEAT_MATCH_MORE;
    return data[3] & FLAGS_RESERVED ? LEAT_MATCH_NO : LEAT_MATCH_YES;
}

_Static_assert(sizeof(struct leat_gzip_options) <= sizeof(struct leat_level_options),
               "LEAT_FORMAT_LEVELS");

const struct leat_format leat_format_gzip = {
    .name = "gzip",
    .summary = "gzip (RFC 1952), members joined",
    .endings = (const char *const[]){ ".gz", ".tgz", ".svgz", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_JOINS | LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .probe = gzip_probe,
    .probe_max = 4,
    .decoder = &leat_stage_gunzip,
    .encoder = &leat_stage_gzip,
};
