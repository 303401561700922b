#include "leat/stage/xz/filter.h"

#include "leat/core/bytes.h"
#include "leat/stage/xz/coder.h"

/* From 5.6.0 on: an older library says that it has no such filter. */
#ifndef LZMA_FILTER_RISCV
#define LZMA_FILTER_RISCV LZMA_VLI_C(0x0b)
#endif

lzma_ret leat_lzma_filter_read(const struct leat_lzma_filter *from, const lzma_allocator *allocator,
                               lzma_filter *ret)
{
    static const lzma_vli ids[LEAT_LZMA_FILTER_IDS] = {
        [LEAT_LZMA_FILTER_LZMA1] = LZMA_FILTER_LZMA1,
        [LEAT_LZMA_FILTER_LZMA2] = LZMA_FILTER_LZMA2,
        [LEAT_LZMA_FILTER_DELTA] = LZMA_FILTER_DELTA,
        [LEAT_LZMA_FILTER_X86] = LZMA_FILTER_X86,
        [LEAT_LZMA_FILTER_POWERPC] = LZMA_FILTER_POWERPC,
        [LEAT_LZMA_FILTER_IA64] = LZMA_FILTER_IA64,
        [LEAT_LZMA_FILTER_ARM] = LZMA_FILTER_ARM,
        [LEAT_LZMA_FILTER_ARMTHUMB] = LZMA_FILTER_ARMTHUMB,
        [LEAT_LZMA_FILTER_ARM64] = LZMA_FILTER_ARM64,
        [LEAT_LZMA_FILTER_SPARC] = LZMA_FILTER_SPARC,
        [LEAT_LZMA_FILTER_RISCV] = LZMA_FILTER_RISCV,
    };
    leat_assert(from->id < LEAT_LZMA_FILTER_IDS);
    *ret = (lzma_filter){ .id = ids[from->id] };
    lzma_ret code = leat_liblzma()->lzma_properties_decode(ret, allocator, from->properties,
                                                           from->properties_len);
    if (code != LZMA_OK)
        ret->id = LZMA_VLI_UNKNOWN;
    return code;
}

/* --- A filter alone --- */

struct unfilter {
    struct leat_codec codec;
    struct leat_lzma_coder coder; /* for its allocator and its filters: there is no LZMA */
    enum leat_status ended;       /* END or FAULT: why nothing more comes */
};

static bool has_riscv(void)
{
    return leat_liblzma()->lzma_filter_decoder_is_supported(LZMA_FILTER_RISCV);
}

static enum leat_status unfilter_start(struct leat_codec *codec, const void *options)
{
    struct unfilter *self = (struct unfilter *)codec;
    const struct leat_lzma_filter *how = options;
    leat_assert(how != NULL);
    leat_assert(how->id != LEAT_LZMA_FILTER_LZMA1);
    leat_assert(how->id != LEAT_LZMA_FILTER_LZMA2);
    enum leat_status status = leat_lzma_start(&self->coder, codec);
    if (status != LEAT_OK)
        return status;
    lzma_filter filters[] = {
        { .id = LZMA_VLI_UNKNOWN },
        { .id = LZMA_FILTER_LZMA2 },
        { .id = LZMA_VLI_UNKNOWN },
    };
    if (how->id == LEAT_LZMA_FILTER_RISCV && !has_riscv())
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "RISC-V's filter needs liblzma 5.6",
                                0);
    lzma_ret code = leat_lzma_filter_read(how, &self->coder.allocator, &filters[0]);
    if (code != LZMA_OK)
        return leat_lzma_fails(codec, code, 0);
    status = leat_lzma_unfilter_begin(&self->coder.unfilter, codec, filters, NULL, 0);
    leat_liblzma()->lzma_filters_free(filters, &self->coder.allocator);
    return status;
}

/* Hand on what there is of the input, or that there is no more. */
static void unfilter_takes(struct unfilter *self, struct leat_reader *in, struct leat_span span)
{
    struct leat_lzma_unfilter *unfilter = &self->coder.unfilter;
    if (self->ended != LEAT_OK) {
        leat_lzma_unfilter_end(unfilter);
        return;
    }
    size_t len = span.len < LEAT_LZMA_PLAIN_LEN_MAX ? span.len : LEAT_LZMA_PLAIN_LEN_MAX;
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, leat_lzma_unfilter_room(unfilter),
                    span.data, len);
    leat_lzma_unfilter_add(unfilter, len);
    leat_consume(in, len);
}

/* The input's fault comes behind all that came before it, like its end. */
static enum leat_status unfilter_step(struct leat_codec *codec, struct leat_reader *in,
                                      struct leat_writer *out)
{
    struct unfilter *self = (struct unfilter *)codec;
    struct leat_lzma_unfilter *unfilter = &self->coder.unfilter;
    bool owes = unfilter->chunk_len > 0;
    struct leat_span span;
    enum leat_status status = leat_peek(in, owes ? 0 : 1, &span);
    if (status == LEAT_AGAIN)
        return status;
    struct leat_room room;
    enum leat_status reserved = leat_reserve(out, LEAT_LZMA_OUT_MIN, &room);
    if (reserved != LEAT_OK)
        return reserved;
    if (!owes) {
        self->ended = status;
        unfilter_takes(self, in, span);
    }
    struct leat_room rest = room;
    lzma_ret code = leat_lzma_unfilter_run(unfilter, &rest);
    size_t made = room.len - rest.len;
    /* Into its window and out of it. */
    leat_codec_copied(codec, 2 * made);
    leat_commit(out, made);
    if (code != LZMA_OK)
        return leat_lzma_fails(codec, code, leat_tell(in));
    if (self->ended == LEAT_OK || unfilter->chunk_len > 0)
        return LEAT_OK;
    return self->ended == LEAT_END ? LEAT_DONE : self->ended;
}

static void unfilter_stop(struct leat_codec *codec)
{
    leat_lzma_stop(&((struct unfilter *)codec)->coder);
}

const struct leat_stage leat_stage_lzma_unfilter = {
    .name = "filter",
    .self_size = sizeof(struct unfilter),
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = unfilter_start,
    .step = unfilter_step,
    .stop = unfilter_stop,
};
