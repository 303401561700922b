#include "leat/engine/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "leat/core/bytes.h"

#define UNIX_PREFIX "unix:"
enum { UNIX_PREFIX_LEN = sizeof(UNIX_PREFIX) - 1, PORT_MAX = 65535, PORT_DIGITS_MAX = 5 };

/* The port that `text` is, all of it. */
static bool port_parse(const char *text, in_port_t *ret)
{
    unsigned port = 0;
    size_t len = strlen(text);
    if (len == 0 || len > PORT_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    if (port > PORT_MAX)
        return false;
    *ret = htons((in_port_t)port);
    return true;
}

static bool unix_parse(const char *path, struct leat_address *to)
{
    size_t size = strlen(path) + 1;
    if (size == 1 || size > sizeof(to->un.sun_path))
        return false;
    to->un.sun_family = AF_UNIX;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, to->un.sun_path, path, size);
    to->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    return true;
}

static bool internet_parse(const char *text, struct leat_address *to)
{
    char host[INET6_ADDRSTRLEN + 2];
    in_port_t port;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !port_parse(colon + 1, &port))
        return false;
    size_t len = (size_t)(colon - text);
    if (len >= sizeof(host))
        return false;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, host, text, len);
    host[len] = '\0';
    bool bracketed = len >= 2 && host[0] == '[' && host[len - 1] == ']';
    if (bracketed)
        host[len - 1] = '\0';
    if (len == 0 || (bracketed && inet_pton(AF_INET6, host + 1, &to->in6.sin6_addr) == 1)) {
        to->in6.sin6_family = AF_INET6;
        to->in6.sin6_port = port;
        to->len = sizeof(to->in6);
        return true;
    }
    if (inet_pton(AF_INET, host, &to->in.sin_addr) != 1)
        return false;
    to->in.sin_family = AF_INET;
    to->in.sin_port = port;
    to->len = sizeof(to->in);
    return true;
}

enum leat_status leat_address_parse(const char *text, struct leat_address *ret)
{
    struct leat_address address = { 0 };
    bool is_unix = strncmp(text, UNIX_PREFIX, UNIX_PREFIX_LEN) == 0;
    if (is_unix ? !unix_parse(text + UNIX_PREFIX_LEN, &address) : !internet_parse(text, &address))
        return LEAT_FAULT;
    *ret = address;
    return LEAT_OK;
}

/* A text that is cut where the room ends, and its whole length. */
struct cut {
    char *text;
    size_t size, len;
};

static void put(struct cut *cut, char c)
{
    if (cut->len + 1 < cut->size)
        cut->text[cut->len] = c;
    cut->len++;
}

static void put_text(struct cut *cut, const char *text, size_t max)
{
    for (size_t i = 0; i < max && text[i] != '\0'; i++)
        put(cut, text[i]);
}

static void put_port(struct cut *cut, unsigned port)
{
    put(cut, ':');
    for (unsigned unit = 10000; unit > 0; unit /= 10) {
        if (port >= unit || unit == 1)
            put(cut, (char)('0' + port / unit % 10));
    }
}

size_t leat_address_format(const struct leat_address *address, char *text, size_t size)
{
    struct cut cut = { text, size, 0 };
    char host[INET6_ADDRSTRLEN];
    bool is_six = address->any.sa_family == AF_INET6;
    if (address->len == 0) {
        put(&cut, '-');
    } else if (address->any.sa_family == AF_UNIX) {
        put_text(&cut, UNIX_PREFIX, UNIX_PREFIX_LEN);
        put_text(&cut, address->un.sun_path, sizeof(address->un.sun_path));
    } else if (inet_ntop(address->any.sa_family,
                         is_six ? (const void *)&address->in6.sin6_addr
                                : (const void *)&address->in.sin_addr,
                         host, sizeof(host)) != NULL) {
        if (is_six)
            put(&cut, '[');
        put_text(&cut, host, sizeof(host));
        if (is_six)
            put(&cut, ']');
        put_port(&cut, leat_address_port(address));
    }
    if (size > 0)
        text[cut.len < size ? cut.len : size - 1] = '\0';
    return cut.len;
}

unsigned leat_address_port(const struct leat_address *address)
{
    switch (address->len > 0 ? address->any.sa_family : AF_UNSPEC) {
    case AF_INET:
        return ntohs(address->in.sin_port);
    case AF_INET6:
        return ntohs(address->in6.sin6_port);
    default:
        return 0;
    }
}
