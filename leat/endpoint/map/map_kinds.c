#include "leat/endpoint/map/map.h"

#include <fcntl.h>

#include "tests/kinds/ends.h"

static struct leat_reader *open_plain(struct kind_end *end)
{
    return leat_map(end->ctx, end->path);
}

static struct leat_reader *open_small(struct kind_end *end)
{
    struct leat_map_options options = { .window_bytes = 70000, .step_bytes = 10000 };
    return leat_map_at(end->ctx, AT_FDCWD, end->path, NULL, &options);
}

static struct leat_reader *open_read_first(struct kind_end *end)
{
    struct leat_map_options options = { .window_bytes = 100000, .read_bytes = 5000 };
    return leat_map_at(end->ctx, AT_FDCWD, end->path, NULL, &options);
}

#define SOURCE(of, do_open, more)                                                                  \
    {                                                                                              \
        .name = (of), .promises = KIND_SEEKS | KIND_FORKS | KIND_SHARES | KIND_OFFERS | (more),    \
        .put = ends_put_file, .open = (do_open), .unmake = ends_unmake                             \
    }

static const struct kind_source sources[] = {
    SOURCE("map", open_plain, KIND_COPIES_NOTHING | KIND_SPARSE),
    SOURCE("map, small windows", open_small, KIND_COPIES_NOTHING | KIND_SPARSE),
    SOURCE("map, read first", open_read_first, KIND_SPARSE),
    { 0 },
};

const struct kinds kinds_map = { .name = "map", .sources = sources };
