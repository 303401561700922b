#ifndef LEAT_ENGINE_SYSTEM_H
#define LEAT_ENGINE_SYSTEM_H

#include <sys/types.h>
#include <time.h>

#include "leat/engine/engine.h"

/* One try of each system call, for the engines and loops: errno becomes a leat_io here, a signal's
 * interruption is tried again, and "would block" is AGAIN or FULL. Each waits as long as the
 * descriptor's own mode has it wait; sockets made here do not. Internal. */

/* Try what `op` asks, whatever its code but SLEEP. `patient`: a splice may wait as long as the
 * descriptors' modes have it wait; a WAIT waits for its deadline. */
struct leat_io leat_system_try(struct leat_op *op, bool patient);

/* The same, but without waiting for a pipe, a terminal or a socket, whatever its mode: AGAIN and
 * FULL come out where leat_system_try would wait. Of a regular file it waits for the disk. */
struct leat_io leat_system_try_now(struct leat_op *op);

struct leat_io leat_system_open(int folder, const char *path, int flags, unsigned mode,
                                bool beneath);
struct leat_io leat_system_read(int fd, void *to, size_t len, int64_t offset);
struct leat_io leat_system_write(int fd, const struct leat_span *pieces, unsigned pieces_len);
struct leat_io leat_system_close(int fd);
struct leat_io leat_system_move(struct leat_move *move, bool patient);

/* OK, AGAIN (not ready by `deadline_ns` of leat_system_now_ns; LEAT_NEVER waits for ever) or FAULT.
 */
struct leat_io leat_system_wait(int fd, enum leat_ready ready, uint64_t deadline_ns);

uint64_t leat_system_now_ns(void);

/* How long it is until `deadline_ns`, in `ret`; NULL: for ever. 0 is past. */
struct timespec *leat_system_left(uint64_t deadline_ns, struct timespec *ret);

/* What an operation that cannot go on waits for, and of which descriptor. `status` is what the try
 * came to: AGAIN or FULL. */
int leat_system_awaits(const struct leat_op *op, enum leat_status status, enum leat_ready *ret);

/* Sockets. */
struct leat_io leat_system_socket(int domain, int type);
struct leat_io leat_system_listen(int fd, const struct leat_address *address, unsigned backlog,
                                  bool shared);
struct leat_io leat_system_accept(int fd, struct leat_address *ret_peer);
bool leat_system_is_of_connection(int code); /* an error of accept(2) that is not the listener's */
struct leat_io leat_system_connect(int fd, const struct leat_address *to);
struct leat_io leat_system_receive(int fd, void *to, size_t len);
struct leat_io leat_system_send(int fd, const struct leat_span *pieces, unsigned pieces_len,
                                bool more);
struct leat_io leat_system_shutdown(int fd);
struct leat_io leat_system_receive_from(struct leat_op *op);
struct leat_io leat_system_send_to(const struct leat_op *op);

/* What a call came to: `n` bytes, or errno. */
struct leat_io leat_system_moved(ssize_t n, enum leat_status would_block);

/* Set `iov` to the pieces, cut to what the system takes at once. Returns their length, > 0. */
struct iovec;
size_t leat_system_gather(const struct leat_span *pieces, unsigned pieces_len, struct iovec *iov);

#endif
