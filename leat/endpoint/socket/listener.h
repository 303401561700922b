#ifndef LEAT_ENDPOINT_SOCKET_LISTENER_H
#define LEAT_ENDPOINT_SOCKET_LISTENER_H

#include "leat/endpoint/socket/connection.h"
#include "leat/engine/op.h"

/* A socket that others connect to. In the caller's memory. */
struct leat_listener {
    struct leat_ctx *ctx;
    struct leat_socket socket;
    struct leat_address address; /* where it listens, with the port that the system chose */
    bool removes;                /* its path, at close */
    struct leat_fault fault;     /* after FAULT */
};

/* All zero: the defaults. */
struct leat_listener_options {
    unsigned backlog; /* connections that wait to be accepted; 1024 */
    bool shared;      /* other listeners may have the same address, each getting a part */
};

LEAT_BEGIN_DECLS

/* Listen at `address`. A Unix path that nobody listens at any more is taken over.
 * Status  OK, AGAIN (an engine that does not wait), FAULT (listener->fault; nothing to close) */
LEAT_API LEAT_MUST_USE enum leat_status leat_listener_open(
    struct leat_listener *listener, struct leat_ctx *ctx, const struct leat_address *address,
    const struct leat_listener_options *options);

/* Listen with a socket that listens already, and does not block: one that was handed over by
 * whoever started the program. It is closed with the listener. */
LEAT_API void leat_listener_of(struct leat_listener *listener, struct leat_ctx *ctx, int fd);

/* Accept the next connection.
 *
 * options  of the connection, as of leat_connection_of
 * Status   OK, AGAIN, FAULT (listener->fault: out of descriptors or memory, cancelled; those who
 *          wait go on waiting, and it may be asked again)
 * Blocks   as the engine does */
LEAT_API LEAT_MUST_USE enum leat_status leat_listener_accept(
    struct leat_listener *listener, const struct leat_connection_options *options,
    struct leat_connection **ret);

/* Stop listening. Those who wait are refused. A Unix path is removed. Never waits. */
LEAT_API void leat_listener_close(struct leat_listener *listener);

LEAT_END_DECLS

#endif
