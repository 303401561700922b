/* The packer: the newc form, which cpio(5) of the BSDs calls "New ASCII Format", and Linux's
 * "initramfs buffer format" describes. */

#include "leat/container/cpio/cpio.h"
#include "leat/container/cpio/header.h"
#include "leat/core/bytes.h"

/* What cpio programs write at once, and fill up to at the end. */
enum { RECORD_LEN = 512 };

/* POSIX's types of files, as archives have them. */
enum { TYPE_FOLDER = 0040000, TYPE_FILE = 0100000, TYPE_LINK = 0120000, TYPE_MASK = 0170000 };

/* A device is a number of 32 bits: 12 for the major, 20 for the minor, as Linux has them. */
enum { MINOR_BITS = 20 };

#define MINOR_MASK ((UINT32_C(1) << MINOR_BITS) - 1)

/* Each field but the magic has eight digits in hexadecimal. */
struct newc_header {
    char magic[6];
    char inode[8];
    char mode[8];
    char user_id[8];
    char group_id[8];
    char links[8];
    char mtime[8];
    char size[8];
    char device_major[8];
    char device_minor[8];
    char special_major[8];
    char special_minor[8];
    char name_len[8];
    char sum[8];
};
_Static_assert(sizeof(struct newc_header) == CPIO_HEADER_MAX, "text has no gaps");

static void put_digits(char field[8], uint64_t number)
{
    leat_assert(number <= UINT32_MAX);
    for (size_t i = 8; i-- > 0; number >>= 4)
        field[i] = "0123456789ABCDEF"[number & 15];
}

static uint64_t time_of(const struct leat_entry *entry)
{
    if (entry->mtime_s < 0)
        return 0;
    return entry->mtime_s < UINT32_MAX ? (uint64_t)entry->mtime_s : UINT32_MAX;
}

static void put_padding(struct leat_pack *p)
{
    leat_pack_put_zeros(p, (size_t)(-leat_pack_tell(p) % 4));
}

/* The type bits of the entry's mode; 0: it is nothing that cpio has. */
static uint32_t type_of(const struct leat_entry *entry)
{
    switch (entry->kind) {
    case LEAT_ENTRY_FILE:
        return TYPE_FILE;
    case LEAT_ENTRY_HARD_LINK:
        /* A link is told by the file's number, which its first name had as well. */
        return entry->links > 1 && entry->inode != 0 ? TYPE_FILE : 0;
    case LEAT_ENTRY_FOLDER:
        return TYPE_FOLDER;
    case LEAT_ENTRY_LINK:
        return TYPE_LINK;
    case LEAT_ENTRY_OTHER:
        break;
    }
    return entry->special & TYPE_MASK;
}

static void put_entry(struct leat_pack *p, const struct leat_entry *entry, uint64_t size)
{
    static const uint8_t nul;
    struct newc_header header = { .magic = { '0', '7', '0', '7', '0', '1' } };
    bool several = entry->links > 1 && entry->inode != 0;
    uint64_t device = several ? entry->inode >> 32 : 0;
    put_digits(header.inode, (uint32_t)(several ? entry->inode : p->entries + 1));
    put_digits(header.mode, type_of(entry) | (entry->mode & 07777));
    put_digits(header.user_id, 0);
    put_digits(header.group_id, 0);
    put_digits(header.links, several ? entry->links : 1);
    put_digits(header.mtime, time_of(entry));
    put_digits(header.size, size);
    put_digits(header.device_major, device >> MINOR_BITS);
    put_digits(header.device_minor, device & MINOR_MASK);
    put_digits(header.special_major, entry->special_major);
    put_digits(header.special_minor, entry->special_minor);
    put_digits(header.name_len, entry->name.len + 1);
    put_digits(header.sum, 0);
    leat_pack_put(p, &header, sizeof(header));
    leat_pack_put(p, entry->name.data, entry->name.len);
    leat_pack_put(p, &nul, 1);
    put_padding(p);
}

static bool is_trailer(struct leat_span name)
{
    return name.len == sizeof(CPIO_TRAILER) - 1 &&
           leat_bytes_equal(name.data, CPIO_TRAILER, name.len);
}

/* Why there can be no such entry; NULL: there can. */
static const char *judge(const struct leat_entry *entry, enum leat_fault_code *ret_code)
{
    bool sized = entry->kind == LEAT_ENTRY_FILE || entry->kind == LEAT_ENTRY_HARD_LINK;
    *ret_code = LEAT_FAULT_UNSUPPORTED;
    if (type_of(entry) == 0)
        return "no such kind of file is packed";
    if (entry->kind == LEAT_ENTRY_FILE && entry->size == LEAT_SIZE_UNKNOWN)
        return "a file's size must be known first";
    if (leat_bytes_find(entry->name.data, entry->name.len, 0) != NULL)
        return "a name with a NUL in it";
    if (is_trailer(entry->name))
        return "the name that ends an archive";
    *ret_code = LEAT_FAULT_BOUND;
    /* Of a link too: its bytes would be nowhere. */
    if (sized && entry->size > UINT32_MAX && entry->size != LEAT_SIZE_UNKNOWN)
        return "a file larger than the format allows";
    if (entry->name.len >= UINT32_MAX || entry->target.len > UINT32_MAX)
        return "a name longer than the format allows";
    return NULL;
}

static enum leat_status cpio_pack_begin(struct leat_pack *p, const struct leat_entry *entry)
{
    enum leat_fault_code code;
    const char *reason = judge(entry, &code);
    if (reason != NULL)
        return leat_pack_fails(p, code, reason);
    struct leat_span target = { 0 };
    if (entry->kind == LEAT_ENTRY_LINK)
        target = entry->target;
    put_entry(p, entry, entry->kind == LEAT_ENTRY_FILE ? entry->size : target.len);
    leat_pack_put(p, target.data, target.len);
    return LEAT_OK;
}

static void cpio_pack_end(struct leat_pack *p, uint64_t size, uint64_t packed)
{
    leat_assert(size == packed);
    put_padding(p);
}

static void cpio_pack_finish(struct leat_pack *p)
{
    const struct leat_entry trailer = {
        .name = { .data = (const uint8_t *)CPIO_TRAILER, .len = sizeof(CPIO_TRAILER) - 1 },
        .kind = LEAT_ENTRY_OTHER, /* so that its mode is 0 */
    };
    put_entry(p, &trailer, 0);
    leat_pack_put_zeros(p, (size_t)(-leat_pack_tell(p) % RECORD_LEN));
}

struct leat_pack *leat_cpio_pack(struct leat_writer *sink, const struct leat_pack_options *options)
{
    static const struct leat_pack_ops ops = {
        .name = "cpio",
        .self_size = sizeof(struct leat_pack),
        .begin = cpio_pack_begin,
        .end = cpio_pack_end,
        .finish = cpio_pack_finish,
    };
    return leat_pack_over(sink, &ops, options);
}
