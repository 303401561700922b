#ifndef LEAT_ENDPOINT_DATAGRAM_DATAGRAMS_H
#define LEAT_ENDPOINT_DATAGRAM_DATAGRAMS_H

#include "leat/core/ctx.h"
#include "leat/engine/address.h"
#include "leat/engine/op.h"

/* Datagrams, of UDP or of this machine: each arrives whole or not at all, in any order, and is no
 * stream of bytes. So there is no reader or writer here, but one call for one datagram. */

/* All zero: the defaults. */
struct leat_datagrams_options {
    uint64_t receive_timeout_ns; /* of each wait for one; none */
    uint64_t send_timeout_ns;    /* of each wait for room; none */
    size_t len_max;              /* the longest that is received; 65,536, more than UDP has */
    bool shared; /* other sockets may be bound to the same address, each getting a part */
};

/* A socket of datagrams. In the caller's memory; one fiber may receive while another sends. */
struct leat_datagrams {
    struct leat_ctx *ctx;
    struct leat_socket socket;
    struct leat_address address; /* where it is bound, with the port that the system chose */
    struct leat_datagrams_options options;
    struct leat_wake *armed[2]; /* by enum leat_ready */
    bool connected;
    bool removes;            /* a path, which it was bound to */
    struct leat_fault fault; /* of the last FAULT */
};

/* One that arrived. */
struct leat_datagram {
    struct leat_slice slice;  /* its bytes, perhaps none; to be released */
    struct leat_address from; /* of length 0 where the sender has no address */
    bool cut;                 /* it was longer than len_max, and the rest is lost */
};

LEAT_BEGIN_DECLS

/* Open a socket of datagrams.
 *
 * at       where others send to; NULL: the system chooses when the first is sent
 * to       the one to talk with: nobody else's arrive, and a refusal is told. NULL: anybody. With
 *          both NULL there is nothing to open: a bug
 * Status   OK, AGAIN (an engine that does not wait), FAULT (self->fault; nothing to close) */
LEAT_API LEAT_MUST_USE enum leat_status leat_datagrams_open(
    struct leat_datagrams *self, struct leat_ctx *ctx, const struct leat_address *at,
    const struct leat_address *to, const struct leat_datagrams_options *options);

/* Send one.
 *
 * bytes    all of it; what the system finds too long is a fault with EMSGSIZE
 * to       NULL: to whom it is connected
 * Status   OK (it is under way, and may still be lost), FULL, FAULT (self->fault; it may be asked
 *          again)
 * Blocks   as the engine does */
LEAT_API LEAT_MUST_USE enum leat_status leat_datagrams_send(struct leat_datagrams *self,
                                                            struct leat_span bytes,
                                                            const struct leat_address *to);

/* Receive the next. Nothing is held while it is waited for.
 * Status   OK, AGAIN, FAULT (self->fault: timed out, cancelled, or, of one that is connected, that
 *          what was sent before was refused; it may be asked again)
 * Blocks   as the engine does.   Allocates  for the datagram, len_max bytes */
LEAT_API LEAT_MUST_USE enum leat_status leat_datagrams_receive(struct leat_datagrams *self,
                                                               struct leat_datagram *ret);

/* After AGAIN or FULL: fire `wake` once when there is one to receive, or room to send.
 * Status   OK, UNSUPPORTED (an engine that waits), LIMIT */
LEAT_API LEAT_MUST_USE enum leat_status leat_datagrams_arm(struct leat_datagrams *self,
                                                           enum leat_ready ready,
                                                           struct leat_wake *wake);

/* Close it; a path that it was bound to is removed. Never waits. Again is fine. */
LEAT_API void leat_datagrams_close(struct leat_datagrams *self);

LEAT_END_DECLS

#endif
