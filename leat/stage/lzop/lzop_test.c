/* Shows that .lzo files decode whatever way the input is cut, that headers of all kinds are read,
 * what is wrong is named with its place, reading goes on behind it at the next block or member, and
 * that leat and lzop(1) read each other, down to the same bytes. */

#include <stdlib.h>
#include <string.h>

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/lzop/header.h"
#include "leat/stage/lzop/lzop.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

enum { BLOCK = 256 * 1024, WORD = LEAT_LZOP_WORD_LEN, HEADER = 38, HEAD = 3 * WORD };

static struct codec_case make(size_t len, unsigned noise, int level)
{
    struct leat_lzop_options options = { .level = level };
    struct codec_case c = { .name = "lzop", .decoder = &leat_stage_unlzop, .checked = true };
    codec_text(&c.plain, len, len + noise, noise);
    codec_pack(&leat_stage_lzop, &options, &c.plain, &c.packed);
    return c;
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
        { 1000, 30, 9 },
        { BLOCK - 1, 20, 1 },
        { BLOCK, 20, 3 },
        { BLOCK + 1, 20, 6 },
        { 3 * BLOCK, 1000, 0 },
        { 300000, 5, 7 },
        { BLOCK + 999, 100, 1000 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct leat_lzop_options options = { .level = cases[i].level };
        struct codec_case c = make(cases[i].len, cases[i].noise, cases[i].level);
        codec_cuts(&c);
        codec_round_trip(&c, &leat_stage_lzop, &options);
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
        codec_leaves(&c, "\x89LZO\n", 5);
        codec_lacks_memory(&c, &leat_stage_lzop);
        codec_resyncs(&c);
        codec_case_fini(&c);
    }
}

/* --- Headers --- */

/* What a header is to have. */
struct want {
    unsigned version, needed, method;
    uint32_t flags, filter;
    const char *name;
};

static void add(struct sink *sink, size_t len, uint64_t value)
{
    while (len-- > 0)
        sink_add(sink, &(uint8_t){ (uint8_t)(value >> 8 * len) }, 1);
}

static uint32_t sum_of(bool crc32, const uint8_t *data, size_t len)
{
    return leat_lzop_sum(crc32, leat_lzop_sum_start(crc32), data, len);
}

static void add_header(struct sink *sink, const struct want *want)
{
    bool first = want->version < LEAT_LZOP_VERSION_LEVELS;
    const char *name = want->name != NULL ? want->name : "";
    sink_add(sink, (const uint8_t *)LEAT_LZOP_MAGIC, LEAT_LZOP_MAGIC_LEN);
    size_t at = sink->len;
    add(sink, 2, want->version);
    add(sink, 2, 0x20a0);
    add(sink, first ? 0 : 2, want->needed);
    add(sink, 1, want->method);
    add(sink, first ? 0 : 1, 5);
    add(sink, 4, want->flags);
    add(sink, want->flags & LEAT_LZOP_FILTERED ? 4 : 0, want->filter);
    add(sink, 4, 0100644);
    add(sink, first ? 4 : 8, 1000000000);
    add(sink, 1, strlen(name));
    sink_add(sink, (const uint8_t *)name, strlen(name));
    add(sink, 4, sum_of(want->flags & LEAT_LZOP_HEADER_CRC32, sink->data + at, sink->len - at));
}

static void add_extra(struct sink *sink, bool crc32, size_t len)
{
    size_t at = sink->len;
    add(sink, 4, len);
    codec_text(sink, len, len, 100);
    add(sink, 4, sum_of(crc32, sink->data + at, sink->len - at));
}

/* A block that is stored, with the sums that the flags name. */
static void add_stored(struct sink *sink, uint32_t flags, struct leat_span bytes)
{
    add(sink, 4, bytes.len);
    add(sink, 4, bytes.len);
    if (flags & LEAT_LZOP_ADLER32)
        add(sink, 4, sum_of(false, bytes.data, bytes.len));
    if (flags & LEAT_LZOP_CRC32)
        add(sink, 4, sum_of(true, bytes.data, bytes.len));
    sink_add(sink, bytes.data, bytes.len);
}

#define ALL_SUMS                                                                                   \
    (LEAT_LZOP_ADLER32 | LEAT_LZOP_PACKED_ADLER32 | LEAT_LZOP_CRC32 | LEAT_LZOP_PACKED_CRC32)

