/* Texts and numbers as they come out in the page, case by case. */

#include "apps/explain/markup.h"

#include "tests/support/check.h"

static struct term_buffer buffer;

/* What was put, as text; good until the next. */
static const char *put(void)
{
    static char text[512];
    check(!buffer.cut && buffer.len < sizeof(text));
    if (buffer.len > 0)
        memcpy(text, buffer.data, buffer.len);
    text[buffer.len] = '\0';
    term_buffer_fini(&buffer);
    return text;
}

static void texts(void)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        { "", "" },
        { "a.tar.gz", "a.tar.gz" },
        { "<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;" },
        { "]]>&amp;", "]]&gt;&amp;amp;" },
        { "a\n\x1b[2J\x7f", "a\\x0a\\x1b[2J\\x7f" },
        { "\xff\xc0\x80", "\\xff\\xc0\\x80" },
        { "\xe2\x80\xae txt", "\\u{202e} txt" },
        { "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", "\\u{fffe}\\u{ffff}\xef\xbf\xbd" },
        { "\xe6\x9d\xb1", "\xe6\x9d\xb1" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        markup_puts(&buffer, cases[i].text);
        check_text(put(), cases[i].shown);
    }
}

static void clipped(void)
{
    markup_put_clipped(&buffer, "abc", 3);
    check_text(put(), "abc");
    markup_put_clipped(&buffer, "abcd", 3);
    check_text(put(), "\xe2\x80\xa6"
                      "bcd");
    markup_put_clipped(&buffer, "", 3);
    check_text(put(), "");
    markup_put_clipped(&buffer, "\xe6\x9d\xb1\xe4\xba\xac<", 2);
    check_text(put(), "\xe2\x80\xa6\xe4\xba\xac&lt;");
}

static void sizes(void)
{
    static const struct {
        uint64_t bytes;
        const char *shown;
    } cases[] = {
        { 0, "0\xc2\xa0"
             "B" },
        { 1023, "1023\xc2\xa0"
                "B" },
        { 1024, "1.00\xc2\xa0KiB" },
        { 10236, "10.0\xc2\xa0KiB" },
        { (uint64_t)1 << 20, "1.00\xc2\xa0MiB" },
        { ((uint64_t)1 << 20) - 1, "1.00\xc2\xa0MiB" },
        { (uint64_t)300 << 30, "300\xc2\xa0GiB" },
        { UINT64_MAX, "16.0\xc2\xa0"
                      "EiB" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        markup_put_size(&buffer, cases[i].bytes);
        check_text(put(), cases[i].shown);
    }
}

static void times(void)
{
    static const struct {
        uint64_t ns;
        const char *shown, *ms;
    } cases[] = {
        { 0, "0", "0.000" },
        { 999, "999\xc2\xa0ns", "0.001" },
        { 1000, "1.00\xc2\xa0\xc2\xb5s", "0.001" },
        { 12345, "12.3\xc2\xa0\xc2\xb5s", "0.012" },
        { 999499, "999\xc2\xa0\xc2\xb5s", "0.999" },
        { 999500, "1.00\xc2\xa0ms", "1.000" },
        { 123456789, "123\xc2\xa0ms", "123.457" },
        { 61000000000, "61.0\xc2\xa0s",
          "61\xe2\x80\xaf"
          "000.000" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        markup_put_time(&buffer, cases[i].ns);
        check_text(put(), cases[i].shown);
        markup_put_ms(&buffer, cases[i].ns);
        check_text(put(), cases[i].ms);
    }
}

static void exact(void)
{
    markup_put_exact(&buffer, 0);
    check_text(put(), "0");
    markup_put_exact(&buffer, 999);
    check_text(put(), "999");
    markup_put_exact(&buffer, 1234567);
    check_text(put(), "1\xe2\x80\xaf"
                      "234\xe2\x80\xaf"
                      "567");
    markup_put_exact(&buffer, UINT64_MAX);
    check(strstr(put(), "18\xe2\x80\xaf"
                        "446\xe2\x80\xaf") != NULL);
}

static void ticks(void)
{
    markup_put_tick(&buffer, 0, 5);
    check_text(put(), "0");
    markup_put_tick(&buffer, 1500000, 500000);
    check_text(put(), "1.5\xc2\xa0ms");
    markup_put_tick(&buffer, 1500000000, 500000000);
    check_text(put(), "1.5\xc2\xa0s");
    markup_put_tick(&buffer, 400, 200);
    check_text(put(), "0.4\xc2\xa0\xc2\xb5s");
    markup_put_tick(&buffer, 40, 20);
    check_text(put(), "40\xc2\xa0ns");
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(texts);
    check_run(clipped);
    check_run(sizes);
    check_run(times);
    check_run(exact);
    check_run(ticks);
    return 0;
}
