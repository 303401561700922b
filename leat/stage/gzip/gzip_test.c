/* Shows that gzip, zlib and deflate decode whatever way the input is cut, name what is wrong and
 * where, leave what is not theirs, and understand the real tools and are understood by them. */

#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/gzip/gzip.h"
#include "leat/stage/gzip/whole.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/split.h"

static const struct {
    const char *name;
    const struct leat_stage *decoder, *encoder;
    bool checked;
} codecs[] = {
    { "gzip", &leat_stage_gunzip, &leat_stage_gzip, true },
    { "zlib", &leat_stage_unzlib, &leat_stage_zlib, true },
    { "deflate", &leat_stage_inflate, &leat_stage_deflate, false },
};

enum { CODECS = sizeof(codecs) / sizeof(codecs[0]) };

static struct codec_case make(size_t i, size_t len, unsigned noise, int level)
{
    struct leat_gzip_options options = { .level = level };
    struct codec_case c = {
        .name = codecs[i].name,
        .decoder = codecs[i].decoder,
        .checked = codecs[i].checked,
    };
    codec_text(&c.plain, len, len + noise, noise);
    codec_pack(codecs[i].encoder, &options, &c.plain, &c.packed);
    return c;
}

/* Every codec at every level, on nothing, little, and more than all buffers hold. */
static void test_codecs(void)
{
    static const size_t lens[] = { 0, 1, 1000, 300000, 700000 };
    for (size_t i = 0; i < CODECS; i++) {
        for (size_t l = 0; l < sizeof(lens) / sizeof(lens[0]); l++) {
            int level = (int)(l % (LEAT_GZIP_LEVEL_MAX + 1));
            struct leat_gzip_options options = { .level = level };
            struct codec_case c = make(i, lens[l], l % 2 ? 30 : 600, level);
            codec_cuts(&c);
            if (lens[l] <= 300000)
                codec_round_trip(&c, codecs[i].encoder, &options);
            codec_case_fini(&c);
        }
    }
}

static void test_damage(void)
{
    for (size_t i = 0; i < CODECS; i++) {
        for (unsigned noise = 50; noise <= 800; noise += 750) {
            struct codec_case c = make(i, 500, noise, 2);
            codec_truncates(&c);
            codec_flips(&c);
            codec_leaves(&c, "garbage", 7);
            codec_leaves(&c, "x", 1);
            codec_lacks_memory(&c, codecs[i].encoder);
            codec_case_fini(&c);
        }
    }
}

/* A header with every field, as no tool writes it; its check is that of `crc32` here. */
static const uint8_t full_member[] = {
    0x1f, 0x8b, 8,    0x1f, 0,    0,    0,    0, 0, 3,    /* magic, flags, time, os */
    3,    0,    'e',  'x',  't',                          /* extra */
    'n',  0,                                              /* name */
    'c',  'o',  0,                                        /* comment */
    0x2a, 0x6e,                                           /* header check */
    0x4b, 0x04, 0x00, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0, /* "a" */
};

static struct codec_case members(void)
{
    struct codec_case c = { .name = "members", .decoder = &leat_stage_gunzip, .checked = true };
    sink_add(&c.packed, full_member, sizeof(full_member));
    sink_add(&c.plain, (const uint8_t *)"a", 1);
    for (unsigned i = 0; i < 3; i++) {
        struct codec_case more = make(0, 400 * i, 100, 1);
        sink_add(&c.packed, more.packed.data, more.packed.len);
        sink_add(&c.plain, more.plain.data, more.plain.len);
        codec_case_fini(&more);
    }
    return c;
}

/* As gzip(1) has it: members join, zeros to the end are padding, anything else is not ours. */
static void test_members(void)
{
    struct codec_case c = members();
    codec_cuts(&c);
    codec_flips(&c);
    codec_leaves(&c, "\x1f.", 2);
    codec_leaves(&c, "text", 4);
    uint8_t zeros[2000] = { 0 };
    sink_add(&c.packed, zeros, sizeof(zeros));
    codec_cuts(&c);
    codec_leaves(&c, "behind zeros", 12);
    codec_leaves(&c, full_member, sizeof(full_member));
    codec_case_fini(&c);

    struct codec_case full = { .name = "full header", .decoder = &leat_stage_gunzip };
    sink_add(&full.packed, full_member, sizeof(full_member));
    sink_add(&full.plain, (const uint8_t *)"a", 1);
    codec_truncates(&full);
    codec_case_fini(&full);
}

/* Each byte of a member damaged: those before and behind it come out. */
static void test_resync(void)
{
    for (unsigned noise = 50; noise <= 800; noise += 750) {
        struct codec_case c = make(0, 500, noise, 2);
        codec_resyncs(&c);
        codec_case_fini(&c);
    }
}

static void read_in_pieces(const struct leat_stage *decoder, const struct sink *packed,
                           size_t piece_max, struct read *ret)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct split_plan plan = { .seed = piece_max, .piece_max = piece_max };
    struct leat_reader *r = leat_memory(&ctx, packed->data, packed->len);
    r = leat_pull(split_reader(r, &plan), decoder, NULL);
    drive_read(r, UINT64_MAX, ret);
    ret->fault.name = NULL;
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

