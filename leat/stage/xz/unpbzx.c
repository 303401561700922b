#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/core/reader.h"
#include "leat/stage/xz/pbzx.h"
#include "leat/stage/xz/xz.h"

static const char magic[] = { 'p', 'b', 'z', 'x' };

enum {
    START_LEN = sizeof(magic) + 8,
    HEAD_LEN = 16,
    PACKED_LEN_AT = 8,
    IN_MIN = 1024, /* of .xz as well */
};

/* Programs write chunks of 16 MiB; far more than that is no pbzx. So a header begins with a zero.
 */
#define CHUNK_LEN_MAX (1024 * LEAT_MIB)

enum place { AT_START, AT_HEAD, AT_STORED, AT_PACKED };

struct unpbzx {
    struct leat_codec codec;
    struct leat_codec *inner; /* of a packed chunk; NULL: in none */
    enum place place;
    uint64_t chunk_max;
    uint64_t chunk_end; /* in the input; 0: of no chunk that is known */
    uint64_t len;       /* of what the chunk unpacks to, as its header says, */
    uint64_t made;      /* and of what came out so far */
    bool beheaded;      /* the first byte of the next header was skipped, behind damage */
};

/* --- A chunk as all there is, for one step --- */

/* Shows the window of `in` as a view does, but that it is no part of the pipeline: it stands in
 * nobody's ledger, and leaves nothing behind. */
struct chunk {
    struct leat_reader reader;
    struct leat_reader *in;
    uint64_t end; /* in the input, whose offsets it has */
};

static void chunk_settles(struct chunk *chunk)
{
    leat_consume(chunk->in, (size_t)(chunk->reader.pos - chunk->in->pos));
}

static void chunk_shows(struct chunk *chunk)
{
    struct leat_reader *r = &chunk->reader;
    const struct leat_reader *in = chunk->in;
    uint64_t left = chunk->end - leat_tell(in);
    size_t shown = (size_t)(in->end - in->pos);
    r->pos = in->pos;
    r->end = in->pos + (shown < left ? shown : (size_t)left);
    r->end_offset = leat_tell(in) + (uint64_t)(r->end - r->pos);
}

static enum leat_status chunk_fill(struct leat_reader *r, size_t min)
{
    struct chunk *chunk = (struct chunk *)r;
    chunk_settles(chunk);
    uint64_t left = chunk->end - leat_tell(chunk->in);
    size_t want = min < left ? min : (size_t)left;
    struct leat_span window;
    enum leat_status status = leat_peek(chunk->in, want, &window);
    chunk_shows(chunk);
    return status == LEAT_OK && want < min ? LEAT_END : status;
}

static void chunk_init(struct chunk *chunk, struct leat_reader *in, uint64_t end)
{
    static const struct leat_reader_ops ops = { .name = "pbzx", .fill = chunk_fill };
    leat_assert(leat_tell(in) <= end);
    *chunk = (struct chunk){
        .reader = {
            .ops = &ops,
            .ctx = in->ctx,
            .below = in,
            .window_max = in->window_max,
            .part = ops.name,
            .state = LEAT_READER_FOREIGN | LEAT_READER_BORROWS,
        },
        .in = in,
        .end = end,
    };
    chunk_shows(chunk);
}

/* --- Steps --- */

static enum leat_status broken(struct unpbzx *self, const char *reason, uint64_t offset)
{
    return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, reason, offset);
}

static void inner_stop(struct unpbzx *self)
{
    if (self->inner == NULL)
        return;
    self->inner->stage->stop(self->inner);
    leat_deallocate(&self->codec.ctx->alloc, self->inner);
    self->inner = NULL;
}

static enum leat_status inner_start(struct unpbzx *self, uint64_t offset)
{
    const struct leat_stage *stage = &leat_stage_unxz;
    struct leat_codec *codec = &self->codec;
    self->inner = leat_allocate(&codec->ctx->alloc, stage->self_size);
    if (self->inner == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, offset);
    leat_codec_init(self->inner, stage, codec->ctx, codec->counts);
    enum leat_status status = stage->start(self->inner, NULL);
    codec->fault = self->inner->fault;
    return status;
}

static enum leat_status step_start(struct unpbzx *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, START_LEN, &span);
    if (status != LEAT_OK)
        return status;
    self->chunk_max = leat_load_u64be(span.data + sizeof(magic));
    if (!leat_bytes_equal(span.data, magic, sizeof(magic)) || self->chunk_max > CHUNK_LEN_MAX)
        return broken(self, "no pbzx data", leat_tell(in));
    leat_consume(in, START_LEN);
    self->place = AT_HEAD;
    return LEAT_OK;
}

/* Read the header of a chunk, which is not consumed. OK, AGAIN, DONE (none: the
 * end), END (within it), FAULT (the source's).
 *
 * ret_len  of the chunk unpacked; 0: it is no header */
static enum leat_status head_read(const struct unpbzx *self, struct leat_reader *in,
                                  uint64_t *ret_len, uint64_t *ret_packed_len)
{
    uint8_t head[HEAD_LEN] = { 0 };
    size_t skipped = self->beheaded;
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEAD_LEN - skipped, &span);
    if (status != LEAT_OK)
        return status == LEAT_END && span.len == 0 && skipped == 0 ? LEAT_DONE : status;
    leat_bytes_copy(NULL, LEAT_CAUSE_SEAM, head + skipped, span.data, HEAD_LEN - skipped);
    uint64_t len = leat_load_u64be(head);
    uint64_t packed_len = leat_load_u64be(head + PACKED_LEN_AT);
    bool fits = len <= self->chunk_max && packed_len > 0 && packed_len <= CHUNK_LEN_MAX;
    *ret_len = fits ? len : 0;
    *ret_packed_len = packed_len;
    return LEAT_OK;
}

