#include "leat/container/scan.h"
#include "leat/core/widen.h"

enum leat_status leat_scan_peek(struct leat_container *c, size_t min, struct leat_span *ret)
{
    if (c->src->window_max < min)
        c->src = leat_widen(c->src, min);
    if (c->src->window_max >= min)
        return leat_peek(c->src, min, ret);
    /* There was no memory for that: the source stands in for it, and carries the fault. */
    leat_assert(leat_reader_fault(c->src) != NULL);
    *ret = (struct leat_span){ .data = c->src->pos };
    return LEAT_FAULT;
}

/* How many of the window's bytes are no header's first one. Stops at a header, and where more bytes
 * would tell. */
static size_t scan_window(struct leat_span window,
                          enum leat_match (*judge)(const uint8_t *data, size_t len), bool all,
                          enum leat_match *ret)
{
    for (size_t at = 0; at < window.len; at++) {
        *ret = judge(window.data + at, window.len - at);
        if (*ret == LEAT_MATCH_YES || (*ret == LEAT_MATCH_MORE && !all))
            return at;
    }
    *ret = LEAT_MATCH_NO;
    return window.len;
}

enum leat_status leat_scan(struct leat_container *c, uint64_t from,
                           enum leat_match (*judge)(const uint8_t *data, size_t len),
                           size_t len_max)
{
    uint64_t done;
    enum leat_status status = LEAT_OK;
    if (leat_tell(c->src) < from)
        status = leat_skip(c->src, from - leat_tell(c->src), &done);
    while (status == LEAT_OK) {
        struct leat_span window;
        status = leat_scan_peek(c, len_max, &window);
        bool all = status == LEAT_END || status == LEAT_FAULT;
        enum leat_match match;
        size_t passed = scan_window(window, judge, all, &match);
        leat_consume(c->src, passed);
        if (match == LEAT_MATCH_YES)
            return LEAT_OK;
        leat_assert(status != LEAT_OK || passed > 0);
    }
    return status;
}
