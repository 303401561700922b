/* Shows that every kernel finds the same hits as a naive search, on random literals and texts whose
 * last byte lies against an unreadable page; and that newlines are counted rightly the same way. A
 * failure prints the seed of its round, and `needle_test SEED` replays that round alone. */

#include "apps/grep/lines.h"
#include "apps/grep/needle.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROUNDS = 6000, LITERALS_MAX = 90, LITERAL_MAX = 100, TEXT_MAX = 1200 };

static uint64_t state;

static uint32_t below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % n);
}

/* The end of a writable area behind which a page cannot be read. */
static uint8_t *guarded_end(size_t len)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t size = (len + page - 1) / page * page;
    uint8_t *at =
        mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(at != MAP_FAILED);
    int rc = mprotect(at + size, page, PROT_NONE);
    assert(rc == 0);
    return at + size;
}

static void fill_random(uint8_t *to, size_t len, uint32_t letters)
{
    static const char alphabet[] = "abABkKsS zq_09\xc5\xbf\xe2\x84\xaa\0\n@`[{";
    for (size_t i = 0; i < len; i++)
        to[i] = letters > 200 ? (uint8_t)below(256)
                              : (uint8_t)alphabet[below(letters % (sizeof(alphabet) - 1) + 1)];
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool naive_at(struct leat_span text, size_t at, struct leat_span literal, bool fold)
{
    if (literal.len > text.len - at)
        return false;
    for (size_t i = 0; i < literal.len; i++) {
        const uint8_t a = text.data[at + i], b = literal.data[i];
        if (fold ? lower(a) != lower(b) : a != b)
            return false;
    }
    return true;
}

static bool naive_find(const struct needle_options *options, struct leat_span text, size_t from,
                       struct needle_hit *ret)
{
    for (size_t at = from; at <= text.len; at++) {
        for (uint32_t i = 0; i < options->literals_len; i++) {
            if (!naive_at(text, at, options->literals[i], options->fold))
                continue;
            *ret = (struct needle_hit){ at, options->literals[i].len, i };
            return true;
        }
    }
    return false;
}

static bool same(bool found, struct needle_hit hit, bool wanted, struct needle_hit want)
{
    return found == wanted &&
           (!found || (hit.start == want.start && hit.len == want.len && hit.index == want.index));
}

/* Every hit from left to right, one byte further each time. */
static void compare_kernel(struct needle_options options, struct leat_span text, uint64_t seed)
{
    struct needle_set *set = needle_set_create(&options);
    assert(set);
    size_t from = text.len ? below((uint32_t)text.len + 1) / 2 : 0;
    for (bool found = true; found && from <= text.len;) {
        struct needle_hit hit = { 0 }, want = { 0 };
        found = needle_set_find(set, text, from, &hit);
        const bool wanted = naive_find(&options, text, from, &want);
        if (!same(found, hit, wanted, want)) {
            fprintf(stderr, "needle_test: seed %llu, kernel %d, from %zu: %d %zu, wanted %d %zu\n",
                    (unsigned long long)seed, (int)options.kernel, from, found, hit.start, wanted,
                    want.start);
            abort();
        }
        while (found && needle_set_find_other(set, text, &hit)) {
            assert(hit.index > want.index && hit.start == want.start);
            assert(naive_at(text, hit.start, options.literals[hit.index], options.fold));
            want.index = hit.index;
        }
        from = want.start + 1;
    }
    needle_set_destroy(set);
}

static void compare_counts(struct leat_span text, uint64_t seed)
{
    size_t count = 0, last = SIZE_MAX, found = SIZE_MAX;
    for (size_t i = 0; i < text.len; i++) {
        count += text.data[i] == '\n';
        last = text.data[i] == '\n' ? i : last;
    }
    const bool any = lines_find_last_newline(text, &found);
    if (lines_count_newlines(text) == count && any == (last != SIZE_MAX) && found == last)
        return;
    fprintf(stderr, "needle_test: seed %llu: newlines\n", (unsigned long long)seed);
    abort();
}

static void run_round(uint64_t seed, uint8_t *end)
{
    state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    static uint8_t bytes[LITERALS_MAX][LITERAL_MAX];
    static const uint32_t counts[] = { 1, 1, 2, 3, 4, 5, 8, 20, 64, LITERALS_MAX };
    static const uint32_t lens[] = { 1, 2, 3, 4, 6, 12, 40, LITERAL_MAX };
    struct leat_span literals[LITERALS_MAX];
    const uint32_t letters = below(256), longest = lens[below(8)];
    const size_t len = below(below(3) ? 150 : TEXT_MAX);
    const struct leat_span text = { end - len, len };
    fill_random(end - len, len, letters);

    struct needle_options options = { .literals = literals, .fold = below(2) };
    options.literals_len = counts[below(sizeof(counts) / sizeof(counts[0]))];
    for (size_t i = 0; i < options.literals_len; i++) {
        literals[i] = (struct leat_span){ bytes[i], 1 + below(longest) };
        fill_random(bytes[i], literals[i].len, letters);
        if (below(3) == 0 && len > literals[i].len)
            memcpy(bytes[i], end - literals[i].len - below((uint32_t)(len - literals[i].len)),
                   literals[i].len);
    }
    for (int kernel = NEEDLE_KERNEL_BEST; kernel <= NEEDLE_KERNEL_PORTABLE; kernel++) {
        options.kernel = (enum needle_kernel)kernel;
        compare_kernel(options, text, seed);
    }
    compare_counts(text, seed);
}

int main(int argc, char **argv)
{
    uint8_t *end = guarded_end(TEXT_MAX);
    if (argc > 1) {
        run_round(strtoull(argv[1], NULL, 10), end);
        return 0;
    }
    for (uint64_t seed = 1; seed <= ROUNDS; seed++)
        run_round(seed, end);

    /* Long enough for the counts in bytes to overflow, were they not drained. */
    const size_t len = 100000;
    uint8_t *newlines = malloc(len);
    assert(newlines);
    memset(newlines, '\n', len);
    assert(lines_count_newlines((struct leat_span){ newlines, len }) == len);
    free(newlines);
    return 0;
}
