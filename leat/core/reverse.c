#include "leat/core/bytes.h"
#include "leat/core/reverse.h"

/* How much is read at a time, where neither lines nor windows ask for something else. */
#define PIECE_LEN (64 * LEAT_KIB)

static enum leat_status reader_fault(struct leat_reverse *self)
{
    self->cursor.iter.fault = *leat_reader_fault(self->cursor.reader);
    self->cursor.finished = LEAT_FAULT;
    return LEAT_FAULT;
}

/* A fault at an offset that need not be where the reader stands. */
static enum leat_status fails(struct leat_reverse *self, enum leat_fault_code code,
                              const char *reason, uint64_t offset)
{
    enum leat_status status = leat_cursor_fails(&self->cursor, code, reason, 0);
    self->cursor.iter.fault.offset = offset;
    return status;
}

static enum leat_status cannot(struct leat_reverse *self)
{
    return fails(self, LEAT_FAULT_UNSUPPORTED, "cannot be read backwards", self->cursor.start);
}

/* Find out where the end is. */
static enum leat_status find_end(struct leat_reverse *self)
{
    uint64_t size;
    enum leat_status status = leat_size(self->cursor.reader, &size);
    if (status == LEAT_UNSUPPORTED)
        return cannot(self);
    if (status == LEAT_FAULT)
        return reader_fault(self);
    if (status != LEAT_OK)
        return status;
    self->size = size > self->cursor.start ? size : self->cursor.start;
    self->end = self->size;
    self->sized = true;
    if (self->item_len > 0 && (self->end - self->cursor.start) % self->item_len != 0)
        return fails(self, LEAT_FAULT_TRUNCATED, "unexpected end of input", self->end);
    return LEAT_OK;
}

/* Have at least `min` bytes before `end` in the window; min <= end - start. */
static enum leat_status show(struct leat_reverse *self, uint64_t min)
{
    struct leat_reader *r = self->cursor.reader;
    leat_assert(min <= self->end - self->cursor.start);
    if (self->shown && self->end - self->base >= min)
        return LEAT_OK;
    if (min > r->window_max)
        return fails(self, LEAT_FAULT_BOUND, "a line is longer than the limit", self->end - min);
    uint64_t len = min + min / 2 > PIECE_LEN ? min + min / 2 : PIECE_LEN;
    len = len < r->window_max ? len : r->window_max;
    uint64_t left = self->end - self->cursor.start;
    self->base = self->end - (len < left ? len : left);
    self->shown = false;
    if (leat_tell(r) != self->base || leat_reader_fault(r) != NULL) {
        enum leat_status status = leat_seek(r, self->base);
        if (status == LEAT_UNSUPPORTED)
            return cannot(self);
        if (status != LEAT_OK)
            return status == LEAT_FAULT ? reader_fault(self) : status;
    }
    struct leat_span window;
    enum leat_status status = leat_peek(r, (size_t)(self->end - self->base), &window);
    leat_assert(status != LEAT_LIMIT);
    if (status == LEAT_FAULT)
        return reader_fault(self);
    if (status == LEAT_END)
        return fails(self, LEAT_FAULT_CHANGED, "became shorter while it was read",
                     self->base + window.len);
    self->shown = status == LEAT_OK;
    return status;
}

/* The bytes [from, end) in the window. */
static struct leat_span window_from(const struct leat_reverse *self, uint64_t from)
{
    leat_assert(self->shown);
    leat_assert(from >= self->base);
    return (struct leat_span){
        .data = self->cursor.reader->pos + (from - self->base),
        .len = (size_t)(self->end - from),
    };
}

/* A delimiter at the very end ends the last line and begins none. */
static enum leat_status open_lines(struct leat_reverse *self)
{
    enum leat_status status = show(self, 1);
    if (status != LEAT_OK)
        return status;
    self->end -= *window_from(self, self->end - 1).data == self->delimiter;
    self->opened = true;
    return LEAT_OK;
}

