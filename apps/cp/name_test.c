/* Names out of archives become paths below a folder, or are seen to be none; links are seen to stay
 * in it, or not. */

#include "apps/cp/name.h"

#include "tests/support/check.h"

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ .data = (const uint8_t *)text, .len = strlen(text) };
}

static void test_names(void)
{
    static const struct {
        const char *name, *clean;
        enum name_kind kind;
    } cases[] = {
        { "a", "a", NAME_GOOD },
        { "a/b/c", "a/b/c", NAME_GOOD },
        { "./a//b/./c/", "a/b/c", NAME_GOOD },
        { "...", "...", NAME_GOOD },
        { "..a/b..", "..a/b..", NAME_GOOD },
        { "/a", "a", NAME_ABSOLUTE },
        { "///a/b", "a/b", NAME_ABSOLUTE },
        { "", "", NAME_EMPTY },
        { ".", "", NAME_EMPTY },
        { "./", "", NAME_EMPTY },
        { "/", "", NAME_EMPTY },
        { "..", NULL, NAME_LEAVES },
        { "../a", NULL, NAME_LEAVES },
        { "a/../b", NULL, NAME_LEAVES },
        { "a/..", NULL, NAME_LEAVES },
        { "/..", NULL, NAME_LEAVES },
    };
    struct term_buffer to = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says("case", i);
        check(name_clean(&to, span_of(cases[i].name)) == cases[i].kind);
        if (cases[i].clean != NULL) {
            check_text(to.data, cases[i].clean);
            check_equal(to.len, strlen(cases[i].clean));
        }
    }
    struct leat_span broken = { .data = (const uint8_t *)"a\0b", .len = 3 };
    check(name_clean(&to, broken) == NAME_BROKEN);
    term_buffer_fini(&to);
}

static void test_links(void)
{
    static const struct {
        const char *target;
        size_t depth; /* the least at which it stays; 9: at none */
    } cases[] = {
        { "a", 0 },         { "a/b", 0 },  { "./a", 0 },     { ".", 0 },
        { "..", 1 },        { "../a", 1 }, { "../../a", 2 }, { "./../a", 1 },
        { "/", 9 },         { "/a", 9 },   { "a/..", 9 },    { "a/../b", 9 },
        { "../a/../b", 9 }, { "", 9 },     { "..//..", 2 },  { "...", 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says("case", i);
        for (size_t depth = 0; depth < 4; depth++)
            check(name_link_stays(span_of(cases[i].target), depth) == (depth >= cases[i].depth));
    }
    check_equal(name_depth("a"), 0);
    check_equal(name_depth("a/b/c"), 2);
}

int main(void)
{
    check_run(test_names);
    check_run(test_links);
    return 0;
}
