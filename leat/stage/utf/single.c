/* Encodings of one byte a character. */

#include "leat/core/load.h"
#include "leat/stage/utf/convert.h"

/* windows-1252 is Latin-1 but for these; what it does not assign stays the control that it is. */
static const uint16_t windows1252_80[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

static enum utf_stop windows1252(struct utf_piece *p)
{
    const uint8_t *in = p->in;
    uint8_t *out = p->out;
    while (in < p->in_end && p->out_end - out >= 8) {
        uint64_t eight = p->in_end - in >= 8 ? leat_load_u64le(in) : UINT64_MAX;
        if ((eight & 0x8080808080808080) == 0) {
            leat_store_u64le(out, eight);
            in += 8;
            out += 8;
            continue;
        }
        uint8_t byte = *in++;
        if (byte < 0x80)
            *out++ = byte;
        else
            out = utf8_put(out, byte < 0xa0 ? windows1252_80[byte - 0x80] : byte);
    }
    p->in = in;
    p->out = out;
    return UTF_DONE;
}

static enum leat_status windows1252_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { .loop = windows1252, .in_max = 1, .unit = 1 };
    return leat_utf_start(codec, options, &kind);
}

const struct leat_stage leat_stage_windows1252_decode = {
    .name = "windows-1252",
    .self_size = sizeof(struct utf),
    .out_min = UTF_OUT_MIN,
    .start = windows1252_start,
    .step = leat_utf_step,
    .resync = leat_utf_resync,
    .origin = leat_utf_origin,
};
