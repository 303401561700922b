#ifndef LEAT_ENDPOINT_SOCKET_CONNECTION_H
#define LEAT_ENDPOINT_SOCKET_CONNECTION_H

#include "leat/core/ctx.h"
#include "leat/engine/address.h"

/* A connection: a stream of bytes each way, TCP or Unix. Its reader and its writer are parts of it,
 * good until it is closed; closing one of them, or what was stacked on it, ends that direction and
 * leaves the other.
 *
 * What arrives is shown where the engine received it: the window is the engine's own memory, held
 * as long as there are bytes in it. A connection that waits holds no memory for bytes, neither for
 * those that come nor for those that go. */

struct leat_connection;

/* All zero: no time limits. */
struct leat_connection_options {
    uint64_t connect_timeout_ns; /* until the other end has answered */
    uint64_t receive_timeout_ns; /* of each wait for bytes */
    uint64_t send_timeout_ns;    /* of each wait for room */
    bool gathers; /* let the system hold small pieces back (Nagle), to send fewer packets */
};

LEAT_BEGIN_DECLS

/* A connection to `to`, made by the first fill, drain or flush: constructors never wait. That must
 * have returned before another fiber uses the other end; a flush of the writer does it with nothing
 * else. NULL options: none. Without memory: NULL. */
LEAT_API LEAT_MUST_USE struct leat_connection *leat_connection_to(
    struct leat_ctx *ctx, const struct leat_address *to,
    const struct leat_connection_options *options);

/* A connection over a socket that is connected already and does not block; it is closed with it,
 * and at once when there is no memory (then NULL). `peer` (NULL: not known) is its name in faults.
 */
LEAT_API LEAT_MUST_USE struct leat_connection *leat_connection_of(
    struct leat_ctx *ctx, int fd, const struct leat_address *peer,
    const struct leat_connection_options *options);

/* Its two ends. Wherever a reader or writer is owned by what is stacked on it, that is all that
 * closing does to it: the connection stays. Of the writer, LEAT_FLUSH_FINISH tells the other end
 * that no more will come (half-close). */
LEAT_API struct leat_reader *leat_connection_reader(struct leat_connection *connection);
LEAT_API struct leat_writer *leat_connection_writer(struct leat_connection *connection);

/* Let go of the memory behind the reader's window, where that is empty: for who has read a request
 * and goes on to answer it, perhaps for long. The next read does so by itself. */
LEAT_API void leat_connection_rest(struct leat_connection *connection);

/* Who is at the other end. */
LEAT_API const struct leat_address *leat_connection_peer(const struct leat_connection *connection);

/* Close it, with both ends. What was written and not flushed is lost. Never waits. NULL is fine. */
LEAT_API void leat_connection_close(struct leat_connection *connection);

LEAT_END_DECLS

#endif
