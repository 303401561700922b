/* Shows that an image is found behind a program or a script, where it may be and nowhere else,
 * reads there as it does alone, and that all that stands before it can be read. */

#include "leat/container/squashfs/start.h"

#include <stdlib.h>
#include <string.h>

#include "leat/container/squashfs/squashfs.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

struct bytes {
    uint8_t *data;
    size_t len;
};

static struct bytes alone;

/* The image behind `gap` bytes, which begin as a script does, or as a program whose sections end at
 * `end`. */
static struct bytes behind(size_t gap, uint64_t end)
{
    struct bytes both = { .data = malloc(gap + alone.len), .len = gap + alone.len };
    leat_assert(both.data != NULL);
    memset(both.data, 'q', gap);
    memcpy(both.data, "#!", gap < 2 ? gap : 2);
    memcpy(both.data + gap, alone.data, alone.len);
    if (end == 0)
        return both;
    leat_assert(gap >= 64);
    memcpy(both.data, "\177ELF\2\1\1", 7);
    leat_store_u64le(both.data + 40, end - 64);
    leat_store_u16le(both.data + 58, 16);
    leat_store_u16le(both.data + 60, 4);
    return both;
}

static enum leat_match probe(struct bytes bytes, size_t len)
{
    size_t most = len < SQFS_PREFIX_MAX ? len : SQFS_PREFIX_MAX;
    return leat_format_squashfs.probe_within(bytes.data, most, bytes.len);
}

/* --- Where it may be --- */

static void test_places(void)
{
    static const struct {
        size_t gap;
        uint64_t end; /* of the program; 0: not known */
        bool found;
    } cases[] = {
        { 1, 0, true },
        { 1000, 0, true },
        { SQFS_PREFIX_MAX - SQFS_SUPER_LEN, 0, true },
        { SQFS_PREFIX_MAX - SQFS_SUPER_LEN + 1, 0, false },
        { 200, 200, true },
        { 4096, 200, true },
        { 200 + 65536 - SQFS_SUPER_LEN, 200, true },
        { 200 + 65536 - SQFS_SUPER_LEN + 1, 200, false },
        { 200, 201, false },
        { 200, SQFS_PREFIX_MAX, false },
        { 200, UINT64_MAX, false },
    };
    struct listing wanted = sweep_listing(leat_squashfs, alone.data, alone.len);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bytes both = behind(cases[i].gap, cases[i].end);
        leat_assert(probe(both, both.len) == (cases[i].found ? LEAT_MATCH_YES : LEAT_MATCH_NO));
        struct listing found = sweep_listing(leat_squashfs, both.data, both.len);
        leat_assert(strcmp(found.text, cases[i].found ? wanted.text : "fault bad superblock\n") ==
                    0);
        listing_fini(&found);
        free(both.data);
    }
    listing_fini(&wanted);
}

/* More is waited for only while more could tell. */
static void test_more(void)
{
    struct bytes both = behind(4096, 200);
    for (size_t len = 64; len < 4096 + SQFS_SUPER_LEN; len++)
        leat_assert(probe(both, len) == LEAT_MATCH_MORE);
    leat_assert(probe(both, 4096 + SQFS_SUPER_LEN) == LEAT_MATCH_YES);
    memcpy(both.data, "MZ", 2);
    leat_assert(probe(both, 64) == LEAT_MATCH_NO);
    free(both.data);
    both = behind(4096, 4096 + alone.len);
    leat_assert(probe(both, 64) == LEAT_MATCH_NO);
    free(both.data);
    both = behind(200, SQFS_PREFIX_MAX);
    leat_assert(probe(both, 64) == LEAT_MATCH_NO);
    free(both.data);
}

/* --- What is none --- */

