/* Shows where sieves find that a match may begin: a table of cases says what they let through, and
 * what they are sure of; on random patterns and texts, whose last byte lies against an unreadable
 * page, the vectors find what the search by bytes does. That nothing is missed is matcher_test's to
 * show. A failure prints the seed of its round, and `sieve_test SEED` replays that round alone. */

#include "apps/grep/sieve.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROUNDS = 3000, TEXT_MAX = 700 };

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

/* A sieve for one pattern, with the flags i, w, x. */
static struct sieve *make(const char *flags, const char *pattern, enum sieve_kernel kernel)
{
    struct regex regex;
    const enum regex_status status = regex_init(&regex, span_of(pattern), false);
    assert(status == REGEX_OK);
    const struct sieve_options options = { .regexes = &regex,
                                           .regexes_len = 1,
                                           .ignore_case = strchr(flags, 'i') != NULL,
                                           .word = strchr(flags, 'w') != NULL,
                                           .line = strchr(flags, 'x') != NULL,
                                           .kernel = kernel };
    struct sieve *sieve = sieve_create(&options);
    regex_fini(&regex);
    return sieve;
}

/* `hits` are the starts, a sure one with an exclamation mark; NULL is for no sieve at all. */
static const struct {
    const char *flags, *pattern, *text, *hits;
} cases[] = {
    { "", "[0-9]{3}", "12 123 1234\n12", "3! 7! 8!" },
    { "", "[0-9]{3}$", "123 456\n789", "4! 8!" },
    { "", "^[0-9]{2}", "12 345\n67\n\n8", "0! 7!" },
    { "", "^$", "\na\n\nb\n", "0! 3!" },
    { "", "^$", "", "0!" },
    { "", "^#|^;", "#\n#;\n ;", "0! 2!" },
    { "", "^#|;", "#\n#;\n ;", "0 2 3 6" },
    { "", "[A-Z]_+[A-Z]", "A__B A_ A_b A_B", "0 12" },
    { "", "[A-Z]_[A-Z]+", "A__B A_ A_b A_B", "12!" },
    { "", "(foo|ba[rz]|[0-9]{5})x", "foox bazx box 1234 123x foo", "0 5 14 19" },
    { "", "\\w{3}\\s", "abc ab\xc3\xa9 ", "0! 4 5" },
    { "", "\\w{3}\\s[0-9]", "a\xc3\xa9\xc3\xa9 7 \xc3\xa9 7", "0 1" },
    { "", "[0-9]++[0-9]", "11", "0" },
    { "", "(?>[0-9])[0-9]", "11", "0" },
    { "", "[0-9](?=x)", "1", "0" },
    { "", "\\b[0-9]", "a1 2", "1 3" },
    { "", "\\p{Lu}[0-9]{2}", "a12", "0" },
    { "", "[^\\x00-\\x7f]", "a\xc3\xa9", "1" },
    { "", "k[0-9]", "K1 k1", "3!" },
    { "i", "k[0-9]",
      "K1 k1 \xe2\x84\xaa"
      "1",
      "0! 3! 6" },
    { "i", "\\x{17f}[0-9]",
      "s1 S1 \xc5\xbf"
      "1",
      "0! 3! 6" },
    { "i", "(?-i)s[0-9]", "s1 S1", "0!" },
    { "w", "[0-9]{2}", "12 a12", "0 4" },
    { "x", "[0-9]{2}", "12\n345\n67", "0! 7!" },
    { "x", "[0-9]{2}$", "12\n345\n67", "0! 7!" },
    { "", "\\w{20} ", "abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrs ", "6!" },
    { "", ".", "a\n", "0!" },
    { "", "[a-z]?", "a", NULL },
    { "", "[a-z].*[0-9]", "a", NULL },
    { "", "([0-9])\\1", "11", NULL },
};

static void run_case(size_t i)
{
    for (int kernel = SIEVE_KERNEL_BEST; kernel <= SIEVE_KERNEL_PORTABLE; kernel++) {
        struct sieve *sieve = make(cases[i].flags, cases[i].pattern, (enum sieve_kernel)kernel);
        char found[200] = "";
        struct sieve_hit hit;
        const struct leat_span text = span_of(cases[i].text);
        size_t at = 0;
        for (size_t from = 0; sieve && from <= text.len && sieve_find(sieve, text, from, &hit);
             from = hit.start + 1)
            at += (size_t)snprintf(found + at, sizeof(found) - at, "%s%zu%s", at ? " " : "",
                                   hit.start, hit.sure ? "!" : "");
        const bool right = cases[i].hits ? sieve && strcmp(found, cases[i].hits) == 0 : !sieve;
        if (!right)
            fprintf(stderr, "sieve_test: -%s '%s' on '%s': %s\n", cases[i].flags, cases[i].pattern,
                    cases[i].text, sieve ? found : "no sieve");
        assert(right);
        sieve_destroy(sieve);
    }
}

static const char *pick(const char *const *from, size_t len)
{
    return from[below((uint32_t)len)];
}

static size_t make_text(uint8_t *end)
{
    static const char *const pieces[] = {
        "a", "b", "ab", "A", "K", "1", "42", " ", "_", "\n", "aaaaaaaaaaaaaaaa", "\xc3\xa9", "\xff",
    };
    uint8_t text[TEXT_MAX];
    size_t len = 0;
    const bool ascii = below(3);
    const size_t wanted = below(TEXT_MAX - 20);
    while (len < wanted) {
        const char *piece = pick(pieces, sizeof(pieces) / sizeof(pieces[0]) - 2 * ascii);
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    memcpy(end - len, text, len);
    return len;
}

static void run_round(uint64_t seed, uint8_t *end)
{
    static const char *const atoms[] = {
        "[a-z]", "\\d", "\\w", "\\s", "[^a]", "_", "[A-K1-4]", "."
    };
    static const char *const repeats[] = { "", "", "+", "?", "{3}", "{15}", "{20,}", "{31}" };
    char pattern[200] = "";
    state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    strcat(pattern, below(4) ? "" : "^");
    for (uint32_t n = 1 + below(5); n > 0; n--) {
        strcat(pattern, pick(atoms, sizeof(atoms) / sizeof(atoms[0])));
        strcat(pattern, pick(repeats, sizeof(repeats) / sizeof(repeats[0])));
    }
    strcat(pattern, below(4) ? "" : "$");
    const char *flags = below(2) ? "i" : "";
    struct sieve *best = make(flags, pattern, SIEVE_KERNEL_BEST);
    struct sieve *portable = make(flags, pattern, SIEVE_KERNEL_PORTABLE);
    assert(!best == !portable);
    const size_t len = make_text(end);
    const struct leat_span text = { end - len, len };
    for (size_t from = 0; best && from <= len; from++) {
        struct sieve_hit a = { 0 }, b = { 0 };
        const bool found_a = sieve_find(best, text, from, &a);
        const bool found_b = sieve_find(portable, text, from, &b);
        if (found_a != found_b || a.start != b.start || a.sure != b.sure) {
            fprintf(stderr, "sieve_test: seed %llu: '%s' from %zu: %d %zu, by bytes %d %zu\n",
                    (unsigned long long)seed, pattern, from, found_a, a.start, found_b, b.start);
            abort();
        }
        from = found_a ? a.start : len;
    }
    sieve_destroy(best);
    sieve_destroy(portable);
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
        run_round(strtoull(argv[1], NULL, 10), area + size);
        return 0;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        run_case(i);
    for (uint64_t seed = 1; seed <= ROUNDS; seed++)
        run_round(seed, area + size);
    return 0;
}