/* Of every release, with all that there may be in one, one behind the other. */
static void test_headers(void)
{
    static char name[256];
    static const struct want wants[] = {
        { 0x0900, 0, 1, 0, 0, NULL },
        { 0x0930, 0, 2, LEAT_LZOP_ADLER32, 0, "a name" },
        { 0x0940, 0x0940, 3, LEAT_LZOP_UNIX | LEAT_LZOP_CRC32, 0, name },
        { 0x1040, 0x0950, 1, LEAT_LZOP_FILTERED, 0, name },
        { 0x1040, 0x1001, 1, LEAT_LZOP_HEADER_CRC32 | LEAT_LZOP_EXTRA | ALL_SUMS, 0, "x" },
        { 0x1789, 0x0940, 1, LEAT_LZOP_EXTRA | LEAT_LZOP_PACKED_ADLER32, 0, NULL },
    };
    struct codec_case c = { .name = "headers", .decoder = &leat_stage_unlzop };
    memset(name, 'n', sizeof(name) - 1);
    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
        uint32_t flags = wants[i].flags;
        size_t at = c.plain.len;
        codec_text(&c.plain, 100 + i * 1000, i, 100);
        struct leat_span bytes = { c.plain.data + at, c.plain.len - at };
        add_header(&c.packed, &wants[i]);
        if (flags & LEAT_LZOP_EXTRA)
            add_extra(&c.packed, flags & LEAT_LZOP_HEADER_CRC32, i * 10000 - 40000);
        add_stored(&c.packed, flags, bytes);
        add(&c.packed, 4, 0);
    }
    codec_cuts(&c);
    codec_case_fini(&c);
}

/* What fills up a tape is no fault, and what is behind that is left alone, though it be a member.
 */
static void test_padding(void)
{
    static const uint8_t zeros[2000];
    struct codec_case c = make(1000, 30, 3);
    size_t len = c.packed.len;
    sink_add(&c.packed, zeros, sizeof(zeros));
    codec_cuts(&c);
    codec_leaves(&c, "garbage", 7);
    codec_leaves(&c, c.packed.data, len);
    codec_case_fini(&c);
}

/* --- Faults --- */

static const struct want plain_want = { 0x1040, 0x0940, 1, LEAT_LZOP_ADLER32, 0, NULL };

