/* Packed files, made here block by block, come out as they went in, of both versions and however
 * they come; and whatever is wrong with a header, a pointer or a block is said of just that place,
 * behind all bytes before it and before those of the blocks behind it. */

#include "leat/container/iso9660/zisofs.h"

#include <stdlib.h>
#include <string.h>

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/gzip/gzip.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/random.h"

enum { BLOCKS_MAX = 8, SHORT_LEN = 1000 };

struct file {
    struct iso_zisofs zisofs;
    struct sink plain;
    struct sink packed;
    size_t blocks;
    size_t block_size;
    size_t pointers_at;
    size_t at[BLOCKS_MAX + 1]; /* of each block, packed */
};

static size_t pointer_len(const struct file *file)
{
    return file->zisofs.version == ISO_ZISOFS_2 ? 8 : 4;
}

static void pointer_set(struct file *file, size_t index, uint64_t value)
{
    uint8_t *at = file->packed.data + file->pointers_at + index * pointer_len(file);
    if (file->zisofs.version == ISO_ZISOFS_2)
        leat_store_u64le(at, value);
    else
        leat_store_u32le(at, (uint32_t)value);
}

static void header_add(struct file *file)
{
    static const uint8_t magic_1[8] = { 0x37, 0xe4, 0x53, 0x96, 0xc9, 0xdb, 0xd6, 0x07 };
    static const uint8_t magic_2[8] = { 0xef, 0x22, 0x55, 0xa1, 0xbc, 0x1b, 0x95, 0xa0 };
    uint8_t header[UINT8_MAX * 4] = { 0 };
    const struct iso_zisofs *zisofs = &file->zisofs;
    if (zisofs->version == ISO_ZISOFS_1) {
        memcpy(header, magic_1, sizeof(magic_1));
        leat_store_u32le(header + 8, (uint32_t)zisofs->size);
        header[12] = zisofs->header_words;
        header[13] = zisofs->block_log;
    } else {
        memcpy(header, magic_2, sizeof(magic_2));
        header[9] = zisofs->header_words;
        header[10] = 1;
        header[11] = zisofs->block_log;
        leat_store_u64le(header + 12, zisofs->size);
    }
    file->pointers_at = (size_t)zisofs->header_words * 4;
    sink_add(&file->packed, header, file->pointers_at);
}

/* The bytes of a block: text that packs to a few hundred bytes; `n`, noise; `z` and `Z`, zeros;
 * `s`, text that is not as long as a block. */
static void plain_add(struct file *file, char kind, struct random *random)
{
    size_t len = kind == 's' ? SHORT_LEN : file->block_size;
    uint8_t *block = calloc(1, len);
    uint8_t word[64];
    for (size_t i = 0; i < sizeof(word); i++)
        word[i] = (uint8_t)('a' + random_below(random, 26));
    for (size_t i = 0; i < len && kind != 'z' && kind != 'Z'; i++)
        block[i] = kind == 'n' ? (uint8_t)random_next(random) : word[(i + i / 4099) % sizeof(word)];
    sink_add(&file->plain, block, len);
    free(block);
}

/* The block behind those that were added: `z` takes no bytes; `-` and `+` are of a byte too few, or
 * too many, and behind `x` stands one that is none of its. */
static void packed_add(struct file *file, char kind)
{
    size_t start = file->blocks * file->block_size;
    struct sink part = { 0 };
    file->at[file->blocks++] = file->packed.len;
    if (kind == 'z')
        return;
    sink_add(&part, file->plain.data + start, file->plain.len - start - (kind == '-'));
    if (kind == '+')
        sink_add(&part, (const uint8_t *)"+", 1);
    codec_pack(&leat_stage_zlib, NULL, &part, &file->packed);
    if (kind == 'x')
        sink_add(&file->packed, (const uint8_t *)"x", 1);
    sink_fini(&part);
}

