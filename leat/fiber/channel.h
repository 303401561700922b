#ifndef LEAT_FIBER_CHANNEL_H
#define LEAT_FIBER_CHANNEL_H

#include "leat/fiber/wait.h"

/* A bounded queue of items between fibers of one loop, any number on either side. Items are all of
 * one size and are copied; they are meant to be small: a pointer, a struct leat_slice. Bytes by the
 * thousand go through a pipe (pipe.h), or as slices. What an item refers to goes over to whoever
 * receives it.
 *
 * An item is handed from one side to the other at once, in the order the sides came: none is lost
 * or doubled when a fiber is cancelled. In the caller's memory; its fields are the library's. */
struct leat_channel {
    struct leat_fibers *fibers;
    uint8_t *items; /* `capacity` of them, a ring */
    size_t item_size;
    size_t capacity;
    size_t first, len; /* of those that are there */
    bool closed;
    struct leat_waiters senders;   /* only when it is full */
    struct leat_waiters receivers; /* only when it is empty */
};

LEAT_BEGIN_DECLS

/* Make one, open.
 *
 * items      memory for `capacity` items of `item_size` (> 0) bytes, as long as the channel is used
 * capacity   0: who sends waits until somebody receives */
LEAT_API void leat_channel_init(struct leat_channel *channel, struct leat_fibers *fibers,
                                void *items, size_t item_size, size_t capacity);

/* Send a copy of the item at `item`.
 *
 * Status  OK, END (closed, also while it waited: nothing was sent), FAULT (cancelled, as well)
 * Blocks  the fiber, while it is full */
LEAT_API LEAT_MUST_USE enum leat_status leat_channel_send(struct leat_channel *channel,
                                                          const void *item);

/* Receive the item that was sent first.
 *
 * ret     the item; untouched on any status but OK
 * Status  OK, END (closed, and nothing is left), FAULT (cancelled)
 * Blocks  the fiber, while it is empty */
LEAT_API LEAT_MUST_USE enum leat_status leat_channel_receive(struct leat_channel *channel,
                                                             void *ret);

/* The same without waiting: FULL, or AGAIN, in place of it. From the loop as well, and by a fiber
 * that is cancelled: so what is left in a channel can be let go of. */
LEAT_API LEAT_MUST_USE enum leat_status leat_channel_try_send(struct leat_channel *channel,
                                                              const void *item);
LEAT_API LEAT_MUST_USE enum leat_status leat_channel_try_receive(struct leat_channel *channel,
                                                                 void *ret);

/* Nothing more is sent: who waits to send gets END, and so do those who receive when nothing is
 * left. Once or more. Never waits. */
LEAT_API void leat_channel_close(struct leat_channel *channel);

LEAT_END_DECLS

#endif
