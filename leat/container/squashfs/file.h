#ifndef LEAT_CONTAINER_SQUASHFS_FILE_H
#define LEAT_CONTAINER_SQUASHFS_FILE_H

#include "leat/container/squashfs/fragment.h"
#include "leat/container/squashfs/inode.h"

/* Where a file is, and how it is read. */
struct sqfs_place {
    struct sqfs_super super;
    uint64_t image_base;
    uint64_t image_size;
    struct sqfs_inode inode;
    uint64_t list_at; /* the place in the table of inodes where the lengths of its blocks are */
    size_t list_offset;
    struct sqfs_fragments *kept; /* must outlive the reader */
};

/* A reader of a file that lies in `src`, which it owns, and which is the image. Its blocks stand
 * one behind the other; its end may be in a fragment. What is wrong with a block comes behind all
 * that is before it. */
LEAT_MUST_USE struct leat_reader *leat_sqfs_file(struct leat_reader *src,
                                                 const struct sqfs_place *place);

#endif
