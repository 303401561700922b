#ifndef LEAT_ENDPOINT_SINK_H
#define LEAT_ENDPOINT_SINK_H

#include "leat/endpoint/handle.h"

/* The writer to a descriptor that files and descriptors are made of. Internal to the endpoints.
 *
 *      written      pending       room
 *   ┌───────────┬─────────────┬──────────┐   then `slice`, which was given and is pending too;
 *   └───────────┴─────────────┴──────────┘   while there is one, there is no room
 *               from          pos        end
 */
struct leat_sink {
    struct leat_writer writer;
    struct leat_handle *handle;
    bool sends;          /* to a socket; its memory is given back whenever nothing is pending */
    uint64_t timeout_ns; /* of each wait; 0: none */
    struct leat_block *block; /* NULL until first used */
    uint8_t *from;
    struct leat_slice slice; /* what is left of it to write */
    uint64_t written;        /* bytes the system took: where a fault is */
    uint8_t way;             /* enum leat_move_way: how bytes were pulled last; WAYS: never */
    struct leat_wake *armed;
};

/* Fill in what leat_writer_at made; takes `handle` over. NULL handle: no memory, so the writer is
 * closed and the result is the ctx's no_writer. */
struct leat_writer *leat_sink_init(struct leat_sink *self, struct leat_handle *handle);

/* The sink that `w` is, or NULL. */
struct leat_sink *leat_sink_of(struct leat_writer *w);

/* The system refused: record it. Returns LEAT_FAULT. */
enum leat_status leat_sink_fails(struct leat_sink *self, int code);

/* What is pending, in the order in which it is to be written. Returns how many pieces: 0 .. 2. */
unsigned leat_sink_pieces(const struct leat_sink *self, struct leat_span ret[2]);

/* The first `n` bytes of that were written by other means. */
void leat_sink_wrote(struct leat_sink *self, size_t n);

/* Nothing is pending: let the memory go, so that a connection which only waits has none. */
void leat_sink_rest(struct leat_sink *self);

/* Write what is pending; `more`: and more will follow at once. OK (nothing is left), FULL, FAULT
 * (recorded). */
enum leat_status leat_sink_writes(struct leat_sink *self, bool more);

/* The ops. A handle that is not open yet must have been opened before. */
enum leat_status leat_sink_drain(struct leat_writer *w, size_t min);
enum leat_status leat_sink_flush(struct leat_writer *w, enum leat_flush level);
enum leat_status leat_sink_give(struct leat_writer *w, struct leat_slice *slice);
enum leat_status leat_sink_pull(struct leat_writer *w, const struct leat_offer *offer, uint64_t len,
                                uint64_t *ret_done);
enum leat_status leat_sink_arm(struct leat_writer *w, struct leat_wake *wake);
void leat_sink_stop(struct leat_writer *w);

#endif
