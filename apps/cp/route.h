#ifndef APPS_CP_ROUTE_H
#define APPS_CP_ROUTE_H

#include "apps/cp/gaps.h"
#include "apps/cp/item.h"

/* The way of an item's bytes, the cheapest that both ends allow: shared blocks, then the data
 * between the holes by the kernel, then all by the kernel, then through memory. */

/* What went wrong on it. What is wrong with the source is told on the way, each place of it; what
 * lies behind damage comes over as well, where it can be found. */
enum route_end { ROUTE_WHOLE, ROUTE_SOURCE_FAILED, ROUTE_TARGET_FAILED };

struct route {
    const char *name; /* static text, for --verbose */
    enum route_end end;
    struct leat_fault fault; /* of the target */
    uint64_t done;           /* bytes of the source that went over, earlier ones too */
    struct gaps gaps;        /* in those */
};

/* An item into the ordinary file that is open at `fd`, at its end; to become whole it needs no more
 * than a name. `start` bytes of it are there already, as are those of the file. */
void route_to_file(struct route *route, struct cp *cp, const struct item *item, int fd,
                   uint64_t start, const char *label);

/* An item's bytes into `w`, at most `limit`; where that is all that an entry says it has, what is
 * wrong behind the last of them counts too. Neither is flushed. */
void route_to_writer(struct route *route, struct cp *cp, const struct item *item,
                     struct leat_writer *w, uint64_t limit);

/* The bytes of an item's pieces into `w`, one behind another. Not flushed. */
void route_pieces(struct route *route, struct cp *cp, const struct item *item,
                  struct leat_writer *w);

/* Flush `w` to the level, and take over what comes of it. */
void route_flush(struct route *route, struct leat_writer *w, enum leat_flush level);

#endif
