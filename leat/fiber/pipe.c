/* Pieces in a row, from the writer's block or given to it, to the reader's window:
 *
 *     reader's window        pieces              writer's block
 *   ┌──────────────────┐  ┌────┬──────┬───┐  ┌──────────┬────────────┐
 *   │ pos          end │  │    │      │   │  │ committed│ room       │
 *   └──────────────────┘  └────┴──────┴───┘  └──────────┴────────────┘
 *                                            shown      pos          end
 *
 * Both ends are of one thread, so each looks at the other's pos as it is. */

#include "leat/fiber/pipe.h"

#include <errno.h>

#include "leat/core/buffer.h"
#include "leat/core/bytes.h"
#include "leat/fiber/fibers.h"
#include "leat/fiber/wait.h"

#define HIGH      (128 * LEAT_KIB)
#define BLOCK_LEN (64 * LEAT_KIB)

/* A rest of a block below this is left, so that pieces do not become crumbs. */
#define ROOM_LEN_MIN ((size_t)512)

/* A peek across pieces copies so much of the next at once, so that a search which asks for one byte
 * more again and again does not copy byte by byte; the rest is shown by reference. */
#define SEAM_LEN (4 * LEAT_KIB)

/* Pieces in line; one place more is for what a writer has committed when it ends. */
enum { PIECES_MAX = 31, PIECES_PLACES = 32 };

struct pipe {
    struct leat_fibers *fibers;
    struct leat_alloc alloc;
    struct pipe_reader *reader; /* NULL: closed */
    struct pipe_writer *writer;
    struct leat_slice pieces[PIECES_PLACES]; /* a ring */
    unsigned first, len;
    size_t high, low;
    bool draining;           /* `high` was reached, and `low` not yet */
    size_t want;             /* how long a window the reader waits for; 0: it does not */
    bool ended;              /* the writer finished, or was closed */
    struct leat_fault fault; /* what follows the last piece then; none: the end */
    struct leat_waiters reading, writing; /* at most one in each */
};

struct pipe_reader {
    struct leat_reader reader;
    struct pipe *pipe;
    bool shows_piece;          /* the window is a piece, and not in `buffer` */
    struct leat_block *block;  /* that piece's */
    struct leat_buffer buffer; /* where pieces are joined */
};

struct pipe_writer {
    struct leat_writer writer;
    struct pipe *pipe;
    struct leat_block *block;
    uint8_t *shown; /* what is committed up to here is in the pieces */
};

/* --- Both ends --- */

/* Bytes committed and not consumed. */
static uint64_t buffered(const struct pipe *pipe)
{
    uint64_t written = leat_writer_tell(&pipe->writer->writer);
    uint64_t read = leat_tell(&pipe->reader->reader);
    leat_assert(written >= read);
    return written - read;
}

static void reader_wakes(struct pipe *pipe)
{
    pipe->want = 0;
    if (pipe->reading.first != NULL)
        leat_waiters_wake(&pipe->reading, LEAT_OK);
}

static void writer_wakes(struct pipe *pipe)
{
    if (pipe->writing.first != NULL)
        leat_waiters_wake(&pipe->writing, LEAT_OK);
}

static struct leat_slice *piece_first(struct pipe *pipe)
{
    leat_assert(pipe->len > 0);
    return &pipe->pieces[pipe->first];
}

/* Take the first piece out, with its reference. */
static struct leat_slice piece_take(struct pipe *pipe)
{
    struct leat_slice piece = *piece_first(pipe);
    pipe->first = (pipe->first + 1) % PIECES_PLACES;
    pipe->len--;
    return piece;
}

static void piece_add(struct pipe *pipe, struct leat_slice piece)
{
    leat_assert(piece.len > 0);
    leat_assert(pipe->len < PIECES_PLACES);
    pipe->pieces[(pipe->first + pipe->len) % PIECES_PLACES] = piece;
    pipe->len++;
}

/* Let the reader see what was committed. False: too many pieces are in line. */
static bool committed_show(struct pipe_writer *self, unsigned pieces_max)
{
    struct pipe *pipe = self->pipe;
    size_t len = (size_t)(self->writer.pos - self->shown);
    if (len == 0)
        return true;
    struct leat_slice *last = &pipe->pieces[(pipe->first + pipe->len - 1) % PIECES_PLACES];
    if (pipe->len > 0 && last->block == self->block && last->data + last->len == self->shown) {
        last->len += len;
    } else if (pipe->len < pieces_max) {
        struct leat_block *block = leat_block_take(self->block);
        piece_add(pipe, (struct leat_slice){ .data = self->shown, .len = len, .block = block });
    } else {
        return false;
    }
    self->shown = self->writer.pos;
    return true;
}

