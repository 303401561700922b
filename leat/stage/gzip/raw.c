/* Raw deflate (RFC 1951). */

#include "leat/stage/gzip/gzip.h"
#include "leat/stage/gzip/inflate.h"

struct inflate {
    struct leat_codec codec;
    struct leat_inflater inflater;
};

static enum leat_status inflate_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    leat_inflater_begin(&((struct inflate *)codec)->inflater);
    return LEAT_OK;
}

static enum leat_status inflate_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    struct leat_span made;
    return leat_inflater_step(codec, &((struct inflate *)codec)->inflater, in, out, &made);
}

static void inflate_stop(struct leat_codec *codec)
{
    leat_inflater_stop(&((struct inflate *)codec)->inflater, codec);
}

const struct leat_stage leat_stage_inflate = {
    .name = "deflate",
    .self_size = sizeof(struct inflate),
    .out_min = LEAT_INFLATE_OUT_MIN,
    .out_good = LEAT_INFLATE_OUT_GOOD,
    .start = inflate_start,
    .step = inflate_step,
    .stop = inflate_stop,
};

struct leat_reader *leat_inflate(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_inflate, NULL);
}

const struct leat_format leat_format_deflate = {
    .name = "deflate",
    .summary = "raw deflate data, without header or checksum (RFC 1951)",
    .endings = (const char *const[]){ ".deflate", NULL },
    .traits = LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .decoder = &leat_stage_inflate,
    .encoder = &leat_stage_deflate,
};
