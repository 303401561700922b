/* The buffers that the kernel chooses among when something arrives: which are lent to it, and who
 * waits while there are none. */

#include <errno.h>
#include <sys/mman.h>

#include "leat/engine/uring/uring.h"

/* How many are lent until the kernel is seen to need more, and for how many of the calls that use
 * some a quarter must have been enough before half are lent. */
enum { LENT_AT_FIRST = 16, SHRINK_TURNS = 1024 };

/* More receives than that may wait for a buffer each: those that have something find one. */
enum { ONCE_MAX = 256 };

static void comes_home(void *user, unsigned id)
{
    struct leat_uring *uring = user;
    uring->spare[uring->spare_len++] = (uint16_t)id;
    if (uring->starved != NULL)
        uring->unfed = true;
}

/* --- Lending --- */

static void told(struct leat_lent *lent)
{
    __atomic_store_n(&lent->ring->tail, lent->tail, __ATOMIC_RELEASE);
}

/* The ring's first room has `resv` where the ring's tail lies, so that is left alone. */
static void lend_one(struct leat_uring *uring, struct leat_lent *lent)
{
    unsigned bytes = leat_buffers_bytes(uring->buffers);
    const uint8_t *region = leat_buffers_region(uring->buffers).data;
    leat_assert(uring->spare_len > 0);
    leat_assert(lent->len <= lent->mask);
    uint16_t id = uring->spare[--uring->spare_len];
    struct io_uring_buf *buf = &lent->ring->bufs[lent->tail++ & lent->mask];
    buf->addr = (uintptr_t)(region + (size_t)id * bytes);
    buf->len = bytes;
    buf->bid = id;
    lent->len++;
}

/* One for each receive that asks for one. */
static void lend_once(struct leat_uring *uring)
{
    struct leat_lent *lent = &uring->lent[LEAT_LENT_ONCE];
    unsigned wanted = uring->once < lent->max ? uring->once : lent->max;
    if (lent->len >= wanted)
        return;
    while (lent->len < wanted && uring->spare_len > 0)
        lend_one(uring, lent);
    told(lent);
}

/* What is lent here may come to lie in streams of which nobody takes, so all of it counts as if it
 * did. */
static void lend_ahead(struct leat_uring *uring)
{
    struct leat_lent *lent = &uring->lent[LEAT_LENT_AHEAD];
    leat_assert(uring->ahead + lent->len <= uring->ahead_max);
    if (lent->len >= lent->max)
        return;
    unsigned used = lent->max - lent->len;
    uring->used_max = used > uring->used_max ? used : uring->used_max;
    if (++uring->turns == SHRINK_TURNS) {
        if (lent->max > LENT_AT_FIRST && uring->used_max <= lent->max / 4)
            lent->max /= 2;
        uring->turns = uring->used_max = 0;
    }
    while (lent->len < lent->max && uring->ahead + lent->len < uring->ahead_max &&
           uring->spare_len > 0)
        lend_one(uring, lent);
    told(lent);
}

void leat_uring_lend_more(struct leat_uring *uring, enum leat_lent_group group)
{
    struct leat_lent *lent = &uring->lent[LEAT_LENT_AHEAD];
    if (group != LEAT_LENT_AHEAD || uring->lent_more)
        return;
    if (lent->max <= lent->mask)
        lent->max *= 2;
    uring->lent_more = true;
    uring->turns = uring->used_max = 0;
}

/* A receive for one buffer where nothing more may come ahead, or where that has just failed: others
 * may be quicker for what is lent there, and here nobody takes two. */
enum leat_lent_group leat_uring_group(const struct leat_uring *uring, bool hungry)
{
    bool has_spare = uring->spare_len > 0;
    bool ahead =
        uring->lent[LEAT_LENT_AHEAD].len > 0 || (has_spare && uring->ahead < uring->ahead_max);
    bool once = uring->lent[LEAT_LENT_ONCE].len > 0 || has_spare;
    return ahead && !(hungry && once) ? LEAT_LENT_AHEAD : LEAT_LENT_ONCE;
}

