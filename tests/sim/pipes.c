/* Chains of pipes: a head that writes, relays in between, a tail that reads, each of which may be
 * cancelled, give up or leave at any step. What is read is what was written, from its beginning on
 * and, where the writer before it finished, to its end; who reads too slowly holds the writer up at
 * the marks; a slice stays what it was; and nobody waits for ever. */

#include "leat/fiber/pipe.h"

#include <errno.h>
#include <string.h>

#include "leat/core/copy.h"
#include "tests/sim/world.h"

enum { SEEDS = 6000, CHAINS_MAX = 3, LINKS_MAX = 4, SLICES_MAX = 6 };
enum { TOTAL_MAX = 100000, HIGH_MAX = 20000, PIECE_MAX = 8000 };

struct chain;

/* A pipe. Its two sides are of two fibers; the one behind it may be a relay. */
struct link {
    struct leat_reader *r; /* NULL: closed */
    struct leat_writer *w;
    uint64_t high, low;
    uint64_t said;  /* when `w` was closed */
    uint64_t heard; /* when `r` was closed */
    bool finished;
};

/* Who reads `from` and writes `to`: NULL of the head, and of the tail. */
struct side {
    struct chain *chain;
    struct link *from, *to;
    bool patient; /* is not cancelled, and does not leave */
    struct leat_fault fault;
};

struct chain {
    struct scene *scene;
    unsigned number, links_len;
    size_t total;
    bool gives_up; /* the head, with a fault of its own */
    enum leat_status ends;
    uint64_t asks, asked_max; /* by the tail, now and at most; 0: it does not wait */
    struct link links[LINKS_MAX];
    struct side sides[LINKS_MAX + 1];
    struct leat_slice slices[SLICES_MAX];
    uint64_t slice_at[SLICES_MAX];
};

struct scene {
    struct world *world;
    bool harmless; /* nobody is cancelled, leaves or gives up, and there is memory */
    struct chain chains[CHAINS_MAX];
};

static uint8_t byte_at(unsigned chain, uint64_t at)
{
    return (uint8_t)(at * 7 + at / 251 + chain * 91);
}

static void check_text_of(const struct chain *chain, const uint8_t *data, uint64_t at, size_t len)
{
    check(at + len <= chain->total);
    for (size_t i = 0; i < len; i++)
        check_equal(data[i], byte_at(chain->number, at + i));
}

/* --- Beginning and ending --- */

static void scope_begin(struct side *side, struct leat_scope *scope)
{
    struct world *world = side->chain->scene->world;
    leat_scope_open(scope, world->fibers);
    if (!side->patient)
        leat_scope_deadline(scope, leat_loop_clock(world->loop) + world_len(world, 20 * MS_NS));
}

static void from_close(struct side *side)
{
    side->from->heard = leat_tell(side->from->r);
    leat_reader_close(side->from->r);
    side->from->r = NULL;
}

static void to_close(struct side *side)
{
    side->to->said = leat_writer_tell(side->to->w);
    leat_writer_close(side->to->w);
    side->to->w = NULL;
}

/* Why one may fail who was left alone: for what was done to another, or memory. */
static void check_fault(const struct side *side, const struct leat_fault *fault)
{
    const struct chain *chain = side->chain;
    check(fault != NULL && !chain->scene->harmless);
    if (fault->code == LEAT_FAULT_MEMORY)
        check(!chain->scene->world->calm);
    else if (fault->code == LEAT_FAULT_CORRUPT)
        check(chain->gives_up);
    else if (fault->code == LEAT_FAULT_SYSTEM)
        check(fault->system_code == EPIPE || fault->system_code == ETIMEDOUT);
    else
        check(fault->code == LEAT_FAULT_TRUNCATED || fault->code == LEAT_FAULT_CANCELLED);
}

