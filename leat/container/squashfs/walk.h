#ifndef LEAT_CONTAINER_SQUASHFS_WALK_H
#define LEAT_CONTAINER_SQUASHFS_WALK_H

#include "leat/container/gather.h"
#include "leat/container/squashfs/inode.h"
#include "leat/container/squashfs/meta.h"

/* The folders of an image, walked from the root on: each one's listing, and the inodes of what it
 * lists. A FAULT is in the image, unless it is the source's or the container's. */

/* Folders within folders. */
enum { SQFS_DEPTH_MAX = 512 };

/* A folder that is being listed. */
struct sqfs_folder {
    uint64_t at; /* the place of what comes next; the topmost folder's is that of `listings` */
    size_t offset;
    uint64_t left;      /* bytes of the listing */
    uint32_t count;     /* entries before the next header */
    uint64_t inodes_at; /* where the inodes of these are */
    size_t name_len;    /* of the path of what is in it, without the name itself */
    uint64_t start_at;  /* where the listing begins */
    size_t start_offset;
};

/* How far the entry at the place is understood; a wait may come in between. */
enum sqfs_walk_state { SQFS_AT_RECORD, SQFS_AT_NAME, SQFS_AT_INODE, SQFS_AT_TARGET };

struct sqfs_walk {
    struct sqfs_image image;
    struct sqfs_meta inodes;
    struct sqfs_meta listings;
    struct sqfs_record record;
    enum sqfs_walk_state state;
    uint64_t text_left; /* of the entry's name, or of its target */

    /* The entry that was read last. */
    struct sqfs_inode inode;
    uint64_t inode_at;         /* where the block is that this is in */
    struct leat_gather path;   /* from the root on */
    struct leat_gather target; /* of a link */

    uint64_t listings_sum; /* bytes of all listings so far: no honest ones overlap */
    unsigned depth;
    struct sqfs_folder folders[SQFS_DEPTH_MAX];
};

/* Stand before the root's inode, when the superblock is known. */
void leat_sqfs_walk_begin(struct sqfs_walk *walk);

/* The innermost folder. */
static inline struct sqfs_folder *leat_sqfs_walk_folder(struct sqfs_walk *walk)
{
    leat_assert(walk->depth > 0);
    return &walk->folders[walk->depth - 1];
}

/* Whether the innermost folder has no more entries. */
bool leat_sqfs_walk_at_end(const struct sqfs_walk *walk);

/* Read on in its listing, up to the next entry's inode: its name is in the path.
 * Status  OK, AGAIN (call again), FAULT (what follows in this listing cannot be read) */
LEAT_MUST_USE enum leat_status leat_sqfs_walk_listing(struct sqfs_walk *walk,
                                                      struct leat_container *c);

/* And then the inode, with a link's target.
 * Status  OK, AGAIN (call again), FAULT (the entries behind it can be read) */
LEAT_MUST_USE enum leat_status leat_sqfs_walk_inode(struct sqfs_walk *walk,
                                                    struct leat_container *c);

/* Done with that entry, whatever came of it. */
void leat_sqfs_walk_pass(struct sqfs_walk *walk);

/* Enter the folder whose inode was read, and whose names follow the path. Status  OK, FAULT */
LEAT_MUST_USE enum leat_status leat_sqfs_walk_enter(struct sqfs_walk *walk);

/* Go on in the one above. */
void leat_sqfs_walk_leave(struct sqfs_walk *walk);

/* Zeroed is fine. */
void leat_sqfs_walk_fini(struct sqfs_walk *walk, struct leat_container *c);

#endif
