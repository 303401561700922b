#include "tests/mutate/mutate.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/memory.h"

enum { CHANGES_MAX = 4, WRAPS_MAX = 3, TAR_BLOCK_LEN = 512 };

/* Where one change works: `len` bytes at `at`. */
struct range {
    size_t at;
    size_t len;
};

static struct range range_of(const struct sink *bytes, struct random *random)
{
    size_t len = random_len(random, bytes->len);
    return (struct range){ .at = random_below(random, bytes->len - len + 1), .len = len };
}

/* Put `len` bytes where `range` was. */
static void replace(struct sink *bytes, struct range range, const uint8_t *with, size_t len)
{
    struct sink changed = { 0 };
    check(range.at + range.len <= bytes->len);
    sink_add(&changed, bytes->data, range.at);
    sink_add(&changed, with, len);
    sink_add(&changed, bytes->data + range.at + range.len, bytes->len - range.at - range.len);
    sink_fini(bytes);
    *bytes = changed;
}

/* --- Changes --- */

static void flip_bit(struct sink *bytes, const struct stock *stock, struct random *random)
{
    (void)stock;
    bytes->data[random_below(random, bytes->len)] ^= (uint8_t)(1u << random_below(random, 8));
}

static void set_byte(struct sink *bytes, const struct stock *stock, struct random *random)
{
    static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff, '0', '\n' };
    (void)stock;
    uint8_t byte = random_percent(random, 50) ? telling[random_below(random, sizeof(telling))]
                                              : (uint8_t)random_next(random);
    bytes->data[random_below(random, bytes->len)] = byte;
}

/* What a length, a count or an offset may be set to: the ends of its type, and about as much as
 * there is. */
static uint64_t extreme(size_t len, struct random *random)
{
    const uint64_t extremes[] = {
        0,          1,          0x7f,        0xff,      0x7fff,     0xffff,         0x7fffffff,
        0x80000000, 0xffffffff, 0x100000000, INT64_MAX, UINT64_MAX, UINT64_MAX - 1, len,
        len - 1,    len + 1,    1u << 20,    1u << 24,
    };
    return extremes[random_below(random, sizeof(extremes) / sizeof(extremes[0]))];
}

static void set_number(struct sink *bytes, const struct stock *stock, struct random *random)
{
    (void)stock;
    size_t width = (size_t)1 << random_below(random, 4);
    if (width > bytes->len)
        return;
    size_t at = random_below(random, bytes->len - width + 1);
    uint64_t number = extreme(bytes->len, random);
    bool big_endian = random_percent(random, 30);
    for (size_t i = 0; i < width; i++) {
        size_t place = big_endian ? width - 1 - i : i;
        bytes->data[at + place] = (uint8_t)(number >> 8 * i);
    }
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Numbers are text in tar, cpio and ar. */
static void set_digits(struct sink *bytes, const struct stock *stock, struct random *random)
{
    static const uint8_t digits[] = "0179f -";
    (void)stock;
    size_t at = random_below(random, bytes->len);
    while (at < bytes->len && !is_digit(bytes->data[at]))
        at++;
    uint8_t digit = digits[random_below(random, sizeof(digits) - 1)];
    for (size_t left = random_len(random, 12); at < bytes->len && left > 0; left--, at++) {
        if (is_digit(bytes->data[at]))
            bytes->data[at] = digit;
    }
}

static void cut(struct sink *bytes, const struct stock *stock, struct random *random)
{
    (void)stock;
    bytes->len = 1 + random_below(random, bytes->len);
}

static void drop(struct sink *bytes, const struct stock *stock, struct random *random)
{
    (void)stock;
    struct range range = range_of(bytes, random);
    if (range.len < bytes->len)
        replace(bytes, range, NULL, 0);
}

static void insert(struct sink *bytes, const struct stock *stock, struct random *random)
{
    uint8_t noise[1024];
    (void)stock;
    size_t len = random_len(random, sizeof(noise));
    bool zeros = random_percent(random, 30);
    for (size_t i = 0; i < len; i++)
        noise[i] = zeros ? 0 : (uint8_t)random_next(random);
    struct range place = { .at = random_below(random, bytes->len + 1) };
    replace(bytes, place, noise, len);
}

static void duplicate(struct sink *bytes, const struct stock *stock, struct random *random)
{
    struct sink copy = { 0 };
    (void)stock;
    struct range from = range_of(bytes, random);
    sink_add(&copy, bytes->data + from.at, from.len);
    struct range to = { .at = random_below(random, bytes->len + 1) };
    replace(bytes, to, copy.data, copy.len);
    sink_fini(&copy);
}

/* Two blocks of one length change places; or, where they overlap, one is smeared. */
static void swap(struct sink *bytes, const struct stock *stock, struct random *random)
{
    (void)stock;
    struct range a = range_of(bytes, random);
    size_t b = random_below(random, bytes->len - a.len + 1);
    for (size_t i = 0; i < a.len; i++) {
        uint8_t byte = bytes->data[a.at + i];
        bytes->data[a.at + i] = bytes->data[b + i];
        bytes->data[b + i] = byte;
    }
}

static void join(struct sink *bytes, const struct stock *stock, struct random *random)
{
    const struct sink *other = &stock->archives[random_below(random, stock->len)].bytes;
    struct range from =
        random_percent(random, 50) ? (struct range){ 0, other->len } : range_of(other, random);
    sink_add(bytes, other->data + from.at, from.len);
}

typedef void change(struct sink *bytes, const struct stock *stock, struct random *random);

static change *const changes[] = {
    flip_bit, set_byte, set_byte, set_number, set_number, set_digits,
    cut,      drop,     insert,   swap,       duplicate,  join,
};

/* --- What checksums guard --- */

/* The headers of tar sum up again, so that what was changed in them is read. */
static void seal_tar(struct sink *bytes)
{
    for (size_t at = 0; at + TAR_BLOCK_LEN <= bytes->len; at += TAR_BLOCK_LEN) {
        uint8_t *header = bytes->data + at;
        char digits[8];
        unsigned sum = 8 * ' ';
        if (memcmp(header + 257, "ustar", 5) != 0)
            continue;
        for (size_t i = 0; i < TAR_BLOCK_LEN; i++)
            sum += i < 148 || i >= 156 ? header[i] : 0;
        snprintf(digits, sizeof(digits), "%06o", sum);
        memcpy(header + 148, digits, sizeof(digits));
    }
}

struct archive mutate(const struct stock *stock, struct random *random)
{
    const size_t len_max = 2 * ARCHIVE_LEN_MAX;
    struct archive archive = archive_copy(&stock->archives[random_below(random, stock->len)]);
    for (size_t left = 1 + random_below(random, CHANGES_MAX); left > 0; left--) {
        changes[random_below(random, sizeof(changes) / sizeof(changes[0]))](&archive.bytes, stock,
                                                                            random);
        if (archive.bytes.len > len_max)
            archive.bytes.len = len_max;
        check(archive.bytes.len > 0);
    }
    if (random_percent(random, 60))
        seal_tar(&archive.bytes);
    for (size_t left = random_below(random, 2) * random_below(random, WRAPS_MAX + 1); left > 0;
         left--)
        archive_wrap(&archive, random);
    return archive;
}
