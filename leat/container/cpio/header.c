#include "leat/container/cpio/header.h"
#include "leat/core/assert.h"
#include "leat/core/load.h"

/* The fields that are the same in the two forms in hexadecimal, and in the two of words. */
#define HEXADECIMAL                                                                                \
    .magic_len = 6, .header_len = 110, .align = 4, .digits = CPIO_HEXADECIMAL,                     \
    .last_link_has_data = true, .mode = { 14, 8 }, .links = { 38, 8 }, .mtime = { 46, 8 },         \
    .size = { 54, 8 }, .name_len = { 94, 8 }, .inode = { 6, 8 }, .device_major = { 62, 8 },        \
    .device_minor = { 70, 8 }, .special_major = { 78, 8 }, .special_minor = { 86, 8 }
#define WORDS                                                                                      \
    .magic_len = 2, .header_len = 26, .align = 2, .mode = { 6, 2 }, .links = { 12, 2 },            \
    .mtime = { 16, 4 }, .size = { 22, 4 }, .name_len = { 20, 2 }, .special = { 14, 2 }

static const struct cpio_form forms[] = {
    { HEXADECIMAL, .magic = "070701" },
    { HEXADECIMAL, .magic = "070702", .sum = { 102, 8 } },
    {
        .magic = "070707",
        .magic_len = 6,
        .header_len = 76,
        .align = 1,
        .digits = CPIO_OCTAL,
        .mode = { 18, 6 },
        .links = { 36, 6 },
        .mtime = { 48, 11 },
        .size = { 65, 11 },
        .name_len = { 59, 6 },
        .special = { 42, 6 },
    },
    { WORDS, .magic = "\xc7\x71", .digits = CPIO_LITTLE },
    { WORDS, .magic = "\x71\xc7", .digits = CPIO_BIG },
};

/* Of the first entry of an archive in the old form, which is mostly a folder's. */
enum { FIRST_LINKS_MAX = 4096, FIRST_NAME_LEN_MAX = 1024 };

enum { FORMS_LEN = sizeof(forms) / sizeof(forms[0]) };

/* The value of a digit in hexadecimal; 16 when it is none. */
static unsigned digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10u : 16;
}

static uint64_t digits_number(const uint8_t *at, size_t len, unsigned bits)
{
    uint64_t value = 0;
    leat_assert(len * bits <= 64);
    for (size_t i = 0; i < len; i++)
        value = value << bits | digit_value(at[i]);
    return value;
}

static uint64_t words_number(const uint8_t *at, size_t len, bool little)
{
    uint64_t value = 0;
    leat_assert(len % 2 == 0);
    for (size_t i = 0; i < len; i += 2)
        value = value << 16 | (little ? leat_load_u16le(at + i) : leat_load_u16be(at + i));
    return value;
}

static uint64_t number(const struct cpio_form *form, const uint8_t *header, struct cpio_field field)
{
    const uint8_t *at = header + field.at;
    leat_assert(field.at + field.len <= form->header_len);
    switch (form->digits) {
    case CPIO_HEXADECIMAL:
        return digits_number(at, field.len, 4);
    case CPIO_OCTAL:
        return digits_number(at, field.len, 3);
    default:
        return words_number(at, field.len, form->digits == CPIO_LITTLE);
    }
}

/* The file's number and its device's in one, as they come out of 12 bits of a major number, 20 of a
 * minor one and 32 of its own: those of other systems may be more, and then mingle. */
static uint64_t inode(const struct cpio_form *form, const uint8_t *header)
{
    return number(form, header, form->device_major) << 52 ^
           number(form, header, form->device_minor) << 32 ^ number(form, header, form->inode);
}

/* --- Probing --- */

/* NULL where the bytes begin no header, or are too few to tell: then `ret_more`. */
static const struct cpio_form *form_of(const uint8_t *data, size_t len, bool *ret_more)
{
    *ret_more = false;
    for (size_t i = 0; i < FORMS_LEN; i++) {
        enum leat_match match = leat_match_magic(data, len, forms[i].magic, forms[i].magic_len);
        if (match == LEAT_MATCH_YES)
            return &forms[i];
        *ret_more = *ret_more || match == LEAT_MATCH_MORE;
    }
    return NULL;
}

/* A file, a folder, a link, a device, a pipe or a socket; or nothing, as in the trailer. */
static bool mode_can_be(uint64_t mode)
{
    static const uint16_t kinds =
        1 << 0 | 1 << 1 | 1 << 2 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 12;
    return mode <= UINT16_MAX && (kinds >> (mode >> 12) & 1) != 0;
}

static bool digits_can_be(const struct cpio_form *form, const uint8_t *data, size_t len)
{
    unsigned base = form->digits == CPIO_HEXADECIMAL ? 16 : 8;
    if (form->digits != CPIO_HEXADECIMAL && form->digits != CPIO_OCTAL)
        return true;
    for (size_t i = form->magic_len; i < len; i++) {
        if (digit_value(data[i]) >= base)
            return false;
    }
    return true;
}

enum leat_match leat_cpio_probe(const uint8_t *data, size_t len)
{
    bool more;
    const struct cpio_form *form = form_of(data, len, &more);
    if (form == NULL)
        return more ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
    if (!digits_can_be(form, data, len < form->header_len ? len : form->header_len))
        return LEAT_MATCH_NO;
    if (len < form->header_len)
        return LEAT_MATCH_MORE;
    bool can_be = mode_can_be(number(form, data, form->mode)) &&
                  number(form, data, form->name_len) >= CPIO_NAME_LEN_MIN;
    return can_be ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

enum leat_match leat_cpio_first(const uint8_t *data, size_t len)
{
    enum leat_match match = leat_cpio_probe(data, len);
    if (match != LEAT_MATCH_YES || data[0] == '0')
        return match;
    struct cpio_header header;
    leat_cpio_header(data, &header);
    bool can_be = header.links >= 1 && header.links <= FIRST_LINKS_MAX && header.name_len > 1 &&
                  header.name_len <= FIRST_NAME_LEN_MAX;
    return can_be ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

enum leat_match leat_cpio_anywhere(const uint8_t *data, size_t len)
{
    return len > 0 && data[0] != '0' ? LEAT_MATCH_NO : leat_cpio_probe(data, len);
}

void leat_cpio_header(const uint8_t *data, struct cpio_header *ret)
{
    bool more;
    const struct cpio_form *form = form_of(data, CPIO_HEADER_MAX, &more);
    leat_assert(form != NULL);
    *ret = (struct cpio_header){
        .form = form,
        .mode = (uint32_t)number(form, data, form->mode),
        .links = (uint32_t)number(form, data, form->links),
        .mtime_s = (int64_t)number(form, data, form->mtime),
        .size = number(form, data, form->size),
        .name_len = (uint32_t)number(form, data, form->name_len),
        .sum = (uint32_t)number(form, data, form->sum),
        .summed = form->sum.len > 0,
        .inode = inode(form, data),
        .special_major = (uint32_t)number(form, data, form->special_major),
        .special_minor = (uint32_t)number(form, data, form->special_minor),
    };
    if (form->special.len > 0) {
        ret->special_major = (uint32_t)number(form, data, form->special) >> 8;
        ret->special_minor = (uint32_t)number(form, data, form->special) & 0xff;
    }
    leat_assert(ret->name_len >= CPIO_NAME_LEN_MIN);
}

uint64_t leat_cpio_aligned(const struct cpio_form *form, uint64_t len)
{
    return (len + form->align - 1) / form->align * form->align;
}
