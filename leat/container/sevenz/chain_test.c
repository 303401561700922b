/* Shows that each filter of a 7z stands over a coder that is not LZMA, and that what it had in hand
 * comes out before damage, whose fault is the coder's own; and that brotli is read in frames. The
 * archives are built here. */

#include <stdio.h>
#include <string.h>

#include "leat/container/sevenz/build_test.h"
#include "leat/container/sevenz/method.h"
#include "leat/container/sevenz/sevenz.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/sweep.h"

enum { RISCV = 0x0b, DELTA = 0x03, ZSTD = 0x04f71101, BROTLI = 0x04f71102, DISTANCE = 2 };

static const uint64_t branches[] = {
    0x03030103, 0x03030205, 0x03030401, 0x03030501, 0x03030701, 0x03030805, 0x0a,
};

enum { BRANCHES = sizeof(branches) / sizeof(branches[0]) };

/* "helloworld" in a frame of two blocks that pack nothing (RFC 8878, 3.1.1). No filter finds a
 * branch in it. */
enum { PLAIN_LEN = 10, FRAME_SPLIT = 7, SECOND_AT = 6 + 3 + FRAME_SPLIT };
static const uint8_t frame[] = {
    0x28, 0xb5, 0x2f, 0xfd, 0x20, PLAIN_LEN,                     /* its content is that long */
    0x38, 0,    0,    'h',  'e',  'l',       'l', 'o', 'w', 'o', /* 7 bytes */
    0x19, 0,    0,    'r',  'l',  'd',                           /* 3, and the last block */
};

struct archive {
    uint8_t data[256];
    size_t len;
};

static void put(struct archive *archive, const void *data, size_t len)
{
    leat_assert(len <= sizeof(archive->data) - archive->len);
    memcpy(archive->data + archive->len, data, len);
    archive->len += len;
}

static void put_byte(struct archive *archive, uint8_t byte)
{
    put(archive, &byte, 1);
}

/* A coder of one input, with a filter's distance where it has one. */
static void put_coder(struct archive *archive, uint64_t id)
{
    uint8_t bytes[4];
    size_t len = id > 0xff ? 4 : 1;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(id >> 8 * (len - 1 - i));
    put_byte(archive, (uint8_t)(len | (id == DELTA ? 0x20 : 0)));
    put(archive, bytes, len);
    if (id == DELTA)
        put(archive, (const uint8_t[]){ 1, DISTANCE - 1 }, 2);
}

/* What follows the packed bytes: two files, of five bytes each, in one folder. */
static void put_header(struct archive *archive, size_t packed_len, const uint64_t *coders,
                       uint8_t coders_len)
{
    put(archive, (const uint8_t[]){ SZ_HEADER, SZ_MAIN_STREAMS, SZ_PACK_INFO, 0, 1, SZ_SIZE }, 6);
    put(archive, (const uint8_t[]){ (uint8_t)packed_len, SZ_END, SZ_UNPACK_INFO, SZ_FOLDER }, 4);
    put(archive, (const uint8_t[]){ 1, 0, coders_len }, 3);
    for (uint8_t i = 0; i < coders_len; i++)
        put_coder(archive, coders[i]);
    for (uint8_t i = 1; i < coders_len; i++)
        put(archive, (const uint8_t[]){ i - 1, i }, 2); /* each takes what the next gives */
    put_byte(archive, SZ_UNPACK_SIZE);
    for (uint8_t i = 0; i < coders_len; i++)
        put_byte(archive, PLAIN_LEN);
    put(archive, (const uint8_t[]){ SZ_END, SZ_SUBSTREAMS, SZ_COUNT, 2, SZ_SIZE, 5, SZ_END }, 7);
    put(archive, (const uint8_t[]){ SZ_END, SZ_FILES, 2, SZ_NAMES, 9, 0 }, 6);
    put(archive, "a\0\0\0b\0\0", 8);
    put(archive, (const uint8_t[]){ SZ_END, SZ_END }, 2);
}

