/* Shows when a request is answered with 200, 304 or 412, and when its Range is heard, by a table
 * of fields against one file, with a strong tag, a weak one, and none. */

#include "apps/http/condition.h"

#include <string.h>

#include "apps/http/text.h"
#include "tests/support/check.h"

#define MODIFIED ((int64_t)784111777)
#define BEFORE   "Sun, 06 Nov 1994 08:49:36 GMT"
#define THEN     "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER    "Sun, 06 Nov 1994 08:49:38 GMT"

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ (const uint8_t *)text, text != NULL ? strlen(text) : 0 };
}

static const struct http_validators strong = {
    { (const uint8_t *)"\"a-b\"", 5 }, true, MODIFIED, MODIFIED + 100
};
static const struct http_validators weak = {
    { (const uint8_t *)"W/\"a-b\"", 7 }, true, MODIFIED, MODIFIED + 100
};
static const struct http_validators none = { { NULL, 0 }, false, 0, MODIFIED };
static const struct http_validators fresh = { { NULL, 0 }, true, MODIFIED, MODIFIED };

enum {
    M = HTTP_IF_MATCH,
    U = HTTP_IF_UNMODIFIED_SINCE,
    N = HTTP_IF_NONE_MATCH,
    S = HTTP_IF_MODIFIED_SINCE
};

static const struct {
    unsigned status;
    const struct http_validators *validators;
    enum http_method method;
    struct {
        int field;
        const char *value;
    } fields[2];
} cases[] = {
    { 200, &strong, HTTP_GET, { { 0 } } },
    { 200, &none, HTTP_GET, { { 0 } } },
    /* If-Match compares strongly. */
    { 200, &strong, HTTP_GET, { { M, "\"a-b\"" } } },
    { 200, &strong, HTTP_GET, { { M, "*" } } },
    { 200, &none, HTTP_GET, { { M, "*" } } },
    { 200, &strong, HTTP_GET, { { M, "\"x\", \"a-b\"" } } },
    { 200, &strong, HTTP_GET, { { M, ",\"x\",,\t\"a-b\" ,\"y\"" } } },
    { 412, &strong, HTTP_GET, { { M, "\"x\"" } } },
    { 412, &strong, HTTP_GET, { { M, "W/\"a-b\"" } } },
    { 412, &weak, HTTP_GET, { { M, "W/\"a-b\"" } } },
    { 412, &weak, HTTP_GET, { { M, "\"a-b\"" } } },
    { 412, &none, HTTP_GET, { { M, "\"a-b\"" } } },
    { 412, &strong, HTTP_GET, { { M, "" } } },
    { 412, &strong, HTTP_GET, { { M, "a-b" } } },
    { 412, &strong, HTTP_GET, { { M, "**" } } },
    { 412, &strong, HTTP_GET, { { M, "*, \"x\"" } } },
    { 412, &strong, HTTP_GET, { { M, "\"a-b" } } },
    { 412, &strong, HTTP_GET, { { M, "\"a-b\"x" } } },
    { 412, &strong, HTTP_GET, { { M, "\"x\" \"a-b\"" } } },
    { 412, &strong, HTTP_GET, { { M, "\"x\", y, \"a-b\"" } } },
    { 412, &strong, HTTP_GET, { { M, "\"x y\", \"a-b\"" } } },
    { 412, &strong, HTTP_GET, { { M, "w/\"a-b\"" } } },
    { 412, &strong, HTTP_GET, { { M, "\"A-B\"" } } },
    { 200, &strong, HTTP_GET, { { M, "\"x,y\", \"a-b\"" } } },
    /* If-Unmodified-Since, unless there is If-Match. */
    { 200, &strong, HTTP_GET, { { U, THEN } } },
    { 200, &strong, HTTP_GET, { { U, AFTER } } },
    { 412, &strong, HTTP_GET, { { U, BEFORE } } },
    { 200, &strong, HTTP_GET, { { U, "yesterday" } } },
    { 200, &none, HTTP_GET, { { U, BEFORE } } },
    { 200, &strong, HTTP_GET, { { U, BEFORE }, { M, "*" } } },
    { 412, &strong, HTTP_GET, { { U, AFTER }, { M, "\"x\"" } } },
    /* If-None-Match compares weakly. */
    { 304, &strong, HTTP_GET, { { N, "\"a-b\"" } } },
    { 304, &strong, HTTP_HEAD, { { N, "\"a-b\"" } } },
    { 412, &strong, HTTP_OTHER_METHOD, { { N, "\"a-b\"" } } },
    { 304, &strong, HTTP_GET, { { N, "W/\"a-b\"" } } },
    { 304, &weak, HTTP_GET, { { N, "W/\"a-b\"" } } },
    { 304, &weak, HTTP_GET, { { N, "\"a-b\"" } } },
    { 304, &strong, HTTP_GET, { { N, "*" } } },
    { 304, &strong, HTTP_GET, { { N, "\"\", W/\"\", \"a-b\"" } } },
    { 200, &strong, HTTP_GET, { { N, "\"x\"" } } },
    { 200, &none, HTTP_GET, { { N, "\"a-b\"" } } },
    { 200, &none, HTTP_GET, { { N, "\"\"" } } },
    { 200, &strong, HTTP_GET, { { N, "" } } },
    { 200, &strong, HTTP_GET, { { N, "W/" } } },
    /* If-Modified-Since, unless there is If-None-Match. */
    { 304, &strong, HTTP_GET, { { S, THEN } } },
    { 304, &strong, HTTP_HEAD, { { S, AFTER } } },
    { 200, &strong, HTTP_GET, { { S, BEFORE } } },
    { 200, &strong, HTTP_OTHER_METHOD, { { S, THEN } } },
    { 200, &strong, HTTP_GET, { { S, "0" } } },
    { 200, &none, HTTP_GET, { { S, THEN } } },
    { 200, &strong, HTTP_GET, { { S, THEN }, { N, "\"x\"" } } },
    { 304, &strong, HTTP_GET, { { S, BEFORE }, { N, "\"a-b\"" } } },
    /* The first pair, then the second. */
    { 304, &strong, HTTP_GET, { { M, "\"a-b\"" }, { N, "\"a-b\"" } } },
    { 412, &strong, HTTP_GET, { { M, "\"x\"" }, { N, "\"a-b\"" } } },
    { 304, &strong, HTTP_GET, { { U, THEN }, { S, THEN } } },
};

