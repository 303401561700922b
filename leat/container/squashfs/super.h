#ifndef LEAT_CONTAINER_SQUASHFS_SUPER_H
#define LEAT_CONTAINER_SQUASHFS_SUPER_H

#include "leat/core/format.h"
#include "leat/core/load.h"

/* The superblock, and what is told by its first bytes. Numbers are little-endian throughout; names
 * follow squashfs_fs.h of the kernel and of squashfs-tools. */

enum {
    SQFS_SUPER_INODES = 4,
    SQFS_SUPER_BLOCK_SIZE = 12,
    SQFS_SUPER_FRAGMENTS = 16,
    SQFS_SUPER_COMPRESSION = 20,
    SQFS_SUPER_BLOCK_LOG = 22,
    SQFS_SUPER_FLAGS = 24,
    SQFS_SUPER_OWNERS = 26,
    SQFS_SUPER_MAJOR = 28,
    SQFS_SUPER_MINOR = 30,
    SQFS_SUPER_ROOT = 32,
    SQFS_SUPER_USED = 40,
    SQFS_SUPER_OWNER_TABLE = 48,
    SQFS_SUPER_ATTRIBUTE_TABLE = 56,
    SQFS_SUPER_INODE_TABLE = 64,
    SQFS_SUPER_DIRECTORY_TABLE = 72,
    SQFS_SUPER_FRAGMENT_TABLE = 80,
    SQFS_SUPER_EXPORT_TABLE = 88,
    SQFS_SUPER_LEN = 96,
    SQFS_PROBE_LEN = 32,
};

/* A block of data is 4 KiB to 1 MiB, one of metadata always this, unpacked. */
enum { SQFS_BLOCK_LOG_MIN = 12, SQFS_BLOCK_LOG_MAX = 20, SQFS_META_LEN = 8192 };

struct sqfs_super {
    uint32_t block_size;
    uint32_t fragments;
    uint16_t compression;
    uint64_t root_at;     /* where the block of metadata is that the root's inode is in, */
    uint16_t root_offset; /* and the place in it */
    uint64_t used;        /* bytes of the image */
    uint64_t inode_table;
    uint64_t directory_table; /* behind the inodes */
    uint64_t fragment_table;  /* of 8 bytes for each block of metadata that has fragments */
};

/* Judge the first bytes. */
enum leat_match leat_sqfs_probe(const uint8_t *data, size_t len);

/* Read SQFS_SUPER_LEN bytes. False where they contradict themselves. */
bool leat_sqfs_super_read(const uint8_t *data, struct sqfs_super *ret);

/* Whether SQFS_SUPER_LEN bytes that may stand anywhere, with `rest` bytes from the first of them
 * on, are one: by all that is in it, so that it is not met by chance. */
bool leat_sqfs_super_holds(const uint8_t *data, uint64_t rest);

#endif
