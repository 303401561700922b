#ifndef LEAT_ENGINE_SIM_DRIVE_TEST_H
#define LEAT_ENGINE_SIM_DRIVE_TEST_H

#include "leat/engine/sim/sim.h"
#include "tests/support/check.h"

/* Operations on a simulated loop one at a time, for tests: each runs to its end. */

/* A loop from `seed`, with no faults or with the seed's mix of them; it says so if a check fails.
 */
struct leat_loop *drive_sim(uint64_t seed, bool calm);

/* Run `op` until it is done. A deadlock fails a check. */
struct leat_io drive_op(struct leat_loop *loop, struct leat_op *op);

/* Start it, or have it done at once; `drive_end` runs it to its end, whichever it was. */
struct driven {
    struct leat_op op;
    bool done;
};
void drive_start(struct leat_loop *loop, struct driven *driven);
struct leat_io drive_end(struct leat_loop *loop, struct driven *driven);

/* Let so much time pass, and what happens in it. */
void drive_time(struct leat_loop *loop, uint64_t ns);

/* These are OK, or a check fails. */
int drive_open(struct leat_loop *loop, const char *path, int flags);
void drive_write(struct leat_loop *loop, int fd, const void *data, size_t len);
size_t drive_read(struct leat_loop *loop, int fd, void *to, size_t len); /* 0: the end */
void drive_sync(struct leat_loop *loop, int fd);
void drive_rename(struct leat_loop *loop, const char *from, const char *to);
void drive_close(struct leat_loop *loop, int fd);
int drive_socket(struct leat_loop *loop);
void drive_connect_pair(struct leat_loop *loop, int fds[2]); /* by a listener, over the network */

/* No more than one receive, of OK's bytes into `to`. */
struct leat_io drive_receive(struct leat_loop *loop, int fd, uint8_t *to, size_t size);
struct leat_io drive_send(struct leat_loop *loop, int fd, const void *data, size_t len);

#endif