static struct archive build(const uint8_t *packed, size_t packed_len, const uint64_t *coders,
                            uint8_t coders_len)
{
    struct archive archive = { .len = SZ_START_LEN };
    put(&archive, packed, packed_len);
    put_header(&archive, packed_len, coders, coders_len);
    build_start(archive.data, packed_len, archive.len - SZ_START_LEN - packed_len);
    return archive;
}

static void must_list(const struct archive *archive, const char *text)
{
    struct listing found = sweep_listing(leat_7z, archive->data, archive->len);
    check_text(found.text, text);
    listing_fini(&found);
    sweep_cuttings(leat_7z, archive->data, archive->len, true);
    sweep_allocations(leat_7z, archive->data, archive->len);
}

/* Over nothing at all: a coder may take the packed bytes themselves. */
static void test_alone(void)
{
    static const char plain[] = "helloworld";
    const uint64_t delta = DELTA;
    uint8_t deltas[PLAIN_LEN];
    for (size_t i = 0; i < PLAIN_LEN; i++)
        deltas[i] = (uint8_t)(plain[i] - (i < DISTANCE ? 0 : plain[i - DISTANCE]));
    struct archive archive = build(deltas, PLAIN_LEN, &delta, 1);
    must_list(&archive, "file a 0000 0 stored 5 \"hello\" end\n"
                        "file b 0000 0 stored 5 \"world\" end\n"
                        "end\n");
}

static void test_over_zstd(void)
{
    for (size_t i = 0; i < BRANCHES; i++) {
        const uint64_t coders[] = { branches[i], branches[(i + 1) % BRANCHES], ZSTD };
        check_says("filter", branches[i]);
        struct archive archive = build(frame, sizeof(frame), coders, 3);
        must_list(&archive, "file a 0000 0 zstd 5 \"hello\" end\n"
                            "file b 0000 0 zstd 5 \"world\" end\n"
                            "end\n");
        leat_assert(archive.data[SZ_START_LEN + SECOND_AT] == 0x19);
        archive.data[SZ_START_LEN + SECOND_AT] |= 0x06; /* of a kind that there is not */
        must_list(&archive, "file a 0000 0 zstd 5 \"hello\" end\n"
                            "file b 0000 0 zstd 5 \"wo\" fault bad block\n"
                            "end\n");
    }
}

/* The second file's fault. */
static struct leat_fault fault_of(const struct archive *archive)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    struct read read;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_7z(leat_memory(&ctx, archive->data, archive->len));
    check_status(leat_next(c, &entry), LEAT_OK);
    check_status(leat_next(c, &entry), LEAT_OK);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    struct leat_fault fault = read.fault;
    drive_read_fini(&read);
    leat_reader_close(r);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    return fault;
}

/* Damage is said to be where it is, with filters and without. */
static void test_fault(void)
{
    uint8_t damaged[sizeof(frame)];
    memcpy(damaged, frame, sizeof(frame));
    damaged[SECOND_AT] |= 0x06;
    const uint64_t zstd = ZSTD;
    struct archive archive = build(damaged, sizeof(damaged), &zstd, 1);
    struct leat_fault without = fault_of(&archive);
    check_equal(without.code, LEAT_FAULT_CORRUPT);
    for (size_t i = 0; i < BRANCHES; i++) {
        const uint64_t coders[] = { branches[i], ZSTD };
        archive = build(damaged, sizeof(damaged), coders, 2);
        struct leat_fault with = fault_of(&archive);
        check(leat_fault_same(&with, &without));
    }
}

/* What liblzma may lack is each file's fault, which says so, and the rest is listed. */
static void test_riscv(void)
{
    const uint64_t riscv = RISCV;
    struct archive archive = build((const uint8_t *)"helloworld", PLAIN_LEN, &riscv, 1);
    struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
    if (!listing_has(&found, "file a 0000 0 stored 5 \"hello\" end\n"))
        check_text(found.text,
                   "file a 0000 0 stored 5 \"\" fault RISC-V's filter needs liblzma 5.6\n"
                   "file b 0000 0 stored 5 \"\" fault RISC-V's filter needs liblzma 5.6\n"
                   "end\n");
    listing_fini(&found);
}

/* --- Brotli --- */

