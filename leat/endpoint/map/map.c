#include "leat/endpoint/map/map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "leat/endpoint/map/guard.h"
#include "leat/endpoint/source.h"

/* Of a cached file, memchr sees 20 GB/s in windows of 8 MiB, as in one map of all of it, and 12 in
 * windows of 1 MiB; twice 8, so that whoever works on 8 at a time can look past their end and come
 * back. Each step asks for the file's length, and cuts an entry of an archive in two: of a search
 * that takes 7 to 9 % at 64 KiB, 1 to 4 at 256 KiB, and at 1 MiB no more than at 4. Prefetching the
 * next step and populating the window both made it slower. */
#define WINDOW_BYTES (16 * LEAT_MIB)
/* A window that begins with such a page of the file is mapped by whole ones, where the cache has
 * them: a tenth of the faults. */
#define HUGE_BYTES (2 * LEAT_MIB)
#define STEP_BYTES (1024 * LEAT_KIB)

/* What is read where there is no mapping; see leat_file. */
#define READ_FIRST_BYTES (64 * LEAT_KIB)
#define READ_BYTES       (256 * LEAT_KIB)

enum map_mode {
    MAP_UNDECIDED = 0, /* not looked at yet, or reading what comes before the map */
    MAP_READS,
    MAP_MAPS,
};

/*      in the file:   0         start      tell      end_offset     start + len      file_len
 *                     ├───────────┼───────────┼────────────┼───────────────┼───────────────┤
 *                                 │           pos          end             │
 *      in memory:                 └──────────── region ────────────────────┘               */
struct map {
    struct leat_source source; /* reads, and holds the descriptor */
    struct leat_map_options options;
    enum map_mode mode;
    struct leat_region *region;
    uint64_t start;
    size_t len;
    uint64_t file_len; /* when it was first looked at; where it was cut since, once that is seen */
    const char *cut;   /* how that was seen; NULL: it was not */
};

static size_t have(const struct leat_reader *r)
{
    return (size_t)(r->end - r->pos);
}

/* --- Showing --- */

/* The file ends at `at` now: the window must not reach further. */
static void map_was_cut(struct map *self, uint64_t at, const char *how)
{
    struct leat_reader *r = &self->source.reader;
    uint64_t tell = leat_tell(r);
    uint64_t to = at > tell ? at : tell;
    self->file_len = at;
    self->cut = how;
    if (to < r->end_offset) {
        r->end -= r->end_offset - to;
        r->end_offset = to;
    }
}

/* See whether the file still is as long as it was. OK, FAULT (it cannot be seen). */
static enum leat_status map_checks(struct map *self)
{
    struct stat stat;
    if (fstat(self->source.handle->socket.fd, &stat) < 0)
        return leat_reader_fails_system(&self->source.reader, errno);
    if ((uint64_t)stat.st_size < self->file_len)
        map_was_cut(self, (uint64_t)stat.st_size, "the file was cut while it was read");
    if (self->region != NULL && leat_region_len(self->region) < self->region->block.size &&
        self->start + leat_region_len(self->region) < self->file_len)
        map_was_cut(self, self->start + leat_region_len(self->region),
                    "a page of the file was gone when it was read");
    return LEAT_OK;
}

/* What follows the last byte. */
static enum leat_status map_ends(struct map *self)
{
    struct leat_reader *r = &self->source.reader;
    if (self->cut == NULL)
        return LEAT_END;
    return leat_reader_fails(r, LEAT_FAULT_CHANGED, self->cut, r->end_offset);
}

/* Map the part of the file that begins with `tell` and has at least `min` bytes, or all there are.
 * Where somebody holds slices of the present part it stays, and the next is mapped elsewhere. */
