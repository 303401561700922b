#include "apps/http/range.h"

#include "apps/http/text.h"
#include "leat/core/assert.h"

/* What one element of the list comes to. */
enum part { PART_BAD, PART_OUTSIDE, PART_EMPTY, PART_WITHIN };

/* "-500", the last bytes: RFC 9110 section 14.1.2. */
static enum part read_suffix(struct leat_span digits, uint64_t size, struct http_range *ret)
{
    uint64_t len;
    bool over;
    if (!http_read_number(digits, &len, &over))
        return PART_BAD;
    if (len == 0)
        return PART_OUTSIDE;
    /* It can be satisfied, but nothing can be said in Content-Range of no bytes. */
    if (size == 0)
        return PART_EMPTY;
    len = len < size ? len : size;
    *ret = (struct http_range){ .first = size - len, .len = len };
    return PART_WITHIN;
}

/* "0-499" or "500-": RFC 9110 section 14.1.1. A number above 2^64 lies behind any file. */
static enum part read_range(struct leat_span spec, uint64_t size, struct http_range *ret)
{
    const uint8_t *dash = leat_bytes_find(spec.data, spec.len, '-');
    if (dash == NULL)
        return PART_BAD;
    const size_t len = (size_t)(dash - spec.data);
    const struct leat_span before = { spec.data, len }, behind = { dash + 1, spec.len - len - 1 };
    if (len == 0)
        return read_suffix(behind, size, ret);
    uint64_t first, last = UINT64_MAX;
    bool first_over, last_over = true;
    if (!http_read_number(before, &first, &first_over) ||
        (behind.len > 0 && !http_read_number(behind, &last, &last_over)))
        return PART_BAD;
    if (last < first || (first_over && !last_over))
        return PART_BAD;
    if (first >= size)
        return PART_OUTSIDE;
    last = last < size ? last : size - 1;
    *ret = (struct http_range){ .first = first, .len = last - first + 1 };
    return PART_WITHIN;
}

static bool meet(const struct http_range *a, const struct http_range *b)
{
    return a->first <= b->first + b->len && b->first <= a->first + a->len;
}

static struct http_range join(const struct http_range *a, const struct http_range *b)
{
    const uint64_t a_end = a->first + a->len, b_end = b->first + b->len;
    const uint64_t first = a->first < b->first ? a->first : b->first;
    return (struct http_range){ .first = first, .len = (a_end > b_end ? a_end : b_end) - first };
}

/* Add a range to those there are, none of which meet. It may close gaps between several: they
 * become one, where the first of them stood. */
static void add(struct http_ranges *ranges, struct http_range range)
{
    size_t kept = 0, at = HTTP_RANGES_MAX;
    for (size_t i = 0; i < ranges->count; i++) {
        if (!meet(&ranges->list[i], &range)) {
            ranges->list[kept++] = ranges->list[i];
            continue;
        }
        range = join(&ranges->list[i], &range);
        if (at == HTTP_RANGES_MAX)
            at = kept++;
    }
    if (at == HTTP_RANGES_MAX)
        at = kept++;
    leat_assert(at < kept && kept <= HTTP_RANGES_MAX);
    ranges->list[at] = range;
    ranges->count = kept;
}

enum http_range_verdict http_range_judge(struct leat_span value, uint64_t size,
                                         struct http_ranges *ret)
{
    const uint8_t *equals = leat_bytes_find(value.data, value.len, '=');
    if (equals == NULL)
        return HTTP_RANGE_IGNORE;
    const size_t unit_len = (size_t)(equals - value.data);
    if (!http_is_word((struct leat_span){ value.data, unit_len }, "bytes"))
        return HTTP_RANGE_IGNORE;
    struct leat_span list = { equals + 1, value.len - unit_len - 1 }, spec;
    struct http_ranges ranges = { 0 };
    size_t specs = 0;
    for (; http_list_next(&list, &spec); specs++) {
        struct http_range range;
        const enum part part = read_range(spec, size, &range);
        if (specs == HTTP_RANGES_MAX || part == PART_BAD || part == PART_EMPTY)
            return HTTP_RANGE_IGNORE;
        if (part == PART_WITHIN)
            add(&ranges, range);
    }
    leat_assert(ranges.count <= specs);
    if (specs == 0)
        return HTTP_RANGE_IGNORE;
    if (ranges.count == 0)
        return HTTP_RANGE_UNSATISFIABLE;
    *ret = ranges;
    return HTTP_RANGE_PARTIAL;
}

void http_put_content_range(struct term_buffer *buffer, struct http_range range, uint64_t size)
{
    leat_assert(range.len > 0 && range.len <= size && range.first <= size - range.len);
    term_put(buffer, "bytes ", 6);
    term_put_number(buffer, range.first);
    term_putc(buffer, '-');
    term_put_number(buffer, range.first + range.len - 1);
    term_putc(buffer, '/');
    term_put_number(buffer, size);
}