static void same_reads(const struct read *a, const struct read *b)
{
    check_bytes(a->bytes.data, a->bytes.len, b->bytes.data, b->bytes.len);
    check_status(a->status, b->status);
    check(leat_fault_same(&a->fault, &b->fault));
}

/* The last byte before damage comes out, whichever of ISA-L's loops meets it: the fast one, or the
 * one for the end of its input, which says what each symbol becomes. */
static void damage_exactly(size_t len, unsigned damages)
{
    enum { DAMAGE_LEN = 12, SLOW_LEN = 7 };
    struct codec_case c = make(2, len, 30, 2);
    struct random random = { len };
    for (unsigned i = 0; i < damages; i++) {
        uint8_t kept[DAMAGE_LEN];
        struct read fast, slow;
        uint8_t *at = c.packed.data + random_below(&random, c.packed.len - DAMAGE_LEN);
        check_says("damage", i);
        memcpy(kept, at, DAMAGE_LEN);
        for (size_t j = 0; j < DAMAGE_LEN; j++)
            at[j] = (uint8_t)random_next(&random);
        read_in_pieces(c.decoder, &c.packed, SIZE_MAX, &fast);
        read_in_pieces(c.decoder, &c.packed, SLOW_LEN, &slow);
        same_reads(&fast, &slow);
        drive_read_fini(&fast);
        drive_read_fini(&slow);
        memcpy(at, kept, DAMAGE_LEN);
    }
    codec_case_fini(&c);
}

static void test_exact(void)
{
    damage_exactly(30000, 150);
    damage_exactly(700000, 10);
}

/* Where libdeflate is to be had, it decodes what is known to be whole, and copies nothing. */
static void test_whole(void)
{
    struct codec_case c = make(2, 20000, 100, 2);
    struct leat_inflate_options known = { c.packed.len, c.plain.len };
    struct leat_span packed = { c.packed.data, c.packed.len };
    uint8_t *to = malloc(c.plain.len);
    bool there = leat_inflate_whole(packed, to, c.plain.len) == c.packed.len;
    if (there)
        check_bytes(to, c.plain.len, c.plain.data, c.plain.len);
    free(to);
    struct leat_ctx ctx;
    struct read read;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_memory(&ctx, c.packed.data, c.packed.len);
    r = leat_pull(r, c.decoder, &known);
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, c.plain.data, c.plain.len);
    leat_reader_close(r);
    check((ctx.counts.copied[LEAT_CAUSE_CODEC] == 0) == there);
    leat_ctx_fini(&ctx);
    drive_read_fini(&read);
    codec_case_fini(&c);
}

/* What is known of the lengths changes nothing, true or not, whole or damaged. */
static void test_known(void)
{
    struct codec_case c = make(2, 20000, 100, 2);
    size_t packed_len = c.packed.len;
    size_t len = c.plain.len;
    const struct leat_inflate_options claims[] = {
        { packed_len, len },
        { packed_len + 1, len },
        { packed_len - 1, len },
        { packed_len, len + 1 },
        { packed_len, len - 1 },
        { packed_len, UINT64_MAX },
        { UINT64_MAX, len },
        { 0, len },
        { 0, 0 },
    };
    struct read plain, known;
    drive_stage(c.decoder, NULL, c.packed.data, packed_len, UINT64_MAX, &plain);
    check_status(plain.status, LEAT_END);
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        check_says("claim", i);
        drive_stage(c.decoder, &claims[i], c.packed.data, packed_len, UINT64_MAX, &known);
        same_reads(&known, &plain);
        drive_read_fini(&known);
    }
    drive_read_fini(&plain);
    for (size_t bit = 0; bit < 8 * packed_len; bit += 37) {
        check_says("bit", bit);
        c.packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        drive_stage(c.decoder, NULL, c.packed.data, packed_len, UINT64_MAX, &plain);
        drive_stage(c.decoder, &claims[0], c.packed.data, packed_len, UINT64_MAX, &known);
        same_reads(&known, &plain);
        drive_read_fini(&known);
        drive_read_fini(&plain);
        c.packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    codec_case_fini(&c);
}

