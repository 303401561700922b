/* Shows, with chunks of a few bytes, that no two of them can change places, that none can be left
 * out, come twice or be cut, that only what was found right is shown, and that no nonce is used
 * again. */

#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/chunks.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"

enum { CHUNK_LEN = 3, SEALED_LEN = CHUNK_LEN + LEAT_CHUNK_TAG_LEN };

struct chunky {
    struct leat_codec codec;
    struct leat_chunks chunks;
};

/* How the stages below are to begin. */
static struct leat_chunks_options how;

static enum leat_status start(struct leat_codec *codec, const void *none)
{
    (void)none;
    return leat_chunks_start(codec, &((struct chunky *)codec)->chunks, &how);
}

static enum leat_status seal(struct leat_codec *codec, struct leat_reader *in,
                             struct leat_writer *out)
{
    return leat_chunks_seal(codec, &((struct chunky *)codec)->chunks, in, out);
}

static enum leat_status unseal(struct leat_codec *codec, struct leat_reader *in,
                               struct leat_writer *out)
{
    return leat_chunks_unseal(codec, &((struct chunky *)codec)->chunks, in, out);
}

static enum leat_status resync(struct leat_codec *codec, struct leat_reader *in)
{
    return leat_chunks_resync(&((struct chunky *)codec)->chunks, in);
}

static void stop(struct leat_codec *codec)
{
    leat_chunks_stop(&((struct chunky *)codec)->chunks);
}

static const struct leat_stage seals = {
    .name = "chunks",
    .self_size = sizeof(struct chunky),
    .out_min = SEALED_LEN,
    .start = start,
    .step = seal,
    .stop = stop,
};
static const struct leat_stage unseals = {
    .name = "chunks",
    .self_size = sizeof(struct chunky),
    .out_min = SEALED_LEN,
    .start = start,
    .step = unseal,
    .resync = resync,
    .stop = stop,
};

static void begin(const EVP_CIPHER *cipher, size_t prefix_len)
{
    how = (struct leat_chunks_options){
        .cipher = cipher,
        .key = (const uint8_t *)"32 bytes that everybody may know",
        .prefix = { (const uint8_t *)"the prefix", prefix_len },
        .len = CHUNK_LEN,
    };
}

static void seal_text(const char *text, size_t len, struct read *ret)
{
    how.seals = true;
    drive_stage(&seals, NULL, text, len, UINT64_MAX, ret);
    how.seals = false;
}

