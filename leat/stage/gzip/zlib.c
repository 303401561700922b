/* zlib streams (RFC 1950): two bytes of header, deflate data, Adler-32. */

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

const struct leat_stage leat_stage_unzlib = {
    .name = "zlib",
    .self_size = sizeof(struct zlib),
    .in_min = TRAILER_LEN,
    .out_min = LEAT_INFLATE_OUT_MIN,
    .out_good = LEAT_INFLATE_OUT_GOOD,
    .step = zlib_step,
};

struct leat_reader *leat_unzlib(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unzlib, NULL);
}

const struct leat_format leat_format_zlib = {
    .name = "zlib",
    .summary = "zlib (RFC 1950)",
    .endings = (const char *const[]){ ".zz", ".zlib", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_ENDS,
    .decoder = &leat_stage_unzlib,
    .encoder = &leat_stage_zlib,
};
