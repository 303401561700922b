/* Shows the language of patterns against a table of expectations, each a pattern, a path and
 * whether it matches, and the rules by which a set of them decides. */

#include "apps/walk/glob.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct glob_path path_of(const char *text)
{
    size_t len = strlen(text);
    bool is_folder = len && text[len - 1] == '/';
    len -= is_folder;
    const char *slash = memrchr(text, '/', len);
    return (struct glob_path){ .text = text,
                               .len = len,
                               .name = slash ? (size_t)(slash - text) + 1 : 0,
                               .is_folder = is_folder };
}

/* A set of the lines given, separated by newlines. All must be well formed. */
static struct glob_set *set_of(const char *lines)
{
    struct glob_set *set = glob_set_create(GLOB_FROM_FILE);
    assert(set);
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        enum glob_added added = glob_set_add(set, lines, len);
        assert(added == GLOB_ADDED);
        lines += len + (lines[len] == '\n');
    }
    return set;
}

static const struct {
    const char *lines, *path; /* a path that ends in a slash is a folder */
    enum glob_verdict verdict;
} table[] = {
    /* names, at any depth */
    { "foo", "foo", GLOB_MATCHED },
    { "foo", "a/b/foo", GLOB_MATCHED },
    { "foo", "foo/bar", GLOB_UNMATCHED },
    { "foo", "xfoo", GLOB_UNMATCHED },
    { "foo", "foox", GLOB_UNMATCHED },
    { "**/foo", "a/foo", GLOB_MATCHED },
    { "**/foo", "foo", GLOB_MATCHED },
    { "*", "a/b", GLOB_MATCHED },
    { "**", "a/b", GLOB_MATCHED },
    /* ends and beginnings */
    { "*.o", "a/b.o", GLOB_MATCHED },
    { "*.o", ".o", GLOB_MATCHED },
    { "*.o", "a.oo", GLOB_UNMATCHED },
    { "*.o", "a.o.c", GLOB_UNMATCHED },
    { "*.tar.gz", "x.tar.gz", GLOB_MATCHED },
    { "*.tar.gz", "x.gz", GLOB_UNMATCHED },
    { "*~", "a/b~", GLOB_MATCHED },
    { ".*", "a/.b", GLOB_MATCHED },
    { ".*", "a.b", GLOB_UNMATCHED },
    { "foo*", "a/foobar", GLOB_MATCHED },
    { "foo*", "a/barfoo", GLOB_UNMATCHED },
    /* anchors */
    { "/foo", "foo", GLOB_MATCHED },
    { "/foo", "a/foo", GLOB_UNMATCHED },
    { "a/foo", "a/foo", GLOB_MATCHED },
    { "a/foo", "b/a/foo", GLOB_UNMATCHED },
    { "/*.c", "a.c", GLOB_MATCHED },
    { "/*.c", "b/a.c", GLOB_UNMATCHED },
    { "a/*", "a/b", GLOB_MATCHED },
    { "a/*", "a/b/c", GLOB_UNMATCHED },
    /* folders only */
    { "foo/", "foo/", GLOB_MATCHED },
    { "foo/", "foo", GLOB_UNMATCHED },
    { "foo/", "a/foo/", GLOB_MATCHED },
    { "a/b/", "a/b/", GLOB_MATCHED },
    { "foo/\nfoo", "foo", GLOB_MATCHED },
    /* stars over folders */
    { "a/**", "a/b", GLOB_MATCHED },
    { "a/**", "a/b/c", GLOB_MATCHED },
    { "a/**", "a/", GLOB_UNMATCHED },
    { "a/**/b", "a/b", GLOB_MATCHED },
    { "a/**/b", "a/x/y/b", GLOB_MATCHED },
    { "a/**/b", "ab", GLOB_UNMATCHED },
    { "a/**/**/b", "a/x/b", GLOB_MATCHED },
    { "**/a/b", "x/a/b", GLOB_MATCHED },
    { "**/a/b", "xa/b", GLOB_UNMATCHED },
    { "**/a/**/c", "x/a/y/a/z/c", GLOB_MATCHED },
    { "a**b", "a/b", GLOB_UNMATCHED },
    { "a**b", "axxb", GLOB_MATCHED },
    { "a/**b", "a/x/b", GLOB_UNMATCHED },
    { "a/**b", "a/xb", GLOB_MATCHED },
    { "**/*.c/*x*y", "q/a.c/zxzyxy", GLOB_MATCHED },
    { "**/*.c/*x*y", "q/a.c/zxz/y", GLOB_UNMATCHED },
    /* one byte, and classes */
    { "a?c", "abc", GLOB_MATCHED },
    { "/a?c", "a/c", GLOB_UNMATCHED },
    { "[a-c]x", "bx", GLOB_MATCHED },
    { "[a-c]x", "dx", GLOB_UNMATCHED },
    { "[!a-c]x", "dx", GLOB_MATCHED },
    { "[^a-c]x", "ax", GLOB_UNMATCHED },
    { "/a[!x]c", "a/c", GLOB_UNMATCHED },
    { "[]]", "]", GLOB_MATCHED },
    { "[!]]", "]", GLOB_UNMATCHED },
    { "[a-]", "-", GLOB_MATCHED },
    { "[-a]", "-", GLOB_MATCHED },
    { "a[b", "a[b", GLOB_MATCHED },
    { "[!a", "[!a", GLOB_MATCHED },
    { "*[", "x[", GLOB_MATCHED },
    /* escapes, blanks, comments */
    { "\\*", "*", GLOB_MATCHED },
    { "\\*", "x", GLOB_UNMATCHED },
    { "\\!a", "!a", GLOB_MATCHED },
    { "\\#a", "#a", GLOB_MATCHED },
    { "#a", "#a", GLOB_UNMATCHED },
    { "a  ", "a", GLOB_MATCHED },
    { "a\\ ", "a ", GLOB_MATCHED },
    { "a b", "a b", GLOB_MATCHED },
    { "\t\r", "\t", GLOB_UNMATCHED },
    { "foo\\/", "foo/", GLOB_MATCHED },
    /* alternates */
    { "*.{c,h}", "a/x.h", GLOB_MATCHED },
    { "*.{c,h}", "a/x.o", GLOB_UNMATCHED },
    { "{a,{b,c}d}e", "cde", GLOB_MATCHED },
    { "{a,{b,c}d}e", "ce", GLOB_UNMATCHED },
    { "{,a}b", "ab", GLOB_MATCHED },
    { "{a\\,b,c}", "a,b", GLOB_MATCHED },
    { "{[,],x}y", ",y", GLOB_MATCHED },
    { "src/{a/**,b}/c", "src/a/q/c", GLOB_MATCHED },
    { "a\\{", "a{", GLOB_MATCHED },
    /* the last that matches decides */
    { "*.c\n!a.c", "a.c", GLOB_NEGATED },
    { "!a.c\n*.c", "a.c", GLOB_MATCHED },
    { "*.c\n!a.c\n/a.c", "a.c", GLOB_MATCHED },
    { "*\n!*/\n!*.c", "x/", GLOB_NEGATED },
    { "*\n!*/\n!*.c", "x/y.o", GLOB_MATCHED },
    { "*\n!*/\n!*.c", "x/y.c", GLOB_NEGATED },
    { "a\nb\na\n!a\nc\nd\ne\nf\ng\nh\ni", "x/a", GLOB_NEGATED },
    { "*.o\n!keep.o\n[x]*.o", "keep.o", GLOB_NEGATED },
};

