#include "leat/container/squashfs/super.h"

/* Older versions are laid out otherwise, and big-endian images begin with "sqsh". */
enum { VERSION_MAJOR = 4, VERSION_MINOR = 0 };

static bool is_block_size(uint32_t size, unsigned log)
{
    return log >= SQFS_BLOCK_LOG_MIN && log <= SQFS_BLOCK_LOG_MAX && size == UINT32_C(1) << log;
}

enum leat_match leat_sqfs_probe(const uint8_t *data, size_t len)
{
    enum leat_match match = leat_match_magic(data, len, "hsqs", 4);
    if (match != LEAT_MATCH_YES || len < SQFS_PROBE_LEN)
        return match == LEAT_MATCH_NO ? LEAT_MATCH_NO : LEAT_MATCH_MORE;
    bool ours = leat_load_u16le(data + SQFS_SUPER_MAJOR) == VERSION_MAJOR &&
                leat_load_u16le(data + SQFS_SUPER_MINOR) == VERSION_MINOR &&
                is_block_size(leat_load_u32le(data + SQFS_SUPER_BLOCK_SIZE),
                              leat_load_u16le(data + SQFS_SUPER_BLOCK_LOG));
    return ours ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

bool leat_sqfs_super_read(const uint8_t *data, struct sqfs_super *ret)
{
    if (leat_sqfs_probe(data, SQFS_PROBE_LEN) != LEAT_MATCH_YES)
        return false;
    uint64_t root = leat_load_u64le(data + SQFS_SUPER_ROOT);
    struct sqfs_super super = {
        .block_size = leat_load_u32le(data + SQFS_SUPER_BLOCK_SIZE),
        .fragments = leat_load_u32le(data + SQFS_SUPER_FRAGMENTS),
        .compression = leat_load_u16le(data + SQFS_SUPER_COMPRESSION),
        .root_offset = (uint16_t)root,
        .used = leat_load_u64le(data + SQFS_SUPER_USED),
        .inode_table = leat_load_u64le(data + SQFS_SUPER_INODE_TABLE),
        .directory_table = leat_load_u64le(data + SQFS_SUPER_DIRECTORY_TABLE),
        .fragment_table = leat_load_u64le(data + SQFS_SUPER_FRAGMENT_TABLE),
    };
    if (super.inode_table < SQFS_SUPER_LEN || super.inode_table >= super.directory_table ||
        super.directory_table > super.used || root >> 16 > super.used ||
        (super.fragments > 0 && super.fragment_table > super.used))
        return false;
    super.root_at = super.inode_table + (root >> 16);
    *ret = super;
    return true;
}

/* A table that the image need not have. */
static bool may_be_table(uint64_t at, uint64_t used)
{
    return at == UINT64_MAX || (at > SQFS_SUPER_LEN && at < used);
}

bool leat_sqfs_super_holds(const uint8_t *data, uint64_t rest)
{
    enum { METHOD_MAX = 6, FLAGS_MAX = 0xfff };
    struct sqfs_super super;
    if (!leat_sqfs_super_read(data, &super))
        return false;
    uint64_t owners_at = leat_load_u64le(data + SQFS_SUPER_OWNER_TABLE);
    return super.used <= rest && super.compression > 0 && super.compression <= METHOD_MAX &&
           leat_load_u16le(data + SQFS_SUPER_FLAGS) <= FLAGS_MAX &&
           leat_load_u32le(data + SQFS_SUPER_INODES) > 0 &&
           leat_load_u16le(data + SQFS_SUPER_OWNERS) > 0 && owners_at > super.directory_table &&
           owners_at < super.used &&
           may_be_table(leat_load_u64le(data + SQFS_SUPER_ATTRIBUTE_TABLE), super.used) &&
           may_be_table(leat_load_u64le(data + SQFS_SUPER_FRAGMENT_TABLE), super.used) &&
           may_be_table(leat_load_u64le(data + SQFS_SUPER_EXPORT_TABLE), super.used);
}
