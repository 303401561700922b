#ifndef LEAT_ENDPOINT_SOCKET_LOOKUP_H
#define LEAT_ENDPOINT_SOCKET_LOOKUP_H

#include "leat/endpoint/socket/resolve.h"

/* The part of leat_resolve that needs a library: look up what is no address. lookup.c, or
 * lookup_missing.c where the build has no c-ares. */
enum leat_status leat_lookup(struct leat_fibers *fibers, const char *host, unsigned port,
                             const struct leat_resolve_options *options, struct leat_resolved *ret);

#endif