/* What is unsealed of anything but the whole ends in a fault, and is what was sealed first. */
static void check_refused(const uint8_t *sealed, size_t len, const char *text)
{
    struct read read;
    drive_stage(&unseals, NULL, sealed, len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check(read.fault.code == LEAT_FAULT_CHECKSUM || read.fault.code == LEAT_FAULT_TRUNCATED ||
          read.fault.code == LEAT_FAULT_CORRUPT);
    check(read.bytes.len % CHUNK_LEN == 0 || read.bytes.len == strlen(text));
    check_bytes(read.bytes.data, read.bytes.len, text, read.bytes.len);
    drive_read_fini(&read);
}

static void check_accepted(const struct sink *sealed, const char *text, size_t len)
{
    struct read read;
    drive_stage(&unseals, NULL, sealed->data, sealed->len, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, text, len);
    drive_read_fini(&read);
}

/* Every order of the chunks of a text with any of them in any place, but the right one. */
static void check_orders(const struct sink *sealed, const char *text, size_t chunks)
{
    size_t pick[3] = { 0 };
    for (size_t count = 0; count <= 3; count++) {
        size_t orders = count == 0   ? 1
                        : count == 1 ? chunks
                        : count == 2 ? chunks * chunks
                                     : chunks * chunks * chunks;
        for (size_t order = 0; order < orders; order++) {
            struct sink other = { 0 };
            sink_add(&other, (const uint8_t *)"", 0);
            bool right = count == chunks;
            for (size_t i = 0, rest = order; i < count; i++, rest /= chunks) {
                pick[i] = rest % chunks;
                right = right && pick[i] == i;
                size_t at = pick[i] * SEALED_LEN;
                size_t left = sealed->len - at;
                sink_add(&other, sealed->data + at, left < SEALED_LEN ? left : SEALED_LEN);
            }
            check_says("order", order);
            if (!right)
                check_refused(other.data, other.len, text);
            sink_fini(&other);
        }
    }
}

static void check_damage(const struct sink *sealed, const char *text)
{
    uint8_t bytes[4 * SEALED_LEN + 1];
    check(sealed->len < sizeof(bytes));
    for (size_t len = 0; len < sealed->len; len++) {
        check_says("cut at", len);
        check_refused(sealed->data, len, text);
    }
    memcpy(bytes, sealed->data, sealed->len);
    bytes[sealed->len] = 0;
    check_refused(bytes, sealed->len + 1, text);
    for (size_t bit = 0; bit < 8 * sealed->len; bit++) {
        check_says("bit", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        check_refused(bytes, sealed->len, text);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_order_and_damage(void)
{
    static const char *const texts[] = { "", "a", "abc", "abcd", "abcabc", "abcdefg", "abcabcabc" };
    const EVP_CIPHER *const ciphers[] = { EVP_aes_256_gcm(), EVP_chacha20_poly1305() };
    for (size_t i = 0; i < 2 * sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text = texts[i / 2];
        size_t len = strlen(text);
        struct read read;
        check_says_text("text", text);
        begin(ciphers[i % 2], i % 3 == 0 ? 0 : 7);
        seal_text(text, len, &read);
        check_status(read.status, LEAT_END);
        size_t chunks = len == 0 ? 1 : (len + CHUNK_LEN - 1) / CHUNK_LEN;
        check_equal(read.bytes.len, len + chunks * LEAT_CHUNK_TAG_LEN);
        check_accepted(&read.bytes, text, len);
        check_orders(&read.bytes, text, chunks);
        check_damage(&read.bytes, text);
        drive_read_fini(&read);
    }
}

/* Read on behind each damage. */
static void read_on(const struct sink *sealed, const struct split_plan *plan, struct sink *ret)
{
    struct leat_ctx ctx;
    struct read read;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = split_reader(leat_memory(&ctx, sealed->data, sealed->len), plan);
    r = leat_pull(r, &unseals, NULL);
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK) {
        drive_read(r, UINT64_MAX, &read);
        sink_add(ret, read.bytes.data, read.bytes.len);
        status = read.status == LEAT_FAULT ? leat_resync(r) : LEAT_END;
        for (; status == LEAT_AGAIN; status = leat_resync(r))
            drive_wait(r);
        drive_read_fini(&read);
    }
    check_status(status, LEAT_END);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

/* Flip a bit in each of the chunks that are damaged, and add the text of the others to `good`. */
static void damage(struct sink *sealed, unsigned damaged, const char *text, size_t len,
                   struct sink *good)
{
    for (size_t i = 0; i * CHUNK_LEN < len; i++) {
        size_t left = len - i * CHUNK_LEN;
        size_t some = left < CHUNK_LEN ? left : CHUNK_LEN;
        if (damaged >> i & 1)
            sealed->data[i * SEALED_LEN + damaged % (some + LEAT_CHUNK_TAG_LEN)] ^= 4;
        else
            sink_add(good, (const uint8_t *)text + i * CHUNK_LEN, some);
    }
}

/* Whichever bytes are damaged, all chunks but theirs come out. */
static void test_resync(void)
{
    static const char text[] = "abcdefghijklm";
    enum { LEN = sizeof(text) - 1, CHUNKS = (LEN + CHUNK_LEN - 1) / CHUNK_LEN };
    struct read read;
    begin(EVP_aes_256_gcm(), 7);
    seal_text(text, LEN, &read);
    for (unsigned damaged = 0; damaged < 1u << CHUNKS; damaged++) {
        struct split_plan plan = split_plan_of(damaged);
        struct sink sealed = { 0 };
        struct sink good = { 0 };
        struct sink got = { 0 };
        check_says("damaged", damaged);
        sink_add(&sealed, read.bytes.data, read.bytes.len);
        damage(&sealed, damaged, text, LEN, &good);
        read_on(&sealed, &plan, &got);
        check_bytes(got.data, got.len, good.data, good.len);
        sink_fini(&sealed);
        sink_fini(&good);
        sink_fini(&got);
    }
    drive_read_fini(&read);
}

/* However the bytes come, the same is given of what has more behind its last chunk, and the same is
 * said of it. */
static void test_behind(void)
{
    static const uint8_t more[2 * SEALED_LEN];
    begin(EVP_aes_256_gcm(), 7);
    for (size_t len = 0; len <= 2 * CHUNK_LEN; len++) {
        struct read sealed;
        seal_text("abcdef", len, &sealed);
        for (size_t i = 1; i <= sizeof(more); i++) {
            struct read whole;
            sink_add(&sealed.bytes, more, 1);
            drive_stage(&unseals, NULL, sealed.bytes.data, sealed.bytes.len, UINT64_MAX, &whole);
            check_status(whole.status, LEAT_FAULT);
            for (uint64_t seed = 0; seed < 8; seed++) {
                struct leat_ctx ctx;
                struct read pieces;
                struct split_plan plan = split_plan_of(seed);
                check_says("seed", seed);
                leat_ctx_init(&ctx, NULL);
                struct leat_reader *r = leat_memory(&ctx, sealed.bytes.data, sealed.bytes.len);
                r = leat_pull(split_reader(r, &plan), &unseals, NULL);
                drive_read(r, UINT64_MAX, &pieces);
                check_status(pieces.status, LEAT_FAULT);
                check_text(pieces.fault.reason, whole.fault.reason);
                check_equal(pieces.fault.offset, whole.fault.offset);
                check_bytes(pieces.bytes.data, pieces.bytes.len, whole.bytes.data, whole.bytes.len);
                drive_read_fini(&pieces);
                leat_reader_close(r);
                leat_ctx_fini(&ctx);
            }
            drive_read_fini(&whole);
        }
        drive_read_fini(&sealed);
    }
}

/* A last chunk that is empty behind another one, as only a writer of the key could make it. */
static void test_empty_last(void)
{
    struct read read;
    struct read other;
    begin(EVP_aes_256_gcm(), 10);
    seal_text("abcd", 4, &read);
    how.prefix.data = (const uint8_t *)"the prefix";
    /* An empty text sealed from counter 1 on: a counter of no bytes stays where it is. */
    uint8_t nonce[LEAT_CHUNK_NONCE_LEN] = "the prefix\1\1";
    uint8_t tag[LEAT_CHUNK_TAG_LEN];
    int len = 0;
    EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();
    check(EVP_EncryptInit_ex(evp, EVP_aes_256_gcm(), NULL, how.key, nonce) == 1);
    check(EVP_EncryptFinal_ex(evp, tag, &len) == 1);
    check(EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag) == 1);
    EVP_CIPHER_CTX_free(evp);
    read.bytes.len = SEALED_LEN;
    sink_add(&read.bytes, tag, sizeof(tag));
    drive_stage(&unseals, NULL, read.bytes.data, read.bytes.len, UINT64_MAX, &other);
    check_status(other.status, LEAT_FAULT);
    check_text(other.fault.reason, "empty last chunk");
    check_equal(other.fault.offset, SEALED_LEN);
    check_bytes(other.bytes.data, other.bytes.len, "abc", 3);
    drive_read_fini(&read);
    drive_read_fini(&other);
}

/* With a counter of one byte there are 256 chunks; the next would use the first's nonce again. */
static void test_nonces_run_out(void)
{
    struct sink text = { 0 };
    struct read read;
    codec_text(&text, 256 * CHUNK_LEN + 1, 1, 0);
    begin(EVP_chacha20_poly1305(), 10);
    seal_text((const char *)text.data, 256 * CHUNK_LEN, &read);
    check_status(read.status, LEAT_END);
    check_accepted(&read.bytes, (const char *)text.data, 256 * CHUNK_LEN);
    drive_read_fini(&read);
    seal_text((const char *)text.data, text.len, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_BOUND);
    check_equal(read.fault.offset, 256 * CHUNK_LEN);
    check_equal(read.bytes.len, 256 * SEALED_LEN);
    drive_read_fini(&read);
    sink_fini(&text);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_order_and_damage);
    check_run(test_resync);
    check_run(test_behind);
    check_run(test_empty_last);
    check_run(test_nonces_run_out);
    return 0;
}
