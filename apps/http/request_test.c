/* Shows what a request head says by tables of heads, those among them that smuggle a request in
 * another; and that how the bytes come, cut anywhere, one by one or with a byte changed, makes no
 * difference to what is read. */

#include <stdio.h>

#include "apps/http/request_check.h"

static const struct http_limits defaults;

static const char curl[] = "GET /a/b%20c?d HTTP/1.1\r\nHost: localhost:8080\r\n"
                           "User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";

static struct parsed parse(const char *head)
{
    check_says_text("head", head);
    return check_parse(&defaults, (const uint8_t *)head, strlen(head));
}

static void check_field(const struct http_request *request, enum http_field field,
                        const char *value)
{
    const struct leat_span span = request->fields[field];
    check_equal(span.data != NULL, value != NULL);
    if (value != NULL)
        check_bytes(span.data, span.len, value, strlen(value));
}

static void test_all_fields(void)
{
    static const char head[] =
        "HEAD http://h/x HTTP/1.1\r\nhOST:h\r\nRANGE: \t bytes=0-1 \t\r\n"
        "If-Match: \"a\"\r\nIf-Range: \"b\"\r\nif-none-match: \"c\", \"d\"\r\n"
        "If-Modified-Since: e\r\nIf-Unmodified-Since: f\r\n"
        "Accept-Encoding:\r\nUser-Agent: g\th\xff\r\nX-Other: i\r\n"
        "Expect: 100-Continue\r\nContent-Length: 007\r\n\r\n1234567";
    const struct parsed parsed = parse(head);
    const struct http_request *request = &parsed.request;
    check_equal(parsed.progress, HTTP_WHOLE);
    check_equal(request->head_len, sizeof(head) - 1 - 7);
    check_equal(request->method, HTTP_HEAD);
    check_bytes(request->method_name.data, request->method_name.len, "HEAD", 4);
    check_bytes(request->target.data, request->target.len, "http://h/x", 10);
    check_equal(request->version_minor, 1);
    check(request->keep_alive && request->expects_continue && !request->chunked);
    check_equal(request->content_length, 7);
    check_field(request, HTTP_HOST, "h");
    check_field(request, HTTP_RANGE, "bytes=0-1");
    check_field(request, HTTP_IF_MATCH, "\"a\"");
    check_field(request, HTTP_IF_RANGE, "\"b\"");
    check_field(request, HTTP_IF_NONE_MATCH, "\"c\", \"d\"");
    check_field(request, HTTP_IF_MODIFIED_SINCE, "e");
    check_field(request, HTTP_IF_UNMODIFIED_SINCE, "f");
    check_field(request, HTTP_ACCEPT_ENCODING, "");
    check_field(request, HTTP_USER_AGENT, "g\th\xff");
    check_field(request, HTTP_EXPECT, "100-Continue");
    check_field(request, HTTP_CONTENT_LENGTH, "007");
    check_field(request, HTTP_TRANSFER_ENCODING, NULL);
    check_field(request, HTTP_CONNECTION, NULL);
}

#define LINE                "GET / HTTP/1.1\r\n"
#define LINE_WITHOUT_METHOD " / HTTP/1.1\r\n"
#define HOST                "Host: h\r\n"
#define AND(x)              LINE HOST x "\r\n\r\n"
#define OLD(x)              "GET / HTTP/1.0\r\n" x "\r\n"
#define OLD_(x)             x " / HTTP/1.0\r\n\r\n"
#define GET_(x)             x "\r\n" HOST "\r\n"

