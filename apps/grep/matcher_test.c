/* Shows what the matcher matches: a table of cases, whose answers are ripgrep's, and random
 * patterns over random texts, where all that makes the search fast must give what PCRE2 gives a
 * line at a time. A failure prints the seed of its round, and `matcher_test SEED` replays that
 * round alone; `matcher_test SEED COUNT`, so many rounds from there. */

#include "apps/grep/matcher_plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROUNDS = 4000, PATTERN_MAX = 200, PATTERNS_MAX = 3, TEXT_MAX = 3000 };

static uint64_t state;

static uint32_t below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % n);
}

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ (const uint8_t *)text, strlen(text) };
}

/* Cases. `wanted` lists the matches, each as start-end, a line each in its own brackets. */
struct test_case {
    const char *flags; /* F i S w x */
    const char *pattern, *text, *wanted;
};

static const struct test_case cases[] = {
    { "", "foo", "a foo\nbar\nfoofoo", "[2-5][0-3 3-6]" },
    { "", "", "a\n\nb", "[0-0 1-1][0-0][0-0 1-1]" },
    { "", "", "", "" },
    { "", "^$", "a\n\n", "[0-0]" },
    { "", "^$", "a\n", "" },
    { "", "a*", "baac\n", "[0-0 1-3 4-4]" },
    { "", "^", "ab\ncd\n", "[0-0][0-0]" },
    { "", "$", "ab\n", "[2-2]" },
    { "", "\\Afoo\\z", "xfoo\nfoo\n", "[0-3]" },
    { "", "b\\s+c", "b\nc\nb  c", "[0-4]" },
    { "", "a[^b]c", "a\nc\naxc", "[0-3]" },
    { "", "(?s)a.c", "a\nc\naxc", "[0-3]" },
    { "", "a(?!\\s)b|x", "ab\nx", "[0-2][0-1]" },
    { "", "a\\W", "a\na-", "[0-2]" },
    { "", "a[\\s\\S]b", "a\nb\na-b", "[0-3]" },
    { "", "a[\\W]", "a\na-", "[0-2]" },
    { "", ".", "\xff\n", "" },
    { "", "(?:^|k)(?!x)", "x\n\x80\nxy\n\xc3\xa9\n\x80\n", "[0-0][0-0][0-0]" },
    { "", "(?:\\d){3000}|k?", "k", "[0-1]" },
    { "", "(?=a)b?\?(?i)a", "a\n\xc3\xa9 a", "[0-1][3-4]" },
    { "", "[A-Z]\\x{e9}|[ab]", "B\nB\xc3\xa9\nb", "[0-3][0-1]" },
    { "", "\\xe9", "\xc3\xa9\n\xe9", "[0-2]" },
    { "", "a.b",
      "a\xc3\xa9"
      "b\na\xff"
      "b\n",
      "[0-4]" },
    { "", "foo",
      "\xff"
      "foo\xff",
      "[1-4]" },
    { "", "\\w+", "x\xc2\xb2 a\xcc\x80", "[0-1 4-7]" },
    { "", "\\bx\\b", "x\xc2\xb2", "[0-1]" },
    { "", "[[:alpha:]]+", "a\xc3\xa9z", "[0-1 3-4]" },
    { "", "[[:^alpha:]]+", "ab--\n--", "[2-4][0-2]" },
    { "", "[a[bc]]+", "abcd", "[0-3]" },
    { "", "\\<foo\\>", "xfoo foo foox", "[5-8]" },
    { "", "\\<?oo\\b*", "foo", "[1-3]" },
    { "", "^*o+|\\b{end-half}{2}f", "foo f", "[1-3]" },
    { "", "\\b{start}f|o\\b{end}", "foo", "[0-1 2-3]" },
    { "", "\\b{start-half}o", "foo o", "[4-5]" },
    { "", "(?P<n>a)(?<m>b)", "ab", "[0-2]" },
    { "", "(a)(b)\\2", "abb", "[0-3]" },
    { "", "\\u{e9}|\\u00e8", "\xc3\xa9\xc3\xa8", "[0-2 2-4]" },
    { "", "\\v", "a\vb\rc", "[1-2]" },
    { "", "\\p{Letter}{2}", "aB", "[0-2]" },
    { "", "[^\\p{Lu}]", "Aa", "[1-2]" },
    { "", "a{,2}b", "a{,2}b", "[0-6]" },
    { "", "{foo|x{y", "{foo x{y", "[0-4 5-8]" },
    { "", "samwise|sam", "samwise sam", "[0-7 8-11]" },
    { "", "sam|samwise", "samwise", "[0-3]" },
    { "", "(a|ab)(c|bcd)", "abcd", "[0-4]" },
    { "", "ab??", "ab", "[0-1]" },
    { "", "(?i)foo(?-i)BAR", "FooBAR FOObar", "[0-6]" },
    { "", "(?i:k)x", "\xe2\x84\xaax", "[0-4]" },
    { "F", "a.b", "axb a.b", "[4-7]" },
    { "F", "\\Q(", "\\Q(", "[0-3]" },
    { "i", "kiss", "KISS ki\xc5\xbfs \xe2\x84\xaaiSS", "[0-4 5-10 11-17]" },
    { "Fi", "task", "TA\xc5\xbf\xe2\x84\xaa", "[0-7]" },
    { "i", "\xc3\xa9t\xc3\xa9", "\xc3\x89T\xc3\x89", "[0-5]" },
    { "i", "\xc5\xbf", "s S", "[0-1 2-3]" },
    { "i", "[^k]", "K\xe2\x84\xaa", "" },
    { "S", "foo", "FOO", "[0-3]" },
    { "S", "Foo", "FOO foo", "" },
    { "S", "fo\\S\\W", "FOO-", "[0-4]" },
    { "S", "ba\\x52", "BAR bar baR", "[8-11]" },
    { "S", "[[:upper:]]o", "fo FO", "[0-2 3-5]" },
    { "S", "\\p{Lu}", "aB", "[1-2]" },
    { "S", "\xc3\x89", "\xc3\xa9", "" },
    { "w", "foo", "foo xfoo foo_ foo-foo", "[0-3 14-17 18-21]" },
    { "w", "foo|foobar", "foobar", "[0-6]" },
    { "w", "foo",
      "\xc3\xa9"
      "foo foo\xc3\xa9 \xc2\xb2"
      "foo",
      "[14-17]" },
    { "w", "Fran", "Fran\xe7ois Fran", "[9-13]" },
    { "w", "Fran|x{9}", "Fran\xe7ois Fran", "[9-13]" },
    /* Before bytes that are no character, the character they follow counts; after, nothing does. */
    { "w", "the", " \x80\xa6the\na\x80the\n\x80the\n \xffthe\n\xe2\x80\xa6\x80the", "[3-6][4-7]" },
    { "w", "th[e]|q", " \x80\xa6the\na\x80the\n\x80the\nthe\x80 \n-\x80the ", "[3-6][2-5]" },
    { "", "\\bth[e]", " \x80the\na\x80the\n\x80the", "[2-5][1-4]" },
    { "", "\\Bth[e]", " \x80the\na\x80the\n\x80the", "[2-5]" },
    { "", "\\<th[e]", " \x80the\na\x80the\n\x80the", "[2-5][1-4]" },
    { "", "th[e]\\>", "the\x80 thex\nthe\xc3\xa9", "[0-3]" },
    { "", "\\b{start-half}th[e]", " \x80the\na\x80the\n\x80the", "[2-5]" },
    { "", "th[e]\\b{end-half}", "the\x80 the", "[5-8]" },
    { "w", "(?C1)foo(?C)", "foo xfoo", "[0-3]" },
    { "", "\\<{2}foo", "foo xfoo", "[0-3]" },
    { "w", "-f", "a-f a -f", "[6-8]" },
    { "w", "", "ab\n\n-", "[0-0][0-0 1-1]" },
    { "x", "fo|foo", "foo\nfoox\nfo", "[0-3][0-2]" },
    { "x", "f.*", "foo\nxf", "[0-3]" },
    { "x", "", "a\n\n", "[0-0]" },
    { "xw", "-a", "-a", "[0-2]" },
};

