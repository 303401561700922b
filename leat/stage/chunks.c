#include "leat/stage/chunks.h"

#include "leat/core/bytes.h"
#include "leat/stage/derive.h"

enum { LAST_AT = LEAT_CHUNK_NONCE_LEN - 1 };

enum leat_status leat_chunks_start(struct leat_codec *codec, struct leat_chunks *chunks,
                                   const struct leat_chunks_options *options)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    leat_assert(options->prefix.len < LAST_AT);
    leat_assert(options->len > 0);
    *chunks = (struct leat_chunks){
        .evp = crypto->EVP_CIPHER_CTX_new(),
        .len = options->len,
        .counter_at = (uint8_t)options->prefix.len,
    };
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, chunks->nonce, options->prefix.data,
                    options->prefix.len);
    if (chunks->evp == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    if (crypto->EVP_CipherInit_ex(chunks->evp, options->cipher, NULL, options->key, NULL,
                                  options->seals) != 1)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "cipher missing in OpenSSL", 0);
    size_t sealed_len = options->len + LEAT_CHUNK_TAG_LEN;
    /* Who seals must see one byte more, to know whether a chunk is the last. */
    codec->in_min = options->seals ? options->len + 1 : sealed_len;
    codec->out_min = options->seals ? sealed_len : options->len;
    return LEAT_OK;
}

void leat_chunks_stop(struct leat_chunks *chunks)
{
    if (chunks->evp != NULL)
        leat_libcrypto()->EVP_CIPHER_CTX_free(chunks->evp);
}

/* On to the next nonce: the counter, plus one. */
static void counts(struct leat_chunks *chunks)
{
    chunks->some = true;
    size_t at = LAST_AT;
    do {
        at--;
        chunks->nonce[at]++;
    } while (chunks->nonce[at] == 0 && at > chunks->counter_at);
    chunks->used_up = chunks->nonce[at] == 0;
}

/* Run the cipher over one chunk, up to its tag. */
static bool runs(struct leat_chunks *chunks, struct leat_span from, uint8_t *to, bool last)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    int len = 0;
    leat_assert(from.len <= INT32_MAX);
    chunks->nonce[LAST_AT] = last;
    bool ran = crypto->EVP_CipherInit_ex(chunks->evp, NULL, NULL, NULL, chunks->nonce, -1) == 1 &&
               (from.len == 0 ||
                crypto->EVP_CipherUpdate(chunks->evp, to, &len, from.data, (int)from.len) == 1);
    chunks->nonce[LAST_AT] = 0;
    leat_assert(!ran || (size_t)len == from.len);
    return ran;
}

static enum leat_status used_up(struct leat_codec *codec, const struct leat_reader *in)
{
    return leat_codec_fails(codec, LEAT_FAULT_BOUND, "more chunks than there are nonces",
                            leat_tell(in));
}

/* --- Sealing --- */

static bool seals(struct leat_chunks *chunks, struct leat_span from, uint8_t *to, bool last)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    int none = 0;
    return runs(chunks, from, to, last) &&
           crypto->EVP_CipherFinal_ex(chunks->evp, to + from.len, &none) == 1 &&
           crypto->EVP_CIPHER_CTX_ctrl(chunks->evp, EVP_CTRL_AEAD_GET_TAG, LEAT_CHUNK_TAG_LEN,
                                       to + from.len) == 1;
}

enum leat_status leat_chunks_seal(struct leat_codec *codec, struct leat_chunks *chunks,
                                  struct leat_reader *in, struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, chunks->len + 1, &span);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    bool last = status == LEAT_END;
    if (!last)
        span.len = chunks->len;
    if (chunks->used_up)
        return used_up(codec, in);
    struct leat_room room;
    status = leat_reserve(out, span.len + LEAT_CHUNK_TAG_LEN, &room);
    if (status != LEAT_OK)
        return status;
    if (!seals(chunks, span, room.data, last))
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, leat_tell(in));
    leat_commit(out, span.len + LEAT_CHUNK_TAG_LEN);
    leat_consume(in, span.len);
    counts(chunks);
    return last ? LEAT_DONE : LEAT_OK;
}

/* --- Unsealing --- */

static bool unseals(struct leat_chunks *chunks, struct leat_span sealed, uint8_t *to, bool last)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    int none = 0;
    struct leat_span from = { sealed.data, sealed.len - LEAT_CHUNK_TAG_LEN };
    void *tag = (void *)(uintptr_t)(from.data + from.len); /* it is only read */
    bool right = runs(chunks, from, to, last) &&
                 crypto->EVP_CIPHER_CTX_ctrl(chunks->evp, EVP_CTRL_AEAD_SET_TAG, LEAT_CHUNK_TAG_LEN,
                                             tag) == 1 &&
                 crypto->EVP_CipherFinal_ex(chunks->evp, to + from.len, &none) == 1;
    if (!right)
        leat_forget(to, from.len);
    return right;
}

/* A chunk of `len` bytes was found right, and stands in the room. */
static enum leat_status takes(struct leat_codec *codec, struct leat_chunks *chunks,
                              struct leat_reader *in, struct leat_writer *out, size_t len,
                              bool last)
{
    if (last && chunks->some && len == LEAT_CHUNK_TAG_LEN)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "empty last chunk", leat_tell(in));
    leat_commit(out, len - LEAT_CHUNK_TAG_LEN);
    leat_consume(in, len);
    chunks->ended = last;
    counts(chunks);
    return LEAT_OK;
}

/* Behind the last chunk there must be nothing. */
static enum leat_status ends(struct leat_codec *codec, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_OK)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "bytes behind the last chunk",
                                leat_tell(in));
    return status == LEAT_END ? LEAT_DONE : status;
}

enum leat_status leat_chunks_unseal(struct leat_codec *codec, struct leat_chunks *chunks,
                                    struct leat_reader *in, struct leat_writer *out)
{
    if (chunks->ended)
        return ends(codec, in);
    chunks->at = leat_tell(in);
    size_t len = chunks->len + LEAT_CHUNK_TAG_LEN;
    struct leat_span span;
    enum leat_status peeked = leat_peek(in, len, &span);
    if (peeked == LEAT_AGAIN || span.len < LEAT_CHUNK_TAG_LEN)
        return peeked;
    if (chunks->used_up)
        return used_up(codec, in);
    if (span.len > len)
        span.len = len;
    struct leat_room room;
    enum leat_status status = leat_reserve(out, chunks->len, &room);
    if (status != LEAT_OK)
        return status;
    bool whole = span.len == len;
    if (whole && unseals(chunks, span, room.data, false))
        return takes(codec, chunks, in, out, len, false);
    if (unseals(chunks, span, room.data, true))
        return takes(codec, chunks, in, out, span.len, true);
    if (!whole && peeked != LEAT_END)
        return peeked; /* what is below failed, and has said why */
    return leat_codec_fails(
        codec, LEAT_FAULT_CHECKSUM,
        whole ? "chunk damaged or out of place" : "last chunk damaged or cut short", leat_tell(in));
}

enum leat_status leat_chunks_resync(struct leat_chunks *chunks, struct leat_reader *in)
{
    uint64_t passed = leat_tell(in) - chunks->at;
    uint64_t len = chunks->len + LEAT_CHUNK_TAG_LEN;
    if (chunks->evp == NULL || chunks->ended || chunks->used_up)
        return LEAT_END;
    if (passed < len) {
        uint64_t done;
        enum leat_status status = leat_skip(in, len - passed, &done);
        if (status != LEAT_OK)
            return status;
    }
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_OK)
        counts(chunks);
    return status;
}
