#include "leat/endpoint/descriptor/descriptor.h"

#include <errno.h>
#include <fcntl.h>

#include "tests/kinds/ends.h"

static struct leat_reader *open_stream(struct kind_end *end)
{
    return leat_descriptor(end->ctx, end->near_fd, true, "stream");
}

static struct leat_reader *open_file(struct kind_end *end)
{
    return leat_descriptor(end->ctx, open(end->path, O_RDONLY | O_CLOEXEC), true, end->path);
}

#define STREAM(of, do_make)                                                                        \
    {                                                                                              \
        .name = (of), .promises = KIND_STREAM | KIND_SHARES | KIND_OFFERS, .make = (do_make),      \
        .feed = ends_feed, .finish = ends_finish, .open = open_stream, .unmake = ends_unmake       \
    }

static const struct kind_source sources[] = {
    {
        .name = "descriptor of a file",
        .promises = KIND_SEEKS | KIND_FORKS | KIND_SHARES | KIND_SPARSE | KIND_OFFERS,
        .put = ends_put_file,
        .open = open_file,
        .unmake = ends_unmake,
    },
    STREAM("pipe", ends_pipe_in),
    STREAM("pipe that does not block", ends_pipe_in_nonblocking),
    STREAM("socket", ends_socket),
    { 0 },
};

static struct leat_writer *open_stream_writer(struct kind_end *end)
{
    return leat_descriptor_writer(end->ctx, end->near_fd, true, "stream");
}

static struct leat_writer *open_file_writer(struct kind_end *end)
{
    int fd = open(end->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return leat_descriptor_writer(end->ctx, fd, true, end->path);
}

static struct leat_writer *open_append_writer(struct kind_end *end)
{
    int fd = open(end->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return leat_descriptor_writer(end->ctx, fd, true, end->path);
}

#define FILE_SINK(of, do_open)                                                                     \
    {                                                                                              \
        .name = (of), .open = (do_open), .take = ends_take_file, .refuse = ends_refuse_file,       \
        .refusal = LEAT_FAULT_SYSTEM, .refusal_code = EFBIG, .unmake = ends_unmake                 \
    }

#define STREAM_SINK(of, do_make)                                                                   \
    {                                                                                              \
        .name = (of), .promises = KIND_STREAM, .make = (do_make), .open = open_stream_writer,      \
        .take = ends_take, .refuse = ends_hang_up, .refusal = LEAT_FAULT_SYSTEM,                   \
        .refusal_code = EPIPE, .unmake = ends_unmake                                               \
    }

static const struct kind_sink sinks[] = {
    FILE_SINK("descriptor of a file", open_file_writer),
    FILE_SINK("descriptor that appends", open_append_writer),
    STREAM_SINK("pipe", ends_pipe_out),
    STREAM_SINK("socket", ends_socket),
    { 0 },
};

const struct kinds kinds_descriptor = {
    .name = "descriptor",
    .sources = sources,
    .sinks = sinks,
};