/* What is wrong, and at which byte. */
static void test_faults(void)
{
    static const struct {
        size_t at;
        uint8_t flip;
        enum leat_fault_code code;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { 0, 1, LEAT_FAULT_CORRUPT, "no gzip data", 0 },
        { 1, 1, LEAT_FAULT_CORRUPT, "no gzip data", 0 },
        { 2, 1, LEAT_FAULT_UNSUPPORTED, "unknown method", 2 },
        { 3, 0x80, LEAT_FAULT_UNSUPPORTED, "unknown flags", 3 },
        { 4, 1, LEAT_FAULT_CHECKSUM, "wrong header checksum", 20 },
        { 20, 1, LEAT_FAULT_CHECKSUM, "wrong header checksum", 20 },
        { 22, 4, LEAT_FAULT_CORRUPT, "bad block header", 23 },
        { 25, 1, LEAT_FAULT_CHECKSUM, "wrong checksum", 25 },
        { 29, 1, LEAT_FAULT_CHECKSUM, "wrong length", 29 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        uint8_t bad[sizeof(full_member)];
        struct read read;
        check_says("fault", i);
        memcpy(bad, full_member, sizeof(bad));
        bad[faults[i].at] ^= faults[i].flip;
        drive_stage(&leat_stage_gunzip, NULL, bad, sizeof(bad), UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, faults[i].code);
        check_text(read.fault.reason, faults[i].reason);
        check_equal(read.fault.offset, faults[i].offset);
        drive_read_fini(&read);
    }
}

#define PYTHON(code)                                                                               \
    "python3 -c 'import sys,zlib,gzip; i=sys.stdin.buffer.read(); o=sys.stdout.buffer; " code "'"

static void test_tools(void)
{
    static const struct {
        size_t codec;
        const char *packs;
        const char *unpacks;
    } tools[] = {
        { 0, "gzip -1c", "gzip -dc" },
        { 0, "gzip -9c", "gzip -dcv" },
        { 0, PYTHON("o.write(gzip.compress(i,0))"), PYTHON("o.write(gzip.decompress(i))") },
        { 1, PYTHON("o.write(zlib.compress(i))"), PYTHON("o.write(zlib.decompress(i))") },
        { 2, PYTHON("o.write(zlib.compress(i)[2:-4])"), PYTHON("o.write(zlib.decompress(i,-15))") },
    };
    static const size_t lens[] = { 0, 100, 1000000 };
    for (size_t i = 0; i < 3 * sizeof(tools) / sizeof(tools[0]); i++) {
        size_t codec = tools[i / 3].codec;
        struct leat_gzip_options options = { .level = (int)(i % (LEAT_GZIP_LEVEL_MAX + 1)) };
        codec_reads_tool(codecs[codec].decoder, tools[i / 3].packs, lens[i % 3]);
        codec_read_by_tool(codecs[codec].encoder, &options, tools[i / 3].unpacks, lens[i % 3]);
    }
}

/* From memory to the reader's window nothing is copied but by ISA-L: its history, each window. */
static void test_ledger(void)
{
    struct codec_case c = make(0, 9000000, 20, 1);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_gunzip(leat_memory(&ctx, c.packed.data, c.packed.len));
    uint64_t done;
    check(leat_skip(r, c.plain.len, &done) == LEAT_OK);
    leat_reader_close(r);
    uint64_t codec = ctx.counts.copied[LEAT_CAUSE_CODEC];
    check(leat_counts_copied(&ctx.counts) == codec);
    check(codec > 0);
    check(codec < c.plain.len / 7);
    leat_ctx_fini(&ctx);
    codec_case_fini(&c);
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_gzip;
    for (size_t len = 0; len < format->probe_max; len++)
        check(format->probe(full_member, len) == LEAT_MATCH_MORE);
    check(format->probe(full_member, 4) == LEAT_MATCH_YES);
    check(format->probe((const uint8_t *)"\x1f\x8b\x08\x20", 4) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"text", 4) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"\x1f!", 2) == LEAT_MATCH_NO);
}

/* Headers and first blocks that can be, and those that differ from them by a bit. */
static void test_zlib_probe(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum leat_match match;
    } probes[] = {
        { "x", 1, LEAT_MATCH_MORE },
        { "\x78\x9c", 2, LEAT_MATCH_MORE },
        { "\x78\x9d", 2, LEAT_MATCH_NO },
        { "\x79\x9c", 2, LEAT_MATCH_NO },
        { "\x88\x1c", 2, LEAT_MATCH_NO },
        { "\x78\xbb", 2, LEAT_MATCH_NO },
        { "\x78\x9c\x03", 3, LEAT_MATCH_YES },
        { "\x78\x9c\x07", 3, LEAT_MATCH_NO },
        { "\x78\x9c\xed", 3, LEAT_MATCH_MORE },
        { "\x78\x9c\xed\x5d", 4, LEAT_MATCH_YES },
        { "\x78\x9c\xed\x5e", 4, LEAT_MATCH_NO },
        { "\x78\x9c\xf5\x5d", 4, LEAT_MATCH_NO },
        { "\x78\x01\x01\x05\x00\xfa", 6, LEAT_MATCH_MORE },
        { "\x78\x01\x01\x05\x00\xfa\xff", 7, LEAT_MATCH_YES },
        { "\x78\x01\x01\x05\x00\xfa\xfe", 7, LEAT_MATCH_NO },
        { "x and so", 8, LEAT_MATCH_NO },
    };
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        check_says("probe", i);
        check_equal(leat_format_zlib.probe((const uint8_t *)probes[i].bytes, probes[i].len),
                    probes[i].match);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_zlib_probe);
    check_run(test_faults);
    check_run(test_members);
    check_run(test_codecs);
    check_run(test_damage);
    check_run(test_exact);
    check_run(test_whole);
    check_run(test_known);
    check_run(test_resync);
    check_run(test_ledger);
    check_run(test_tools);
    return 0;
}