static void pipe_lets_go(struct pipe *pipe)
{
    if (pipe->reader != NULL || pipe->writer != NULL)
        return;
    leat_assert(pipe->len == 0);
    struct leat_alloc alloc = pipe->alloc;
    leat_deallocate(&alloc, pipe);
}

/* Why the running fiber's waits fail. */
static void cancelled_fault(const struct pipe *pipe, struct leat_fault *fault)
{
    int code = leat_fiber_cancelled(pipe->fibers);
    fault->code = code == ECANCELED ? LEAT_FAULT_CANCELLED : LEAT_FAULT_SYSTEM;
    fault->reason = code == ECANCELED ? "cancelled" : "timed out";
    fault->system_code = code;
}

/* --- The reader --- */

/* Let go of a window without bytes. */
static void window_clear(struct pipe_reader *self)
{
    struct leat_reader *r = &self->reader;
    leat_assert(r->pos == r->end);
    leat_ctx_block_return(r->ctx, self->block);
    self->block = NULL;
    self->shows_piece = false;
    leat_buffer_fini(&self->buffer, r);
}

static void window_shows(struct pipe_reader *self, struct leat_slice piece)
{
    window_clear(self);
    self->reader.pos = piece.data;
    self->reader.end = piece.data + piece.len;
    self->reader.end_offset += piece.len;
    self->block = piece.block;
    self->shows_piece = true;
}

/* The next piece goes on in memory where the window ends: the writer went on in the same block. */
static bool window_reaches(const struct pipe_reader *self, const struct leat_slice *piece)
{
    return self->shows_piece && self->block != NULL && self->block == piece->block &&
           self->reader.end == piece->data;
}

/* Copy some of the next piece behind the window, in memory of our own. */
static enum leat_status window_joins(struct pipe_reader *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    struct leat_slice *piece = piece_first(self->pipe);
    size_t wanted = min - (size_t)(r->end - r->pos);
    struct leat_room room;
    enum leat_status status = leat_buffer_room(&self->buffer, r, min, 1, BLOCK_LEN, &room);
    if (status != LEAT_OK)
        return status;
    leat_ctx_block_return(r->ctx, self->block);
    self->block = NULL;
    self->shows_piece = false;
    wanted = wanted < SEAM_LEN ? SEAM_LEN : wanted;
    size_t some = wanted < piece->len ? wanted : piece->len;
    some = some < room.len ? some : room.len;
    leat_bytes_copy(&r->counts, LEAT_CAUSE_SEAM, room.data, piece->data, some);
    leat_buffer_add(r, some);
    piece->data += some;
    piece->len -= some;
    if (piece->len == 0) {
        struct leat_slice empty = piece_take(self->pipe);
        leat_ctx_block_return(r->ctx, empty.block);
    }
    return LEAT_OK;
}

/* Make the window `min` long of what there is. OK, though it may be shorter; FAULT. */
static enum leat_status window_grows(struct pipe_reader *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    struct pipe *pipe = self->pipe;
    enum leat_status status = LEAT_OK;
    while ((size_t)(r->end - r->pos) < min && status == LEAT_OK) {
        if (pipe->len == 0 && pipe->writer != NULL)
            (void)committed_show(pipe->writer, PIECES_MAX);
        if (pipe->len == 0)
            break;
        if (r->pos == r->end) {
            window_shows(self, piece_take(pipe));
        } else if (window_reaches(self, piece_first(pipe))) {
            struct leat_slice piece = piece_take(pipe);
            leat_buffer_add(r, piece.len);
            leat_block_release(piece.block);
        } else {
            status = window_joins(self, min);
        }
    }
    return status;
}

static enum leat_status pipe_ended(struct pipe_reader *self)
{
    if (self->pipe->fault.code == LEAT_FAULT_NONE)
        return LEAT_END;
    self->reader.fault = self->pipe->fault;
    return LEAT_FAULT;
}

static enum leat_status pipe_fill(struct leat_reader *r, size_t min)
{
    struct pipe_reader *self = (struct pipe_reader *)r;
    struct pipe *pipe = self->pipe;
    for (;;) {
        enum leat_status status = window_grows(self, min);
        if (status != LEAT_OK)
            return status;
        bool enough = (size_t)(r->end - r->pos) >= min;
        if (pipe->writer != NULL && (!enough || buffered(pipe) <= pipe->low))
            writer_wakes(pipe);
        if (enough)
            return LEAT_OK;
        if (pipe->ended)
            return pipe_ended(self);
        pipe->want = min;
        status = leat_waiters_wait(&pipe->reading, pipe->fibers, NULL);
        pipe->want = 0;
        if (status != LEAT_OK) {
            leat_reader_fails(r, LEAT_FAULT_CANCELLED, NULL, r->end_offset);
            cancelled_fault(pipe, &r->fault);
            return LEAT_FAULT;
        }
    }
}

