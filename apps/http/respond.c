#include "apps/http/respond.h"

#include "apps/http/text.h"
#include "leat/core/assert.h"

/* Put a constant text: its length is known where it stands. */
#define PUT(buffer, text) term_put(buffer, "" text, sizeof(text) - 1)

/* RFC 9110 section 15; those that are sent most come first. */
static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },
    { 206, "Partial Content" },
    { 304, "Not Modified" },
    { 404, "Not Found" },
    { 100, "Continue" },
    { 204, "No Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 403, "Forbidden" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 431, "Request Header Fields Too Large" }, /* RFC 6585 section 5 */
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 505, "HTTP Version Not Supported" },
};

const char *http_reason(unsigned status)
{
    const size_t count = sizeof(reasons) / sizeof(reasons[0]);
    size_t i = 0;
    while (i < count && reasons[i].status != status)
        i++;
    leat_assert(i < count);
    return reasons[i].reason;
}

/* What goes into a head as it is must not end its line: else a name could add fields. */
static void put_text(struct term_buffer *head, struct leat_span text)
{
    leat_assert(leat_bytes_find(text.data, text.len, '\r') == NULL);
    leat_assert(leat_bytes_find(text.data, text.len, '\n') == NULL);
    term_put(head, text.data, text.len);
}

static void put_string(struct term_buffer *head, const char *text)
{
    put_text(head, (struct leat_span){ (const uint8_t *)text, strlen(text) });
}

/* RFC 9112 section 6, and what the body is. */
static void put_body(struct term_buffer *head, const struct http_response *response)
{
    if (response->body == HTTP_BODY_LENGTH) {
        PUT(head, "Content-Length: ");
        term_put_number(head, response->content_length);
        PUT(head, "\r\n");
    } else if (response->body == HTTP_BODY_CHUNKED) {
        leat_assert(response->version_minor > 0);
        PUT(head, "Transfer-Encoding: chunked\r\n");
    } else {
        /* What has no end of its own ends with the connection: RFC 9112 section 6.3. */
        const unsigned status = response->status;
        const bool is_empty = status < 200 || status == 204 || status == 304;
        leat_assert(is_empty ? response->body == HTTP_BODY_NONE : !response->keep_alive);
    }
    if (response->content_type != NULL) {
        PUT(head, "Content-Type: ");
        put_string(head, response->content_type);
        PUT(head, "\r\n");
    }
}

/* What the client may ask by the next time. */
static void put_validators(struct term_buffer *head, const struct http_response *response)
{
    char date[HTTP_DATE_LEN];
    if (response->has_modified && http_date_format(response->modified, date)) {
        PUT(head, "Last-Modified: ");
        term_put(head, date, sizeof(date));
        PUT(head, "\r\n");
    }
    if (response->tag.len > 0) {
        PUT(head, "ETag: ");
        put_text(head, response->tag);
        PUT(head, "\r\n");
    }
    if (response->accept_ranges)
        PUT(head, "Accept-Ranges: bytes\r\n");
}

/* RFC 9110 section 14.4: which part this is, or how much there would be. */
static void put_range(struct term_buffer *head, const struct http_response *response)
{
    if (response->range.len > 0) {
        PUT(head, "Content-Range: ");
        http_put_content_range(head, response->range, response->range_size);
        PUT(head, "\r\n");
    } else if (response->status == 416) {
        PUT(head, "Content-Range: bytes */");
        term_put_number(head, response->range_size);
        PUT(head, "\r\n");
    }
}

/* RFC 9112 section 9.6. Whoever speaks 1.1 keeps the connection when nothing is said. */
static void put_connection(struct term_buffer *head, const struct http_response *response)
{
    if (!response->keep_alive)
        PUT(head, "Connection: close\r\n");
    else if (response->version_minor == 0)
        PUT(head, "Connection: keep-alive\r\n");
}

size_t http_respond(const struct http_response *response, struct leat_room room)
{
    struct term_buffer head = term_buffer_fixed((char *)room.data, room.len);
    PUT(&head, "HTTP/1.1 ");
    term_put_number(&head, response->status);
    term_putc(&head, ' ');
    term_puts(&head, http_reason(response->status));
    PUT(&head, "\r\n");
    if (response->date != NULL) {
        PUT(&head, "Date: ");
        term_put(&head, response->date, HTTP_DATE_LEN);
        PUT(&head, "\r\n");
    }
    put_body(&head, response);
    put_validators(&head, response);
    put_range(&head, response);
    if (response->location.len > 0) {
        PUT(&head, "Location: ");
        put_text(&head, response->location);
        PUT(&head, "\r\n");
    }
    if (response->allow != NULL) {
        PUT(&head, "Allow: ");
        put_string(&head, response->allow);
        PUT(&head, "\r\n");
    }
    /* A head before the head of the answer says no more than its status. */
    if (response->status >= 200) {
        put_connection(&head, response);
        PUT(&head, "X-Content-Type-Options: nosniff\r\n");
    }
    PUT(&head, "\r\n");
    leat_assert(head.len <= room.len);
    return head.cut ? 0 : head.len;
}
