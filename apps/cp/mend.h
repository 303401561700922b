#ifndef APPS_CP_MEND_H
#define APPS_CP_MEND_H

#include "apps/cp/gaps.h"

/* Tell what is wrong with `reader`, which is an item's, and go on behind it where it is damaged.
 * What is to have a certain digest, or to be gone on with another time, is of no use with a gap.
 * False: it ends here. */
bool mend_goes_behind(struct cp *cp, const struct item *item, struct leat_reader *reader);

/* A view of an item's bytes that shows all that can be read, as though nothing were damaged, for
 * who has to know how much that is. It can be asked for no more than a byte at once: what stands
 * before damage and what stands behind it never lie in one window. */
struct mend {
    struct leat_reader reader;
    struct cp *cp;
    const struct item *item;
    struct gaps gaps;
    bool damaged; /* so far */
};

/* Make it in the caller's memory. Closing what is returned leaves the item's reader open. */
struct leat_reader *mend_item(struct mend *mend, struct cp *cp, const struct item *item);

#endif
