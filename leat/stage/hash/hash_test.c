/* Shows that a digest is that of exactly what was consumed, whatever was skipped, shared, peeked at
 * or left, or of what was written, in whatever way; that a wrong one is a fault in the end's place,
 * or keeps the output from being finished; and that both ways to a CRC-32 agree with one bit at a
 * time. */

#include <stdio.h>
#include <string.h>

#include "leat/core/ctx.h"
#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/hash/crc32.h"
#include "leat/stage/hash/hash.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"
#include "tests/support/drive.h"
#include "tests/support/random.h"

static struct leat_ctx ctx;
static uint8_t text[600];

static uint32_t bitwise(const uint8_t *data, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

static void crcs_agree(void)
{
    check(leat_crc32(0, "123456789", 9) == 0xcbf43926);
    for (size_t len = 0; len <= sizeof(text); len++) {
        for (size_t from = 0; from <= len && from < 20; from++) {
            uint32_t wanted = bitwise(text + from, len - from);
            check(leat_crc32(0, text + from, len - from) == wanted);
            check(leat_crc32_plain(0, text + from, len - from) == wanted);
        }
        size_t half = len / 3;
        uint32_t crc = leat_crc32(leat_crc32(0, text, half), text + half, len - half);
        check(crc == bitwise(text, len));
    }
}

/* The digest that is wanted, of the first `len` bytes. */
static struct leat_digest digest_of(size_t len)
{
    struct leat_digest digest = { .kind = &leat_digest_crc32 };
    leat_store_u32be(digest.bytes, bitwise(text, len));
    return digest;
}

static void consumed_so_far(struct leat_reader *r)
{
    struct leat_digest digest;
    struct leat_digest wanted = digest_of((size_t)leat_tell(r));
    check(leat_hash_value(r, &digest) == LEAT_OK);
    check(leat_digest_equal(&digest, &wanted));
}

/* One drawn thing to do to a reader. */
static void do_something(struct leat_reader *r, uint64_t *seed)
{
    struct leat_span window;
    struct leat_slice slice;
    uint64_t done;
    size_t n = 1 + (size_t)drip_random(seed, 60);
    switch (drip_random(seed, 5)) {
    case 0:
        (void)!leat_skip(r, n, &done);
        break;
    case 1:
        if (leat_take(r, n, &slice) == LEAT_OK)
            leat_slice_release(&slice);
        break;
    case 2:
        if (leat_share(r, n, &slice) == LEAT_OK)
            leat_slice_release(&slice);
        break;
    case 3:
        (void)!leat_peek(r, n, &window);
        break;
    default:
        (void)!leat_peek(r, 0, &window);
        leat_consume(r, drip_random(seed, window.len + 1));
        break;
    }
}

static void right_whatever_is_done(uint64_t seed)
{
    struct drip_options options = { .seed = seed,
                                    .piece_max = 1 + seed % 90,
                                    .again = (unsigned)(seed % 3 * 20) };
    bool right = seed % 2 == 0;
    struct leat_digest expected = digest_of(sizeof(text));
    expected.bytes[3] ^= right ? 0 : 1;
    struct leat_reader *r = drip(&ctx, text, sizeof(text), &options);
    r = leat_hash_expect(r, &expected);
    for (unsigned i = 0; i < 300; i++) {
        do_something(r, &seed);
        consumed_so_far(r);
    }
    struct leat_span window;
    enum leat_status status = drip_peek(r, sizeof(text), &window);
    if (leat_tell(r) > 0) {
        check(status == (right ? LEAT_END : LEAT_FAULT));
        check(right || leat_reader_fault(r)->code == LEAT_FAULT_CHECKSUM);
        check(leat_tell(r) + window.len == sizeof(text));
    }
    leat_reader_close(r);
}

/* Closed before it settled, the value is asked for in time. */
static void copies_nothing(void)
{
    uint64_t copied = leat_counts_copied(&ctx.counts);
    struct leat_reader *r = leat_hash(leat_memory(&ctx, text, sizeof(text)), &leat_digest_crc32);
    struct leat_span window;
    check(leat_peek(r, 1, &window) == LEAT_OK);
    check(window.data == text);
    leat_consume(r, window.len);
    consumed_so_far(r);
    leat_reader_close(r);
    check(leat_counts_copied(&ctx.counts) == copied);
}

/* Give some bytes by reference; what has no block lives for ever. */
static enum leat_status give_some(struct leat_writer *w, size_t at, size_t len)
{
    struct leat_slice slice = { text + at, len, NULL };
    enum leat_status status;
    while ((status = leat_give(w, &slice)) == LEAT_FULL)
        drive_writer_wait(w);
    return status;
}

/* Write all of the text, some of it by reference, with looks at the digest on the way. */
static void write_text(struct leat_writer *w, struct random *random)
{
    struct leat_digest digest;
    for (size_t at = 0; at < sizeof(text);) {
        size_t len = random_len(random, sizeof(text) - at);
        bool give = random_percent(random, 50);
        if (!give || give_some(w, at, len) != LEAT_OK)
            check_status(drive_write(w, text + at, len, 1 + len / 3), LEAT_OK);
        at += len;
        if (random_percent(random, 20))
            check_status(drive_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
        check_status(leat_hash_writer_value(w, &digest), LEAT_OK);
        struct leat_digest wanted = digest_of(at);
        check(leat_digest_equal(&digest, &wanted));
    }
}

static void right_however_written(uint64_t seed)
{
    struct random random = { seed };
    struct split_plan plan = split_plan_of(seed);
    struct sink sink = { .gives = seed % 3 == 0 };
    struct leat_digest expected = digest_of(sizeof(text));
    bool right = seed % 4 != 0;
    expected.bytes[0] ^= right ? 0 : 1;
    struct leat_writer *w = leat_hash_writer_expect(sink_writer(&sink, &ctx, &plan), &expected);
    write_text(w, &random);
    enum leat_status status = drive_flush(w, LEAT_FLUSH_FINISH);
    check_status(status, right ? LEAT_OK : LEAT_FAULT);
    check(sink.flushes[LEAT_FLUSH_FINISH] == (right ? 1 : 0));
    if (!right) {
        check_equal(leat_writer_fault(w)->code, LEAT_FAULT_CHECKSUM);
        check_text(leat_writer_fault(w)->part, "crc32");
        check_equal(leat_writer_fault(w)->offset, sizeof(text));
    } else {
        check_bytes(sink.data, sink.len, text, sizeof(text));
    }
    leat_writer_close(w);
    sink_fini(&sink);
}

int main(void)
{
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)drip_random(&random, 256);
    leat_ctx_init(&ctx, NULL);
    crcs_agree();
    for (uint64_t seed = 1; seed <= 500; seed++) {
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        right_whatever_is_done(seed);
        right_however_written(seed);
    }
    copies_nothing();
    leat_ctx_fini(&ctx);
    return 0;
}
