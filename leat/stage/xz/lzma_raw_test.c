/* Shows that what liblzma packs by any chain of filters is unpacked, with an end mark or by its
 * size, and that a wrong size, chain or property is named. */

#include <lzma.h>
#include <string.h>

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/xz/raw.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

enum { LEN = 40000, PACKED_MAX = 2 * LEN, PROPERTIES_MAX = 5 };

static uint8_t packed[PACKED_MAX];
static size_t packed_len;
static struct sink plain;
static uint8_t properties[LEAT_LZMA_FILTERS_MAX][PROPERTIES_MAX];

/* Pack `plain` by two filters or one (LZMA_VLI_UNKNOWN first), and say how to unpack it. */
static struct leat_unlzma_raw_options pack(lzma_vli first, enum leat_lzma_filter_id first_id,
                                           lzma_vli last, uint64_t size)
{
    struct leat_unlzma_raw_options options = { .size = size };
    lzma_options_lzma lzma;
    lzma_options_delta delta = { .type = LZMA_DELTA_TYPE_BYTE, .dist = 3 };
    check(!lzma_lzma_preset(&lzma, 0));
    lzma.ext_flags = 0;
    lzma_set_ext_size(lzma, UINT64_MAX);
    lzma_filter filters[3];
    size_t n = 0;
    if (first != LZMA_VLI_UNKNOWN) {
        options.filters[n].id = first_id;
        filters[n++] = (lzma_filter){ first, first == LZMA_FILTER_DELTA ? &delta : NULL };
    }
    options.filters[n].id =
        last == LZMA_FILTER_LZMA2 ? LEAT_LZMA_FILTER_LZMA2 : LEAT_LZMA_FILTER_LZMA1;
    filters[n++] = (lzma_filter){ last, &lzma };
    filters[n] = (lzma_filter){ LZMA_VLI_UNKNOWN, NULL };
    options.filters_len = n;
    options.marked = last == LZMA_FILTER_LZMA1;
    packed_len = 0;
    check_equal(lzma_raw_buffer_encode(filters, NULL, plain.data, plain.len, packed, &packed_len,
                                       PACKED_MAX),
                LZMA_OK);
    for (size_t i = 0; i < n; i++) {
        uint32_t len;
        check_equal(lzma_properties_size(&len, &filters[i]), LZMA_OK);
        check(len <= PROPERTIES_MAX);
        check_equal(lzma_properties_encode(&filters[i], properties[i]), LZMA_OK);
        options.filters[i].properties = properties[i];
        options.filters[i].properties_len = len;
    }
    return options;
}

/* Unpack in pieces, and say where the source is left. */
static size_t unpack(const struct leat_unlzma_raw_options *options, uint64_t seed, struct read *ret)
{
    struct memory memory;
    struct leat_ctx ctx;
    struct split_plan plan = split_plan_of(seed);
    memory_ctx_init(&ctx, &memory);
    struct leat_reader *source = leat_memory(&ctx, packed, packed_len + 2);
    struct leat_reader *r = leat_pull(split_reader(source, &plan), &leat_stage_unlzma_raw, options);
    drive_read(r, UINT64_MAX, ret);
    size_t at = (size_t)leat_tell(r->below);
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
    return at;
}

static const struct {
    lzma_vli of;
    enum leat_lzma_filter_id id;
} firsts[] = {
    { LZMA_VLI_UNKNOWN, LEAT_LZMA_FILTER_IDS },
    { LZMA_FILTER_DELTA, LEAT_LZMA_FILTER_DELTA },
    { LZMA_FILTER_X86, LEAT_LZMA_FILTER_X86 },
    { LZMA_FILTER_POWERPC, LEAT_LZMA_FILTER_POWERPC },
    { LZMA_FILTER_IA64, LEAT_LZMA_FILTER_IA64 },
    { LZMA_FILTER_ARM, LEAT_LZMA_FILTER_ARM },
    { LZMA_FILTER_ARMTHUMB, LEAT_LZMA_FILTER_ARMTHUMB },
    { LZMA_FILTER_ARM64, LEAT_LZMA_FILTER_ARM64 },
    { LZMA_FILTER_SPARC, LEAT_LZMA_FILTER_SPARC },
};

/* Every filter, before LZMA2 and before LZMA1 with and without a mark, by size and without. */
static void test_chains(void)
{
    static const lzma_vli lasts[] = { LZMA_FILTER_LZMA2, LZMA_FILTER_LZMA1, LZMA_FILTER_LZMA1EXT };
    for (size_t i = 0; i < 5 * 9 * 3; i++) {
        lzma_vli last = lasts[i % 3];
        bool sized = i / 27 % 2 || last == LZMA_FILTER_LZMA1EXT;
        check_says("chain", i);
        struct leat_unlzma_raw_options options =
            pack(firsts[i / 3 % 9].of, firsts[i / 3 % 9].id, last, sized ? LEN : UINT64_MAX);
        struct read read;
        size_t at = unpack(&options, i, &read);
        check_status(read.status, LEAT_END);
        check_bytes(read.bytes.data, read.bytes.len, plain.data, plain.len);
        check_equal(at, packed_len);
        drive_read_fini(&read);
    }
}

