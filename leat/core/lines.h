#ifndef LEAT_CORE_LINES_H
#define LEAT_CORE_LINES_H

#include "leat/core/bytes.h"
#include "leat/core/iter.h"

/* Lines: what stands between one delimiter and the next. The delimiter is not part of the item.
 * Bytes after the last delimiter are a line as well, and `unended` then says so; an empty rest is
 * none. A fault of the reader comes after the bytes before it, which are such a line too.
 *
 *          in hand        scanned: holds no delimiter     not looked at
 *   ┌──────────────────┬────────────────────────────────┬────────────────┐
 *  pos                                                                  end  of the reader
 *
 * A search never begins again: at AGAIN it stands still, and goes on with what is new. */

/* The longest delimiter; a multipart boundary needs 74. */
#define LEAT_DELIMITER_LEN_MAX 128

struct leat_lines {
    struct leat_cursor cursor;
    size_t scanned; /* positions behind the item in hand where no delimiter begins */
    size_t len_max;
    const uint8_t *delimiter; /* &byte, or the caller's */
    size_t delimiter_len;
    uint8_t byte; /* the delimiter, or its first byte */
    bool unended; /* the item in hand is the last and had no delimiter */
};

LEAT_BEGIN_DECLS

/* Iterate the lines of `reader` that end in `delimiter`.
 *
 * len_max  of a line without its delimiter, in bytes; 0: as the reader's window allows. A longer
 * one is a fault with code BOUND at the line's offset. */
LEAT_API void leat_lines_init(struct leat_lines *lines, struct leat_reader *reader,
                              uint8_t delimiter, size_t len_max);

/* The same for a delimiter of 1 .. LEAT_DELIMITER_LEN_MAX bytes, which must stay where it is. */
LEAT_API void leat_delimited_init(struct leat_lines *lines, struct leat_reader *reader,
                                  const void *delimiter, size_t delimiter_len, size_t len_max);

/* The slow half of leat_lines_next: no line is in hand. */
LEAT_API LEAT_MUST_USE enum leat_status leat_lines_more(struct leat_lines *lines,
                                                        struct leat_span *ret);

/* Any delimiter: what leat_iter_next calls. */
LEAT_API LEAT_MUST_USE enum leat_status leat_delimited_next(struct leat_lines *lines,
                                                            struct leat_span *ret);

/* The next line, for a delimiter of one byte: the search is in place.
 * Status  OK, AGAIN, END, FAULT (lines->cursor.iter.fault). Blocks as the reader does. */
static inline LEAT_MUST_USE enum leat_status leat_lines_next(struct leat_lines *lines,
                                                             struct leat_span *ret)
{
    struct leat_reader *r = lines->cursor.reader;
    const uint8_t *line = lines->cursor.after, *at = NULL, *after;
    if (line != NULL) { /* and then nothing behind it was scanned */
        r->pos = line;
        if (leat_likely(line < r->end))
            at = leat_bytes_find(line, (size_t)(r->end - line), lines->byte);
        else
            leat_assert(line == r->end);
    }
    if (leat_likely(at != NULL && (size_t)(at - line) <= lines->len_max)) {
        after = at + 1;
    } else {
        lines->cursor.after = NULL;
        struct leat_span found; /* no call sees `ret`, so the caller's span stays in registers */
        enum leat_status status = leat_lines_more(lines, &found);
        if (status != LEAT_OK)
            return status;
        line = found.data;
        at = line + found.len;
        after = lines->cursor.after;
    }
    ret->data = line;
    ret->len = (size_t)(at - line);
    /* Here for both, though one has it there already: so the compiler sees the next call begin with
     * a value that it has, and no line waits for the last one's store. */
    lines->cursor.after = after;
    return LEAT_OK;
}

/* The line without a carriage return at its end. */
static inline struct leat_span leat_line_trim(struct leat_span line)
{
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

LEAT_END_DECLS

#endif
