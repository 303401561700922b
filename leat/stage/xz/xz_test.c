/* Shows that xz, lzma and lzip decode whatever way the input is cut, name what is wrong and where,
 * leave what is not theirs, and understand the real tools and are understood by them. */

#include <lzma.h>
#include <string.h>

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/xz/xz.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

enum { XZ, LZMA, LZIP, CODECS };

static const struct {
    const struct leat_format *format;
    bool checked;
} codecs[CODECS] = {
    [XZ] = { &leat_format_xz, true },
    [LZMA] = { &leat_format_lzma, false },
    [LZIP] = { &leat_format_lzip, true },
};

static struct codec_case make(size_t i, size_t len, unsigned noise, int level)
{
    struct leat_xz_options options = { .level = level, .extreme = len % 2 };
    struct codec_case c = {
        .name = codecs[i].format->name,
        .decoder = codecs[i].format->decoder,
        .checked = codecs[i].checked,
    };
    codec_text(&c.plain, len, len + noise, noise);
    codec_pack(codecs[i].format->encoder, &options, &c.plain, &c.packed);
    return c;
}

static void test_codecs(void)
{
    static const struct {
        size_t len;
        unsigned noise;
        int level;
    } cases[] = {
        { 0, 0, 1 }, { 1, 0, -1 }, { 1001, 30, 2 }, { 200000, 1000, 1 }, { 300000, 100, -5 },
    };
    for (size_t i = 0; i < CODECS; i++) {
        for (size_t l = 0; l < sizeof(cases) / sizeof(cases[0]); l++) {
            struct leat_xz_options options = { .level = cases[l].level };
            struct codec_case c = make(i, cases[l].len, cases[l].noise, cases[l].level);
            codec_cuts(&c);
            if (i == XZ && cases[l].len <= 200000)
                codec_round_trip(&c, &leat_stage_xz, &options);
            codec_case_fini(&c);
        }
    }
}

static void test_damage(void)
{
    for (size_t i = 0; i < CODECS; i++) {
        for (unsigned noise = 50; noise <= 800; noise += 750) {
            struct codec_case c = make(i, 500, noise, -1);
            codec_truncates(&c);
            codec_flips(&c);
            codec_leaves(&c, "garbage", 7);
            codec_leaves(&c, "x", 1);
            codec_lacks_memory(&c, codecs[i].format->encoder);
            codec_case_fini(&c);
        }
    }
}

/* --- Streams, and the padding between --- */

static void add_zeros(struct sink *sink, size_t len)
{
    static const uint8_t zeros[64];
    check(len <= sizeof(zeros));
    sink_add(sink, zeros, len);
}

static void test_streams(void)
{
    struct codec_case c = { .name = "streams", .decoder = &leat_stage_unxz, .checked = true };
    for (size_t i = 0; i < 4; i++) {
        struct codec_case more = make(XZ, i * i * 300, 50, -1);
        sink_add(&c.packed, more.packed.data, more.packed.len);
        add_zeros(&c.packed, i * 4);
        sink_add(&c.plain, more.plain.data, more.plain.len);
        codec_case_fini(&more);
    }
    codec_cuts(&c);
    codec_flips(&c);
    codec_leaves(&c, "\xfd.", 2);
    codec_leaves(&c, "text", 4);
    codec_case_fini(&c);

    c = (struct codec_case){ .name = "members", .decoder = &leat_stage_unlzip, .checked = true };
    for (size_t i = 0; i < 4; i++) {
        struct codec_case more = make(LZIP, i * i * 300, 50, -1);
        sink_add(&c.packed, more.packed.data, more.packed.len);
        sink_add(&c.plain, more.plain.data, more.plain.len);
        codec_case_fini(&more);
    }
    codec_cuts(&c);
    codec_flips(&c);
    codec_leaves(&c, "\0\0\0\0", 4);
    codec_leaves(&c, "L...", 4);
    codec_case_fini(&c);
}

