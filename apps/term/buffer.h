#ifndef APPS_TERM_BUFFER_H
#define APPS_TERM_BUFFER_H

#include <stdlib.h>
#include <string.h>

#include "leat/core/compiler.h"

/* Text on its way out: bytes put one after another, in memory that grows.
 *
 * A put never fails where it is called. What does not fit, because memory ran out, `size_max` was
 * reached or a fixed buffer is full, is left out, and `cut` says so until the buffer is cleared:
 * one check at the flush is enough. Once cut, later puts do nothing, so that what is there is
 * always a prefix of what was meant.
 *
 * A zeroed buffer is empty and ready. One thread at a time. */
struct term_buffer {
    char *data; /* not NULL-terminated; may be NULL while `len` is 0 */
    size_t len;
    size_t size;     /* of `data` */
    size_t size_max; /* growth ends here; 0 means TERM_BUFFER_MAX */
    bool fixed;      /* `data` is the caller's and does not grow */
    bool cut;        /* something did not fit */
};

/* Far above what one file prints, far below what would take the machine down. */
#define TERM_BUFFER_MAX ((size_t)1 << 30)

/* A buffer in the caller's memory, for a line that must come out even when memory is short. Text
 * that does not fit is cut at a UTF-8 character. */
static inline struct term_buffer term_buffer_fixed(char *data, size_t size)
{
    return (struct term_buffer){ .data = data, .size = size, .fixed = true };
}

/* Free what the buffer holds, unless it is fixed, and leave it empty and ready. */
void term_buffer_fini(struct term_buffer *buffer);

/* Forget the text and keep the memory. */
static inline void term_buffer_clear(struct term_buffer *buffer)
{
    buffer->len = 0;
    buffer->cut = false;
}

/* The slow way of a put: grow, then put what fits. */
LEAT_COLD void term_buffer_put_growing(struct term_buffer *buffer, const char *data, size_t len);

/* Put `len` bytes as they are. */
static inline void term_put(struct term_buffer *buffer, const void *data, size_t len)
{
    if (leat_unlikely(buffer->cut || len > buffer->size - buffer->len)) {
        term_buffer_put_growing(buffer, (const char *)data, len);
    } else if (len > 0) {
        memcpy(buffer->data + buffer->len, data, len);
        buffer->len += len;
    }
}

/* Put one byte. */
static inline void term_putc(struct term_buffer *buffer, char byte)
{
    term_put(buffer, &byte, 1);
}

/* Put a string, without its NULL. */
static inline void term_puts(struct term_buffer *buffer, const char *text)
{
    term_put(buffer, text, strlen(text));
}

/* Put a number in decimal digits. */
void term_put_number(struct term_buffer *buffer, uint64_t number);

/* Put `count` times the same byte, as for indentation. */
void term_put_repeat(struct term_buffer *buffer, char byte, size_t count);

/* Put as printf does. For slow paths: messages, help, reports. */
void term_printf(struct term_buffer *buffer, const char *format, ...) LEAT_PRINTF(2, 3);

#endif
