/* The decoder: chunk by chunk, each into the room behind the one before. */

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/mark.h"
#include "leat/stage/snappy/chunk.h"
#include "leat/stage/snappy/library.h"
#include "leat/stage/snappy/snappy.h"

enum {
    HEADER_LEN = LEAT_SNAPPY_HEADER_LEN,
    CHECK_LEN = LEAT_SNAPPY_CHECK_LEN,
    CONTENT_MAX = LEAT_SNAPPY_CONTENT_MAX,
    PACKED_MAX = LEAT_SNAPPY_PACKED_MAX, /* a longer chunk would only waste bytes */
    CHUNK_MAX = HEADER_LEN + CHECK_LEN + PACKED_MAX,
};

struct unsnappy {
    struct leat_codec codec;
    bool joined;      /* a stream's start came before */
    size_t skip_left; /* of a chunk without content */
};

static enum leat_status fails(struct unsnappy *self, const struct leat_reader *in,
                              enum leat_fault_code code, const char *reason, size_t at)
{
    return leat_codec_fails(&self->codec, code, reason, leat_tell(in) + at);
}

static enum leat_match matches_start(const uint8_t *data, size_t len)
{
    return leat_match_magic(data, len, LEAT_SNAPPY_START, LEAT_SNAPPY_START_LEN);
}

/* The chunk that says what this is: the first one, and wherever another stream was joined on. */
static enum leat_status take_start(struct unsnappy *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, LEAT_SNAPPY_START_LEN, &span);
    if (span.len > 0 && matches_start(span.data, span.len) == LEAT_MATCH_NO)
        return fails(self, in, LEAT_FAULT_CORRUPT, "no snappy data", 0);
    if (status != LEAT_OK)
        return status;
    leat_consume(in, LEAT_SNAPPY_START_LEN);
    self->joined = true;
    return LEAT_OK;
}

/* How long the content of a chunk's bytes is, or more than can be where they cannot be right. */
static size_t content_len(unsigned kind, struct leat_span packed)
{
    size_t len = packed.len;
    if (kind == LEAT_SNAPPY_COMPRESSED &&
        leat_libsnappy()->snappy_uncompressed_length((const char *)packed.data, packed.len, &len) !=
            SNAPPY_OK)
        return SIZE_MAX;
    return len;
}

/* Unpack a chunk's bytes to where they belong, and check them there, before anyone sees them. */
static enum leat_status unpack(struct unsnappy *self, const struct leat_reader *in, unsigned kind,
                               struct leat_span packed, uint32_t check, struct leat_room room)
{
    const char *from = (const char *)packed.data;
    size_t len = room.len;
    if (kind == LEAT_SNAPPY_STORED)
        leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, room.data, from, len);
    else if (leat_libsnappy()->snappy_uncompress(from, packed.len, (char *)room.data, &len) !=
             SNAPPY_OK)
        return fails(self, in, LEAT_FAULT_CORRUPT, "bad chunk", HEADER_LEN + CHECK_LEN);
    leat_assert(len == room.len);
    if (leat_snappy_check(room.data, len) != check)
        return fails(self, in, LEAT_FAULT_CHECKSUM, "wrong checksum", HEADER_LEN);
    return LEAT_OK;
}

static enum leat_status take_content(struct unsnappy *self, struct leat_reader *in,
                                     struct leat_writer *out, unsigned kind, size_t len)
{
    if (len < CHECK_LEN || len > CHECK_LEN + PACKED_MAX)
        return fails(self, in, LEAT_FAULT_CORRUPT, "bad chunk length", 1);
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEADER_LEN + len, &span);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_reserve(out, CONTENT_MAX, &room);
    if (status != LEAT_OK)
        return status;
    struct leat_span packed = { .data = span.data + HEADER_LEN + CHECK_LEN,
                                .len = len - CHECK_LEN };
    room.len = content_len(kind, packed);
    if (room.len > CONTENT_MAX)
        return fails(self, in, LEAT_FAULT_CORRUPT, "bad chunk", HEADER_LEN + CHECK_LEN);
    uint32_t check = leat_load_u32le(span.data + HEADER_LEN);
    status = unpack(self, in, kind, packed, check, room);
    if (status != LEAT_OK)
        return status;
    leat_commit(out, room.len);
    leat_consume(in, HEADER_LEN + len);
    return LEAT_OK;
}

static enum leat_status take_chunk(struct unsnappy *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_END)
        return LEAT_DONE;
    if (status == LEAT_OK)
        status = leat_peek(in, HEADER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    unsigned kind = span.data[0];
    size_t len = leat_load_u32le(span.data) >> 8;
    if (kind == LEAT_SNAPPY_IDENTIFIER)
        return take_start(self, in);
    if (kind == LEAT_SNAPPY_COMPRESSED || kind == LEAT_SNAPPY_STORED)
        return take_content(self, in, out, kind, len);
    if (kind < LEAT_SNAPPY_SKIPPABLE)
        return fails(self, in, LEAT_FAULT_UNSUPPORTED, "unknown chunk that may not be skipped", 0);
    leat_consume(in, HEADER_LEN);
    self->skip_left = len;
    return LEAT_OK;
}

static enum leat_status unsnappy_step(struct leat_codec *codec, struct leat_reader *in,
                                      struct leat_writer *out)
{
    struct unsnappy *self = (struct unsnappy *)codec;
    if (self->skip_left > 0) {
        uint64_t done;
        enum leat_status status = leat_skip(in, self->skip_left, &done);
        self->skip_left -= (size_t)done;
        return status;
    }
    return self->joined ? take_chunk(self, in, out) : take_start(self, in);
}

static enum leat_status unsnappy_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct unsnappy *self = (struct unsnappy *)codec;
    self->joined = false;
    self->skip_left = 0;
    return leat_mark_find(in, matches_start);
}

const struct leat_stage leat_stage_unsnappy = {
    .name = "snappy",
    .self_size = sizeof(struct unsnappy),
    .in_min = CHUNK_MAX,
    .out_min = CONTENT_MAX,
    .start = leat_snappy_start,
    .step = unsnappy_step,
    .resync = unsnappy_resync,
};

struct leat_reader *leat_unsnappy(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unsnappy, NULL);
}

/* Each chunk is checked, but not LEAT_FORMAT_CHECKED: one bit makes a chunk one to be skipped. */
const struct leat_format leat_format_snappy = {
    .name = "snappy",
    .summary = "Snappy, framed",
    .endings = (const char *const[]){ ".sz", ".snappy", NULL },
    .traits = LEAT_FORMAT_JOINS,
    .probe = matches_start,
    .probe_max = LEAT_SNAPPY_START_LEN,
    .decoder = &leat_stage_unsnappy,
    .encoder = &leat_stage_snappy,
};
