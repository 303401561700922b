/* The encoders: liblzma's own streams of .xz and .lzma, and for .lz its LZMA1 between a header and
 * a trailer of ours. */

#include "leat/core/load.h"
#include "leat/stage/xz/coder.h"
#include "leat/stage/xz/lzip.h"
#include "leat/stage/xz/xz.h"

enum { LEVEL_DEFAULT = 6, LEVEL_MAX = 9 };

/* So much goes into one call. liblzma takes longer for it than for anything else here. */
#define FEED_LEN_MAX (64 * LEAT_KIB)

struct encode {
    struct leat_codec codec;
    struct leat_lzma_coder coder;
    bool ending;   /* the input is at its end */
    bool flushing; /* liblzma was told to flush, and takes nothing else until it has */
};

static uint32_t preset(const struct leat_xz_options *options)
{
    int level = options != NULL && options->level != 0 ? options->level : LEVEL_DEFAULT;
    level = level < 0 ? 0 : level;
    level = level > LEVEL_MAX ? LEVEL_MAX : level;
    bool extreme = options != NULL && options->extreme;
    return (uint32_t)level | (extreme ? LZMA_PRESET_EXTREME : 0);
}

static lzma_options_lzma lzma_options(const struct leat_xz_options *options)
{
    lzma_options_lzma lzma;
    lzma_bool unknown = leat_liblzma()->lzma_lzma_preset(&lzma, preset(options));
    leat_assert(!unknown);
    return lzma;
}

static enum leat_status started(struct leat_codec *codec, lzma_ret code)
{
    return code == LZMA_OK ? LEAT_OK : leat_lzma_fails(codec, code, 0);
}

static enum leat_status xz_start(struct leat_codec *codec, const void *options)
{
    struct leat_lzma_coder *coder = &((struct encode *)codec)->coder;
    enum leat_status status = leat_lzma_start(coder, codec);
    if (status != LEAT_OK)
        return status;
    coder->chunked = true;
    return started(codec, leat_liblzma()->lzma_easy_encoder(&coder->stream, preset(options),
                                                            LZMA_CHECK_CRC64));
}

static enum leat_status lzma_start(struct leat_codec *codec, const void *options)
{
    struct leat_lzma_coder *coder = &((struct encode *)codec)->coder;
    enum leat_status status = leat_lzma_start(coder, codec);
    if (status != LEAT_OK)
        return status;
    lzma_options_lzma lzma = lzma_options(options);
    return started(codec, leat_liblzma()->lzma_alone_encoder(&coder->stream, &lzma));
}

static enum leat_status flush(struct encode *self, struct leat_writer *out)
{
    struct leat_span none = { .data = (const uint8_t *)"" };
    enum leat_status status;
    self->flushing = true;
    do {
        size_t taken;
        status = leat_lzma_encode(&self->coder, &self->codec, none, LZMA_SYNC_FLUSH, out, &taken);
    } while (status == LEAT_OK);
    if (status != LEAT_DONE)
        return status;
    self->flushing = false;
    self->coder.owes = false;
    return LEAT_OK;
}

static enum leat_status xz_flush(struct leat_codec *codec, struct leat_writer *out)
{
    return flush((struct encode *)codec, out);
}

/* Encode what there is. OK, AGAIN, FULL, DONE, FAULT; says what of the input was taken, to be
 * consumed by the caller. */
static enum leat_status encode_some(struct encode *self, struct leat_reader *in,
                                    struct leat_writer *out, struct leat_span *ret)
{
    enum leat_status status = self->flushing ? flush(self, out) : LEAT_OK;
    if (status == LEAT_OK)
        status = leat_peek(in, self->coder.owes ? 0 : 1, ret);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    self->ending = self->ending || status == LEAT_END;
    if (ret->len > FEED_LEN_MAX)
        ret->len = FEED_LEN_MAX;
    return leat_lzma_encode(&self->coder, &self->codec, *ret, self->ending ? LZMA_FINISH : LZMA_RUN,
                            out, &ret->len);
}

static enum leat_status encode_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct leat_span taken = { .len = 0 };
    enum leat_status status = encode_some((struct encode *)codec, in, out, &taken);
    if (status == LEAT_OK || status == LEAT_DONE)
        leat_consume(in, taken.len);
    return status;
}

static void encode_stop(struct leat_codec *codec)
{
    leat_lzma_stop(&((struct encode *)codec)->coder);
}

/* --- .lz --- */

enum lzip_place { AT_HEADER, AT_DATA, AT_TRAILER };