static void test_conditions(void)
{
    static const unsigned statuses[] = {
        [HTTP_PROCEED] = 200, [HTTP_NOT_MODIFIED] = 304, [HTTP_PRECONDITION_FAILED] = 412
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request request = { .method = cases[i].method };
        for (size_t k = 0; k < 2 && cases[i].fields[k].value != NULL; k++)
            request.fields[cases[i].fields[k].field] = span_of(cases[i].fields[k].value);
        check_says("case", i);
        check_equal(statuses[http_condition_judge(&request, cases[i].validators)], cases[i].status);
    }
}

static void test_if_range(void)
{
    static const struct {
        const char *value;
        const struct http_validators *validators;
        bool heard;
    } ranges[] = {
        { NULL, &strong, true },
        { "\"a-b\"", &strong, true },
        { "\"x\"", &strong, false },
        { "W/\"a-b\"", &strong, false },
        { "W/\"a-b\"", &weak, false },
        { "\"a-b\"", &weak, false },
        { "\"a-b\", \"x\"", &strong, false },
        { "*", &strong, false },
        { "", &strong, false },
        { "a-b", &strong, false },
        { "\"a-b\"", &none, false },
        { THEN, &strong, true },
        { BEFORE, &strong, false },
        { AFTER, &strong, false },
        { THEN, &none, false },
        { THEN, &fresh, false },
        { "\"\"", &none, false },
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        struct http_request request = { .method = HTTP_GET };
        request.fields[HTTP_IF_RANGE] = span_of(ranges[i].value);
        check_says("case", i);
        check_equal(http_condition_range(&request, ranges[i].validators), ranges[i].heard);
    }
}

static void test_tags(void)
{
    static const struct {
        uint64_t size;
        int64_t mtime_ns;
        uint64_t inode;
        bool weak;
        const char *tag;
    } tags[] = {
        { 0, 0, 0, false, "\"0-0-0\"" },
        { 0x10, 0xabcdef, 15, false, "\"10-abcdef-f\"" },
        { 255, 1, 256, true, "W/\"ff-1-100\"" },
        { UINT64_MAX, -1, UINT64_MAX, true,
          "W/\"ffffffffffffffff-ffffffffffffffff-ffffffffffffffff\"" },
    };
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        char tag[HTTP_TAG_MAX];
        const size_t len =
            http_tag_format(tags[i].size, tags[i].mtime_ns, tags[i].inode, tags[i].weak, tag);
        check_bytes(tag, len, tags[i].tag, strlen(tags[i].tag));
    }
}

/* The tag of what is inside a file has all of the file's in it, and which it is. */
static void test_tags_within(void)
{
    char file[HTTP_TAG_MAX], a[HTTP_TAG_MAX], b[HTTP_TAG_MAX];
    for (unsigned i = 0; i < 2; i++) {
        const size_t len = http_tag_format(UINT64_MAX, -1, UINT64_MAX, i == 1, file);
        const struct leat_span tag = { (const uint8_t *)file, len };
        const size_t a_len = http_tag_within(tag, UINT64_MAX, a);
        const size_t b_len = http_tag_within(tag, UINT64_MAX - 1, b);
        check(a_len > len && a_len <= HTTP_TAG_MAX && b_len <= HTTP_TAG_MAX);
        check_bytes(a, len - 1, file, len - 1);
        check_bytes(b, len - 1, file, len - 1);
        check(a[len - 1] == '-' && a[a_len - 1] == '"');
        check(a_len != b_len || memcmp(a, b, a_len) != 0);
    }
}

static void test_is_known(void)
{
    static const struct {
        const char *value;
        const struct http_validators *validators;
        bool known;
    } known[] = {
        { NULL, &strong, false },         { "*", &strong, false },
        { "\"x\"", &strong, false },      { "\"x\", W/\"a-b\"", &strong, true },
        { "", &strong, false },           { "\"a-b\"", &weak, true },
        { "*, \"a-b\"", &strong, false }, { "\"a-b\"", &none, false },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct http_request request = { .method = HTTP_GET };
        request.fields[HTTP_IF_NONE_MATCH] = span_of(known[i].value);
        check_says("case", i);
        check_equal(http_condition_is_known(&request, known[i].validators), known[i].known);
    }
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_conditions);
    check_run(test_if_range);
    check_run(test_tags);
    check_run(test_tags_within);
    check_run(test_is_known);
    return 0;
}
