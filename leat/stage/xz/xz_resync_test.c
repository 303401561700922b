/* Shows that xz goes on behind damage at the next block or stream, and lzip at the next member,
 * however the input is cut, and that nothing is lost but what was damaged. */

#include <lzma.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/xz/xz.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

enum { BLOCKS = 5, BLOCK_LEN = 3000, PACKED_MAX = 4 * BLOCK_LEN };

/* One stream, and where its pieces begin. */
struct stream {
    struct sink packed;
    struct sink plain[BLOCKS];
    size_t block_at[BLOCKS + 1]; /* and the index */
};

static void stream_fini(struct stream *s)
{
    sink_fini(&s->packed);
    for (size_t i = 0; i < BLOCKS; i++)
        sink_fini(&s->plain[i]);
}

/* Pack one block; its header says how long it is, or it does not. */
static void add_block(struct stream *s, size_t i, bool sized, lzma_index *index)
{
    lzma_options_lzma lzma;
    check(!lzma_lzma_preset(&lzma, 0));
    lzma_filter filters[] = { { LZMA_FILTER_LZMA2, &lzma }, { LZMA_VLI_UNKNOWN, NULL } };
    lzma_block block = { .check = LZMA_CHECK_CRC64, .filters = filters };
    uint8_t packed[PACKED_MAX];
    size_t len = 0;
    const struct sink *plain = &s->plain[i];
    check_equal(lzma_block_buffer_encode(&block, NULL, plain->data, plain->len, packed, &len,
                                         sizeof(packed)),
                LZMA_OK);
    check_equal(lzma_index_append(index, NULL, lzma_block_unpadded_size(&block), plain->len),
                LZMA_OK);
    s->block_at[i] = s->packed.len;
    if (sized) {
        sink_add(&s->packed, packed, len);
        return;
    }
    lzma_block bare = { .check = LZMA_CHECK_CRC64,
                        .filters = filters,
                        .compressed_size = LZMA_VLI_UNKNOWN,
                        .uncompressed_size = LZMA_VLI_UNKNOWN };
    uint8_t header[LZMA_BLOCK_HEADER_SIZE_MAX];
    check_equal(lzma_block_header_size(&bare), LZMA_OK);
    check_equal(lzma_block_header_encode(&bare, header), LZMA_OK);
    sink_add(&s->packed, header, bare.header_size);
    sink_add(&s->packed, packed + block.header_size, len - block.header_size);
}

/* A stream of blocks that are text, but for one in the middle: noise, and a whole .xz in it. Where
 * headers are shorter than those the index tells of, that is never read: there is damage before. */
static void make_stream(struct stream *s, bool sized)
{
    struct leat_xz_options options = { .level = -1 };
    lzma_index *index = lzma_index_init(NULL);
    uint8_t bytes[LZMA_STREAM_HEADER_SIZE + PACKED_MAX];
    lzma_stream_flags flags = { .check = LZMA_CHECK_CRC64 };
    *s = (struct stream){ 0 };
    check(index != NULL);
    check_equal(lzma_stream_header_encode(&flags, bytes), LZMA_OK);
    sink_add(&s->packed, bytes, LZMA_STREAM_HEADER_SIZE);
    for (size_t i = 0; i < BLOCKS; i++) {
        codec_text(&s->plain[i], BLOCK_LEN, i + 1, i == 2 ? 1000 : 30);
        if (i == 2)
            codec_pack(&leat_stage_xz, &options, &s->plain[0], &s->plain[i]);
        add_block(s, i, sized, index);
    }
    s->block_at[BLOCKS] = s->packed.len;
    size_t len = 0;
    check_equal(lzma_index_buffer_encode(index, bytes, &len, sizeof(bytes)), LZMA_OK);
    flags.backward_size = len;
    check_equal(lzma_stream_footer_encode(&flags, bytes + len), LZMA_OK);
    sink_add(&s->packed, bytes, len + LZMA_STREAM_HEADER_SIZE);
    lzma_index_end(index, NULL);
}

/* --- Reading on --- */

/* What is read behind each fault, and the first of them. */
struct on {
    struct sink bytes;
    struct leat_fault first;
    unsigned faults;
};

static void read_on(const struct leat_stage *stage, const struct sink *packed, uint64_t seed,
                    struct on *ret)
{
    struct memory memory;
    struct leat_ctx ctx;
    struct split_plan plan = split_plan_of(seed);
    memory_ctx_init(&ctx, &memory);
    *ret = (struct on){ 0 };
    struct leat_reader *r = leat_memory(&ctx, packed->data, packed->len);
    r = leat_pull(split_reader(r, &plan), stage, NULL);
    for (enum leat_status status = LEAT_OK; status == LEAT_OK;) {
        struct read read;
        drive_read(r, UINT64_MAX, &read);
        sink_add(&ret->bytes, read.bytes.data, read.bytes.len);
        bool ends = read.status == LEAT_END;
        if (!ends && ret->faults++ == 0)
            ret->first = read.fault;
        drive_read_fini(&read);
        if (ends)
            break;
        unsigned damages = 0;
        status = drive_resync(r, &damages);
    }
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
}

static bool holds(const struct sink *bytes, size_t at, const struct sink *part)
{
    for (size_t i = 0; i < part->len; i++) {
        if (at + i >= bytes->len || bytes->data[at + i] != part->data[i])
            return false;
    }
    return true;
}

