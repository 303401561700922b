/* Shows that lz4 decodes into its ring whatever way the input is cut, the output is read and the
 * ring goes round, names what is wrong, leaves what is not its own, and understands the real tool
 * and is understood by it. */

#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/lz4/lz4.h"
#include "leat/stage/lz4/xxh32.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

static const uint8_t skippable[] = { 0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5 };

static struct codec_case make(size_t len, unsigned noise, int level)
{
    struct leat_lz4_options options = { .level = level };
    struct codec_case c = { .name = "lz4", .decoder = &leat_stage_unlz4, .checked = true };
    codec_text(&c.plain, len, len + noise, noise);
    codec_pack(&leat_stage_lz4, &options, &c.plain, &c.packed);
    return c;
}

/* The numbers are xxHash's own: of nothing, and of bytes that fill no stripe, one, and several. */
static void test_xxh32(void)
{
    static const struct {
        const char *text;
        uint32_t sum;
    } sums[] = {
        { "", 0x02cc5d05 },
        { "a", 0x550d7456 },
        { "abc", 0x32d153ff },
        { "Nobody inspects the spammish repetition", 0xe2293b2f },
    };
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        const uint8_t *bytes = (const uint8_t *)sums[i].text;
        size_t len = strlen(sums[i].text);
        check_says("sum", i);
        check_equal(leat_xxh32(bytes, len), sums[i].sum);
        for (size_t cut = 0; cut <= len; cut++) {
            struct leat_xxh32 parts;
            leat_xxh32_init(&parts);
            leat_xxh32_add(&parts, bytes, cut / 2);
            leat_xxh32_add(&parts, bytes + cut / 2, cut - cut / 2);
            leat_xxh32_add(&parts, bytes + cut, len - cut);
            check_equal(leat_xxh32_digest(&parts), sums[i].sum);
        }
    }
}

