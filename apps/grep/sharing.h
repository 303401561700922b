#ifndef APPS_GREP_SHARING_H
#define APPS_GREP_SHARING_H

#include "leat/container/container.h"

/* An archive whose entries several threads take, some at a time, each in a walk of its own. Who
 * comes goes past a number of entries, marks where they end, so that the next can go on there, and
 * then searches them. So each header is read by one thread, and bytes by as many as there are. */
struct sharing;

/* `bytes`: the archive's length; `threads`: how many may come. It begins with one share. NULL
 * without memory. */
LEAT_MUST_USE struct sharing *sharing_create(uint64_t bytes, unsigned threads);
void sharing_take(struct sharing *sharing);
void sharing_release(struct sharing *sharing);

/* As leat_walk_options.turn. Whose entries end with the archive, or with a fault, meets that on its
 * walk: so it is told once. */
LEAT_MUST_USE enum leat_status sharing_turn(struct sharing *sharing, struct leat_container *c,
                                            uint64_t *ret_until);

#endif
