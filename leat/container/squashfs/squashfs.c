#include "leat/container/squashfs/squashfs.h"

#include "leat/container/placed.h"
#include "leat/container/squashfs/file.h"
#include "leat/container/squashfs/start.h"
#include "leat/container/squashfs/walk.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"

struct squashfs {
    struct leat_container container;
    struct leat_reader shell; /* what an entry's reader stands on where the source cannot fork */
    struct leat_gather start; /* of the source, until the image is found in it */
    uint64_t size;            /* of the source */
    bool began;               /* that is known, */
    bool found;               /* and where the image begins, */
    bool read;                /* and its superblock, */
    bool rooted;              /* and the root's inode */
    struct sqfs_walk walk;
    struct sqfs_fragments kept;
};

/* What was found wrong with the image, or is with the source, ends the container. */
static enum leat_status squashfs_fails(struct squashfs *self)
{
    const struct leat_fault *fault = &self->walk.image.fault;
    if (fault->code == LEAT_FAULT_NONE)
        return LEAT_FAULT;
    return leat_container_fails(&self->container, fault->code, fault->reason, fault->offset);
}

/* Whether it is wrong with a part of the image, so that the rest of it can be read on. */
static bool fault_is_local(const struct squashfs *self)
{
    enum leat_fault_code code = self->walk.image.fault.code;
    return code != LEAT_FAULT_NONE && code != LEAT_FAULT_MEMORY;
}

/* Something is wrong at `offset` of the image, and it cannot be read at all. */
static enum leat_status image_fails(struct squashfs *self, enum leat_fault_code code,
                                    const char *reason, uint64_t offset)
{
    return leat_container_fails(&self->container, code, reason, self->walk.image.base + offset);
}

/* --- Finding the root --- */

/* Where nothing is found the image begins at once, and is damaged. */
static enum leat_status image_found(struct squashfs *self)
{
    struct leat_container *c = &self->container;
    struct sqfs_image *image = &self->walk.image;
    size_t most = self->size < SQFS_PREFIX_MAX ? (size_t)self->size : SQFS_PREFIX_MAX;
    size_t want = most < SQFS_SUPER_LEN ? most : SQFS_SUPER_LEN;
    size_t at = 0;
    enum leat_match match = LEAT_MATCH_MORE;
    for (; match == LEAT_MATCH_MORE; want = most) {
        enum leat_status status = leat_gather_at(&self->start, c, 0, want, &image->strayed);
        if (status != LEAT_OK)
            return status;
        match = leat_sqfs_start_find(self->start.data, want, self->size, &at);
    }
    leat_gather_fini(&self->start, c);
    image->base = at;
    image->size = self->size - at;
    self->found = true;
    return LEAT_OK;
}

static enum leat_status super_reads(struct squashfs *self)
{
    struct leat_container *c = &self->container;
    struct sqfs_image *image = &self->walk.image;
    struct leat_span data;
    image->src = c->src;
    image->counts = &c->ctx->counts;
    image->super.used = SQFS_SUPER_LEN;
    enum leat_status status = leat_sqfs_bytes(image, 0, SQFS_SUPER_LEN, &data);
    if (status == LEAT_FAULT)
        return squashfs_fails(self);
    if (status != LEAT_OK)
        return status;
    if (!leat_sqfs_super_read(data.data, &image->super))
        return image_fails(self, LEAT_FAULT_CORRUPT, "bad superblock", 0);
    if (image->super.directory_table > image->size)
        return image_fails(self, LEAT_FAULT_TRUNCATED, "unexpected end of input", image->size);
    if (image->super.block_size + LEAT_UNPACK_SLACK > c->ctx->limits.window_max)
        return image_fails(self, LEAT_FAULT_BOUND, "blocks larger than the limit",
                           SQFS_SUPER_BLOCK_SIZE);
    image->method = leat_sqfs_method(image->super.compression);
    self->read = true;
    leat_sqfs_walk_begin(&self->walk);
    return LEAT_OK;
}

/* --- Entries --- */

/* What is wrong with the image is this entry's fault. */
static enum leat_status entry_broken(struct squashfs *self, struct leat_entry *ret)
{
    struct sqfs_walk *walk = &self->walk;
    if (!fault_is_local(self))
        return squashfs_fails(self);
    *ret = (struct leat_entry){
        .name = leat_gather_span(&walk->path),
        .method = "stored",
        .offset = walk->image.fault.offset,
        .fault = walk->image.fault,
    };
    walk->image.fault = (struct leat_fault){ 0 };
    return LEAT_OK;
}

