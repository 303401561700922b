#include "leat/container/iso9660/record.h"
#include "leat/container/days.h"
#include "leat/core/assert.h"

/* year, month, day, hour, minute, second, zone */
static int64_t seconds_of(const unsigned parts[6], int8_t zone)
{
    if (parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31)
        return 0;
    int64_t local = leat_days_since_1970(parts[0], parts[1], parts[2]) * 86400 + parts[3] * 3600 +
                    parts[4] * 60 + parts[5];
    return local - zone * (15 * 60);
}

int64_t leat_iso_time(const uint8_t *at)
{
    const unsigned parts[6] = { 1900u + at[0], at[1], at[2], at[3], at[4], at[5] };
    return seconds_of(parts, (int8_t)at[6]);
}

int64_t leat_iso_time_long(const uint8_t *at)
{
    static const uint8_t digits[6] = { 4, 2, 2, 2, 2, 2 };
    unsigned parts[6] = { 0 };
    const uint8_t *digit = at;
    for (size_t i = 0; i < 6; i++) {
        for (size_t n = 0; n < digits[i]; n++, digit++) {
            if (*digit < '0' || *digit > '9')
                return 0;
            parts[i] = parts[i] * 10 + (*digit - '0');
        }
    }
    return seconds_of(parts, (int8_t)at[16]);
}

bool leat_iso_record_read(const uint8_t *data, size_t len, uint32_t block_size,
                          struct iso_record *ret)
{
    leat_assert(len > 0);
    size_t record_len = data[ISO_RECORD_LEN];
    if (record_len > len || record_len <= ISO_RECORD_NAME)
        return false;
    size_t name_len = data[ISO_RECORD_NAME_LEN];
    if (name_len == 0 || name_len > record_len - ISO_RECORD_NAME)
        return false;
    const uint8_t *name = data + ISO_RECORD_NAME;
    /* A pad byte brings what follows to an even offset. */
    size_t used = ISO_RECORD_NAME + name_len + (name_len % 2 == 0);
    uint64_t block =
        (uint64_t)leat_load_u32le(data + ISO_RECORD_BLOCK) + data[ISO_RECORD_ATTRIBUTES_LEN];
    *ret = (struct iso_record){
        .name = { .data = name, .len = name_len },
        .system_use = { .data = data + used, .len = used < record_len ? record_len - used : 0 },
        .at = block * block_size,
        .size = leat_load_u32le(data + ISO_RECORD_SIZE),
        .mtime_s = leat_iso_time(data + ISO_RECORD_TIME),
        .flags = data[ISO_RECORD_FLAGS],
        .interleaved = data[ISO_RECORD_UNIT] != 0,
        .special = name_len == 1 && name[0] <= 1,
    };
    return true;
}

/* The n-th character of a name. */
static unsigned character(struct leat_span name, size_t width, size_t n)
{
    const uint8_t *at = name.data + n * width;
    return width == 2 ? leat_load_u16be(at) : *at;
}

struct leat_span leat_iso_name(struct leat_span stored, size_t width)
{
    leat_assert(width == 1 || width == 2);
    size_t len = stored.len / width;
    size_t version = len;
    while (version > 0 && character(stored, width, version - 1) >= '0' &&
           character(stored, width, version - 1) <= '9')
        version--;
    if (version > 1 && version < len && character(stored, width, version - 1) == ';')
        len = version - 1;
    if (len > 1 && width == 1 && character(stored, width, len - 1) == '.')
        len--;
    return (struct leat_span){ .data = stored.data, .len = len * width };
}
