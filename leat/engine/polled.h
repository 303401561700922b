#ifndef LEAT_ENGINE_POLLED_H
#define LEAT_ENGINE_POLLED_H

#include "leat/engine/engine.h"

/* How many wakes may be armed at once: this engine is for a few descriptors in somebody else's
 * loop. */
enum { LEAT_POLLED_ARMED_MAX = 64 };

struct leat_polled_armed {
    int fd;
    enum leat_ready ready;
    struct leat_wake *wake;
};

/* The engine that never waits: AGAIN and FULL come out, and a turn fires the wakes. One thread. */
struct leat_polled {
    struct leat_engine engine; /* what ctx points to */
    unsigned armed_len;
    struct leat_polled_armed armed[LEAT_POLLED_ARMED_MAX];
};

LEAT_BEGIN_DECLS

/* Make one in the caller's memory; there is nothing to let go of. */
LEAT_API void leat_polled_init(struct leat_polled *polled);

/* Wait up to `timeout_ns` (LEAT_TIMEOUT_NONE: for ever) until an armed descriptor is ready, then
 * fire the wakes of those that are; each is forgotten before it fires, and may be armed again from
 * inside.
 *
 * Status  OK (at least one fired), AGAIN (timed out, or none is armed), FAULT (poll(2) failed) */
LEAT_API LEAT_MUST_USE enum leat_status leat_polled_turn(struct leat_polled *polled,
                                                         int64_t timeout_ns);

LEAT_END_DECLS

#endif
