#ifndef APPS_CP_CHECK_H
#define APPS_CP_CHECK_H

#include "apps/cp/item.h"

/* --check ALGORITHM:HEX */

/* Whether the flag, where it is given, names a digest of the right length. Tells if not. */
bool check_is_sound(struct cp *cp);

/* Whether the file at `fd` digests to what the flag says, or there is none. Tells if not. It is
 * read back, so that this is true of what was written, by whatever route it came. */
bool check_holds(struct cp *cp, int fd, struct leat_span label);

#endif
