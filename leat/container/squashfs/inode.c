#include "leat/container/squashfs/inode.h"
#include "leat/core/assert.h"

/* What all begin with: the type, the mode, two numbers of owners, a time, and the inode's own
 * number. */
enum { MODE = 2, MTIME = 8 };

enum { BASIC_FOLDER_START = 16, BASIC_FOLDER_SIZE = 24, BASIC_FOLDER_OFFSET = 26 };
enum { LONG_FOLDER_SIZE = 20, LONG_FOLDER_START = 24, LONG_FOLDER_OFFSET = 34 };
enum {
    BASIC_FILE_START = 16,
    BASIC_FILE_FRAGMENT = 20,
    BASIC_FILE_OFFSET = 24,
    BASIC_FILE_SIZE = 28
};
enum {
    LONG_FILE_START = 16,
    LONG_FILE_SIZE = 24,
    LONG_FILE_HOLES = 32,
    LONG_FILE_FRAGMENT = 44,
    LONG_FILE_OFFSET = 48
};
enum { LINK_SIZE = 20 };

/* A listing of so many bytes is empty: the entries "." and ".." are counted, and not there. */
enum { FOLDER_SIZE_EMPTY = 3 };

size_t leat_sqfs_inode_len(const uint8_t *data)
{
    /* An extended link has more behind its target. */
    static const uint8_t lens[] = { 0, 32, 32, 24, 24, 24, 20, 20, 40, 56, 24, 28, 28, 24, 24 };
    _Static_assert(sizeof(lens) == 2 * SQFS_TYPES + 1, "a length for each type in both forms");
    uint16_t type = leat_load_u16le(data);
    return type < sizeof(lens) ? lens[type] : 0;
}

static void read_folder(const uint8_t *data, bool is_long, struct sqfs_inode *inode)
{
    inode->start = leat_load_u32le(data + (is_long ? LONG_FOLDER_START : BASIC_FOLDER_START));
    inode->offset = leat_load_u16le(data + (is_long ? LONG_FOLDER_OFFSET : BASIC_FOLDER_OFFSET));
    inode->size = is_long ? leat_load_u32le(data + LONG_FOLDER_SIZE)
                          : leat_load_u16le(data + BASIC_FOLDER_SIZE);
    inode->size -= inode->size < FOLDER_SIZE_EMPTY ? inode->size : FOLDER_SIZE_EMPTY;
}

static void read_file(const uint8_t *data, bool is_long, struct sqfs_inode *inode)
{
    if (is_long) {
        inode->start = leat_load_u64le(data + LONG_FILE_START);
        inode->size = leat_load_u64le(data + LONG_FILE_SIZE);
        inode->has_holes = leat_load_u64le(data + LONG_FILE_HOLES) > 0;
        inode->fragment = leat_load_u32le(data + LONG_FILE_FRAGMENT);
        inode->offset = leat_load_u32le(data + LONG_FILE_OFFSET);
    } else {
        inode->start = leat_load_u32le(data + BASIC_FILE_START);
        inode->size = leat_load_u32le(data + BASIC_FILE_SIZE);
        inode->fragment = leat_load_u32le(data + BASIC_FILE_FRAGMENT);
        inode->offset = leat_load_u32le(data + BASIC_FILE_OFFSET);
    }
}

void leat_sqfs_inode_read(const uint8_t *data, struct sqfs_inode *ret)
{
    leat_assert(leat_sqfs_inode_len(data) > 0);
    uint16_t type = leat_load_u16le(data);
    bool is_long = type > SQFS_TYPES;
    *ret = (struct sqfs_inode){
        .type = (enum sqfs_type)(is_long ? type - SQFS_TYPES : type),
        .mode = leat_load_u16le(data + MODE) & 07777,
        .mtime = leat_load_u32le(data + MTIME),
    };
    if (ret->type == SQFS_FOLDER)
        read_folder(data, is_long, ret);
    else if (ret->type == SQFS_FILE)
        read_file(data, is_long, ret);
    else if (ret->type == SQFS_LINK)
        ret->size = leat_load_u32le(data + LINK_SIZE);
}
