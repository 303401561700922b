#ifndef APPS_HTTP_REQUEST_CHECK_H
#define APPS_HTTP_REQUEST_CHECK_H

#include <stdlib.h>
#include <string.h>

#include "apps/http/request.h"
#include "apps/http/text.h"
#include "tests/support/check.h"

/* What must be true of any bytes that are parsed, for the unit test and the fuzz target. */

/* How a parse went. */
struct parsed {
    enum http_progress progress;
    unsigned status;
    size_t given; /* bytes that there were when it ended */
    struct http_request request;
};

/* Parse bytes that come `step` at a time, each time in memory of just their length. */
static inline struct parsed parse_in_steps(const struct http_limits *limits, const uint8_t *data,
                                           size_t len, size_t step)
{
    struct http_request_parser parser = { 0 };
    struct parsed parsed = { .progress = HTTP_MORE };
    for (size_t given = 0; parsed.progress == HTTP_MORE && given < len;) {
        given = step < len - given ? given + step : len;
        uint8_t *copy = malloc(given);
        check(copy != NULL);
        memcpy(copy, data, given);
        parsed.progress = http_request_parse(&parser, limits, (struct leat_span){ copy, given },
                                             &parsed.request, &parsed.status);
        parsed.given = given;
        /* What was looked through is not looked through again. */
        const size_t looked = parsed.progress == HTTP_MORE ? given : 0;
        check_equal(parser.looked, looked);
        free(copy);
    }
    return parsed;
}

static inline void check_within(struct leat_span part, struct leat_span whole)
{
    if (part.data == NULL) {
        check_equal(part.len, 0);
        return;
    }
    check(part.data >= whole.data && part.len <= whole.len);
    check((size_t)(part.data - whole.data) <= whole.len - part.len);
}

static inline void check_no_control(struct leat_span text)
{
    for (size_t i = 0; i < text.len; i++)
        check((text.data[i] >= 0x20 && text.data[i] != 0x7f) || text.data[i] == '\t');
}

/* What is true of a request that was understood. */
static inline void check_request(const struct http_request *request, struct leat_span bytes)
{
    check(request->head_len <= bytes.len && request->head_len >= strlen("a b HTTP/1.0\r\n\r\n"));
    const struct leat_span head = { bytes.data, request->head_len };
    check(memcmp(head.data + head.len - 4, "\r\n\r\n", 4) == 0);
    check_within(request->method_name, head);
    check_within(request->target, head);
    check(request->method_name.len > 0 && request->target.len > 0);
    check_no_control(request->target);
    for (size_t i = 0; i < HTTP_FIELDS; i++) {
        const struct leat_span value = request->fields[i];
        check_within(value, head);
        check_no_control(value);
        check_equal(http_trim(value).len, value.len);
    }
    const bool has_length = http_request_has(request, HTTP_CONTENT_LENGTH);
    const bool has_codings = http_request_has(request, HTTP_TRANSFER_ENCODING);
    check(!(has_length && has_codings));
    check_equal(request->chunked, has_codings);
    check(has_length || request->content_length == 0);
    check(request->version_minor == 0 || http_request_has(request, HTTP_HOST));
    check(request->version_minor <= 1);
}

/* The same, whatever address the spans are at. */
static inline void check_same(const struct parsed *a, const struct parsed *b)
{
    check_equal(a->progress, b->progress);
    if (a->progress == HTTP_REFUSED)
        check_equal(a->status, b->status);
    if (a->progress != HTTP_WHOLE)
        return;
    check_equal(a->request.head_len, b->request.head_len);
    check_equal(a->request.method, b->request.method);
    check_equal(a->request.version_minor, b->request.version_minor);
    check_equal(a->request.keep_alive, b->request.keep_alive);
    check_equal(a->request.expects_continue, b->request.expects_continue);
    check_equal(a->request.chunked, b->request.chunked);
    check_equal(a->request.content_length, b->request.content_length);
    check_equal(a->request.target.len, b->request.target.len);
    for (size_t i = 0; i < HTTP_FIELDS; i++)
        check_equal(a->request.fields[i].len, b->request.fields[i].len);
}

/* Parse all at once, and check what came of it, and that a head that was whole does not depend on
 * what follows it. */
static inline struct parsed check_parse(const struct http_limits *limits, const uint8_t *data,
                                        size_t len)
{
    struct http_request_parser parser = { 0 };
    struct parsed parsed = { .given = len };
    const struct leat_span bytes = { data, len };
    parsed.progress = http_request_parse(&parser, limits, bytes, &parsed.request, &parsed.status);
    if (parsed.progress == HTTP_WHOLE) {
        check_request(&parsed.request, bytes);
        const struct parsed alone =
            parse_in_steps(limits, data, parsed.request.head_len, parsed.request.head_len);
        check_same(&parsed, &alone);
    } else if (parsed.progress == HTTP_REFUSED) {
        check(parsed.status >= 400 && parsed.status <= 505);
    }
    return parsed;
}

#endif