static struct matcher_options options_of(const char *flags, const struct leat_span *patterns,
                                         size_t patterns_len)
{
    return (struct matcher_options){
        .patterns = patterns,
        .patterns_len = patterns_len,
        .fixed = strchr(flags, 'F') != NULL,
        .ignore_case = strchr(flags, 'i') != NULL,
        .smart_case = strchr(flags, 'S') != NULL,
        .word = strchr(flags, 'w') != NULL,
        .line = strchr(flags, 'x') != NULL,
    };
}

/* Every match of every line, as the cases write them. */
static void describe(const struct matcher *matcher, struct leat_span text, char *to, size_t room)
{
    struct matcher_scratch *scratch = matcher_scratch_create(matcher);
    struct matcher_line line = { 0 };
    enum matcher_status status;
    size_t at = 0;
    assert(scratch);
    *to = 0;
    while ((status = matcher_next_line(matcher, scratch, text, line.next, &line)) != MATCHER_NONE) {
        const struct leat_span inside = { text.data + line.start, line.end - line.start };
        struct matcher_cursor cursor = { 0 };
        size_t start, end;
        at += (size_t)snprintf(to + at, room - at, "[");
        for (bool first = true; (status = matcher_in_line(matcher, scratch, inside, &cursor, &start,
                                                          &end)) == MATCHER_FOUND;
             first = false)
            at += (size_t)snprintf(to + at, room - at, first ? "%zu-%zu" : " %zu-%zu", start, end);
        at += (size_t)snprintf(to + at, room - at, status == MATCHER_ERROR ? "!]" : "]");
        assert(at < room);
    }
    matcher_scratch_destroy(scratch);
}

