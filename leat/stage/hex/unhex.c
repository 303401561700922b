/* The decoder, and the format. */

#include "leat/stage/hex/digits.h"
#include "leat/stage/hex/hex.h"
#include "leat/stage/piece.h"
#include "leat/stage/text.h"

/* Room for a block of the vectors. */
#define OUT_MIN 64

struct unhex {
    struct leat_codec codec;
    leat_hex_decodes *decodes;
    uint8_t high; /* the first digit of a pair that is cut */
    bool has_high;
};

static enum leat_status unhex_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    ((struct unhex *)codec)->decodes = leat_hex_decoder();
    return LEAT_OK;
}

/* One byte that is in no whole pair. Returns whether it may stand here. */
static bool take_byte(struct unhex *self, struct leat_piece *p)
{
    uint8_t value = leat_hex_value(*p->in);
    if (value > 15 && !leat_is_white(*p->in))
        return false;
    p->in++;
    if (value > 15)
        return true;
    if (self->has_high)
        *p->out++ = (uint8_t)(self->high << 4 | value);
    else
        self->high = value;
    self->has_high = !self->has_high;
    return true;
}

static bool take_piece(struct unhex *self, struct leat_piece *p)
{
    while (p->in < p->in_end && p->out < p->out_end) {
        if (!self->has_high) {
            size_t pairs = self->decodes(p->in, leat_piece_left(p), p->out, leat_piece_room(p));
            p->in += 2 * pairs;
            p->out += pairs;
            if (p->in == p->in_end || p->out == p->out_end)
                break;
        }
        if (!take_byte(self, p))
            return false;
    }
    return true;
}

static enum leat_status unhex_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct unhex *self = (struct unhex *)codec;
    struct leat_piece p;
    enum leat_status status = leat_piece_take(codec, in, 1, out, &p);
    if (status == LEAT_END)
        return self->has_high ? LEAT_END : LEAT_DONE;
    if (status != LEAT_OK)
        return status;
    bool good = take_piece(self, &p);
    leat_piece_give(in, out, &p);
    if (!good)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "not a hexadecimal digit",
                                leat_tell(in));
    return LEAT_OK;
}

const struct leat_stage leat_stage_unhex = {
    .name = "hex",
    .self_size = sizeof(struct unhex),
    .out_min = OUT_MIN,
    .start = unhex_start,
    .step = unhex_step,
};

struct leat_reader *leat_unhex(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unhex, NULL);
}

/* Words of so many letters, all of them of a to f, are none. */
#define PROBE_LEN 16

/* The first line, or as much of it as tells. */
static enum leat_match hex_probe(const uint8_t *data, size_t len)
{
    size_t digits = 0;
    for (size_t i = 0; i < len && i < PROBE_LEN; i++) {
        bool ends_line = data[i] == '\n' || data[i] == '\r';
        if (leat_hex_value(data[i]) < 16)
            digits++;
        else if (ends_line && digits > 0)
            return digits % 2 == 0 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
        else if (data[i] != ' ')
            return LEAT_MATCH_NO;
    }
    return len < PROBE_LEN ? LEAT_MATCH_MORE : LEAT_MATCH_YES;
}

const struct leat_format leat_format_hex = {
    .name = "hex",
    .summary = "hexadecimal digits, as `xxd -p` writes them",
    .endings = (const char *const[]){ ".hex", NULL },
    .traits = LEAT_FORMAT_JOINS | LEAT_FORMAT_NAMED,
    .probe = hex_probe,
    .probe_max = PROBE_LEN,
    .decoder = &leat_stage_unhex,
    .encoder = &leat_stage_hex,
};
