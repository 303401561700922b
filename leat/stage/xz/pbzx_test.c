/* Shows that chunks, packed and stored, read as one however they come; that what is wrong with one
 * comes behind all before it, and that the next ones are read behind that. */

#include "leat/stage/xz/pbzx.h"

#include <string.h>

#include "leat/core/load.h"
#include "leat/stage/xz/xz.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

enum { CHUNK_LEN = 300, LAST_LEN = 123, START_LEN = 12, HEAD_LEN = 16 };

static void add_number(struct sink *to, uint64_t number)
{
    uint8_t bytes[8];
    leat_store_u64be(bytes, number);
    sink_add(to, bytes, sizeof(bytes));
}

static void add_start(struct sink *to)
{
    sink_add(to, (const uint8_t *)"pbzx", 4);
    add_number(to, CHUNK_LEN);
}

/* A chunk of `len` bytes of text, said to have `more`. Returns where its data begins. */
static size_t add_chunk(struct codec_case *c, size_t len, bool stored, uint64_t more)
{
    static const struct leat_xz_options options = { .level = -1 }; /* quick: a small dictionary */
    struct sink text = { 0 }, packed = { 0 };
    codec_text(&text, len, c->plain.len + 1, 100);
    text.len = len;
    if (!stored)
        codec_pack(&leat_stage_xz, &options, &text, &packed);
    const struct sink *data = stored ? &text : &packed;
    add_number(&c->packed, len + more);
    add_number(&c->packed, data->len);
    size_t at = c->packed.len;
    sink_add(&c->packed, data->data, data->len);
    sink_add(&c->plain, text.data, len);
    sink_fini(&text);
    sink_fini(&packed);
    return at;
}

/* Three, of which the second is stored, or not. */
static struct codec_case three(bool stored, uint64_t more, size_t *ret_second, size_t *ret_third)
{
    struct codec_case c = { .name = "three", .decoder = &leat_stage_unpbzx };
    add_start(&c.packed);
    add_chunk(&c, CHUNK_LEN, false, 0);
    *ret_second = add_chunk(&c, CHUNK_LEN - more, stored, more);
    *ret_third = add_chunk(&c, LAST_LEN, false, 0);
    return c;
}

static void test_whole(void)
{
    size_t second, third;
    for (int stored = 0; stored < 2; stored++) {
        struct codec_case c = three(stored, 0, &second, &third);
        codec_unpack(&leat_stage_unpbzx, &c.packed, &c.plain);
        codec_cuts(&c);
        codec_flips(&c);
        codec_lacks_memory(&c, &leat_stage_xz);
        codec_case_fini(&c);
    }
    struct codec_case none = { .name = "none", .decoder = &leat_stage_unpbzx };
    add_start(&none.packed);
    codec_unpack(&leat_stage_unpbzx, &none.packed, &none.plain);
    codec_cuts(&none);
    codec_case_fini(&none);
}

/* Cut at every byte: an end between two chunks, else a fault there, behind all that came. */
static void test_truncated(void)
{
    size_t second, third;
    struct codec_case c = three(true, 0, &second, &third);
    for (size_t len = 0; len < c.packed.len; len++) {
        struct read read;
        bool between = len == START_LEN || len == second - HEAD_LEN || len == third - HEAD_LEN;
        check_says("cut", len);
        drive_stage(&leat_stage_unpbzx, NULL, c.packed.data, len, UINT64_MAX, &read);
        check_status(read.status, between ? LEAT_END : LEAT_FAULT);
        check_bytes(read.bytes.data, read.bytes.len, c.plain.data, read.bytes.len);
        if (!between) {
            check_equal(read.fault.code, LEAT_FAULT_TRUNCATED);
            check_equal(read.fault.offset, len);
        }
        drive_read_fini(&read);
    }
    codec_case_fini(&c);
}

