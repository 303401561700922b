#include "leat/layer/peel.h"
#include "tests/kinds/kinds.h"

/* Where nothing comes off it is a view. */
static struct leat_reader *open_peel(struct kind_end *end, struct leat_reader *src)
{
    (void)end;
    return leat_peel(src, NULL);
}

static const struct kind_view views[] = {
    {
        .name = "peel",
        .promises = KIND_SEEKS | KIND_FORKS | KIND_SHARES | KIND_COPIES_NOTHING | KIND_LOOKS,
        .open = open_peel,
    },
    { 0 },
};

const struct kinds kinds_peel = { .name = "peel", .views = views };