/* What follows a stream or a member, and is neither one nor nothing of the kind. */
static void test_follows(void)
{
    static const struct {
        size_t codec;
        const char *rest;
        size_t rest_len;
        enum leat_fault_code code;
        const char *reason;
        size_t offset;
    } rests[] = {
        { XZ, "\0\0\0", 3, LEAT_FAULT_TRUNCATED, "unexpected end of input", 3 },
        { XZ, "\0\0\0\0\0x", 6, LEAT_FAULT_CORRUPT, "padding is no multiple of four bytes", 4 },
        { XZ,
          "\xfd"
          "7z",
          3, LEAT_FAULT_TRUNCATED, "unexpected end of input", 3 },
        { XZ,
          "\xfd"
          "7zXX...",
          8, LEAT_FAULT_CORRUPT, "bad stream header", 0 },
        { XZ,
          "\0\0\0\0\xfd"
          "8zXZ...",
          12, LEAT_FAULT_CORRUPT, "bad stream header", 4 },
        { LZIP, "LZ", 2, LEAT_FAULT_TRUNCATED, "unexpected end of input", 2 },
        { LZIP, "LZ......", 8, LEAT_FAULT_CORRUPT, "bad member header", 0 },
        { LZIP, "LZIP\2\14", 6, LEAT_FAULT_UNSUPPORTED, "unknown version", 4 },
        { LZIP, "LZIP\1\1", 6, LEAT_FAULT_CORRUPT, "bad dictionary size", 5 },
    };
    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
        struct codec_case c = make(rests[i].codec, 100, 0, -1);
        struct read read;
        check_says("rest", i);
        size_t len = c.packed.len;
        sink_add(&c.packed, (const uint8_t *)rests[i].rest, rests[i].rest_len);
        drive_stage(c.decoder, NULL, c.packed.data, c.packed.len, UINT64_MAX, &read);
        check_bytes(read.bytes.data, read.bytes.len, c.plain.data, c.plain.len);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, rests[i].code);
        check_text(read.fault.reason, rests[i].reason);
        check_equal(read.fault.offset, len + rests[i].offset);
        drive_read_fini(&read);
        codec_case_fini(&c);
    }
}

/* --- What is wrong, and at which byte --- */

/* Where the pieces of an .xz are that holds one byte, stored. */
enum {
    BLOCK_AT = 12,
    DATA_AT = 24,
    CHECK_AT = 32,
    INDEX_AT = 40,
    FOOTER_AT = 48,
    XZ_LEN = 60,
    XZ_CRC_LEN = 4,
};

struct damage {
    size_t at;
    uint8_t flip;
    enum leat_fault_code code;
    const char *reason;
    uint64_t offset;
};

static void is_found(const struct codec_case *c, const uint8_t *bad, const struct damage *damage)
{
    struct read read;
    drive_stage(c->decoder, NULL, bad, c->packed.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, damage->code);
    check_text(read.fault.reason, damage->reason);
    check_equal(read.fault.offset, damage->offset);
    drive_read_fini(&read);
}

