#ifndef APPS_CP_GAPS_H
#define APPS_CP_GAPS_H

#include "apps/cp/item.h"

/* Where, in what was read of something damaged, bytes are missing, or may be wrong: how many were
 * lost there nobody knows. Zeroed: nowhere. */

enum { GAPS_KEPT_MAX = 8 };

struct gaps {
    uint64_t count;
    uint64_t at[GAPS_KEPT_MAX]; /* the first of them, each behind the one before */
};

/* There is one at `at`, which is no less than at the last call. */
void gaps_add(struct gaps *gaps, uint64_t at);

/* Say `what` of a place, and where the gaps in it are: "WHAT, with damage at byte 1, 20". */
void gaps_tell(struct cp *cp, struct leat_span place, const char *what, const struct gaps *gaps);

#endif