/* A file of a block for each letter. */
static struct file make(enum iso_zisofs_version version, uint8_t block_log, const char *kinds)
{
    struct random random = { block_log };
    struct file file = {
        .zisofs = {
            .version = version,
            .header_words = version == ISO_ZISOFS_2 ? 6 : 4,
            .block_log = block_log,
        },
        .block_size = (size_t)1 << block_log,
    };
    size_t blocks = strlen(kinds);
    uint8_t pointers[(BLOCKS_MAX + 1) * 8] = { 0 };
    leat_assert(blocks <= BLOCKS_MAX);
    file.zisofs.size = blocks * file.block_size;
    if (blocks > 0 && kinds[blocks - 1] == 's')
        file.zisofs.size -= file.block_size - SHORT_LEN;
    header_add(&file);
    sink_add(&file.packed, pointers, (blocks + 1) * pointer_len(&file));
    for (size_t i = 0; i < blocks; i++) {
        plain_add(&file, kinds[i], &random);
        packed_add(&file, kinds[i]);
    }
    file.at[blocks] = file.packed.len;
    for (size_t i = 0; i <= blocks; i++)
        pointer_set(&file, i, file.at[i]);
    file.zisofs.packed_len = file.packed.len;
    return file;
}

static void file_fini(struct file *file)
{
    sink_fini(&file->plain);
    sink_fini(&file->packed);
}

/* What tests of any codec are given: the stage with the options of the case at hand. */
static struct iso_zisofs at_hand;
static struct leat_stage stage;

static enum leat_status start(struct leat_codec *codec, const void *options)
{
    leat_assert(options == NULL);
    return leat_iso_stage_unzisofs.start(codec, &at_hand);
}

static struct codec_case case_of(const struct file *file, const char *name)
{
    at_hand = file->zisofs;
    return (struct codec_case){
        .name = name,
        .decoder = &stage,
        .packed = file->packed,
        .plain = file->plain,
        .checked = true,
    };
}

/* --- What is right --- */

static void test_kinds(void)
{
    static const char *const kinds[] = { "", "s", "t", "z", "tzts", "zzts", "Zntz", "tzs" };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (int version = ISO_ZISOFS_1; version <= ISO_ZISOFS_2; version++) {
            struct file file = make((enum iso_zisofs_version)version, 15, kinds[i]);
            struct codec_case c = case_of(&file, kinds[i]);
            codec_unpack(c.decoder, &c.packed, &c.plain);
            codec_cuts(&c);
            codec_leaves(&c, "behind", 6);
            file_fini(&file);
        }
    }
}

static void test_block_sizes(void)
{
    for (uint8_t block_log = 15; block_log <= 20; block_log++) {
        struct file file = make(block_log > 17 ? ISO_ZISOFS_2 : ISO_ZISOFS_1, block_log, "ntzs");
        struct codec_case c = case_of(&file, "large blocks");
        codec_unpack(c.decoder, &c.packed, &c.plain);
        file_fini(&file);
    }
}

/* A longer header is told by the directory, and there may be room before the first block. */
static void test_gaps(void)
{
    struct file file = make(ISO_ZISOFS_1, 15, "ts");
    struct file gaps = { .zisofs = file.zisofs, .block_size = file.block_size };
    size_t blocks_at = file.at[0];
    gaps.zisofs.header_words = UINT8_MAX;
    header_add(&gaps);
    size_t pointers_len = 3 * pointer_len(&file);
    sink_add(&gaps.packed, file.packed.data + file.pointers_at, pointers_len);
    sink_add(&gaps.packed, (const uint8_t *)"a gap", 5);
    size_t moved = gaps.packed.len - blocks_at;
    sink_add(&gaps.packed, file.packed.data + blocks_at, file.packed.len - blocks_at);
    for (size_t i = 0; i <= 2; i++)
        pointer_set(&gaps, i, file.at[i] + moved);
    gaps.zisofs.packed_len = gaps.packed.len;
    sink_add(&gaps.plain, file.plain.data, file.plain.len);
    struct codec_case c = case_of(&gaps, "gaps");
    codec_cuts(&c);
    file_fini(&file);
    file_fini(&gaps);
}