static void test_xz_faults(void)
{
    static const struct damage faults[] = {
        { 0, 1, LEAT_FAULT_CORRUPT, "no xz data", 0 },
        { 6, 1, LEAT_FAULT_CHECKSUM, "wrong header checksum", 8 },
        { 8, 1, LEAT_FAULT_CHECKSUM, "wrong header checksum", 8 },
        { BLOCK_AT + 1, 1, LEAT_FAULT_CHECKSUM, "wrong block header checksum", 20 },
        { BLOCK_AT + 9, 1, LEAT_FAULT_CHECKSUM, "wrong block header checksum", 20 },
        { DATA_AT, 0x70, LEAT_FAULT_CORRUPT, "bad data", DATA_AT + 1 },
        { DATA_AT + 3, 1, LEAT_FAULT_CHECKSUM, "wrong checksum", CHECK_AT },
        { DATA_AT + 6, 1, LEAT_FAULT_CORRUPT, "bad end of block", DATA_AT + 7 },
        { CHECK_AT, 1, LEAT_FAULT_CHECKSUM, "wrong checksum", CHECK_AT },
        { CHECK_AT + 7, 1, LEAT_FAULT_CHECKSUM, "wrong checksum", CHECK_AT },
        { INDEX_AT + 1, 2, LEAT_FAULT_CORRUPT, "bad index", INDEX_AT + 2 },
        { FOOTER_AT, 1, LEAT_FAULT_CHECKSUM, "wrong footer checksum", FOOTER_AT },
        { FOOTER_AT + 4, 1, LEAT_FAULT_CHECKSUM, "wrong footer checksum", FOOTER_AT },
        { FOOTER_AT + 10, 1, LEAT_FAULT_CORRUPT, "bad stream footer", FOOTER_AT + 10 },
    };
    struct codec_case c = make(XZ, 1, 0, 0);
    check_equal(c.packed.len, XZ_LEN);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        check_says("fault", i);
        c.packed.data[faults[i].at] ^= faults[i].flip;
        is_found(&c, c.packed.data, &faults[i]);
        c.packed.data[faults[i].at] ^= faults[i].flip;
    }
    codec_case_fini(&c);
}

/* The same where the headers' own checksums are right. */
static void test_xz_sealed(void)
{
    static const struct damage faults[] = {
        { 6, 1, LEAT_FAULT_UNSUPPORTED, "unknown flags", 6 },
        { 7, 0x10, LEAT_FAULT_UNSUPPORTED, "unknown flags", 6 },
        { BLOCK_AT + 1, 4, LEAT_FAULT_UNSUPPORTED, "unknown filter", BLOCK_AT },
        { BLOCK_AT + 2, 0x10, LEAT_FAULT_UNSUPPORTED, "unknown filter", BLOCK_AT },
        { BLOCK_AT + 4, 0x3f, LEAT_FAULT_UNSUPPORTED, "unknown filter", BLOCK_AT },
        { BLOCK_AT + 4, 0x3e, LEAT_FAULT_BOUND, "dictionary larger than the limit", BLOCK_AT },
        { FOOTER_AT + 4, 3, LEAT_FAULT_CORRUPT, "footer of another stream", FOOTER_AT },
        { FOOTER_AT + 9, 1, LEAT_FAULT_CORRUPT, "footer of another stream", FOOTER_AT },
    };
    struct codec_case c = make(XZ, 1, 0, 0);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        uint8_t bad[XZ_LEN];
        check_says("fault", i);
        memcpy(bad, c.packed.data, XZ_LEN);
        bad[faults[i].at] ^= faults[i].flip;
        leat_store_u32le(bad + 8, lzma_crc32(bad + 6, 2, 0));
        leat_store_u32le(bad + FOOTER_AT, lzma_crc32(bad + FOOTER_AT + 4, 6, 0));
        leat_store_u32le(bad + DATA_AT - XZ_CRC_LEN, lzma_crc32(bad + BLOCK_AT, 8, 0));
        is_found(&c, bad, &faults[i]);
    }
    codec_case_fini(&c);
}

static void test_lzma_faults(void)
{
    static const struct damage faults[] = {
        { 0, 0xa0, LEAT_FAULT_CORRUPT, "no lzma data", 0 },
        { 0, 0x55, LEAT_FAULT_UNSUPPORTED, "unknown filter", 0 },
        { 4, 0x80, LEAT_FAULT_BOUND, "dictionary larger than the limit", 0 },
        { 13, 1, LEAT_FAULT_CORRUPT, "bad data", 13 },
    };
    struct codec_case c = make(LZMA, 1, 0, 0);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        check_says("fault", i);
        c.packed.data[faults[i].at] ^= faults[i].flip;
        is_found(&c, c.packed.data, &faults[i]);
        c.packed.data[faults[i].at] ^= faults[i].flip;
    }
    codec_case_fini(&c);
}

