#include "tests/support/trickle.h"

#include <stdlib.h>
#include <string.h>

struct trickle {
    struct leat_reader reader;
    struct trickle_options options;
    uint8_t *window;
    bool ready; /* AGAIN was given: the next one is not */
};

static bool trickle_waits(struct trickle *self)
{
    self->ready = self->options.again && !self->ready;
    return self->ready;
}

static uint64_t trickle_end(const struct trickle *self)
{
    uint64_t fails_at = self->options.fails_at;
    return fails_at > 0 && fails_at < self->options.len ? fails_at : self->options.len;
}

static enum leat_status trickle_ended(struct trickle *self)
{
    if (trickle_end(self) == self->options.len)
        return LEAT_END;
    if (self->options.hole_len > 0)
        return leat_reader_fails(&self->reader, LEAT_FAULT_CORRUPT, "trickle has a hole",
                                 trickle_end(self));
    return leat_reader_fails(&self->reader, LEAT_FAULT_SYSTEM, "trickle fails", trickle_end(self));
}

/* Put `more` bytes behind the window, all of it in new memory. */
static void trickle_grows(struct trickle *self, size_t more)
{
    struct leat_reader *r = &self->reader;
    size_t have = (size_t)(r->end - r->pos);
    uint8_t *window = malloc(have + more);
    if (have > 0)
        memcpy(window, r->pos, have);
    if (self->options.data != NULL)
        memcpy(window + have, self->options.data + r->end_offset, more);
    else
        self->options.generate(self->options.user, r->end_offset, window + have, more);
    free(self->window);
    self->window = window;
    r->pos = window;
    r->end = window + have + more;
    r->end_offset += more;
}

static enum leat_status trickle_fill(struct leat_reader *r, size_t min)
{
    struct trickle *self = (struct trickle *)r;
    while ((size_t)(r->end - r->pos) < min) {
        uint64_t left = r->end_offset < trickle_end(self) ? trickle_end(self) - r->end_offset : 0;
        if (left == 0)
            return trickle_ended(self);
        if (trickle_waits(self))
            return LEAT_AGAIN;
        size_t more = r->window_max - (size_t)(r->end - r->pos);
        if (more > self->options.piece)
            more = self->options.piece;
        trickle_grows(self, more < left ? more : (size_t)left);
    }
    return LEAT_OK;
}

static enum leat_status trickle_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    struct trickle *self = (struct trickle *)r;
    if (!self->options.skips) {
        enum leat_status status = trickle_fill(r, 1);
        uint64_t have = (uint64_t)(r->end - r->pos);
        *ret_done = have < n ? have : n;
        leat_consume(r, (size_t)*ret_done);
        return status;
    }
    uint64_t left = r->end_offset < trickle_end(self) ? trickle_end(self) - r->end_offset : 0;
    if (left == 0)
        return trickle_ended(self);
    if (trickle_waits(self))
        return LEAT_AGAIN;
    *ret_done = n < left ? n : left;
    r->end_offset += *ret_done;
    return LEAT_OK;
}

static enum leat_status trickle_seek(struct leat_reader *r, uint64_t offset)
{
    if (!((struct trickle *)r)->options.seeks)
        return LEAT_UNSUPPORTED;
    r->pos = r->end;
    r->end_offset = offset;
    return LEAT_OK;
}

static enum leat_status trickle_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                     struct leat_reader **ret)
{
    const struct trickle *self = (const struct trickle *)r;
    if (!self->options.forks)
        return LEAT_UNSUPPORTED;
    *ret = trickle(ctx, &self->options);
    if (*ret != &ctx->no_reader)
        (*ret)->end_offset = leat_tell(r);
    return LEAT_OK;
}

static enum leat_status trickle_size(struct leat_reader *r, uint64_t *ret)
{
    struct trickle *self = (struct trickle *)r;
    if (!self->options.seeks)
        return LEAT_UNSUPPORTED;
    if (trickle_waits(self))
        return LEAT_AGAIN;
    *ret = self->options.len;
    return LEAT_OK;
}

/* Behind the hole all bytes count as though it were not there. */
static enum leat_status trickle_resync(struct leat_reader *r)
{
    struct trickle *self = (struct trickle *)r;
    struct trickle_options *options = &self->options;
    if (trickle_waits(self))
        return LEAT_AGAIN;
    leat_assert(options->data != NULL);
    leat_assert(options->fails_at + options->hole_len <= options->len);
    options->data += options->hole_len;
    options->len -= options->hole_len;
    options->hole_len = 0;
    options->fails_at = 0;
    return LEAT_OK;
}

static void trickle_stop(struct leat_reader *r)
{
    free(((struct trickle *)r)->window);
}

struct leat_reader *trickle(struct leat_ctx *ctx, const struct trickle_options *options)
{
    static const struct leat_reader_ops ops = {
        .name = "trickle",
        .self_size = sizeof(struct trickle),
        .fill = trickle_fill,
        .skip = trickle_skip,
        .seek = trickle_seek,
        .fork = trickle_fork,
        .size = trickle_size,
        .resync = trickle_resync,
        .stop = trickle_stop,
    };
    leat_assert(options->data != NULL || options->generate != NULL || options->len == 0);
    struct trickle *self = leat_reader_at(ctx, &ops);
    if (self == NULL)
        return &ctx->no_reader;
    self->options = *options;
    if (options->piece == 0)
        self->options.piece = 64 * LEAT_KIB;
    if (options->window_max > 0)
        self->reader.window_max = options->window_max;
    self->reader.label = "trickle";
    return &self->reader;
}