void leat_uring_lent_came(struct leat_uring *uring, enum leat_lent_group group)
{
    leat_assert(uring->lent[group].len > 0);
    uring->lent[group].len--;
}

bool leat_uring_is_short(const struct leat_uring *uring)
{
    return leat_buffers_home(uring->buffers) < uring->buffers_len / 2;
}

/* --- The rings --- */

static int lent_init(struct leat_uring *uring, enum leat_lent_group group, unsigned count)
{
    struct leat_lent *lent = &uring->lent[group];
    unsigned entries = 1;
    while (entries < count)
        entries *= 2;
    leat_assert(entries <= 32768); /* the kernel's own bound, and that of leat_buffers */
    size_t len = entries * sizeof(struct io_uring_buf);
    void *ring = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED)
        return errno;
    lent->ring = ring;
    lent->size = len;
    lent->max = entries;
    lent->mask = (uint16_t)(entries - 1);
    struct io_uring_buf_reg reg = { .ring_addr = (uintptr_t)ring,
                                    .ring_entries = entries,
                                    .bgid = (uint16_t)group };
    int code = leat_ring_register(&uring->ring, IORING_REGISTER_PBUF_RING, &reg, 1);
    return code < 0 ? -code : 0;
}

int leat_uring_lend(struct leat_uring *uring, unsigned count)
{
    uring->buffers_len = count;
    uring->ahead_max = count / 2;
    int code = lent_init(uring, LEAT_LENT_AHEAD, uring->ahead_max);
    if (code == 0)
        code = lent_init(uring, LEAT_LENT_ONCE, count < ONCE_MAX ? count : ONCE_MAX);
    if (code != 0)
        return code;
    if (uring->lent[LEAT_LENT_AHEAD].max > LENT_AT_FIRST)
        uring->lent[LEAT_LENT_AHEAD].max = LENT_AT_FIRST;
    leat_buffers_serve(uring->buffers, comes_home, uring);
    return 0;
}

void leat_uring_lend_fini(struct leat_uring *uring)
{
    for (unsigned i = 0; i < LEAT_LENT_GROUPS; i++) {
        if (uring->lent[i].ring != NULL)
            munmap(uring->lent[i].ring, uring->lent[i].size);
    }
}

/* --- The starved --- */

void leat_uring_starve(struct leat_uring *uring, struct leat_stream *stream)
{
    stream->starved = true;
    uring->unfed = true;
    stream->next = NULL;
    *uring->starved_last = stream;
    uring->starved_last = &stream->next;
}

/* The list is short and this is rare: only who closes while there are no buffers. */
void leat_uring_starve_no_more(struct leat_uring *uring, struct leat_stream *stream)
{
    struct leat_stream **at = &uring->starved;
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    if (stream->next == NULL)
        uring->starved_last = at;
    stream->starved = false;
}

/* A buffer came home while somebody starved. */
static void wakes(void *user)
{
    struct leat_uring *uring = user;
    uring->loop.ops->wake(&uring->loop);
}

/* As many go on as there are buffers: more would only find them gone. Those that wait for one come
 * before those that may have one ahead. */
void leat_uring_feed(struct leat_uring *uring)
{
    if (uring->starved != NULL || uring->spare_len == 0)
        leat_buffers_collect(uring->buffers);
    uring->unfed = false;
    for (unsigned home = leat_buffers_home(uring->buffers); home > 0 && uring->starved != NULL;
         home--) {
        struct leat_stream *stream = uring->starved;
        leat_uring_starve_no_more(uring, stream);
        leat_uring_settle(uring, stream);
    }
    lend_once(uring);
    lend_ahead(uring);
    uring->lent_more = false;
    /* One that came home just now is for the next wait, which the wake makes soon. */
    if (uring->starved != NULL && !leat_buffers_await(uring->buffers, wakes, uring))
        wakes(uring);
}