static void test_lzip_faults(void)
{
    struct codec_case c = make(LZIP, 1, 0, 0);
    size_t trailer = c.packed.len - 20;
    const struct damage faults[] = {
        { 1, 1, LEAT_FAULT_CORRUPT, "no lzip data", 0 },
        { 4, 2, LEAT_FAULT_UNSUPPORTED, "unknown version", 4 },
        { 5, 0x1f, LEAT_FAULT_CORRUPT, "bad dictionary size", 5 },
        { 5, 0x0a, LEAT_FAULT_BOUND, "dictionary larger than the limit", 5 },
        { 6, 1, LEAT_FAULT_CORRUPT, "bad data", 6 },
        { trailer, 1, LEAT_FAULT_CHECKSUM, "wrong checksum", trailer },
        { trailer + 4, 1, LEAT_FAULT_CHECKSUM, "wrong length", trailer + 4 },
        { trailer + 12, 1, LEAT_FAULT_CHECKSUM, "wrong member length", trailer + 12 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        check_says("fault", i);
        c.packed.data[faults[i].at] ^= faults[i].flip;
        is_found(&c, c.packed.data, &faults[i]);
        c.packed.data[faults[i].at] ^= faults[i].flip;
    }
    codec_case_fini(&c);
}

/* Members of version 0 say nothing of their own length. */
static void test_old_lzip(void)
{
    enum { VERSION_AT = 4, MEMBER_LEN_LEN = 8 };
    struct codec_case c = make(LZIP, 100, 0, 0);
    struct sink two = { 0 };
    struct read read;
    c.packed.data[VERSION_AT] = 0;
    for (unsigned i = 0; i < 2; i++)
        sink_add(&two, c.packed.data, c.packed.len - MEMBER_LEN_LEN);
    check(leat_format_lzip.probe(two.data, two.len) == LEAT_MATCH_YES);
    drive_stage(&leat_stage_unlzip, NULL, two.data, two.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_equal(read.bytes.len, 200);
    check(memcmp(read.bytes.data, c.plain.data, 100) == 0);
    check(memcmp(read.bytes.data + 100, c.plain.data, 100) == 0);
    drive_read_fini(&read);
    two.data[two.len - MEMBER_LEN_LEN] ^= 1;
    drive_stage(&leat_stage_unlzip, NULL, two.data, two.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_text(read.fault.reason, "wrong length");
    drive_read_fini(&read);
    sink_fini(&two);
    codec_case_fini(&c);
}

/* A check that nobody knows: all is read, also of the next stream, and then it is said. */
static void test_unknown_check(void)
{
    enum { CHECK_UNKNOWN = 9, FLAGS = 7, FOOTER_FLAGS = 9 };
    struct codec_case c = make(XZ, 1, 0, -1);
    struct read read;
    /* The ninth is 16 bytes long, so twice what is there now. */
    uint8_t bytes[XZ_LEN + 8] = { 0 };
    memcpy(bytes, c.packed.data, INDEX_AT);
    memcpy(bytes + INDEX_AT + 8, c.packed.data + INDEX_AT, XZ_LEN - INDEX_AT);
    uint8_t *index = bytes + INDEX_AT + 8;
    uint8_t *footer = bytes + FOOTER_AT + 8;
    bytes[FLAGS] = footer[FOOTER_FLAGS] = CHECK_UNKNOWN;
    index[2] += 8; /* the block's length */
    leat_store_u32le(bytes + 8, lzma_crc32(bytes + 6, 2, 0));
    leat_store_u32le(index + 4, lzma_crc32(index, 4, 0));
    leat_store_u32le(footer, lzma_crc32(footer + 4, 6, 0));
    struct sink two = { 0 };
    sink_add(&two, bytes, sizeof(bytes));
    sink_add(&two, c.packed.data, c.packed.len);
    drive_stage(&leat_stage_unxz, NULL, two.data, two.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_UNSUPPORTED);
    check_text(read.fault.reason, "unknown check, not verified");
    check_equal(read.fault.offset, 6);
    check_equal(read.bytes.len, 2);
    check(read.bytes.data[0] == c.plain.data[0] && read.bytes.data[1] == c.plain.data[0]);
    drive_read_fini(&read);
    sink_fini(&two);
    codec_case_fini(&c);
}

/* --- Memory --- */

/* Read with a limit of 1 MiB; say what memory that took. */
static uint64_t read_within(const struct codec_case *c, struct read *ret)
{
    struct memory memory;
    struct leat_ctx ctx;
    memory_init(&memory);
    struct leat_ctx_options options = { .alloc = memory.alloc,
                                        .limits = { .window_max = 1 * LEAT_MIB } };
    leat_ctx_init(&ctx, &options);
    struct leat_reader *r = leat_memory(&ctx, c->packed.data, c->packed.len);
    r = leat_pull(r, c->decoder, NULL);
    drive_read(r, UINT64_MAX, ret);
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
    return memory.live_bytes_max;
}

/* A dictionary over the limit is never asked for; one that the size makes small is. */
static void test_limit(void)
{
    for (size_t i = 0; i < CODECS; i++) {
        struct codec_case c = make(i, 1000, 50, 6);
        struct read read;
        check_says("codec", i);
        check(read_within(&c, &read) < LEAT_MIB);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, LEAT_FAULT_BOUND);
        drive_read_fini(&read);
        codec_case_fini(&c);
    }
    struct codec_case c = make(LZMA, 1000, 50, 6);
    struct read read;
    leat_store_u64le(c.packed.data + 5, 1000);
    check(read_within(&c, &read) < LEAT_MIB);
    check(read.status == LEAT_END || read.fault.code != LEAT_FAULT_BOUND);
    check_bytes(read.bytes.data, read.bytes.len, c.plain.data, c.plain.len);
    drive_read_fini(&read);
    codec_case_fini(&c);
}

/* From memory to the reader's window each byte is copied once, out of liblzma's dictionary. */
static void test_ledger(void)
{
    for (size_t i = 0; i < CODECS; i++) {
        struct codec_case c = make(i, 3000000, 20, -1);
        struct leat_ctx ctx;
        leat_ctx_init(&ctx, NULL);
        struct leat_reader *r = leat_memory(&ctx, c.packed.data, c.packed.len);
        r = leat_pull(r, c.decoder, NULL);
        uint64_t done;
        check(leat_skip(r, c.plain.len, &done) == LEAT_OK);
        leat_reader_close(r);
        check_equal(ctx.counts.copied[LEAT_CAUSE_CODEC], c.plain.len);
        check_equal(leat_counts_copied(&ctx.counts), c.plain.len);
        leat_ctx_fini(&ctx);
        codec_case_fini(&c);
    }
}

/* --- Real tools --- */

static void test_tools(void)
{
    static const struct {
        size_t codec;
        const char *packs, *unpacks;
        size_t len;
    } tools[] = {
        { XZ, "xz -c0", "xz -dc", 2000000 },
        { XZ, "xz -c1 -C sha256 -T2 --block-size=100000", "xz -dcq", 1000000 },
        { XZ, "xz -c9e -C none", "xz -dc -T2", 100000 },
        { XZ, "xz -c -C crc32 --block-size=10000", "7z x -txz -si -so", 200000 },
        { XZ, "xz -c --x86 --lzma2=dict=64KiB", "xz -dc", 1000000 },
        { XZ, "xz -c --delta=dist=3 --arm --powerpc --lzma2=lc=4,pb=0", "xz -dc", 300000 },
        { XZ, "xz -c", "xz -dc", 0 },
        { XZ, "xz -c", "xz -dc", 1 },
        { LZMA, "xz -c0 --format=lzma", "xz -dc --format=lzma", 2000000 },
        { LZMA, "xz -c9 --format=lzma", "xz -dc --format=lzma", 1000000 },
        { LZMA, "xz -c --format=lzma --lzma1=lc=0,lp=4,pb=4", "xz -dc", 1000 },
        { LZMA, "xz -c --format=lzma", "7z x -tlzma -si -so", 1 },
        { LZMA, "xz -c --format=lzma", "xz -dc --format=lzma", 0 },
        { LZIP, "lzip -c0", "lzip -dc", 2000000 },
        { LZIP, "lzip -c9", "lzip -dc", 1000000 },
        { LZIP, "lzip -c -b 100000 -s 5000", "xz -dc", 500000 },
        { LZIP, "lzip -c", "lzip -dc", 1 },
        { LZIP, "lzip -c", "lzip -dc", 0 },
    };
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        const struct leat_format *format = codecs[tools[i].codec].format;
        struct leat_xz_options options = { .level = tools[i].len > 1000 ? -1 : (int)i % 10 };
        codec_reads_tool(format->decoder, tools[i].packs, tools[i].len);
        codec_read_by_tool(format->encoder, &options, tools[i].unpacks, tools[i].len);
    }
}

/* --- Probes --- */

static void test_probe(void)
{
    static const struct {
        const char *bytes;
        enum leat_match match;
    } lzmas[] = {
        { "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0", LEAT_MATCH_YES },
        { "\x5d\0\0\xc0\0\7\0\0\0\0\0\0\0\0", LEAT_MATCH_YES },
        { "\x5d\xff\xff\xff\xff\7\0\0\0\0\0\0\0\0", LEAT_MATCH_YES },
        { "\x5d\0\0\xe0\0\7\0\0\0\0\0\0\0\0", LEAT_MATCH_NO },
        { "\x5d\0\0\0\0\7\0\0\0\0\0\0\0\0", LEAT_MATCH_NO },
        { "\x5d\0\0\4\0\7\0\0\0\0\0\0\0\0", LEAT_MATCH_YES },
        { "\x5d\0\0\4\0\7\0\0\0\0\0\0\0\1", LEAT_MATCH_NO },
        { "\x5d\0\0\4\0\7\0\0\0\x40\0\0\0\0", LEAT_MATCH_NO },
        { "\xe1\0\0\4\0\7\0\0\0\0\0\0\0\0", LEAT_MATCH_NO },
        { "\0\1\0\0\0\7\0\0\0\0\0\0\0\0", LEAT_MATCH_NO },
        { "\4\1\0\0\0\7\0\0\0\0\0\0\0\0", LEAT_MATCH_NO },
    };
    for (size_t i = 0; i < sizeof(lzmas) / sizeof(lzmas[0]); i++) {
        check_says("probe", i);
        check_equal(leat_format_lzma.probe((const uint8_t *)lzmas[i].bytes, 14), lzmas[i].match);
    }
    check(leat_format_lzip.probe((const uint8_t *)"LZIP\1", 5) == LEAT_MATCH_MORE);
    check(leat_format_lzip.probe((const uint8_t *)"LZIP\1\14", 6) == LEAT_MATCH_YES);
    check(leat_format_lzip.probe((const uint8_t *)"LZIP\2\14", 6) == LEAT_MATCH_NO);
    check(leat_format_lzip.probe((const uint8_t *)"LZIP\1\13", 6) == LEAT_MATCH_NO);
    check(leat_format_xz.probe((const uint8_t *)"\xfd"
                                                "7zXZ",
                               5) == LEAT_MATCH_MORE);
    check(leat_format_xz.probe((const uint8_t *)"\xfd"
                                                "7zXZ",
                               6) == LEAT_MATCH_YES);
    check(leat_format_xz.probe((const uint8_t *)"\xfd"
                                                "7zYZ",
                               6) == LEAT_MATCH_NO);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_follows);
    check_run(test_xz_faults);
    check_run(test_xz_sealed);
    check_run(test_lzma_faults);
    check_run(test_lzip_faults);
    check_run(test_old_lzip);
    check_run(test_unknown_check);
    check_run(test_limit);
    check_run(test_streams);
    check_run(test_codecs);
    check_run(test_damage);
    check_run(test_ledger);
    check_run(test_tools);
    return 0;
}
