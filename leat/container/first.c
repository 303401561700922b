#include "leat/container/first.h"
#include "leat/container/program.h"
#include "leat/container/scan.h"

/* Look in the first `len` bytes, which are `all` there are or not, for the first header. YES (at
 * *ret_at), NO, or MORE: further bytes may tell another. */
static enum leat_match first_find(const struct leat_first *first, const uint8_t *data, size_t len,
                                  bool all, size_t *ret_at)
{
    const bool more = !all && len < LEAT_FIRST_MAX;
    leat_assert(len <= LEAT_FIRST_MAX);
    for (size_t at = 0; at < len; at += first->step) {
        enum leat_match match = first->judge(data + at, len - at);
        if (match == LEAT_MATCH_YES)
            *ret_at = at;
        if (match == LEAT_MATCH_YES || (match == LEAT_MATCH_MORE && more))
            return match;
    }
    return more ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

enum leat_match leat_first_probe(const struct leat_first *first, const uint8_t *data, size_t len,
                                 uint64_t size)
{
    size_t at;
    leat_assert(len <= size);
    if (leat_program_begins(data, len) == LEAT_MATCH_YES)
        return LEAT_MATCH_NO;
    return first_find(first, data, len, len == size, &at);
}

enum leat_status leat_first_lead(const struct leat_first *first, struct leat_container *c,
                                 struct leat_limit *shell, struct leat_reader **ret)
{
    struct leat_span window;
    size_t at = 0;
    enum leat_status status = leat_scan_peek(c, first->header_len, &window);
    if (status != LEAT_AGAIN && first->probe(window.data, window.len) == LEAT_MATCH_YES)
        return LEAT_END;
    if (status == LEAT_OK)
        status = leat_scan_peek(c, LEAT_FIRST_MAX, &window);
    if (status == LEAT_AGAIN)
        return status;
    size_t len = window.len < LEAT_FIRST_MAX ? window.len : LEAT_FIRST_MAX;
    (void)first_find(first, window.data, len, true, &at);
    if (at == 0)
        return LEAT_END;
    *ret = leat_limit_borrow(shell, c->src, at, true);
    return LEAT_OK;
}