static void test_table(void)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct glob_set *set = set_of(table[i].lines);
        struct glob_path path = path_of(table[i].path);
        enum glob_verdict verdict = glob_set_match(set, &path);
        if (verdict != table[i].verdict)
            printf("%s on %s: %d\n", table[i].lines, table[i].path, verdict);
        assert(verdict == table[i].verdict);
        glob_set_destroy(set);
    }
}

static void test_malformed(void)
{
    static const char *const lines[] = { "{a", "a}", "a\\", "[z-a]", "x{a,{b}", "{a,b}}" };
    struct glob_set *set = set_of("*.{c,h}");
    size_t size = glob_set_size(set);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        enum glob_added added = glob_set_add(set, lines[i], strlen(lines[i]));
        assert(added == GLOB_MALFORMED);
        assert(glob_set_size(set) == size);
    }
    struct glob_path path = path_of("x.c");
    assert(glob_set_match(set, &path) == GLOB_MATCHED);
    glob_set_destroy(set);
    set = glob_set_create(GLOB_FROM_ARGUMENT);
    assert(set && glob_set_add(set, "a[b", 3) == GLOB_MALFORMED);
    glob_set_destroy(set);
}

/* Braces in braces stand for too much, and the set is as before. */
static void test_bounds(void)
{
    struct glob_set *set = set_of("a\n*.b\n/c");
    const char *many = "{a,b}{c,d}{e,f}{g,h}{i,j}{k,l}{m,n}{o,p}{q,r}{s,t}";
    assert(glob_set_add(set, many, strlen(many)) == GLOB_TOO_MUCH);
    const char *flat = "{a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q}{a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p}";
    assert(glob_set_add(set, flat, strlen(flat)) == GLOB_TOO_MUCH);
    char *long_line = malloc(2 * GLOB_LINE_MAX);
    assert(long_line);
    memset(long_line, 'x', 2 * GLOB_LINE_MAX);
    assert(glob_set_add(set, long_line, 2 * GLOB_LINE_MAX) == GLOB_TOO_MUCH);
    /* Few texts, but long ones: what is common to them is copied for each. */
    memcpy(long_line, "{a,b}{c,d}{e,f}{g,h}{i,j}{k,l}{m,n}", 35);
    assert(glob_set_add(set, long_line, GLOB_LINE_MAX) == GLOB_TOO_MUCH);
    free(long_line);
    assert(glob_set_size(set) == 3);
    struct glob_path path = path_of("x/y.b");
    assert(glob_set_match(set, &path) == GLOB_MATCHED);
    glob_set_destroy(set);
}