static bool map_slides(struct map *self, uint64_t tell, size_t min)
{
    struct leat_reader *r = &self->source.reader;
    leat_assert(tell < self->file_len);
    size_t len = self->options.window_bytes;
    uint64_t start = tell - tell % (len >= 2 * HUGE_BYTES ? HUGE_BYTES : LEAT_REGION_ALIGN);
    size_t left = (size_t)(self->file_len - start);
    size_t need = (size_t)(tell - start) + min;
    if (len < need) /* a long line asks for one byte more again and again */
        len = need < left / 2 ? need * 2 : left;
    if (len > left)
        len = left;
    int fd = self->source.handle->socket.fd;
    if (self->region != NULL && len <= self->region->block.size &&
        leat_block_is_sole(&self->region->block)) {
        if (!leat_region_slide(self->region, fd, start, len))
            return false;
    } else {
        struct leat_region *region = leat_region_create(&r->ctx->alloc, fd, start, len);
        if (region == NULL)
            return false;
        if (self->region != NULL)
            leat_block_release(&self->region->block);
        self->region = region;
        r->counts.allocations++;
        r->counts.allocated += sizeof(*region);
    }
    self->start = start;
    self->len = len;
    return true;
}

/* Show from `tell` to `to`, both within the region. */
static void map_shows(struct map *self, uint64_t tell, uint64_t to)
{
    struct leat_reader *r = &self->source.reader;
    const uint8_t *data = self->region->block.data;
    leat_assert(self->start <= tell);
    leat_assert(tell <= to);
    leat_assert(to <= self->start + self->len);
    r->pos = data + (tell - self->start);
    r->end = data + (to - self->start);
    r->end_offset = to;
}

/* Begin with what another fork left mapped, if it is what is wanted. */
static void map_finds(struct map *self, uint64_t tell, uint64_t need)
{
    struct leat_block *block =
        leat_handle_find(self->source.handle, tell, need, &self->start, &self->len);
    if (block != NULL)
        self->region = (struct leat_region *)block; /* its first member */
}

static enum leat_status map_fill_mapped(struct map *self, size_t min)
{
    struct leat_reader *r = &self->source.reader;
    enum leat_status status = map_checks(self);
    if (status != LEAT_OK)
        return status;
    uint64_t tell = leat_tell(r);
    if (tell >= self->file_len)
        return map_ends(self);
    uint64_t need = min < self->file_len - tell ? tell + min : self->file_len;
    if (self->region == NULL)
        map_finds(self, tell, need);
    if (self->region == NULL || tell < self->start || need > self->start + self->len) {
        if (!map_slides(self, tell, min))
            return leat_reader_fails(r, LEAT_FAULT_MEMORY, "the file could not be mapped", tell);
    }
    uint64_t to = r->end_offset + self->options.step_bytes;
    if (to < need)
        to = need;
    if (to > self->start + self->len)
        to = self->start + self->len;
    if (to > self->file_len)
        to = self->file_len;
    map_shows(self, tell, to);
    return have(r) >= min ? LEAT_OK : map_ends(self);
}

/* --- Deciding --- */

/* Look at the file, and map it if that can be done; what was read of it already stays behind. */
static enum leat_status map_decides(struct map *self)
{
    struct leat_reader *r = &self->source.reader;
    struct stat stat;
    self->mode = MAP_READS;
    if (!leat_guard_is_installed() || self->source.stream)
        return LEAT_OK;
    if (fstat(self->source.handle->socket.fd, &stat) < 0)
        return leat_reader_fails_system(r, errno);
    uint64_t tell = leat_tell(r);
    /* Nothing is left to map, or /proc says so of a file that has more. */
    if (!S_ISREG(stat.st_mode) || (uint64_t)stat.st_size <= r->end_offset)
        return LEAT_OK;
    self->file_len = (uint64_t)stat.st_size;
    if (!map_slides(self, tell, 1))
        return LEAT_OK;
    self->mode = MAP_MAPS;
    leat_buffer_fini(&self->source.buffer, r);
    leat_assert(r->end_offset == tell);
    return LEAT_OK;
}

/* Open the file and decide, unless the first part of it is still to be read. */
static enum leat_status map_readies(struct map *self, size_t min)
{
    struct leat_reader *r = &self->source.reader;
    enum leat_status status = leat_source_opens(&self->source);
    if (status != LEAT_OK || self->mode != MAP_UNDECIDED)
        return status;
    size_t first = self->options.read_bytes;
    bool reads = self->source.ended || r->end_offset - r->origin < first;
    return reads && min <= first ? LEAT_OK : map_decides(self);
}

