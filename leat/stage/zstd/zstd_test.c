/* Shows that zstd decodes into its ring whatever way the input is cut, the output is read and the
 * ring goes round, names what is wrong, leaves what is not its own, and understands the real tool
 * and is understood by it. */

#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/zstd/zstd.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

static const uint8_t skippable[] = { 0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5 };

static struct codec_case make(size_t len, unsigned noise, int level)
{
    struct leat_zstd_options options = { .level = level };
    struct codec_case c = { .name = "zstd", .decoder = &leat_stage_unzstd, .checked = true };
    codec_text(&c.plain, len, len + noise, noise);
    codec_pack(&leat_stage_zstd, &options, &c.plain, &c.packed);
    return c;
}

static void test_codec(void)
{
    static const struct {
        size_t len;
        unsigned noise;
        int level;
    } cases[] = {
        { 0, 0, 0 },         { 1, 0, -5 },      { 1000, 30, 19 },      { 300000, 10, 1 },
        { 300000, 1000, 3 }, { 2500000, 5, 1 }, { 1000000, 100, -20 }, { 1000000, 300, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct leat_zstd_options options = { .level = cases[i].level };
        struct codec_case c = make(cases[i].len, cases[i].noise, cases[i].level);
        codec_cuts(&c);
        if (cases[i].len <= 300000)
            codec_round_trip(&c, &leat_stage_zstd, &options);
        codec_case_fini(&c);
    }
}

static void test_damage(void)
{
    for (unsigned noise = 20; noise <= 1000; noise += 490) {
        struct codec_case c = make(400, noise, 3);
        codec_truncates(&c);
        codec_flips(&c);
        codec_leaves(&c, "garbage", 7);
        codec_leaves(&c, "x", 1);
        codec_lacks_memory(&c, &leat_stage_zstd);
        codec_case_fini(&c);
    }
}

/* Each byte of a frame damaged: those before and behind it come out. */
static void test_resync(void)
{
    for (unsigned noise = 20; noise <= 1000; noise += 490) {
        struct codec_case c = make(400, noise, 3);
        codec_resyncs(&c);
        codec_case_fini(&c);
    }
}

static void test_frames(void)
{
    struct codec_case c = { .name = "frames", .decoder = &leat_stage_unzstd, .checked = true };
    for (size_t i = 0; i < 5; i++) {
        struct codec_case more = make(i * i * i * 9000, 10, (int)i);
        sink_add(&c.packed, skippable, sizeof(skippable));
        sink_add(&c.packed, more.packed.data, more.packed.len);
        sink_add(&c.plain, more.plain.data, more.plain.len);
        codec_case_fini(&more);
    }
    sink_add(&c.packed, skippable, sizeof(skippable));
    codec_cuts(&c);
    codec_leaves(&c, "(not a frame", 12);
    codec_case_fini(&c);

    struct codec_case one = { .name = "skippable", .decoder = &leat_stage_unzstd };
    sink_add(&one.packed, skippable, sizeof(skippable));
    codec_truncates(&one);
    codec_case_fini(&one);
}

/* What is wrong in a frame's header, and a checksum that is not that of the content. */
static void test_faults(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum leat_fault_code code;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { "text", 4, LEAT_FAULT_CORRUPT, "no zstd data", 0 },
        { "\x28\xb5\x2f\xfd\x08\x58", 6, LEAT_FAULT_UNSUPPORTED, "unknown frame header", 0 },
        { "\x28\xb5\x2f\xfd\x01\x58\x07", 7, LEAT_FAULT_UNSUPPORTED, "needs a dictionary", 0 },
        { "\x28\xb5\x2f\xfd\x00\x90", 6, LEAT_FAULT_BOUND, "window larger than the limit", 0 },
        { "\x28\xb5\x2f\xfd\x00\xff", 6, LEAT_FAULT_BOUND, "window larger than the limit", 0 },
        { "\x28\xb5\x2f\xfd\x00\x58\x07\x00\x00", 9, LEAT_FAULT_CORRUPT, "bad block", 6 },
        { "\x28\xb5\x2f\xfd\x04\x58\x01\x00\x00!!!!", 13, LEAT_FAULT_CHECKSUM, "wrong checksum",
          9 },
        { "\x28\xb5\x2f\xfd\x20\x02\x19\x00\x00"
          "abc",
          12, LEAT_FAULT_CORRUPT, "bad block", 6 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct read read;
        check_says("fault", i);
        drive_stage(&leat_stage_unzstd, NULL, faults[i].bytes, faults[i].len, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, faults[i].code);
        check_text(read.fault.reason, faults[i].reason);
        check_equal(read.fault.offset, faults[i].offset);
        drive_read_fini(&read);
    }
}

/* Windows of all sizes, many times round the ring, with slices held that keep blocks from use. */
static void test_ring(const char *command, size_t len)
{
    enum { HELD_MAX = 8 };
    struct sink plain = { 0 };
    struct sink packed = { 0 };
    struct sink out = { 0 };
    struct leat_slice held[HELD_MAX] = { 0 };
    struct leat_ctx ctx;
    check_says_text("case", command);
    codec_text(&plain, len, len, 3);
    if (codec_command(command, &plain, &packed) != 0)
        return;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_unzstd(leat_memory(&ctx, packed.data, packed.len));
    struct leat_span span;
    size_t taken = 0;
    for (; leat_peek(r, 1, &span) == LEAT_OK; taken++) {
        struct leat_slice *slice = &held[taken % HELD_MAX];
        sink_add(&out, slice->data, slice->len);
        leat_slice_release(slice);
        check(leat_take(r, span.len - span.len / 3, slice) == LEAT_OK);
    }
    check(leat_reader_fault(r) == NULL);
    leat_reader_close(r);
    for (size_t i = taken; i < taken + HELD_MAX; i++) {
        struct leat_slice *slice = &held[i % HELD_MAX];
        sink_add(&out, slice->data, slice->len);
        leat_slice_release(slice);
    }
    check_bytes(out.data, out.len, plain.data, plain.len);
    leat_ctx_fini(&ctx);
    sink_fini(&plain);
    sink_fini(&packed);
    sink_fini(&out);
}

static void test_tool(void)
{
    static const char *const packs[] = {
        "zstd -qc",    "zstd -qc1 --no-check", "zstd -qc19",
        "zstd -qc4T2", "zstd -qc --fast=50",   "zstd -qc --zstd=wlog=10",
    };
    static const size_t lens[] = { 0, 100, 1500000 };
    for (size_t i = 0; i < 3 * sizeof(packs) / sizeof(packs[0]); i++) {
        struct leat_zstd_options options = { .level = (int)i - 3 };
        codec_reads_tool(&leat_stage_unzstd, packs[i / 3], lens[i % 3]);
        codec_read_by_tool(&leat_stage_zstd, &options, "zstd -dqc", lens[i % 3]);
    }
    test_ring("zstd -qc --zstd=wlog=10", 3000000);
    test_ring("zstd -qc --zstd=wlog=16", 3000000);
    test_ring("zstd -qc1 --zstd=wlog=18", 6000000);
    test_ring("zstd -qc1 --zstd=wlog=20", 9000000);
}

/* From memory to the reader's window nothing is copied, however often the ring goes round. */
static void test_ledger(void)
{
    struct codec_case c = make(9000000, 20, 1);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_unzstd(leat_memory(&ctx, c.packed.data, c.packed.len));
    uint64_t done;
    check(leat_skip(r, c.plain.len, &done) == LEAT_OK);
    leat_reader_close(r);
    check(leat_counts_copied(&ctx.counts) == 0);
    leat_ctx_fini(&ctx);
    codec_case_fini(&c);
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_zstd;
    uint8_t bytes[sizeof(skippable) + 4];
    memcpy(bytes, skippable, sizeof(skippable));
    memcpy(bytes + sizeof(skippable), "\x28\xb5\x2f\xfd", 4);
    for (size_t len = 0; len < sizeof(bytes); len++)
        check(format->probe(bytes, len) == LEAT_MATCH_MORE);
    check(format->probe(bytes, sizeof(bytes)) == LEAT_MATCH_YES);
    bytes[sizeof(skippable)] = 4;
    check(format->probe(bytes, sizeof(bytes)) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"(text", 5) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"Title", 5) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"\x50\x2a\x4d\x18\xff\xff\xff\xff", 8) == LEAT_MATCH_YES);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_faults);
    check_run(test_frames);
    check_run(test_codec);
    check_run(test_damage);
    check_run(test_resync);
    check_run(test_ledger);
    check_run(test_tool);
    return 0;
}
