#include "leat/core/ctx.h"
#include "leat/core/assert.h"
#include "leat/core/bytes.h"

/* How many blocks are kept for the next reader: a file, what is stacked on it, and a spare. */
enum { KEPT_BLOCKS_MAX = 6 };

/* Larger ones go back: a single wide window must not be held for ever. */
#define KEPT_BLOCK_SIZE_MAX (4 * LEAT_MIB)

/* No table call ever reaches these: the readers and writers that have them are dead. */
static const struct leat_reader_ops no_reader_ops = { .name = "memory" };
static const struct leat_writer_ops no_writer_ops = { .name = "memory" };

void leat_ctx_init(struct leat_ctx *ctx, const struct leat_ctx_options *options)
{
    *ctx = (struct leat_ctx){ 0 };
    if (options != NULL) {
        ctx->alloc = options->alloc;
        ctx->engine = options->engine;
        ctx->breathe = options->breathe;
        ctx->limits = options->limits;
        ctx->watch = options->watch;
        ctx->keys = options->keys;
        ctx->recover = options->recover;
        ctx->cpu_ns = options->cpu_ns;
    }
#if __STDC_HOSTED__
    if (ctx->alloc.resize == NULL)
        ctx->alloc = leat_alloc_hosted;
    if (ctx->cpu_ns == NULL)
        ctx->cpu_ns = leat_cpu_ns_hosted;
#endif
    leat_assert(ctx->alloc.resize != NULL);
    leat_limits_default(&ctx->limits);
    leat_ctx_spends_anew(ctx);
    leat_reader_init(&ctx->no_reader, ctx, &no_reader_ops);
    ctx->no_reader.state |= LEAT_READER_DEAD;
    ctx->no_reader.tail = LEAT_TAIL_FAULT;
    leat_reader_fails(&ctx->no_reader, LEAT_FAULT_MEMORY, NULL, 0);
    leat_writer_init(&ctx->no_writer, ctx, &no_writer_ops);
    ctx->no_writer.state |= LEAT_WRITER_FAILED;
    leat_writer_fails(&ctx->no_writer, LEAT_FAULT_MEMORY, NULL, 0);
    ctx->open = 0;
}

void leat_ctx_spends_anew(struct leat_ctx *ctx)
{
    ctx->spent = (struct leat_spent){ .bytes_max = ctx->limits.total_max };
}

void leat_ctx_spends_of(struct leat_ctx *ctx, uint64_t len)
{
    /* As a ratio is judged only past some output: so many small things may well blow up. */
    const uint64_t from = 4096 * (uint64_t)LEAT_MIB;
    uint64_t ratio = ctx->limits.ratio_max;
    uint64_t max = len < UINT64_MAX / ratio ? len * ratio : UINT64_MAX;
    if (max < from)
        max = from;
    ctx->spent.bytes_max = max < ctx->limits.total_max ? max : ctx->limits.total_max;
}

/* So many fills go by between two looks at the clock, which costs a system call: most inputs are
 * over before it is looked at. */
enum { FILLS_UNTIMED = 64 };

bool leat_ctx_is_late(struct leat_ctx *ctx)
{
    struct leat_spent *spent = &ctx->spent;
    if (leat_likely(++spent->fills < FILLS_UNTIMED) || ctx->cpu_ns == NULL)
        return false;
    uint64_t now_ns = ctx->cpu_ns(ctx);
    if (spent->since_ns == 0)
        spent->since_ns = now_ns;
    bool late = now_ns - spent->since_ns > ctx->limits.time_max_ns;
    spent->fills = late ? FILLS_UNTIMED - 1 : 0;
    return late;
}

void leat_ctx_fini(struct leat_ctx *ctx)
{
    leat_assert(ctx->open == 0);
    while (ctx->blocks != NULL) {
        struct leat_block *block = ctx->blocks;
        ctx->blocks = block->next;
        leat_block_release(block);
    }
    ctx->blocks_len = 0;
}

struct leat_ctx_options leat_ctx_child(const struct leat_ctx *ctx)
{
    return (struct leat_ctx_options){
        .alloc = ctx->alloc,
        .engine = ctx->engine,
        .breathe = ctx->breathe,
        .limits = ctx->limits,
        .watch = ctx->watch,
        .keys = ctx->keys,
        .recover = ctx->recover,
        .cpu_ns = ctx->cpu_ns,
    };
}

void leat_ctx_fold(struct leat_ctx *ctx, struct leat_ctx *child)
{
    leat_assert(ctx != child);
    leat_counts_add(&ctx->counts, &child->counts);
    child->counts = (struct leat_counts){ 0 };
}

void leat_ctx_hand_over(struct leat_ctx *to, struct leat_ctx *from)
{
    leat_assert(to != from);
    while (from->blocks != NULL) {
        struct leat_block *block = from->blocks;
        from->blocks = block->next;
        block->next = NULL;
        leat_ctx_block_return(to, block);
    }
    from->blocks_len = 0;
}

struct leat_block *leat_ctx_block(struct leat_ctx *ctx, size_t size)
{
    for (struct leat_block **at = &ctx->blocks; *at != NULL; at = &(*at)->next) {
        struct leat_block *block = *at;
        if (block->size < size || block->size / 2 > size)
            continue;
        *at = block->next;
        block->next = NULL;
        ctx->blocks_len--;
        return block;
    }
    return leat_block_create(&ctx->alloc, size);
}

void leat_ctx_block_return(struct leat_ctx *ctx, struct leat_block *block)
{
    if (block == NULL)
        return;
    bool keep = ctx->blocks_len < KEPT_BLOCKS_MAX && block->size <= KEPT_BLOCK_SIZE_MAX &&
                block->release == NULL && leat_block_is_sole(block);
    if (!keep) {
        leat_block_release(block);
        return;
    }
    block->next = ctx->blocks;
    ctx->blocks = block;
    ctx->blocks_len++;
}
