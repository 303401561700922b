#ifndef LEAT_ENGINE_ADDRESS_H
#define LEAT_ENGINE_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "leat/core/span.h"
#include "leat/core/status.h"

/* Where a socket is: an address of the Internet, or a path of this machine. */
struct leat_address {
    socklen_t len; /* of what is meaningful below; 0: none */
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    };
};

/* The longest text of an address: a Unix path and its prefix, with its NUL. */
enum { LEAT_ADDRESS_TEXT_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) + 8 };

LEAT_BEGIN_DECLS

/* Read an address that needs no lookup: "127.0.0.1:80", "[::1]:80", ":80" (every address of this
 * machine, of IPv6 and IPv4), "unix:/run/leat.sock". A port of 0 lets the system choose.
 * Status  OK, FAULT (it is no such thing; `ret` is untouched) */
LEAT_API LEAT_MUST_USE enum leat_status leat_address_parse(const char *text,
                                                           struct leat_address *ret);

/* Write it in the same form, NUL-terminated, cut when too long. Returns its whole length. */
LEAT_API size_t leat_address_format(const struct leat_address *address, char *text, size_t size);

/* The port, in the machine's own order; 0 where there is none. */
LEAT_API unsigned leat_address_port(const struct leat_address *address);

LEAT_END_DECLS

#endif
