#include "leat/engine/buffers.h"

#include <pthread.h>
#include <sys/mman.h>

#include "leat/core/assert.h"

enum { COUNT_MAX = 32768 };

struct leat_buffers {
    struct leat_alloc alloc;
    pthread_t owner;
    uint8_t *region;
    size_t region_len;
    unsigned count, bytes;
    unsigned home;            /* how many are */
    unsigned used;            /* of the blocks; those behind were never taken, nor their memory */
    struct leat_block *first; /* home, the last that came first; empty where `serve` was called */
    void (*serve)(void *user, unsigned id);
    void *user;
    void (*wake)(void *user); /* the owner waits for the next; written with the lock held */
    void *wake_user;
    pthread_mutex_t lock;       /* of the three below */
    struct leat_block *foreign; /* released by other threads, and not home yet */
    bool destroyed;             /* by the owner */
    unsigned away;              /* then: how many are still to come */
    struct leat_block blocks[];
};

static void buffers_free(struct leat_buffers *buffers)
{
    struct leat_alloc alloc = buffers->alloc;
    munmap(buffers->region, buffers->region_len);
    pthread_mutex_destroy(&buffers->lock);
    leat_deallocate(&alloc, buffers);
}

unsigned leat_buffers_id(const struct leat_buffers *buffers, const struct leat_block *block)
{
    leat_assert(block >= buffers->blocks && block < buffers->blocks + buffers->count);
    return (unsigned)(block - buffers->blocks);
}

static void come_home(struct leat_buffers *buffers, struct leat_block *block)
{
    buffers->home++;
    if (buffers->serve != NULL) {
        buffers->serve(buffers->user, leat_buffers_id(buffers, block));
        return;
    }
    block->next = buffers->first;
    buffers->first = block;
}

/* On the owner's own thread: whoever steps this loop may be waiting elsewhere for its descriptor.
 */
static void wake_owner(struct leat_buffers *buffers)
{
    void (*wake)(void *user) = buffers->wake;
    if (wake == NULL)
        return;
    pthread_mutex_lock(&buffers->lock);
    buffers->wake = NULL;
    pthread_mutex_unlock(&buffers->lock);
    wake(buffers->wake_user);
}

/* The last slice of a block is gone. On the owner's thread `destroyed` is its own to read. */
static void released(struct leat_block *block)
{
    struct leat_buffers *buffers = (struct leat_buffers *)block->alloc.user;
    bool is_owner = pthread_equal(pthread_self(), buffers->owner);
    if (is_owner && !buffers->destroyed) {
        come_home(buffers, block);
        wake_owner(buffers);
        return;
    }
    pthread_mutex_lock(&buffers->lock);
    bool last = false;
    if (buffers->destroyed) {
        leat_assert(buffers->away > 0);
        last = --buffers->away == 0;
    } else {
        block->next = buffers->foreign;
        buffers->foreign = block;
        /* With the lock held: the owner stays until `wake` has come back. */
        if (block->next == NULL && buffers->wake != NULL)
            buffers->wake(buffers->wake_user);
    }
    pthread_mutex_unlock(&buffers->lock);
    if (last)
        buffers_free(buffers);
}

struct leat_buffers *leat_buffers_create(const struct leat_alloc *alloc, unsigned count,
                                         unsigned bytes)
{
    leat_assert(count > 0 && count <= COUNT_MAX);
    leat_assert(bytes > 0);
    struct leat_buffers *buffers =
        leat_allocate(alloc, sizeof(*buffers) + count * sizeof(buffers->blocks[0]));
    if (buffers == NULL)
        return NULL;
    size_t len = (size_t)count * bytes;
    void *region =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED) {
        leat_deallocate(alloc, buffers);
        return NULL;
    }
    buffers->alloc = *alloc;
    buffers->owner = pthread_self();
    buffers->region = region;
    buffers->region_len = len;
    buffers->count = count;
    buffers->bytes = bytes;
    pthread_mutex_init(&buffers->lock, NULL);
    buffers->home = count;
    return buffers;
}

void leat_buffers_destroy(struct leat_buffers *buffers)
{
    if (buffers == NULL)
        return;
    leat_assert(pthread_equal(pthread_self(), buffers->owner));
    buffers->serve = NULL;
    leat_buffers_collect(buffers);
    pthread_mutex_lock(&buffers->lock);
    buffers->away = buffers->count - buffers->home;
    for (struct leat_block *block = buffers->foreign; block != NULL; block = block->next)
        buffers->away--;
    buffers->destroyed = true;
    bool all_home = buffers->away == 0;
    pthread_mutex_unlock(&buffers->lock);
    if (all_home)
        buffers_free(buffers);
}

static struct leat_block *leave(struct leat_buffers *buffers, struct leat_block *block)
{
    leat_assert(buffers->home > 0);
    buffers->home--;
    *block = (struct leat_block){
        .refs = 1,
        .alloc.user = buffers,
        .data = buffers->region + (size_t)(block - buffers->blocks) * buffers->bytes,
        .size = buffers->bytes,
        .release = released,
    };
    return block;
}

struct leat_block *leat_buffers_take(struct leat_buffers *buffers)
{
    leat_assert(buffers->serve == NULL);
    if (buffers->first == NULL)
        leat_buffers_collect(buffers);
    struct leat_block *block = buffers->first;
    if (block != NULL)
        buffers->first = block->next;
    else if (buffers->used < buffers->count)
        block = &buffers->blocks[buffers->used++];
    return block != NULL ? leave(buffers, block) : NULL;
}

struct leat_block *leat_buffers_take_by_id(struct leat_buffers *buffers, unsigned id)
{
    leat_assert(buffers->serve != NULL);
    leat_assert(id < buffers->count);
    leat_assert(buffers->blocks[id].refs == 0);
    return leave(buffers, &buffers->blocks[id]);
}

void leat_buffers_serve(struct leat_buffers *buffers, void (*home)(void *user, unsigned id),
                        void *user)
{
    leat_assert(buffers->serve == NULL);
    buffers->serve = home;
    buffers->user = user;
    struct leat_block *block = buffers->first;
    buffers->first = NULL;
    for (; block != NULL; block = block->next)
        home(user, leat_buffers_id(buffers, block));
    for (; buffers->used < buffers->count; buffers->used++)
        home(user, buffers->used);
}

bool leat_buffers_collect(struct leat_buffers *buffers)
{
    pthread_mutex_lock(&buffers->lock);
    struct leat_block *block = buffers->foreign;
    buffers->foreign = NULL;
    pthread_mutex_unlock(&buffers->lock);
    bool any = block != NULL;
    while (block != NULL) {
        struct leat_block *next = block->next;
        come_home(buffers, block);
        block = next;
    }
    return any;
}

bool leat_buffers_await(struct leat_buffers *buffers, void (*wake)(void *user), void *user)
{
    leat_assert(wake != NULL);
    pthread_mutex_lock(&buffers->lock);
    bool none = buffers->foreign == NULL;
    buffers->wake = none ? wake : NULL;
    buffers->wake_user = user;
    pthread_mutex_unlock(&buffers->lock);
    return none;
}

unsigned leat_buffers_home(const struct leat_buffers *buffers)
{
    return buffers->home;
}

unsigned leat_buffers_bytes(const struct leat_buffers *buffers)
{
    return buffers->bytes;
}

struct leat_room leat_buffers_region(const struct leat_buffers *buffers)
{
    return (struct leat_room){ buffers->region, buffers->region_len };
}
