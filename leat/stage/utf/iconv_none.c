/* For systems without iconv(3): the stages are there, and say so. */

#include "leat/stage/utf/convert.h"

bool leat_iconv_knows(const char *encoding)
{
    (void)encoding;
    return false;
}

static enum leat_status start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "iconv is not part of this build", 0);
}

/* Never called: no stage steps that did not start. */
static enum leat_status step(struct leat_codec *codec, struct leat_reader *in,
                             struct leat_writer *out)
{
    (void)codec;
    (void)in;
    (void)out;
    return LEAT_FAULT;
}

#define STAGE                                                                                      \
    {                                                                                              \
        .name = "iconv", .self_size = sizeof(struct leat_codec), .out_min = UTF_OUT_MIN,           \
        .start = start, .step = step                                                               \
    }

const struct leat_stage leat_stage_iconv_decode = STAGE;
const struct leat_stage leat_stage_iconv_encode = STAGE;
