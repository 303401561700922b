/* Shards: their threads, from the first to the last. */

#include "leat/fiber/shard.h"

#include <sched.h>

#include "leat/fiber/shards.h"

/* --- In a shard's thread --- */

/* Keep the thread on the processor that is its own; where it is not let, it floats. */
static void shard_pins(const struct leat_shard *self)
{
    cpu_set_t all, own;
    if (self->shards->options.floats || sched_getaffinity(0, sizeof(all), &all) != 0)
        return;
    unsigned nth = self->index % (unsigned)CPU_COUNT(&all);
    CPU_ZERO(&own);
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &all) || nth-- > 0)
            continue;
        CPU_SET(i, &own);
        (void)pthread_setaffinity_np(pthread_self(), sizeof(own), &own);
        return;
    }
}

/* What it has is made by its own thread, near to it. */
static bool shard_sets_up(struct leat_shard *self)
{
    const struct leat_shards_options *options = &self->shards->options;
    self->loop = leat_loop_create(&options->loop, &self->choice);
    if (self->loop == NULL)
        return false;
    self->fibers = leat_fibers_create(self->loop, &options->fibers);
    if (self->fibers == NULL)
        return false;
    struct leat_ctx_options of_ctx = options->ctx;
    struct leat_ctx_options waits = leat_fibers_ctx(self->fibers);
    of_ctx.engine = waits.engine;
    of_ctx.breathe = waits.breathe;
    of_ctx.cpu_ns = waits.cpu_ns;
    leat_ctx_init(&self->ctx, &of_ctx);
    return true;
}

/* Say whether it is set up, and wait for the others. True: all are. */
static bool shard_waits_for_others(struct leat_shard *self, bool is_set_up)
{
    struct leat_shards *all = self->shards;
    pthread_mutex_lock(&all->mutex);
    all->ready++;
    all->failed += !is_set_up;
    pthread_cond_broadcast(&all->changed);
    while (all->go == LEAT_SHARDS_WAIT)
        pthread_cond_wait(&all->changed, &all->mutex);
    bool runs = all->go == LEAT_SHARDS_RUN;
    pthread_mutex_unlock(&all->mutex);
    return runs;
}

/* Others may still be about to wake this one, for nothing: its loop is to be there. */
static void shard_leaves(struct leat_shard *self)
{
    struct leat_shards *all = self->shards;
    pthread_mutex_lock(&all->mutex);
    all->left++;
    pthread_cond_broadcast(&all->changed);
    while (all->left < all->count)
        pthread_cond_wait(&all->changed, &all->mutex);
    pthread_mutex_unlock(&all->mutex);
}

static void entry_ended(struct leat_shards *all)
{
    if (__atomic_sub_fetch(&all->busy, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (unsigned i = 0; i < all->count; i++)
        leat_loop_notify(all->each[i].loop, &all->each[i].stop);
}

static void entry_runs(void *arg)
{
    struct leat_shard *self = arg;
    self->shards->options.entry(self, self->shards->options.arg);
    entry_ended(self->shards);
}

/* The last entry has ended. */
static void stops(struct leat_note *note)
{
    struct leat_shard *self = LEAT_CONTAINER_OF(note, struct leat_shard, stop);
    leat_loop_unkeep(self->loop);
}

static void shard_serves(struct leat_shard *self)
{
    struct leat_scope scope;
    leat_loop_keep(self->loop);
    leat_scope_open(&self->service, self->fibers);
    leat_scope_open(&scope, self->fibers);
    self->status = leat_scope_spawn(&scope, entry_runs, self);
    if (self->status != LEAT_OK)
        entry_ended(self->shards);
    enum leat_status status = leat_loop_run(self->loop);
    /* As in leat_fibers_run: without its loop nothing can be put in order. */
    leat_assert(status == LEAT_OK);
    leat_scope_close(&scope);
    leat_scope_close(&self->service);
}

static void *shard_runs(void *arg)
{
    struct leat_shard *self = arg;
    shard_pins(self);
    bool is_set_up = shard_sets_up(self);
    if (shard_waits_for_others(self, is_set_up)) {
        shard_serves(self);
        shard_leaves(self);
    }
    if (is_set_up)
        leat_ctx_fini(&self->ctx);
    leat_fibers_destroy(self->fibers);
    leat_loop_destroy(self->loop);
    return NULL;
}

/* --- Outside --- */

static unsigned processors(void)
{
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof(all), &all) != 0)
        return 1;
    unsigned count = (unsigned)CPU_COUNT(&all);
    return count < LEAT_SHARDS_MAX ? count : LEAT_SHARDS_MAX;
}

static void *aligned(void *memory)
{
    uintptr_t at = (uintptr_t)memory;
    return (char *)memory + (LEAT_CACHE_LINE - at % LEAT_CACHE_LINE) % LEAT_CACHE_LINE;
}

