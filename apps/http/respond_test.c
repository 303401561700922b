/* Shows the heads of responses, whole, as they go out; that a room of any size is kept to; and that
 * the parts of a body with several ranges are as long as is said. */

#include "apps/http/respond.h"

#include <string.h>

#include "apps/http/parts.h"
#include "apps/http/text.h"
#include "tests/support/check.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define LAST "X-Content-Type-Options: nosniff\r\n\r\n"
#define TEXT(x)                                                                                    \
    {                                                                                              \
        (const uint8_t *)"" x, sizeof(x) - 1                                                       \
    }

static const struct {
    struct http_response response;
    const char *head;
} cases[] = {
    { { .status = 200,
        .body = HTTP_BODY_LENGTH,
        .content_length = 1234567890123,
        .date = DATE,
        .content_type = "text/html; charset=utf-8",
        .keep_alive = true,
        .version_minor = 1,
        .accept_ranges = true,
        .has_modified = true,
        .modified = 784111776,
        .tag = TEXT("\"a-b\"") },
      "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Length: 1234567890123\r\n"
      "Content-Type: text/html; charset=utf-8\r\n"
      "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT\r\nETag: \"a-b\"\r\n"
      "Accept-Ranges: bytes\r\n" LAST },
    { { .status = 206,
        .body = HTTP_BODY_LENGTH,
        .content_length = 1,
        .keep_alive = true,
        .range = { 10, 1 },
        .range_size = 100 },
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\nContent-Range: bytes 10-10/100\r\n"
      "Connection: keep-alive\r\n" LAST },
    { { .status = 416, .body = HTTP_BODY_LENGTH, .version_minor = 1, .range_size = 0 },
      "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\nContent-Range: bytes */0\r\n"
      "Connection: close\r\n" LAST },
    { { .status = 304,
        .keep_alive = true,
        .version_minor = 1,
        .has_modified = true,
        .modified = -1,
        .tag = TEXT("W/\"a\"") },
      "HTTP/1.1 304 Not Modified\r\nETag: W/\"a\"\r\n" LAST },
    { { .status = 301,
        .body = HTTP_BODY_LENGTH,
        .keep_alive = true,
        .version_minor = 1,
        .location = TEXT("/") },
      "HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\nLocation: /\r\n" LAST },
    { { .status = 200, .body = HTTP_BODY_CHUNKED, .version_minor = 1 },
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n" LAST },
    { { .status = 200, .body = HTTP_BODY_CLOSE }, "HTTP/1.1 200 OK\r\nConnection: close\r\n" LAST },
    { { .status = 405, .allow = "GET, HEAD, OPTIONS" },
      "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD, OPTIONS\r\nConnection: "
      "close\r\n" LAST },
    { { .status = 100 }, "HTTP/1.1 100 Continue\r\n\r\n" },
};

static void test_heads(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const size_t whole = strlen(cases[i].head);
        uint8_t space[1024];
        check_says("case", i);
        for (size_t size = 0; size < whole + 2; size++) {
            memset(space, 0xee, sizeof(space));
            const struct leat_room room = { space, size };
            const size_t len = http_respond(&cases[i].response, room);
            check_equal(len, size < whole ? 0 : whole);
            if (len > 0)
                check_bytes(space, len, cases[i].head, whole);
            for (size_t k = size; k < sizeof(space); k++)
                check_equal(space[k], 0xee);
        }
    }
}

/* Each status that anything here refuses with has a reason. */
static void test_reasons(void)
{
    static const unsigned statuses[] = {
        200, 204, 206, 301, 304, 400, 403, 404, 405, 408,
        412, 414, 416, 417, 431, 500, 501, 502, 503, 505,
    };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        check(strlen(http_reason(statuses[i])) > 1);
    check_text(http_reason(404), "Not Found");
}

static void test_parts(void)
{
    const struct http_parts parts = { http_span("b0undary"), "text/plain; charset=utf-8", 100 };
    const struct http_ranges ranges = { 2, { { 0, 2 }, { 98, 2 } } };
    static const char expected[] = "\r\n--b0undary\r\nContent-Type: text/plain; charset=utf-8\r\n"
                                   "Content-Range: bytes 0-1/100\r\n\r\nab"
                                   "\r\n--b0undary\r\nContent-Type: text/plain; charset=utf-8\r\n"
                                   "Content-Range: bytes 98-99/100\r\n\r\nyz"
                                   "\r\n--b0undary--\r\n";
    struct term_buffer body = { 0 }, type = { 0 };
    http_put_part(&body, &parts, ranges.list[0]);
    term_puts(&body, "ab");
    http_put_part(&body, &parts, ranges.list[1]);
    term_puts(&body, "yz");
    http_put_parts_end(&body, &parts);
    check_bytes(body.data, body.len, expected, sizeof(expected) - 1);
    check_equal(http_parts_len(&parts, &ranges), body.len);
    http_put_parts_type(&type, &parts);
    check_bytes(type.data, type.len, "multipart/byteranges; boundary=b0undary", 39);
    term_buffer_fini(&body);
    term_buffer_fini(&type);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_heads);
    check_run(test_reasons);
    check_run(test_parts);
    return 0;
}