static void test_super(void)
{
    static const struct {
        size_t at, len;
        uint64_t value;
    } changes[] = {
        { 0, 4, 0 },
        { SQFS_SUPER_INODES, 4, 0 },
        { SQFS_SUPER_BLOCK_SIZE, 4, 5000 },
        { SQFS_SUPER_COMPRESSION, 2, 0 },
        { SQFS_SUPER_COMPRESSION, 2, 7 },
        { SQFS_SUPER_BLOCK_LOG, 2, 21 },
        { SQFS_SUPER_FLAGS, 2, 0x1000 },
        { SQFS_SUPER_OWNERS, 2, 0 },
        { SQFS_SUPER_MAJOR, 2, 3 },
        { SQFS_SUPER_ROOT, 8, UINT64_MAX },
        { SQFS_SUPER_USED, 8, UINT64_MAX },
        { SQFS_SUPER_OWNER_TABLE, 8, 0 },
        { SQFS_SUPER_OWNER_TABLE, 8, UINT64_MAX },
        { SQFS_SUPER_ATTRIBUTE_TABLE, 8, 96 },
        { SQFS_SUPER_INODE_TABLE, 8, 95 },
        { SQFS_SUPER_DIRECTORY_TABLE, 8, 0 },
        { SQFS_SUPER_FRAGMENT_TABLE, 8, UINT64_MAX - 1 },
        { SQFS_SUPER_EXPORT_TABLE, 8, UINT64_MAX - 1 },
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct bytes both = behind(300, 0);
        for (size_t j = 0; j < changes[i].len; j++)
            both.data[300 + changes[i].at + j] = (uint8_t)(changes[i].value >> 8 * j);
        leat_assert(probe(both, both.len) == LEAT_MATCH_NO);
        free(both.data);
    }
    /* And one that is cut. */
    struct bytes both = behind(300, 0);
    uint64_t used = leat_load_u64le(alone.data + SQFS_SUPER_USED);
    both.len = 300 + (size_t)used - 1;
    leat_assert(probe(both, both.len) == LEAT_MATCH_NO);
    free(both.data);
}

/* --- What is before it, and how it reads --- */

static void test_lead(void)
{
    struct bytes both = behind(5000, 300);
    struct leat_ctx ctx;
    struct leat_reader *r;
    struct leat_span span;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_squashfs(leat_memory(&ctx, both.data, both.len));
    leat_assert(leat_container_lead(c, &r) == LEAT_OK);
    leat_assert(leat_peek(r, 5000, &span) == LEAT_OK);
    leat_assert(span.len == 5000 && memcmp(span.data, both.data, 5000) == 0);
    leat_consume(r, 5000);
    leat_assert(leat_peek(r, 1, &span) == LEAT_END);
    leat_reader_close(r);
    struct leat_entry entry;
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_container_close(c);
    c = leat_squashfs(leat_memory(&ctx, alone.data, alone.len));
    leat_assert(leat_container_lead(c, &r) == LEAT_END);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    free(both.data);
}

static uint64_t fault_at(const uint8_t *data, size_t len)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_squashfs(leat_memory(&ctx, data, len));
    leat_assert(leat_next(c, &entry) == LEAT_FAULT);
    uint64_t offset = leat_container_fault(c)->offset;
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    return offset;
}

/* A fault's offset counts from the file's first byte. */
static void test_offset(void)
{
    enum { GAP = 1234, ROOT_OFFSET = 8000 };
    struct bytes both = behind(GAP, 0);
    leat_store_u16le(both.data + GAP + SQFS_SUPER_ROOT, ROOT_OFFSET);
    uint64_t inside = fault_at(both.data + GAP, alone.len);
    leat_assert(inside > 0);
    leat_assert(fault_at(both.data, both.len) == GAP + inside);
    free(both.data);
}

static void test_sweeps(void)
{
    struct bytes both = behind(2000, 1000);
    sweep_cuttings(leat_squashfs, both.data, both.len, true);
    sweep_allocations(leat_squashfs, both.data, both.len);
    free(both.data);
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    alone.data = sweep_load(argv[1], &alone.len);
    test_places();
    test_more();
    test_super();
    test_lead();
    test_offset();
    test_sweeps();
    free(alone.data);
    return 0;
}