static void run_case(const struct test_case *test)
{
    const struct leat_span pattern = span_of(test->pattern);
    const struct matcher_options options = options_of(test->flags, &pattern, 1);
    for (int plain = 0; plain < 2; plain++) {
        char found[500];
        struct matcher_error error = { 0 };
        struct matcher *matcher = NULL;
        if (!(plain ? matcher_create_plain : matcher_create)(&options, &matcher, &error)) {
            fprintf(stderr, "matcher_test: %s: %s\n", test->pattern, error.text);
            abort();
        }
        describe(matcher, span_of(test->text), found, sizeof(found));
        if (strcmp(found, test->wanted) != 0) {
            fprintf(stderr, "matcher_test: -%s '%s' on '%s': %s, wanted %s%s\n", test->flags,
                    test->pattern, test->text, found, test->wanted, plain ? " (plain)" : "");
            abort();
        }
        matcher_destroy(matcher);
    }
}

static void refuse(const char *flags, const char *pattern)
{
    const struct leat_span patterns[] = { span_of(pattern), span_of("x") };
    for (size_t n = 1; n <= 2; n++) {
        const struct matcher_options options = options_of(flags, patterns, n);
        struct matcher_error error = { 0 };
        struct matcher *matcher;
        const bool made = matcher_create(&options, &matcher, &error);
        if (made)
            fprintf(stderr, "matcher_test: '%s' was not refused\n", pattern);
        assert(!made && error.text[0] && !strchr(error.text, '\n'));
    }
}

static void test_refusals(void)
{
    static const char *const patterns[] = {
        "a\\nb",   "a\nb",  "[\\n]",       "(foo",   "foo)",    "a)(b",     "[a",     "*a",
        "\\",      "[b-a]", "\\p{Nope}",   "\xff",   "[a&&b]",  "(?<=a+)b", "a{3,2}", "a{70000}",
        "(?-u:a)", "(a\\1", "\\x{110000}", "a{1}??", "(?i){1}", "a{1}{1}",
    };
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        refuse("", patterns[i]);
    refuse("F", "a\nb");
    refuse("F", "\xff");
}

static void test_no_pattern(void)
{
    const struct matcher_options options = { 0 };
    struct matcher_error error;
    struct matcher *matcher;
    char found[10];
    bool made = matcher_create(&options, &matcher, &error);
    assert(made);
    describe(matcher, span_of("a\n\n"), found, sizeof(found));
    assert(strcmp(found, "") == 0);
    matcher_destroy(matcher);
}

