#ifndef LEAT_CONTAINER_SEVENZ_CURSOR_H
#define LEAT_CONTAINER_SEVENZ_CURSOR_H

#include "leat/core/assert.h"
#include "leat/core/load.h"
#include "leat/core/span.h"

/* Reading on in a header that is in memory. What is not there reads as 0 and marks the cursor as
 * broken, so that whoever reads need look only once, and in loops. */
struct sz_cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool broken;
};

static inline size_t sz_left(const struct sz_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* The next `n` bytes. */
static inline struct leat_span sz_bytes(struct sz_cursor *cursor, uint64_t n)
{
    if (n > sz_left(cursor)) {
        cursor->broken = true;
        cursor->at = cursor->end;
        return (struct leat_span){ .data = (const uint8_t *)"", .len = 0 };
    }
    const uint8_t *at = cursor->at;
    cursor->at += n;
    return (struct leat_span){ .data = at, .len = (size_t)n };
}

static inline uint8_t sz_byte(struct sz_cursor *cursor)
{
    struct leat_span byte = sz_bytes(cursor, 1);
    return byte.len > 0 ? byte.data[0] : 0;
}

static inline uint32_t sz_u32(struct sz_cursor *cursor)
{
    struct leat_span bytes = sz_bytes(cursor, 4);
    return bytes.len > 0 ? leat_load_u32le(bytes.data) : 0;
}

static inline uint64_t sz_u64(struct sz_cursor *cursor)
{
    struct leat_span bytes = sz_bytes(cursor, 8);
    return bytes.len > 0 ? leat_load_u64le(bytes.data) : 0;
}

/* A number of up to 64 bits (7zFormat.txt, REAL_UINT64): as many bits as the first byte begins with
 * ones, so many more bytes follow; its other bits are the highest. */
static inline uint64_t sz_number(struct sz_cursor *cursor)
{
    uint8_t first = sz_byte(cursor);
    uint64_t value = 0;
    unsigned more = 0;
    for (; more < 8 && (first & (0x80u >> more)); more++)
        value |= (uint64_t)sz_byte(cursor) << 8 * more;
    uint64_t high = more < 8 ? first & (0x7fu >> more) : 0;
    return more < 8 ? value | high << 8 * more : value;
}

/* A bit for each of `count` things, the first in a byte's highest. */
struct sz_bits {
    const uint8_t *bits; /* NULL: each is `all` */
    uint64_t count;
    bool all;
};

static inline struct sz_bits sz_bits_read(struct sz_cursor *cursor, uint64_t count)
{
    struct leat_span bytes = sz_bytes(cursor, count / 8 + (count % 8 != 0));
    return (struct sz_bits){ .bits = cursor->broken ? NULL : bytes.data, .count = count };
}

/* The same behind a byte that may say: all of them. */
static inline struct sz_bits sz_bits_read_optional(struct sz_cursor *cursor, uint64_t count)
{
    if (sz_byte(cursor) == 0)
        return sz_bits_read(cursor, count);
    return (struct sz_bits){ .count = count, .all = true };
}

static inline bool sz_bit(const struct sz_bits *bits, uint64_t i)
{
    if (i >= bits->count)
        return false;
    return bits->bits == NULL ? bits->all : bits->bits[i / 8] >> (7 - i % 8) & 1;
}

static inline uint64_t sz_bits_set(const struct sz_bits *bits)
{
    uint64_t set = 0;
    if (bits->bits == NULL)
        return bits->all ? bits->count : 0;
    for (uint64_t i = 0; i < bits->count; i++)
        set += sz_bit(bits, i);
    return set;
}

#endif
