#include "apps/grep/pieces.h"

#include <pthread.h>
#include <string.h>

#include "apps/grep/lines.h"
#include "leat/core/ctx.h"
#include "leat/stage/limit/limit.h"

/* Half a mapped window; smaller readers than a few of them are not worth the threads. */
#define PIECE_LEN (8 * LEAT_MIB)
#define LEN_MIN   (4 * PIECE_LEN)
#define HEAD_LEN  (64 * LEAT_KIB)
#define AHEAD_MAX 8 /* pieces searched and not yet put out */

struct piece {
    struct print print; /* its lines */
    struct search_result result;
    enum leat_status status;
    struct leat_fault fault;
    bool done;
};

struct pieces;

/* One thread's own: a fork of the reader, in a ctx of its own. */
struct piecer {
    struct pieces *pieces;
    struct leat_ctx ctx;
    struct leat_reader *fork;
    struct matcher_scratch *scratch;
};

struct pieces {
    const struct search_options *options;
    struct print *print;
    uint64_t start;
    uint64_t end;
    uint64_t count;
    struct piecer *piecers;
    unsigned piecers_len;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t next;     /* piece to search */
    uint64_t put_out;  /* pieces that are out */
    uint64_t numbered; /* pieces whose lines were counted ... */
    uint64_t number;   /* ... and the number of the line behind them */
    bool stopped;      /* no more pieces are wanted */
    struct piece ring[AHEAD_MAX];
};

bool pieces_fit(const struct search_options *options, struct pool *pool, struct leat_reader *r)
{
    if (pool == NULL || pool_threads(pool) < 2 || options->before > 0 || options->after > 0 ||
        options->max_count_set || options->origins || options->binary == SEARCH_BINARY_STOPS)
        return false;
    uint64_t size;
    if (leat_size(r, &size) != LEAT_OK || size - leat_tell(r) < LEN_MIN)
        return false;
    struct leat_span head;
    if (leat_peek(r, HEAD_LEN, &head) != LEAT_OK)
        return false;
    return options->binary == SEARCH_BINARY_TEXT || memchr(head.data, 0, HEAD_LEN) == NULL;
}

/* --- One piece --- */

/* Where the first line begins in [from, to). END: nowhere. */
static enum leat_status line_from(struct leat_reader *r, uint64_t from, uint64_t to, uint64_t *ret)
{
    enum leat_status status = leat_seek(r, from - 1);
    while (status == LEAT_OK && from < to) {
        struct leat_span window;
        status = leat_peek(r, 1, &window);
        if (window.len > to - from)
            window.len = (size_t)(to - from);
        const uint8_t *newline = window.len > 0 ? memchr(window.data, '\n', window.len) : NULL;
        if (newline != NULL) {
            *ret = from + (uint64_t)(newline - window.data);
            return LEAT_OK;
        }
        leat_consume(r, window.len);
        from += window.len;
    }
    return status == LEAT_OK ? LEAT_END : status;
}

/* Where piece `k` begins: with the first line that begins in its stretch of the file. END: one long
 * line covers all of that, and the piece is empty. */
static enum leat_status piece_begin(const struct pieces *pieces, struct leat_reader *r, uint64_t k,
                                    uint64_t *ret)
{
    leat_assert(k < pieces->count);
    uint64_t from = pieces->start + k * PIECE_LEN;
    uint64_t to = pieces->end - from > PIECE_LEN ? from + PIECE_LEN : pieces->end;
    if (k > 0)
        return line_from(r, from, to, ret);
    *ret = from;
    return LEAT_OK;
}

/* Where piece `k`, which is not empty, ends: where the next one begins that is not. So each stretch
 * is looked through at most twice, however long the lines are. */
static enum leat_status piece_end(const struct pieces *pieces, struct leat_reader *r, uint64_t k,
                                  uint64_t *ret)
{
    enum leat_status status = LEAT_END;
    *ret = pieces->end;
    for (k++; status == LEAT_END && k < pieces->count; k++)
        status = piece_begin(pieces, r, k, ret);
    return status == LEAT_END ? LEAT_OK : status;
}

static enum leat_status count_lines(struct leat_reader *r, uint64_t from, uint64_t to,
                                    uint64_t *ret)
{
    enum leat_status status = leat_seek(r, from);
    *ret = 0;
    while (status == LEAT_OK && from < to) {
        struct leat_span window;
        status = leat_peek(r, 1, &window);
        if (window.len > to - from)
            window.len = (size_t)(to - from);
        *ret += lines_count_newlines(window);
        leat_consume(r, window.len);
        from += window.len;
    }
    return status;
}

/* The number of the first line of piece `k`, given how many lines it has. Waits until those before
 * it were counted, which another thread is doing: pieces are begun in order. */