static void check_fault(const struct sink *bytes, enum leat_fault_code code, const char *reason,
                        uint64_t offset)
{
    struct read read;
    check_says_text("fault", reason);
    drive_stage(&leat_stage_unlzop, NULL, bytes->data, bytes->len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_text(read.fault.reason, reason);
    check_equal(read.fault.code, code);
    check_equal(read.fault.offset, offset);
    drive_read_fini(&read);
}

static void test_header_faults(void)
{
    static const struct {
        struct want want;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { { 0x0890, 0, 1, 0, 0, NULL }, "unknown version", 9 },
        { { 0x1050, 0x1041, 1, 0, 0, NULL }, "unknown version", 9 },
        { { 0x1040, 0x0940, 0, 0, 0, NULL }, "packed by a method that is not known", 15 },
        { { 0x0930, 0, 128, 0, 0, NULL }, "packed by a method that is not known", 13 },
        { { 0x1040, 0x0940, 1, 0x4000, 0, NULL }, "unknown flags", 17 },
        { { 0x1040, 0x0950, 1, LEAT_LZOP_FILTERED, 17, "x" }, "unknown filter", 21 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct sink bytes = { 0 };
        add_header(&bytes, &faults[i].want);
        check_fault(&bytes, LEAT_FAULT_UNSUPPORTED, faults[i].reason, faults[i].offset);
        bytes.data[10] ^= 1;
        check_fault(&bytes, LEAT_FAULT_CHECKSUM, "wrong header checksum", bytes.len - 4);
        sink_fini(&bytes);
    }
    struct sink text = { (uint8_t *)(uintptr_t) "\x89LZX", 4, 4 };
    check_fault(&text, LEAT_FAULT_CORRUPT, "no lzop data", 0);
}

static void test_extra_fault(void)
{
    struct want want = plain_want;
    struct sink bytes = { 0 };
    want.flags |= LEAT_LZOP_EXTRA;
    add_header(&bytes, &want);
    add_extra(&bytes, false, 50);
    bytes.data[HEADER + 10] ^= 1;
    check_fault(&bytes, LEAT_FAULT_CHECKSUM, "wrong checksum of the extra field", bytes.len - 4);
    sink_fini(&bytes);
}

static void test_length_faults(void)
{
    static const uint32_t lengths[][2] = {
        { 0xffffffff, 0xffffffff }, { 64 * LEAT_MIB + 1, 64 * LEAT_MIB + 1 }, { 10, 0 }, { 10, 11 },
        { 1000000, 1000 },
    };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct sink bytes = { 0 };
        add_header(&bytes, &plain_want);
        add(&bytes, 4, lengths[i][0]);
        add(&bytes, 4, lengths[i][1]);
        check_fault(&bytes, LEAT_FAULT_CORRUPT, "bad block length", HEADER);
        sink_fini(&bytes);
    }
}

/* Of each sum, and of what it is of, in a block with all four. */
static void test_block_faults(void)
{
    static const struct {
        size_t at; /* in the block */
        const char *reason;
        size_t told_at;
    } faults[] = {
        { 8, "wrong checksum", 8 },         { 12, "wrong checksum", 12 },
        { 16, "wrong block checksum", 16 }, { 20, "wrong block checksum", 20 },
        { 30, "wrong block checksum", 16 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct want want = plain_want;
        struct codec_case c = make(300, 0, 3);
        struct sink bytes = { 0 };
        struct leat_span packed = { c.packed.data + HEADER + HEAD,
                                    c.packed.len - HEADER - HEAD - WORD };
        want.flags |= ALL_SUMS;
        add_header(&bytes, &want);
        sink_add(&bytes, c.packed.data + HEADER, HEAD);
        add(&bytes, 4, sum_of(true, c.plain.data, c.plain.len));
        add(&bytes, 4, sum_of(false, packed.data, packed.len));
        add(&bytes, 4, sum_of(true, packed.data, packed.len));
        sink_add(&bytes, packed.data, packed.len);
        add(&bytes, 4, 0);
        codec_unpack(&leat_stage_unlzop, &bytes, &c.plain);
        bytes.data[HEADER + faults[i].at] ^= 1;
        check_fault(&bytes, LEAT_FAULT_CHECKSUM, faults[i].reason, HEADER + faults[i].told_at);
        sink_fini(&bytes);
        codec_case_fini(&c);
    }
    struct codec_case c = make(300, 0, 3);
    c.packed.data[HEADER + HEAD] = 0xff;
    check_fault(&c.packed, LEAT_FAULT_CORRUPT, "bad block", HEADER + HEAD);
    codec_case_fini(&c);
}

/* A ctx whose windows are smaller than a block refuses it. */
static void test_limit(void)
{
    struct codec_case c = make(1000, 0, 0);
    struct leat_ctx ctx;
    struct leat_ctx_options options = { .limits = { .window_max = 1000 } };
    leat_ctx_init(&ctx, &options);
    struct leat_reader *r = leat_unlzop(leat_memory(&ctx, c.packed.data, c.packed.len));
    struct leat_span span;
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_BOUND);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    codec_case_fini(&c);
}

/* A few bytes that claim a block of 64 MiB get no memory for it. */
static void test_claims(void)
{
    struct sink bytes = { 0 };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    add_header(&bytes, &plain_want);
    add(&bytes, 4, 64 * LEAT_MIB);
    add(&bytes, 4, 64 * LEAT_MIB - 1);
    add(&bytes, 4, 1);
    struct leat_reader *r = leat_unlzop(leat_memory(&ctx, bytes.data, bytes.len));
    struct leat_span span;
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_TRUNCATED);
    leat_reader_close(r);
    check(ctx.counts.allocated < LEAT_MIB);
    leat_ctx_fini(&ctx);
    sink_fini(&bytes);
}

/* --- Behind damage --- */

/* Where the block of that number begins, in a member of its own. */
static size_t block_at(const struct sink *packed, size_t number)
{
    size_t at = HEADER;
    while (number-- > 0)
        at += HEAD + leat_load_u32be(packed->data + at + WORD);
    return at;
}

/* Of a file's blocks, one is damaged: the others come out. Where it does not tell its own end, none
 * behind it. */
