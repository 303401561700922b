#ifndef LEAT_ENDPOINT_SOCKET_DIAL_H
#define LEAT_ENDPOINT_SOCKET_DIAL_H

#include "leat/endpoint/socket/connection.h"
#include "leat/endpoint/socket/resolve.h"

/* Connecting to whichever address of a host answers first (RFC 8305, "Happy Eyeballs"): the
 * families take turns, each attempt gets a head start, and one that fails gives way at once. So an
 * address that nobody answers at costs a quarter of a second, and not minutes. */

/* All zero: the defaults. */
struct leat_dial_options {
    struct leat_connection_options connection;
    struct leat_resolve_options resolve;
    uint64_t head_start_ns; /* of each attempt before the next; 250 ms */
};

LEAT_BEGIN_DECLS

/* Connect to `host`, by its name or its address, at `port`. The fiber's scope says until when.
 *
 * ctx        with the engine of `fibers`
 * ret        connected, the caller's to close
 * ret_fault  after FAULT: of the lookup, or of the attempt that failed first; named `host`
 * Status     OK, FAULT
 * Blocks     the fiber.   Allocates  the connections, and a stack for each attempt */
LEAT_API LEAT_MUST_USE enum leat_status leat_connection_dial(
    struct leat_ctx *ctx, struct leat_fibers *fibers, const char *host, unsigned port,
    const struct leat_dial_options *options, struct leat_connection **ret,
    struct leat_fault *ret_fault);

/* The same among `len` (1 .. LEAT_RESOLVED_MAX) addresses, the best first. The fault has no name.
 */
LEAT_API LEAT_MUST_USE enum leat_status leat_connection_dial_any(
    struct leat_ctx *ctx, struct leat_fibers *fibers, const struct leat_address *addresses,
    unsigned len, const struct leat_dial_options *options, struct leat_connection **ret,
    struct leat_fault *ret_fault);

LEAT_END_DECLS

#endif
