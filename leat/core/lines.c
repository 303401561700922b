#include "leat/core/lines.h"

#define TOO_LONG "a line is longer than the limit"

static size_t have(const struct leat_reader *r)
{
    return (size_t)(r->end - r->pos);
}

/* Whether the delimiter begins at `at`; all of it is in the window. */
static bool delimiter_at(const struct leat_lines *lines, const uint8_t *at)
{
    return lines->delimiter_len == 1 ||
           leat_bytes_equal(at + 1, lines->delimiter + 1, lines->delimiter_len - 1);
}

/* Look on where the last search stood still. The delimiter, or NULL with `scanned` moved on. */
static const uint8_t *scan(struct leat_lines *lines)
{
    const struct leat_reader *r = lines->cursor.reader;
    if (have(r) < lines->delimiter_len)
        return NULL;
    size_t places = have(r) - lines->delimiter_len + 1;
    leat_assert(lines->scanned <= places);
    while (lines->scanned < places) {
        const uint8_t *from = r->pos + lines->scanned;
        const uint8_t *at = leat_bytes_find(from, places - lines->scanned, lines->byte);
        if (at == NULL)
            break;
        lines->scanned = (size_t)(at - r->pos);
        if (delimiter_at(lines, at))
            return at;
        lines->scanned++;
    }
    lines->scanned = places;
    return NULL;
}

/* Hand out the first `len` bytes of the window as a line. */
static enum leat_status hand_out(struct leat_lines *lines, size_t len, struct leat_span *ret)
{
    ret->data = lines->cursor.reader->pos;
    ret->len = len;
    lines->cursor.after = ret->data + len + (lines->unended ? 0 : lines->delimiter_len);
    lines->scanned = 0;
    return LEAT_OK;
}

static enum leat_status too_long(struct leat_lines *lines)
{
    return leat_cursor_fails(&lines->cursor, LEAT_FAULT_BOUND, TOO_LONG, 0);
}

/* No more will come: the rest is the last line. */
static enum leat_status finish(struct leat_lines *lines, enum leat_status status,
                               struct leat_span *ret)
{
    size_t rest = have(lines->cursor.reader);
    if (rest > lines->len_max)
        return too_long(lines);
    if (rest == 0)
        return leat_cursor_finish(&lines->cursor, status, (struct leat_span){ 0 });
    lines->unended = true;
    return hand_out(lines, rest, ret);
}

enum leat_status leat_lines_more(struct leat_lines *lines, struct leat_span *ret)
{
    struct leat_cursor *cursor = &lines->cursor;
    leat_assert(cursor->after == NULL);
    if (cursor->finished != LEAT_OK)
        return cursor->finished;
    enum leat_status status = LEAT_OK;
    /* Each round shows at least one byte more, until the line is found or too long. */
    while (status == LEAT_OK) {
        const uint8_t *at = scan(lines);
        if (at != NULL && lines->scanned <= lines->len_max)
            return hand_out(lines, lines->scanned, ret);
        if (lines->scanned > lines->len_max)
            return too_long(lines);
        struct leat_span window;
        status = leat_cursor_peek(cursor, have(cursor->reader) + 1, TOO_LONG, &window);
        leat_assert(status != LEAT_OK || window.len > lines->scanned);
    }
    if (status == LEAT_AGAIN || cursor->finished != LEAT_OK)
        return status;
    return finish(lines, status, ret);
}

enum leat_status leat_delimited_next(struct leat_lines *lines, struct leat_span *ret)
{
    leat_cursor_settle(&lines->cursor);
    return leat_lines_more(lines, ret);
}

static enum leat_status lines_next(struct leat_iter *it, struct leat_span *ret)
{
    return leat_lines_next((struct leat_lines *)it, ret);
}

static enum leat_status delimited_next(struct leat_iter *it, struct leat_span *ret)
{
    return leat_delimited_next((struct leat_lines *)it, ret);
}

static enum leat_status lines_rewind(struct leat_iter *it)
{
    struct leat_lines *lines = (struct leat_lines *)it;
    enum leat_status status = leat_cursor_rewind(&lines->cursor);
    if (status == LEAT_OK) {
        lines->scanned = 0;
        lines->unended = false;
    }
    return status;
}

static void init(struct leat_lines *lines, struct leat_reader *reader, size_t len_max,
                 const struct leat_iter_ops *ops)
{
    *lines = (struct leat_lines){ .len_max = len_max > 0 ? len_max : reader->window_max };
    leat_cursor_init(&lines->cursor, reader, ops);
}

void leat_lines_init(struct leat_lines *lines, struct leat_reader *reader, uint8_t delimiter,
                     size_t len_max)
{
    static const struct leat_iter_ops ops = { .next = lines_next, .rewind = lines_rewind };
    init(lines, reader, len_max, &ops);
    lines->byte = delimiter;
    lines->delimiter = &lines->byte;
    lines->delimiter_len = 1;
}

void leat_delimited_init(struct leat_lines *lines, struct leat_reader *reader,
                         const void *delimiter, size_t delimiter_len, size_t len_max)
{
    static const struct leat_iter_ops ops = { .next = delimited_next, .rewind = lines_rewind };
    leat_assert(delimiter_len > 0);
    leat_assert(delimiter_len <= LEAT_DELIMITER_LEN_MAX);
    init(lines, reader, len_max, &ops);
    lines->delimiter = delimiter;
    lines->delimiter_len = delimiter_len;
    lines->byte = lines->delimiter[0];
}
