/* Shows that bzip2 decodes whatever way the input is cut, names what is wrong and where, goes on
 * behind it at the next block, leaves what is not its own, and understands the real tool and is
 * understood by it. */

#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/bzip2/bzip2.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

static struct codec_case make(size_t len, unsigned noise, int level)
{
    struct leat_bzip2_options options = { .level = level };
    struct codec_case c = { .name = "bzip2", .decoder = &leat_stage_bunzip2, .checked = true };
    codec_text(&c.plain, len, len + noise, noise);
    codec_pack(&leat_stage_bzip2, &options, &c.plain, &c.packed);
    return c;
}

/* Nothing, little, and several blocks, at levels in and out of range. */
static void test_codec(void)
{
    static const struct {
        size_t len;
        unsigned noise;
        int level;
    } cases[] = {
        { 0, 0, 0 },         { 1, 0, -5 },        { 1000, 30, 9 },
        { 300000, 1000, 1 }, { 300000, 600, 20 }, { 700000, 0, 2 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct leat_bzip2_options options = { .level = cases[i].level };
        struct codec_case c = make(cases[i].len, cases[i].noise, cases[i].level);
        codec_cuts(&c);
        if (cases[i].len <= 1000)
            codec_round_trip(&c, &leat_stage_bzip2, &options);
        codec_case_fini(&c);
    }
}

static void test_damage(void)
{
    for (unsigned noise = 50; noise <= 800; noise += 750) {
        struct codec_case c = make(200, noise, 1);
        codec_truncates(&c);
        codec_flips(&c);
        codec_leaves(&c, "garbage", 7);
        codec_leaves(&c, "\0\0\0", 3);
        codec_lacks_memory(&c, &leat_stage_bzip2);
        codec_case_fini(&c);
    }
}

/* As bzip2(1) has it: streams join, empty ones too, and what begins no stream is not ours. */
static void test_streams(void)
{
    struct codec_case c = { .name = "streams", .decoder = &leat_stage_bunzip2, .checked = true };
    for (unsigned i = 0; i < 5; i++) {
        struct codec_case more = make(i % 3 * 300, 100, (int)i);
        sink_add(&c.packed, more.packed.data, more.packed.len);
        sink_add(&c.plain, more.plain.data, more.plain.len);
        codec_case_fini(&more);
    }
    codec_cuts(&c);
    codec_leaves(&c, "text", 4);
    codec_leaves(&c, "BZh0", 4);
    codec_leaves(&c, "Bz", 2);
    codec_case_fini(&c);
}

/* A stream of one block, "a" and a line's end, as bzip2(1) makes it. */
static const uint8_t small[] = {
    'B',  'Z',  'h',  '9',  0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x63, 0x3e, 0xd6,
    0xe2, 0x00, 0x00, 0x00, 0xc1, 0x00, 0x00, 0x10, 0x20, 0x00, 0x20, 0x00, 0x21,
    0x00, 0x82, 0xb1, 0x77, 0x24, 0x53, 0x85, 0x09, 0x06, 0x33, 0xed, 0x6e, 0x20,
};

/* What is wrong, and how far had to be read to see it. */
static void test_faults(void)
{
    static const struct {
        size_t at;
        uint8_t flip;
        enum leat_fault_code code;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { 0, 1, LEAT_FAULT_CORRUPT, "no bzip2 data", 0 },
        { 3, 9, LEAT_FAULT_CORRUPT, "no bzip2 data", 0 },
        { 4, 1, LEAT_FAULT_CORRUPT, "bad block", 5 },
        { 9, 1, LEAT_FAULT_CORRUPT, "bad block", 10 },
        { 10, 1, LEAT_FAULT_CHECKSUM, "wrong block checksum", 29 },
        { 15, 0xff, LEAT_FAULT_CORRUPT, "bad block", 29 },
        { 30, 1, LEAT_FAULT_CORRUPT, "bad block", 32 },
        { 36, 1, LEAT_FAULT_CHECKSUM, "wrong checksum", 39 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        uint8_t bad[sizeof(small)];
        struct read read;
        check_says("fault", i);
        memcpy(bad, small, sizeof(bad));
        bad[faults[i].at] ^= faults[i].flip;
        drive_stage(&leat_stage_bunzip2, NULL, bad, sizeof(bad), UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_text(read.fault.reason, faults[i].reason);
        check_equal(read.fault.code, faults[i].code);
        check_equal(read.fault.offset, faults[i].offset);
        drive_read_fini(&read);
    }
}

/* Letters of which no two in a row are the same, so that a block holds just so many of them. */
static void letters(struct sink *sink, size_t len, uint64_t seed)
{
    struct random random = { seed };
    uint8_t last = 0;
    for (size_t i = 0; i < len; i++) {
        last = (uint8_t)((last + 1 + random_below(&random, 25)) % 26);
        sink_add(sink, &(uint8_t){ (uint8_t)('a' + last) }, 1);
    }
}

enum { BLOCK_LEN = 100000 - 19, BLOCKS = 5 };

/* What comes out where one block of several is damaged at one byte: all the others, and of that one
 * what stood before its checksum showed it to be wrong. */
static void lacks_block(const struct codec_case *c, size_t block, size_t at)
{
    struct sink bad = { 0 };
    struct read read;
    check_says("block", block);
    check_says("damaged at", at);
    sink_add(&bad, c->packed.data, c->packed.len);
    bad.data[at] ^= 0x55;
    check_equal(codec_reads_on(&leat_stage_bunzip2, &bad, at, &read), 1);
    check_status(read.status, LEAT_END);
    size_t before = block * BLOCK_LEN;
    size_t behind = c->plain.len - before - BLOCK_LEN;
    check(read.bytes.len >= before + behind);
    check_bytes(read.bytes.data, before, c->plain.data, before);
    check_bytes(read.bytes.data + read.bytes.len - behind, behind,
                c->plain.data + before + BLOCK_LEN, behind);
    drive_read_fini(&read);
    sink_fini(&bad);
}

/* Blocks are of one length, packed too, but for a few bytes; so each place tried lies well within
 * one. Another stream follows, which is then told by its own mark or begun at its header. */
static void test_resync(void)
{
    struct codec_case c = { .name = "resync" };
    struct leat_bzip2_options options = { .level = 1 };
    letters(&c.plain, (size_t)BLOCKS * BLOCK_LEN, 7);
    codec_pack(&leat_stage_bzip2, &options, &c.plain, &c.packed);
    size_t packed_block = c.packed.len / BLOCKS;
    struct codec_case more = make(1000, 50, 2);
    sink_add(&c.packed, more.packed.data, more.packed.len);
    sink_add(&c.plain, more.plain.data, more.plain.len);
    for (size_t block = 0; block < BLOCKS; block++) {
        for (size_t i = 0; i < 6; i++)
            lacks_block(&c, block, block * packed_block + 50 + i * (packed_block / 8));
    }
    codec_case_fini(&more);
    codec_case_fini(&c);
}

/* Damage of what stands before, between and behind blocks; of each, one whole stream follows. */
static void test_resync_marks(void)
{
    struct codec_case c = make(300, 50, 1);
    for (size_t at = 0; at < c.packed.len; at++) {
        struct sink bad = { 0 };
        struct read read;
        check_says("damaged at", at);
        sink_add(&bad, c.packed.data, c.packed.len);
        bad.data[at] ^= 0xff;
        sink_add(&bad, c.packed.data, c.packed.len);
        sink_add(&bad, (const uint8_t *)"behind", 6);
        unsigned damages = codec_reads_on(&leat_stage_bunzip2, &bad, at, &read);
        check_status(read.status, LEAT_END);
        /* Some bits say nothing, as those of codes that are not used. */
        check(damages > 0 || read.bytes.len == 2 * c.plain.len);
        check(read.bytes.len >= c.plain.len);
        check_bytes(read.bytes.data + read.bytes.len - c.plain.len, c.plain.len, c.plain.data,
                    c.plain.len);
        drive_read_fini(&read);
        sink_fini(&bad);
    }
    codec_case_fini(&c);
}

static void test_tool(void)
{
    static const char *const packs[] = { "bzip2 -1c", "bzip2 -9c" };
    static const size_t lens[] = { 0, 100, 70000, 2000000 };
    for (size_t i = 0; i < 8; i++) {
        struct leat_bzip2_options options = { .level = (int)i };
        codec_reads_tool(&leat_stage_bunzip2, packs[i / 4], lens[i % 4]);
        codec_read_by_tool(&leat_stage_bzip2, &options, "bzip2 -dc", lens[i % 4]);
    }
}

/* From memory to the reader's window nothing is copied. */
static void test_ledger(void)
{
    struct codec_case c = make(1000000, 20, 1);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_bunzip2(leat_memory(&ctx, c.packed.data, c.packed.len));
    uint64_t done;
    check(leat_skip(r, c.plain.len, &done) == LEAT_OK);
    leat_reader_close(r);
    check_equal(leat_counts_copied(&ctx.counts), 0);
    leat_ctx_fini(&ctx);
    codec_case_fini(&c);
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_bzip2;
    for (size_t len = 0; len < format->probe_max; len++)
        check(format->probe(small, len) == LEAT_MATCH_MORE);
    check(format->probe(small, format->probe_max) == LEAT_MATCH_YES);
    check(format->probe((const uint8_t *)"BZh9\x17\x72\x45\x38\x50\x90", 10) == LEAT_MATCH_YES);
    check(format->probe((const uint8_t *)"BZh9\x17\x72\x45\x38\x50\x91", 10) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"BZh0", 4) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"BZh and on", 10) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"B", 1) == LEAT_MATCH_MORE);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_faults);
    check_run(test_streams);
    check_run(test_codec);
    check_run(test_damage);
    check_run(test_resync);
    check_run(test_resync_marks);
    check_run(test_ledger);
    check_run(test_tool);
    return 0;
}