/* The folder's listing cannot be read on. */
static enum leat_status listing_broken(struct squashfs *self, struct leat_entry *ret)
{
    struct sqfs_walk *walk = &self->walk;
    static const char name[] = "(damaged)";
    if (!fault_is_local(self))
        return squashfs_fails(self);
    walk->path.len = leat_sqfs_walk_folder(walk)->name_len;
    enum leat_status status =
        leat_gather_add(&walk->path, &self->container, name, sizeof(name) - 1);
    if (status != LEAT_OK)
        return status;
    leat_sqfs_walk_leave(walk);
    return entry_broken(self, ret);
}

/* No program writes such names: they would lead somewhere else. */
static bool name_is_good(const uint8_t *name, size_t len)
{
    bool dots = name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
    return !dots && leat_bytes_find(name, len, '/') == NULL &&
           leat_bytes_find(name, len, '\0') == NULL;
}

static enum leat_entry_kind entry_kind(enum sqfs_type type)
{
    static const enum leat_entry_kind kinds[SQFS_TYPES + 1] = {
        [SQFS_FOLDER] = LEAT_ENTRY_FOLDER,
        [SQFS_FILE] = LEAT_ENTRY_FILE,
        [SQFS_LINK] = LEAT_ENTRY_LINK,
        [SQFS_BLOCK_DEVICE] = LEAT_ENTRY_OTHER,
        [SQFS_CHARACTER_DEVICE] = LEAT_ENTRY_OTHER,
        [SQFS_PIPE] = LEAT_ENTRY_OTHER,
        [SQFS_SOCKET] = LEAT_ENTRY_OTHER,
    };
    return kinds[type];
}

/* Give the entry whose inode was read. */
static enum leat_status entry_gives(struct squashfs *self, struct leat_entry *ret)
{
    struct sqfs_walk *walk = &self->walk;
    const struct sqfs_inode *inode = &walk->inode;
    size_t name_at = leat_sqfs_walk_folder(walk)->name_len;
    size_t name_end = walk->path.len;
    enum leat_status status = LEAT_OK;
    if (!name_is_good(walk->path.data + name_at, name_end - name_at))
        status = leat_sqfs_fails(&walk->image, LEAT_FAULT_CORRUPT, "bad name", walk->listings.at);
    if (status == LEAT_OK && inode->type == SQFS_FOLDER) {
        status = leat_gather_add(&walk->path, &self->container, "/", 1);
        if (status != LEAT_OK)
            return status;
        status = leat_sqfs_walk_enter(walk);
    }
    if (status != LEAT_OK) {
        walk->path.len = name_end;
        return entry_broken(self, ret);
    }
    bool has_bytes = inode->type == SQFS_FILE && inode->size > 0;
    const char *method = inode->has_holes ? "sparse" : walk->image.method->name;
    *ret = (struct leat_entry){
        .name = { .data = walk->path.data, .len = name_end },
        .target = leat_gather_span(&walk->target),
        .kind = entry_kind(inode->type),
        .method = has_bytes ? method : "stored",
        .size = has_bytes ? inode->size : 0,
        .packed_size = has_bytes ? LEAT_SIZE_UNKNOWN : 0,
        .offset = walk->image.base + walk->inode_at,
        .mtime_s = inode->mtime,
        .mode = inode->mode,
    };
    return LEAT_OK;
}

/* The root has no name, and no entry. */
static enum leat_status root_begins(struct squashfs *self)
{
    struct sqfs_walk *walk = &self->walk;
    enum leat_status status = leat_sqfs_walk_inode(walk, &self->container);
    if (status == LEAT_OK && walk->inode.type != SQFS_FOLDER)
        status = leat_sqfs_fails(&walk->image, LEAT_FAULT_CORRUPT, "the root is no folder",
                                 walk->inode_at);
    if (status == LEAT_OK)
        status = leat_sqfs_walk_enter(walk);
    if (status == LEAT_FAULT)
        return squashfs_fails(self);
    if (status == LEAT_OK)
        leat_sqfs_walk_pass(walk);
    return status;
}

