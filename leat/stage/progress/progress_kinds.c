#include "leat/stage/progress/progress.h"
#include "tests/kinds/kinds.h"

static void report(void *user, uint64_t consumed)
{
    (void)user;
    (void)consumed;
}

static struct leat_reader *open_progress(struct kind_end *end, struct leat_reader *src)
{
    return leat_progress(src, 1000, report, end);
}

static const struct kind_view views[] = {
    {
        .name = "progress",
        .promises = KIND_SEEKS | KIND_SHARES | KIND_COPIES_NOTHING,
        .open = open_progress,
    },
    { 0 },
};

const struct kinds kinds_progress = { .name = "progress", .views = views };
