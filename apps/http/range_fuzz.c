/* Any bytes as a Range of a file of any size: the ranges are within it, no two meet, and just
 * those bytes are in them that an element of the list names; so say small files, byte by byte.
 *
 *     eight bytes of the size, the field */

#include "apps/http/range.h"

#include "apps/http/text.h"
#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ranges(const struct http_ranges *ranges, uint64_t size)
{
    check(ranges->count > 0 && ranges->count <= HTTP_RANGES_MAX);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct http_range *a = &ranges->list[i];
        check(a->len > 0 && a->len <= size && a->first <= size - a->len);
        for (size_t k = i + 1; k < ranges->count; k++) {
            const struct http_range *b = &ranges->list[k];
            check(a->first + a->len < b->first || b->first + b->len < a->first);
        }
    }
}

static bool names(struct leat_span list, uint64_t size, uint64_t at)
{
    struct leat_span spec;
    bool named = false, over;
    while (http_list_next(&list, &spec)) {
        const uint8_t *dash = leat_bytes_find(spec.data, spec.len, '-');
        check(dash != NULL);
        const struct leat_span before = { spec.data, (size_t)(dash - spec.data) };
        const struct leat_span behind = { dash + 1, spec.len - before.len - 1 };
        uint64_t first = 0, last = UINT64_MAX;
        check(before.len == 0 || http_read_number(before, &first, &over));
        check(behind.len == 0 || http_read_number(behind, &last, &over));
        if (before.len == 0)
            named = named || size - at <= last;
        else
            named = named || (at >= first && at <= last);
    }
    return named;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint64_t size;
    if (len < sizeof(size))
        return 0;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, &size, data, sizeof(size));
    const struct leat_span value = { data + sizeof(size), len - sizeof(size) };
    struct http_ranges ranges;
    if (http_range_judge(value, size, &ranges) != HTTP_RANGE_PARTIAL)
        return 0;
    check_ranges(&ranges, size);
    const struct leat_span list = { value.data + 6, value.len - 6 };
    for (uint64_t at = 0; at < size && at < 64; at++) {
        bool within = false;
        for (size_t i = 0; i < ranges.count; i++)
            within = within || at - ranges.list[i].first < ranges.list[i].len;
        check_equal(within, names(list, size, at));
    }
    return 0;
}
