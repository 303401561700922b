#ifndef APPS_HTTP_REQUEST_H
#define APPS_HTTP_REQUEST_H

#include "leat/core/span.h"

/* The head of a request (RFC 9112), out of bytes as they come.
 *
 * Read strictly: where two readers of one stream could differ on where a request ends, one can be
 * smuggled in another (RFC 9112 section 11.2). Lines end in CR LF alone, although section 2.2 lets
 * a server take a bare LF; a field's name touches its colon; nothing is folded; what says how long
 * the body is, is said once and one way. */

/* What a request may cost. 0 stands for the number beside it. */
struct http_limits {
    uint32_t head_bytes_max;   /* 16 KiB: the head, with the empty line at its end */
    uint32_t target_bytes_max; /* 8 KiB */
    uint32_t fields_max;       /* 100 */
};

enum http_method {
    HTTP_OTHER_METHOD, /* a token all the same: `method_name` has it */
    HTTP_GET,
    HTTP_HEAD,
    HTTP_OPTIONS,
};

/* The fields that are kept. Names are compared in any case: RFC 9110 section 5.1. */
enum http_field {
    HTTP_HOST,
    HTTP_RANGE,
    HTTP_EXPECT,
    HTTP_IF_MATCH,
    HTTP_IF_RANGE,
    HTTP_CONNECTION,
    HTTP_USER_AGENT,
    HTTP_IF_NONE_MATCH,
    HTTP_CONTENT_LENGTH,
    HTTP_ACCEPT_ENCODING,
    HTTP_IF_MODIFIED_SINCE,
    HTTP_TRANSFER_ENCODING,
    HTTP_IF_UNMODIFIED_SINCE,
};
#define HTTP_FIELDS (HTTP_IF_UNMODIFIED_SINCE + 1)

/* A whole head. All spans lie in the bytes that were given, and live as long as these. */
struct http_request {
    size_t head_len; /* from the start of the bytes: what to consume. The body follows */
    enum http_method method;
    uint8_t version_minor;   /* HTTP/1.0 or HTTP/1.1; a later 1.x is 1: RFC 9110 section 2.5 */
    bool keep_alive;         /* the client lets the connection live on: RFC 9112 section 9.3 */
    bool expects_continue;   /* it waits for a 100 before it sends the body: RFC 9110, 10.1.1 */
    bool chunked;            /* the body is in chunks: RFC 9112 section 7.1 */
    uint64_t content_length; /* of the body, when it is not in chunks; 0: there is none */
    struct leat_span method_name;
    struct leat_span target; /* as sent: see target.h. Bytes above 0x7f may stand in it */

    /* Values without white space around them. NULL data: the field was not there. Where
     * If-None-Match, Connection, Accept-Encoding or User-Agent came more than once, the first; of
     * Connection all are heard in `keep_alive`. Others may come once. */
    struct leat_span fields[HTTP_FIELDS];
};

static inline bool http_request_has(const struct http_request *request, enum http_field field)
{
    return request->fields[field].data != NULL;
}

/* How far the end of a head was looked for, so that a client that sends single bytes costs no more
 * than one that sends all at once. Zeroed at first; as much again after a head. */
struct http_request_parser {
    size_t start;  /* of the request line: behind an empty line that was let pass */
    size_t line;   /* of the line that is looked through */
    size_t looked; /* bytes that were */
};

enum http_progress {
    HTTP_MORE,    /* the head is not whole: call again with the same bytes and more behind them */
    HTTP_WHOLE,   /* it is, and what it says was understood */
    HTTP_REFUSED, /* answer with the status, and close: what follows cannot be told apart */
};

/* Parse the head at the start of `bytes`, which may end anywhere in or behind it.
 *
 * bytes       from the same start until a head is whole; where they lie may change
 * ret         set when WHOLE; when REFUSED it holds what was read before, when MORE nothing
 * ret_status  set when REFUSED: 400, 414 (the target is too long), 417 (an expectation that is
 *             not known), 431 (the head is too large), 501 (a transfer coding that is not known),
 *             505 (no HTTP/1)
 * Costs       linear in the bytes, however they come. Allocates nothing. */
LEAT_MUST_USE enum http_progress http_request_parse(struct http_request_parser *parser,
                                                    const struct http_limits *limits,
                                                    struct leat_span bytes,
                                                    struct http_request *ret, unsigned *ret_status);

#endif
