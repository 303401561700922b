#include "leat/container/tar/header.h"
#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/core/load.h"

/* Big-endian two's complement in all bits but the first, which marks it. */
static bool number_256(const uint8_t *field, size_t len, int64_t *ret)
{
    uint64_t sign = field[0] & 0x40 ? UINT64_MAX : 0;
    uint64_t value = sign << 7 | (field[0] & 0x7f);
    for (size_t i = 1; i < len; i++) {
        /* What is shifted out, and the bit that becomes the sign, must all repeat it. */
        if (value >> 55 != sign >> 55)
            return false;
        value = value << 8 | field[i];
    }
    *ret = (int64_t)value;
    return true;
}

/* How many octal digits these eight bytes begin with, and what they say; all eight at once, since a
 * header has a handful of numbers and an archive many headers. */
static unsigned octal_digits(const uint8_t *bytes, uint64_t *ret)
{
    uint64_t word = leat_load_u64be(bytes);
    uint64_t others = (word ^ UINT64_C(0x3030303030303030)) & UINT64_C(0xf8f8f8f8f8f8f8f8);
    unsigned count = others == 0 ? 8 : (unsigned)__builtin_clzll(others) / 8;
    uint64_t digits = word & UINT64_C(0x0707070707070707);
    digits = count == 0 ? 0 : digits >> (64 - 8 * count);
    digits = (digits | digits >> 5) & UINT64_C(0x003f003f003f003f);
    digits = (digits | digits >> 10) & UINT64_C(0x00000fff00000fff);
    *ret = (digits | digits >> 20) & 0xffffff;
    return count;
}

bool leat_tar_number(const char *field, size_t len, int64_t *ret)
{
    leat_assert(len == 8 || len == 12);
    const uint8_t *bytes = (const uint8_t *)field;
    if (bytes[0] & 0x80)
        return number_256(bytes, len, ret);
    size_t i = 0;
    uint64_t value = 0;
    /* One NUL may stand in front, where the field before was too full for its own; a second one
     * ends the number, as it does for others. */
    if (bytes[0] == '\0')
        i++;
    while (i < len && bytes[i] == ' ')
        i++;
    if (i == 0)
        i = octal_digits(bytes, &value);
    for (; i < len && bytes[i] >= '0' && bytes[i] <= '7'; i++)
        value = value << 3 | (uint64_t)(bytes[i] - '0');
    if (i < len && bytes[i] != ' ' && bytes[i] != '\0')
        return false;
    *ret = (int64_t)value; /* 36 bits at most */
    return true;
}

struct leat_span leat_tar_text(const char *field, size_t len)
{
    const uint8_t *data = (const uint8_t *)field;
    const uint8_t *nul = leat_bytes_find(data, len, 0);
    return (struct leat_span){ .data = data, .len = nul != NULL ? (size_t)(nul - data) : len };
}

/* Sixteen bytes, as the language's own vectors: eight numbers of 16 bits once they are added up. */
typedef uint16_t lanes __attribute__((vector_size(16), aligned(1), may_alias));

/* The sum of a block's bytes, each shifted right by `shift` bits first. */
static inline __attribute__((always_inline)) uint32_t block_sum(const uint8_t *block,
                                                                unsigned shift)
{
    _Static_assert(TAR_BLOCK / 8 * UINT8_MAX <= UINT16_MAX, "a lane holds an eighth of the block");
    lanes sums = { 0 };
    for (size_t i = 0; i < TAR_BLOCK; i += sizeof(lanes)) {
        lanes pairs = *(const lanes *)(const void *)(block + i);
        sums += (pairs & 0xff) >> shift;
        sums += pairs >> 8 >> shift;
    }
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof(lanes) / sizeof(sums[0]); i++)
        sum += sums[i];
    return sum;
}

bool leat_tar_checksum_holds(const struct tar_header *header)
{
    const uint8_t *block = (const uint8_t *)header;
    int64_t stored;
    if (!leat_tar_number(header->checksum, sizeof(header->checksum), &stored))
        return false;
    uint32_t sum = block_sum(block, 0), high = 0;
    for (size_t i = 0; i < sizeof(header->checksum); i++) {
        uint8_t byte = (uint8_t)header->checksum[i];
        sum += (uint32_t)' ' - byte;
        high += byte >> 7;
    }
    if (stored == sum)
        return true;
    /* Signed, each byte from 128 on counts 256 less. */
    return stored == (int64_t)sum - 256 * (int64_t)(block_sum(block, 7) - high);
}

bool leat_tar_block_is_zero(const uint8_t *block)
{
    return block[0] == 0 && leat_bytes_equal(block, block + 1, TAR_BLOCK - 1);
}

