/* Shows that each filter alone is undone as liblzma undoes it behind LZMA, however its input is
 * cut and wherever that ends, and that the input's fault comes behind all that was before it. */

#include <lzma.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "leat/stage/xz/raw.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/split.h"

enum { LEN = 20000, CUT_LEN = 200, PACKED_MAX = 2 * LEN };

/* liblzma 5.6 has a name for it. */
#define RISCV LZMA_VLI_C(0x0b)

static const uint8_t distance[] = { 2 }; /* less 1 */

static const struct {
    lzma_vli of;
    struct leat_lzma_filter filter;
} filters[] = {
    { LZMA_FILTER_DELTA, { LEAT_LZMA_FILTER_DELTA, distance, sizeof(distance) } },
    { LZMA_FILTER_X86, { .id = LEAT_LZMA_FILTER_X86 } },
    { LZMA_FILTER_POWERPC, { .id = LEAT_LZMA_FILTER_POWERPC } },
    { LZMA_FILTER_IA64, { .id = LEAT_LZMA_FILTER_IA64 } },
    { LZMA_FILTER_ARM, { .id = LEAT_LZMA_FILTER_ARM } },
    { LZMA_FILTER_ARMTHUMB, { .id = LEAT_LZMA_FILTER_ARMTHUMB } },
    { LZMA_FILTER_ARM64, { .id = LEAT_LZMA_FILTER_ARM64 } },
    { LZMA_FILTER_SPARC, { .id = LEAT_LZMA_FILTER_SPARC } },
    { RISCV, { .id = LEAT_LZMA_FILTER_RISCV } },
};

enum { FILTERS = sizeof(filters) / sizeof(filters[0]) };

static uint8_t plain[LEN];
static uint8_t filtered[LEN];

/* Any bytes, with those among them that make branches in one set of instructions or the other. */
static void make_plain(void)
{
    static const uint8_t often[] = { 0xe8, 0x00, 0xff, 0xeb, 0x48, 0x40, 0x95, 0xf0 };
    struct random random = { .state = 1 };
    for (size_t i = 0; i < LEN; i++) {
        uint64_t any = random_next(&random);
        plain[i] = (uint8_t)(any & 0x100 ? any : often[any % sizeof(often)]);
    }
}

/* LZMA2, behind a filter or, without one, alone. */
static void chain_of(size_t which, bool alone, lzma_filter *ret)
{
    static lzma_options_lzma lzma;
    static lzma_options_delta delta = { .type = LZMA_DELTA_TYPE_BYTE, .dist = 3 };
    size_t n = 0;
    check(!lzma_lzma_preset(&lzma, 0));
    if (!alone)
        ret[n++] = (lzma_filter){ filters[which].of,
                                  filters[which].of == LZMA_FILTER_DELTA ? &delta : NULL };
    ret[n++] = (lzma_filter){ LZMA_FILTER_LZMA2, &lzma };
    ret[n] = (lzma_filter){ .id = LZMA_VLI_UNKNOWN };
}

/* Pack by one chain and unpack by another, so that what they differ in is left. */
static void by_liblzma(const lzma_filter *packs, const lzma_filter *unpacks, const uint8_t *from,
                       size_t len, uint8_t *to)
{
    static uint8_t packed[PACKED_MAX];
    size_t packed_len = 0, taken = 0, made = 0;
    check_equal(lzma_raw_buffer_encode(packs, NULL, from, len, packed, &packed_len, PACKED_MAX),
                LZMA_OK);
    check_equal(lzma_raw_buffer_decode(unpacks, NULL, packed, &taken, packed_len, to, &made, len),
                LZMA_OK);
    check_equal(made, len);
}

/* Filter `plain`. False where liblzma has no such filter. */
static bool make_filtered(size_t which)
{
    lzma_filter with[3], without[2];
    check_says("filter", which);
    if (!lzma_filter_encoder_is_supported(filters[which].of))
        return false;
    chain_of(which, false, with);
    chain_of(which, true, without);
    by_liblzma(with, without, plain, LEN, filtered);
    check(memcmp(filtered, plain, LEN) != 0);
    return true;
}

static struct leat_reader *unfilter(struct leat_reader *src, size_t which)
{
    return leat_pull(src, &leat_stage_lzma_unfilter, &filters[which].filter);
}

