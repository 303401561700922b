/* Sealing: the header, then chunk by chunk. */

#include "leat/core/bytes.h"
#include "leat/stage/seal/header.h"

enum { CHUNK_DEFAULT = 16, WORK_MIN = 15, WORK_DEFAULT = 18 };

struct seal {
    struct leat_codec codec;
    struct leat_chunks chunks;
    uint8_t header[LEAT_SEAL_HEADER_LEN];
    bool open; /* the header was written */
};

/* The power of two that `chunk` is. */
static uint8_t chunk_of(const struct leat_seal_options *options)
{
    if (options->chunk == 0)
        return CHUNK_DEFAULT;
    uint8_t chunk = (uint8_t)__builtin_ctzll(options->chunk);
    leat_assert(options->chunk == (size_t)1 << chunk);
    leat_assert(chunk >= LEAT_SEAL_CHUNK_MIN);
    leat_assert(chunk <= LEAT_SEAL_CHUNK_MAX);
    return chunk;
}

/* 0 with a key, else what a password is to cost. */
static uint8_t work_of(const struct leat_codec *codec, const struct leat_seal_options *options)
{
    const struct leat_keys *keys = codec->ctx->keys;
    leat_assert(options->work == 0 || options->work >= WORK_MIN);
    leat_assert(options->work <= LEAT_SCRYPT_WORK_MAX);
    if (options->key.data != NULL || keys == NULL || keys->key.data != NULL)
        return 0;
    if (keys->password.data == NULL)
        return 0;
    return (uint8_t)(options->work > 0 ? options->work : WORK_DEFAULT);
}

static enum leat_status seal_start(struct leat_codec *codec, const void *options)
{
    static const struct leat_seal_options defaults;
    struct seal *self = (struct seal *)codec;
    const struct leat_seal_options *how = options != NULL ? options : &defaults;
    uint8_t *header = self->header;
    leat_assert((unsigned)how->algorithm <= LEAT_SEAL_CHACHA20_POLY1305);
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, header, leat_seal_magic, LEAT_SEAL_MAGIC_LEN);
    header[8] = 1;
    header[9] = how->algorithm != 0 ? (uint8_t)how->algorithm : LEAT_SEAL_AES_256_GCM;
    header[10] = chunk_of(how);
    header[11] = work_of(codec, how);
    enum leat_status status = leat_crypto_start(codec);
    if (status != LEAT_OK)
        return status;
    if (!leat_random(header + 12, LEAT_SEAL_SALT_LEN))
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    return leat_seal_keys(codec, &self->chunks, how, header, true, header + LEAT_SEAL_CHECK_AT);
}

static enum leat_status put_header(struct seal *self, struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, LEAT_SEAL_HEADER_LEN, &room);
    if (status != LEAT_OK)
        return status;
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, room.data, self->header, LEAT_SEAL_HEADER_LEN);
    leat_commit(out, LEAT_SEAL_HEADER_LEN);
    self->open = true;
    return LEAT_OK;
}

static enum leat_status seal_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct seal *self = (struct seal *)codec;
    if (!self->open)
        return put_header(self, out);
    return leat_chunks_seal(codec, &self->chunks, in, out);
}

static void seal_stop(struct leat_codec *codec)
{
    leat_chunks_stop(&((struct seal *)codec)->chunks);
}

const struct leat_stage leat_stage_seal = {
    .name = "seal",
    .self_size = sizeof(struct seal),
    .out_min = LEAT_SEAL_HEADER_LEN,
    .start = seal_start,
    .step = seal_step,
    .stop = seal_stop,
};

struct leat_writer *leat_seal(struct leat_writer *sink, const struct leat_seal_options *options)
{
    return leat_push(sink, &leat_stage_seal, options);
}