struct lzip {
    struct encode encode;
    enum lzip_place place;
    uint8_t dictionary; /* as the header has it */
    uint32_t crc;       /* of the input */
    uint64_t len;       /* of the input */
};

static enum leat_status lzip_start(struct leat_codec *codec, const void *options)
{
    struct lzip *self = (struct lzip *)codec;
    struct leat_lzma_coder *coder = &self->encode.coder;
    enum leat_status status = leat_lzma_start(coder, codec);
    if (status != LEAT_OK)
        return status;
    lzma_options_lzma lzma = lzma_options(options);
    lzma_filter filters[] = { { LZMA_FILTER_LZMA1, &lzma }, { LZMA_VLI_UNKNOWN, NULL } };
    /* All presets have a power of two, and the only properties that the format knows. */
    self->dictionary = (uint8_t)__builtin_ctz(lzma.dict_size);
    leat_assert(lzma.dict_size == 1u << self->dictionary);
    leat_assert(lzma.lc == LZMA_LC_DEFAULT && lzma.lp == LZMA_LP_DEFAULT &&
                lzma.pb == LZMA_PB_DEFAULT);
    return started(codec, leat_liblzma()->lzma_raw_encoder(&coder->stream, filters));
}

static enum leat_status put_header(struct lzip *self, struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, LEAT_LZIP_HEADER_LEN, &room);
    if (status != LEAT_OK)
        return status;
    for (size_t i = 0; i < LEAT_LZIP_MAGIC_LEN; i++)
        room.data[i] = leat_lzip_magic[i];
    room.data[LEAT_LZIP_VERSION_AT] = LEAT_LZIP_VERSION;
    room.data[LEAT_LZIP_DICTIONARY_AT] = self->dictionary;
    leat_commit(out, LEAT_LZIP_HEADER_LEN);
    self->place = AT_DATA;
    return LEAT_OK;
}

static enum leat_status put_data(struct lzip *self, struct leat_reader *in, struct leat_writer *out)
{
    struct leat_span taken = { .len = 0 };
    enum leat_status status = encode_some(&self->encode, in, out, &taken);
    if (status != LEAT_OK && status != LEAT_DONE)
        return status;
    self->crc = leat_liblzma()->lzma_crc32(taken.data, taken.len, self->crc);
    self->len += taken.len;
    leat_consume(in, taken.len);
    if (status == LEAT_DONE)
        self->place = AT_TRAILER;
    return LEAT_OK;
}

static enum leat_status put_trailer(struct lzip *self, struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, LEAT_LZIP_TRAILER_LEN, &room);
    if (status != LEAT_OK)
        return status;
    uint64_t packed = self->encode.coder.stream.total_out;
    leat_store_u32le(room.data, self->crc);
    leat_store_u64le(room.data + LEAT_LZIP_LEN_AT, self->len);
    leat_store_u64le(room.data + LEAT_LZIP_MEMBER_LEN_AT,
                     LEAT_LZIP_HEADER_LEN + packed + LEAT_LZIP_TRAILER_LEN);
    leat_commit(out, LEAT_LZIP_TRAILER_LEN);
    return LEAT_DONE;
}

static enum leat_status lzip_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct lzip *self = (struct lzip *)codec;
    if (self->place == AT_HEADER)
        return put_header(self, out);
    if (self->place == AT_DATA)
        return put_data(self, in, out);
    leat_assert(self->place == AT_TRAILER);
    return put_trailer(self, out);
}

/* --- The stages --- */

const struct leat_stage leat_stage_xz = {
    .name = "xz",
    .self_size = sizeof(struct encode),
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = xz_start,
    .step = encode_step,
    .flush = xz_flush,
    .stop = encode_stop,
};

const struct leat_stage leat_stage_lzma = {
    .name = "lzma",
    .self_size = sizeof(struct encode),
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = lzma_start,
    .step = encode_step,
    .stop = encode_stop,
};

const struct leat_stage leat_stage_lzip = {
    .name = "lzip",
    .self_size = sizeof(struct lzip),
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = lzip_start,
    .step = lzip_step,
    .stop = encode_stop,
};

struct leat_writer *leat_xz(struct leat_writer *sink, const struct leat_xz_options *options)
{
    return leat_push(sink, &leat_stage_xz, options);
}

struct leat_writer *leat_lzma(struct leat_writer *sink, const struct leat_xz_options *options)
{
    return leat_push(sink, &leat_stage_lzma, options);
}

struct leat_writer *leat_lzip(struct leat_writer *sink, const struct leat_xz_options *options)
{
    return leat_push(sink, &leat_stage_lzip, options);
}