/* That it reads to a fault with that reason at `offset`, and behind that the last chunk. */
static void expect_damage(const struct codec_case *c, const char *reason, uint64_t offset)
{
    struct read read;
    drive_stage(&leat_stage_unpbzx, NULL, c->packed.data, c->packed.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_text(read.fault.reason, reason);
    check_equal(read.fault.offset, offset);
    check(read.bytes.len >= CHUNK_LEN);
    drive_read_fini(&read);
    for (uint64_t seed = 0; seed < 20; seed++) {
        check_says("seed", seed);
        check_equal(codec_reads_on(&leat_stage_unpbzx, &c->packed, seed, &read), 1);
        check_status(read.status, LEAT_END);
        check(read.bytes.len >= CHUNK_LEN + LAST_LEN);
        check_bytes(read.bytes.data, CHUNK_LEN, c->plain.data, CHUNK_LEN);
        check_bytes(read.bytes.data + read.bytes.len - LAST_LEN, LAST_LEN,
                    c->plain.data + c->plain.len - LAST_LEN, LAST_LEN);
        drive_read_fini(&read);
    }
}

static void test_damage(void)
{
    size_t second, third;
    struct codec_case c = three(false, 1, &second, &third);
    uint64_t end = third - HEAD_LEN;
    expect_damage(&c, "a chunk is shorter than its header says", end);
    leat_store_u64be(c.packed.data + second - HEAD_LEN, CHUNK_LEN - 2);
    expect_damage(&c, "a chunk is longer than its header says", end);
    codec_case_fini(&c);

    c = three(false, 0, &second, &third);
    c.packed.data[second] ^= 1;
    expect_damage(&c, "no xz data", second);
    codec_case_fini(&c);
}

/* The chunk's own length is wrong: what is read as the next header is none, and no more is. */
static void test_lengths(void)
{
    static const struct {
        int less;
        const char *reason;
    } cases[] = {
        { 5, "a chunk ends within its data" },
        { -4, "bad header of a chunk" }, /* zeros behind .xz are padding */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t second, third;
        struct read read;
        struct codec_case c = three(false, 0, &second, &third);
        uint64_t len = third - HEAD_LEN - second - (uint64_t)cases[i].less;
        check_says("case", i);
        leat_store_u64be(c.packed.data + second - HEAD_LEN + 8, len);
        drive_stage(&leat_stage_unpbzx, NULL, c.packed.data, c.packed.len, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_text(read.fault.reason, cases[i].reason);
        check_equal(read.fault.offset, second + len);
        check_bytes(read.bytes.data, read.bytes.len, c.plain.data, 2 * (size_t)CHUNK_LEN);
        drive_read_fini(&read);
        codec_case_fini(&c);
    }
}

static void test_faults(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *reason;
        uint64_t offset;
    } faults[] = {
        { "pbzy\0\0\0\0\1\0\0\0", 12, "no pbzx data", 0 },
        { "pbzx\0\0\1\0\0\0\0\0", 12, "no pbzx data", 0 },
        { "pbzx\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1a", 29, "bad header of a chunk",
          12 },
        { "pbzx\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28, "bad header of a chunk", 12 },
        { "pbzx\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\0ab", 30, "bad header of a chunk",
          12 },
        { "pbzx\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2ab", 30, "no xz data", 28 },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct read read;
        check_says("fault", i);
        drive_stage(&leat_stage_unpbzx, NULL, faults[i].bytes, faults[i].len, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, LEAT_FAULT_CORRUPT);
        check_text(read.fault.reason, faults[i].reason);
        check_equal(read.fault.offset, faults[i].offset);
        drive_read_fini(&read);
    }
}

static void test_probe(void)
{
    static const uint8_t start[] = { 'p', 'b', 'z', 'x', 0, 0, 0, 0, 1, 0, 0, 0 };
    const struct leat_format *format = &leat_format_pbzx;
    for (size_t len = 0; len < START_LEN; len++)
        check(format->probe(start, len) == LEAT_MATCH_MORE);
    check(format->probe(start, START_LEN) == LEAT_MATCH_YES);
    check(format->probe((const uint8_t *)"pbzx is what ", START_LEN) == LEAT_MATCH_NO);
    check(format->probe((const uint8_t *)"pb-x", 4) == LEAT_MATCH_NO);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_probe);
    check_run(test_whole);
    check_run(test_truncated);
    check_run(test_damage);
    check_run(test_lengths);
    check_run(test_faults);
    return 0;
}
