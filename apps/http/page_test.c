/* Shows that pages are HTML with every tag closed, whatever names are in them: no name adds a tag,
 * leaves its attribute, turns the reading order around, or leads away from its folder. */

#include "apps/http/page.h"

#include <string.h>

#include "apps/http/text.h"
#include "tests/support/check.h"

static void check_html(struct leat_span text, const char *expected)
{
    struct term_buffer buffer = { 0 };
    http_put_html(&buffer, text);
    check_bytes(buffer.data, buffer.len, expected, strlen(expected));
    term_buffer_fini(&buffer);
}

static void test_html(void)
{
    check_html(http_span(""), "");
    check_html(http_span("a b\xc3\xa4"), "a b\xc3\xa4");
    check_html(http_span("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
    check_html(http_span("&amp;"), "&amp;amp;");
    check_html(http_span("a\xe2\x80\xae"
                         "b\n\x1b[m"),
               "a\\u{202e}b\\x0a\\x1b[m");
    check_html(http_span("\xff\xc3<\xa4"), "\\xff\\xc3&lt;\\xa4");
}

static bool contains(const struct term_buffer *page, const char *text)
{
    return memmem(page->data, page->len, text, strlen(text)) != NULL;
}

static size_t count(const struct term_buffer *page, const char *text)
{
    size_t found = 0;
    const char *at = page->data, *end = page->data + page->len;
    while ((at = memmem(at, (size_t)(end - at), text, strlen(text))) != NULL) {
        at += strlen(text);
        found++;
    }
    return found;
}

static void check_whole(const struct term_buffer *page)
{
    static const char *const pairs[][2] = {
        { "<html", "</html>" },  { "<head>", "</head>" }, { "<title>", "</title>" },
        { "<body>", "</body>" }, { "<a ", "</a>" },       { "<bdi>", "</bdi>" },
        { "<tr>", "</tr>" },     { "<td", "</td>" },      { "<table>", "</table>" },
        { "<h1>", "</h1>" },     { "<p>", "</p>" },       { "<style>", "</style>" },
    };
    check(!page->cut && contains(page, "<!DOCTYPE html>\n<html lang=\"en\">"));
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        check_says_text("tag", pairs[i][0]);
        check_equal(count(page, pairs[i][0]), count(page, pairs[i][1]));
    }
}

static void test_folder(void)
{
    static const struct {
        struct http_page_row row;
        const char *html;
    } cases[] = {
        { { .name = { (const uint8_t *)"a b", 3 }, .folder = true },
          "<tr><td><a href=\"./a%20b/\"><bdi>a b</bdi>/</a></td><td class=\"n\"></td>"
          "<td class=\"n\"></td></tr>\n" },
        { { .name = { (const uint8_t *)"x.zip", 5 },
            .archive = true,
            .has_size = true,
            .size = 1536,
            .has_modified = true,
            .modified = 784111777 },
          "<tr><td><a href=\"./x.zip\"><bdi>x.zip</bdi></a>"
          "<a class=\"o\" href=\"./x.zip!/\">open</a></td><td class=\"n\">1.5 KiB</td>"
          "<td class=\"n\">1994-11-06 08:49</td></tr>\n" },
        { { .name = { (const uint8_t *)"\"><script>", 10 } },
          "<a href=\"./%22%3E%3Cscript%3E\"><bdi>&quot;&gt;&lt;script&gt;</bdi></a>" },
        { { .name = { (const uint8_t *)"javascript:1", 12 } }, "<a href=\"./javascript%3A1\">" },
        { { .name = { (const uint8_t *)"//evil/x", 8 } }, "<a href=\"./%2F/%2F/evil/x\">" },
        { { .name = { (const uint8_t *)"../up", 5 } }, "<a href=\"./..%2F/up\"><bdi>../up</bdi>" },
        { { .name = { (const uint8_t *)"..", 2 }, .folder = true }, "<a href=\"./..%2F/\">" },
        { { .folder = false }, "<a href=\"./%2F\"><bdi>(no name)</bdi></a>" },
        { { .name = { (const uint8_t *)"w!", 2 }, .folder = true }, "<a href=\"./w%21/\">" },
        { { .name = { (const uint8_t *)"old", 3 }, .has_modified = true, .modified = -5 },
          "<td class=\"n\"></td></tr>" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct term_buffer page = { 0 };
        check_says("case", i);
        http_page_begin(&page, http_span("a<b/x.zip!/c"));
        http_page_row(&page, &cases[i].row);
        http_page_end(&page, i % 2 ? http_span("cut & gone") : http_span(""));
        check_whole(&page);
        check(contains(&page, cases[i].html));
        check(contains(&page, "<title>/a&lt;b/x.zip!/c</title>"));
        check(contains(&page, "<h1><a href=\"./../../../\">/</a>"
                              "<a href=\"./../../\"><bdi>a&lt;b</bdi>/</a>"
                              "<a href=\"./../\"><bdi>x.zip!</bdi>/</a>"
                              "<a href=\"./\"><bdi>c</bdi>/</a></h1>"));
        check(contains(&page, "<a href=\"../\">../</a>"));
        check_equal(contains(&page, "<p><bdi>cut &amp; gone</bdi></p>"), i % 2);
        term_buffer_fini(&page);
    }
}

/* Nothing lies above what is served. */
static void test_top(void)
{
    struct term_buffer page = { 0 };
    http_page_begin(&page, http_span(""));
    http_page_end(&page, http_span(""));
    check_whole(&page);
    check(contains(&page, "<h1><a href=\"./\">/</a></h1>"));
    check(!contains(&page, "../"));
    term_buffer_fini(&page);
}

/* An empty segment is a folder as any other. */
static void test_empty_segments(void)
{
    struct term_buffer page = { 0 };
    http_page_begin(&page, http_span("a.tar!//etc"));
    http_page_end(&page, http_span(""));
    check_whole(&page);
    check(contains(&page, "<h1><a href=\"./../../../\">/</a>"
                          "<a href=\"./../../\"><bdi>a.tar!</bdi>/</a>"
                          "<a href=\"./../\">/</a>"
                          "<a href=\"./\"><bdi>etc</bdi>/</a></h1>"));
    term_buffer_fini(&page);
}

/* A page of a name as long as any is no longer by its square. */
static void test_deep(void)
{
    static char path[8192];
    struct term_buffer page = { 0 };
    for (size_t i = 0; i < sizeof(path); i++)
        path[i] = i % 2 ? '/' : 'a';
    http_page_begin(&page, (struct leat_span){ (const uint8_t *)path, sizeof(path) - 1 });
    http_page_end(&page, http_span(""));
    check_whole(&page);
    check_equal(count(&page, "<bdi>"), sizeof(path) / 2);
    check_equal(count(&page, "<a "), 64 + 2);
    check(page.len < 32 * sizeof(path));
    term_buffer_fini(&page);
}

static void test_sizes(void)
{
    static const struct {
        uint64_t size;
        const char *shown;
    } cases[] = {
        { 0, ">0 B<" },           { 1023, ">1023 B<" },        { 1024, ">1.0 KiB<" },
        { 10239, ">9.9 KiB<" },   { 10240, ">10 KiB<" },       { 1048575, ">1023 KiB<" },
        { 1048576, ">1.0 MiB<" }, { 5000000000, ">4.6 GiB<" }, { UINT64_MAX, ">15 EiB<" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct term_buffer page = { 0 };
        const struct http_page_row row = { .name = http_span("a"),
                                           .has_size = true,
                                           .size = cases[i].size };
        check_says("size", cases[i].size);
        http_page_row(&page, &row);
        check(contains(&page, cases[i].shown));
        term_buffer_fini(&page);
    }
}

static void test_error(void)
{
    struct term_buffer page = { 0 };
    http_page_error(&page, 404, http_span("no such file: <x>"));
    check_whole(&page);
    check(contains(&page, "<title>Not Found</title>"));
    check(contains(&page, "<h1>404 Not Found</h1>\n<p><bdi>no such file: &lt;x&gt;</bdi></p>"));
    term_buffer_clear(&page);
    http_page_error(&page, 500, http_span(""));
    check_whole(&page);
    check(!contains(&page, "<p>"));
    term_buffer_fini(&page);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_html);
    check_run(test_folder);
    check_run(test_top);
    check_run(test_empty_segments);
    check_run(test_deep);
    check_run(test_sizes);
    check_run(test_error);
    return 0;
}
