#include "leat/core/frames.h"
#include "leat/core/load.h"

static const uint8_t fixed_lens[] = {
    [LEAT_PREFIX_U8] = 1,    [LEAT_PREFIX_U16LE] = 2,  [LEAT_PREFIX_U16BE] = 2,
    [LEAT_PREFIX_U32LE] = 4, [LEAT_PREFIX_U32BE] = 4,  [LEAT_PREFIX_U64LE] = 8,
    [LEAT_PREFIX_U64BE] = 8, [LEAT_PREFIX_VARINT] = 0,
};

static uint64_t fixed_load(enum leat_prefix prefix, const uint8_t *from)
{
    switch (prefix) {
    case LEAT_PREFIX_U8:
        return leat_load_u8(from);
    case LEAT_PREFIX_U16LE:
        return leat_load_u16le(from);
    case LEAT_PREFIX_U16BE:
        return leat_load_u16be(from);
    case LEAT_PREFIX_U32LE:
        return leat_load_u32le(from);
    case LEAT_PREFIX_U32BE:
        return leat_load_u32be(from);
    case LEAT_PREFIX_U64LE:
        return leat_load_u64le(from);
    case LEAT_PREFIX_U64BE:
        return leat_load_u64be(from);
    case LEAT_PREFIX_VARINT:
        break;
    }
    leat_assert(prefix != LEAT_PREFIX_VARINT);
    return 0;
}

/* OK with the length and the prefix's own; AGAIN: it goes on behind the window; FAULT. */
static enum leat_status varint_load(struct leat_span window, uint64_t *ret_len, size_t *ret_used)
{
    uint64_t len = 0;
    for (size_t i = 0; i < window.len && i < LEAT_PREFIX_LEN_MAX; i++) {
        uint8_t byte = window.data[i];
        if (i == LEAT_PREFIX_LEN_MAX - 1 && byte > 1)
            return LEAT_FAULT;
        len |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *ret_len = len;
            *ret_used = i + 1;
            return byte == 0 && i > 0 ? LEAT_FAULT : LEAT_OK;
        }
    }
    leat_assert(window.len < LEAT_PREFIX_LEN_MAX);
    return LEAT_AGAIN;
}

/* The records below are whole frames, prefix and all. */
static enum leat_status measure(void *user, struct leat_span window, size_t *ret)
{
    struct leat_frames *frames = user;
    size_t used = fixed_lens[frames->prefix];
    uint64_t len = 0;
    enum leat_status status = LEAT_OK;
    if (frames->prefix == LEAT_PREFIX_VARINT)
        status = varint_load(window, &len, &used);
    else if (window.len < used)
        status = LEAT_AGAIN;
    else
        len = fixed_load(frames->prefix, window.data);
    if (status == LEAT_AGAIN) {
        *ret = used > window.len ? used : window.len + 1;
    } else if (status == LEAT_OK) {
        frames->prefix_len = used;
        size_t room = frames->records.len_max - LEAT_PREFIX_LEN_MAX;
        *ret = len > room ? SIZE_MAX : (size_t)len + used;
    }
    return status;
}

enum leat_status leat_frames_next(struct leat_frames *frames, struct leat_span *ret)
{
    struct leat_span frame;
    enum leat_status status = leat_records_next(&frames->records, &frame);
    if (status != LEAT_OK)
        return status;
    leat_assert(frame.len >= frames->prefix_len);
    ret->data = frame.data + frames->prefix_len;
    ret->len = frame.len - frames->prefix_len;
    return LEAT_OK;
}

static enum leat_status frames_next(struct leat_iter *it, struct leat_span *ret)
{
    return leat_frames_next((struct leat_frames *)it, ret);
}

static enum leat_status frames_rewind(struct leat_iter *it)
{
    return leat_cursor_rewind(&((struct leat_frames *)it)->records.cursor);
}

void leat_frames_init(struct leat_frames *frames, struct leat_reader *reader,
                      enum leat_prefix prefix, size_t len_max)
{
    static const struct leat_iter_ops ops = { .next = frames_next, .rewind = frames_rewind };
    leat_assert(prefix <= LEAT_PREFIX_VARINT);
    size_t most = (reader->window_max < SIZE_MAX / 2 ? reader->window_max : SIZE_MAX / 2);
    if (len_max == 0 || len_max > most)
        len_max = most;
    leat_records_init(&frames->records, reader, measure, frames, len_max + LEAT_PREFIX_LEN_MAX);
    frames->records.cursor.iter.ops = &ops;
    frames->prefix = prefix;
}

/* --- Writing --- */

static size_t varint_store(uint8_t *to, uint64_t len)
{
    size_t used = 0;
    for (; len >= 0x80; len >>= 7)
        to[used++] = (uint8_t)(len | 0x80);
    to[used++] = (uint8_t)len;
    leat_assert(used <= LEAT_PREFIX_LEN_MAX);
    return used;
}

static void fixed_store(enum leat_prefix prefix, uint8_t *to, uint64_t len)
{
    switch (prefix) {
    case LEAT_PREFIX_U8:
        leat_store_u8(to, (uint8_t)len);
        break;
    case LEAT_PREFIX_U16LE:
        leat_store_u16le(to, (uint16_t)len);
        break;
    case LEAT_PREFIX_U16BE:
        leat_store_u16be(to, (uint16_t)len);
        break;
    case LEAT_PREFIX_U32LE:
        leat_store_u32le(to, (uint32_t)len);
        break;
    case LEAT_PREFIX_U32BE:
        leat_store_u32be(to, (uint32_t)len);
        break;
    case LEAT_PREFIX_U64LE:
        leat_store_u64le(to, len);
        break;
    case LEAT_PREFIX_U64BE:
        leat_store_u64be(to, len);
        break;
    case LEAT_PREFIX_VARINT:
        break;
    }
}

enum leat_status leat_prefix_write(struct leat_writer *w, enum leat_prefix prefix, uint64_t len)
{
    leat_assert(prefix <= LEAT_PREFIX_VARINT);
    size_t used = fixed_lens[prefix];
    if (used > 0 && used < 8 && len >> (8 * used) != 0)
        return LEAT_LIMIT;
    struct leat_room room;
    enum leat_status status = leat_reserve(w, LEAT_PREFIX_LEN_MAX, &room);
    if (status != LEAT_OK)
        return status;
    if (prefix == LEAT_PREFIX_VARINT)
        used = varint_store(room.data, len);
    else
        fixed_store(prefix, room.data, len);
    leat_commit(w, used);
    return LEAT_OK;
}
