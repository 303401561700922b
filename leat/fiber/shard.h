#ifndef LEAT_FIBER_SHARD_H
#define LEAT_FIBER_SHARD_H

#include "leat/fiber/fiber.h"

/* Shards: threads that share nothing, one for each processor, each with a loop, fibers and a ctx of
 * its own. What is another's is asked for by messages, which lie in their sender's memory until
 * they have been answered: nothing is copied or allocated on the way.
 *
 * Between any two shards is a ring for each direction, with as many places as `credits`; a fiber
 * that finds it full waits, so that a slow shard holds up those who write to it and nobody else.
 * A shard that sleeps is woken; one that runs, or spins (leat_loop_options.spin_ns), finds messages
 * by itself, and looks at one word however many others there are. */

struct leat_shard;
struct leat_shards;

enum { LEAT_SHARDS_MAX = 64, LEAT_SHARD_CREDITS = 256, LEAT_SHARD_CREDITS_MAX = 65536 };

struct leat_shards_options {
    unsigned count;   /* 1 .. LEAT_SHARDS_MAX; 0: one for each processor that may be used */
    unsigned credits; /* a power of two, 1 .. LEAT_SHARD_CREDITS_MAX; 0: LEAT_SHARD_CREDITS */
    bool floats;      /* do not keep each on a processor of its own */

    /* The first fiber of each shard; ends when all that it has sent was answered. Others are served
     * until the last of them has ended. */
    void (*entry)(struct leat_shard *here, void *arg);
    void *arg;

    /* Of each. What is zeroed is the default; the ctx waits by the fibers. */
    struct leat_loop_options loop;
    struct leat_fibers_options fibers;
    struct leat_ctx_options ctx;
    struct leat_alloc alloc;
};

/* A message: in the sender's memory, often in the stack of a fiber that waits for the answer. */
struct leat_message {
    /* On the receiver's thread, from a step of its loop: it must not wait, and may spawn. Sees to
     * it that leat_message_reply is called, there, once; from then on the message is not touched.
     */
    void (*fire)(struct leat_message *message, struct leat_shard *here);

    /* After that, on the sender's thread, from a step: the memory is the sender's again. */
    void (*done)(struct leat_message *message);

    /* The library's. */
    struct leat_shard *from;
    struct leat_note note;
};

LEAT_BEGIN_DECLS

/* Start the shards, each with `entry` as its first fiber.
 *
 * ret_choice  why its loop could not be made, or is not of the best kind, as leat_loop_create says
 *             it, of the first shard; may be NULL
 * ret         NULL without memory or threads, or where a loop could not be made: then none has run
 */
LEAT_API LEAT_MUST_USE struct leat_shards *leat_shards_start(
    const struct leat_shards_options *options, struct leat_loop_choice *ret_choice);

/* Wait until all have ended, and let go of them; on the thread that started them.
 *
 * ret     what their ctxs counted, added to what it holds; NULL: not wanted
 * Status  OK, FAULT (a shard's loop failed, or its first fiber could not be started) */
LEAT_API LEAT_MUST_USE enum leat_status leat_shards_join(struct leat_shards *shards,
                                                         struct leat_counts *ret);

LEAT_API unsigned leat_shards_count(const struct leat_shards *shards);
LEAT_API struct leat_shard *leat_shards_at(struct leat_shards *shards, unsigned index);

/* What a shard has: for its own thread. */
LEAT_API struct leat_shards *leat_shard_all(struct leat_shard *here);
LEAT_API unsigned leat_shard_index(const struct leat_shard *shard);
LEAT_API struct leat_loop *leat_shard_loop(struct leat_shard *here);
LEAT_API struct leat_fibers *leat_shard_fibers(struct leat_shard *here);
LEAT_API struct leat_ctx *leat_shard_ctx(struct leat_shard *here);

/* Run fn(to, arg) as a fiber of shard `to`, and wait for its end; `arg` may lie on the caller's
 * stack. On the caller's own shard it is just called. Once it is on its way, cancelling does not
 * cut it short: there is no taking back what another thread works on.
 *
 * Status  OK (it has run), FAULT (cancelled before it was sent; or no memory there), LIMIT (there
 *         are as many fibers there as there may be): it has not run
 * Blocks  the fiber */
LEAT_API LEAT_MUST_USE enum leat_status leat_shard_call(
    struct leat_shard *here, struct leat_shard *to, void (*fn)(struct leat_shard *here, void *arg),
    void *arg);

/* Send `message`, whose fire and done are set, to another shard.
 *
 * Status  OK (it is on its way), FAULT (cancelled: it is not)
 * Blocks  the fiber, while there is no credit; those who wait are served in turn */
LEAT_API LEAT_MUST_USE enum leat_status leat_shard_send(struct leat_shard *here,
                                                        struct leat_shard *to,
                                                        struct leat_message *message);

/* The same without waiting, also from the loop: OK, or FULL. */
LEAT_API LEAT_MUST_USE enum leat_status leat_shard_try_send(struct leat_shard *here,
                                                            struct leat_shard *to,
                                                            struct leat_message *message);

/* Give a message back that has fired here. Never waits, and needs no credit. */
LEAT_API void leat_message_reply(struct leat_message *message);

LEAT_END_DECLS

#endif
