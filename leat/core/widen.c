#include "leat/core/buffer.h"
#include "leat/core/bytes.h"
#include "leat/core/ctx.h"
#include "leat/core/widen.h"

#define RING_LEN (64 * LEAT_KIB)

struct widen {
    struct leat_reader reader;
    struct leat_buffer buffer;
};

/* Copy what the source has to the end of our window; waits for one byte at most. */
static enum leat_status widen_more(struct widen *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    struct leat_span from;
    enum leat_status status = leat_peek(r->below, 1, &from);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_buffer_room(&self->buffer, r, min, 1, RING_LEN, &room);
    if (status != LEAT_OK)
        return status;
    size_t some = from.len < room.len ? from.len : room.len;
    leat_bytes_copy(&r->counts, LEAT_CAUSE_SEAM, room.data, from.data, some);
    leat_buffer_add(r, some);
    leat_consume(r->below, some);
    return LEAT_OK;
}

static enum leat_status widen_fill(struct leat_reader *r, size_t min)
{
    struct widen *self = (struct widen *)r;
    while ((size_t)(r->end - r->pos) < min) {
        enum leat_status status = widen_more(self, min);
        if (status != LEAT_OK)
            return status;
    }
    return LEAT_OK;
}

static enum leat_status widen_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    return leat_buffer_share(&((struct widen *)r)->buffer, r, n, ret);
}

static enum leat_status widen_resync(struct leat_reader *r)
{
    enum leat_status status = leat_resync(r->below);
    if (status == LEAT_FAULT)
        r->fault = *leat_reader_fault(r->below);
    return status;
}

static void widen_stop(struct leat_reader *r)
{
    leat_buffer_fini(&((struct widen *)r)->buffer, r);
}

struct leat_reader *leat_widen(struct leat_reader *src, size_t window_max)
{
    static const struct leat_reader_ops ops = {
        .name = "widen",
        .self_size = sizeof(struct widen),
        .fill = widen_fill,
        .share = widen_share,
        .resync = widen_resync,
        .stop = widen_stop,
    };
    struct widen *self = leat_reader_over(src, &ops);
    if (self == NULL)
        return src;
    self->reader.window_max = window_max;
    self->reader.end_offset = leat_tell(src);
    self->reader.origin = self->reader.end_offset;
    return &self->reader;
}
