#ifndef LEAT_STAGE_TEE_TEE_H
#define LEAT_STAGE_TEE_TEE_H

#include "leat/core/view.h"
#include "leat/core/writer.h"

LEAT_BEGIN_DECLS

/* A view of `src`, which it owns, that also writes what is consumed, and that alone, to `to`, which
 * it does not own and which must outlive it. Bytes are written at the next fill, share or close.
 * While `to` is full the view says AGAIN, and leat_arm waits for `to`; when `to` fails, so does the
 * view. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_tee(struct leat_reader *src,
                                                    struct leat_writer *to);

/* Write what was consumed so far. Before a close where `to` may be full: a close never waits, and
 * drops what does not fit. `to` is not flushed.
 * Status  OK (all of it), FULL (call again), FAULT (leat_writer_fault of `to`) */
LEAT_API LEAT_MUST_USE enum leat_status leat_tee_pass(struct leat_reader *tee);

LEAT_END_DECLS

#endif