static enum leat_status step_head(struct unpbzx *self, struct leat_reader *in)
{
    uint64_t at = leat_tell(in);
    uint64_t packed_len;
    enum leat_status status = head_read(self, in, &self->len, &packed_len);
    if (status != LEAT_OK)
        return status;
    self->chunk_end = 0;
    if (self->len == 0)
        return broken(self, "bad header of a chunk", at);
    leat_consume(in, HEAD_LEN - (size_t)self->beheaded);
    self->beheaded = false;
    self->chunk_end = leat_tell(in) + packed_len;
    self->made = 0;
    self->place = packed_len == self->len ? AT_STORED : AT_PACKED;
    return self->place == AT_PACKED ? inner_start(self, at) : LEAT_OK;
}

static enum leat_status step_stored(struct unpbzx *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct leat_span from;
    struct leat_room to;
    enum leat_status status = leat_peek(in, 1, &from);
    if (status != LEAT_OK)
        return status;
    status = leat_reserve(out, 1, &to);
    if (status != LEAT_OK)
        return status;
    size_t some = from.len < to.len ? from.len : to.len;
    if (some > self->len - self->made)
        some = (size_t)(self->len - self->made);
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, to.data, from.data, some);
    leat_consume(in, some);
    leat_commit(out, some);
    self->made += some;
    if (self->made == self->len)
        self->place = AT_HEAD;
    return LEAT_OK;
}

/* The chunk's .xz is over. Only now is judged how much came out, which then does not depend on how
 * the input was cut. */
static enum leat_status packed_ends(struct unpbzx *self, uint64_t at)
{
    inner_stop(self);
    if (at < self->chunk_end)
        return broken(self, "more in a chunk than its data", at);
    if (self->made < self->len)
        return broken(self, "a chunk is shorter than its header says", at);
    if (self->made > self->len)
        return broken(self, "a chunk is longer than its header says", at);
    self->place = AT_HEAD;
    return LEAT_OK;
}

static enum leat_status step_packed(struct unpbzx *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct leat_codec *codec = &self->codec;
    struct leat_codec *inner = self->inner;
    struct chunk chunk;
    uint64_t before = leat_writer_tell(out);
    chunk_init(&chunk, in, self->chunk_end);
    enum leat_status status = inner->stage->step(inner, &chunk.reader, out);
    bool all = chunk.reader.end_offset == self->chunk_end;
    chunk_settles(&chunk);
    self->made += leat_writer_tell(out) - before;
    leat_assert(inner->in_min <= codec->in_min);
    codec->fault = inner->fault;
    codec->out_min = inner->out_min;
    codec->out_history = inner->out_history;
    if (status == LEAT_END && all)
        return broken(self, "a chunk ends within its data", self->chunk_end);
    return status == LEAT_DONE ? packed_ends(self, leat_tell(in)) : status;
}

static enum leat_status unpbzx_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct unpbzx *self = (struct unpbzx *)codec;
    switch (self->place) {
    case AT_START:
        return step_start(self, in);
    case AT_HEAD:
        return step_head(self, in);
    case AT_STORED:
        return step_stored(self, in, out);
    case AT_PACKED:
        break;
    }
    return step_packed(self, in, out);
}

/* The damaged chunk's header said where the next one begins. Where the damage showed only there,
 * one byte of that was skipped. */
static enum leat_status unpbzx_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct unpbzx *self = (struct unpbzx *)codec;
    uint64_t at = leat_tell(in);
    uint64_t len, packed_len, done;
    inner_stop(self);
    if (at > self->chunk_end + 1)
        return LEAT_END;
    self->beheaded = at == self->chunk_end + 1;
    enum leat_status status = LEAT_OK;
    if (at < self->chunk_end)
        status = leat_skip(in, self->chunk_end - at, &done);
    if (status == LEAT_OK)
        status = head_read(self, in, &len, &packed_len);
    if (status == LEAT_DONE || (status == LEAT_OK && len == 0))
        return LEAT_END;
    self->place = AT_HEAD;
    return status;
}

static void unpbzx_stop(struct leat_codec *codec)
{
    inner_stop((struct unpbzx *)codec);
}

const struct leat_stage leat_stage_unpbzx = {
    .name = "pbzx",
    .self_size = sizeof(struct unpbzx),
    .in_min = IN_MIN,
    .out_min = 4 * LEAT_KIB,
    .step = unpbzx_step,
    .resync = unpbzx_resync,
    .stop = unpbzx_stop,
};

struct leat_reader *leat_unpbzx(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unpbzx, NULL);
}

/* Four letters may begin a text, but not before a number that a chunk can be as long as. */
static enum leat_match pbzx_probe(const uint8_t *data, size_t len)
{
    enum leat_match match = leat_match_magic(data, len, magic, sizeof(magic));
    if (match != LEAT_MATCH_YES || len < START_LEN)
        return match == LEAT_MATCH_YES ? LEAT_MATCH_MORE : match;
    uint64_t chunk_max = leat_load_u64be(data + sizeof(magic));
    return chunk_max > 0 && chunk_max <= CHUNK_LEN_MAX ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static const char *const endings[] = { ".pbzx", NULL };

const struct leat_format leat_format_pbzx = {
    .name = "pbzx",
    .summary = "payloads of macOS's packages, by xz",
    .endings = endings,
    .probe = pbzx_probe,
    .probe_max = START_LEN,
    .decoder = &leat_stage_unpbzx,
};
