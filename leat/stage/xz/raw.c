#include "leat/stage/xz/raw.h"
#include "leat/stage/xz/coder.h"
#include "leat/stage/xz/filter.h"

struct unlzma_raw {
    struct leat_codec codec;
    struct leat_lzma_coder coder;
    bool sized;
};

/* Read the properties of all filters, to be freed by the caller on any status. */
static lzma_ret read_filters(struct unlzma_raw *self, const struct leat_unlzma_raw_options *options,
                             lzma_filter *ret)
{
    lzma_ret code = LZMA_OK;
    ret[0].id = LZMA_VLI_UNKNOWN;
    for (size_t i = 0; i < options->filters_len && code == LZMA_OK; i++) {
        code = leat_lzma_filter_read(&options->filters[i], &self->coder.allocator, &ret[i]);
        ret[i + 1].id = LZMA_VLI_UNKNOWN;
    }
    return code;
}

static enum leat_status unlzma_raw_start(struct leat_codec *codec, const void *options)
{
    struct unlzma_raw *self = (struct unlzma_raw *)codec;
    const struct leat_unlzma_raw_options *how = options;
    lzma_filter filters[LEAT_LZMA_FILTERS_MAX + 1];
    _Static_assert(LEAT_LZMA_FILTERS_MAX == LZMA_FILTERS_MAX, "as many as liblzma's");
    leat_assert(how != NULL);
    leat_assert(how->filters_len > 0);
    leat_assert(how->filters_len <= LEAT_LZMA_FILTERS_MAX);
    self->sized = how->size != UINT64_MAX;
    enum leat_status status = leat_lzma_start(&self->coder, codec);
    if (status != LEAT_OK)
        return status;
    lzma_ret code = read_filters(self, how, filters);
    if (code == LZMA_OK)
        return leat_lzma_begin_raw(&self->coder, codec, filters, how->size, how->marked, 0);
    leat_liblzma()->lzma_filters_free(filters, &self->coder.allocator);
    return leat_lzma_fails(codec, code, 0);
}

static enum leat_status unlzma_raw_step(struct leat_codec *codec, struct leat_reader *in,
                                        struct leat_writer *out)
{
    struct unlzma_raw *self = (struct unlzma_raw *)codec;
    lzma_ret code;
    enum leat_status status = leat_lzma_decode(&self->coder, codec, in, out, &code);
    if (status != LEAT_OK || code == LZMA_OK)
        return status;
    if (code != LZMA_STREAM_END)
        return leat_lzma_fails(codec, code, self->coder.taken_to);
    if (self->sized && self->coder.left > 0)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "shorter than its size", leat_tell(in));
    return LEAT_DONE;
}

static void unlzma_raw_stop(struct leat_codec *codec)
{
    leat_lzma_stop(&((struct unlzma_raw *)codec)->coder);
}

const struct leat_stage leat_stage_unlzma_raw = {
    .name = "lzma",
    .self_size = sizeof(struct unlzma_raw),
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = unlzma_raw_start,
    .step = unlzma_raw_step,
    .stop = unlzma_raw_stop,
};
