/* The echo server as one writes it with leat: a handler that gives back by reference what came.
 * ECHO_SPIN_NS in the environment has it look so long for more before it sleeps. */

#include <stdio.h>
#include <stdlib.h>

#include "bench/net/common.h"
#include "leat/endpoint/socket/server.h"

static struct leat_fibers *fibers;
static struct leat_listener listener;

/* All that is there goes back in one piece; while there is more, nothing is waited for. */
static enum leat_served echo(struct leat_connection *connection, void *user)
{
    struct leat_reader *r = leat_connection_reader(connection);
    struct leat_writer *w = leat_connection_writer(connection);
    struct leat_span span;
    struct leat_slice slice;
    (void)user;
    if (leat_peek(r, 1, &span) != LEAT_OK || leat_take(r, span.len, &slice) != LEAT_OK)
        return LEAT_SERVED_CLOSE;
    enum leat_status status = leat_give(w, &slice);
    leat_slice_release(&slice);
    return status == LEAT_OK ? LEAT_SERVED_KEEP : LEAT_SERVED_CLOSE;
}

static void serves(void *arg)
{
    struct leat_server *server = leat_server_create(
        fibers, &listener,
        &(struct leat_server_options){ .handle = echo, .connections_max = 20000 });
    (void)arg;
    check(leat_server_run(server) == LEAT_OK, "serve");
    leat_server_destroy(server);
}

int main(int count, char **words)
{
    struct server_options options = parse_server_options(count, words);
    struct leat_loop_choice choice;
    struct leat_ctx ctx;
    pin(options.core);
    raise_open_files();
    const char *spin = getenv("ECHO_SPIN_NS");
    struct leat_loop_options of_loop = { .spin_ns = spin != NULL ? strtoull(spin, NULL, 10) : 0 };
    struct leat_loop *loop = leat_loop_create(&of_loop, &choice);
    check(loop != NULL, "a loop");
    fprintf(stderr, "echo: on %s\n", leat_loop_name(loop));
    fibers = leat_fibers_create(loop, NULL);
    check(fibers != NULL, "fibers");
    struct leat_ctx_options waits = leat_fibers_ctx(fibers);
    leat_ctx_init(&ctx, &waits);
    leat_listener_of(&listener, &ctx, listen_at(options.listen, SOCK_NONBLOCK));
    check(leat_fibers_run(fibers, serves, NULL) == LEAT_OK, "run");
}
