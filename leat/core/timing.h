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

/* Of the call of `reader` or of `writer`; the other one is NULL. */
static inline struct leat_timing leat_timing_enter(struct leat_ctx *ctx,
                                                   const struct leat_reader *reader,
                                                   const struct leat_writer *writer)
{
    struct leat_timing timing = { 0 };
    const struct leat_watch *watch = ctx->watch;
    if (leat_unlikely(watch != NULL)) {
        timing.outer_nested_ns = ctx->nested_ns;
        timing.entered_ns = leat_timing_now(ctx);
        ctx->nested_ns = 0;
        if (watch->call_begins != NULL)
            watch->call_begins(watch, reader, writer, timing.entered_ns);
    }
    return timing;
}

static inline void leat_timing_leave(struct leat_ctx *ctx, struct leat_timing timing,
                                     struct leat_reader *reader, struct leat_writer *writer)
{
    const struct leat_watch *watch = ctx->watch;
    if (leat_unlikely(watch != NULL)) {
        struct leat_counts *counts = reader != NULL ? &reader->counts : &writer->counts;
        uint64_t now_ns = leat_timing_now(ctx);
        uint64_t all_ns = now_ns - timing.entered_ns;
        /* Fibers that took turns inside their calls may have nested more than there was. */
        counts->time_ns += all_ns > ctx->nested_ns ? all_ns - ctx->nested_ns : 0;
        ctx->nested_ns = timing.outer_nested_ns + all_ns;
        if (watch->call_ended != NULL)
            watch->call_ended(watch, reader, writer, now_ns);
    }
}

#endif
