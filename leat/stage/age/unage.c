/* Decrypting: the header, the payload's nonce, then chunk by chunk. */

#include "leat/core/bytes.h"
#include "leat/stage/age/age.h"
#include "leat/stage/age/base64.h"
#include "leat/stage/age/wrap.h"

enum place { AT_HEADER, AT_NONCE, AT_CHUNKS, PLACES };

struct unage {
    struct leat_codec codec;
    struct leat_chunks chunks;
    struct leat_age_header header;
    struct leat_age_identities identities;
    struct leat_span password;
    enum place place;
    uint8_t file_key[LEAT_FILE_KEY_LEN];
};

static enum leat_status unage_start(struct leat_codec *codec, const void *options)
{
    struct unage *self = (struct unage *)codec;
    const struct leat_keys *keys = options != NULL ? options : codec->ctx->keys;
    enum leat_status status = leat_crypto_start(codec);
    if (status != LEAT_OK || keys == NULL)
        return status;
    self->password = keys->password;
    switch (leat_age_identities_init(&self->identities, &codec->ctx->alloc, keys->identity)) {
    case LEAT_AGE_KEYS_READ:
        return LEAT_OK;
    case LEAT_AGE_KEYS_BAD:
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "damaged identity given", 0);
    case LEAT_AGE_KEYS_NO_MEMORY:
        break;
    }
    return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
}

/* See all of the header at once, since what checks it comes last, and no byte more than that has
 * to be waited for. OK when `ret` holds it. */
static enum leat_status peek_header(struct unage *self, struct leat_reader *in,
                                    struct leat_span *ret)
{
    struct leat_age_header *header = &self->header;
    size_t len_max = self->codec.ctx->limits.header_max;
    if (len_max > LEAT_AGE_HEADER_MAX)
        len_max = LEAT_AGE_HEADER_MAX;
    size_t need = 1;
    for (;;) {
        enum leat_status peeked = leat_peek(in, need, ret);
        enum leat_status status = leat_age_header_read(header, *ret);
        if (status == LEAT_OK)
            return LEAT_OK;
        if (status == LEAT_FAULT)
            return leat_codec_fails(&self->codec, header->code, header->reason,
                                    leat_tell(in) + header->fault_at);
        if (ret->len >= len_max)
            return leat_codec_fails(&self->codec, LEAT_FAULT_BOUND, "header over the limit",
                                    leat_tell(in));
        if (peeked != LEAT_OK)
            return peeked;
        need = ret->len + 1;
    }
}

static enum leat_status check_header(struct unage *self, const struct leat_reader *in,
                                     struct leat_span text)
{
    uint8_t mac[LEAT_MAC_LEN];
    uint8_t written[LEAT_MAC_LEN];
    struct leat_span checked = { text.data, self->header.mac_at + 3 };
    struct leat_span digits = { text.data + self->header.mac_at + 4, LEAT_AGE_MAC_DIGITS };
    bool decoded = leat_age_decode(digits, written, sizeof(written));
    leat_assert(decoded); /* the header was read */
    if (!leat_age_mac(self->file_key, checked, mac))
        return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, leat_tell(in));
    if (leat_libcrypto()->CRYPTO_memcmp(mac, written, sizeof(mac)) != 0)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CHECKSUM, "wrong header MAC",
                                leat_tell(in) + self->header.mac_at);
    return LEAT_OK;
}

static enum leat_status take_header(struct unage *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct leat_span text;
    (void)out;
    enum leat_status status = peek_header(self, in, &text);
    if (status != LEAT_OK)
        return status;
    text.len = self->header.len;
    status = leat_age_open(&self->codec, text, leat_tell(in), &self->identities, self->password,
                           self->file_key);
    if (status == LEAT_OK)
        status = check_header(self, in, text);
    if (status != LEAT_OK)
        return status;
    leat_consume(in, text.len);
    self->place = AT_NONCE;
    return LEAT_OK;
}

static enum leat_status take_nonce(struct unage *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_span nonce;
    (void)out;
    enum leat_status status = leat_peek(in, LEAT_AGE_NONCE_LEN, &nonce);
    if (status != LEAT_OK)
        return status;
    status = leat_age_payload(&self->codec, &self->chunks, self->file_key, nonce.data, false);
    leat_forget(self->file_key, sizeof(self->file_key));
    if (status != LEAT_OK)
        return status;
    leat_consume(in, LEAT_AGE_NONCE_LEN);
    self->place = AT_CHUNKS;
    return LEAT_OK;
}

static enum leat_status take_chunk(struct unage *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    return leat_chunks_unseal(&self->codec, &self->chunks, in, out);
}

static enum leat_status unage_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    typedef enum leat_status take(struct unage *, struct leat_reader *, struct leat_writer *);
    static take *const takes[PLACES] = {
        [AT_HEADER] = take_header,
        [AT_NONCE] = take_nonce,
        [AT_CHUNKS] = take_chunk,
    };
    struct unage *self = (struct unage *)codec;
    leat_assert(self->place < PLACES);
    return takes[self->place](self, in, out);
}

static enum leat_status unage_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct unage *self = (struct unage *)codec;
    return self->place == AT_CHUNKS ? leat_chunks_resync(&self->chunks, in) : LEAT_END;
}

static void unage_stop(struct leat_codec *codec)
{
    struct unage *self = (struct unage *)codec;
    leat_chunks_stop(&self->chunks);
    leat_age_identities_fini(&self->identities, &codec->ctx->alloc);
    leat_forget(self->file_key, sizeof(self->file_key));
}

const struct leat_stage leat_stage_unage = {
    .name = "age",
    .self_size = sizeof(struct unage),
    .in_min = LEAT_AGE_HEADER_MAX,
    .out_min = 1,
    .start = unage_start,
    .step = unage_step,
    .resync = unage_resync,
    .stop = unage_stop,
};

struct leat_reader *leat_unage(struct leat_reader *src, const struct leat_keys *keys)
{
    return leat_pull(src, &leat_stage_unage, keys);
}

static enum leat_match age_probe(const uint8_t *data, size_t len)
{
    static const char start[] = "age-encryption.org/v1\n";
    return leat_match_magic(data, len, start, sizeof(start) - 1);
}

const struct leat_format leat_format_age = {
    .name = "age",
    .summary = "age v1: X25519 identities and passwords",
    .endings = (const char *const[]){ ".age", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_HOLDS,
    .probe = age_probe,
    .probe_max = sizeof("age-encryption.org/v1\n") - 1,
    .decoder = &leat_stage_unage,
    .encoder = &leat_stage_age,
};