static void test_refused(void)
{
    static const struct {
        struct iso_zisofs zisofs;
        bool refused;
    } cases[] = {
        { { ISO_ZISOFS_1, 4, 15, 1, 0 }, false },      { { ISO_ZISOFS_1, 3, 15, 1, 0 }, true },
        { { ISO_ZISOFS_1, 255, 17, 1, 0 }, false },    { { ISO_ZISOFS_1, 4, 14, 1, 0 }, true },
        { { ISO_ZISOFS_1, 4, 18, 1, 0 }, true },       { { ISO_ZISOFS_1, 4, 255, 1, 0 }, true },
        { { ISO_ZISOFS_2, 6, 15, 1, 0 }, false },      { { ISO_ZISOFS_2, 5, 15, 1, 0 }, true },
        { { ISO_ZISOFS_2, 6, 20, 1, 0 }, false },      { { ISO_ZISOFS_2, 6, 21, 1, 0 }, true },
        { { ISO_ZISOFS_UNKNOWN, 6, 15, 1, 0 }, true },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says("case", i);
        check_equal(leat_iso_zisofs_refused(&cases[i].zisofs) != NULL, cases[i].refused);
    }
}

/* --- Damage --- */

static void test_cuts_and_flips(void)
{
    for (int version = ISO_ZISOFS_1; version <= ISO_ZISOFS_2; version++) {
        struct file file = make((enum iso_zisofs_version)version, 15, "tzts");
        struct codec_case c = case_of(&file, "tzts");
        codec_truncates(&c);
        codec_flips(&c);
        file_fini(&file);
    }
}

/* All that stands before a cut comes out: of a block of which the checksum alone is cut, all of it,
 * and what takes no bytes. */
static void test_cut_blocks(void)
{
    static const struct {
        size_t block, before; /* the cut is so far before where that block begins */
        size_t whole;         /* blocks that come out */
    } cases[] = {
        { 0, 0, 0 }, { 1, 4, 1 }, { 1, 0, 2 }, { 3, 4, 3 }, { 3, 0, 3 }, { 4, 4, 4 },
    };
    struct file file = make(ISO_ZISOFS_1, 15, "tztZ");
    at_hand = file.zisofs;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct read read;
        size_t cut = file.at[cases[i].block] - cases[i].before;
        check_says("case", i);
        drive_stage(&stage, NULL, file.packed.data, cut, UINT64_MAX, &read);
        check_equal(read.fault.code, LEAT_FAULT_TRUNCATED);
        check_equal(read.fault.offset, cut);
        check_bytes(read.bytes.data, read.bytes.len, file.plain.data,
                    cases[i].whole * file.block_size);
        drive_read_fini(&read);
    }
    file_fini(&file);
}

/* That the file, which is freed, gives `before` bytes and then a fault at `offset`; and read on
 * from there `damages` in all, and of what stands behind `after`, all. */
struct expected {
    const char *reason;
    size_t offset;
    size_t before;
    size_t after;
    unsigned damages;
};

