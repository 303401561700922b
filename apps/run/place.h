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
 * without it. */
enum run_lies { RUN_ELSEWHERE, RUN_ON_THE_WAY, RUN_THERE, RUN_BELOW };
enum run_lies run_place_lies(const struct run_place *place, struct leat_span met);

#endif
