#ifndef APPS_RUN_PLACE_H
#define APPS_RUN_PLACE_H

#include "leat/layer/walk.h"

/* A place as it is typed: a path, and after each `!` a name inside what came before. */
struct run_place {
    char *path;      /* the part outside, that the system opens; free it with run_place_fini */
    const char *all; /* as typed, borrowed */
    size_t len;
    bool inside; /* it goes inside `path` */
};

/* Find the part outside: the shortest one that exists, so that a file whose own name has a `!` in
 * it can be named too. False without memory. */
LEAT_MUST_USE bool run_place_init(struct run_place *place, const char *typed);
void run_place_fini(struct run_place *place);

/* How an entry met on a walk lies to the place. Inner names that begin with "./" may be typed
 * without it; a `!` or `/` at the end stands for all behind it. */
enum run_lies { RUN_ELSEWHERE, RUN_ON_THE_WAY, RUN_THERE, RUN_BELOW };
enum run_lies run_place_lies(const struct run_place *place, struct leat_span met);

/* How many of the first bytes of what was met are the place itself, `!` and `/` at its end
 * included; what was met is there or below. */
size_t run_place_end(const struct run_place *place, struct leat_span met);

/* Whether what a walk met is what the place names, or in it. */
bool run_place_covers(const struct run_place *place, struct leat_span met);

/* A leaf that is met on the way ends it there. Why, when it could not be read, and so not be seen
 * to hold anything: a fault, as good as the step; NULL: it is only bytes. Reads the leaf's start.
 */
const struct leat_fault *run_place_blocked(const struct leat_step *leaf);

#endif