static void test_codec(void)
{
    static const struct {
        size_t len;
        unsigned noise;
        int level;
    } cases[] = {
        { 0, 0, 0 },
        { 1, 0, -5 },
        { 1000, 30, 12 },
        { 300000, 10, 1 },
        { 300000, 1000, 3 },
        { 2500000, 5, 1 },
        { 1000000, 100, -20 },
        { 1000000, 300, 0 },
        { 65536, 20, 0 },
        { 65537, 1000, 9 },
        { 262144, 20, -2000000000 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct leat_lz4_options options = { .level = cases[i].level };
        struct codec_case c = make(cases[i].len, cases[i].noise, cases[i].level);
        codec_cuts(&c);
        if (cases[i].len <= 300000)
            codec_round_trip(&c, &leat_stage_lz4, &options);
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
        codec_lacks_memory(&c, &leat_stage_lz4);
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
    struct codec_case c = { .name = "frames", .decoder = &leat_stage_unlz4, .checked = true };
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
    codec_leaves(&c, "\x04\x22\x4d!", 4);
    codec_case_fini(&c);

    struct codec_case one = { .name = "skippable", .decoder = &leat_stage_unlz4 };
    sink_add(&one.packed, skippable, sizeof(skippable));
    codec_truncates(&one);
    codec_case_fini(&one);
}

/* What the tool can leave out or put in: each in the frame's header, and checked where it is. */
static const char *const packs[] = {
    "lz4 -qc",         "lz4 -qc9 -B4 -BD",       "lz4 -qc -B5 -BX",
    "lz4 -qc -B6 -BD", "lz4 -qc --no-frame-crc", "lz4 -qc12 -B7 -BD -BX",
    "lz4 -qcl",        "lz4 -qc --fast=50 -B4",
};
enum { PACKS_LEN = sizeof(packs) / sizeof(packs[0]) };

/* Frames of all kinds in a row: sizes and history change from one to the next, and a frame of the
 * old kind ends where another one begins. */
static void test_kinds(void)
{
    struct codec_case c = { .name = "kinds", .decoder = &leat_stage_unlz4 };
    for (size_t i = 0; i < 2 * PACKS_LEN; i++) {
        struct sink plain = { 0 };
        codec_text(&plain, 1000 + i % 3 * 150000, i, i % 2 * 500);
        if (codec_command(packs[i * 5 % PACKS_LEN], &plain, &c.packed) == 0)
            sink_add(&c.plain, plain.data, plain.len);
        sink_fini(&plain);
    }
    codec_cuts(&c);
    codec_case_fini(&c);
}

/* What is wrong in a frame, by itself: all that comes before is right. */
static void test_faults(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum leat_fault_code code;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { "text", 4, LEAT_FAULT_CORRUPT, "no lz4 data", 0 },
        { "\x04\x22\x4dX", 4, LEAT_FAULT_CORRUPT, "no lz4 data", 0 },
        { "\x04\x22\x4d\x18\x24\x40\0", 7, LEAT_FAULT_UNSUPPORTED, "unknown version", 4 },
        { "\x04\x22\x4d\x18\x66\x40\0", 7, LEAT_FAULT_UNSUPPORTED, "unknown flags", 4 },
        { "\x04\x22\x4d\x18\x64\x40\xa8", 7, LEAT_FAULT_CHECKSUM, "wrong header checksum", 6 },
        { "\x04\x22\x4d\x18\x64\x30\x13", 7, LEAT_FAULT_UNSUPPORTED, "unknown block size", 5 },
        { "\x04\x22\x4d\x18\x64\xc0\x42", 7, LEAT_FAULT_UNSUPPORTED, "unknown block size", 5 },
        { "\x04\x22\x4d\x18\x61\x40\x07\0\0\0\xe3", 11, LEAT_FAULT_UNSUPPORTED,
          "needs a dictionary", 0 },
        { "\x04\x22\x4d\x18\x64\x40\xa7\x01\0\x01\0", 11, LEAT_FAULT_CORRUPT, "bad block length",
          7 },
        { "\x04\x22\x4d\x18\x64\x40\xa7\x02\0\0\0\x20\x10", 13, LEAT_FAULT_CORRUPT, "bad block",
          11 },
        { "\x04\x22\x4d\x18\x64\x40\xa7\x05\0\0\0\x10x\x09\0\0", 16, LEAT_FAULT_CORRUPT,
          "bad block", 11 },
        { "\x04\x22\x4d\x18\x64\x40\xa7\x01\0\0\x80x\0\0\0\0!!!!", 20, LEAT_FAULT_CHECKSUM,
          "wrong checksum", 16 },
        { "\x04\x22\x4d\x18\x70\x40\xad\x01\0\0\x80x!!!!", 16, LEAT_FAULT_CHECKSUM,
          "wrong block checksum", 12 },
        { "\x04\x22\x4d\x18\x68\x40\x02\0\0\0\0\0\0\0\xa0\x03\0\0\x80xyz", 22, LEAT_FAULT_CORRUPT,
          "longer than its header says", 19 },
        { "\x04\x22\x4d\x18\x68\x40\x02\0\0\0\0\0\0\0\xa0\x01\0\0\x80x\0\0\0\0", 24,
          LEAT_FAULT_CORRUPT, "shorter than its header says", 24 },
        { "\x02\x21\x4c\x18\0\0\0\0", 8, LEAT_FAULT_CORRUPT, "bad block", 8 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct read read;
        check_says("fault", i);
        drive_stage(&leat_stage_unlz4, NULL, faults[i].bytes, faults[i].len, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_text(read.fault.reason, faults[i].reason);
        check_equal(read.fault.code, faults[i].code);
        check_equal(read.fault.offset, faults[i].offset);
        drive_read_fini(&read);
    }
}

/* A ctx whose windows are smaller than a block refuses the frame. */
static void test_limit(void)
{
    struct codec_case c = make(1000, 0, 0);
    struct leat_ctx ctx;
    struct leat_ctx_options options = { .limits = { .window_max = 50000 } };
    leat_ctx_init(&ctx, &options);
    struct leat_reader *r = leat_unlz4(leat_memory(&ctx, c.packed.data, c.packed.len));
    struct leat_span span;
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_BOUND);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    codec_case_fini(&c);
}

/* Read many times round the ring, with slices held that keep blocks from use. */
static void reads_holding(const struct sink *packed, const struct sink *plain)
{
    enum { HELD_MAX = 8 };
    struct sink out = { 0 };
    struct leat_slice held[HELD_MAX] = { 0 };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_unlz4(leat_memory(&ctx, packed->data, packed->len));
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
    check_bytes(out.data, out.len, plain->data, plain->len);
    leat_ctx_fini(&ctx);
    sink_fini(&out);
}

static void test_ring(void)
{
    for (size_t i = 0; i < PACKS_LEN; i++) {
        struct sink plain = { 0 };
        struct sink packed = { 0 };
        check_says_text("case", packs[i]);
        codec_text(&plain, 10000000, i, 3);
        if (codec_command(packs[i], &plain, &packed) == 0)
            reads_holding(&packed, &plain);
        sink_fini(&plain);
        sink_fini(&packed);
    }
}

/* Blocks that do not shrink are stored, and short where a flush ends them: later ones look back
 * into them all the same, on either side of a jump. */
static void test_stored(void)
{
    struct codec_case c = { .name = "stored", .decoder = &leat_stage_unlz4, .checked = true };
    struct split_plan plan = { 0 };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_writer *w = leat_lz4(sink_writer(&c.packed, &ctx, &plan), NULL);
    for (size_t i = 0; i < 300; i++) {
        size_t at = c.plain.len;
        codec_text(&c.plain, 1 + i * 7919 % 20000, i, 1000);
        codec_text(&c.plain, i % 4 * 900, i, 20);
        /* And some of what was, from up to 64 KiB ago. */
        size_t back = i * 6007 % 65000;
        for (size_t j = 0; j < 3000 && back < at; j++) {
            uint8_t again = c.plain.data[at - back + j % (back + 1)];
            sink_add(&c.plain, &again, 1);
        }
        size_t len = c.plain.len - at;
        for (size_t piece = 0; piece < 2; piece++) {
            size_t from = at + piece * (len / 2);
            size_t to = piece == 0 ? at + len / 2 : c.plain.len;
            check_status(drive_write(w, c.plain.data + from, to - from, SIZE_MAX), LEAT_OK);
            check_status(drive_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
        }
    }
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    leat_writer_close(w);
    leat_ctx_fini(&ctx);
    codec_cuts(&c);
    reads_holding(&c.packed, &c.plain);
    codec_case_fini(&c);
}

static void test_tool(void)
{
    static const size_t lens[] = { 0, 100, 1500000 };
    for (size_t i = 0; i < 3 * PACKS_LEN; i++) {
        struct leat_lz4_options options = { .level = (int)i - 6 };
        codec_reads_tool(&leat_stage_unlz4, packs[i / 3], lens[i % 3]);
        codec_read_by_tool(&leat_stage_lz4, &options, "lz4 -dqc", lens[i % 3]);
    }
}

/* From memory to the reader's window nothing is copied, however often the ring goes round. */
static void test_ledger(void)
{
    struct codec_case c = make(9000000, 20, 1);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_unlz4(leat_memory(&ctx, c.packed.data, c.packed.len));
    uint64_t done;
    check(leat_skip(r, c.plain.len, &done) == LEAT_OK);
    leat_reader_close(r);
    check(leat_counts_copied(&ctx.counts) == 0);
    leat_ctx_fini(&ctx);
    codec_case_fini(&c);
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_lz4;
    uint8_t bytes[sizeof(skippable) + 4];
    memcpy(bytes, skippable, sizeof(skippable));
    memcpy(bytes + sizeof(skippable), "\x04\x22\x4d\x18", 4);
    for (size_t len = 0; len < sizeof(bytes); len++)
        check(format->probe(bytes, len) == LEAT_MATCH_MORE);
    check(format->probe(bytes, sizeof(bytes)) == LEAT_MATCH_YES);
    bytes[sizeof(skippable)] = 2;
    check(format->probe(bytes, sizeof(bytes)) == LEAT_MATCH_NO);
    memcpy(bytes + sizeof(skippable), "\x02\x21\x4c\x18", 4);
    check(format->probe(bytes, sizeof(bytes)) == LEAT_MATCH_YES);
    memcpy(bytes + sizeof(skippable), "\x28\xb5\x2f\xfd", 4);
    check(format->probe(bytes, sizeof(bytes)) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"\4text", 5) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"Probe", 5) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"\x50\x2a\x4d\x18\xff\xff\xff\xff", 8) == LEAT_MATCH_NO);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_xxh32);
    check_run(test_probe);
    check_run(test_faults);
    check_run(test_limit);
    check_run(test_frames);
    check_run(test_kinds);
    check_run(test_codec);
    check_run(test_damage);
    check_run(test_resync);
    check_run(test_stored);
    check_run(test_ring);
    check_run(test_ledger);
    check_run(test_tool);
    return 0;
}
