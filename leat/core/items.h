#ifndef LEAT_CORE_ITEMS_H
#define LEAT_CORE_ITEMS_H

#include "leat/core/iter.h"
#include "leat/core/load.h"
#include "leat/core/writer.h"

/* Items of one size: numbers in either byte order, or any bytes. */

LEAT_BEGIN_DECLS

/* The next number of a reader, consumed, and the same written:
 *
 *     enum leat_status leat_u32le_next(struct leat_reader *r, uint32_t *ret);
 *     enum leat_status leat_u32le_write(struct leat_writer *w, uint32_t value);
 *
 * and so for u16, u32, u64, i16, i32, i64, f32 and f64, each in le and be; and u8 and i8.
 *
 * next     OK, AGAIN, END (fewer bytes are left than a number has: leat_peek(r, 0) shows them),
 *          FAULT; ret is touched only on OK
 * write    OK, FULL, FAULT; all or nothing */
#define LEAT_ITEM(name, type)                                                                      \
    static inline LEAT_MUST_USE enum leat_status leat_##name##_next(struct leat_reader *r,         \
                                                                    type *ret)                     \
    {                                                                                              \
        struct leat_span window;                                                                   \
        enum leat_status status = leat_peek(r, sizeof(type), &window);                             \
        if (leat_unlikely(status != LEAT_OK))                                                      \
            return status;                                                                         \
        *ret = leat_load_##name(window.data);                                                      \
        leat_consume(r, sizeof(type));                                                             \
        return LEAT_OK;                                                                            \
    }                                                                                              \
    static inline LEAT_MUST_USE enum leat_status leat_##name##_write(struct leat_writer *w,        \
                                                                     type value)                   \
    {                                                                                              \
        struct leat_room room;                                                                     \
        enum leat_status status = leat_reserve(w, sizeof(type), &room);                            \
        if (leat_unlikely(status != LEAT_OK))                                                      \
            return status;                                                                         \
        leat_store_##name(room.data, value);                                                       \
        leat_commit(w, sizeof(type));                                                              \
        return LEAT_OK;                                                                            \
    }

LEAT_ITEM(u8, uint8_t)
LEAT_ITEM(i8, int8_t)
LEAT_ITEM(u16le, uint16_t)
LEAT_ITEM(u16be, uint16_t)
LEAT_ITEM(u32le, uint32_t)
LEAT_ITEM(u32be, uint32_t)
LEAT_ITEM(u64le, uint64_t)
LEAT_ITEM(u64be, uint64_t)
LEAT_ITEM(i16le, int16_t)
LEAT_ITEM(i16be, int16_t)
LEAT_ITEM(i32le, int32_t)
LEAT_ITEM(i32be, int32_t)
LEAT_ITEM(i64le, int64_t)
LEAT_ITEM(i64be, int64_t)
LEAT_ITEM(f32le, float)
LEAT_ITEM(f32be, float)
LEAT_ITEM(f64le, double)
LEAT_ITEM(f64be, double)

#undef LEAT_ITEM

/* Items of any one size, as spans. */
struct leat_items {
    struct leat_cursor cursor;
    size_t item_len;
};

/* Iterate `reader` in items of `item_len` bytes, 1 .. its largest window. A rest that is shorter is
 * a fault with code TRUNCATED at the input's end. */
LEAT_API void leat_items_init(struct leat_items *items, struct leat_reader *reader,
                              size_t item_len);

/* The slow half of leat_items_next: OK once an item is in the window. */
LEAT_API LEAT_MUST_USE enum leat_status leat_items_more(struct leat_items *items);

/* The next item. Status  OK, AGAIN, END, FAULT. Blocks as the reader does. */
static inline LEAT_MUST_USE enum leat_status leat_items_next(struct leat_items *items,
                                                             struct leat_span *ret)
{
    struct leat_reader *r = items->cursor.reader;
    leat_cursor_settle(&items->cursor);
    if (leat_unlikely((size_t)(r->end - r->pos) < items->item_len)) {
        enum leat_status status = leat_items_more(items);
        if (status != LEAT_OK)
            return status;
    }
    ret->data = r->pos;
    ret->len = items->item_len;
    items->cursor.after = r->pos + items->item_len;
    return LEAT_OK;
}

/* As many whole items as the window has, at least one, in one span: for loops that must run at the
 * speed of raw memory. Status as leat_items_next. */
LEAT_API LEAT_MUST_USE enum leat_status leat_items_run(struct leat_items *items,
                                                       struct leat_span *ret);

LEAT_END_DECLS

#endif