/* The reader has come to an end, at `at`: of its own wait, or of what the writer before had. */
static void check_end(struct side *side, enum leat_status status, uint64_t at)
{
    const struct link *from = side->from;
    const struct leat_fault *fault = leat_reader_fault(from->r);
    check_equal(status == LEAT_END, fault == NULL);
    if (status == LEAT_END)
        check(from->finished);
    else
        check_fault(side, fault);
    /* What a writer says of its end stands behind all that it wrote. */
    if (fault == NULL || fault->code == LEAT_FAULT_TRUNCATED || fault->code == LEAT_FAULT_CORRUPT) {
        check(from->w == NULL || from->finished);
        check_equal(at, from->w == NULL ? from->said : leat_writer_tell(from->w));
    }
}

/* --- The head --- */

/* Write `len` bytes in one of the ways there are. */
static enum leat_status says_some(struct chain *chain, struct leat_writer *w, uint64_t at,
                                  size_t len)
{
    struct world *world = chain->scene->world;
    struct leat_block *block = leat_block_create(&world->alloc, len);
    struct leat_room room;
    size_t done;
    if (block == NULL)
        return LEAT_OK; /* not now */
    for (size_t i = 0; i < len; i++)
        block->data[i] = byte_at(chain->number, at + i);
    struct leat_slice slice = { block->data, len, block };
    enum leat_status status;
    switch (world_draw(world, 3)) {
    case 0:
        status = leat_give(w, &slice);
        break;
    case 1:
        status = leat_write(w, slice.data, len, &done);
        break;
    default:
        status = leat_reserve(w, len, &room);
        if (status == LEAT_OK) {
            memcpy(room.data, slice.data, len);
            leat_commit(w, len);
        }
    }
    leat_slice_release(&slice);
    return status;
}

static uint64_t buffered(const struct link *link)
{
    return link->r != NULL ? leat_writer_tell(link->w) - leat_tell(link->r) : 0;
}

/* `len` bytes were written where there were `before`: beyond the upper mark only as far as one
 * write goes, or the reader asked; and from there on not before the reader had come down to the
 * lower. */
static void check_marks(const struct chain *chain, const struct link *to, uint64_t before,
                        size_t len)
{
    uint64_t asked = chain->links_len == 1 ? chain->asked_max : 1;
    check(buffered(to) < (asked > to->high ? asked : to->high) + len);
    if (before >= to->high && asked <= to->low)
        check(buffered(to) <= to->low + len);
}

/* What was flushed is there for the reader, and there was time for him to see it. */
static void check_seen(const struct chain *chain, const struct link *to)
{
    check(chain->links_len > 1 || chain->asks == 0 || to->r == NULL || buffered(to) < chain->asks);
}

static enum leat_status head_says(struct side *side, struct leat_writer *w)
{
    struct chain *chain = side->chain;
    struct world *world = chain->scene->world;
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && leat_writer_tell(w) < chain->total) {
        size_t left = chain->total - (size_t)leat_writer_tell(w);
        size_t len = world_len(world, left < PIECE_MAX ? left : PIECE_MAX);
        uint64_t before = buffered(side->to);
        status = says_some(chain, w, leat_writer_tell(w), len);
        if (leat_writer_tell(w) + left == chain->total + len)
            check_marks(chain, side->to, before, len);
        bool flushes = status == LEAT_OK && world_percent(world, 30);
        if (flushes)
            status = leat_flush(w, LEAT_FLUSH_PUSH);
        bool pauses = world_percent(world, 20) &&
                      leat_fiber_sleep(world->fibers, world_len(world, MS_NS)) == LEAT_OK;
        if (flushes && pauses)
            check_seen(chain, side->to);
        if (!side->patient && world_percent(world, 1))
            break;
    }
    return status;
}

static void head_runs(void *arg)
{
    struct side *side = arg;
    struct chain *chain = side->chain;
    struct leat_writer *w = side->to->w;
    struct leat_scope scope;
    static const struct leat_fault own = { .code = LEAT_FAULT_CORRUPT, .part = "head" };
    scope_begin(side, &scope);
    enum leat_status status = head_says(side, w);
    if (status != LEAT_OK)
        check_fault(side, leat_writer_fault(w));
    else if (chain->gives_up)
        leat_pipe_fail(w, &own);
    else if (leat_writer_tell(w) == chain->total)
        side->to->finished = leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK;
    leat_scope_close(&scope);
    to_close(side);
}

