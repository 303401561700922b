#ifndef APPS_WALK_GLOB_BRACES_H
#define APPS_WALK_GLOB_BRACES_H

#include "apps/walk/glob.h"

/* Called with each text; what it returns, if not GLOB_ADDED, ends the expansion. */
typedef enum glob_added glob_braces_fn(void *user, const char *text, size_t len);

/* Call `each` with every text without braces that one with `{a,b}` stands for, in any order. Braces
 * may nest. GLOB_MALFORMED when they do not pair, GLOB_TOO_MUCH past GLOB_ALTERNATES_MAX or
 * GLOB_EXPANDED_MAX. */
LEAT_MUST_USE enum glob_added glob_braces_expand(const char *text, size_t len, glob_braces_fn *each,
                                                 void *user);

#endif