enum { HEAD_LEN = 16, HEAD_LENGTH_AT = 8, HEAD_NAME_AT = 12, HEAD_HINT_AT = 14 };
enum { STREAM_LEN = 9, FRAME_LEN = HEAD_LEN + STREAM_LEN };

/* A head, and a stream of five bytes as brotli(1) packs it, twice. */
static void make_framed(uint8_t framed[2 * FRAME_LEN])
{
    static const uint8_t head[HEAD_LEN] = { 0x50,       0x2a, 0x4d, 0x18, 8,   0,   0, 0,
                                            STREAM_LEN, 0,    0,    0,    'B', 'R', 1, 0 };
    static const uint8_t streams[][STREAM_LEN] = {
        { 0x40, 0, 0x10, 'h', 'e', 'l', 'l', 'o', 3 },
        { 0x40, 0, 0x10, 'w', 'o', 'r', 'l', 'd', 3 },
    };
    for (size_t i = 0; i < 2; i++) {
        memcpy(framed + i * FRAME_LEN, head, HEAD_LEN);
        memcpy(framed + i * FRAME_LEN + HEAD_LEN, streams[i], STREAM_LEN);
    }
}

/* "helloworld", without a frame. */
static const uint8_t unframed[] = { 0x22, 0x01, 0x00, 0xbf, 0x74, 0x19, 0x1a,
                                    0xdb, 0x9b, 0x58, 0x25, 0x30, 0x90, 0x1a };

static struct archive build_brotli(const uint8_t *packed, size_t len)
{
    const uint64_t brotli = BROTLI;
    return build(packed, len, &brotli, 1);
}

static void test_brotli(void)
{
    static const char whole[] = "file a 0000 0 brotli 5 \"hello\" end\n"
                                "file b 0000 0 brotli 5 \"world\" end\n"
                                "end\n";
    uint8_t framed[2 * FRAME_LEN];
    make_framed(framed);
    struct archive archive = build_brotli(framed, sizeof(framed));
    must_list(&archive, whole);
    archive = build_brotli(unframed, sizeof(unframed));
    must_list(&archive, whole);
}

/* Each byte of the second head, but for the hint of how much comes out, and of the length that the
 * first one says, which must lead to the second. */
static void test_brotli_damage(void)
{
    for (size_t at = 0; at < HEAD_HINT_AT; at++) {
        bool length = at >= HEAD_LENGTH_AT && at < HEAD_NAME_AT;
        uint8_t framed[2 * FRAME_LEN];
        check_says("byte", at);
        make_framed(framed);
        framed[at + (length ? 0 : FRAME_LEN)] ^= 1;
        struct archive archive = build_brotli(framed, sizeof(framed));
        must_list(&archive, "file a 0000 0 brotli 5 \"hello\" end\n"
                            "file b 0000 0 brotli 5 \"\" fault bad frame\n"
                            "end\n");
    }
}

/* The input ends behind the first frame, in the second head, or in the second stream, of which all
 * that came is given. */
static void test_brotli_ends(void)
{
    uint8_t framed[2 * FRAME_LEN];
    make_framed(framed);
    for (size_t len = FRAME_LEN; len < 2 * FRAME_LEN - 1; len++) {
        size_t given = len < 2 * FRAME_LEN - STREAM_LEN + 3 ? 0 : len - FRAME_LEN - HEAD_LEN - 3;
        char text[200];
        check_says("length", len);
        snprintf(text, sizeof(text),
                 "file a 0000 0 brotli 5 \"hello\" end\n"
                 "file b 0000 0 brotli 5 \"%.*s\" fault unexpected end of input\n"
                 "end\n",
                 (int)given, "world");
        struct archive archive = build_brotli(framed, len);
        must_list(&archive, text);
    }
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_alone);
    check_run(test_riscv);
    if (leat_sz_method(ZSTD)->kind != SZ_METHOD_NAMED) {
        check_run(test_over_zstd);
        check_run(test_fault);
    }
    if (leat_sz_method(BROTLI)->kind != SZ_METHOD_NAMED) {
        check_run(test_brotli);
        check_run(test_brotli_damage);
        check_run(test_brotli_ends);
    }
    return 0;
}
