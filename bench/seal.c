/* What the adapter and the format cost around a cipher: sealed streams and age beside bare calls of
 * libcrypto's same cipher, chunk by chunk between the same memory. Best of some runs, in the
 * processor's time, GB/s of plaintext.
 *
 *     seal */

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/age/age.h"
#include "leat/stage/seal/seal.h"

#define PLAIN_LEN (64 * LEAT_MIB)
#define CHUNK_LEN (64 * LEAT_KIB)
#define TAG_LEN   16
#define RUNS      7

static const char identity[] = "AGE-SECRET-"
                               "KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
static const struct leat_keys keys = {
    .identity = { (const uint8_t *)identity, sizeof(identity) - 1 },
    .key = { (const uint8_t *)"32 bytes that everybody may know", 32 },
};
static uint8_t *plain;
static uint8_t *sealed;
static uint8_t out[4 * CHUNK_LEN + TAG_LEN];

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Run a stage over memory, keep what it makes where `keep` is set, and say how much that was. */
static size_t run(const struct leat_stage *stage, const void *options, const uint8_t *data,
                  size_t len, uint8_t *keep)
{
    struct leat_ctx ctx;
    struct leat_ctx_options how = { .keys = &keys };
    struct leat_span span;
    size_t made = 0;
    leat_ctx_init(&ctx, &how);
    struct leat_reader *r = leat_pull(leat_memory(&ctx, data, len), stage, options);
    while (leat_peek(r, 1, &span) == LEAT_OK) {
        if (keep != NULL)
            memcpy(keep + made, span.data, span.len);
        made += span.len;
        leat_consume(r, span.len);
    }
    if (leat_reader_fault(r) != NULL)
        abort();
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return made;
}

/* The same chunks without anything around them. */
static void run_bare(const EVP_CIPHER *cipher, bool seals)
{
    uint8_t nonce[12] = { 0 };
    uint8_t tag[TAG_LEN] = { 0 };
    int len;
    EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(evp, cipher, NULL, keys.key.data, NULL, seals);
    for (size_t at = 0; at < PLAIN_LEN; at += CHUNK_LEN) {
        memcpy(nonce, &at, sizeof(at));
        EVP_CipherInit_ex(evp, NULL, NULL, NULL, nonce, -1);
        EVP_CipherUpdate(evp, out + at % (4 * CHUNK_LEN), &len, plain + at, CHUNK_LEN);
        if (!seals)
            EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag);
        EVP_CipherFinal_ex(evp, out, &len); /* that the tag is wrong takes as long */
        if (seals)
            EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag);
    }
    EVP_CIPHER_CTX_free(evp);
}

static void keep_best(double *best, double from)
{
    double took = now_s() - from;
    if (*best == 0 || took < *best)
        *best = took;
}

static void measure(const char *name, const EVP_CIPHER *cipher, const struct leat_stage *encoder,
                    const struct leat_stage *decoder, const void *options)
{
    double best[4] = { 0 };
    size_t len = run(encoder, options, plain, PLAIN_LEN, sealed);
    for (unsigned i = 0; i < RUNS; i++) {
        double from = now_s();
        run(encoder, options, plain, PLAIN_LEN, NULL);
        keep_best(&best[0], from);
        from = now_s();
        run_bare(cipher, true);
        keep_best(&best[1], from);
        from = now_s();
        run(decoder, NULL, sealed, len, NULL);
        keep_best(&best[2], from);
        from = now_s();
        run_bare(cipher, false);
        keep_best(&best[3], from);
    }
    const double gb = (double)PLAIN_LEN / 1e9;
    printf("%-22s encrypts %.2f, bare %.2f; decrypts %.2f, bare %.2f\n", name, gb / best[0],
           gb / best[1], gb / best[2], gb / best[3]);
}

int main(void)
{
    const struct leat_seal_options gcm = { .algorithm = LEAT_SEAL_AES_256_GCM };
    const struct leat_seal_options chacha = { .algorithm = LEAT_SEAL_CHACHA20_POLY1305 };
    plain = malloc(PLAIN_LEN);
    sealed = malloc(PLAIN_LEN + PLAIN_LEN / 64);
    if (plain == NULL || sealed == NULL)
        return 1;
    for (size_t i = 0; i < PLAIN_LEN; i++)
        plain[i] = (uint8_t)(i * 2654435761u >> 13);
    measure("seal AES-256-GCM", EVP_aes_256_gcm(), &leat_stage_seal, &leat_stage_unseal, &gcm);
    measure("seal ChaCha20-Poly1305", EVP_chacha20_poly1305(), &leat_stage_seal, &leat_stage_unseal,
            &chacha);
    measure("age", EVP_chacha20_poly1305(), &leat_stage_age, &leat_stage_unage, NULL);
    free(plain);
    free(sealed);
    return 0;
}
