#include "leat/endpoint/socket/connection.h"

#include <errno.h>

#include "tests/kinds/ends.h"

/* What the suite closes is one end of the connection; `unmake` closes the whole. */

static struct leat_connection *connection(struct kind_end *end)
{
    struct leat_connection *made = leat_connection_of(end->ctx, end->near_fd, NULL, NULL);
    end->own = made;
    return made;
}

static struct leat_reader *open_reader(struct kind_end *end)
{
    struct leat_connection *made = connection(end);
    return made != NULL ? leat_connection_reader(made) : &end->ctx->no_reader;
}

static struct leat_writer *open_writer(struct kind_end *end)
{
    struct leat_connection *made = connection(end);
    return made != NULL ? leat_connection_writer(made) : &end->ctx->no_writer;
}

static void unmake(struct kind_end *end)
{
    leat_connection_close(end->own);
    end->own = NULL;
    ends_unmake(end);
}

static const struct kind_source sources[] = {
    {
        .name = "connection",
        .promises = KIND_STREAM | KIND_SHARES | KIND_OFFERS,
        .make = ends_socket,
        .feed = ends_feed,
        .finish = ends_finish,
        .open = open_reader,
        .unmake = unmake,
    },
    { 0 },
};

static const struct kind_sink sinks[] = {
    {
        .name = "connection",
        .promises = KIND_STREAM,
        .make = ends_socket,
        .open = open_writer,
        .take = ends_take,
        .refuse = ends_hang_up,
        .refusal = LEAT_FAULT_SYSTEM,
        .refusal_code = EPIPE,
        .unmake = unmake,
    },
    { 0 },
};

const struct kinds kinds_socket = {
    .name = "socket",
    .sources = sources,
    .sinks = sinks,
};
