#ifndef TESTS_SUPPORT_DRIVE_H
#define TESTS_SUPPORT_DRIVE_H

#include "leat/core/stage.h"
#include "tests/support/sink.h"

/* Consumers and producers that wait by arming and retrying, and that give a run up that makes no
 * progress. */

/* What came out of a reader. */
struct read {
    struct sink bytes;
    enum leat_status status; /* END or FAULT; OK when bytes_max was reached first */
    struct leat_fault fault;
};

/* Read `r` the plain way, to its end or `bytes_max`, and leave it open. */
void drive_read(struct leat_reader *r, uint64_t bytes_max, struct read *ret);

/* The same, in a way the seed chooses: peeks that grow and shrink, demands past the window's
 * largest, slices, part of a window consumed; and check what holds for each reader on the way. */
void drive_read_wildly(struct leat_reader *r, uint64_t seed, uint64_t bytes_max, struct read *ret);

void drive_read_fini(struct read *read);

/* Have `r` go on behind damage, waiting where it waits; adds one to `damages` for each that was met
 * on the way and for the last. OK, END or UNSUPPORTED. */
enum leat_status drive_resync(struct leat_reader *r, unsigned *damages);

/* Arm after AGAIN or FULL, and check that the wake fired, once. */
void drive_wait(struct leat_reader *r);
void drive_writer_wait(struct leat_writer *w);

/* What to call, again and again, until a wake fires that did not do so at once: it turns an engine,
 * or fills the far end. NULL, as at first: nothing. */
void drive_turns_by(void (*turn)(void *user), void *user);

/* Write all of it, in pieces of at most `piece_max`, then flush. OK or FAULT. */
enum leat_status drive_write(struct leat_writer *w, const void *data, size_t len, size_t piece_max);
enum leat_status drive_flush(struct leat_writer *w, enum leat_flush level);

/* Run `stage` over bytes, in one piece, into `ret`: the reference for each other way. `bytes_max`
 * as above. */
void drive_stage(const struct leat_stage *stage, const void *options, const void *data, size_t len,
                 uint64_t bytes_max, struct read *ret);

#endif
