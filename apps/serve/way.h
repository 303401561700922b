#ifndef APPS_SERVE_WAY_H
#define APPS_SERVE_WAY_H

#include "apps/http/target.h"
#include "leat/container/container.h"

/* The way of a URL into an archive: a name for each archive that is stepped into. Names are
 * compared whole, one at each step, so a `!` in one means nothing.
 *
 * Of an entry's name, a "./" at its start is left out, as everywhere in leat, and so is the '/' at
 * the end of a folder's. Entries that then have one name have one URL, and the first is answered
 * with. */

struct way {
    struct leat_span names[HTTP_TARGET_STEPS_MAX]; /* borrowed */
    size_t steps;
    bool bare; /* the last is no name: all that is in the innermost archive is meant */
};

/* `target` has a step at least, and outlives the way. */
struct way way_of(const struct http_target *target);

/* How an entry lies to the way. `depth`: how many archives are around it, 1 and more. */
enum way_lies {
    WAY_ELSEWHERE,
    WAY_ON,    /* what is looked for may be inside it */
    WAY_THERE, /* it is what is looked for */
    WAY_BELOW, /* it is in the folder that is looked for */
};
enum way_lies way_lies(const struct way *way, size_t depth, const struct leat_entry *entry);

/* What stands for an entry that lies below in a list of that folder: its next segment, behind those
 * that are empty, "." or "..", which nobody would tell from links up.
 *
 * ret_is_all  it is the entry itself; else there is more of its name, and so this is a folder */
struct leat_span way_row(const struct way *way, const struct leat_entry *entry, bool *ret_is_all);

#endif