/* The shards, then all rings, then their places: one piece of memory. */
static struct leat_shards *shards_create(const struct leat_shards_options *options)
{
    size_t count = options->count, credits = options->credits;
    size_t slots_len = count * count * credits;
    struct leat_shards *all = leat_allocate(&options->alloc, sizeof(*all));
    if (all == NULL)
        return NULL;
    all->memory = leat_allocate(&options->alloc,
                                count * sizeof(struct leat_shard) +
                                    count * count * sizeof(struct leat_shard_ring) +
                                    slots_len * sizeof(struct leat_message *) + LEAT_CACHE_LINE);
    if (all->memory == NULL) {
        leat_deallocate(&options->alloc, all);
        return NULL;
    }
    all->options = *options;
    all->count = all->busy = options->count;
    all->credits = options->credits;
    all->each = aligned(all->memory);
    struct leat_shard_ring *rings = (struct leat_shard_ring *)(void *)(all->each + count);
    struct leat_message **slots = (struct leat_message **)(void *)(rings + count * count);
    for (unsigned i = 0; i < count; i++) {
        struct leat_shard *self = &all->each[i];
        self->shards = all;
        self->index = i;
        self->bell.fire = leat_shard_hears;
        self->stop.fire = stops;
        self->rings = rings + i * count;
        for (unsigned to = 0; to < count; to++, slots += credits)
            leat_shard_ring_init(&self->rings[to], self, &all->each[to], slots);
    }
    pthread_mutex_init(&all->mutex, NULL);
    pthread_cond_init(&all->changed, NULL);
    return all;
}

static void shards_destroy(struct leat_shards *all)
{
    struct leat_alloc alloc = all->options.alloc;
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->mutex);
    leat_deallocate(&alloc, all->memory);
    leat_deallocate(&alloc, all);
}

/* Start the threads; true when every shard is set up, and runs. */
static bool threads_start(struct leat_shards *all, unsigned *ret_started)
{
    unsigned started = 0;
    while (started < all->count &&
           pthread_create(&all->each[started].thread, NULL, shard_runs, &all->each[started]) == 0)
        started++;
    pthread_mutex_lock(&all->mutex);
    while (all->ready < started)
        pthread_cond_wait(&all->changed, &all->mutex);
    bool runs = started == all->count && all->failed == 0;
    all->go = runs ? LEAT_SHARDS_RUN : LEAT_SHARDS_GIVE_UP;
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->mutex);
    *ret_started = started;
    return runs;
}

struct leat_shards *leat_shards_start(const struct leat_shards_options *options,
                                      struct leat_loop_choice *ret_choice)
{
    struct leat_shards_options full = *options;
    full.count = full.count != 0 ? full.count : processors();
    full.credits = full.credits != 0 ? full.credits : LEAT_SHARD_CREDITS;
    if (full.alloc.resize == NULL)
        full.alloc = leat_alloc_hosted;
    leat_assert(full.entry != NULL);
    leat_assert(full.count <= LEAT_SHARDS_MAX);
    leat_assert(full.credits <= LEAT_SHARD_CREDITS_MAX);
    leat_assert((full.credits & (full.credits - 1)) == 0);
    struct leat_shards *all = shards_create(&full);
    if (all == NULL)
        return NULL;
    unsigned started;
    bool runs = threads_start(all, &started);
    if (ret_choice != NULL)
        *ret_choice = all->each[0].choice;
    if (runs)
        return all;
    for (unsigned i = 0; i < started; i++)
        pthread_join(all->each[i].thread, NULL);
    shards_destroy(all);
    return NULL;
}

enum leat_status leat_shards_join(struct leat_shards *shards, struct leat_counts *ret)
{
    enum leat_status status = LEAT_OK;
    for (unsigned i = 0; i < shards->count; i++) {
        struct leat_shard *shard = &shards->each[i];
        pthread_join(shard->thread, NULL);
        if (shard->status != LEAT_OK)
            status = LEAT_FAULT;
        if (ret != NULL)
            leat_counts_add(ret, &shard->ctx.counts);
    }
    shards_destroy(shards);
    return status;
}

unsigned leat_shards_count(const struct leat_shards *shards)
{
    return shards->count;
}

struct leat_shard *leat_shards_at(struct leat_shards *shards, unsigned index)
{
    leat_assert(index < shards->count);
    return &shards->each[index];
}

struct leat_shards *leat_shard_all(struct leat_shard *here)
{
    return here->shards;
}

unsigned leat_shard_index(const struct leat_shard *shard)
{
    return shard->index;
}

struct leat_loop *leat_shard_loop(struct leat_shard *here)
{
    return here->loop;
}

struct leat_fibers *leat_shard_fibers(struct leat_shard *here)
{
    return here->fibers;
}

struct leat_ctx *leat_shard_ctx(struct leat_shard *here)
{
    return &here->ctx;
}