/* --- Relays --- */

/* What came is passed on as it came: the end, or the fault. */
static void relay_ends(struct side *side, enum leat_status status)
{
    const struct leat_fault *fault = leat_reader_fault(side->from->r);
    if (leat_writer_fault(side->to->w) != NULL) {
        check_fault(side, leat_writer_fault(side->to->w));
        return;
    }
    if (status == LEAT_END || status == LEAT_FAULT)
        check_end(side, status, leat_tell(side->from->r));
    if (status == LEAT_FAULT)
        leat_pipe_fail(side->to->w, fault);
    if (status == LEAT_END)
        side->to->finished = leat_flush(side->to->w, LEAT_FLUSH_FINISH) == LEAT_OK;
}

static void relay_runs(void *arg)
{
    struct side *side = arg;
    struct world *world = side->chain->scene->world;
    struct leat_scope scope;
    enum leat_status status = LEAT_OK;
    scope_begin(side, &scope);
    while (status == LEAT_OK) {
        uint64_t done;
        status = leat_copy(side->to->w, side->from->r, world_len(world, TOTAL_MAX), &done);
        if (world_percent(world, 20))
            world_pause(world, MS_NS);
        if (!side->patient && world_percent(world, 5))
            break;
    }
    relay_ends(side, status);
    leat_scope_close(&scope);
    from_close(side);
    to_close(side);
}

/* --- The tail --- */

/* Keep a piece for longer than all else, in the place of one that was kept before. */
static enum leat_status keeps(struct chain *chain, struct leat_reader *r, size_t len)
{
    size_t at = world_draw(chain->scene->world, SLICES_MAX);
    struct leat_slice *slice = &chain->slices[at];
    check_text_of(chain, slice->data, chain->slice_at[at], slice->len);
    leat_slice_release(slice);
    *slice = (struct leat_slice){ 0 };
    chain->slice_at[at] = leat_tell(r);
    return leat_share(r, len, slice);
}

static enum leat_status tail_hears(struct side *side, struct leat_reader *r)
{
    struct chain *chain = side->chain;
    struct world *world = chain->scene->world;
    uint64_t skipped;
    struct leat_span span;
    size_t want = world_percent(world, 30) ? world_len(world, 2 * HIGH_MAX) : 1;
    chain->asked_max = want > chain->asked_max ? want : chain->asked_max;
    chain->asks = want;
    enum leat_status status = leat_peek(r, want, &span);
    chain->asks = 0;
    check_equal(status == LEAT_OK, span.len >= want);
    check_text_of(chain, span.data, leat_tell(r), span.len);
    if (status != LEAT_OK) {
        check_end(side, status, r->end_offset);
        return status;
    }
    if (world_percent(world, 20))
        status = keeps(chain, r, world_len(world, span.len));
    leat_consume(r, world_len(world, span.len));
    if (status == LEAT_OK && world_percent(world, 5))
        status = leat_skip(r, world_len(world, PIECE_MAX), &skipped);
    return status;
}

static void tail_runs(void *arg)
{
    struct side *side = arg;
    struct chain *chain = side->chain;
    struct world *world = chain->scene->world;
    struct leat_reader *r = side->from->r;
    struct leat_scope scope;
    bool slow = world_percent(world, 50);
    scope_begin(side, &scope);
    chain->ends = LEAT_OK;
    while (chain->ends == LEAT_OK) {
        chain->ends = tail_hears(side, r);
        if (slow && world_percent(world, 50))
            world_pause(world, MS_NS);
        if (!side->patient && world_percent(world, 2))
            break;
    }
    if (chain->ends == LEAT_END && leat_tell(r) < r->end_offset)
        leat_consume(r, (size_t)(r->end_offset - leat_tell(r)));
    leat_scope_close(&scope);
    from_close(side);
}

