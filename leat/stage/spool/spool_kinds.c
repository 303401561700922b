#include "leat/stage/spool/spool.h"
#include "tests/kinds/kinds.h"

static struct leat_reader *open_spool(struct kind_end *end, struct leat_reader *src)
{
    (void)end;
    return leat_spool(src, 0);
}

static const struct kind_view views[] = {
    {
        .name = "spool",
        .promises = KIND_SEEKS | KIND_FORKS | KIND_SHARES | KIND_LOOKS | KIND_OWN_OFFSETS,
        .open = open_spool,
    },
    { 0 },
};

const struct kinds kinds_spool = { .name = "spool", .views = views };
