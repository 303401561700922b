#ifndef LEAT_ENGINE_BUFFERS_H
#define LEAT_ENGINE_BUFFERS_H

#include "leat/core/slice.h"

/* The memory that a loop receives into: a fixed number of blocks of one size, in one region. A
 * connection has one only while there are bytes of it, so that idle ones cost none. Whoever holds a
 * slice of a block keeps it away; it comes home with its last release, on whatever thread, and the
 * region lives until all have. Internal to the loops. */

struct leat_buffers;

/* Create `count` (1 .. 32768) blocks of `bytes` each. The calling thread is the owner: it alone
 * uses the calls below. NULL without memory. */
struct leat_buffers *leat_buffers_create(const struct leat_alloc *alloc, unsigned count,
                                         unsigned bytes);

/* No more are taken. What is away may come home later. NULL is fine. */
void leat_buffers_destroy(struct leat_buffers *buffers);

/* Take the one that came home last; NULL when all are away. It has one reference. */
struct leat_block *leat_buffers_take(struct leat_buffers *buffers);

/* Where the system chooses which it fills: the one numbered `id`, which must be home and is not in
 * the list that leat_buffers_take takes from (see below). */
struct leat_block *leat_buffers_take_by_id(struct leat_buffers *buffers, unsigned id);
unsigned leat_buffers_id(const struct leat_buffers *buffers, const struct leat_block *block);

/* Have `home` called on the owner's thread for each that is home now and for each that comes home,
 * instead of keeping it for leat_buffers_take: it may call leat_buffers_take_by_id from then on. */
void leat_buffers_serve(struct leat_buffers *buffers, void (*home)(void *user, unsigned id),
                        void *user);

/* Bring home what other threads released. True when any came. */
bool leat_buffers_collect(struct leat_buffers *buffers);

/* Have `wake` called when the next comes home, on the thread that released it: for an owner who
 * sleeps with none left. Called once or a few times, from inside the release: it is to signal and
 * no more. False: some have come already, to be collected, and `wake` is not called. Owner's
 * thread. */
bool leat_buffers_await(struct leat_buffers *buffers, void (*wake)(void *user), void *user);

/* How many are home, and how large each is. */
unsigned leat_buffers_home(const struct leat_buffers *buffers);
unsigned leat_buffers_bytes(const struct leat_buffers *buffers);

/* The region, for a system that wants to know it beforehand. */
struct leat_room leat_buffers_region(const struct leat_buffers *buffers);

#endif
