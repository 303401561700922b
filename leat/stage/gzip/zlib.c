/* zlib streams (RFC 1950): two bytes of header, deflate data, Adler-32. */

#include <isa-l/igzip_lib.h>

#include "leat/core/load.h"
#include "leat/stage/gzip/gzip.h"
#include "leat/stage/gzip/inflate.h"

enum { HEADER_LEN = 2, TRAILER_LEN = 4, FLAG_DICTIONARY = 0x20 };

enum place { AT_HEADER, AT_DATA, AT_TRAILER };

struct zlib {
    struct leat_codec codec;
    struct leat_inflater inflater;
    enum place place;
    uint32_t adler; /* of the output */
};

/* Whether the two bytes are a header that can be read on from. */
static bool is_header(unsigned method, unsigned flags)
{
    return (method << 8 | flags) % 31 == 0 && (method & 15) == 8 && method >> 4 <= 7 &&
           (flags & FLAG_DICTIONARY) == 0;
}

static enum leat_status take_header(struct zlib *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEADER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    uint64_t at = leat_tell(in);
    unsigned method = span.data[0];
    unsigned flags = span.data[1];
    if ((method << 8 | flags) % 31 != 0)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "no zlib data", at);
    if ((method & 15) != 8 || method >> 4 > 7)
        return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, "unknown method", at);
    if (flags & FLAG_DICTIONARY)
        return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, "needs a dictionary", at);
    leat_consume(in, HEADER_LEN);
    leat_inflater_begin(&self->inflater);
    self->adler = 1;
    self->place = AT_DATA;
    return LEAT_OK;
}

static enum leat_status take_data(struct zlib *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_span made;
    enum leat_status status = leat_inflater_step(&self->codec, &self->inflater, in, out, &made);
    if (made.len > 0)
        self->adler = isal_adler32(self->adler, made.data, made.len);
    if (status != LEAT_DONE)
        return status;
    self->place = AT_TRAILER;
    return LEAT_OK;
}

static enum leat_status take_trailer(struct zlib *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, TRAILER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    uint32_t adler = (uint32_t)span.data[0] << 24 | (uint32_t)span.data[1] << 16 |
                     (uint32_t)span.data[2] << 8 | span.data[3];
    if (adler != self->adler)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CHECKSUM, "wrong checksum", leat_tell(in));
    leat_consume(in, TRAILER_LEN);
    return LEAT_DONE;
}

static enum leat_status zlib_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct zlib *self = (struct zlib *)codec;
    if (self->place == AT_HEADER)
        return take_header(self, in);
    if (self->place == AT_DATA)
        return take_data(self, in, out);
    leat_assert(self->place == AT_TRAILER);
    return take_trailer(self, in);
}

static void zlib_stop(struct leat_codec *codec)
{
    leat_inflater_stop(&((struct zlib *)codec)->inflater, codec);
}

const struct leat_stage leat_stage_unzlib = {
    .name = "zlib",
    .self_size = sizeof(struct zlib),
    .in_min = TRAILER_LEN,
    .out_min = LEAT_INFLATE_OUT_MIN,
    .out_good = LEAT_INFLATE_OUT_GOOD,
    .step = zlib_step,
    .stop = zlib_stop,
};

struct leat_reader *leat_unzlib(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unzlib, NULL);
}

enum { PROBE_MAX = HEADER_LEN + 5 };

/* What a deflate block begins with (RFC 1951, 3.2.3): a stored one with its length twice, one of
 * its own codes with how many there are of two kinds, neither over 30 and what is always there. */
static enum leat_match matches_block(const uint8_t *data, size_t len)
{
    enum { STORED, FIXED, DYNAMIC, COUNT_MAX = 29, COUNT_MASK = 31, STORED_LEN = 5 };
    if (len == 0)
        return LEAT_MATCH_MORE;
    unsigned type = data[0] >> 1 & 3;
    if (type == FIXED)
        return LEAT_MATCH_YES;
    if (type == STORED && len < STORED_LEN)
        return LEAT_MATCH_MORE;
    if (type == STORED)
        return (leat_load_u16le(data + 1) ^ leat_load_u16le(data + 3)) == 0xffff ? LEAT_MATCH_YES
                                                                                 : LEAT_MATCH_NO;
    if (type != DYNAMIC || data[0] >> 3 > COUNT_MAX)
        return LEAT_MATCH_NO;
    if (len == 1)
        return LEAT_MATCH_MORE;
    return (data[1] & COUNT_MASK) <= COUNT_MAX ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static enum leat_match zlib_probe(const uint8_t *data, size_t len)
{
    if (len > 0 && ((data[0] & 15) != 8 || data[0] >> 4 > 7))
        return LEAT_MATCH_NO;
    if (len < HEADER_LEN)
        return LEAT_MATCH_MORE;
    if (!is_header(data[0], data[1]))
        return LEAT_MATCH_NO;
    return matches_block(data + HEADER_LEN, len - HEADER_LEN);
}

const struct leat_format leat_format_zlib = {
    .name = "zlib",
    .summary = "zlib (RFC 1950), told by its ending",
    .endings = (const char *const[]){ ".zz", ".zlib", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_ENDS | LEAT_FORMAT_NAMED | LEAT_FORMAT_LEVELS,
    .probe = zlib_probe,
    .probe_max = PROBE_MAX,
    .decoder = &leat_stage_unzlib,
    .encoder = &leat_stage_zlib,
};
