#include "apps/term/buffer.h"

#include <assert.h>
#include <stdio.h>

#define BUFFER_SIZE_FIRST 4096

void term_buffer_fini(struct term_buffer *buffer)
{
    assert(buffer != NULL);
    if (!buffer->fixed)
        free(buffer->data);
    *buffer = (struct term_buffer){ .size_max = buffer->size_max };
}

/* Make room for `len` bytes more. False: there is none to be had. */
static bool grow(struct term_buffer *buffer, size_t len)
{
    size_t max = buffer->size_max > 0 ? buffer->size_max : TERM_BUFFER_MAX;
    if (buffer->fixed || buffer->len > max || len > max - buffer->len)
        return false;
    size_t needed = buffer->len + len;
    size_t size = buffer->size > max / 2 ? max : 2 * buffer->size;
    if (size < BUFFER_SIZE_FIRST)
        size = BUFFER_SIZE_FIRST < max ? BUFFER_SIZE_FIRST : max;
    if (size < needed)
        size = needed;
    char *data = realloc(buffer->data, size);
    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->size = size;
    assert(buffer->size <= max && buffer->size - buffer->len >= len);
    return true;
}

/* The most of `len` bytes that fit in `room` and do not end inside a UTF-8 character. */
static size_t whole_characters(const char *data, size_t len, size_t room)
{
    size_t fits = len < room ? len : room;
    while (fits > 0 && fits < len && ((unsigned char)data[fits] & 0xC0) == 0x80)
        fits--;
    return fits;
}

void term_buffer_put_growing(struct term_buffer *buffer, const char *data, size_t len)
{
    assert(buffer->len <= buffer->size);
    assert(data != NULL || len == 0);
    if (buffer->cut)
        return;
    size_t room = buffer->size - buffer->len;
    if (len > room && !grow(buffer, len)) {
        buffer->cut = true;
        len = whole_characters(data, len, room);
    }
    if (len > 0)
        memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
}

void term_put_number(struct term_buffer *buffer, uint64_t number)
{
    char digits[20]; /* of 2^64 - 1 */
    size_t start = sizeof(digits);
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    term_put(buffer, digits + start, sizeof(digits) - start);
}

void term_put_repeat(struct term_buffer *buffer, char byte, size_t count)
{
    char piece[64];
    memset(piece, byte, sizeof(piece));
    while (count > 0 && !buffer->cut) {
        size_t len = count < sizeof(piece) ? count : sizeof(piece);
        term_put(buffer, piece, len);
        count -= len;
    }
}

void term_printf(struct term_buffer *buffer, const char *format, ...)
{
    char shown[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(shown, sizeof(shown), format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len < sizeof(shown)) {
        term_put(buffer, shown, (size_t)len);
        return;
    }
    /* Too long for the stack: once more, into memory of its exact size. */
    char *text = malloc((size_t)len + 1);
    if (text == NULL) {
        term_put(buffer, shown, sizeof(shown) - 1);
        buffer->cut = true;
        return;
    }
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    term_put(buffer, text, (size_t)len);
    free(text);
}