/* The line before `end`, which is the place of its delimiter or the end of input. */
static enum leat_status line_before(struct leat_reverse *self, struct leat_span *ret)
{
    uint64_t start = self->cursor.start;
    const uint8_t *at = NULL;
    struct leat_span left = { 0 };
    while (at == NULL && self->scanned < self->end - start) {
        if (self->scanned > self->len_max)
            return fails(self, LEAT_FAULT_BOUND, "a line is longer than the limit", self->end);
        enum leat_status status = show(self, self->scanned + 1);
        if (status != LEAT_OK)
            return status;
        left = window_from(self, self->base);
        at = leat_bytes_find_last(left.data, left.len - self->scanned, self->delimiter);
        self->scanned = left.len;
    }
    uint64_t from = at != NULL ? self->base + (uint64_t)(at - left.data) + 1 : start;
    if (self->end - from > self->len_max)
        return fails(self, LEAT_FAULT_BOUND, "a line is longer than the limit", self->end);
    *ret = (struct leat_span){ 0 };
    if (self->end > from)
        *ret = window_from(self, from);
    self->unended = self->end == self->size;
    self->scanned = 0;
    /* In front of the very first line there is no delimiter: then nothing is left. */
    if (at != NULL)
        self->end = from - 1;
    else
        self->cursor.finished = LEAT_END;
    return LEAT_OK;
}

static enum leat_status next_line(struct leat_reverse *self, struct leat_span *ret)
{
    if (self->opened)
        return line_before(self, ret);
    if (self->end == self->cursor.start) {
        self->cursor.finished = LEAT_END;
        return LEAT_END;
    }
    enum leat_status status = open_lines(self);
    return status == LEAT_OK ? line_before(self, ret) : status;
}

static enum leat_status next_item(struct leat_reverse *self, struct leat_span *ret)
{
    if (self->end == self->cursor.start) {
        self->cursor.finished = LEAT_END;
        return LEAT_END;
    }
    enum leat_status status = show(self, self->item_len);
    if (status != LEAT_OK)
        return status;
    *ret = window_from(self, self->end - self->item_len);
    self->end -= self->item_len;
    return LEAT_OK;
}

enum leat_status leat_reverse_next(struct leat_reverse *self, struct leat_span *ret)
{
    if (self->cursor.finished != LEAT_OK)
        return self->cursor.finished;
    if (!self->sized) {
        enum leat_status status = find_end(self);
        if (status != LEAT_OK)
            return status;
    }
    return self->item_len > 0 ? next_item(self, ret) : next_line(self, ret);
}

static enum leat_status reverse_next(struct leat_iter *it, struct leat_span *ret)
{
    return leat_reverse_next((struct leat_reverse *)it, ret);
}

static enum leat_status reverse_rewind(struct leat_iter *it)
{
    struct leat_reverse *self = (struct leat_reverse *)it;
    self->sized = self->opened = self->shown = self->unended = false;
    self->scanned = 0;
    self->cursor.finished = LEAT_OK;
    return LEAT_OK;
}

static const struct leat_iter_ops reverse_ops = { .next = reverse_next, .rewind = reverse_rewind };

void leat_lines_reverse_init(struct leat_reverse *reverse, struct leat_reader *reader,
                             uint8_t delimiter, size_t len_max)
{
    *reverse = (struct leat_reverse){ 0 };
    leat_cursor_init(&reverse->cursor, reader, &reverse_ops);
    reverse->delimiter = delimiter;
    reverse->len_max = len_max > 0 ? len_max : reader->window_max;
}

void leat_items_reverse_init(struct leat_reverse *reverse, struct leat_reader *reader,
                             size_t item_len)
{
    leat_assert(item_len > 0);
    *reverse = (struct leat_reverse){ 0 };
    leat_cursor_init(&reverse->cursor, reader, &reverse_ops);
    reverse->item_len = item_len;
}