static void test_resync_blocks(void)
{
    struct codec_case c = make(5 * BLOCK + 1000, 100, 3);
    for (size_t number = 0; number < 6; number++) {
        size_t len = number < 5 ? BLOCK : 1000;
        struct sink rest = { 0 };
        struct read read;
        check_says("block", number);
        c.packed.data[block_at(&c.packed, number) + HEAD + 100] ^= 1;
        check_equal(codec_reads_on(&leat_stage_unlzop, &c.packed, number, &read), 1);
        check_status(read.status, LEAT_END);
        sink_add(&rest, c.plain.data, number * BLOCK);
        sink_add(&rest, c.plain.data + number * BLOCK + len, c.plain.len - number * BLOCK - len);
        check_bytes(read.bytes.data, read.bytes.len, rest.data, rest.len);
        c.packed.data[block_at(&c.packed, number) + HEAD + 100] ^= 1;
        drive_read_fini(&read);
        sink_fini(&rest);
    }
    struct read read;
    c.packed.data[block_at(&c.packed, 2) + WORD + 1] ^= 0x80;
    check_equal(codec_reads_on(&leat_stage_unlzop, &c.packed, 1, &read), 0);
    check_status(read.status, LEAT_FAULT);
    check_bytes(read.bytes.data, read.bytes.len, c.plain.data, 2 * BLOCK);
    drive_read_fini(&read);
    codec_case_fini(&c);
}

/* --- Beside lzop(1) --- */

static const char *const packs[] = {
    "lzop -1c",
    "lzop -c",
    "lzop -7c",
    "lzop -9c",
    "lzop -cF",
    "lzop -cC",
    "lzop -cCC",
    "lzop -c --crc32",
    "lzop -cCC --crc32",
    "lzop -c --filter=1",
    "lzop -9c --filter=3",
    "lzop -cCC --filter=16",
};
enum { PACKS_LEN = sizeof(packs) / sizeof(packs[0]) };

static void test_tool(void)
{
    static const size_t lens[] = { 0, 1, 100, 300000 };
    for (size_t i = 0; i < 4 * PACKS_LEN; i++) {
        struct leat_lzop_options options = { .level = (int)(i / 4) };
        codec_reads_tool(&leat_stage_unlzop, packs[i / 4], lens[i % 4]);
        codec_read_by_tool(&leat_stage_lzop, &options, "lzop -dc", lens[i % 4]);
    }
}

/* Members of all kinds in a row: what each has is no matter for the next. */
static void test_kinds(void)
{
    struct codec_case c = { .name = "kinds", .decoder = &leat_stage_unlzop };
    for (size_t i = 0; i < 2 * PACKS_LEN; i++) {
        struct sink plain = { 0 };
        codec_text(&plain, 1000 + i % 3 * 70000, i, i % 2 * 500);
        if (codec_command(packs[i * 5 % PACKS_LEN], &plain, &c.packed) == 0)
            sink_add(&c.plain, plain.data, plain.len);
        sink_fini(&plain);
    }
    codec_cuts(&c);
    codec_case_fini(&c);
}

/* What the encoder writes is what lzop does, but for the mode and the time of a pipe. At levels 7
 * to 9 lzop rewrites what is packed, so that it can be unpacked faster; the size stays. */
static void test_same_as_tool(void)
{
    for (int level = 1; level <= 9; level++) {
        char command[] = "lzop -0c";
        struct codec_case c = make(300000, 50, level);
        struct sink theirs = { 0 };
        command[6] = (char)('0' + level);
        if (codec_command(command, &c.plain, &theirs) == 0) {
            check_says("level", (uint64_t)level);
            check_equal(theirs.len, c.packed.len);
            check_bytes(theirs.data, 21, c.packed.data, 21);
            if (level < 7)
                check_bytes(theirs.data + HEADER, theirs.len - HEADER, c.packed.data + HEADER,
                            c.packed.len - HEADER);
        }
        sink_fini(&theirs);
        codec_case_fini(&c);
    }
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_lzop;
    const uint8_t *magic = (const uint8_t *)LEAT_LZOP_MAGIC;
    for (size_t len = 0; len < format->probe_max; len++)
        check(format->probe(magic, len) == LEAT_MATCH_MORE);
    check(format->probe(magic, format->probe_max) == LEAT_MATCH_YES);
    check(format->probe((const uint8_t *)"\x89PNG", 4) == LEAT_MATCH_NO);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_headers);
    check_run(test_padding);
    check_run(test_header_faults);
    check_run(test_extra_fault);
    check_run(test_length_faults);
    check_run(test_block_faults);
    check_run(test_limit);
    check_run(test_claims);
    check_run(test_codec);
    check_run(test_damage);
    check_run(test_resync_blocks);
    check_run(test_kinds);
    check_run(test_tool);
    check_run(test_same_as_tool);
    return 0;
}
