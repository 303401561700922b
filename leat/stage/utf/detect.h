#ifndef LEAT_STAGE_UTF_DETECT_H
#define LEAT_STAGE_UTF_DETECT_H

#include "leat/core/format.h"

/* What encoding a text is in that is no UTF-8 and has no mark, as far as its bytes tell. */

enum {
    LEAT_DETECT_LEN = 16 * 1024,   /* so much is judged, or all there is */
    LEAT_DETECT_NAME_LEN_MAX = 32, /* of an encoding */
};

/* Judge `text`, which begins with a byte that is not ASCII; its first LEAT_DETECT_LEN bytes are
 * enough, or with `whole` what there is. What it says, if not MORE, it says whatever follows.
 *
 * ret      the encoding, one that leat_label_find knows, and ends with a NUL; only with YES
 * Returns  YES, MORE, or NO: it is UTF-8, or no text, or nobody can tell
 * Allocates  from C++'s allocator, where libuchardet is asked. */
LEAT_MUST_USE enum leat_match leat_detect(struct leat_span text, bool whole,
                                          char ret[LEAT_DETECT_NAME_LEN_MAX]);

/* The detector alone: give a name to the encoding of `text`. False: it is unsure, or not there. */
LEAT_MUST_USE bool leat_detect_name(struct leat_span text, char ret[LEAT_DETECT_NAME_LEN_MAX]);

#endif
