#include "leat/container/squashfs/walk.h"

/* A listing: a header for up to so many entries, whose inodes lie in one block of metadata, and
 * then these. */
enum { HEADER_LEN = 12, HEADER_INODES = 4, HEADER_COUNT_MAX = 256 };
enum { RECORD_LEN = 8, RECORD_NAME_LEN = 6, NAME_LEN_MAX = 256 };

/* How many bytes of a listing one of the image can become: a block is three at least. */
enum { META_GROWS_MAX = SQFS_META_LEN / 3 };

void leat_sqfs_walk_begin(struct sqfs_walk *walk)
{
    const struct sqfs_super *super = &walk->image.super;
    walk->state = SQFS_AT_INODE;
    walk->inode_at = super->root_at;
    leat_sqfs_meta_go(&walk->inodes, super->root_at, super->root_offset, super->directory_table);
}

void leat_sqfs_walk_pass(struct sqfs_walk *walk)
{
    walk->state = SQFS_AT_RECORD;
    walk->record.len = 0;
}

/* --- One entry --- */

/* Collect the `text_left` bytes that follow a place. */
static enum leat_status text_reads(struct sqfs_walk *walk, struct leat_container *c,
                                   struct sqfs_meta *meta, struct leat_gather *text)
{
    while (walk->text_left > 0) {
        struct leat_span from;
        enum leat_status status = leat_sqfs_meta_peek(meta, &walk->image, &from);
        if (status != LEAT_OK)
            return status;
        size_t some = from.len < walk->text_left ? from.len : (size_t)walk->text_left;
        status = leat_gather_add(text, c, from.data, some);
        if (status != LEAT_OK)
            return status;
        leat_sqfs_meta_consume(meta, some);
        walk->text_left -= some;
    }
    return LEAT_OK;
}

static enum leat_status inode_reads(struct sqfs_walk *walk, struct leat_container *c)
{
    struct sqfs_record *record = &walk->record;
    struct sqfs_image *image = &walk->image;
    enum leat_status status =
        leat_sqfs_meta_take(&walk->inodes, image, record, SQFS_INODE_TYPE_LEN);
    if (status != LEAT_OK)
        return status;
    size_t len = leat_sqfs_inode_len(record->data);
    if (len == 0)
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "bad type of an inode", walk->inode_at);
    status = leat_sqfs_meta_take(&walk->inodes, image, record, len);
    if (status != LEAT_OK)
        return status;
    leat_sqfs_inode_read(record->data, &walk->inode);
    walk->state = SQFS_AT_TARGET;
    walk->target.len = 0;
    walk->text_left = walk->inode.type == SQFS_LINK ? walk->inode.size : 0;
    if (walk->text_left > c->ctx->limits.name_max)
        return leat_sqfs_fails(image, LEAT_FAULT_BOUND, "a name longer than the limit allows",
                               walk->inode_at);
    return LEAT_OK;
}

static enum leat_status listing_fails(struct sqfs_walk *walk)
{
    return leat_sqfs_fails(&walk->image, LEAT_FAULT_CORRUPT, "bad directory", walk->listings.at);
}

static enum leat_status header_reads(struct sqfs_walk *walk, struct sqfs_folder *folder)
{
    struct sqfs_record *record = &walk->record;
    if (folder->left <= HEADER_LEN)
        return listing_fails(walk);
    enum leat_status status =
        leat_sqfs_meta_take(&walk->listings, &walk->image, record, HEADER_LEN);
    if (status != LEAT_OK)
        return status;
    uint32_t more = leat_load_u32le(record->data);
    if (more >= HEADER_COUNT_MAX)
        return listing_fails(walk);
    folder->count = more + 1;
    folder->inodes_at =
        walk->image.super.inode_table + leat_load_u32le(record->data + HEADER_INODES);
    folder->left -= HEADER_LEN;
    record->len = 0;
    return LEAT_OK;
}

static enum leat_status record_reads(struct sqfs_walk *walk, struct sqfs_folder *folder)
{
    struct sqfs_record *record = &walk->record;
    enum leat_status status = folder->count == 0 ? header_reads(walk, folder) : LEAT_OK;
    if (status == LEAT_OK && folder->left <= RECORD_LEN)
        return listing_fails(walk);
    if (status == LEAT_OK)
        status = leat_sqfs_meta_take(&walk->listings, &walk->image, record, RECORD_LEN);
    if (status != LEAT_OK)
        return status;
    walk->text_left = leat_load_u16le(record->data + RECORD_NAME_LEN) + 1u;
    if (walk->text_left > NAME_LEN_MAX || walk->text_left > folder->left - RECORD_LEN)
        return listing_fails(walk);
    folder->left -= RECORD_LEN + walk->text_left;
    folder->count--;
    walk->inode_at = folder->inodes_at;
    leat_sqfs_meta_go(&walk->inodes, walk->inode_at, leat_load_u16le(record->data),
                      walk->image.super.directory_table);
    record->len = 0;
    walk->path.len = folder->name_len;
    walk->state = SQFS_AT_NAME;
    return LEAT_OK;
}

