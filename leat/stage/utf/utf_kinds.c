#include "leat/stage/utf/utf.h"
#include "tests/kinds/kinds.h"

/* Without a mark it is a view. */
static struct leat_reader *open_utf8(struct kind_end *end, struct leat_reader *src)
{
    (void)end;
    return leat_utf8(src);
}

static const struct kind_view views[] = {
    {
        .name = "utf8",
        .promises = KIND_SHARES | KIND_COPIES_NOTHING | KIND_LOOKS | KIND_OWN_OFFSETS,
        .open = open_utf8,
    },
    { 0 },
};

const struct kinds kinds_utf = { .name = "utf", .views = views };
