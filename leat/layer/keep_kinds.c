#include "leat/layer/keep.h"

#include "tests/kinds/bench.h"
#include "tests/support/check.h"

/* Less than the suite's views show, so that both ways are tried. */
enum { SMALL_MAX = 3000 };

static struct leat_reader *open_keep(struct kind_end *end, struct leat_reader *src)
{
    (void)end;
    return leat_keep(src, SIZE_MAX);
}

static struct leat_reader *open_small(struct kind_end *end, struct leat_reader *src)
{
    (void)end;
    return leat_keep(src, SMALL_MAX);
}

static void judge(struct kind_end *end, struct leat_reader *r)
{
    struct leat_slice kept;
    uint64_t consumed = leat_tell(r);
    (void)end;
    check(leat_keep_take(r, &kept));
    check_bytes(kept.data, kept.len, bench_bytes(), consumed);
    leat_slice_release(&kept);
}

static void judge_small(struct kind_end *end, struct leat_reader *r)
{
    struct leat_slice kept;
    uint64_t consumed = leat_tell(r);
    size_t len = consumed < LEAT_KEEP_TAIL_LEN ? (size_t)consumed : LEAT_KEEP_TAIL_LEN;
    (void)end;
    bool all = leat_keep_take(r, &kept);
    check_equal(all, consumed <= SMALL_MAX);
    check_bytes(kept.data, kept.len, (const uint8_t *)bench_bytes() + consumed - len, len);
    leat_slice_release(&kept);
}

static const struct kind_view views[] = {
    {
        .name = "keep",
        .promises = KIND_SHARES | KIND_LOOKS,
        .open = open_keep,
        .judge = judge,
    },
    {
        .name = "keep the last",
        .promises = KIND_SHARES | KIND_LOOKS,
        .open = open_small,
        .judge = judge_small,
    },
    { 0 },
};

const struct kinds kinds_keep = { .name = "keep", .views = views };
