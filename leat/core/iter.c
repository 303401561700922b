#include "leat/core/iter.h"

enum leat_status leat_iter_rewind(struct leat_iter *it)
{
    if (it->ops->rewind == NULL)
        return LEAT_UNSUPPORTED;
    enum leat_status status = it->ops->rewind(it);
    if (status == LEAT_OK)
        it->fault = (struct leat_fault){ 0 };
    return status;
}

void leat_cursor_init(struct leat_cursor *cursor, struct leat_reader *reader,
                      const struct leat_iter_ops *ops)
{
    leat_assert(reader != NULL);
    leat_assert(ops->next != NULL);
    *cursor = (struct leat_cursor){
        .iter.ops = ops,
        .reader = reader,
        .start = leat_tell(reader),
    };
}

enum leat_status leat_cursor_peek(struct leat_cursor *cursor, size_t min, const char *reason,
                                  struct leat_span *ret)
{
    leat_assert(cursor->after == NULL);
    enum leat_status status = leat_peek(cursor->reader, min, ret);
    if (leat_likely(status == LEAT_OK))
        return LEAT_OK;
    if (status == LEAT_LIMIT)
        return leat_cursor_fails(cursor, LEAT_FAULT_BOUND, reason, 0);
    if (status == LEAT_FAULT)
        cursor->iter.fault = *leat_reader_fault(cursor->reader);
    return status;
}

enum leat_status leat_cursor_fails(struct leat_cursor *cursor, enum leat_fault_code code,
                                   const char *reason, size_t offset)
{
    leat_assert(code != LEAT_FAULT_NONE);
    leat_assert(cursor->finished == LEAT_OK);
    const struct leat_reader *r = cursor->reader;
    cursor->iter.fault = (struct leat_fault){
        .code = code,
        .part = r->part,
        .reason = reason,
        .name = leat_reader_label(r),
        .offset = leat_tell(r) + offset,
    };
    cursor->finished = LEAT_FAULT;
    return LEAT_FAULT;
}

enum leat_status leat_cursor_finish(struct leat_cursor *cursor, enum leat_status status,
                                    struct leat_span rest)
{
    leat_assert(status == LEAT_END || status == LEAT_FAULT);
    if (cursor->finished != LEAT_OK)
        return cursor->finished;
    if (status == LEAT_END && rest.len > 0)
        return leat_cursor_fails(cursor, LEAT_FAULT_TRUNCATED, "unexpected end of input", rest.len);
    leat_assert(status == LEAT_END || cursor->iter.fault.code != LEAT_FAULT_NONE);
    cursor->finished = status;
    return status;
}

enum leat_status leat_cursor_rewind(struct leat_cursor *cursor)
{
    enum leat_status status = leat_seek(cursor->reader, cursor->start);
    if (status == LEAT_OK) {
        cursor->after = NULL;
        cursor->finished = LEAT_OK;
    } else if (status == LEAT_FAULT) {
        cursor->iter.fault = *leat_reader_fault(cursor->reader);
    }
    return status;
}