static enum leat_status map_fill(struct leat_reader *r, size_t min)
{
    struct map *self = (struct map *)r;
    enum leat_status status = map_readies(self, min);
    if (status != LEAT_OK)
        return status;
    return self->mode == MAP_MAPS ? map_fill_mapped(self, min) : leat_source_fill(r, min);
}

/* --- The rest of the table --- */

static enum leat_status map_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    struct map *self = (struct map *)r;
    leat_assert(have(r) == 0);
    enum leat_status status = map_readies(self, 1);
    if (status != LEAT_OK)
        return status;
    if (self->mode != MAP_MAPS)
        return leat_source_skip(r, n, ret_done);
    status = map_checks(self);
    if (status != LEAT_OK)
        return status;
    if (r->end_offset >= self->file_len)
        return map_ends(self);
    *ret_done = n < self->file_len - r->end_offset ? n : self->file_len - r->end_offset;
    r->end_offset += *ret_done;
    return LEAT_OK;
}

static enum leat_status map_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    struct map *self = (struct map *)r;
    if (self->mode != MAP_MAPS)
        return leat_source_share(r, n, ret);
    leat_block_take(&self->region->block);
    *ret = (struct leat_slice){ .data = r->pos, .len = n, .block = &self->region->block };
    return LEAT_OK;
}

static enum leat_status map_size(struct leat_reader *r, uint64_t *ret)
{
    struct map *self = (struct map *)r;
    if (self->mode != MAP_MAPS)
        return leat_source_size(r, ret);
    enum leat_status status = map_checks(self);
    if (status == LEAT_OK && self->cut != NULL && r->end_offset >= self->file_len)
        return map_ends(self);
    if (status == LEAT_OK)
        *ret = self->file_len;
    return status;
}

static enum leat_status map_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                 struct leat_reader **ret)
{
    const struct map *self = (const struct map *)r;
    enum leat_status status = leat_source_fork(r, ctx, ret);
    if (status != LEAT_OK || *ret == &ctx->no_reader)
        return status;
    struct map *twin = (struct map *)*ret;
    twin->options = self->options;
    twin->mode = self->mode;
    twin->file_len = self->file_len;
    twin->cut = self->cut;
    return LEAT_OK;
}

static enum leat_status map_offer(struct leat_reader *r, struct leat_offer *ret)
{
    const struct map *self = (const struct map *)r;
    enum leat_status status = leat_source_offer(r, ret);
    if (status == LEAT_OK && self->mode == MAP_MAPS)
        ret->len = r->end_offset < self->file_len ? self->file_len - r->end_offset : 0;
    return status;
}

static void map_stop(struct leat_reader *r)
{
    struct map *self = (struct map *)r;
    if (self->region != NULL)
        leat_handle_leave(self->source.handle, &self->region->block, self->start, self->len);
    self->region = NULL;
    leat_source_stop(r);
}

struct leat_reader *leat_map_at(struct leat_ctx *ctx, int folder, const char *name,
                                const char *label, const struct leat_map_options *options)
{
    static const struct leat_reader_ops ops = {
        .name = "map",
        .self_size = sizeof(struct map),
        .fill = map_fill,
        .skip = map_skip,
        .share = map_share,
        .seek = leat_source_seek,
        .fork = map_fork,
        .size = map_size,
        .offer = map_offer,
        .pulled = leat_source_pulled,
        .arm = leat_source_arm,
        .stop = map_stop,
    };
    leat_assert(name != NULL);
    struct map *self = leat_reader_at(ctx, &ops);
    if (self == NULL)
        return &ctx->no_reader;
    if (options != NULL)
        self->options = *options;
    if (self->options.window_bytes == 0)
        self->options.window_bytes = WINDOW_BYTES;
    if (self->options.step_bytes == 0)
        self->options.step_bytes = STEP_BYTES;
    size_t read_first = self->options.read_bytes;
    struct leat_source_blocks blocks = {
        .first = read_first > 0 ? read_first : READ_FIRST_BYTES,
        .rest = READ_BYTES,
        .short_is_end = self->options.ordinary,
    };
    return leat_source_init(&self->source, leat_handle_at(&ctx->alloc, folder, name, label),
                            &blocks);
}

struct leat_reader *leat_map(struct leat_ctx *ctx, const char *path)
{
    return leat_map_at(ctx, AT_FDCWD, path, NULL, NULL);
}
