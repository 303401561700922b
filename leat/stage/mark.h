#ifndef LEAT_STAGE_MARK_H
#define LEAT_STAGE_MARK_H

#include "leat/core/format.h"

/* What most stages' resync does. Not installed. */

/* Look in `in` for the next bytes that `match` says YES to, and consume what lies before them.
 * `match` judges as a format's probe does, MORE only of less than what the stage's in_min allows;
 * at the input's end that is NO. It keeps nothing, so after AGAIN it is called again.
 *
 * Status  OK (`in` stands at a mark), AGAIN, END (there is none), FAULT (of `in`)
 * Blocks  as the engine does.   Allocates  nothing. */
LEAT_MUST_USE enum leat_status leat_mark_find(struct leat_reader *in,
                                              enum leat_match (*match)(const uint8_t *data,
                                                                       size_t len));

#endif
