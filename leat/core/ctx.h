#ifndef LEAT_CORE_CTX_H
#define LEAT_CORE_CTX_H

#include "leat/core/limits.h"
#include "leat/core/reader.h"
#include "leat/core/writer.h"

struct leat_engine;

/* One who watches a pipeline, for `leat explain` and for tests. */
struct leat_watch {
    /* Nanoseconds from any start; NULL leaves counts.time_ns at 0. */
    uint64_t (*now_ns)(const struct leat_watch *watch);
    /* A reader, or a writer, is about to be closed; what is below it still stands. Either may be
     * NULL. */
    void (*reader_closes)(const struct leat_watch *watch, const struct leat_reader *reader);
    void (*writer_closes)(const struct leat_watch *watch, const struct leat_writer *writer);
    /* A table call of a reader (`writer` is NULL) or of a writer (`reader` is NULL) begins, or has
     * ended, at `at_ns` of now_ns. On one thread the inner call ends before the outer one, but
     * where fibers wait inside theirs. Either may be NULL. */
    void (*call_begins)(const struct leat_watch *watch, const struct leat_reader *reader,
                        const struct leat_writer *writer, uint64_t at_ns);
    void (*call_ended)(const struct leat_watch *watch, const struct leat_reader *reader,
                       const struct leat_writer *writer, uint64_t at_ns);
};

/* What opens what is encrypted, and is asked for by the parts that need it. All of it is the
 * application's: it must outlive the ctx, and is the application's to wipe. */
struct leat_keys {
    struct leat_span password; /* as it was typed, without a line's end; data NULL: none */
    struct leat_span identity; /* the text of an age identity file; data NULL: none */
    struct leat_span key;      /* 32 bytes, for what is sealed by one; data NULL: none */
};

/* What the input at hand has cost so far, against limits.total_max and limits.time_max_ns. */
struct leat_spent {
    uint64_t bytes;     /* out of all stages */
    uint64_t bytes_max; /* that may come: total_max, or what ratio_max allows */
    uint64_t since_ns;  /* of ctx->cpu_ns, at the first look; 0: none yet */
    uint32_t fills;     /* of stages, since the clock was last looked at */
};

/* What a pipeline stands in: memory, waiting, limits, and the sum of what its parts did. It enters
 * at the endpoint and every part above inherits it. One thread at a time; a thread of its own gets
 * a ctx of its own, folded in at the join (leat_ctx_fold). */
struct leat_ctx {
    struct leat_alloc alloc;
    struct leat_engine *engine; /* NULL: blocking */
    void (*breathe)(const struct leat_ctx *ctx);
    struct leat_limits limits;
    const struct leat_watch *watch;
    const struct leat_keys *keys; /* NULL: none */
    bool recover;                 /* do without what an archive says of itself as a whole */
    uint64_t (*cpu_ns)(const struct leat_ctx *ctx); /* NULL: time is not limited */
    struct leat_spent spent;
    struct leat_counts counts; /* of all that was closed */
    struct leat_block *blocks; /* kept for the next reader */
    uint32_t blocks_len;
    uint32_t open;                /* readers and writers not yet closed */
    uint64_t nested_ns;           /* spent in table calls inside the present one; see timing.h */
    struct leat_reader no_reader; /* what an endpoint's constructor gives without memory */
    struct leat_writer no_writer;
};

/* All zero: the C library's allocator, the blocking engine, the default limits. */
struct leat_ctx_options {
    struct leat_alloc alloc;
    struct leat_engine *engine;

    /* Called where stages fill, which may take long without waiting: lets others run who share the
     * thread, if it is their turn. Comes with an engine that has others to let run. */
    void (*breathe)(const struct leat_ctx *ctx);
    struct leat_limits limits;
    const struct leat_watch *watch;
    const struct leat_keys *keys;

    /* Formats with LEAT_FORMAT_RECOVERS are read entry by entry, without their directory. */
    bool recover;

    /* Nanoseconds of the processor's that whoever calls has used, from any start: the thread, or
     * the fiber of a ctx that fibers wait in. NULL: the system's clock of the thread when hosted,
     * else time is not limited. */
    uint64_t (*cpu_ns)(const struct leat_ctx *ctx);
};

LEAT_BEGIN_DECLS

/* Make a ctx in the caller's memory; it must not move while anything made from it is open.
 * `options` may be NULL when hosted; a bare-metal program gives its allocator. */
LEAT_API void leat_ctx_init(struct leat_ctx *ctx, const struct leat_ctx_options *options);

#if __STDC_HOSTED__
/* The processor's time that the calling thread has used, as a ctx has it when hosted. */
uint64_t leat_cpu_ns_hosted(const struct leat_ctx *ctx);
#endif

/* Another input is begun: limits.total_max and limits.time_max_ns count from here. leat_walk_open
 * calls it. Where several share a ctx, the count is that of all since the last began. */
LEAT_API void leat_ctx_spends_anew(struct leat_ctx *ctx);

/* And it has `len` bytes in all: with them limits.ratio_max bounds what comes out of whatever is in
 * it, however often it is packed. leat_walk_next calls it of a container whose size is known. */
LEAT_API void leat_ctx_spends_of(struct leat_ctx *ctx, uint64_t len);

/* For those who write what unpacks, at each fill: whether that took longer than limits.time_max_ns
 * for the input at hand. Once it did, it does at each call. */
LEAT_API LEAT_MUST_USE bool leat_ctx_is_late(struct leat_ctx *ctx);

/* Let go of what is kept. Asserts that every reader and writer was closed. */
LEAT_API void leat_ctx_fini(struct leat_ctx *ctx);

/* A child's options: the same as `ctx` was made with. */
LEAT_API struct leat_ctx_options leat_ctx_child(const struct leat_ctx *ctx);

/* Add what `child` counted to `ctx`, and clear it there. */
LEAT_API void leat_ctx_fold(struct leat_ctx *ctx, struct leat_ctx *child);

/* Have `to` keep the blocks that `from` keeps, as many as it has room for: so one that lives for a
 * moment only need not allocate them. */
LEAT_API void leat_ctx_hand_over(struct leat_ctx *to, struct leat_ctx *from);

/* A block of `size` bytes or a little more, perhaps one that was used before; NULL without memory.
 * Give it back with leat_ctx_block_return, or release it. */
LEAT_API LEAT_MUST_USE struct leat_block *leat_ctx_block(struct leat_ctx *ctx, size_t size);
LEAT_API void leat_ctx_block_return(struct leat_ctx *ctx, struct leat_block *block);

LEAT_END_DECLS

#endif
