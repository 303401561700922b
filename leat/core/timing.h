#ifndef LEAT_CORE_TIMING_H
#define LEAT_CORE_TIMING_H

#include "leat/core/ctx.h"

/* The time of one table call, without that of the calls inside it. Costs one test of a pointer
 * when nobody watches. For the core only; not installed. */
struct leat_timing {
    uint64_t entered_ns;
    uint64_t outer_nested_ns;
};

static inline uint64_t leat_timing_now(const struct leat_ctx *ctx)
{
    const struct leat_watch *watch = ctx->watch;
    return watch->now_ns != NULL ? watch->now_ns(watch) : 0;
}

static inline struct leat_timing leat_timing_enter(struct leat_ctx *ctx)
{
    struct leat_timing timing = { 0 };
    if (leat_unlikely(ctx->watch != NULL)) {
        timing.outer_nested_ns = ctx->nested_ns;
        timing.entered_ns = leat_timing_now(ctx);
        ctx->nested_ns = 0;
    }
    return timing;
}

static inline void leat_timing_leave(struct leat_ctx *ctx, struct leat_timing timing,
                                     struct leat_counts *counts)
{
    if (leat_unlikely(ctx->watch != NULL)) {
        uint64_t all_ns = leat_timing_now(ctx) - timing.entered_ns;
        counts->time_ns += all_ns - ctx->nested_ns;
        ctx->nested_ns = timing.outer_nested_ns + all_ns;
    }
}

#endif
