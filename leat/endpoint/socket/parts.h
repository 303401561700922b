#ifndef LEAT_ENDPOINT_SOCKET_PARTS_H
#define LEAT_ENDPOINT_SOCKET_PARTS_H

#include "leat/core/buffer.h"
#include "leat/endpoint/sink.h"
#include "leat/endpoint/socket/connection.h"

/* What the files of a connection share. */

/* The reading end. Its window is in one of two memories:
 *
 *     shown      a slice of what the engine received; nothing is copied
 *     gathered   where more was asked for at once than the slice held, its rest and the first bytes
 *                of the next, copied together; when that is consumed, what is left of the next is
 *                shown
 */
struct leat_receiver {
    struct leat_reader reader;
    struct leat_slice shown;
    struct leat_slice next;      /* received, and not in the window */
    struct leat_buffer gathered; /* its block is NULL while the window is `shown` */
    struct leat_wake *armed;
    bool closed;
    enum leat_ready arms; /* a connection that is being made is waited for as a writer is */
};

struct leat_connection {
    struct leat_receiver receiver;
    struct leat_sink sink;
    struct leat_handle *handle; /* shared with the sink, which has a reference of its own */
    struct leat_connection_options options;
    struct leat_address peer;
    bool connected;
    bool connecting; /* some fiber waits for it */
    bool writer_closed;
    int failed; /* to connect: the error number, for both ends */
};

void leat_receiver_init(struct leat_connection *connection, struct leat_ctx *ctx);

/* Show what was received by other means, before all else. The window is empty. */
void leat_receiver_show(struct leat_receiver *receiver, struct leat_slice slice);

/* Let go of all memory. The window is empty. */
void leat_receiver_rest(struct leat_receiver *receiver);

/* Make the connection if it is not. OK, FULL (it would have to be waited for), FAULT (io.code). */
struct leat_io leat_connection_opens(struct leat_connection *connection);

#endif
