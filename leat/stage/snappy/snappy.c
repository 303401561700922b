/* The encoder: what fills a chunk, or what there is at the end or at a push. */

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/snappy/chunk.h"
#include "leat/stage/snappy/library.h"
#include "leat/stage/snappy/snappy.h"

enum { HEAD_LEN = LEAT_SNAPPY_HEADER_LEN + LEAT_SNAPPY_CHECK_LEN };

#define OUT_MIN (LEAT_SNAPPY_START_LEN + HEAD_LEN + LEAT_SNAPPY_PACKED_MAX)

struct snappy {
    struct leat_codec codec;
    bool begun;  /* the stream's start is written */
    size_t held; /* bytes in `content` */
    uint8_t content[LEAT_SNAPPY_CONTENT_MAX];
};

static void put_start(struct snappy *self, struct leat_room *room)
{
    if (self->begun)
        return;
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, room->data, LEAT_SNAPPY_START, LEAT_SNAPPY_START_LEN);
    room->data += LEAT_SNAPPY_START_LEN;
    room->len -= LEAT_SNAPPY_START_LEN;
    self->begun = true;
}

/* Write a chunk: compressed, where that saves an eighth, as the specification would have it. */
static void put_chunk(struct snappy *self, struct leat_span content, struct leat_room *room)
{
    leat_assert(content.len > 0);
    leat_assert(content.len <= LEAT_SNAPPY_CONTENT_MAX);
    uint8_t *to = room->data + HEAD_LEN;
    size_t len = room->len - HEAD_LEN;
    snappy_status code = leat_libsnappy()->snappy_compress((const char *)content.data, content.len,
                                                           (char *)to, &len);
    leat_assert(code == SNAPPY_OK);
    bool saves = len < content.len - content.len / 8;
    if (!saves) {
        len = content.len;
        leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, to, content.data, len);
    }
    uint32_t kind = saves ? LEAT_SNAPPY_COMPRESSED : LEAT_SNAPPY_STORED;
    leat_store_u32le(room->data, (uint32_t)(LEAT_SNAPPY_CHECK_LEN + len) << 8 | kind);
    leat_store_u32le(room->data + LEAT_SNAPPY_HEADER_LEN,
                     leat_snappy_check(content.data, content.len));
    room->data += HEAD_LEN + len;
    room->len -= HEAD_LEN + len;
}

/* Write a chunk of `content`, if there is any, behind the stream's start. OK, FULL or FAULT. */
static enum leat_status put(struct snappy *self, struct leat_span content, struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    size_t given = room.len;
    put_start(self, &room);
    if (content.len > 0)
        put_chunk(self, content, &room);
    leat_commit(out, given - room.len);
    return LEAT_OK;
}

static enum leat_status put_held(struct snappy *self, struct leat_writer *out)
{
    struct leat_span held = { .data = self->content, .len = self->held };
    enum leat_status status = put(self, held, out);
    if (status == LEAT_OK)
        self->held = 0;
    return status;
}

/* Keep what fills no chunk. How much of it there is room for. */
static size_t hold(struct snappy *self, struct leat_span span)
{
    size_t lacks = LEAT_SNAPPY_CONTENT_MAX - self->held;
    size_t some = span.len < lacks ? span.len : lacks;
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, self->content + self->held, span.data,
                    some);
    self->held += some;
    return some;
}

static enum leat_status snappy_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct snappy *self = (struct snappy *)codec;
    if (self->held == LEAT_SNAPPY_CONTENT_MAX)
        return put_held(self, out);
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_END) {
        status = put_held(self, out);
        return status == LEAT_OK ? LEAT_DONE : status;
    }
    if (status != LEAT_OK)
        return status;
    if (self->held == 0 && span.len >= LEAT_SNAPPY_CONTENT_MAX) {
        span.len = LEAT_SNAPPY_CONTENT_MAX; /* compressed where it stands */
        status = put(self, span, out);
    } else {
        span.len = hold(self, span);
    }
    if (status == LEAT_OK)
        leat_consume(in, span.len);
    return status;
}

static enum leat_status snappy_flush(struct leat_codec *codec, struct leat_writer *out)
{
    struct snappy *self = (struct snappy *)codec;
    return self->held > 0 || !self->begun ? put_held(self, out) : LEAT_OK;
}

const struct leat_stage leat_stage_snappy = {
    .name = "snappy",
    .self_size = sizeof(struct snappy),
    .out_min = OUT_MIN,
    .start = leat_snappy_start,
    .step = snappy_step,
    .flush = snappy_flush,
};

struct leat_writer *leat_snappy(struct leat_writer *sink)
{
    return leat_push(sink, &leat_stage_snappy, NULL);
}
