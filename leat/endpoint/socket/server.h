#ifndef LEAT_ENDPOINT_SOCKET_SERVER_H
#define LEAT_ENDPOINT_SOCKET_SERVER_H

#include "leat/endpoint/socket/listener.h"
#include "leat/fiber/fiber.h"

/* A server: accepts connections, and runs a fiber for each that has something to say. While one
 * says nothing it has no fiber, no stack and no memory for bytes, so that ten thousand cost little.
 */

struct leat_server;

/* What is to become of a connection when its handler returns. */
enum leat_served {
    /* Send what was written, without the fiber, and run the handler again when more has come. */
    LEAT_SERVED_KEEP,
    /* It is over: what was written and not flushed is lost. */
    LEAT_SERVED_CLOSE,
};

/* All zero but `handle`: the defaults. */
struct leat_server_options {
    /* Runs in a fiber: there is something to read, or the other end has said that nothing more will
     * come. What it leaves in the reader's window brings it back at once. */
    enum leat_served (*handle)(struct leat_connection *connection, void *user);
    void *user;

    struct leat_connection_options connection;
    uint64_t idle_timeout_ns; /* how long one may say nothing; 0: for ever */
    uint32_t connections_max; /* those beyond wait to be accepted; 0: 10,000 */

    /* Told of what the server met and went on from: no more descriptors, or no memory, for want of
     * which it closes a connection. NULL: not. */
    void (*meets)(const struct leat_fault *fault, void *user);
};

/* What it did so far, and does now. */
struct leat_server_counts {
    uint64_t accepted;
    uint64_t timed_out; /* while they said nothing */
    uint32_t open;
    uint32_t busy; /* those with a fiber */
};

LEAT_BEGIN_DECLS

/* Serve those who connect to `listener`, which must be open, in the caller's fiber, until it is
 * stopped or its scope is cancelled; then the listener is closed. Connections are of its ctx.
 *
 * Status   OK (stopped: all connections are closed), FAULT (cancelled, or no memory to begin)
 * Blocks   the fiber */
LEAT_API LEAT_MUST_USE enum leat_status leat_server_run(struct leat_server *server);

/* Make one. Both must outlive it. NULL without memory. */
LEAT_API LEAT_MUST_USE struct leat_server *leat_server_create(
    struct leat_fibers *fibers, struct leat_listener *listener,
    const struct leat_server_options *options);
LEAT_API void leat_server_destroy(struct leat_server *server); /* NULL is fine */

/* Stop: close the listener, close what says nothing, and let the busy ones finish what they do,
 * until `grace_ns` from now at the latest. Then leat_server_run returns. On the loop's thread, from
 * anywhere; again with a shorter time is fine. */
LEAT_API void leat_server_stop(struct leat_server *server, uint64_t grace_ns);

/* Whether it was told to stop: a handler then says of this answer that it is the last. */
LEAT_API bool leat_server_stops(const struct leat_server *server);

LEAT_API struct leat_server_counts leat_server_counts(const struct leat_server *server);

LEAT_END_DECLS

#endif