/* A line that PCRE2 gives up on is an error for that line alone. */
static void test_limit(void)
{
    char text[200];
    const struct leat_span pattern = span_of("(x+x+)+y");
    const struct matcher_options options = { .patterns = &pattern, .patterns_len = 1 };
    struct matcher_error error;
    struct matcher *matcher;
    struct matcher_line line = { 0 };
    bool made = matcher_create_plain(&options, &matcher, &error);
    assert(made);
    struct matcher_scratch *scratch = matcher_scratch_create(matcher);
    assert(scratch);
    snprintf(text, sizeof(text), "a\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxz y\nb\nxxy\n");
    enum matcher_status status = matcher_next_line(matcher, scratch, span_of(text), 0, &line);
    assert(status == MATCHER_ERROR && line.start == 2);
    assert(strstr(matcher_error_text(scratch), "steps"));
    status = matcher_next_line(matcher, scratch, span_of(text), line.next, &line);
    assert(status == MATCHER_FOUND && strcmp(text + line.start, "xxy\n") == 0);
    matcher_scratch_destroy(scratch);
    matcher_destroy(matcher);
}

/* What a pattern may have to go back to is remembered, up to a bound, far below the steps it may
 * take: a gigabyte of it for a long line would be a hostile file's to ask for. */
static void test_memory(void)
{
    enum { LINE_LEN = 8 << 20 }; /* outgrows the stack of machine code */
    const struct leat_span pattern = span_of("(a|b)*c");
    const struct matcher_options options = { .patterns = &pattern, .patterns_len = 1 };
    struct matcher_error error;
    struct matcher *matcher;
    struct matcher_line line = { 0 };
    uint8_t *text = malloc(LINE_LEN + 3);
    bool made = matcher_create_plain(&options, &matcher, &error);
    assert(made && text);
    struct matcher_scratch *scratch = matcher_scratch_create(matcher);
    assert(scratch);
    for (size_t i = 0; i < LINE_LEN; i++)
        text[i] = i % 2 ? 'b' : 'a';
    memcpy(text + LINE_LEN, "\nc\n", 3);
    const struct leat_span span = { text, LINE_LEN + 3 };
    enum matcher_status status = matcher_next_line(matcher, scratch, span, 0, &line);
    assert(status == MATCHER_ERROR && line.start == 0);
    assert(strstr(matcher_error_text(scratch), "memory"));
    status = matcher_next_line(matcher, scratch, span, line.next, &line);
    assert(status == MATCHER_FOUND && line.start == LINE_LEN + 1);
    matcher_scratch_destroy(scratch);
    matcher_destroy(matcher);
    free(text);
}

/* Many words: more than vectors look for, and more than PCRE2 would compile. */
static void test_many(void)
{
    enum { WORDS = 6000 };
    static char words[WORDS][24];
    static struct leat_span patterns[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        snprintf(words[i], sizeof(words[i]), "word%zusk", i * 7919);
        patterns[i] = span_of(words[i]);
    }
    for (int ignore_case = 0; ignore_case < 2; ignore_case++) {
        const struct matcher_options options = {
            .patterns = patterns, .patterns_len = WORDS, .ignore_case = ignore_case, .word = true
        };
        struct matcher_error error;
        struct matcher *matcher;
        char found[100];
        bool made = matcher_create(&options, &matcher, &error);
        assert(made);
        describe(matcher, span_of("word7918sk\nWORD7919\xc5\xbfK\nword7919sk\nxword7919sk"), found,
                 sizeof(found));
        assert(strcmp(found, ignore_case ? "[0-11][0-10]" : "[0-10]") == 0);
        matcher_destroy(matcher);
    }
}

static const char *pick(const char *const *from, size_t len)
{
    return from[below((uint32_t)len)];
}

static const char *const atoms[] = {
    /* clang-format off */
    "a", "b", "k", "s", "K", "ab", "bak", "sk_", "foo", "Foo", "x1", "\\.", "-", " ", "a", "ab",
    ".", "\\w", "\\s", "\\d", "\\W", "\\S", "[ab]", "[^a]", "[a-k]", "[[:alpha:]]", "[\\w-]",
    "\xc3\xa9", "\\x{17f}", "\\x{212a}", "^", "$", "\\b", "\\B", "\\<", "\\p{Lu}", "(?i)",
    "[^\\s]", "[\\x00-\\x20]", "\xe4\xb8\xad", "[k\xc3\xa9]",
    /* clang-format on */
};

