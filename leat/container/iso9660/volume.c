#include "leat/container/iso9660/volume.h"

static bool is_id(const uint8_t *sector, const char *id)
{
    return leat_bytes_equal(sector + ISO_ID, id, ISO_ID_LEN);
}

/* ECMA-119 6.2.2: a block is no larger than a sector. */
static bool tree_read(struct iso_tree *tree, const uint8_t *sector)
{
    uint32_t block_size = leat_load_u16le(sector + ISO_BLOCK_SIZE);
    if (block_size < 512 || block_size > ISO_SECTOR || (block_size & (block_size - 1)) != 0)
        return false;
    if (!leat_iso_record_read(sector + ISO_ROOT, ISO_RECORD_NAME + 1, block_size, &tree->root))
        return false;
    tree->block_size = block_size;
    tree->found = true;
    return true;
}

/* Joliet 3.2: one of three levels of UCS-2. */
static bool is_joliet(const uint8_t *sector)
{
    const uint8_t *escapes = sector + ISO_ESCAPES;
    return escapes[0] == '%' && escapes[1] == '/' &&
           (escapes[2] == '@' || escapes[2] == 'C' || escapes[2] == 'E');
}

enum iso_met leat_iso_volume_meet(struct iso_volume *volume, const uint8_t *sector)
{
    if (is_id(sector, "BEA01") || is_id(sector, "NSR02") || is_id(sector, "NSR03"))
        return volume->primary.found ? ISO_MET_LAST : ISO_MET_UDF;
    if (!is_id(sector, "CD001"))
        return volume->primary.found ? ISO_MET_LAST : ISO_MET_BROKEN;
    uint8_t type = sector[ISO_TYPE];
    if (type == ISO_TYPE_TERMINATOR)
        return volume->primary.found ? ISO_MET_LAST : ISO_MET_BROKEN;
    if (type == ISO_TYPE_PRIMARY && !volume->primary.found)
        return tree_read(&volume->primary, sector) ? ISO_MET_MORE : ISO_MET_BROKEN;
    if (type == ISO_TYPE_SUPPLEMENTARY && is_joliet(sector) && !volume->joliet.found)
        (void)tree_read(&volume->joliet, sector); /* without it the plain names are left */
    return ISO_MET_MORE;
}

/* --- The first bytes --- */

/* A line that somebody types must not be held up by how it begins: one of some length, as no code
 * begins. */
static bool is_line(const uint8_t *data, size_t len)
{
    enum { LINE_MIN = 6 };
    size_t i = 0;
    while (i < len && data[i] >= ' ' && data[i] < 0x7f)
        i++;
    return i >= LINE_MIN && i < len && data[i] == '\n';
}

/* An AppImage of type 1 is a program as well, and says so (AppImageSpec, "Type 1 image format"). */
static bool is_appimage(const uint8_t *data, size_t len)
{
    enum { MARK_AT = 8 };
    return leat_match_magic(data, len, "\177ELF", 4) != LEAT_MATCH_NO &&
           (len <= MARK_AT ||
            leat_match_magic(data + MARK_AT, len - MARK_AT, "AI\1", 3) != LEAT_MATCH_NO);
}

/* What is in the area of the system, 16 sectors long, is the system's. Only what is found there is
 * waited for, so that of all else no more than the first bytes are asked: nothing, or the code of a
 * disk's boot record, of a program of Windows, an AppImage's, or an Apple partition map. */
static bool may_begin_image(const uint8_t *data, size_t len)
{
    static const struct {
        uint8_t bytes[4];
        size_t len;
    } starts[] = {
        { { 0x33, 0xed }, 2 },           /* isohybrid */
        { { 0xeb, 0x63 }, 2 },           /* GRUB */
        { { 'E', 'R', 0x02, 0x00 }, 4 }, /* and how long a block is */
        { { 'E', 'R', 0x08, 0x00 }, 4 }, { { 'M', 'Z' }, 2 },
        { { 0xfa, 0xb8 }, 2 },           { { 0xfa, 0x31 }, 2 },
    };
    if (len > ISO_BOOT_CODE_LEN)
        len = ISO_BOOT_CODE_LEN;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (leat_match_magic(data, len, starts[i].bytes, starts[i].len) != LEAT_MATCH_NO)
            return !is_line(data, len);
    }
    if (len > 0 && is_appimage(data, len))
        return true;
    size_t zeros = 0;
    while (zeros < len && data[zeros] == 0)
        zeros++;
    return zeros == len;
}

enum leat_match leat_iso_probe(const uint8_t *data, size_t len)
{
    if (!may_begin_image(data, len))
        return LEAT_MATCH_NO;
    if (len < ISO_PROBE_LEN)
        return LEAT_MATCH_MORE;
    const uint8_t *sector = data + ISO_DESCRIPTORS_AT;
    bool image = is_id(sector, "CD001") || is_id(sector, "BEA01");
    return image ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}
