#ifndef LEAT_CONTAINER_TAR_HEADER_H
#define LEAT_CONTAINER_TAR_HEADER_H

#include "leat/container/container.h"
#include "leat/core/format.h"

/* One block of tar as a header: what its bytes mean, and whether they are one. */

enum { TAR_BLOCK = 512 };

/* Where the numbers end by which a probe doubts a header before it has its sum. */
enum { TAR_NUMBERS_END = 156 };

/* POSIX.1-2017, pax, "ustar Interchange Format"; the fields before `magic` are those of v7. */
struct tar_header {
    char name[100];
    char mode[8];
    char user_id[8];
    char group_id[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6]; /* "ustar" and a NUL; GNU has "ustar  " and a NUL across both */
    char version[2];
    char user_name[32];
    char group_name[32];
    char device_major[8];
    char device_minor[8];
    char prefix[155];
    char padding[12];
};
_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is a block");

/* Where GNU's old sparse format has its own fields, over prefix and padding: pairs of an offset
 * and a length, 12 bytes each. A block of pairs alone may follow. */
enum {
    TAR_SPARSE_AT = 386,
    TAR_SPARSE_PAIRS = 4,
    TAR_SPARSE_MORE_AT = 482, /* not NUL: a block of pairs follows */
    TAR_SPARSE_SIZE_AT = 483,
    TAR_SPARSE_BLOCK_PAIRS = 21,
    TAR_SPARSE_BLOCK_MORE_AT = 504,
    TAR_SPARSE_FIELD = 12,
};

/* star marks its own headers at the very end, and has two times behind a shorter prefix. */
enum { TAR_STAR_MAGIC_AT = 508, TAR_STAR_PREFIX_LEN = 131 };

/* A number in octal, or in GNU's base 256. False when it is neither or does not fit. */
bool leat_tar_number(const char *field, size_t len, int64_t *ret);

/* Text up to its NUL, or all of the field. */
struct leat_span leat_tar_text(const char *field, size_t len);

/* The checksum, summed over unsigned bytes as POSIX says, or signed as some old programs did. */
bool leat_tar_checksum_holds(const struct tar_header *header);

/* What a header's type says of its entry. */
enum leat_entry_kind leat_tar_kind(char type);

/* The type of a device or a pipe, by POSIX's type bits; NUL: there is none. */
char leat_tar_special_type(uint32_t special);

/* Say of an entry of kind OTHER what it is, where that is a device or a pipe. */
void leat_tar_special(const struct tar_header *header, struct leat_entry *entry);

bool leat_tar_block_is_zero(const uint8_t *block);
bool leat_tar_is_ustar(const struct tar_header *header);

/* What stands before the name: POSIX's prefix, or star's, which leaves room for two more times. */
struct leat_span leat_tar_prefix(const struct tar_header *header);

/* Whether these can be the first bytes of an archive. Says NO to text at its first line's end. */
enum leat_match leat_tar_probe(const uint8_t *data, size_t len);

/* Whether a header begins here, asked where nothing says that one does: it must have its magic as
 * well as its checksum. */
enum leat_match leat_tar_anywhere(const uint8_t *data, size_t len);

#endif
