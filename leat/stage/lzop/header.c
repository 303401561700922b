#include "leat/stage/lzop/header.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "leat/core/load.h"

enum { WORD_LEN = LEAT_LZOP_WORD_LEN };

/* Where things are, by version. */
struct layout {
    size_t method_at;
    size_t flags_at;
    size_t mode_and_time_len;
};

static const struct layout *layout_of(unsigned version)
{
    static const struct layout first = { 13, 14, 2 * WORD_LEN };
    static const struct layout now = { 15, 17, 3 * WORD_LEN };
    return version < LEAT_LZOP_VERSION_LEVELS ? &first : &now;
}

size_t leat_lzop_header_len(const uint8_t *data, size_t len)
{
    if (len < LEAT_LZOP_MAGIC_LEN)
        return len + 1;
    if (len < LEAT_LZOP_VERSION_AT + 2)
        return LEAT_LZOP_VERSION_AT + 2;
    const struct layout *layout = layout_of(leat_load_u16be(data + LEAT_LZOP_VERSION_AT));
    size_t flags_end = layout->flags_at + WORD_LEN;
    if (len < flags_end)
        return flags_end;
    bool filtered = leat_load_u32be(data + layout->flags_at) & LEAT_LZOP_FILTERED;
    size_t name_at = flags_end + (filtered ? WORD_LEN : 0) + layout->mode_and_time_len;
    if (len <= name_at)
        return name_at + 1;
    size_t whole = name_at + 1 + data[name_at] + WORD_LEN;
    leat_assert(whole <= LEAT_LZOP_HEADER_LEN_MAX);
    return whole;
}

void leat_lzop_header_read(const uint8_t *data, size_t len, struct leat_lzop_header *ret)
{
    leat_assert(leat_lzop_header_len(data, len) == len);
    unsigned version = leat_load_u16be(data + LEAT_LZOP_VERSION_AT);
    const struct layout *layout = layout_of(version);
    uint32_t flags = leat_load_u32be(data + layout->flags_at);
    bool filtered = flags & LEAT_LZOP_FILTERED;
    bool first = version < LEAT_LZOP_VERSION_LEVELS;
    *ret = (struct leat_lzop_header){
        .len = len,
        .method_at = layout->method_at,
        .flags_at = layout->flags_at,
        .version = version,
        .needed = first ? version : leat_load_u16be(data + layout->method_at - 2),
        .method = data[layout->method_at],
        .flags = flags,
        .filter = filtered ? leat_load_u32be(data + layout->flags_at + WORD_LEN) : 0,
    };
}

bool leat_lzop_header_holds(const uint8_t *data, const struct leat_lzop_header *header)
{
    bool crc32 = header->flags & LEAT_LZOP_HEADER_CRC32;
    size_t end = header->len - WORD_LEN;
    return leat_load_u32be(data + end) == leat_lzop_sum(crc32, leat_lzop_sum_start(crc32),
                                                        data + LEAT_LZOP_VERSION_AT,
                                                        end - LEAT_LZOP_VERSION_AT);
}

uint32_t leat_lzop_sum_start(bool crc32)
{
    return crc32 ? 0 : 1;
}

uint32_t leat_lzop_sum(bool crc32, uint32_t sum, const uint8_t *data, size_t len)
{
    return crc32 ? crc32_gzip_refl(sum, data, len) : isal_adler32(sum, data, len);
}