static const struct {
    unsigned status; /* 0: understood; 1: not whole */
    const char *head;
} statuses[] = {
    /* Lines. */
    { 0, LINE HOST "\r\n" },
    { 0, "\r\n" LINE HOST "\r\n" },
    { 400, "\r\n\r\n" LINE HOST "\r\n" },
    { 400, "\n" LINE HOST "\r\n" },
    { 400, " " LINE HOST "\r\n" },
    { 400, "\r\r\n" LINE HOST "\r\n" },
    { 400, "\r\n" LINE_WITHOUT_METHOD HOST "\r\n" },
    { 400, "\x16\x03\x01" },
    { 400, "GET / HTTP/1.1\nHost: h\n\n" },
    { 400, "GET / HTTP/1.1\n" },
    { 400, LINE "Host: h\n\r\n" },
    { 400, LINE HOST "\n" },
    { 400, LINE HOST "\r\r\n\r\n" },
    { 400, LINE HOST "\rA: b\r\n\r\n" },
    { 400, LINE HOST "A: b\rC: d\r\n\r\n" },
    { 400, LINE HOST "A: b\rCC: d\r\n\r\n" },
    { 400, "GET / HTTP/1.1\rAA: b\r\n" HOST "\r\n" },
    { 400, LINE HOST "A: b\r\r\n\r\n" },
    { 1, "" },
    { 1, "\r\n" },
    { 1, "GET" },
    { 1, "GET / HTTP/1.1\r\n" },
    { 1, LINE HOST "\r" },
    /* The request line. */
    { 0, GET_("get / HTTP/1.1") },
    { 0, GET_("A / HTTP/1.1") },
    { 0, GET_("A!#$%&'*+-.^_`|~9 / HTTP/1.1") },
    { 0, GET_("OPTIONS * HTTP/1.1") },
    { 0, GET_("GET /\xc3\xa4 HTTP/1.1") },
    { 400, GET_("GET  / HTTP/1.1") },
    { 400, GET_("GET  HTTP/1.1") },
    { 400, GET_("GET /\x01HTTP/1.1") },
    { 400, GET_("GET /\tHTTP/1.1") },
    { 400, GET_("GET / A: b") },
    { 400, GET_("GET /  HTTP/1.1") },
    { 400, GET_("GET / HTTP/1.1 ") },
    { 400, GET_("GET /a b HTTP/1.1") },
    { 400, GET_("GET\t/ HTTP/1.1") },
    { 400, GET_("GET /\x7f HTTP/1.1") },
    { 400, GET_("GET /\x01 HTTP/1.1") },
    { 400, GET_("G(T / HTTP/1.1") },
    { 400, GET_("GET") },
    { 400, GET_("GET ") },
    { 400, GET_("GET /") },
    { 400, GET_("GET / ") },
    { 400, "GET / \r\n\r\n" },
    { 400, GET_("GET / http/1.1") },
    { 400, GET_("GET / HTTP/1") },
    { 400, GET_("GET / HTTP/11") },
    { 400, GET_("GET / HTTP/1.") },
    { 400, GET_("GET / HTTP/1.1a") },
    { 400, GET_("GET / HTTP/1.x") },
    { 400, GET_("GET / HTTP/x.1") },
    { 400, GET_("GET / HTTP/1,1") },
    { 400, GET_("GET / HTTP/01.1") },
    { 0, GET_("GET / HTTP/1.9") },
    { 505, GET_("GET / HTTP/2.0") },
    { 505, GET_("GET / HTTP/0.9") },
    { 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
    /* Fields. */
    { 0, AND("A:") },
    { 0, AND("A: \t ") },
    { 0, AND("User-Agent: \t ") },
    { 0, AND("User-Agent:") },
    { 0, AND("A: b \t c\x80\xff") },
    { 400, AND("A : b") },
    { 400, AND("A\t: b") },
    { 400, AND(" A: b") },
    { 400, AND(": b") },
    { 400, AND("A") },
    { 400, AND("A: b\r\n c") },
    { 400, AND("A: b\r\n\tc") },
    { 400, AND("A: b\x01") },
    { 400, AND("A: b\x7f") },
    { 400, AND("A: b\x1f"
               "b") },
    { 400, AND("A\xe4: b") },
    { 400, AND("A(: b") },
    { 400, LINE " \r\n" HOST "\r\n" },
    /* The host. */
    { 400, LINE "\r\n" },
    { 0, OLD("") },
    { 0, LINE "Host:\r\n\r\n" },
    { 0, LINE "Host: [::1]:80\r\n\r\n" },
    { 400, LINE HOST HOST "\r\n" },
    { 400, OLD(HOST HOST) },
    { 400, LINE "Host: a b\r\n\r\n" },
    { 400, LINE "Host: a/b\r\n\r\n" },
    { 400, LINE "Host: a@b\r\n\r\n" },
    { 400, LINE "Host: \xe4\r\n\r\n" },
    /* The body's length. */
    { 0, AND("Content-Length: 0") },
    { 0, AND("Content-Length: 18446744073709551615") },
    { 400, AND("Content-Length: 18446744073709551616") },
    { 400, AND("Content-Length:") },
    { 400, AND("Content-Length: -1") },
    { 400, AND("Content-Length: +1") },
    { 400, AND("Content-Length: 0x1") },
    { 400, AND("Content-Length: 1 1") },
    { 400, AND("Content-Length: 1, 1") },
    { 400, AND("Content-Length: 1\r\nContent-Length: 1") },
    { 400, AND("Content-Length: 1\r\ncontent-length: 2") },
    { 0, AND("Transfer-Encoding: chunked") },
    { 0, AND("Transfer-Encoding: , Chunked ,") },
    { 400, AND("Transfer-Encoding:") },
    { 400, AND("Transfer-Encoding: ,") },
    { 400, AND("Transfer-Encoding: chunked, chunked") },
    { 501, AND("Transfer-Encoding: chunked, gzip") },
    { 501, AND("Transfer-Encoding: gzip, chunked") },
    { 501, AND("Transfer-Encoding: xchunked") },
    { 501, AND("Transfer-Encoding: chunked;a=b") },
    { 501, AND("Transfer-Encoding: \"chunked\"") },
    { 501, AND("Transfer-Encoding: identity") },
    { 400, AND("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked") },
    { 400, AND("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity") },
    { 400, AND("Transfer-Encoding: chunked\r\nContent-Length: 1") },
    { 400, AND("Content-Length: 1\r\nTransfer-Encoding: chunked") },
    { 400, AND("Transfer-Encoding : chunked\r\nContent-Length: 1") },
    { 400, AND("Transfer-Encoding\r\n : chunked\r\nContent-Length: 1") },
    { 400, OLD("Transfer-Encoding: chunked\r\n") },
    /* Names that are near those known. */
    { 0, AND("Content_Length: 1\r\nContent_Length: 2") },
    { 0, AND("Content-Lengt\x48: 1") },
    { 0, AND("Hosu: a\r\nXost: b\r\nRangf: a\r\nRangf: b") },
    { 0, AND("If-Lange: a\r\nIf-Latch: b\r\nUser-Bgent: c\r\nConnectiom: d") },
    /* Repeated. */
    { 400, AND("Range: bytes=0-\r\nRange: bytes=1-") },
    { 400, AND("Range:\r\nRange: bytes=1-") },
    { 400, AND("If-Match: a\r\nIf-Match: b") },
    { 400, AND("If-Modified-Since: a\r\nIf-Modified-Since: b") },
    { 0, AND("If-None-Match: a\r\nIf-None-Match: b") },
    { 0, AND("Connection: a\r\nConnection: b") },
    { 0, AND("Accept-Encoding: a\r\nAccept-Encoding: b") },
    { 0, AND("User-Agent: a\r\nUser-Agent: b") },
    /* Expectations. */
    { 417, AND("Expect: 200-ok") },
    { 417, AND("Expect:") },
    { 0, OLD("Expect: 200-ok\r\n") },
};

static void test_statuses(void)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        const struct parsed parsed = parse(statuses[i].head);
        const unsigned status = parsed.progress == HTTP_WHOLE  ? 0
                                : parsed.progress == HTTP_MORE ? 1
                                                               : parsed.status;
        check_equal(status, statuses[i].status);
        for (size_t step = 1; step <= strlen(statuses[i].head); step++) {
            const struct parsed again = parse_in_steps(&defaults, (const uint8_t *)statuses[i].head,
                                                       strlen(statuses[i].head), step);
            check_same(&parsed, &again);
        }
    }
}