/* Where the image begins. */
static enum leat_status squashfs_finds(struct squashfs *self)
{
    enum leat_status status = LEAT_OK;
    if (!self->began) {
        status = leat_placed_begin(&self->container, &self->size);
        self->began = self->walk.image.strayed = status == LEAT_OK;
    }
    return status == LEAT_OK && !self->found ? image_found(self) : status;
}

/* What must be known before the first entry. */
static enum leat_status squashfs_begins(struct squashfs *self)
{
    enum leat_status status = squashfs_finds(self);
    if (status == LEAT_OK && !self->read)
        status = super_reads(self);
    if (status == LEAT_OK)
        status = root_begins(self);
    self->rooted = status == LEAT_OK;
    return status;
}

/* All was given. What is cut off had no entries, but it is not there. */
static enum leat_status squashfs_ends(struct squashfs *self)
{
    const struct sqfs_image *image = &self->walk.image;
    if (image->super.used <= image->size)
        return LEAT_END;
    return image_fails(self, LEAT_FAULT_TRUNCATED, "unexpected end of input", image->size);
}

static enum leat_status squashfs_next(struct leat_container *c, struct leat_entry *ret)
{
    struct squashfs *self = (struct squashfs *)c;
    struct sqfs_walk *walk = &self->walk;
    enum leat_status status = self->rooted ? LEAT_OK : squashfs_begins(self);
    if (status != LEAT_OK)
        return status;
    while (walk->depth > 0 && leat_sqfs_walk_at_end(walk))
        leat_sqfs_walk_leave(walk);
    if (walk->depth == 0)
        return squashfs_ends(self);
    status = leat_sqfs_walk_listing(walk, c);
    if (status == LEAT_FAULT)
        return listing_broken(self, ret);
    if (status == LEAT_OK)
        status = leat_sqfs_walk_inode(walk, c);
    if (status == LEAT_AGAIN)
        return status;
    leat_sqfs_walk_pass(walk);
    return status == LEAT_OK ? entry_gives(self, ret) : entry_broken(self, ret);
}

static enum leat_status squashfs_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct squashfs *self = (struct squashfs *)c;
    enum leat_status status = squashfs_finds(self);
    if (status != LEAT_OK)
        return status;
    if (self->walk.image.base == 0)
        return LEAT_END;
    self->walk.image.strayed = true;
    *ret = leat_limit(leat_placed_entry(c, c->ctx, &self->shell, 0), self->walk.image.base, true);
    return LEAT_OK;
}

static struct leat_reader *squashfs_open(struct leat_container *c, const struct leat_entry *entry,
                                         struct leat_ctx *ctx)
{
    struct squashfs *self = (struct squashfs *)c;
    struct sqfs_walk *walk = &self->walk;
    if (entry->size == 0)
        return leat_memory(ctx, "", 0);
    leat_assert(entry->size == walk->inode.size);
    const struct sqfs_place place = {
        .super = walk->image.super,
        .image_base = walk->image.base,
        .image_size = walk->image.size,
        .inode = walk->inode,
        .list_at = walk->inodes.at,
        .list_offset = walk->inodes.offset,
        .kept = &self->kept,
    };
    walk->image.strayed = true;
    return leat_sqfs_file(leat_placed_entry(c, ctx, &self->shell, 0), &place);
}

static void squashfs_stop(struct leat_container *c)
{
    struct squashfs *self = (struct squashfs *)c;
    leat_sqfs_fragments_fini(&self->kept);
    leat_sqfs_walk_fini(&self->walk, c);
    leat_gather_fini(&self->start, c);
}

struct leat_container *leat_squashfs(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "squashfs",
        .self_size = sizeof(struct squashfs),
        .next = squashfs_next,
        .open = squashfs_open,
        .lead = squashfs_lead,
        .stop = squashfs_stop,
    };
    return leat_container_over(src, &ops);
}

static const char *const endings[] = { ".squashfs", ".sqfs", ".sfs", ".snap", ".AppImage", NULL };

const struct leat_format leat_format_squashfs = {
    .name = "squashfs",
    .summary = "squashfs images, version 4.0, with prefixes as AppImages have",
    .endings = endings,
    .traits = LEAT_FORMAT_SEEKS,
    .probe = leat_sqfs_probe,
    .probe_max = SQFS_PROBE_LEN,
    .probe_within = leat_sqfs_start_probe,
    .probe_within_max = SQFS_PREFIX_MAX,
    .unpack = leat_squashfs,
};
