#ifndef APPS_CP_INSIDE_H
#define APPS_CP_INSIDE_H

#include "apps/cp/links.h"
#include "apps/run/place.h"

/* The source that is a place inside a file: what lies there, and all below it.
 *
 * name    what it is called below the output; NULL: as it is called where it lies, and all that is
 *         in an archive by the names that it has there */
void inside_copy(struct cp *cp, const struct run_place *place, const char *name,
                 struct links *links, struct output *out);

#endif
