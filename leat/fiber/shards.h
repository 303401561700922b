#ifndef LEAT_FIBER_SHARDS_H
#define LEAT_FIBER_SHARDS_H

#include <pthread.h>

#include "leat/core/ctx.h"
#include "leat/fiber/shard.h"
#include "leat/fiber/wait.h"

/* What the files of the shards share. */

enum { LEAT_CACHE_LINE = 64 };

/* Messages from one shard to another. Each side's fields have a line of their own. */
struct leat_shard_ring {
    /* The sender's. */
    _Alignas(LEAT_CACHE_LINE) uint32_t tail; /* atomic; messages that were put */
    uint32_t head_seen;                      /* `head`, as of the last look */
    bool asked;                              /* `room` will come */
    struct leat_waiters waiters;             /* fibers without credit; item: the message */
    struct leat_shard *from, *to;
    struct leat_message **slots; /* shards->credits */

    /* The receiver's. */
    _Alignas(LEAT_CACHE_LINE) uint32_t head; /* atomic; messages that were taken */

    /* Seldom touched. */
    _Alignas(LEAT_CACHE_LINE) bool starves; /* atomic; the sender wants to be told of room */
    struct leat_note room;                  /* to the sender */
};

struct leat_shard {
    /* Others': a bit for each shard that has put something since the last look; atomic. Who sets
     * the first rings the bell. */
    _Alignas(LEAT_CACHE_LINE) uint64_t wrote;
    struct leat_note bell;

    _Alignas(LEAT_CACHE_LINE) struct leat_shards *shards;
    unsigned index;
    struct leat_loop *loop;
    struct leat_loop_choice choice;
    struct leat_fibers *fibers;
    struct leat_ctx ctx;
    struct leat_scope service;     /* calls from others */
    struct leat_shard_ring *rings; /* to each of the others, by index */
    struct leat_note stop;
    enum leat_status status;
    pthread_t thread;
};

enum leat_shards_go { LEAT_SHARDS_WAIT, LEAT_SHARDS_RUN, LEAT_SHARDS_GIVE_UP };

struct leat_shards {
    struct leat_shards_options options;
    unsigned count;
    uint32_t credits;
    uint32_t busy; /* atomic; entries that have not ended */
    void *memory;  /* that all of it lies in */
    struct leat_shard *each;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned ready, failed, left; /* threads: set up or not, and done with the others */
    enum leat_shards_go go;
};

/* The ring from `here` to itself stays empty. */
void leat_shard_ring_init(struct leat_shard_ring *ring, struct leat_shard *from,
                          struct leat_shard *to, struct leat_message **slots);

/* The bell of a shard: take what was written to it. */
void leat_shard_hears(struct leat_note *bell);

#endif