/* --- All of them --- */

static void side_init(struct chain *chain, unsigned at)
{
    struct side *side = &chain->sides[at];
    side->chain = chain;
    side->from = at > 0 ? &chain->links[at - 1] : NULL;
    side->to = at < chain->links_len ? &chain->links[at] : NULL;
    side->patient = chain->scene->harmless || world_percent(chain->scene->world, 70);
}

static void link_init(struct chain *chain, struct link *link)
{
    struct world *world = chain->scene->world;
    struct leat_pipe_options options = { .high = 1 + world_len(world, HIGH_MAX) };
    if (world_percent(world, 70))
        options.low = world_draw(world, options.high);
    link->high = options.high;
    link->low = options.low != 0 ? options.low : options.high / 2;
    leat_pipe(&world->ctx, &options, &link->r, &link->w);
    if (link->r == &world->ctx.no_reader)
        check(!chain->scene->harmless);
}

/* There was no fiber for it. */
static void side_leaves(struct side *side)
{
    check(!side->chain->scene->harmless);
    if (side->from != NULL)
        from_close(side);
    if (side->to != NULL)
        to_close(side);
}

static void chain_begins(struct scene *scene, struct leat_scope *scope, unsigned number)
{
    struct world *world = scene->world;
    struct chain *chain = &scene->chains[number];
    chain->scene = scene;
    chain->number = number;
    chain->total = world_len(world, TOTAL_MAX);
    chain->gives_up = !scene->harmless && world_percent(world, 20);
    chain->links_len = 1 + (unsigned)world_draw(world, LINKS_MAX);
    for (unsigned i = 0; i < chain->links_len; i++)
        link_init(chain, &chain->links[i]);
    for (unsigned i = 0; i <= chain->links_len; i++) {
        struct side *side = &chain->sides[i];
        side_init(chain, i);
        void (*runs)(void *) = side->from == NULL ? head_runs
                               : side->to == NULL ? tail_runs
                                                  : relay_runs;
        if (leat_scope_spawn(scope, runs, side) != LEAT_OK)
            side_leaves(side);
    }
}

static void chain_ends(struct chain *chain)
{
    for (unsigned i = 0; i < chain->links_len; i++) {
        const struct link *link = &chain->links[i];
        check(link->heard <= link->said);
        check(i == 0 || link->said <= chain->links[i - 1].heard);
    }
    if (chain->ends == LEAT_END || chain->scene->harmless) {
        check_status(chain->ends, LEAT_END);
        check_equal(chain->links[chain->links_len - 1].heard, chain->total);
    }
    for (unsigned i = 0; i < SLICES_MAX; i++) {
        check_text_of(chain, chain->slices[i].data, chain->slice_at[i], chain->slices[i].len);
        leat_slice_release(&chain->slices[i]);
    }
}

static void scene_runs(void *arg)
{
    struct scene *scene = arg;
    struct world *world = scene->world;
    struct leat_scope scope;
    unsigned chains = 1 + (unsigned)world_draw(world, CHAINS_MAX);
    scene->harmless = world->calm && world_percent(world, 50);
    leat_scope_open(&scope, world->fibers);
    for (unsigned i = 0; i < chains; i++)
        chain_begins(scene, &scope, i);
    if (!scene->harmless && world_percent(world, 20)) {
        world_pause(world, 20 * MS_NS);
        leat_scope_cancel(&scope);
    }
    leat_scope_close(&scope);
    for (unsigned i = 0; i < chains; i++)
        chain_ends(&scene->chains[i]);
}

static void test(struct world *world)
{
    static struct scene scene;
    struct leat_sim_options options = { 0 };
    scene = (struct scene){ .world = world };
    world_begin(world, &options, NULL);
    world_run(world, scene_runs, &scene);
    world_end(world);
}

int main(int argc, char **argv)
{
    return world_main(argc, argv, SEEDS, test);
}