static uint64_t number_of(struct pieces *pieces, uint64_t k, uint64_t lines)
{
    pthread_mutex_lock(&pieces->lock);
    while (pieces->numbered < k)
        pthread_cond_wait(&pieces->changed, &pieces->lock);
    uint64_t number = pieces->number;
    pieces->number += lines;
    pieces->numbered = k + 1;
    pthread_cond_broadcast(&pieces->changed);
    pthread_mutex_unlock(&pieces->lock);
    return number;
}

static enum leat_status search_piece(struct piecer *piecer, uint64_t k, struct piece *piece)
{
    struct pieces *pieces = piecer->pieces;
    struct leat_reader *r = piecer->fork;
    uint64_t from = pieces->end, lines = 0;
    uint64_t to = from;
    enum leat_status status = piece_begin(pieces, r, k, &from);
    /* A fault behind the beginning is met again by the search, which sees what stands before it. */
    if (status == LEAT_OK && piece_end(pieces, r, k, &to) != LEAT_OK)
        to = pieces->end;
    if (status == LEAT_END)
        status = LEAT_OK;
    if (status == LEAT_OK && pieces->options->numbers)
        (void)count_lines(r, from, to, &lines);
    struct search_options options = *pieces->options;
    options.number_first = pieces->options->numbers ? number_of(pieces, k, lines) : 0;
    options.offset_first = from - pieces->start;
    if (status == LEAT_OK)
        status = leat_seek(r, from);
    if (status != LEAT_OK)
        return status;
    struct leat_limit shell;
    struct leat_reader *limit = leat_limit_borrow(&shell, r, to - from, false);
    status = search_reader(&options, piecer->scratch, limit, &piece->print.sink, &piece->result);
    leat_reader_close(limit);
    return status;
}

/* --- All pieces --- */

/* Claim the next piece, once there is room for its lines. False: none is left. */
static bool claim(struct pieces *pieces, bool waits, uint64_t *ret)
{
    pthread_mutex_lock(&pieces->lock);
    while (waits && !pieces->stopped && pieces->next < pieces->count &&
           pieces->next >= pieces->put_out + AHEAD_MAX)
        pthread_cond_wait(&pieces->changed, &pieces->lock);
    bool claimed = !pieces->stopped && pieces->next < pieces->count &&
                   pieces->next < pieces->put_out + AHEAD_MAX;
    if (claimed)
        *ret = pieces->next++;
    pthread_mutex_unlock(&pieces->lock);
    return claimed;
}

static void work(struct piecer *piecer, uint64_t k)
{
    struct pieces *pieces = piecer->pieces;
    struct piece *piece = &pieces->ring[k % AHEAD_MAX];
    piece->print = print_piece(pieces->print, piecer->scratch, &piece->result);
    enum leat_status status = search_piece(piecer, k, piece);
    const struct leat_fault *fault = leat_reader_fault(piecer->fork);
    pthread_mutex_lock(&pieces->lock);
    piece->status = status;
    if (fault != NULL)
        piece->fault = *fault;
    piece->done = true;
    pthread_cond_broadcast(&pieces->changed);
    pthread_mutex_unlock(&pieces->lock);
}

static void help(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    struct piecer *piecer = task->object;
    uint64_t k;
    (void)pool;
    (void)thread;
    while (claim(piecer->pieces, true, &k))
        work(piecer, k);
}

/* Add what a piece found to the whole. False: nothing behind it is wanted. */
static bool merge(struct search_result *sum, const struct piece *piece)
{
    const struct search_result *result = &piece->result;
    sum->lines += result->lines;
    sum->bytes += result->bytes;
    if (result->binary && !sum->binary) {
        sum->binary = true;
        sum->binary_offset = result->binary_offset;
    }
    if (result->cut && !sum->cut) {
        sum->cut = true;
        sum->cut_offset = result->cut_offset;
    }
    if (result->error != NULL && sum->error == NULL) {
        sum->error = result->error;
        sum->error_offset = result->error_offset;
    }
    sum->stopped |= result->stopped;
    return !result->stopped && piece->status != LEAT_FAULT;
}

/* Put out the pieces that are done, in order. Only the owner's thread comes here. */
static enum leat_status put_out_done(struct pieces *pieces, struct search_result *sum,
                                     struct leat_fault *ret_fault)
{
    enum leat_status status = LEAT_OK;
    pthread_mutex_lock(&pieces->lock);
    while (pieces->ring[pieces->put_out % AHEAD_MAX].done) {
        struct piece *piece = &pieces->ring[pieces->put_out % AHEAD_MAX];
        pthread_mutex_unlock(&pieces->lock);
        if (!pieces->stopped) {
            print_add(pieces->print, &piece->print);
            bool goes_on = merge(sum, piece) && !pieces->print->closed;
            if (piece->status == LEAT_FAULT) {
                status = LEAT_FAULT;
                *ret_fault = piece->fault;
            }
            pthread_mutex_lock(&pieces->lock);
            pieces->stopped = !goes_on;
            pthread_mutex_unlock(&pieces->lock);
        }
        term_buffer_fini(&piece->print.buffer);
        pthread_mutex_lock(&pieces->lock);
        *piece = (struct piece){ 0 };
        pieces->put_out++;
        pthread_cond_broadcast(&pieces->changed);
    }
    pthread_mutex_unlock(&pieces->lock);
    return status;
}

