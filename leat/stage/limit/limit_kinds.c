#include "leat/stage/limit/limit.h"
#include "tests/kinds/kinds.h"

static struct leat_reader *open_wide(struct kind_end *end, struct leat_reader *src)
{
    (void)end;
    return leat_limit(src, UINT64_MAX, false);
}

static struct leat_reader *open_exact(struct kind_end *end, struct leat_reader *src)
{
    return leat_limit(src, end->len, true);
}

enum {
    PROMISES = KIND_SEEKS | KIND_FORKS | KIND_SHARES | KIND_COPIES_NOTHING | KIND_OWN_OFFSETS,
};

static const struct kind_view views[] = {
    { .name = "limit, wide", .promises = PROMISES, .open = open_wide },
    { .name = "limit, exact", .promises = PROMISES, .open = open_exact },
    { .name = "limit, cutting", .promises = PROMISES | KIND_CUTS, .open = open_exact },
    { 0 },
};

const struct kinds kinds_limit = { .name = "limit", .views = views };
