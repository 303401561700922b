#include "tests/kinds/bites.h"
#include "leat/core/view.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/kinds/bench.h"
#include "tests/kinds/ends.h"
#include "tests/support/check.h"

#include <fcntl.h>
#include <unistd.h>

/* --- Sources over a stream, each with all of its bytes in its own memory --- */

struct broken {
    struct leat_reader reader;
    struct kind_end *end;
    struct leat_wake *armed;
    bool said, talked; /* its own word, and both */
    uint8_t bytes[BENCH_LEN_MAX + 1];
};

static enum leat_status read_some(struct broken *self)
{
    struct leat_reader *r = &self->reader;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    uint8_t *to = self->bytes + r->end_offset;
    size_t room = sizeof(self->bytes) - (size_t)r->end_offset;
    struct leat_io io = leat_engine_read(engine, self->end->near_fd, to, room, LEAT_OFFSET_NONE);
    if (io.status == LEAT_FAULT) {
        leat_reader_fails(r, LEAT_FAULT_SYSTEM, "broken", r->end_offset);
        r->fault.system_code = io.code;
    }
    if (io.status != LEAT_OK)
        return io.status;
    if (r->pos == r->end)
        r->pos = r->end = to;
    r->end += io.bytes;
    r->end_offset += io.bytes;
    return LEAT_OK;
}

static enum leat_status read_to(struct leat_reader *r, size_t min)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && (size_t)(r->end - r->pos) < min)
        status = read_some((struct broken *)r);
    return status;
}