enum leat_status leat_sqfs_walk_listing(struct sqfs_walk *walk, struct leat_container *c)
{
    enum leat_status status = LEAT_OK;
    if (walk->state == SQFS_AT_RECORD)
        status = record_reads(walk, leat_sqfs_walk_folder(walk));
    if (status == LEAT_OK && walk->state == SQFS_AT_NAME)
        status = text_reads(walk, c, &walk->listings, &walk->path);
    if (status == LEAT_OK)
        walk->state = SQFS_AT_INODE;
    return status;
}

enum leat_status leat_sqfs_walk_inode(struct sqfs_walk *walk, struct leat_container *c)
{
    enum leat_status status = LEAT_OK;
    if (walk->state == SQFS_AT_INODE)
        status = inode_reads(walk, c);
    if (status == LEAT_OK && walk->state == SQFS_AT_TARGET)
        status = text_reads(walk, c, &walk->inodes, &walk->target);
    return status;
}

/* --- Folders --- */

/* What keeps a folder with such a listing from being entered, or NULL. */
static const char *folder_refused(const struct sqfs_walk *walk, const struct sqfs_folder *folder,
                                  enum leat_fault_code *ret_code)
{
    const struct sqfs_image *image = &walk->image;
    uint64_t end = image->super.used < image->size ? image->super.used : image->size;
    *ret_code = LEAT_FAULT_CORRUPT;
    for (unsigned i = 0; i < walk->depth && folder->left > 0; i++) {
        const struct sqfs_folder *above = &walk->folders[i];
        if (above->start_at == folder->start_at && above->start_offset == folder->start_offset)
            return "a folder within itself";
    }
    *ret_code = LEAT_FAULT_BOUND;
    if ((walk->listings_sum + folder->left) / META_GROWS_MAX > end - image->super.directory_table)
        return "folders overlap";
    return walk->depth >= SQFS_DEPTH_MAX ? "more folders within folders than are allowed" : NULL;
}

enum leat_status leat_sqfs_walk_enter(struct sqfs_walk *walk)
{
    const struct sqfs_inode *inode = &walk->inode;
    uint64_t at = walk->image.super.directory_table + inode->start;
    const struct sqfs_folder folder = {
        .at = at,
        .offset = inode->offset,
        .left = inode->size,
        .name_len = walk->path.len,
        .start_at = at,
        .start_offset = inode->offset,
    };
    enum leat_fault_code code;
    const char *refused = folder_refused(walk, &folder, &code);
    if (refused != NULL)
        return leat_sqfs_fails(&walk->image, code, refused, walk->inode_at);
    if (walk->depth > 0) {
        leat_sqfs_walk_folder(walk)->at = walk->listings.at;
        leat_sqfs_walk_folder(walk)->offset = walk->listings.offset;
    }
    walk->listings_sum += folder.left;
    walk->folders[walk->depth++] = folder;
    leat_sqfs_meta_go(&walk->listings, folder.at, folder.offset, walk->image.super.used);
    return LEAT_OK;
}

void leat_sqfs_walk_leave(struct sqfs_walk *walk)
{
    walk->depth--;
    leat_sqfs_walk_pass(walk);
    if (walk->depth > 0)
        leat_sqfs_meta_go(&walk->listings, leat_sqfs_walk_folder(walk)->at,
                          leat_sqfs_walk_folder(walk)->offset, walk->image.super.used);
}

bool leat_sqfs_walk_at_end(const struct sqfs_walk *walk)
{
    leat_assert(walk->depth > 0);
    return walk->state == SQFS_AT_RECORD && walk->folders[walk->depth - 1].left == 0;
}

void leat_sqfs_walk_fini(struct sqfs_walk *walk, struct leat_container *c)
{
    leat_sqfs_meta_fini(&walk->inodes, c->ctx);
    leat_sqfs_meta_fini(&walk->listings, c->ctx);
    leat_sqfs_image_fini(&walk->image);
    leat_gather_fini(&walk->path, c);
    leat_gather_fini(&walk->target, c);
}
