#include "apps/grep/sharing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "apps/walk/pool.h"

/* What is taken at a time: a small part of a thread's share, that all end together, but enough that
 * they seldom meet. Each entry counts for more than its bytes, that many small ones are not taken
 * at once. */
#define TURN_BYTES_MIN   (256 * LEAT_KIB)
#define TURN_BYTES_MAX   (2 * LEAT_MIB)
#define TURN_ENTRY_BYTES (4 * LEAT_KIB)

enum { TURNS_MIN = 16 }; /* that each thread has, unless they would be too small */

/* To go past a turn's entries takes about a tenth of a millisecond. Who comes meanwhile looks about
 * that long whether it is done before it sleeps: to sleep at once cost 3 % of the search of a tar.
 */
enum { LOOKS_MAX = 2000 };

struct sharing {
    atomic_uint shares;
    uint64_t turn_bytes;
    pthread_mutex_t lock;
    struct leat_mark mark; /* entries before it were taken */
    bool over;             /* all were */
};

struct sharing *sharing_create(uint64_t bytes, unsigned threads)
{
    struct sharing *sharing = calloc(1, sizeof(*sharing));
    if (sharing == NULL)
        return NULL;
    leat_assert(threads > 0);
    uint64_t turn_bytes = bytes / threads / TURNS_MIN;
    if (turn_bytes > TURN_BYTES_MAX)
        turn_bytes = TURN_BYTES_MAX;
    sharing->turn_bytes = turn_bytes > TURN_BYTES_MIN ? turn_bytes : TURN_BYTES_MIN;
    atomic_init(&sharing->shares, 1);
    pthread_mutex_init(&sharing->lock, NULL);
    return sharing;
}

void sharing_take(struct sharing *sharing)
{
    atomic_fetch_add(&sharing->shares, 1);
}

void sharing_release(struct sharing *sharing)
{
    if (sharing == NULL || atomic_fetch_sub(&sharing->shares, 1) > 1)
        return;
    pthread_mutex_destroy(&sharing->lock);
    free(sharing);
}

/* Go past the entries of a turn, and on to where others can begin, which is marked. False: nowhere,
 * or there is nothing more. */
static bool pass(struct sharing *sharing, struct leat_container *c)
{
    struct leat_entry entry;
    uint64_t left = sharing->turn_bytes;
    enum leat_status status = LEAT_OK;
    while (left > 0 && (status = leat_next(c, &entry)) == LEAT_OK) {
        uint64_t bytes = entry.packed_size < left ? entry.packed_size + TURN_ENTRY_BYTES : left;
        left -= bytes < left ? bytes : left;
    }
    while (status == LEAT_OK && !leat_container_mark(c, &sharing->mark))
        status = leat_next(c, &entry);
    return status == LEAT_OK;
}

/* Take entries and stand before the first. False: this walk is to go on to the archive's end, where
 * it meets what was met here, or it cannot go back: then that is the fault it meets. */
static bool take_some(struct sharing *sharing, struct leat_container *c)
{
    struct leat_mark from = sharing->mark;
    if (leat_container_resume(c, &from) != LEAT_OK)
        return false;
    bool more = pass(sharing, c);
    return leat_container_resume(c, &from) == LEAT_OK && more;
}

static void lock(struct sharing *sharing)
{
    for (unsigned i = 0; i < LOOKS_MAX; i++) {
        if (pthread_mutex_trylock(&sharing->lock) == 0)
            return;
        pool_pause();
    }
    pthread_mutex_lock(&sharing->lock);
}

enum leat_status sharing_turn(struct sharing *sharing, struct leat_container *c,
                              uint64_t *ret_until)
{
    lock(sharing);
    bool over = sharing->over;
    if (!over)
        sharing->over = !take_some(sharing, c);
    *ret_until = sharing->over ? UINT64_MAX : sharing->mark.index;
    pthread_mutex_unlock(&sharing->lock);
    return over ? LEAT_END : LEAT_OK;
}