static enum leat_status broken_arm(struct leat_reader *r, struct leat_wake *wake)
{
    struct broken *self = (struct broken *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    self->armed = wake;
    return leat_engine_arm(engine, self->end->near_fd, LEAT_READY_READ, wake);
}

static void late_stop(struct leat_reader *r)
{
    close(((struct broken *)r)->end->near_fd);
    r->end_offset = leat_tell(r);
    r->pos = r->end = (const uint8_t *)"";
}

static void broken_stop(struct leat_reader *r)
{
    struct broken *self = (struct broken *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    if (self->armed != NULL)
        leat_engine_disarm(engine, self->armed);
    late_stop(r);
}

static struct leat_reader *open_broken(struct kind_end *end, const struct leat_reader_ops *ops)
{
    struct broken *self = leat_reader_at(end->ctx, ops);
    if (self == NULL) {
        close(end->near_fd);
        return &end->ctx->no_reader;
    }
    self->end = end;
    return &self->reader;
}

/* Does not disarm when it is closed. */
static struct leat_reader *open_late(struct kind_end *end)
{
    static const struct leat_reader_ops ops = {
        .name = "late",
        .self_size = sizeof(struct broken),
        .fill = read_to,
        .arm = broken_arm,
        .stop = late_stop,
    };
    return open_broken(end, &ops);
}

/* Says that it will wake, and does not. */
static enum leat_status deaf_arm(struct leat_reader *r, struct leat_wake *wake)
{
    (void)r;
    (void)wake;
    return LEAT_OK;
}

static struct leat_reader *open_deaf(struct kind_end *end)
{
    static const struct leat_reader_ops ops = {
        .name = "deaf",
        .self_size = sizeof(struct broken),
        .fill = read_to,
        .arm = deaf_arm,
        .stop = broken_stop,
    };
    return open_broken(end, &ops);
}

/* Wakes before there is anything. */
static enum leat_status eager_arm(struct leat_reader *r, struct leat_wake *wake)
{
    (void)r;
    wake->fire(wake);
    return LEAT_OK;
}

static struct leat_reader *open_eager(struct kind_end *end)
{
    static const struct leat_reader_ops ops = {
        .name = "eager",
        .self_size = sizeof(struct broken),
        .fill = read_to,
        .arm = eager_arm,
        .stop = broken_stop,
    };
    return open_broken(end, &ops);
}

/* Loses what it had when it has to wait for more. */
static enum leat_status forgets_fill(struct leat_reader *r, size_t min)
{
    enum leat_status status = read_to(r, min);
    if (status == LEAT_AGAIN)
        r->end = r->pos;
    return status;
}

static struct leat_reader *open_forgets(struct kind_end *end)
{
    static const struct leat_reader_ops ops = {
        .name = "forgets",
        .self_size = sizeof(struct broken),
        .fill = forgets_fill,
        .arm = broken_arm,
        .stop = broken_stop,
    };
    return open_broken(end, &ops);
}

/* Takes a fault for the end. */
static enum leat_status hushes_fill(struct leat_reader *r, size_t min)
{
    enum leat_status status = read_to(r, min);
    r->fault = (struct leat_fault){ 0 };
    return status == LEAT_FAULT ? LEAT_END : status;
}

static struct leat_reader *open_hushes(struct kind_end *end)
{
    static const struct leat_reader_ops ops = {
        .name = "hushes",
        .self_size = sizeof(struct broken),
        .fill = hushes_fill,
        .arm = broken_arm,
        .stop = broken_stop,
    };
    return open_broken(end, &ops);
}

/* Promises what it has not. */
static struct leat_reader *open_stream(struct kind_end *end)
{
    return leat_descriptor(end->ctx, end->near_fd, true, "stream");
}

/* Leaks a descriptor. */
static struct leat_reader *open_leaks(struct kind_end *end)
{
    return leat_descriptor(end->ctx, end->near_fd, false, "stream");
}

/* Says a word and waits for one before it reads; and says that it will wake for that, and does not.
 */
static enum leat_status shy_talks(struct leat_reader *r)
{
    struct broken *self = (struct broken *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    struct leat_span word = { (const uint8_t *)"?", 1 };
    struct leat_io io = { .status = LEAT_OK };
    uint8_t answer;
    if (!self->said)
        io = leat_engine_write(engine, self->end->near_fd, &word, 1);
    self->said = self->said || io.status == LEAT_OK;
    if (self->said && !self->talked)
        io = leat_engine_read(engine, self->end->near_fd, &answer, 1, LEAT_OFFSET_NONE);
    self->talked = self->talked || (self->said && io.status == LEAT_OK);
    return self->talked ? LEAT_OK : LEAT_AGAIN;
}

static enum leat_status shy_fill(struct leat_reader *r, size_t min)
{
    enum leat_status status = shy_talks(r);
    return status == LEAT_OK ? read_to(r, min) : status;
}

static enum leat_status shy_arm(struct leat_reader *r, struct leat_wake *wake)
{
    return ((struct broken *)r)->talked ? broken_arm(r, wake) : LEAT_OK;
}

static struct leat_reader *open_shy(struct kind_end *end)
{
    static const struct leat_reader_ops ops = {
        .name = "shy",
        .self_size = sizeof(struct broken),
        .fill = shy_fill,
        .arm = shy_arm,
        .stop = broken_stop,
    };
    struct leat_reader *r = open_broken(end, &ops);
    end->own = r;
    return r;
}

static void shy_begins(struct kind_end *end)
{
    while (shy_talks(end->own) != LEAT_OK)
        drive_wait(end->own);
}

/* The far end's word, when it has heard the near one's. */
static bool shy_answers(struct kind_end *end)
{
    char word;
    if (end->taken == 0 && read(end->far_fd, &word, 1) == 1)
        end->taken = (uint64_t)write(end->far_fd, "!", 1);
    return end->taken == 1;
}

static const struct kind_talk shyness = { shy_answers, shy_begins };

#define SOURCE(of, do_open, more)                                                                  \
    {                                                                                              \
        .name = #of, .sources = (const struct kind_source[])                                       \
        {                                                                                          \
            { .name = #of,                                                                         \
              .promises = KIND_STREAM | (more),                                                    \
              .make = ends_pipe_in,                                                                \
              .feed = ends_feed,                                                                   \
              .finish = ends_finish,                                                               \
              .open = (do_open),                                                                   \
              .unmake = ends_unmake },                                                             \
                { 0 },                                                                             \
        }                                                                                          \
    }

/* --- Views --- */

static enum leat_status show(struct leat_reader *r, size_t min)
{
    return leat_view_fill(r, min, UINT64_MAX);
}

static struct leat_reader *open_view(struct leat_reader *src, const struct leat_reader_ops *ops)
{
    struct leat_reader *r = leat_view_over(src, ops);
    return r != NULL ? r : src;
}

/* Looks at bytes that it says it does not look at. */
static void peeps_settle(struct leat_reader *r)
{
    static volatile uint8_t seen;
    for (size_t i = 0; i < leat_view_owes(r); i++)
        seen = r->below->pos[i];
    (void)seen;
    leat_view_settle(r);
}

static struct leat_reader *open_peeps(struct kind_end *end, struct leat_reader *src)
{
    static const struct leat_reader_ops ops = {
        .name = "peeps",
        .self_size = sizeof(struct leat_reader),
        .view = true,
        .fill = show,
        .settle = peeps_settle,
        .share = leat_view_share,
    };
    (void)end;
    return open_view(src, &ops);
}

/* Counts the bytes that it sees, but not those that it lets its source skip. */
struct counts {
    struct leat_reader reader;
    uint64_t seen;
};

static void counts_settle(struct leat_reader *r)
{
    ((struct counts *)r)->seen += leat_view_owes(r);
    leat_view_settle(r);
}

static enum leat_status skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    return leat_view_skip(r, n, UINT64_MAX, ret_done);
}

static struct leat_reader *open_counts(struct kind_end *end, struct leat_reader *src)
{
    static const struct leat_reader_ops ops = {
        .name = "counts",
        .self_size = sizeof(struct counts),
        .view = true,
        .fill = show,
        .skip = skip,
        .settle = counts_settle,
        .share = leat_view_share,
    };
    (void)end;
    return open_view(src, &ops);
}

static void counts_judge(struct kind_end *end, struct leat_reader *r)
{
    (void)end;
    check_equal(((struct counts *)r)->seen + leat_view_owes(r), leat_tell(r));
}

/* Looks at bytes, and offers them to be moved past it. */
static enum leat_status passes_offer(struct leat_reader *r, struct leat_offer *ret)
{
    enum leat_status status = leat_offer(leat_view_unlock(r), ret);
    leat_view_lock(r);
    return status;
}

static struct leat_reader *open_passes(struct kind_end *end, struct leat_reader *src)
{
    static const struct leat_reader_ops ops = {
        .name = "passes",
        .self_size = sizeof(struct leat_reader),
        .view = true,
        .fill = show,
        .share = leat_view_share,
        .offer = passes_offer,
    };
    (void)end;
    return open_view(src, &ops);
}

/* Puts a fault of its own in the place of its source's. */
static enum leat_status covers_fill(struct leat_reader *r, size_t min)
{
    enum leat_status status = show(r, min);
    if (status == LEAT_FAULT && leat_reader_fault(r->below)->code == LEAT_FAULT_SYSTEM)
        leat_reader_fails(r, LEAT_FAULT_CORRUPT, "something went wrong", r->end_offset);
    return status;
}

static struct leat_reader *open_covers(struct kind_end *end, struct leat_reader *src)
{
    static const struct leat_reader_ops ops = {
        .name = "covers",
        .self_size = sizeof(struct leat_reader),
        .view = true,
        .fill = covers_fill,
        .share = leat_view_share,
    };
    (void)end;
    return open_view(src, &ops);
}

/* Consumes of its source more than was consumed of it. */
static void gulps_settle(struct leat_reader *r)
{
    leat_view_settle(r);
    leat_consume(r->below, (size_t)(r->below->end - r->below->pos) > 4096 ? 1 : 0);
}

static struct leat_reader *open_gulps(struct kind_end *end, struct leat_reader *src)
{
    static const struct leat_reader_ops ops = {
        .name = "gulps",
        .self_size = sizeof(struct leat_reader),
        .view = true,
        .fill = show,
        .settle = gulps_settle,
    };
    (void)end;
    return open_view(src, &ops);
}

/* Goes on showing where its source's window was. */
static enum leat_status stares_size(struct leat_reader *r, uint64_t *ret)
{
    enum leat_status status = leat_size(leat_view_unlock(r), ret);
    leat_view_lock(r);
    return status;
}

static enum leat_status stares_seek(struct leat_reader *r, uint64_t offset)
{
    uint64_t begins = leat_tell(r->below) - leat_tell(r);
    enum leat_status status = leat_seek(leat_view_unlock(r), begins + offset);
    leat_view_lock(r);
    r->pos = r->end = r->below->pos;
    r->end_offset = offset;
    return status;
}

static struct leat_reader *open_stares(struct kind_end *end, struct leat_reader *src)
{
    static const struct leat_reader_ops ops = {
        .name = "stares",
        .self_size = sizeof(struct leat_reader),
        .view = true,
        .fill = show,
        .skip = skip,
        .seek = stares_seek,
        .size = stares_size,
    };
    (void)end;
    return open_view(src, &ops);
}

#define VIEW(of, more, do_judge)                                                                   \
    {                                                                                              \
        .name = #of, .views = (const struct kind_view[])                                           \
        {                                                                                          \
            { .name = #of,                                                                         \
              .promises = KIND_OWN_OFFSETS | (more),                                               \
              .open = open_##of,                                                                   \
              .judge = (do_judge) },                                                               \
                { 0 },                                                                             \
        }                                                                                          \
    }

/* --- Sinks --- */

/* Says that nothing can be seen of what was not finished. */
static struct leat_writer *open_shows(struct kind_end *end)
{
    int fd = open(end->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return leat_descriptor_writer(end->ctx, fd, true, end->path);
}

/* Drops what it could not pass on yet. */
struct drops {
    struct leat_writer writer;
    struct kind_end *end;
    uint8_t room[5000];
};

static enum leat_status drops_writes(struct drops *self)
{
    struct leat_writer *w = &self->writer;
    struct leat_engine *engine = leat_engine_of(w->ctx);
    struct leat_span left = { self->room, (size_t)(w->pos - self->room) };
    struct leat_io io = { .status = LEAT_OK };
    while (left.len > 0 && io.status == LEAT_OK) {
        io = leat_engine_write(engine, self->end->near_fd, &left, 1);
        left.data += io.status == LEAT_OK ? io.bytes : 0;
        left.len -= io.status == LEAT_OK ? io.bytes : 0;
    }
    w->end_offset = leat_writer_tell(w) + sizeof(self->room);
    w->pos = self->room;
    w->end = self->room + sizeof(self->room);
    return LEAT_OK;
}

static enum leat_status drops_drain(struct leat_writer *w, size_t min)
{
    check(min <= 5000);
    return drops_writes((struct drops *)w);
}

static enum leat_status drops_flush(struct leat_writer *w, enum leat_flush level)
{
    (void)level;
    return drops_writes((struct drops *)w);
}

static void drops_stop(struct leat_writer *w)
{
    close(((struct drops *)w)->end->near_fd);
    w->end_offset = leat_writer_tell(w);
    w->end = w->pos;
}

static struct leat_writer *open_drops(struct kind_end *end)
{
    static const struct leat_writer_ops ops = {
        .name = "drops",
        .self_size = sizeof(struct drops),
        .drain = drops_drain,
        .flush = drops_flush,
        .stop = drops_stop,
    };
    struct drops *self = leat_writer_at(end->ctx, &ops);
    if (self == NULL) {
        close(end->near_fd);
        return &end->ctx->no_writer;
    }
    self->end = end;
    self->writer.room_max = sizeof(self->room);
    self->writer.pos = self->writer.end = self->room;
    return &self->writer;
}

const struct kinds bites[] = {
    SOURCE(late, open_late, 0),
    SOURCE(deaf, open_deaf, 0),
    SOURCE(eager, open_eager, 0),
    SOURCE(forgets, open_forgets, 0),
    SOURCE(hushes, open_hushes, 0),
    SOURCE(boasts_of_seeks, open_stream, KIND_SEEKS),
    SOURCE(boasts_of_no_copies, open_stream, KIND_COPIES_NOTHING),
    SOURCE(leaks, open_leaks, 0),
    {
        .name = "shy",
        .sources =
            (const struct kind_source[]){
                {
                    .name = "shy",
                    .promises = KIND_STREAM,
                    .talk = &shyness,
                    .make = ends_socket,
                    .feed = ends_feed,
                    .finish = ends_finish,
                    .open = open_shy,
                    .unmake = ends_unmake,
                },
                { 0 },
            },
    },
    VIEW(peeps, KIND_COPIES_NOTHING, NULL),
    VIEW(counts, KIND_COPIES_NOTHING | KIND_LOOKS, counts_judge),
    VIEW(passes, KIND_COPIES_NOTHING | KIND_LOOKS, NULL),
    VIEW(covers, KIND_COPIES_NOTHING, NULL),
    VIEW(gulps, 0, NULL),
    VIEW(stares, KIND_SEEKS, NULL),
    {
        .name = "shows",
        .sinks =
            (const struct kind_sink[]){
                {
                    .name = "shows",
                    .promises = KIND_WHOLE,
                    .open = open_shows,
                    .take = ends_take_file,
                    .unmake = ends_unmake,
                },
                { 0 },
            },
    },
    {
        .name = "drops",
        .sinks =
            (const struct kind_sink[]){
                {
                    .name = "drops",
                    .promises = KIND_STREAM,
                    .make = ends_pipe_out,
                    .open = open_drops,
                    .take = ends_take,
                    .unmake = ends_unmake,
                },
                { 0 },
            },
    },
    { .name = "boasts", .engines = bite_boasts },
    { .name = "keeps", .engines = bite_keeps },
    { .name = "nods", .engines = bite_nods },
    { .name = NULL },
};
