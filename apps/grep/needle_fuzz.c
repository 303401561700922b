/* Any literals in any text: every kernel finds what a naive search finds, and the newlines of the
 * text are counted as one by one.
 *
 *     options, how many literals, each with a byte for its length, text */

#include "apps/grep/lines.h"
#include "apps/grep/needle.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LITERALS_MAX = 256, TEXT_MAX = 2048 };

static uint8_t folded(uint8_t byte, bool fold)
{
    return fold && byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

static bool is_at(struct leat_span text, size_t at, struct leat_span literal, bool fold)
{
    if (literal.len > text.len - at)
        return false;
    for (size_t i = 0; i < literal.len; i++)
        if (folded(text.data[at + i], fold) != folded(literal.data[i], fold))
            return false;
    return true;
}

/* The first literal from `index` on that is at `at`; their number when none is. */
static size_t literal_at(const struct needle_options *options, struct leat_span text, size_t at,
                         size_t index)
{
    while (index < options->literals_len &&
           !is_at(text, at, options->literals[index], options->fold))
        index++;
    return index;
}

/* Every literal at each place of the text, the set's and the naive search's. */
static void compare(const struct needle_options *options, struct leat_span text)
{
    struct needle_set *set = needle_set_create(options);
    check(set != NULL);
    struct needle_hit hit;
    size_t at = 0;
    for (; needle_set_find(set, text, at, &hit); at = hit.start + 1) {
        check(hit.start >= at);
        for (; at < hit.start; at++)
            check_equal(literal_at(options, text, at, 0), options->literals_len);
        size_t wanted = literal_at(options, text, at, 0);
        do {
            check_equal(hit.index, wanted);
            check_equal(hit.start, at);
            check_equal(hit.len, options->literals[wanted].len);
            wanted = literal_at(options, text, at, wanted + 1);
        } while (needle_set_find_other(set, text, &hit));
        check_equal(wanted, options->literals_len);
    }
    for (; at < text.len; at++)
        check_equal(literal_at(options, text, at, 0), options->literals_len);
    needle_set_destroy(set);
}

static void count_newlines(struct leat_span text)
{
    size_t count = 0, last = SIZE_MAX, found = SIZE_MAX;
    for (size_t i = 0; i < text.len; i++) {
        count += text.data[i] == '\n';
        last = text.data[i] == '\n' ? i : last;
    }
    check_equal(lines_count_newlines(text), count);
    check(lines_find_last_newline(text, &found) == (count > 0));
    check_equal(found, last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_span literals[LITERALS_MAX];
    struct needle_options options = { .literals = literals };
    if (size < 2 || size > TEXT_MAX)
        return 0;
    options.fold = data[0] & 1;
    size_t at = 2;
    for (size_t wanted = data[1]; wanted > 0 && at < size; wanted--) {
        const size_t len = data[at++];
        if (len == 0 || len > size - at)
            continue;
        literals[options.literals_len++] = (struct leat_span){ data + at, len };
        at += len;
    }
    /* The text alone, between what may not be read. */
    const size_t len = size - at;
    uint8_t *copy = malloc(len > 0 ? len : 1);
    check(copy != NULL);
    memcpy(copy, data + at, len);
    const struct leat_span text = { copy, len };
    for (int kernel = NEEDLE_KERNEL_BEST; kernel <= NEEDLE_KERNEL_PORTABLE; kernel++) {
        options.kernel = (enum needle_kernel)kernel;
        if (options.literals_len > 0)
            compare(&options, text);
    }
    count_newlines(text);
    free(copy);
    return 0;
}