static void test_cuttings(void)
{
    for (size_t which = 0; which < FILTERS; which++) {
        if (!make_filtered(which))
            continue;
        for (uint64_t seed = 0; seed < 16; seed++) {
            struct memory memory;
            struct leat_ctx ctx;
            struct split_plan plan = split_plan_of(seed);
            struct read read;
            check_says("seed", seed);
            memory_ctx_init(&ctx, &memory);
            struct leat_reader *source = split_reader(leat_memory(&ctx, filtered, LEN), &plan);
            struct leat_reader *r = unfilter(source, which);
            if (seed % 2)
                drive_read(r, UINT64_MAX, &read);
            else
                drive_read_wildly(r, seed, UINT64_MAX, &read);
            check_status(read.status, LEAT_END);
            check_bytes(read.bytes.data, read.bytes.len, plain, LEN);
            drive_read_fini(&read);
            leat_reader_close(r);
            memory_ctx_fini(&ctx, &memory);
        }
        check_forgets_after("filter");
    }
}

/* What `len` bytes are unfiltered to: at their end, or before a fault. */
static void is_cut(size_t which, size_t len, bool fault, const uint8_t *wanted)
{
    struct leat_ctx ctx;
    struct split_plan plan = split_plan_of(len);
    struct read read;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *source = split_reader(leat_memory(&ctx, filtered, len), &plan);
    struct leat_reader *r = unfilter(leat_limit(source, len + fault, true), which);
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, fault ? LEAT_FAULT : LEAT_END);
    if (fault) {
        check_equal(read.fault.code, LEAT_FAULT_TRUNCATED);
        check_equal(read.fault.offset, len);
    }
    check_bytes(read.bytes.data, read.bytes.len, wanted, len);
    drive_read_fini(&read);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

/* Whatever it has in hand comes out where the input ends or fails. */
static void test_cuts(void)
{
    static uint8_t wanted[CUT_LEN];
    for (size_t which = 0; which < FILTERS; which++) {
        lzma_filter with[3], without[2];
        if (!make_filtered(which))
            continue;
        chain_of(which, false, with);
        chain_of(which, true, without);
        for (size_t len = 0; len < CUT_LEN; len++) {
            check_says("length", len);
            by_liblzma(without, with, filtered, len, wanted);
            is_cut(which, len, false, wanted);
            is_cut(which, len, true, wanted);
        }
        check_forgets_after("filter");
    }
}

/* For every n, the n-th allocation fails. */
static void test_allocations(void)
{
    bool failed = true;
    check(make_filtered(1));
    for (uint64_t n = 1; failed; n++) {
        struct memory memory;
        struct leat_ctx ctx;
        struct read read;
        check_says("allocation", n);
        memory_ctx_init(&ctx, &memory);
        memory.fail_at = memory.calls + n;
        struct leat_reader *r = unfilter(leat_memory(&ctx, filtered, LEN), 1);
        drive_read(r, UINT64_MAX, &read);
        failed = memory.calls >= memory.fail_at;
        check_status(read.status, failed ? LEAT_FAULT : LEAT_END);
        check(!failed || read.fault.code == LEAT_FAULT_MEMORY);
        check_bytes(read.bytes.data, read.bytes.len, plain, failed ? 0 : LEN);
        drive_read_fini(&read);
        leat_reader_close(r);
        memory_ctx_fini(&ctx, &memory);
    }
}

static void is_refused(const struct leat_lzma_filter *filter)
{
    struct read read;
    drive_stage(&leat_stage_lzma_unfilter, filter, plain, LEN, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_UNSUPPORTED);
    check_equal(read.bytes.len, 0);
    drive_read_fini(&read);
}

static void test_refused(void)
{
    static const uint8_t bytes[2];
    is_refused(&(struct leat_lzma_filter){ .id = LEAT_LZMA_FILTER_DELTA });
    is_refused(&(struct leat_lzma_filter){ LEAT_LZMA_FILTER_X86, bytes, sizeof(bytes) });
    if (!lzma_filter_decoder_is_supported(RISCV))
        is_refused(&(struct leat_lzma_filter){ .id = LEAT_LZMA_FILTER_RISCV });
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    make_plain();
    check_run(test_cuttings);
    check_run(test_cuts);
    check_run(test_allocations);
    check_run(test_refused);
    return 0;
}
