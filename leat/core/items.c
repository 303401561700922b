#include "leat/core/items.h"

#define TOO_LONG "an item is longer than the reader's largest window"

enum leat_status leat_items_more(struct leat_items *items)
{
    struct leat_cursor *cursor = &items->cursor;
    leat_assert(cursor->after == NULL);
    if (cursor->finished != LEAT_OK)
        return cursor->finished;
    struct leat_span window;
    enum leat_status status = leat_cursor_peek(cursor, items->item_len, TOO_LONG, &window);
    return status == LEAT_OK || status == LEAT_AGAIN ? status
                                                     : leat_cursor_finish(cursor, status, window);
}

enum leat_status leat_items_run(struct leat_items *items, struct leat_span *ret)
{
    enum leat_status status = leat_items_next(items, ret);
    if (status != LEAT_OK)
        return status;
    const struct leat_reader *r = items->cursor.reader;
    size_t have = (size_t)(r->end - r->pos);
    ret->len = have - have % items->item_len;
    leat_assert(ret->len >= items->item_len);
    items->cursor.after = ret->data + ret->len;
    return LEAT_OK;
}

static enum leat_status items_next(struct leat_iter *it, struct leat_span *ret)
{
    return leat_items_next((struct leat_items *)it, ret);
}

static enum leat_status items_rewind(struct leat_iter *it)
{
    return leat_cursor_rewind(&((struct leat_items *)it)->cursor);
}

void leat_items_init(struct leat_items *items, struct leat_reader *reader, size_t item_len)
{
    static const struct leat_iter_ops ops = { .next = items_next, .rewind = items_rewind };
    leat_assert(item_len > 0);
    leat_cursor_init(&items->cursor, reader, &ops);
    items->item_len = item_len;
}
