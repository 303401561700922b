#include "leat/core/records.h"

#define TOO_LONG "a record is longer than the limit"

/* How long the record behind the reader's position is. Each round shows more than the last. */
static enum leat_status measure(struct leat_records *records, size_t *ret)
{
    struct leat_cursor *cursor = &records->cursor;
    size_t want = 1;
    enum leat_status status;
    do {
        struct leat_span window;
        status = leat_cursor_peek(cursor, want, TOO_LONG, &window);
        if (status == LEAT_END || status == LEAT_FAULT)
            return leat_cursor_finish(cursor, status, window);
        if (status == LEAT_AGAIN)
            return status;
        status = records->measure(records->user, window, &want);
        leat_assert(status != LEAT_AGAIN || want > window.len);
        leat_assert(status != LEAT_OK || want > 0);
        if (status == LEAT_FAULT)
            return leat_cursor_fails(cursor, LEAT_FAULT_CORRUPT, "no record begins here", 0);
        if (want > records->len_max)
            return leat_cursor_fails(cursor, LEAT_FAULT_BOUND, TOO_LONG, 0);
    } while (status == LEAT_AGAIN);
    leat_assert(status == LEAT_OK);
    *ret = want;
    return LEAT_OK;
}

enum leat_status leat_records_next(struct leat_records *records, struct leat_span *ret)
{
    struct leat_cursor *cursor = &records->cursor;
    leat_cursor_settle(cursor);
    if (cursor->finished != LEAT_OK)
        return cursor->finished;
    size_t len = 0;
    enum leat_status status = measure(records, &len);
    if (status != LEAT_OK)
        return status;
    struct leat_span window;
    status = leat_cursor_peek(cursor, len, TOO_LONG, &window);
    if (status == LEAT_END || status == LEAT_FAULT)
        return leat_cursor_finish(cursor, status, window);
    if (status == LEAT_AGAIN)
        return status;
    cursor->after = window.data + len;
    *ret = (struct leat_span){ .data = window.data, .len = len };
    return LEAT_OK;
}

static enum leat_status records_next(struct leat_iter *it, struct leat_span *ret)
{
    return leat_records_next((struct leat_records *)it, ret);
}

static enum leat_status records_rewind(struct leat_iter *it)
{
    return leat_cursor_rewind(&((struct leat_records *)it)->cursor);
}

void leat_records_init(struct leat_records *records, struct leat_reader *reader,
                       leat_measure *measure_record, void *user, size_t len_max)
{
    static const struct leat_iter_ops ops = { .next = records_next, .rewind = records_rewind };
    leat_assert(measure_record != NULL);
    leat_cursor_init(&records->cursor, reader, &ops);
    records->measure = measure_record;
    records->user = user;
    records->len_max = len_max > 0 ? len_max : reader->window_max;
}
