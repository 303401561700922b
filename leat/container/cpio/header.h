#ifndef LEAT_CONTAINER_CPIO_HEADER_H
#define LEAT_CONTAINER_CPIO_HEADER_H

#include "leat/core/format.h"

/* The header before each entry of cpio, in its five forms: what they say, and whether bytes are
 * one. cpio(5) of the BSDs describes all of them; POSIX.1-2017, pax, "cpio Interchange Format",
 * is the octal one; Linux's "initramfs buffer format" has the two in hexadecimal. */

enum {
    CPIO_HEADER_MAX = 110,
    CPIO_NAME_LEN_MIN = 1, /* its NUL */
};

/* The name of the entry that ends an archive. */
#define CPIO_TRAILER "TRAILER!!!"

enum cpio_digits {
    CPIO_HEXADECIMAL,
    CPIO_OCTAL,
    CPIO_LITTLE, /* words of 16 bits; of two, the one with the higher bits comes first */
    CPIO_BIG,
};

struct cpio_field {
    uint8_t at;
    uint8_t len; /* 0: this form has no such field, and its number is 0 */
};

/* How a header is written. */
struct cpio_form {
    const char *magic;
    uint8_t magic_len;
    uint8_t header_len;
    uint8_t align; /* of the name's end and of the data's end, counted from the header */
    enum cpio_digits digits;
    bool last_link_has_data; /* of a file with several names, the others come with no bytes */
    struct cpio_field inode, mode, links, mtime, size, name_len, sum;
    struct cpio_field device_major, device_minor;   /* where the file is */
    struct cpio_field special_major, special_minor; /* which device it is; or both in one: */
    struct cpio_field special;
};

/* What a header says. */
struct cpio_header {
    const struct cpio_form *form;
    uint32_t mode;
    uint32_t links;
    int64_t mtime_s;
    uint64_t size;
    uint32_t name_len; /* with its NUL */
    uint32_t sum;      /* of the data's bytes; 0 where the form has none */
    bool summed;
    uint64_t inode; /* which file it is, device and all; 0 where the form keeps each name's bytes */
    uint32_t special_major, special_minor;
};

/* Whether these bytes can begin a header. MORE only while there are fewer than
 * CPIO_HEADER_MAX. */
enum leat_match leat_cpio_probe(const uint8_t *data, size_t len);

/* The same of an archive's first header, by which the format is told: of the old form, whose magic
 * is two bytes long, more is asked than it has to say. */
enum leat_match leat_cpio_first(const uint8_t *data, size_t len);

/* The same where nothing says that a header begins: only the forms in digits are told there. */
enum leat_match leat_cpio_anywhere(const uint8_t *data, size_t len);

/* Read a header of which leat_cpio_probe says YES. */
void leat_cpio_header(const uint8_t *data, struct cpio_header *ret);

/* How many bytes `len` bytes from a header on take, with what fills them up. */
uint64_t leat_cpio_aligned(const struct cpio_form *form, uint64_t len);

#endif
