#ifndef LEAT_CORE_STAGE_H
#define LEAT_CORE_STAGE_H

#include "leat/core/ctx.h"

/* A stage turns bytes into bytes. It is written once, as a step; the pull adapter makes it a
 * reader and the push adapter a writer. */

struct leat_stage;

/* One running stage: the first member of the stage's own struct, which starts zeroed. */
struct leat_codec {
    const struct leat_stage *stage;
    struct leat_ctx *ctx;
    struct leat_counts *counts; /* the adapter's; for copies that a codec knows of */
    struct leat_fault fault;
    size_t in_min;  /* as in the table; a step may change these, and the next step has them. */
    size_t out_min; /* Having raised one beyond what is there, return FULL: AGAIN would wait. */
    size_t out_history;
};

struct leat_stage {
    /* In faults, in `leat explain`, in messages: "gzip". */
    const char *name;

    /* Bytes of the stage's own struct. */
    size_t self_size;

    /* Output bytes that a step needs room for, at least 1. The adapter provides it whatever the
     * neighbour's sizes are. */
    size_t out_min;

    /* How large a piece of output is best; 0: 256 KiB. */
    size_t out_good;

    /* How far back the step looks at its own output, which stays in place that long; it may find
     * that the output jumped since the last step. */
    size_t out_history;

    /* How large the input window must be able to become; 0: any will do. */
    size_t in_min;

    /* Take memory, read `options` (the stage's own, may be NULL). OK or FAULT (leat_codec_fails).
     * Called at the first step, so constructors never fail. Left out: nothing to do. */
    enum leat_status (*start)(struct leat_codec *codec, const void *options);

    /* Do one bounded unit of work. It may ask `in` for bytes that would have to be waited for only
     * before it has produced anything in this call; what it still owes it writes first.
     *
     * OK     progress: input consumed or output written
     * AGAIN  input is missing          (leat_peek said so)
     * FULL   output has no room        (leat_reserve said so, or out_min was raised)
     * DONE   the logical end: what follows in `in` is not this stage's
     * END    the input ended where the format does not allow it: the adapter makes it a fault
     * FAULT  a fault of `in`, of `out`, or one recorded by leat_codec_fails */
    enum leat_status (*step)(struct leat_codec *codec, struct leat_reader *in,
                             struct leat_writer *out);

    /* Write what is held back, so that all input so far can be decoded from the output so far.
     * OK, FULL (call again) or FAULT. Left out: a writer's PUSH is UNSUPPORTED. (The end needs no
     * flush: a step that sees END writes the trailer and says DONE.) */
    enum leat_status (*flush)(struct leat_codec *codec, struct leat_writer *out);

    /* After a fault of code CORRUPT or CHECKSUM, of this stage or of `in`: look in `in` for the
     * next mark of the format where decoding can begin anew (a member, a frame, a block), consume
     * what lies before it, and be ready to step there. codec->fault has been cleared, and the byte
     * that `in` stood on skipped: a step that faults leaves `in` on something damaged, not behind
     * it. A mark must be hard to meet by chance. OK (`in` stands at one), AGAIN (call again), END
     * (there is none), FAULT (of `in`: where it can go on behind that, this is called again). Left
     * out: the format has no marks. */
    enum leat_status (*resync)(struct leat_codec *codec, struct leat_reader *in);

    /* Decoders of text, whose output is UTF-8: say how many bytes of input `text` was made of,
     * whole characters of the window up to another, or up to where the output ends now (`last`).
     * OK, or UNSUPPORTED where it cannot be told from that. Left out: UNSUPPORTED. */
    enum leat_status (*origin)(struct leat_codec *codec, struct leat_span text, bool last,
                               uint64_t *ret_len);

    /* Release what start took. Left out: nothing. */
    void (*stop)(struct leat_codec *codec);
};

LEAT_BEGIN_DECLS

/* A reader of what `stage` makes of `src`, which it owns. `options` must outlive the reader.
 * Never fails, waits or reads. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_pull(struct leat_reader *src,
                                                     const struct leat_stage *stage,
                                                     const void *options);

/* A writer whose bytes go through `stage` into `sink`, which it owns. `options` must outlive it. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_push(struct leat_writer *sink,
                                                     const struct leat_stage *stage,
                                                     const void *options);

/* For who steps a stage: make its struct, of zeros, ready for its start. `counts` is told of
 * copies.
 */
static inline void leat_codec_init(struct leat_codec *codec, const struct leat_stage *stage,
                                   struct leat_ctx *ctx, struct leat_counts *counts)
{
    codec->stage = stage;
    codec->ctx = ctx;
    codec->counts = counts;
    codec->in_min = stage->in_min;
    codec->out_min = stage->out_min;
    codec->out_history = stage->out_history;
}

/* In a step: record a fault at `offset` of the stage's input, and return LEAT_FAULT. */
LEAT_API enum leat_status leat_codec_fails(struct leat_codec *codec, enum leat_fault_code code,
                                           const char *reason, uint64_t offset);

/* In a step: count bytes that the codec's own library copied on the way. */
static inline void leat_codec_copied(struct leat_codec *codec, uint64_t n)
{
    codec->counts->copied[LEAT_CAUSE_CODEC] += n;
}

LEAT_END_DECLS

#endif