bool leat_tar_is_ustar(const struct tar_header *header)
{
    return leat_bytes_equal(header->magic, "ustar", 6);
}

struct leat_span leat_tar_prefix(const struct tar_header *header)
{
    const uint8_t *star = (const uint8_t *)header + TAR_STAR_MAGIC_AT;
    size_t len = sizeof(header->prefix);
    if (!leat_tar_is_ustar(header))
        len = 0;
    else if (leat_bytes_equal(star, "tar", 4))
        len = TAR_STAR_PREFIX_LEN;
    return leat_tar_text(header->prefix, len);
}

enum leat_entry_kind leat_tar_kind(char type)
{
    switch (type) {
    case '1':
        return LEAT_ENTRY_HARD_LINK;
    case '2':
        return LEAT_ENTRY_LINK;
    case '5':
    case 'D': /* GNU: a folder, with a list of what was in it */
        return LEAT_ENTRY_FOLDER;
    case '3': /* devices, a pipe */
    case '4':
    case '6':
    case 'N': /* GNU: old long names */
    case 'V': /* GNU: the volume's label */
    case 'A': /* Solaris: an access control list */
        return LEAT_ENTRY_OTHER;
    case 'M': /* GNU: the rest of a file from another volume */
    default:  /* POSIX: what is not known is read as a file */
        return LEAT_ENTRY_FILE;
    }
}

static const struct {
    char type;
    uint32_t special;
} specials[] = { { '3', 0020000 }, { '4', 0060000 }, { '6', 0010000 } };

enum { SPECIALS_LEN = sizeof(specials) / sizeof(specials[0]) };

char leat_tar_special_type(uint32_t special)
{
    for (size_t i = 0; i < SPECIALS_LEN; i++) {
        if (specials[i].special == special)
            return specials[i].type;
    }
    return '\0';
}

void leat_tar_special(const struct tar_header *header, struct leat_entry *entry)
{
    int64_t major = 0, minor = 0;
    for (size_t i = 0; i < SPECIALS_LEN; i++) {
        if (specials[i].type == header->type)
            entry->special = specials[i].special;
    }
    if (!leat_tar_number(header->device_major, sizeof(header->device_major), &major) ||
        !leat_tar_number(header->device_minor, sizeof(header->device_minor), &minor) ||
        header->type == '6')
        return;
    entry->special_major = (uint32_t)major;
    entry->special_minor = (uint32_t)minor;
}

/* --- Probing --- */

/* A line that somebody types must not be held up until it is as long as a header. A name that is
 * one, with its end and no NUL before it, is doubted then; nothing else, so that what is found does
 * not depend on how the bytes come. */
static bool is_line(const uint8_t *data, size_t len)
{
    size_t i = 0;
    while (i < len && data[i] != 0 && data[i] != '\n')
        i++;
    return i < len && data[i] == '\n';
}

static bool number_can_be(const uint8_t *field, size_t len)
{
    if (len > 0 && (field[0] == 0x80 || field[0] == 0xff))
        return true;
    for (size_t i = 0; i < len; i++) {
        bool octal = field[i] >= '0' && field[i] <= '7';
        if (!octal && field[i] != ' ' && field[i] != '\0')
            return false;
    }
    return true;
}

enum leat_match leat_tar_probe(const uint8_t *data, size_t len)
{
    static const struct {
        uint8_t at, len;
    } numbers[] = { { 100, 8 }, { 108, 8 }, { 116, 8 }, { 124, 12 }, { 136, 12 }, { 148, 8 } };
    /* The checksum judges a whole header, whatever its name holds. */
    if (len < TAR_BLOCK && is_line(data, len < 100 ? len : 100))
        return LEAT_MATCH_NO;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (len <= numbers[i].at)
            return LEAT_MATCH_MORE;
        size_t have = len - numbers[i].at;
        if (!number_can_be(data + numbers[i].at, have < numbers[i].len ? have : numbers[i].len))
            return LEAT_MATCH_NO;
    }
    if (len < TAR_BLOCK)
        return LEAT_MATCH_MORE;
    return leat_tar_checksum_holds((const struct tar_header *)data) ? LEAT_MATCH_YES
                                                                    : LEAT_MATCH_NO;
}

enum leat_match leat_tar_anywhere(const uint8_t *data, size_t len)
{
    static const uint8_t magic[] = { 'u', 's', 't', 'a', 'r' };
    const size_t at = offsetof(struct tar_header, magic);
    if (len < TAR_BLOCK)
        return LEAT_MATCH_MORE;
    if (data[at] != magic[0] || !leat_bytes_equal(data + at, magic, sizeof(magic)))
        return LEAT_MATCH_NO;
    return leat_tar_probe(data, len);
}