/* Wait until the next piece to put out is done. False: there is none. */
static bool wait_for_piece(struct pieces *pieces)
{
    pthread_mutex_lock(&pieces->lock);
    bool any = pieces->put_out < pieces->next;
    while (any && !pieces->ring[pieces->put_out % AHEAD_MAX].done)
        pthread_cond_wait(&pieces->changed, &pieces->lock);
    pthread_mutex_unlock(&pieces->lock);
    return any;
}

/* The owner's work: search, and put out what is done in between. */
static enum leat_status lead(struct pieces *pieces, struct search_result *sum,
                             struct leat_fault *ret_fault)
{
    enum leat_status status = LEAT_END;
    uint64_t k;
    bool any = true;
    while (any) {
        any = claim(pieces, false, &k);
        if (any)
            work(&pieces->piecers[0], k);
        else
            any = wait_for_piece(pieces);
        if (put_out_done(pieces, sum, ret_fault) == LEAT_FAULT)
            status = LEAT_FAULT;
    }
    return status;
}

static bool make_piecers(struct pieces *pieces, struct leat_reader *r)
{
    struct leat_ctx_options options = leat_ctx_child(r->ctx);
    for (unsigned i = 0; i < pieces->piecers_len; i++) {
        struct piecer *piecer = &pieces->piecers[i];
        piecer->pieces = pieces;
        leat_ctx_init(&piecer->ctx, &options);
        piecer->scratch = matcher_scratch_create(pieces->options->matcher);
        if (piecer->scratch == NULL || leat_fork(r, &piecer->ctx, &piecer->fork) != LEAT_OK)
            return false;
    }
    return true;
}

static void destroy_piecers(struct pieces *pieces, struct leat_ctx *ctx)
{
    for (unsigned i = 0; i < pieces->piecers_len; i++) {
        struct piecer *piecer = &pieces->piecers[i];
        if (piecer->pieces == NULL)
            break;
        leat_reader_close(piecer->fork);
        leat_ctx_fini(&piecer->ctx);
        leat_ctx_fold(ctx, &piecer->ctx);
        matcher_scratch_destroy(piecer->scratch);
    }
    free(pieces->piecers);
}

static enum leat_status run(struct pieces *pieces, struct pool *pool, unsigned thread,
                            struct search_result *sum, struct leat_fault *ret_fault)
{
    struct pool_group group;
    pool_group_init(pool, thread, &group);
    for (unsigned i = 1; i < pieces->piecers_len; i++) {
        struct pool_task task = { .run = help, .object = &pieces->piecers[i], .group = &group };
        if (!pool_push(pool, thread, &task))
            break;
    }
    enum leat_status status = lead(pieces, sum, ret_fault);
    pthread_mutex_lock(&pieces->lock);
    pieces->stopped = true;
    pthread_cond_broadcast(&pieces->changed);
    pthread_mutex_unlock(&pieces->lock);
    pool_wait(pool, thread, &group);
    return status;
}

enum leat_status pieces_search(const struct search_options *options, struct pool *pool,
                               unsigned thread, struct leat_reader *r, struct print *print,
                               struct search_result *ret, struct leat_fault *ret_fault)
{
    uint64_t size;
    *ret = (struct search_result){ 0 };
    if (leat_size(r, &size) != LEAT_OK)
        return LEAT_UNSUPPORTED;
    struct pieces pieces = {
        .options = options,
        .print = print,
        .start = leat_tell(r),
        .end = size,
        .count = (size - leat_tell(r) + PIECE_LEN - 1) / PIECE_LEN,
        .piecers_len = pool_threads(pool),
        .number = 1,
    };
    pieces.piecers = calloc(pieces.piecers_len, sizeof(*pieces.piecers));
    if (pieces.piecers == NULL)
        return LEAT_UNSUPPORTED;
    enum leat_status status = LEAT_UNSUPPORTED;
    if (make_piecers(&pieces, r)) {
        pthread_mutex_init(&pieces.lock, NULL);
        pthread_cond_init(&pieces.changed, NULL);
        status = run(&pieces, pool, thread, ret, ret_fault);
        pthread_cond_destroy(&pieces.changed);
        pthread_mutex_destroy(&pieces.lock);
    }
    destroy_piecers(&pieces, r->ctx);
    return status;
}