static enum leat_status pipe_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    struct pipe_reader *self = (struct pipe_reader *)r;
    if (!self->shows_piece)
        return leat_buffer_share(&self->buffer, r, n, ret);
    struct leat_block *block = self->block != NULL ? leat_block_take(self->block) : NULL;
    *ret = (struct leat_slice){ .data = r->pos, .len = n, .block = block };
    return LEAT_OK;
}

static void pipe_reader_stop(struct leat_reader *r)
{
    struct pipe_reader *self = (struct pipe_reader *)r;
    struct pipe *pipe = self->pipe;
    r->end_offset -= (uint64_t)(r->end - r->pos);
    r->end = r->pos;
    window_clear(self);
    while (pipe->len > 0) {
        struct leat_slice piece = piece_take(pipe);
        leat_ctx_block_return(r->ctx, piece.block);
    }
    pipe->reader = NULL;
    writer_wakes(pipe);
    pipe_lets_go(pipe);
}

/* --- The writer --- */

static bool writer_waits(struct pipe *pipe)
{
    uint64_t have = buffered(pipe);
    if (have < pipe->want)
        return false;
    if (have >= pipe->high)
        pipe->draining = true;
    else if (have <= pipe->low)
        pipe->draining = false;
    return pipe->draining;
}

static enum leat_status broken(struct leat_writer *w)
{
    leat_writer_fails(w, LEAT_FAULT_SYSTEM, "the reader was closed", leat_writer_tell(w));
    w->fault.system_code = EPIPE;
    return LEAT_FAULT;
}

/* Show what was committed, and wait while the reader is too far behind, or the line too long. */
static enum leat_status writer_passes_on(struct pipe_writer *self)
{
    struct leat_writer *w = &self->writer;
    struct pipe *pipe = self->pipe;
    while (pipe->reader != NULL) {
        bool shown = committed_show(self, PIECES_MAX);
        if (pipe->want > 0 && buffered(pipe) >= pipe->want)
            reader_wakes(pipe);
        if (shown && pipe->len < PIECES_MAX && !writer_waits(pipe))
            return LEAT_OK;
        /* Two never wait for each other: a reader that wants more joins the pieces in line. */
        reader_wakes(pipe);
        if (leat_waiters_wait(&pipe->writing, pipe->fibers, NULL) == LEAT_OK)
            continue;
        leat_writer_fails(w, LEAT_FAULT_CANCELLED, NULL, leat_writer_tell(w));
        cancelled_fault(pipe, &w->fault);
        return LEAT_FAULT;
    }
    return broken(w);
}

/* Have a block with room for `min` behind what was shown. */
static enum leat_status block_have(struct pipe_writer *self, size_t min)
{
    struct leat_writer *w = &self->writer;
    if (self->block != NULL && self->block->size >= min && leat_block_is_sole(self->block)) {
        self->shown = self->block->data;
        return LEAT_OK;
    }
    size_t left =
        self->block != NULL ? (size_t)(self->block->data + self->block->size - self->shown) : 0;
    if (left >= min && left >= ROOM_LEN_MIN)
        return LEAT_OK;
    struct leat_block *block = leat_ctx_block(w->ctx, min > BLOCK_LEN ? min : BLOCK_LEN);
    if (block == NULL)
        return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, leat_writer_tell(w));
    w->counts.allocations++;
    w->counts.allocated += block->size;
    leat_ctx_block_return(w->ctx, self->block);
    self->block = block;
    self->shown = block->data;
    return LEAT_OK;
}

static enum leat_status pipe_drain(struct leat_writer *w, size_t min)
{
    struct pipe_writer *self = (struct pipe_writer *)w;
    enum leat_status status = writer_passes_on(self);
    if (status != LEAT_OK)
        return status;
    uint64_t tell = leat_writer_tell(w);
    status = block_have(self, min);
    if (status != LEAT_OK)
        return status;
    /* No more than up to `high`, unless that is what is asked for. */
    uint64_t have = buffered(self->pipe);
    size_t room = have < self->pipe->high ? (size_t)(self->pipe->high - have) : 0;
    room = room > min ? room : min;
    size_t left = (size_t)(self->block->data + self->block->size - self->shown);
    room = room < left ? room : left;
    leat_writer_show(w, tell, self->shown, room);
    return LEAT_OK;
}

