#include "leat/endpoint/file/file.h"

#include <errno.h>
#include <fcntl.h>

#include "tests/kinds/ends.h"

static struct leat_reader *open_with(struct kind_end *end, enum leat_file_strategy strategy,
                                     bool ordinary)
{
    struct leat_file_options options = { .strategy = strategy, .ordinary = ordinary };
    return leat_file_at(end->ctx, AT_FDCWD, end->path, NULL, &options);
}

static struct leat_reader *open_sequential(struct kind_end *end)
{
    return leat_file(end->ctx, end->path);
}

static struct leat_reader *open_ordinary(struct kind_end *end)
{
    return open_with(end, LEAT_FILE_SEQUENTIAL, true);
}

static struct leat_reader *open_none(struct kind_end *end)
{
    return open_with(end, LEAT_FILE_NONE, false);
}

static struct leat_reader *open_exact(struct kind_end *end)
{
    return open_with(end, LEAT_FILE_EXACT, false);
}

#define SOURCE(of, do_open, more)                                                                  \
    {                                                                                              \
        .name = (of),                                                                              \
        .promises = KIND_SEEKS | KIND_FORKS | KIND_SHARES | KIND_SPARSE | KIND_OFFERS | (more),    \
        .put = ends_put_file, .open = (do_open), .unmake = ends_unmake                             \
    }

static const struct kind_source sources[] = {
    SOURCE("file", open_sequential, 0),
    SOURCE("file, ordinary", open_ordinary, KIND_SHORT_ENDS),
    SOURCE("file, here and there", open_none, 0),
    SOURCE("file, exact", open_exact, KIND_SLOW),
    { 0 },
};

static struct leat_writer *open_writer(struct kind_end *end)
{
    return leat_file_writer(end->ctx, end->path, NULL);
}

static struct leat_writer *open_durable(struct kind_end *end)
{
    return leat_file_writer(end->ctx, end->path,
                            &(struct leat_file_writer_options){ .durable = true });
}

#define SINK(of, do_open)                                                                          \
    {                                                                                              \
        .name = (of), .promises = KIND_WHOLE, .open = (do_open), .take = ends_take_file,           \
        .refuse = ends_refuse_file, .refusal = LEAT_FAULT_SYSTEM, .refusal_code = EFBIG,           \
        .unmake = ends_unmake                                                                      \
    }

static const struct kind_sink sinks[] = {
    SINK("file", open_writer),
    SINK("file, durable", open_durable),
    { 0 },
};

const struct kinds kinds_file = { .name = "file", .sources = sources, .sinks = sinks };
