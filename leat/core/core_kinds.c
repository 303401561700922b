#include "leat/core/widen.h"
#include "tests/kinds/kinds.h"
#include "tests/support/memory.h"

/* A borrower does not own its source, so one that does lies below it. */
struct borrowed {
    struct leat_reader *src;
    struct leat_reader shell;
};

static void make_borrowed(struct kind_end *end)
{
    end->own = memory_get(sizeof(struct borrowed));
}

static struct leat_reader *open_borrowed(struct kind_end *end, struct leat_reader *src)
{
    struct borrowed *self = end->own;
    self->src = src;
    return leat_borrow(&self->shell, src);
}

static void unmake_borrowed(struct kind_end *end)
{
    struct borrowed *self = end->own;
    leat_reader_close(self->src);
    memory_put(self);
}

static struct leat_reader *open_widened(struct kind_end *end, struct leat_reader *src)
{
    return leat_widen(src, end->ctx->limits.window_max);
}

static const struct kind_view views[] = {
    {
        .name = "borrow",
        .promises = KIND_SEEKS | KIND_FORKS | KIND_SHARES | KIND_COPIES_NOTHING,
        .make = make_borrowed,
        .open = open_borrowed,
        .unmake = unmake_borrowed,
    },
    { .name = "widen", .promises = KIND_SHARES, .open = open_widened },
    { 0 },
};

const struct kinds kinds_core = { .name = "core", .views = views };