static void test_methods(void)
{
    static const struct {
        const char *head;
        enum http_method method;
    } methods[] = {
        { OLD_("GET"), HTTP_GET },           { OLD_("HEAD"), HTTP_HEAD },
        { OLD_("OPTIONS"), HTTP_OPTIONS },   { OLD_("PUT"), HTTP_OTHER_METHOD },
        { OLD_("POST"), HTTP_OTHER_METHOD }, { OLD_("CONNECT"), HTTP_OTHER_METHOD },
        { OLD_("get"), HTTP_OTHER_METHOD },  { OLD_("GETS"), HTTP_OTHER_METHOD },
        { OLD_("GE"), HTTP_OTHER_METHOD },   { OLD_("HEADS"), HTTP_OTHER_METHOD },
    };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const struct parsed parsed = parse(methods[i].head);
        check_equal(parsed.progress, HTTP_WHOLE);
        check_equal(parsed.request.method, methods[i].method);
    }
}

/* Each kept field by its name, in capitals too, and by no name that differs in one letter. */
static void test_names(void)
{
    static const char *const names[HTTP_FIELDS] = {
        [HTTP_HOST] = "Host",
        [HTTP_RANGE] = "Range",
        [HTTP_EXPECT] = "Expect",
        [HTTP_IF_MATCH] = "If-Match",
        [HTTP_IF_RANGE] = "If-Range",
        [HTTP_CONNECTION] = "Connection",
        [HTTP_USER_AGENT] = "User-Agent",
        [HTTP_IF_NONE_MATCH] = "If-None-Match",
        [HTTP_CONTENT_LENGTH] = "Content-Length",
        [HTTP_ACCEPT_ENCODING] = "Accept-Encoding",
        [HTTP_IF_MODIFIED_SINCE] = "If-Modified-Since",
        [HTTP_TRANSFER_ENCODING] = "Transfer-Encoding",
        [HTTP_IF_UNMODIFIED_SINCE] = "If-Unmodified-Since",
    };
    for (size_t field = 0; field < HTTP_FIELDS; field++) {
        const size_t len = strlen(names[field]);
        const bool chunks = field == HTTP_TRANSFER_ENCODING;
        for (size_t at = 0; at <= len; at++) {
            char head[80];
            snprintf(head, sizeof(head), "GET / HTTP/1.%d\r\n%s%s: %s\r\n\r\n", chunks,
                     chunks ? HOST : "", names[field], chunks ? "chunked" : "1");
            char *name = strstr(head, names[field]);
            check(name != NULL);
            if (at < len)
                name[at] = name[at] == '-' ? '_' : name[at] == 'x' ? 'y' : 'x';
            else
                for (size_t i = 0; i < len; i++)
                    name[i] = (char)(name[i] >= 'a' ? name[i] - 32 : name[i]);
            const struct parsed parsed = parse(head);
            check_equal(parsed.progress, HTTP_WHOLE);
            for (size_t i = 0; i < HTTP_FIELDS; i++)
                check_equal(http_request_has(&parsed.request, (enum http_field)i),
                            (i == field && at == len) || (i == HTTP_HOST && chunks));
        }
    }
}

