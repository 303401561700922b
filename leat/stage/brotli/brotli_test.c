/* Shows that brotli decodes whatever way the input is cut, names what is wrong, leaves what is not
 * its own, is told by decoding its first bytes, and understands the real tool and is understood by
 * it. */

#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/brotli/brotli.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

static struct codec_case make(size_t len, unsigned noise, struct leat_brotli_options options)
{
    struct codec_case c = { .name = "brotli", .decoder = &leat_stage_unbrotli };
    codec_text(&c.plain, len, len + noise, noise);
    codec_pack(&leat_stage_brotli, &options, &c.plain, &c.packed);
    return c;
}

/* Levels and windows in and out of range, on nothing, little, and more than small windows hold. */
static void test_codec(void)
{
    static const struct {
        size_t len;
        unsigned noise;
        struct leat_brotli_options options;
    } cases[] = {
        { 0, 0, { .level = 0 } },
        { 1, 0, { .level = -5 } },
        { 1000, 30, { .level = 11 } },
        { 1000, 300, { .level = 99, .window_bits = 1 } },
        { 300000, 10, { .level = 1, .window_bits = 10 } },
        { 300000, 1000, { .level = 3, .window_bits = 16 } },
        { 700000, 100, { .level = 2, .window_bits = 24 } },
        { 300000, 300, { .level = 5, .window_bits = 26 } },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct codec_case c = make(cases[i].len, cases[i].noise, cases[i].options);
        codec_cuts(&c);
        if (cases[i].len <= 300000)
            codec_round_trip(&c, &leat_stage_brotli, &cases[i].options);
        codec_case_fini(&c);
    }
}

static void test_damage(void)
{
    for (unsigned noise = 50; noise <= 800; noise += 750) {
        struct codec_case c = make(500, noise, (struct leat_brotli_options){ .level = 5 });
        codec_truncates(&c);
        codec_flips(&c);
        codec_leaves(&c, "garbage", 7);
        codec_leaves(&c, c.packed.data, c.packed.len);
        codec_lacks_memory(&c, &leat_stage_brotli);
        codec_case_fini(&c);
    }
}

/* A window of 2^30 bytes, 2^29, 2^16, and a header that means nothing, under a ctx's limit. */
static void test_windows(void)
{
    static const struct {
        const char *bytes;
        size_t window_max;
        enum leat_fault_code code;
        const char *reason;
    } windows[] = {
        { "\x11\x1e\x03", 0, LEAT_FAULT_BOUND, "window larger than the limit" },
        { "\x11\x1d\x03", 0, LEAT_FAULT_BOUND, "window larger than the limit" },
        { "\x0c\x80\x03", 60000, LEAT_FAULT_BOUND, "window larger than the limit" },
        { "\x91\x1e\x03", 0, LEAT_FAULT_CORRUPT, "bad data" },
        { "\x11\x00\x03", 0, LEAT_FAULT_CORRUPT, "bad data" },
    };
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct leat_ctx ctx;
        struct leat_ctx_options options = { .limits = { .window_max = windows[i].window_max } };
        struct leat_span span;
        check_says("window", i);
        leat_ctx_init(&ctx, &options);
        struct leat_reader *r = leat_unbrotli(leat_memory(&ctx, windows[i].bytes, 3));
        check_status(leat_peek(r, 1, &span), LEAT_FAULT);
        check_equal(leat_reader_fault(r)->code, windows[i].code);
        check_text(leat_reader_fault(r)->reason, windows[i].reason);
        leat_reader_close(r);
        leat_ctx_fini(&ctx);
    }
}

/* What was decoded before damage comes out, but for that of the last piece. */
static void test_data_before_fault(void)
{
    struct codec_case c = make(2000000, 100, (struct leat_brotli_options){ .level = 5 });
    size_t at = c.packed.len / 4 * 3;
    struct read read;
    memset(c.packed.data + at, 0xff, 1000);
    drive_stage(&leat_stage_unbrotli, NULL, c.packed.data, c.packed.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_CORRUPT);
    check(read.fault.offset >= at);
    check(read.bytes.len > c.plain.len / 3 * 2);
    drive_read_fini(&read);
    codec_case_fini(&c);
}

static void test_tool(void)
{
    static const char *const packs[] = { "brotli -q 1 -c", "brotli -q 9 -w 10 -c",
                                         "brotli -q 5 --large_window=26 -c" };
    static const size_t lens[] = { 0, 100, 1500000 };
    for (size_t i = 0; i < 9; i++) {
        struct leat_brotli_options options = { .level = (int)i - 1, .window_bits = 10 + (int)i };
        codec_reads_tool(&leat_stage_unbrotli, packs[i / 3], lens[i % 3]);
        codec_read_by_tool(&leat_stage_brotli, &options, "brotli -dc", lens[i % 3]);
    }
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_brotli;
    const char *text = "this is a text about brotli, and none of its bits make a stream of it";
    struct codec_case c = make(30000, 100, (struct leat_brotli_options){ .level = 5 });
    check(c.packed.len > format->probe_max);
    for (size_t len = 0; len < format->probe_max; len++) {
        check(format->probe(c.packed.data, len) == LEAT_MATCH_MORE);
        check_equal(format->probe_all(c.packed.data, len), len >= 64);
    }
    /* Damage behind the first bytes is the decoder's to tell. */
    for (size_t len = format->probe_max; len < c.packed.len; len += 100) {
        c.packed.data[len] ^= 0xff;
        check(format->probe(c.packed.data, len) == LEAT_MATCH_YES);
    }
    codec_case_fini(&c);
    check(format->probe((const uint8_t *)text, strlen(text)) == LEAT_MATCH_NO);
    /* A letter may be a whole stream, and the first of a text. */
    check(format->probe((const uint8_t *)"\x3b", 1) == LEAT_MATCH_MORE);
    check(format->probe_all((const uint8_t *)"\x3b", 1));
    check(format->probe((const uint8_t *)";\n", 2) == LEAT_MATCH_NO);
    check(!format->probe_all((const uint8_t *)";\n", 2));
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_windows);
    check_run(test_data_before_fault);
    check_run(test_codec);
    check_run(test_damage);
    check_run(test_tool);
    return 0;
}
