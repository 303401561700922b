#include "leat/container/lha/packed.h"

/* Without liblhasa, or a switch to leave its stack by. */

static enum leat_status missing_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED,
                            "packed by a method that needs liblhasa, which this build lacks", 0);
}

static enum leat_status missing_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    (void)codec, (void)in, (void)out;
    leat_assert(!"its start fails");
    return LEAT_FAULT;
}

const struct leat_stage leat_lha_stage_lhasa = {
    .name = "lha",
    .self_size = sizeof(struct leat_codec),
    .out_min = 1,
    .start = missing_start,
    .step = missing_step,
};
