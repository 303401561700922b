#include "leat/stage/hash/hash.h"
#include "tests/kinds/bench.h"
#include "tests/support/check.h"

static struct leat_reader *open_hash(struct kind_end *end, struct leat_reader *src)
{
    (void)end;
    return leat_hash(src, &leat_hash_crc32);
}

static void judge(struct kind_end *end, struct leat_reader *r)
{
    uint64_t value;
    (void)end;
    check_status(leat_hash_value(r, &value), LEAT_OK);
    check_equal(value, leat_crc32(0, bench_bytes(), (size_t)leat_tell(r)));
}

static const struct kind_view views[] = {
    {
        .name = "hash",
        .promises = KIND_SHARES | KIND_COPIES_NOTHING | KIND_LOOKS | KIND_OWN_OFFSETS,
        .open = open_hash,
        .judge = judge,
    },
    { 0 },
};

const struct kinds kinds_hash = { .name = "hash", .views = views };
