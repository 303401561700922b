#ifndef APPS_HTTP_RESPOND_H
#define APPS_HTTP_RESPOND_H

#include "apps/http/date.h"
#include "apps/http/range.h"

/* The head of a response: RFC 9112 section 4 and RFC 9110 section 8. */

/* What follows the head. */
enum http_body {
    HTTP_BODY_NONE,    /* nothing, and nothing is said of a length: 1xx, 204, 304 */
    HTTP_BODY_LENGTH,  /* `content_length` bytes, or to a HEAD as many as would have come */
    HTTP_BODY_CHUNKED, /* chunks: not for a client of HTTP/1.0 */
    HTTP_BODY_CLOSE,   /* all until the connection is closed */
};

/* What to say. Whatever is zero is left out. Texts have no line end in them: that is asserted. */
struct http_response {
    unsigned status; /* one that http_reason knows */
    enum http_body body;
    uint64_t content_length;
    const char *date;         /* HTTP_DATE_LEN bytes, which are the same for a second */
    const char *content_type; /* a constant text */
    bool keep_alive;          /* else "Connection: close" */
    uint8_t version_minor;    /* of the request: one of 1.0 is told what keep_alive is */
    bool accept_ranges;       /* RFC 9110 section 14.3 */
    bool has_modified;
    int64_t modified;          /* Last-Modified, not after Date: RFC 9110 section 8.8.2.1. What no
                                  date can say is left out */
    struct leat_span tag;      /* ETag */
    struct leat_span location; /* as http_put_path encodes it */
    const char *allow;         /* with 405 */
    struct http_range range;   /* Content-Range, with 206 and one range; len 0: none */
    uint64_t range_size;       /* the size of the whole, with `range` and with 416 */
};

/* "Not Found" for 404. Asserts that the status is one that this server sends. */
const char *http_reason(unsigned status);

/* Write the head, with its empty line at the end, into the room. Returns its length; 0: the room
 * is too small, and what is in it has no meaning. */
LEAT_MUST_USE size_t http_respond(const struct http_response *response, struct leat_room room);

#endif
