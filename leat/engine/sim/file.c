/* The bytes of files, as programs see them and as they are on the disk. */

#include <errno.h>

#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/engine/sim/state.h"

enum { SIZE_MIN = 512 };

/* Of so many writes, one finds the disk writing by itself. */
enum { SETTLES_ONE_IN = 16 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* --- What programs see --- */

static void soils(struct sim_node *node, size_t from, size_t to)
{
    if (from >= to)
        return;
    bool is_clean = node->dirty_from == node->dirty_to;
    node->dirty_from = is_clean ? from : smaller(node->dirty_from, from);
    node->dirty_to = is_clean ? to : larger(node->dirty_to, to);
}

int leat_sim_node_grow(struct sim *sim, struct sim_node *node, size_t size)
{
    const struct leat_alloc *alloc = &sim->loop.alloc;
    if (size <= node->size)
        return 0;
    size_t room = larger(larger(size, 2 * node->size), SIZE_MIN);
    uint8_t *cached = leat_allocate(alloc, room);
    uint8_t *stable = leat_allocate(alloc, room);
    if (cached == NULL || stable == NULL) {
        leat_deallocate(alloc, cached);
        leat_deallocate(alloc, stable);
        return ENOMEM;
    }
    leat_bytes_copy(NULL, LEAT_CAUSE_GROW, cached, node->cached, node->cached_len);
    leat_bytes_copy(NULL, LEAT_CAUSE_GROW, stable, node->stable, node->stable_len);
    leat_deallocate(alloc, node->cached);
    leat_deallocate(alloc, node->stable);
    node->cached = cached;
    node->stable = stable;
    node->size = room;
    return 0;
}

void leat_sim_node_set_len(struct sim *sim, struct sim_node *node, size_t len)
{
    leat_assert(len <= node->size);
    size_t before = node->cached_len;
    if (len > before)
        leat_bytes_zero(node->cached + before, len - before);
    soils(node, smaller(before, len), larger(larger(before, len), node->stable_len));
    sim->disk_left += before;
    sim->disk_left -= smaller(len, (size_t)sim->disk_left);
    node->cached_len = len;
    node->modified_ns = sim->now_ns;
}

/* Where the next byte is written. */
static uint64_t place_of(const struct sim_descriptor *d)
{
    return d->appends ? d->node->cached_len : d->offset;
}

struct leat_io leat_sim_file_ready(const struct sim_descriptor *d, int64_t offset)
{
    uint64_t at = offset == LEAT_OFFSET_NONE ? d->offset : (uint64_t)offset;
    if (d->stale)
        return leat_io_fault(EIO);
    if (offset < LEAT_OFFSET_NONE)
        return leat_io_fault(EINVAL);
    if (at >= d->node->cached_len)
        return (struct leat_io){ .status = LEAT_END };
    return (struct leat_io){ .status = LEAT_OK, .bytes = d->node->cached_len - (size_t)at };
}

/* What lies in the file already needs no room on the disk; what lies between its end and the first
 * byte does. */
struct leat_io leat_sim_file_room(struct sim *sim, const struct sim_descriptor *d, size_t len)
{
    if (d->stale)
        return leat_io_fault(EIO);
    uint64_t end = d->node->cached_len + sim->disk_left;
    uint64_t at = place_of(d);
    if (at >= end)
        return leat_io_fault(ENOSPC);
    if (len > end - at)
        len = (size_t)(end - at);
    if (leat_sim_node_grow(sim, d->node, (size_t)at + len) != 0)
        return leat_io_fault(ENOMEM);
    return (struct leat_io){ .status = LEAT_OK, .bytes = len };
}

void leat_sim_file_take(struct sim_descriptor *d, int64_t offset, uint8_t *to, size_t len)
{
    size_t at = offset == LEAT_OFFSET_NONE ? (size_t)d->offset : (size_t)offset;
    leat_assert(at + len <= d->node->cached_len);
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, to, d->node->cached + at, len);
    if (offset == LEAT_OFFSET_NONE)
        d->offset += len;
}

void leat_sim_file_write(struct sim *sim, struct sim_descriptor *d, const uint8_t *from, size_t len)
{
    struct sim_node *node = d->node;
    size_t at = (size_t)place_of(d);
    leat_assert(at + len <= node->size);
    if (at + len > node->cached_len)
        leat_sim_node_set_len(sim, node, at + len);
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, node->cached + at, from, len);
    soils(node, at, at + len);
    node->modified_ns = sim->now_ns;
    d->offset = at + len;
    if (leat_sim_below(sim, SETTLES_ONE_IN) == 0)
        leat_sim_node_settle(node);
}

void leat_sim_node_set(struct sim *sim, struct sim_node *node, const uint8_t *data, size_t len)
{
    leat_sim_node_set_len(sim, node, 0);
    leat_sim_node_set_len(sim, node, len);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, node->cached, data, len);
    leat_sim_node_settle(node);
}

/* --- What is on the disk --- */

void leat_sim_node_settle(struct sim_node *node)
{
    size_t to = smaller(node->dirty_to, node->cached_len);
    if (node->dirty_from < to)
        leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, node->stable + node->dirty_from,
                        node->cached + node->dirty_from, to - node->dirty_from);
    node->stable_len = node->cached_len;
    node->dirty_from = node->dirty_to = 0;
}

/* The system tells once that it could not write, and then holds what it could not write for
 * written: what a program does that merely syncs again. */
static struct leat_io sync_fails(struct sim *sim, struct sim_node *node)
{
    if (leat_sim_below(sim, 2) == 0 && node->cached_len == node->stable_len)
        node->dirty_from = node->dirty_to = 0;
    return leat_io_fault(EIO);
}

struct leat_io leat_sim_sync(struct sim *sim, struct sim_descriptor *d)
{
    const struct leat_io done = { .status = LEAT_OK };
    if (d->stale)
        return leat_io_fault(EIO);
    if (d->what == SIM_FOLDER)
        leat_sim_changes_keep(sim, d->node);
    if (d->what != SIM_FILE)
        return done;
    if (leat_sim_hits(sim, LEAT_SIM_IO))
        return sync_fails(sim, d->node);
    leat_sim_node_settle(d->node);
    return done;
}

/* How long a file is found whose length was changed: one that grew got some of its new sectors. */
static size_t len_found(struct sim *sim, const struct sim_node *node, size_t sector)
{
    size_t stable = node->stable_len, cached = node->cached_len;
    if (leat_sim_below(sim, 2) == 0)
        return leat_sim_below(sim, 2) == 0 ? stable : cached;
    if (cached <= stable)
        return stable;
    size_t len = stable + (size_t)leat_sim_below(sim, cached - stable + 1);
    size_t whole = len / sector * sector;
    return whole > stable ? whole : stable;
}

void leat_sim_node_crash(struct sim *sim, struct sim_node *node, size_t sector)
{
    size_t len = len_found(sim, node, sector);
    size_t shared = smaller(smaller(node->stable_len, node->cached_len), len);
    size_t at = node->dirty_from / sector * sector;
    for (; at < smaller(node->dirty_to, shared); at += sector) {
        size_t some = smaller(sector, shared - at);
        if (leat_sim_below(sim, 2) == 0)
            leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, node->stable + at, node->cached + at, some);
    }
    if (len > node->stable_len)
        leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, node->stable + node->stable_len,
                        node->cached + node->stable_len, len - node->stable_len);
    leat_sim_node_set_len(sim, node, len);
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, node->cached, node->stable, len);
    node->stable_len = len;
    node->dirty_from = node->dirty_to = 0;
}
