#ifndef LEAT_ENDPOINT_SOCKET_RESOLVE_H
#define LEAT_ENDPOINT_SOCKET_RESOLVE_H

#include "leat/core/fault.h"
#include "leat/engine/address.h"
#include "leat/fiber/fiber.h"

/* Names to addresses, while other fibers run: a lookup of the C library would hold the thread.
 * Where the build has no c-ares, only what is an address already is resolved. */

/* How many addresses are taken of a name. */
enum { LEAT_RESOLVED_MAX = 16 };

/* All zero: as the system is configured. */
struct leat_resolve_options {
    const char *servers; /* whom to ask, as "127.0.0.1:53,[::1]:53"; NULL: whom the system asks */
    uint64_t try_timeout_ns; /* how long a server may take at first; 2 s. Later tries take longer */
    unsigned tries;          /* of each server; 3 */
};

/* What came of a lookup: in the order in which they are to be tried (RFC 6724). */
struct leat_resolved {
    unsigned len;
    struct leat_address addresses[LEAT_RESOLVED_MAX];
    struct leat_fault fault; /* after FAULT; its name is `host` itself */
};

LEAT_BEGIN_DECLS

/* Find the addresses of `host`: an address, with or without brackets, a name of the system's own
 * file of hosts, or one that name servers know. The fiber's scope says until when.
 *
 * port     of all of them, 0 .. 65535
 * Status   OK (ret->len > 0), FAULT (ret->fault)
 * Blocks   the fiber; and the thread, for as long as it takes to read the system's configuration
 * Allocates  inside c-ares, by malloc */
LEAT_API LEAT_MUST_USE enum leat_status leat_resolve(struct leat_fibers *fibers, const char *host,
                                                     unsigned port,
                                                     const struct leat_resolve_options *options,
                                                     struct leat_resolved *ret);

LEAT_END_DECLS

#endif