static void test_keep_alive(void)
{
    static const struct {
        const char *head;
        bool keep_alive;
    } cases[] = {
        { AND("A: b"), true },
        { AND("Connection: close"), false },
        { AND("Connection: CLOSE"), false },
        { AND("Connection: a,\tclose ,b"), false },
        { AND("Connection: a\r\nConnection: close"), false },
        { AND("Connection: closed"), true },
        { AND("Connection: keep-alive, close"), false },
        { AND("Connection:"), true },
        { OLD(""), false },
        { OLD("Connection: keep-alive\r\n"), true },
        { OLD("Connection: Keep-Alive, a\r\n"), true },
        { OLD("Connection: keep-alive\r\nConnection: close\r\n"), false },
        { OLD("Connection: a\r\n"), false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct parsed parsed = parse(cases[i].head);
        check_equal(parsed.progress, HTTP_WHOLE);
        check_equal(parsed.request.keep_alive, cases[i].keep_alive);
    }
}

static unsigned status_within(const struct http_limits *limits, const char *head, size_t len)
{
    const struct parsed parsed = check_parse(limits, (const uint8_t *)head, len);
    const struct parsed again = parse_in_steps(limits, (const uint8_t *)head, len, 1);
    check_same(&parsed, &again);
    return parsed.progress == HTTP_REFUSED ? parsed.status : parsed.progress == HTTP_MORE;
}

static void test_limits(void)
{
    const size_t len = sizeof(curl) - 1;
    struct http_limits limits = { .head_bytes_max = (uint32_t)len };
    check_says_text("head", curl);
    check_equal(status_within(&limits, curl, len), 0);
    limits.head_bytes_max--;
    check_equal(status_within(&limits, curl, len), 431);
    check_equal(status_within(&limits, curl, len - 1), 431);
    check_equal(status_within(&limits, curl, len - 2), 1);
    limits.head_bytes_max = 10;
    check_equal(status_within(&limits, curl, 9), 1);
    check_equal(status_within(&limits, curl, 10), 414);
    limits = (struct http_limits){ .target_bytes_max = 10 };
    check_equal(status_within(&limits, curl, len), 0);
    limits.target_bytes_max = 9;
    check_equal(status_within(&limits, curl, len), 414);
    limits = (struct http_limits){ .fields_max = 3 };
    check_equal(status_within(&limits, curl, len), 0);
    limits.fields_max = 2;
    check_equal(status_within(&limits, curl, len), 431);
}

/* By default: 100 fields, 8 KiB of a target, 16 KiB in all. */
static void test_default_limits(void)
{
    enum { MOST = 16 * 1024 };
    static char head[MOST + 8];
    size_t len = 0;
    const struct leat_span line = http_span(OLD("")), field = http_span("A:\r\n");
    for (size_t fields = 99; fields <= 101; fields++) {
        len = line.len - 2;
        memcpy(head, line.data, len);
        for (size_t i = 0; i < fields; i++, len += field.len)
            memcpy(head + len, field.data, field.len);
        memcpy(head + len, "\r\n", 2);
        check_equal(status_within(&defaults, head, len + 2), fields <= 100 ? 0 : 431);
    }
    for (size_t target = 8191; target <= 8193; target++) {
        memset(head, 'a', sizeof(head));
        memcpy(head, "GET ", 4);
        memcpy(head + 4 + target, " HTTP/1.0\r\n\r\n", 13);
        check_equal(check_parse(&defaults, (const uint8_t *)head, target + 17).progress,
                    target <= 8192 ? HTTP_WHOLE : HTTP_REFUSED);
    }
    for (size_t size = MOST - 1; size <= MOST + 1; size++) {
        memset(head, 'a', sizeof(head));
        memcpy(head, "GET / HTTP/1.0\r\nA:", 18);
        memcpy(head + size - 4, "\r\n\r\n", 4);
        check_equal(check_parse(&defaults, (const uint8_t *)head, size).progress,
                    size <= MOST ? HTTP_WHOLE : HTTP_REFUSED);
    }
}

/* Two requests in one window, an empty line before the second: each is its own. */
static void test_pipelined(void)
{
    static const char two[] = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
                              "\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\nrest";
    check_says_text("head", two);
    const struct parsed first = check_parse(&defaults, (const uint8_t *)two, sizeof(two) - 1);
    check_equal(first.progress, HTTP_WHOLE);
    check_equal(first.request.method, HTTP_OTHER_METHOD);
    const size_t behind = first.request.head_len + (size_t)first.request.content_length;
    const struct parsed second =
        check_parse(&defaults, (const uint8_t *)two + behind, sizeof(two) - 1 - behind);
    check_equal(second.progress, HTTP_WHOLE);
    check_bytes(second.request.target.data, second.request.target.len, "/b", 2);
    check_equal(behind + second.request.head_len, sizeof(two) - 1 - 4);
}

/* Each byte of a good head made each other byte: read the same whole and in pieces. */
static void test_changed(void)
{
    uint8_t head[sizeof(curl) - 1];
    for (size_t at = 0; at < sizeof(head); at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(head, curl, sizeof(head));
            head[at] = (uint8_t)byte;
            const struct parsed whole = check_parse(&defaults, head, sizeof(head));
            const struct parsed pieces = parse_in_steps(&defaults, head, sizeof(head), 37);
            check_same(&whole, &pieces);
        }
    }
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_all_fields);
    check_run(test_statuses);
    check_run(test_methods);
    check_run(test_names);
    check_run(test_keep_alive);
    check_run(test_limits);
    check_run(test_default_limits);
    check_run(test_pipelined);
    check_run(test_changed);
    return 0;
}