/* Append a random pattern of the given depth. */
static void make_pattern(char *to, unsigned depth)
{
    static const char *const repeats[] = { "*", "+", "?", "{2}", "{1,3}", "*?", "+?", "??", "{0}" };
    static const char *const groups[] = { "(", "(?:", "(?i:", "(?>", "(?=", "(?!", "(?<!k|s" };
    const uint32_t atoms_len = 1 + below(4);
    for (uint32_t i = 0; i < atoms_len && strlen(to) < PATTERN_MAX / 2; i++) {
        const bool group = depth > 0 && below(4) == 0;
        const char *open = group ? pick(groups, 5 + 2 * (below(3) == 0)) : "(?:";
        const bool behind = strcmp(open, groups[6]) == 0;
        strcat(to, open);
        if (group && !behind)
            make_pattern(to, depth - 1);
        else if (!behind)
            strcat(to, pick(atoms, sizeof(atoms) / sizeof(atoms[0])));
        /* A bare group around an atom would hide it from what reads runs of characters. */
        if (!group && below(3)) {
            const size_t len = strlen(to);
            char *at = to + len;
            while (strncmp(at, "(?:", 3) != 0)
                at--;
            memmove(at, at + 3, strlen(at + 3) + 1);
            if (below(5) == 0 && !strchr("^$)bB<", to[strlen(to) - 1]))
                strcat(to, pick(repeats, 9));
        } else {
            strcat(to, ")");
            if (below(3) == 0)
                strcat(to, pick(repeats, 9));
        }
        if (below(6) == 0 && i + 1 < atoms_len)
            strcat(to, "|");
    }
}

/* Append a random pattern without a literal to speak of: classes, how often, and what is around
 * them. Of such a pattern the first bytes of a match are looked for. */
static void make_classes(char *to, unsigned depth)
{
    static const char *const classes[] = {
        /* clang-format off */
        "[a-z]", "[A-Z]", "[0-9]", "\\d", "\\w", "\\s", "[ab]", "[a-f0-9]", "[^a-z]", "[^a]",
        ".", " ", "_", "-", "k", "S", "a", "[A-Z_]", "[^\\s]", "\\W", "\\S", "[^\\W]", "[\\S_]",
        "[k-s]", "[^k]",
        "[\\x{17f}]", "[^\\x{17f}]", "\\x{212a}", "\xc3\xa9", "[\xc3\xa9-\xc5\xbf]",
        "[^\xc3\xa9]", "\\p{Lu}", "\\P{Ll}", "[^\\p{Lu}a]", "[[:upper:]_]", "[[:^space:]]",
        "[\\x00-\\x{1ffff}]", "\xe4\xb8\xad", "[\\x{80}-\\x{10ffff}]", "[\\x00-\\x20]",
        /* clang-format on */
    };
    static const char *const repeats[] = { "",      "",     "+",     "{2}",  "{3}", "{40}",
                                           "{32,}", "{5}",  "{16}",  "{20}", "?",   "*",
                                           "+?",    "{2,}", "{2,3}", "{0}",  "++",  "{2}+",
                                           "{,2}",  "?+",   "{1}",   "{0,2}" };
    static const char *const edges[] = {
        "\\b", "\\B", "\\<", "^", "$", "(?i)", "(?=\\w)", "(?<!a)"
    };
    static const char *const opens[] = { "(", "(?:", "(?i:", "(?-i:", "(?>", "(?=", "(?!" };
    if (below(5) == 0)
        strcat(to, "^");
    const uint32_t atoms_len = 1 + below(4);
    for (uint32_t i = 0; i < atoms_len && strlen(to) < PATTERN_MAX / 2; i++) {
        if (below(10) == 0)
            strcat(to, pick(edges, sizeof(edges) / sizeof(edges[0])));
        if (depth > 0 && below(4) == 0) {
            strcat(to, pick(opens, below(3) ? 2 : sizeof(opens) / sizeof(opens[0])));
            make_classes(to, depth - 1);
            strcat(to, ")");
        } else {
            strcat(to, pick(classes, sizeof(classes) / sizeof(classes[0])));
        }
        strcat(to, pick(repeats, sizeof(repeats) / sizeof(repeats[0])));
        if (below(8) == 0 && i + 1 < atoms_len)
            strcat(to, "|");
    }
    if (below(5) == 0)
        strcat(to, "$");
}

