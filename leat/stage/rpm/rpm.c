#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/rpm/rpm.h"

static const char lead_magic[] = "\xed\xab\xee\xdb";
static const char header_magic[] = "\x8e\xad\xe8\x01";

enum {
    LEAD_LEN = 96,
    LEAD_MAJOR_AT = 4,
    LEAD_SIGNATURE_AT = 78,
    SIGNATURE_IS_HEADER = 5, /* all since RPM 2.1 */
    HEADER_LEN = 16,         /* magic, four bytes without meaning, and two lengths */
    HEADER_ENTRIES_AT = 8,
    HEADER_DATA_AT = 12,
    HEADER_ENTRY_LEN = 16,
    SIGNATURE_ALIGN = 8,
};

/* What RPM itself takes at most. */
#define ENTRIES_MAX 0xffffu
#define DATA_MAX    0x0fffffffu

enum part { LEAD, SIGNATURES, DESCRIPTION, PAYLOAD };

struct unrpm {
    struct leat_codec codec;
    enum part part;     /* what comes next, behind what is to be skipped */
    uint64_t skip_left; /* of the part before */
};

static enum leat_status lead_read(struct unrpm *self, struct leat_reader *in)
{
    struct leat_span window;
    enum leat_status status = leat_peek(in, LEAD_LEN, &window);
    if (status != LEAT_OK)
        return status;
    if (!leat_bytes_equal(window.data, lead_magic, sizeof(lead_magic) - 1))
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "no package", leat_tell(in));
    if (leat_load_u16be(window.data + LEAD_SIGNATURE_AT) != SIGNATURE_IS_HEADER)
        return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED,
                                "a package without a header of signatures", leat_tell(in));
    leat_consume(in, LEAD_LEN);
    self->part = SIGNATURES;
    return LEAT_OK;
}

/* The lengths at a header's beginning; the rest of it is skipped. */
static enum leat_status header_read(struct unrpm *self, struct leat_reader *in)
{
    struct leat_span window;
    enum leat_status status = leat_peek(in, HEADER_LEN, &window);
    if (status != LEAT_OK)
        return status;
    if (!leat_bytes_equal(window.data, header_magic, sizeof(header_magic) - 1))
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad header", leat_tell(in));
    uint64_t entries = leat_load_u32be(window.data + HEADER_ENTRIES_AT);
    uint64_t data = leat_load_u32be(window.data + HEADER_DATA_AT);
    if (entries == 0 || entries > ENTRIES_MAX || data > DATA_MAX)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad size of a header",
                                leat_tell(in));
    self->skip_left = entries * HEADER_ENTRY_LEN + data;
    if (self->part == SIGNATURES)
        self->skip_left += -data % SIGNATURE_ALIGN;
    leat_consume(in, HEADER_LEN);
    self->part++;
    return LEAT_OK;
}

static enum leat_status payload_moves(struct unrpm *self, struct leat_reader *in,
                                      struct leat_writer *out)
{
    struct leat_span window;
    struct leat_room room;
    enum leat_status status = leat_peek(in, 1, &window);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    size_t some = window.len < room.len ? window.len : room.len;
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, room.data, window.data, some);
    leat_consume(in, some);
    leat_commit(out, some);
    return LEAT_OK;
}

static enum leat_status unrpm_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct unrpm *self = (struct unrpm *)codec;
    if (self->skip_left > 0) {
        uint64_t done = 0;
        enum leat_status status = leat_skip(in, self->skip_left, &done);
        self->skip_left -= done;
        return status;
    }
    switch (self->part) {
    case LEAD:
        return lead_read(self, in);
    case SIGNATURES:
    case DESCRIPTION:
        return header_read(self, in);
    case PAYLOAD:
        break;
    }
    return payload_moves(self, in, out);
}

const struct leat_stage leat_stage_unrpm = {
    .name = "rpm",
    .self_size = sizeof(struct unrpm),
    .in_min = LEAD_LEN,
    .out_min = 1,
    .step = unrpm_step,
};

struct leat_reader *leat_unrpm(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unrpm, NULL);
}

static enum leat_match probe(const uint8_t *data, size_t len)
{
    enum leat_match match = leat_match_magic(data, len, lead_magic, sizeof(lead_magic) - 1);
    if (match != LEAT_MATCH_YES)
        return match;
    if (len <= LEAD_MAJOR_AT)
        return LEAT_MATCH_MORE;
    return data[LEAD_MAJOR_AT] == 3 || data[LEAD_MAJOR_AT] == 4 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static const char *const endings[] = { ".rpm", NULL };

const struct leat_format leat_format_rpm = {
    .name = "rpm",
    .summary = "packages of RPM, whose payload is mostly cpio",
    .endings = endings,
    .probe = probe,
    .probe_max = LEAD_MAJOR_AT + 1,
    .decoder = &leat_stage_unrpm,
};
