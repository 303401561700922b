/* Raw deflate. Where it is known how long it is and what it becomes, and all of both lies in the
 * windows, it is decoded by one call. That tells nothing but whether all was well, so what is wrong
 * is ISA-L's to find, from the beginning. */

#include "leat/stage/gzip/gzip.h"
#include "leat/stage/gzip/inflate.h"
#include "leat/stage/gzip/whole.h"

/* What becomes less than this is decoded as fast by ISA-L. */
#define WHOLE_LEN_MIN LEAT_KIB

struct inflate {
    struct leat_codec codec;
    struct leat_inflater inflater;
    const struct leat_inflate_options *known; /* NULL: nothing is, or it is of no use */
};

static enum leat_status inflate_start(struct leat_codec *codec, const void *options)
{
    struct inflate *self = (struct inflate *)codec;
    const struct leat_inflate_options *known = options;
    if (known != NULL && known->len >= WHOLE_LEN_MIN && known->len <= LEAT_INFLATE_OUT_GOOD)
        self->known = known;
    leat_inflater_begin(&self->inflater);
    return LEAT_OK;
}

/* DONE, or OK: it is not to be done like that. Or what peek and reserve say. */
static enum leat_status take_whole(struct inflate *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    const struct leat_inflate_options *known = self->known;
    struct leat_span span;
    struct leat_room room;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_OK)
        status = leat_reserve(out, LEAT_INFLATE_OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    self->known = NULL;
    if (span.len < known->packed_len || room.len < known->len)
        return LEAT_OK;
    span.len = (size_t)known->packed_len;
    size_t taken = leat_inflate_whole(span, room.data, (size_t)known->len);
    if (taken == 0)
        return LEAT_OK;
    leat_consume(in, taken);
    leat_commit(out, (size_t)known->len);
    return LEAT_DONE;
}

static enum leat_status inflate_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    struct inflate *self = (struct inflate *)codec;
    struct leat_span made;
    if (self->known != NULL) {
        enum leat_status status = take_whole(self, in, out);
        if (status != LEAT_OK)
            return status;
    }
    return leat_inflater_step(codec, &self->inflater, in, out, &made);
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
