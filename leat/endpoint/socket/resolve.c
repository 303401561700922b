#include "leat/endpoint/socket/resolve.h"

#include <arpa/inet.h>
#include <string.h>

#include "leat/core/bytes.h"
#include "leat/endpoint/socket/lookup.h"

enum { PORT_MAX = 65535 };

/* Whether `host` is an address, which is then `ret`. */
static bool is_address(const char *host, unsigned port, struct leat_address *ret)
{
    struct leat_address address = { 0 };
    char text[INET6_ADDRSTRLEN];
    size_t len = strlen(host);
    if (inet_pton(AF_INET, host, &address.in.sin_addr) == 1) {
        address.in.sin_family = AF_INET;
        address.in.sin_port = htons((in_port_t)port);
        address.len = sizeof(address.in);
        *ret = address;
        return true;
    }
    bool bracketed = len >= 2 && host[0] == '[' && host[len - 1] == ']';
    if (bracketed) {
        host++;
        len -= 2;
    }
    if (len >= sizeof(text))
        return false;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, text, host, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, &address.in6.sin6_addr) != 1)
        return false;
    address.in6.sin6_family = AF_INET6;
    address.in6.sin6_port = htons((in_port_t)port);
    address.len = sizeof(address.in6);
    *ret = address;
    return true;
}

enum leat_status leat_resolve(struct leat_fibers *fibers, const char *host, unsigned port,
                              const struct leat_resolve_options *options, struct leat_resolved *ret)
{
    static const struct leat_resolve_options none;
    leat_assert(port <= PORT_MAX);
    leat_assert(leat_fiber_self(fibers) != NULL);
    ret->len = 0;
    ret->fault = (struct leat_fault){ 0 };
    if (is_address(host, port, &ret->addresses[0])) {
        ret->len = 1;
        return LEAT_OK;
    }
    enum leat_status status =
        leat_lookup(fibers, host, port, options != NULL ? options : &none, ret);
    leat_assert((status == LEAT_OK) == (ret->len > 0));
    return status;
}
