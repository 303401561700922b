#include "leat/stage/mark.h"

enum leat_status leat_mark_find(struct leat_reader *in,
                                enum leat_match (*match)(const uint8_t *data, size_t len))
{
    size_t need = 1;
    for (;;) {
        struct leat_span span;
        enum leat_status status = leat_peek(in, need, &span);
        if (status != LEAT_OK && (status != LEAT_END || span.len == 0))
            return status;
        enum leat_match found = LEAT_MATCH_NO;
        size_t at = 0;
        for (; at < span.len; at++) {
            found = match(span.data + at, span.len - at);
            if (found == LEAT_MATCH_YES || (found == LEAT_MATCH_MORE && status == LEAT_OK))
                break;
        }
        leat_consume(in, at);
        if (found == LEAT_MATCH_YES)
            return LEAT_OK;
        need = span.len - at + 1;
    }
}