/* A pattern made to go back as often as it can ends in time. */
static void test_hostile(void)
{
    char pattern[512], text[512];
    for (size_t i = 0; i < 500; i++) {
        pattern[i] = i % 2 ? '*' : 'a';
        text[i] = i % 50 == 49 ? '/' : 'a';
    }
    pattern[500] = 'b';
    text[500] = 'c';
    memcpy(pattern, "**/", 3);
    struct glob_set *set = glob_set_create(GLOB_FROM_FILE);
    assert(set && glob_set_add(set, pattern, 501) == GLOB_ADDED);
    struct glob_path path = { .text = text, .len = 501, .name = 500 };
    assert(glob_set_match(set, &path) == GLOB_UNMATCHED);
    glob_set_destroy(set);
}

/* The language again, as plainly as it can be said: what a pattern of these few signs matches. */
static bool matches_plainly(const char *p, const char *s, bool at_start)
{
    if (at_start && strncmp(p, "**/", 3) == 0) {
        for (const char *at = s; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL) {
            if (matches_plainly(p + 3, at, true))
                return true;
        }
        return false;
    }
    if (*p == '\0')
        return *s == '\0';
    if (*p == '*') {
        for (;; s++) {
            if (matches_plainly(p + 1, s, false))
                return true;
            if (*s == '\0' || *s == '/')
                return false;
        }
    }
    bool fits = *p == '?' ? *s != '\0' && *s != '/' : *s == *p;
    return fits && matches_plainly(p + 1, s + 1, *p == '/');
}

/* Random patterns that begin with a slash, so that nothing is added to them, on random paths. */
static void test_random(unsigned seed)
{
    static const char *const pieces[] = { "a", "b", "*", "?", "/", "ab", "/**/", "*a", "b*" };
    static const char *const parts[] = { "a", "b", "a/b", "/a" };
    for (unsigned round = 0; round < 20000; round++) {
        char pattern[64] = "/", path[64] = "a";
        for (int i = rand_r(&seed) % 6; i >= 0; i--)
            strcat(pattern, pieces[(size_t)rand_r(&seed) % 9]);
        for (int i = rand_r(&seed) % 8; i >= 0; i--)
            strcat(path, parts[(size_t)rand_r(&seed) % 4]);
        size_t len = strlen(pattern);
        bool is_plain = !strstr(pattern, "//") && pattern[len - 1] != '/' &&
                        strcmp(pattern + len - 2, "**") != 0 && !strstr(path, "//");
        if (!is_plain)
            continue;
        struct glob_set *set = set_of(pattern);
        struct glob_path as_path = path_of(path);
        bool matched = glob_set_match(set, &as_path) == GLOB_MATCHED;
        if (matched != matches_plainly(pattern + 1, path, true))
            printf("round %u: %s on %s: %d\n", round, pattern, path, matched);
        assert(matched == matches_plainly(pattern + 1, path, true));
        glob_set_destroy(set);
    }
}

static bool selects(const char *lines, const char *path)
{
    struct glob_set *set = set_of(lines);
    bool selected = glob_set_selects(set, path, strlen(path));
    glob_set_destroy(set);
    return selected;
}

static void test_selects(void)
{
    assert(glob_set_selects(NULL, "a", 1));
    assert(selects("", "a/b.c"));
    assert(selects("*.c", "a/b.c"));
    assert(!selects("*.c", "a/b.h"));
    assert(selects("!*.c", "a/b.h"));
    assert(!selects("!*.c", "a/b.c"));
    assert(!selects("*.c\n!a", "a/b.c"));
    assert(selects("!b.c\n*.c", "b.c"));
    assert(!selects("*.c\n!b.c", "a/b.c"));
    assert(!selects("a", "a/b"));
    assert(selects("a/**", "a/b"));
}

int main(void)
{
    test_table();
    test_malformed();
    test_bounds();
    test_hostile();
    test_random(1);
    test_selects();
    return 0;
}
