#include "tests/support/drip.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

struct drip {
    struct leat_reader reader;
    struct drip_options options;
    const uint8_t *data;
    size_t len;
    uint8_t *window;
};

uint64_t drip_random(uint64_t *seed, uint64_t below)
{
    struct random random = { *seed };
    uint64_t number = random_below(&random, below);
    *seed = random.state;
    return number;
}

/* Show [tell, to) in new memory. */
static void show(struct drip *self, uint64_t to)
{
    struct leat_reader *r = &self->reader;
    uint64_t tell = leat_tell(r);
    size_t len = (size_t)(to - tell);
    uint8_t *window = memory_get(len);
    if (len > 0)
        __builtin_memcpy(window, self->data + tell, len);
    memory_put(self->window);
    self->window = window;
    r->pos = window;
    r->end = window + len;
    r->end_offset = to;
}

static enum leat_status drip_fill(struct leat_reader *r, size_t min)
{
    struct drip *self = (struct drip *)r;
    uint64_t left = r->end_offset < self->len ? self->len - r->end_offset : 0;
    bool waits = drip_random(&self->options.seed, 100) < self->options.again;
    uint64_t lacks = min - (size_t)(r->end - r->pos);
    uint64_t more = left;
    if (waits)
        more = drip_random(&self->options.seed, lacks);
    else if (self->options.piece_max > 0)
        more = lacks + drip_random(&self->options.seed, self->options.piece_max);
    if (more > left)
        more = left;
    if (more > 0)
        show(self, r->end_offset + more);
    if (more >= lacks)
        return LEAT_OK;
    if (waits && left > 0)
        return LEAT_AGAIN;
    if (!self->options.fails)
        return LEAT_END;
    return leat_reader_fails(r, LEAT_FAULT_SYSTEM, "the drip fails", self->len);
}

static enum leat_status drip_seek(struct leat_reader *r, uint64_t offset)
{
    struct drip *self = (struct drip *)r;
    if (!self->options.seeks)
        return LEAT_UNSUPPORTED;
    r->pos = r->end;
    r->end_offset = offset;
    return LEAT_OK;
}

static enum leat_status drip_size(struct leat_reader *r, uint64_t *ret)
{
    struct drip *self = (struct drip *)r;
    if (!self->options.seeks)
        return LEAT_UNSUPPORTED;
    if (drip_random(&self->options.seed, 100) < self->options.again)
        return LEAT_AGAIN;
    *ret = self->len;
    return LEAT_OK;
}

static void drip_stop(struct leat_reader *r)
{
    memory_put(((struct drip *)r)->window);
}

struct leat_reader *drip(struct leat_ctx *ctx, const void *data, size_t len,
                         const struct drip_options *options)
{
    static const struct leat_reader_ops ops = {
        .name = "drip",
        .self_size = sizeof(struct drip),
        .fill = drip_fill,
        .seek = drip_seek,
        .size = drip_size,
        .stop = drip_stop,
    };
    struct drip *self = leat_reader_at(ctx, &ops);
    if (self == NULL)
        return &ctx->no_reader;
    self->options = *options;
    self->data = data;
    self->len = len;
    if (options->window_max > 0)
        self->reader.window_max = options->window_max;
    return &self->reader;
}

/* Waits in a row; an AGAIN that never ends is a bug. */
enum { WAITS_MAX = 10000 };

enum leat_status drip_peek(struct leat_reader *r, size_t min, struct leat_span *ret)
{
    for (int waits = 0; waits < WAITS_MAX; waits++) {
        enum leat_status status = leat_peek(r, min, ret);
        if (status != LEAT_AGAIN)
            return status;
    }
    check(false);
    return LEAT_FAULT;
}

enum leat_status drip_read(struct leat_reader *r, uint64_t seed, void *to, size_t size,
                           size_t *ret_len)
{
    uint8_t *at = to;
    *ret_len = 0;
    for (;;) {
        struct leat_span window;
        size_t want = 1 + (size_t)drip_random(&seed, 40);
        enum leat_status status = drip_peek(r, want, &window);
        size_t some = window.len;
        if (status == LEAT_OK && some > 1)
            some = 1 + (size_t)drip_random(&seed, some);
        check(some <= size - *ret_len);
        if (some > 0)
            __builtin_memcpy(at + *ret_len, window.data, some);
        *ret_len += some;
        leat_consume(r, some);
        if (status == LEAT_END || status == LEAT_FAULT)
            return status;
        check(status == LEAT_OK);
    }
}
