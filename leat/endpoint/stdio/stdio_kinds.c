#include "leat/endpoint/stdio/stdio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kinds/ends.h"

static struct leat_reader *open_file(struct kind_end *end)
{
    return leat_from_stdio(end->ctx, fopen(end->path, "re"), true);
}

static struct leat_reader *open_stream(struct kind_end *end)
{
    return leat_from_stdio(end->ctx, fdopen(end->near_fd, "r"), true);
}

static const struct kind_source sources[] = {
    {
        .name = "FILE",
        .promises = KIND_SHARES,
        .put = ends_put_file,
        .open = open_file,
        .unmake = ends_unmake,
    },
    {
        .name = "FILE of a pipe",
        .promises = KIND_STREAM | KIND_SHARES,
        .make = ends_pipe_in,
        .feed = ends_feed,
        .finish = ends_finish,
        .open = open_stream,
        .unmake = ends_unmake,
    },
    { 0 },
};

static struct leat_writer *open_file_writer(struct kind_end *end)
{
    return leat_stdio_writer(end->ctx, fopen(end->path, "we"), true);
}

static struct leat_writer *open_stream_writer(struct kind_end *end)
{
    return leat_stdio_writer(end->ctx, fdopen(end->near_fd, "w"), true);
}

/* A FILE without a descriptor: what came is in memory whenever stdio was flushed. */
struct in_memory {
    char *data;
    size_t len;
};

static void make_in_memory(struct kind_end *end)
{
    end->own = calloc(1, sizeof(struct in_memory));
}

static struct leat_writer *open_in_memory(struct kind_end *end)
{
    struct in_memory *self = end->own;
    return leat_stdio_writer(end->ctx, open_memstream(&self->data, &self->len), true);
}

static size_t take_from_memory(struct kind_end *end, struct leat_writer *w, void *to, size_t len)
{
    const struct in_memory *self = end->own;
    size_t left = self->data != NULL ? self->len - (size_t)end->taken : 0;
    size_t some = left < len ? left : len;
    (void)w;
    if (some > 0)
        memcpy(to, self->data + end->taken, some);
    end->taken += some;
    return some;
}

static void unmake_in_memory(struct kind_end *end)
{
    free(((struct in_memory *)end->own)->data);
    free(end->own);
}

static const struct kind_sink sinks[] = {
    {
        .name = "FILE in memory",
        .make = make_in_memory,
        .open = open_in_memory,
        .take = take_from_memory,
        .unmake = unmake_in_memory,
    },
    {
        .name = "FILE",
        .open = open_file_writer,
        .take = ends_take_file,
        .refuse = ends_refuse_file,
        .refusal = LEAT_FAULT_SYSTEM,
        .refusal_code = EFBIG,
        .unmake = ends_unmake,
    },
    {
        .name = "FILE of a pipe",
        .promises = KIND_STREAM,
        .make = ends_pipe_out,
        .open = open_stream_writer,
        .take = ends_take,
        .refuse = ends_hang_up,
        .refusal = LEAT_FAULT_SYSTEM,
        .refusal_code = EPIPE,
        .unmake = ends_unmake,
    },
    { 0 },
};

const struct kinds kinds_stdio = { .name = "stdio", .sources = sources, .sinks = sinks };
