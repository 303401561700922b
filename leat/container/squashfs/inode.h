#ifndef LEAT_CONTAINER_SQUASHFS_INODE_H
#define LEAT_CONTAINER_SQUASHFS_INODE_H

#include "leat/core/load.h"

/* Inodes, as far as an entry needs them. Each type has a basic form and an extended one, which is
 * longer. */

enum sqfs_type {
    SQFS_FOLDER = 1,
    SQFS_FILE,
    SQFS_LINK,
    SQFS_BLOCK_DEVICE,
    SQFS_CHARACTER_DEVICE,
    SQFS_PIPE,
    SQFS_SOCKET,
    SQFS_TYPES = SQFS_SOCKET,
};

/* Of any inode what tells how long it is. */
enum { SQFS_INODE_TYPE_LEN = 2 };

#define SQFS_NO_FRAGMENT UINT32_MAX

struct sqfs_inode {
    enum sqfs_type type;
    uint16_t mode;
    uint32_t mtime;
    bool has_holes;
    /* A file's bytes, a link's target's (which follows the inode), what a folder's listing has. */
    uint64_t size;
    /* A file's first block, in the image; a folder's listing's block, in the table of them. */
    uint64_t start;
    uint32_t fragment; /* of a file: where its end is, or SQFS_NO_FRAGMENT */
    uint32_t offset;   /* in that fragment, or in the listing's block */
};

/* How long the fixed part is, of any type; 0: there is no such type. At most 56. */
size_t leat_sqfs_inode_len(const uint8_t *data);

/* Read the fixed part. */
void leat_sqfs_inode_read(const uint8_t *data, struct sqfs_inode *ret);

#endif
