/* Unsealing: the header, then chunk by chunk. */

#include "leat/core/bytes.h"
#include "leat/stage/seal/header.h"

struct unseal {
    struct leat_codec codec;
    struct leat_chunks chunks;
    const struct leat_seal_options *options;
    bool open; /* the header was read */
};

static const struct leat_seal_options defaults;

static enum leat_status unseal_start(struct leat_codec *codec, const void *options)
{
    ((struct unseal *)codec)->options = options != NULL ? options : &defaults;
    return leat_crypto_start(codec);
}

/* What is in a header that this version can do. */
static enum leat_status judges(struct leat_codec *codec, const struct leat_reader *in,
                               const uint8_t *bytes)
{
    static const struct {
        uint8_t at;
        uint8_t min;
        uint8_t max;
        const char *reason;
    } fields[] = {
        { 8, 1, 1, "unknown version" },
        { 9, LEAT_SEAL_AES_256_GCM, LEAT_SEAL_CHACHA20_POLY1305, "unknown algorithm" },
        { 10, LEAT_SEAL_CHUNK_MIN, LEAT_SEAL_CHUNK_MAX, "unknown length of chunks" },
        { 11, 0, LEAT_SCRYPT_WORK_MAX, "unknown work for a password" },
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint8_t value = bytes[fields[i].at];
        if (value < fields[i].min || value > fields[i].max)
            return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, fields[i].reason,
                                    leat_tell(in) + fields[i].at);
    }
    if ((size_t)1 << bytes[10] > codec->ctx->limits.window_max / 2)
        return leat_codec_fails(codec, LEAT_FAULT_BOUND, "chunks larger than the limit",
                                leat_tell(in) + 10);
    return LEAT_OK;
}

static enum leat_status take_header(struct unseal *self, struct leat_reader *in)
{
    struct leat_codec *codec = &self->codec;
    struct leat_span span;
    uint8_t check[LEAT_MAC_LEN];
    enum leat_status status = leat_peek(in, LEAT_SEAL_HEADER_LEN, &span);
    size_t seen = span.len < LEAT_SEAL_MAGIC_LEN ? span.len : LEAT_SEAL_MAGIC_LEN;
    if (!leat_bytes_equal(span.data, leat_seal_magic, seen))
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "no sealed data", leat_tell(in));
    if (status != LEAT_OK)
        return status;
    status = judges(codec, in, span.data);
    if (status == LEAT_OK)
        status = leat_seal_keys(codec, &self->chunks, self->options, span.data, false, check);
    if (status != LEAT_OK)
        return status;
    if (leat_libcrypto()->CRYPTO_memcmp(check, span.data + LEAT_SEAL_CHECK_AT, LEAT_MAC_LEN) != 0)
        return leat_codec_fails(codec, LEAT_FAULT_CHECKSUM, "wrong key, or a damaged header",
                                leat_tell(in) + LEAT_SEAL_CHECK_AT);
    leat_consume(in, LEAT_SEAL_HEADER_LEN);
    self->open = true;
    return LEAT_OK;
}

static enum leat_status unseal_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct unseal *self = (struct unseal *)codec;
    if (!self->open)
        return take_header(self, in);
    return leat_chunks_unseal(codec, &self->chunks, in, out);
}

static enum leat_status unseal_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct unseal *self = (struct unseal *)codec;
    return self->open ? leat_chunks_resync(&self->chunks, in) : LEAT_END;
}

static void unseal_stop(struct leat_codec *codec)
{
    leat_chunks_stop(&((struct unseal *)codec)->chunks);
}

const struct leat_stage leat_stage_unseal = {
    .name = "seal",
    .self_size = sizeof(struct unseal),
    .in_min = LEAT_SEAL_HEADER_LEN,
    .out_min = 1,
    .start = unseal_start,
    .step = unseal_step,
    .resync = unseal_resync,
    .stop = unseal_stop,
};

struct leat_reader *leat_unseal(struct leat_reader *src, const struct leat_seal_options *options)
{
    return leat_pull(src, &leat_stage_unseal, options);
}

static enum leat_match seal_probe(const uint8_t *data, size_t len)
{
    return leat_match_magic(data, len, leat_seal_magic, sizeof(leat_seal_magic));
}

const struct leat_format leat_format_seal = {
    .name = "seal",
    .summary = "sealed by leat: AES-256-GCM or ChaCha20-Poly1305",
    .endings = (const char *const[]){ ".sealed", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_HOLDS,
    .probe = seal_probe,
    .probe_max = LEAT_SEAL_MAGIC_LEN,
    .decoder = &leat_stage_unseal,
    .encoder = &leat_stage_seal,
};