static void expect(struct file *file, const struct expected *expected)
{
    struct read read;
    at_hand = file->zisofs;
    drive_stage(&stage, NULL, file->packed.data, file->packed.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_text(read.fault.reason, expected->reason);
    check_text(read.fault.part, "zisofs");
    check_equal(read.fault.offset, expected->offset);
    check_bytes(read.bytes.data, read.bytes.len, file->plain.data, expected->before);
    drive_read_fini(&read);
    struct sink readable = { 0 };
    sink_add(&readable, file->plain.data, expected->before);
    sink_add(&readable, file->plain.data + expected->after, file->plain.len - expected->after);
    for (uint64_t seed = 1; seed <= 10; seed++) {
        check_says("seed", seed);
        check_equal(codec_reads_on(&stage, &file->packed, seed, &read), expected->damages);
        check_bytes(read.bytes.data, read.bytes.len, readable.data, readable.len);
        drive_read_fini(&read);
    }
    sink_fini(&readable);
    file_fini(file);
}

/* Each byte of the header means something or is as it may; with a header that is not what it
 * should be, nothing of the file is known. */
static void test_headers(void)
{
    static const size_t meant[] = { [ISO_ZISOFS_1] = 14, [ISO_ZISOFS_2] = 20 };
    for (int version = ISO_ZISOFS_1; version <= ISO_ZISOFS_2; version++) {
        for (size_t i = 0; i < meant[version]; i++) {
            struct file file = make((enum iso_zisofs_version)version, 15, "ts");
            size_t len = file.plain.len;
            check_says("byte", i);
            file.packed.data[i] ^= 0x10;
            expect(&file,
                   &(struct expected){ "the header is not what the directory says", i, 0, len, 0 });
        }
        struct file file = make((enum iso_zisofs_version)version, 15, "ts");
        for (size_t i = meant[version]; i < file.pointers_at; i++)
            file.packed.data[i] ^= 0xff;
        struct codec_case c = case_of(&file, "not meant");
        codec_unpack(c.decoder, &c.packed, &c.plain);
        file_fini(&file);
    }
}

static void test_pointers(void)
{
    static const char reason[] = "bad place of a block";
    enum { BLOCK = 1 << 15 };
    static const struct {
        size_t index;
        uint64_t value; /* of the pointer; what is wrong is */
        size_t wrong;   /* this one, so these bytes are lost */
        size_t before, after;
    } cases[] = {
        { 0, 0, 0, 0, BLOCK },
        { 0, UINT32_MAX, 0, 0, BLOCK },
        { 1, 0, 1, 0, 2 * BLOCK },
        { 1, UINT32_MAX, 1, 0, 2 * BLOCK },
        { 2, 100, 2, BLOCK, 3 * BLOCK },
        { 4, 100, 4, 3 * BLOCK, 3 * BLOCK + SHORT_LEN },
        { 4, UINT32_MAX, 4, 3 * BLOCK, 3 * BLOCK + SHORT_LEN },
    };
    for (int version = ISO_ZISOFS_1; version <= ISO_ZISOFS_2; version++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct file file = make((enum iso_zisofs_version)version, 15, "ttts");
            size_t offset = file.pointers_at + cases[i].wrong * pointer_len(&file);
            size_t after = cases[i].after;
            bool last = after == file.plain.len;
            check_says("case", i);
            pointer_set(&file, cases[i].index, cases[i].value);
            expect(&file, &(struct expected){ reason, offset, cases[i].before, after, !last });
        }
    }
    /* Longer than any block can be, though not than the file. */
    struct file file = make(ISO_ZISOFS_1, 15, "tnns");
    size_t offset = file.pointers_at + pointer_len(&file);
    pointer_set(&file, 1, file.at[3]);
    expect(&file, &(struct expected){ reason, offset, 0, 2 * BLOCK, 1 });
}

static void test_blocks(void)
{
    enum { BLOCK = 1 << 15 };
    struct file file = make(ISO_ZISOFS_1, 15, "t-ts");
    expect(&file, &(struct expected){ "less than a block holds", file.at[1], 2 * BLOCK - 1,
                                      2 * BLOCK, 1 });
    file = make(ISO_ZISOFS_1, 15, "t+ts");
    expect(&file,
           &(struct expected){ "more than a block holds", file.at[1], 2 * BLOCK, 2 * BLOCK, 1 });
    file = make(ISO_ZISOFS_1, 15, "txts");
    expect(&file, &(struct expected){ "bytes behind a block's end", file.at[2] - 1, 2 * BLOCK,
                                      2 * BLOCK, 1 });
    file = make(ISO_ZISOFS_1, 15, "ttts");
    file.packed.data[file.at[2] - 1] ^= 1;
    expect(&file, &(struct expected){ "wrong checksum", file.at[2] - 4, 2 * BLOCK, 2 * BLOCK, 1 });
    file = make(ISO_ZISOFS_1, 15, "ttts");
    file.packed.data[file.at[1]] ^= 1;
    expect(&file, &(struct expected){ "no zlib data", file.at[1], BLOCK, 2 * BLOCK, 1 });
    /* The next block is then said to begin before it does. */
    file = make(ISO_ZISOFS_1, 15, "ttts");
    pointer_set(&file, 2, file.at[2] - 1);
    expect(&file,
           &(struct expected){ "ends within a block", file.at[2] - 1, 2 * BLOCK, 3 * BLOCK, 2 });
    /* What follows damage at the end is nothing; and what takes no bytes is behind damage too. */
    file = make(ISO_ZISOFS_2, 15, "tts");
    file.packed.data[file.at[2]] ^= 1;
    expect(&file, &(struct expected){ "no zlib data", file.at[2], 2 * BLOCK, file.plain.len, 0 });
    file = make(ISO_ZISOFS_2, 15, "ttzs");
    file.packed.data[file.at[1]] ^= 1;
    expect(&file, &(struct expected){ "no zlib data", file.at[1], BLOCK, 2 * BLOCK, 1 });
}