static size_t make_text(uint8_t *end)
{
    static const char *const pieces[] = {
        "a",
        "b",
        "k",
        "s",
        "K",
        "S",
        "ab",
        "bak",
        "sk_",
        "foo",
        "Foo",
        "FOO",
        "x1",
        ".",
        "-",
        " ",
        "\n",
        "\n",
        "\n\n",
        "\xc3\xa9",
        "\xc3\x89",
        "\xc5\xbf",
        "\xe2\x84\xaa",
        "\xff",
        "\xc3",
        "\xe4\xb8\xad",
        "aaaa",
        "abab",
        "\t",
        "\r\n",
        "\xc2\xa0",
        "\xcc\x80",
        "\x80",
        "\x80\xa6",
        "0",
        "42",
        "1234567890",
        "A",
        "AB_CD",
        "_",
        "abcdefghij",
        "deadbeefdeadbeef0",
        "a b c",
        "    ",
        "\xed\xa0\x80",
        "\xf0\x9f\x98\x80",
        "\xf0\x9f",
    };
    const bool ascii = below(2);
    const size_t wanted = below(below(4) ? 200 : TEXT_MAX - 10);
    uint8_t text[TEXT_MAX];
    size_t len = 0;
    while (len < wanted) {
        const char *piece = pick(pieces, sizeof(pieces) / sizeof(pieces[0]));
        if (ascii && (piece[0] & 0x80))
            continue;
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    memcpy(end - len, text, len);
    return len;
}

static void run_round(uint64_t seed, uint8_t *end)
{
    static const char *const flags[] = { "", "", "", "i", "S", "w", "x", "iw", "F", "Fi", "Fw" };
    static char wanted[200000], found[200000];
    char texts[PATTERNS_MAX][2 * PATTERN_MAX] = { { 0 } };
    struct leat_span patterns[PATTERNS_MAX];
    state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    const size_t len = make_text(end);
    const struct leat_span text = { end - len, len };
    const size_t patterns_len = below(4) ? 1 : 1 + below(PATTERNS_MAX);
    for (size_t i = 0; i < patterns_len; i++) {
        if (below(2))
            make_pattern(texts[i], below(3));
        else
            make_classes(texts[i], below(3));
        patterns[i] = span_of(texts[i]);
    }
    const char *flag = pick(flags, sizeof(flags) / sizeof(flags[0]));
    const struct matcher_options options = options_of(flag, patterns, patterns_len);
    struct matcher_error error = { 0 };
    struct matcher *matcher, *plain;
    const bool made = matcher_create(&options, &matcher, &error);
    const bool made_plain = matcher_create_plain(&options, &plain, &error);
    if (made && made_plain) {
        describe(matcher, text, found, sizeof(found));
        describe(plain, text, wanted, sizeof(wanted));
    }
    /* Where one gives up after too many steps, another way of searching may not. */
    const bool limited = made && made_plain && (strchr(found, '!') || strchr(wanted, '!'));
    if (made != made_plain || (made && !limited && strcmp(found, wanted) != 0)) {
        fprintf(stderr,
                "matcher_test: seed %llu: -%s '%s' (of %zu) %d %d %s\nfound %s\nwanted %s\n",
                (unsigned long long)seed, flag, texts[0], patterns_len, made, made_plain,
                error.text, found, wanted);
        abort();
    }
    if (made)
        matcher_destroy(matcher);
    if (made_plain)
        matcher_destroy(plain);
}

int main(int argc, char **argv)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t size = (TEXT_MAX + page - 1) / page * page;
    uint8_t *area =
        mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(area != MAP_FAILED);
    int rc = mprotect(area + size, page, PROT_NONE);
    assert(rc == 0);
    if (argc > 1) {
        const uint64_t first = strtoull(argv[1], NULL, 10);
        const uint64_t rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
        for (uint64_t seed = first; seed - first < rounds; seed++)
            run_round(seed, area + size);
        return 0;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        run_case(&cases[i]);
    test_refusals();
    test_no_pattern();
    test_limit();
    test_memory();
    test_many();
    for (uint64_t seed = 1; seed <= ROUNDS; seed++)
        run_round(seed, area + size);
    return 0;
}
