#include "tests/support/split.h"
#include "leat/core/bytes.h"
#include "leat/core/ctx.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#define PIECE_MAX (4 * LEAT_KIB)

struct split {
    struct leat_reader reader;
    struct split_plan plan;
    struct random random;
    struct leat_block *block; /* the window's memory */
    bool waiting;             /* said AGAIN, and was not armed since */
};

/* Show `more` further bytes, in a block of their own with what the window had. */
static enum leat_status split_shows(struct split *self, const uint8_t *from, size_t more)
{
    struct leat_reader *r = &self->reader;
    size_t had = (size_t)(r->end - r->pos);
    if (had + more == 0)
        return LEAT_OK;
    struct leat_block *block = leat_block_create(&r->ctx->alloc, had + more);
    if (block == NULL)
        return leat_reader_fails(r, LEAT_FAULT_MEMORY, NULL, leat_tell(r));
    leat_bytes_copy(&r->counts, LEAT_CAUSE_TAIL, block->data, r->pos, had);
    leat_bytes_copy(&r->counts, LEAT_CAUSE_KERNEL, block->data + had, from, more);
    leat_block_release(self->block);
    self->block = block;
    r->pos = block->data;
    r->end = block->data + had + more;
    r->end_offset += more;
    leat_consume(r->below, more);
    return LEAT_OK;
}

static enum leat_status split_fill(struct leat_reader *r, size_t min)
{
    struct split *self = (struct split *)r;
    size_t had = (size_t)(r->end - r->pos);
    bool again = self->waiting || random_percent(&self->random, self->plan.again_percent);
    size_t lacks = min - had;
    size_t more = random_len(&self->random, self->plan.piece_max);
    if (again)
        more = self->waiting ? 0 : (more < lacks ? more : lacks - 1);
    else if (more < lacks)
        more = lacks;
    self->waiting = again;
    struct leat_span span;
    enum leat_status status = leat_peek(r->below, again ? 0 : lacks, &span);
    if (more > span.len)
        more = span.len;
    if (split_shows(self, span.data, more) != LEAT_OK)
        return LEAT_FAULT;
    return again ? LEAT_AGAIN : status;
}

static enum leat_status split_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    struct split *self = (struct split *)r;
    if (!self->plan.shares)
        return LEAT_UNSUPPORTED;
    *ret = (struct leat_slice){ .data = r->pos, .len = n, .block = leat_block_take(self->block) };
    return LEAT_OK;
}

static enum leat_status split_arm(struct leat_reader *r, struct leat_wake *wake)
{
    ((struct split *)r)->waiting = false;
    wake->fire(wake);
    return LEAT_OK;
}

static void split_stop(struct leat_reader *r)
{
    leat_block_release(((struct split *)r)->block);
    r->end_offset = leat_tell(r);
    r->pos = r->end;
}

struct leat_reader *split_reader(struct leat_reader *src, const struct split_plan *plan)
{
    static const struct leat_reader_ops ops = {
        .name = "split",
        .self_size = sizeof(struct split),
        .fill = split_fill,
        .share = split_share,
        .arm = split_arm,
        .stop = split_stop,
    };
    check(plan->again_percent < 100);
    struct split *self = leat_reader_over(src, &ops);
    if (self == NULL)
        return src;
    self->plan = *plan;
    self->random.state = plan->seed;
    if (self->plan.piece_max == 0)
        self->plan.piece_max = PIECE_MAX;
    self->reader.window_max = plan->window_max > 0 ? plan->window_max : src->window_max;
    return &self->reader;
}

struct split_plan split_plan_of(uint64_t seed)
{
    struct random random = { seed };
    static const unsigned again[] = { 0, 0, 10, 50, 90 };
    return (struct split_plan){
        .seed = random_next(&random),
        .piece_max = random_len(&random, 64 * LEAT_KIB),
        .again_percent = again[random_below(&random, sizeof(again) / sizeof(again[0]))],
        .shares = random_percent(&random, 50),
    };
}
