/* The buffers that the kernel chooses among when something arrives: which are lent to it, and who
 * waits while there are none. */

#include <errno.h>
#include <sys/mman.h>

#include "leat/engine/uring/uring.h"

/* How many are lent until the kernel is seen to need more. */
enum { LENT_AT_FIRST = 16 };

static void comes_home(void *user, unsigned id)
{
    struct leat_uring *uring = user;
    uring->spare[uring->spare_len++] = (uint16_t)id;
    if (uring->starved != NULL)
        uring->unfed = true;
}

/* The ring's first room has `resv` where the ring's tail lies, so that is left alone. */
static void lend(struct leat_uring *uring)
{
    unsigned bytes = leat_buffers_bytes(uring->buffers);
    const uint8_t *region = leat_buffers_region(uring->buffers).data;
    while (uring->lent_len < uring->lent_max && uring->spare_len > 0) {
        uint16_t id = uring->spare[--uring->spare_len];
        struct io_uring_buf *buf = &uring->lent->bufs[uring->lent_tail++ & uring->lent_mask];
        buf->addr = (uintptr_t)(region + (size_t)id * bytes);
        buf->len = bytes;
        buf->bid = id;
        uring->lent_len++;
    }
    uring->lent_more = false;
    __atomic_store_n(&uring->lent->tail, uring->lent_tail, __ATOMIC_RELEASE);
}

void leat_uring_lend_more(struct leat_uring *uring)
{
    if (!uring->lent_more && uring->lent_max <= uring->lent_mask)
        uring->lent_max *= 2;
    uring->lent_more = true;
}

int leat_uring_lend(struct leat_uring *uring, unsigned count)
{
    unsigned entries = 1;
    while (entries < count)
        entries *= 2;
    leat_assert(entries <= 32768); /* the kernel's own bound, and that of leat_buffers */
    size_t len = entries * sizeof(struct io_uring_buf);
    void *lent = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (lent == MAP_FAILED)
        return errno;
    uring->lent = lent;
    uring->lent_size = len;
    uring->lent_max = entries < LENT_AT_FIRST ? entries : LENT_AT_FIRST;
    uring->lent_mask = (uint16_t)(entries - 1);
    struct io_uring_buf_reg reg = { .ring_addr = (uintptr_t)lent,
                                    .ring_entries = entries,
                                    .bgid = LEAT_URING_GROUP };
    int code = leat_ring_register(&uring->ring, IORING_REGISTER_PBUF_RING, &reg, 1);
    if (code < 0)
        return -code;
    leat_buffers_serve(uring->buffers, comes_home, uring);
    return 0;
}

void leat_uring_lend_fini(struct leat_uring *uring)
{
    if (uring->lent != NULL)
        munmap(uring->lent, uring->lent_size);
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

/* As many go on as there are buffers: more would only find them gone. */
void leat_uring_feed(struct leat_uring *uring)
{
    if (uring->starved != NULL)
        leat_buffers_collect(uring->buffers);
    uring->unfed = false;
    lend(uring);
    if (uring->starved == NULL)
        return;
    for (unsigned home = leat_buffers_home(uring->buffers); home > 0 && uring->starved != NULL;
         home--) {
        struct leat_stream *stream = uring->starved;
        leat_uring_starve_no_more(uring, stream);
        leat_uring_settle(uring, stream);
    }
    /* One that came home just now is for the next wait, which the wake makes soon. */
    if (uring->starved != NULL && !leat_buffers_await(uring->buffers, wakes, uring))
        wakes(uring);
}