/* --- Limits --- */

/* The reason of the fault that the file, which is freed, ends with under these limits. */
static void expect_bound(struct file *file, const struct leat_limits *limits, const char *reason,
                         size_t len)
{
    struct leat_ctx ctx;
    struct read read;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = *limits });
    struct leat_reader *r =
        leat_iso_unzisofs(leat_memory(&ctx, file->packed.data, file->packed.len), &file->zisofs);
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_BOUND);
    check_text(read.fault.reason, reason);
    check_equal(read.bytes.len, len);
    drive_read_fini(&read);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    file_fini(file);
}

static void test_limits(void)
{
    struct file file = make(ISO_ZISOFS_1, 15, "tttt");
    expect_bound(&file, &(struct leat_limits){ .bytes_max = 40000 },
                 "more output than the limit allows", 40000);
    file = make(ISO_ZISOFS_1, 15, "tttt");
    expect_bound(&file, &(struct leat_limits){ .header_max = 19 },
                 "more blocks than the limit allows", 0);
    file = make(ISO_ZISOFS_2, 20, "ts");
    expect_bound(&file, &(struct leat_limits){ .window_max = LEAT_MIB },
                 "blocks larger than the limit", 0);
}

/* A megabyte for each eight bytes: all of them zeros. */
static void test_bomb(void)
{
    enum { BLOCKS = 1000 };
    struct file file = {
        .zisofs = { ISO_ZISOFS_2, 6, 20, (uint64_t)BLOCKS << 20, 0 },
        .block_size = LEAT_MIB,
    };
    uint8_t end[8];
    header_add(&file);
    leat_store_u64le(end, file.pointers_at + (BLOCKS + 1) * sizeof(end));
    for (size_t i = 0; i <= BLOCKS; i++)
        sink_add(&file.packed, end, sizeof(end));
    file.zisofs.packed_len = file.packed.len;
    size_t len = (file.packed.len * 20000 / LEAT_MIB + 1) * LEAT_MIB;
    expect_bound(&file, &(struct leat_limits){ 0 }, "expands more than the limit allows", len);
}

/* More blocks than there is room for take no memory: not even the first are looked at. */
static void test_claims(void)
{
    static const uint64_t sizes[] = { 5 << 15, UINT32_MAX, (uint64_t)1 << 40, UINT64_MAX - 1 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct file file = make(ISO_ZISOFS_2, 15, "");
        struct read read;
        check_says("case", i);
        leat_store_u64le(file.packed.data + 12, sizes[i]);
        file.zisofs.size = sizes[i];
        at_hand = file.zisofs;
        drive_stage(&stage, NULL, file.packed.data, file.packed.len, UINT64_MAX, &read);
        check_text(read.fault.reason, "more blocks than there is room for");
        check_equal(read.fault.offset, file.pointers_at);
        drive_read_fini(&read);
        file_fini(&file);
    }
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    stage = leat_iso_stage_unzisofs;
    stage.start = start;
    check_run(test_kinds);
    check_run(test_block_sizes);
    check_run(test_gaps);
    check_run(test_refused);
    check_run(test_cuts_and_flips);
    check_run(test_cut_blocks);
    check_run(test_headers);
    check_run(test_pointers);
    check_run(test_blocks);
    check_run(test_limits);
    check_run(test_bomb);
    check_run(test_claims);
    return 0;
}
