#ifndef LEAT_ENGINE_SYSTEM_H
#define LEAT_ENGINE_SYSTEM_H

#include "leat/engine/engine.h"

/* One try of each system call, for the engines: errno becomes a leat_io here, a signal's
 * interruption is tried again, and "would block" is AGAIN or FULL. Each waits as long as the
 * descriptor's own mode has it wait. Internal. */

struct leat_io leat_system_open(int folder, const char *path, int flags, unsigned mode);
struct leat_io leat_system_read(int fd, void *to, size_t len, int64_t offset);
struct leat_io leat_system_write(int fd, const struct leat_span *pieces, unsigned pieces_len);
struct leat_io leat_system_sync(int fd);

/* `patient`: splice may wait as long as the descriptors' modes have it wait. */
struct leat_io leat_system_move(struct leat_move *move, bool patient);

/* OK, AGAIN (timed out) or FAULT; LEAT_TIMEOUT_NONE waits for ever. */
struct leat_io leat_system_wait(int fd, enum leat_ready ready, int64_t timeout_ns);

uint64_t leat_system_now_ns(void);

#endif