static enum leat_status pipe_give(struct leat_writer *w, struct leat_slice *slice)
{
    struct pipe_writer *self = (struct pipe_writer *)w;
    struct pipe *pipe = self->pipe;
    enum leat_status status = writer_passes_on(self);
    if (status != LEAT_OK)
        return status;
    piece_add(pipe, *slice);
    /* What room there was would now reach beyond `high`. */
    leat_writer_show(w, leat_writer_tell(w) + slice->len, w->pos, 0);
    if (pipe->want > 0 && buffered(pipe) >= pipe->want)
        reader_wakes(pipe);
    return LEAT_OK;
}

static void writer_ends(struct pipe_writer *self)
{
    if (self->pipe->reader != NULL) {
        bool shown = committed_show(self, PIECES_PLACES);
        leat_assert(shown);
    }
    self->pipe->ended = true;
    reader_wakes(self->pipe);
}

static enum leat_status pipe_flush(struct leat_writer *w, enum leat_flush level)
{
    struct pipe_writer *self = (struct pipe_writer *)w;
    if (self->pipe->reader == NULL)
        return broken(w);
    if (level == LEAT_FLUSH_FINISH) {
        writer_ends(self);
        return LEAT_OK;
    }
    /* Where the line is too long, the reader finds the rest by itself. */
    (void)committed_show(self, PIECES_MAX);
    if (self->pipe->want > 0 && buffered(self->pipe) >= self->pipe->want)
        reader_wakes(self->pipe);
    return LEAT_OK;
}

static void pipe_writer_stop(struct leat_writer *w)
{
    struct pipe_writer *self = (struct pipe_writer *)w;
    struct pipe *pipe = self->pipe;
    if (!pipe->ended && pipe->fault.code == LEAT_FAULT_NONE) {
        pipe->fault = (struct leat_fault){
            .code = LEAT_FAULT_TRUNCATED,
            .part = w->part,
            .reason = "the writer was closed before it had finished",
            .name = "",
            .offset = leat_writer_tell(w),
        };
    }
    writer_ends(self);
    leat_writer_show_none(w);
    leat_ctx_block_return(w->ctx, self->block);
    self->block = NULL;
    pipe->writer = NULL;
    pipe_lets_go(pipe);
}

static const struct leat_writer_ops writer_ops = {
    .name = "pipe",
    .self_size = sizeof(struct pipe_writer),
    .drain = pipe_drain,
    .flush = pipe_flush,
    .give = pipe_give,
    .stop = pipe_writer_stop,
};

void leat_pipe_fail(struct leat_writer *w, const struct leat_fault *fault)
{
    leat_assert(fault->code != LEAT_FAULT_NONE);
    if (w == &w->ctx->no_writer)
        return;
    leat_assert(w->ops == &writer_ops);
    struct pipe *pipe = ((struct pipe_writer *)w)->pipe;
    leat_assert(!pipe->ended);
    pipe->fault = *fault;
    pipe->fault.name = "";
}

/* --- Making one --- */

static const struct leat_reader_ops reader_ops = {
    .name = "pipe",
    .self_size = sizeof(struct pipe_reader),
    .fill = pipe_fill,
    .share = pipe_share,
    .stop = pipe_reader_stop,
};

void leat_pipe(struct leat_ctx *ctx, const struct leat_pipe_options *options,
               struct leat_reader **ret_reader, struct leat_writer **ret_writer)
{
    leat_assert(ctx->engine != NULL);
    leat_assert(ctx->engine->ops == &leat_fibers_engine_ops);
    size_t high = options != NULL && options->high != 0 ? options->high : HIGH;
    size_t low = options != NULL && options->low != 0 ? options->low : high / 2;
    leat_assert(low < high);
    *ret_reader = &ctx->no_reader;
    *ret_writer = &ctx->no_writer;
    struct pipe *pipe = leat_allocate(&ctx->alloc, sizeof(*pipe));
    struct pipe_writer *writer = pipe != NULL ? leat_writer_at(ctx, &writer_ops) : NULL;
    struct pipe_reader *reader = writer != NULL ? leat_reader_at(ctx, &reader_ops) : NULL;
    if (pipe == NULL)
        return;
    pipe->fibers = (struct leat_fibers *)(void *)ctx->engine;
    pipe->alloc = ctx->alloc;
    pipe->high = high;
    pipe->low = low;
    if (writer == NULL) {
        pipe_lets_go(pipe);
        return;
    }
    writer->pipe = pipe;
    writer->shown = writer->writer.pos;
    pipe->writer = writer;
    if (reader == NULL) {
        leat_writer_close(&writer->writer);
        return;
    }
    reader->pipe = pipe;
    pipe->reader = reader;
    *ret_reader = &reader->reader;
    *ret_writer = &writer->writer;
}