/* All blocks are there, in order, but the one that was damaged. What is there of that one is no
 * longer than it was, if its header says how long that is. `lost` BLOCKS: none was. */
static void is_read(const struct stream *s, const struct on *on, size_t lost, bool sized)
{
    size_t before = 0;
    size_t behind = on->bytes.len;
    for (size_t i = 0; i < lost; i++) {
        check(holds(&on->bytes, before, &s->plain[i]));
        before += s->plain[i].len;
    }
    for (size_t i = BLOCKS; i > lost + 1; i--) {
        check(behind >= before + s->plain[i - 1].len);
        behind -= s->plain[i - 1].len;
        check(holds(&on->bytes, behind, &s->plain[i - 1]));
    }
    check(!sized || behind - before <= (lost < BLOCKS ? s->plain[lost].len : 0));
}

/* Damage of any byte of any block. */
static void test_blocks(void)
{
    enum { BEGIN_LEN = 24 }; /* a block's header, and a chunk's */
    for (unsigned sized = 0; sized < 2; sized++) {
        struct stream s;
        make_stream(&s, sized);
        check_says("sized", sized);
        for (size_t at = s.block_at[0]; at < s.block_at[BLOCKS]; at += 13) {
            size_t lost = 0;
            while (s.block_at[lost + 1] <= at)
                lost++;
            /* Without its length, what lies in a damaged block may be taken for more blocks, and a
             * chunk of another length may reach into the next. */
            bool begins = at < s.block_at[lost] + BEGIN_LEN;
            if ((lost == 2 || begins) && (!sized || (lost == 2 && begins)))
                continue;
            check_says("damaged at", at);
            struct on on;
            s.packed.data[at] ^= 0x55;
            read_on(&leat_stage_unxz, &s.packed, at, &on);
            s.packed.data[at] ^= 0x55;
            check(on.faults >= 1);
            check(on.first.offset >= s.block_at[lost]);
            check(on.first.offset <= s.block_at[lost + 1]);
            is_read(&s, &on, lost, sized);
            sink_fini(&on.bytes);
        }
        stream_fini(&s);
    }
}

/* Bytes are missing from a block: what follows is at other offsets. */
static void test_missing(void)
{
    struct stream s;
    make_stream(&s, false);
    for (size_t len = 1; len < 9; len++) {
        struct sink packed = { 0 };
        struct on on;
        size_t at = s.block_at[1] + 100;
        check_says("missing", len);
        sink_add(&packed, s.packed.data, at);
        sink_add(&packed, s.packed.data + at + len, s.packed.len - at - len);
        read_on(&leat_stage_unxz, &packed, len, &on);
        check_equal(on.faults, 1);
        is_read(&s, &on, 1, false);
        sink_fini(&on.bytes);
        sink_fini(&packed);
    }
    stream_fini(&s);
}

/* The same stream twice, and damage of what holds no content: none is lost. */
static void test_streams(void)
{
    struct stream s;
    struct stream more;
    make_stream(&s, true);
    make_stream(&more, true);
    size_t len = s.packed.len;
    sink_add(&s.packed, more.packed.data, len);
    stream_fini(&more);
    for (size_t at = s.block_at[BLOCKS]; at < len + s.block_at[0]; at++) {
        struct on on;
        check_says("damaged at", at);
        s.packed.data[at] ^= 0x55;
        read_on(&leat_stage_unxz, &s.packed, at, &on);
        s.packed.data[at] ^= 0x55;
        check_equal(on.faults, 1);
        size_t half = on.bytes.len / 2;
        is_read(&s, &(struct on){ .bytes = { .data = on.bytes.data, .len = half } }, BLOCKS, true);
        is_read(&s, &(struct on){ .bytes = { .data = on.bytes.data + half, .len = half } }, BLOCKS,
                true);
        sink_fini(&on.bytes);
    }
    stream_fini(&s);
}

static void test_members(void)
{
    enum { MEMBERS = 3 };
    struct leat_xz_options options = { .level = -1 };
    struct stream s = { 0 };
    unsigned went_on = 0;
    for (size_t i = 0; i < MEMBERS; i++) {
        codec_text(&s.plain[i], BLOCK_LEN, i + 1, 30);
        s.block_at[i] = s.packed.len;
        codec_pack(&leat_stage_lzip, &options, &s.plain[i], &s.packed);
    }
    for (size_t at = s.block_at[1]; at < s.block_at[2]; at += 5) {
        struct on on;
        check_says("damaged at", at);
        s.packed.data[at] ^= 0x55;
        read_on(&leat_stage_unlzip, &s.packed, at, &on);
        s.packed.data[at] ^= 0x55;
        check(holds(&on.bytes, 0, &s.plain[0]));
        /* A damaged version is UNSUPPORTED, behind which nothing is looked for; damage of data may
         * be found only in the third. */
        if (at != s.block_at[1] + 4 && on.faults > 0 && on.first.offset < s.block_at[2]) {
            check(on.bytes.len >= s.plain[0].len + s.plain[2].len);
            check(holds(&on.bytes, on.bytes.len - s.plain[2].len, &s.plain[2]));
            went_on++;
        }
        sink_fini(&on.bytes);
    }
    check(went_on > 0);
    stream_fini(&s);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    check_run(test_blocks);
    check_run(test_missing);
    check_run(test_streams);
    check_run(test_members);
    return 0;
}