/* A size that is not the content's is a fault, with as much as there is of it before. */
static void test_sizes(void)
{
    static const lzma_vli lasts[] = { LZMA_FILTER_LZMA2, LZMA_FILTER_LZMA1, LZMA_FILTER_LZMA1EXT };
    static const uint64_t sizes[] = { 0, 100, LEN - 1, LEN + 1 };
    for (size_t i = 0; i < 3 * 4; i++) {
        check_says("size", i);
        uint64_t size = sizes[i / 3];
        struct leat_unlzma_raw_options options =
            pack(LZMA_VLI_UNKNOWN, LEAT_LZMA_FILTER_IDS, lasts[i % 3], size);
        struct read read;
        unpack(&options, i, &read);
        check_status(read.status, LEAT_FAULT);
        check(leat_fault_is_damage(&read.fault) || read.fault.code == LEAT_FAULT_TRUNCATED);
        size_t len = size < LEN ? (size_t)size : LEN;
        check(read.bytes.len >= len || size <= LEN);
        check(read.bytes.len <= size);
        /* Without a mark, a byte too many is whatever the coder's last bytes decode to. */
        size_t known = read.bytes.len < LEN ? read.bytes.len : LEN;
        check_bytes(read.bytes.data, known, plain.data, known);
        drive_read_fini(&read);
    }
}

/* Before damage comes as much with a filter as without: what it holds back comes out, the same
 * however the input is cut. */
static void test_damage(void)
{
    enum { FIRSTS = sizeof(firsts) / sizeof(firsts[0]), DAMAGES = 12 };
    for (size_t i = 0; i < FIRSTS * DAMAGES; i++) {
        lzma_vli last = i % 2 ? LZMA_FILTER_LZMA2 : LZMA_FILTER_LZMA1;
        struct leat_unlzma_raw_options options =
            pack(firsts[i % FIRSTS].of, firsts[i % FIRSTS].id, last, UINT64_MAX);
        struct leat_unlzma_raw_options alone = options;
        alone.filters[0] = options.filters[options.filters_len - 1];
        alone.filters_len = 1;
        struct read once, again, unfiltered;
        check_says("damage", i);
        packed[10 + packed_len * (i / FIRSTS) / (DAMAGES + 1)] ^= 0x55;
        unpack(&options, i, &once);
        unpack(&options, i + 1, &again);
        unpack(&alone, i, &unfiltered);
        check_bytes(once.bytes.data, once.bytes.len, again.bytes.data, again.bytes.len);
        check_equal(once.bytes.len, unfiltered.bytes.len);
        check_status(once.status, unfiltered.status);
        check(leat_fault_same(&once.fault, &unfiltered.fault));
        check(leat_fault_same(&once.fault, &again.fault));
        drive_read_fini(&once);
        drive_read_fini(&again);
        drive_read_fini(&unfiltered);
    }
}

static void is_refused(const struct leat_unlzma_raw_options *options, enum leat_fault_code code)
{
    struct read read;
    unpack(options, 1, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, code);
    check_equal(read.bytes.len, 0);
    drive_read_fini(&read);
}

static void test_refused(void)
{
    struct leat_unlzma_raw_options options =
        pack(LZMA_FILTER_DELTA, LEAT_LZMA_FILTER_DELTA, LZMA_FILTER_LZMA1, UINT64_MAX);
    options.filters_len = 1; /* nothing unpacks */
    is_refused(&options, LEAT_FAULT_UNSUPPORTED);
    options.filters_len = 2;
    options.filters[0].properties_len = 2;
    is_refused(&options, LEAT_FAULT_UNSUPPORTED);
    options.filters[0].properties_len = 1;
    properties[1][0] = 0xe1;
    is_refused(&options, LEAT_FAULT_UNSUPPORTED);
    properties[1][0] = 0x5d;
    leat_store_u32le(properties[1] + 1, UINT32_MAX);
    is_refused(&options, LEAT_FAULT_BOUND);
    options.size = LEN;
    struct read read;
    unpack(&options, 1, &read);
    check_bytes(read.bytes.data, read.bytes.len, plain.data, plain.len);
    drive_read_fini(&read);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    codec_text(&plain, LEN, 1, 100);
    check_run(test_chains);
    check_run(test_sizes);
    check_run(test_damage);
    check_run(test_refused);
    sink_fini(&plain);
    return 0;
}
