#include "leat/container/program.h"

#include "leat/core/load.h"

enum leat_match leat_program_begins(const uint8_t *data, size_t len)
{
    static const struct {
        uint8_t bytes[4];
        size_t len;
    } starts[] = { { { 'M', 'Z' }, 2 }, { { '#', '!' }, 2 }, { { 0x7f, 'E', 'L', 'F' }, 4 } };
    enum leat_match match = LEAT_MATCH_NO;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]) && match == LEAT_MATCH_NO; i++)
        match = leat_match_magic(data, len, starts[i].bytes, starts[i].len);
    return match;
}

/* Fields of an ELF header: the System V ABI, 4.1, chapter 4, "ELF Header". The table of sections
 * stands at the end of a program, unless that was stripped of it. */
enum {
    ELF_CLASS_AT = 4, /* 1: 32 bits, 2: 64 */
    ELF_DATA_AT = 5,  /* 1: little-endian */
    ELF_LEN = 64,
};

/* Where that table is. False: there is none, or it is no program that says so. */
static bool find_sections(const uint8_t *data, size_t len, uint64_t *ret_at, uint64_t *ret_len)
{
    if (len < ELF_LEN || !leat_bytes_equal(data, "\177ELF", 4) || data[ELF_DATA_AT] != 1)
        return false;
    bool wide = data[ELF_CLASS_AT] == 2;
    uint64_t each = leat_load_u16le(data + (wide ? 58 : 46));
    uint64_t sections = leat_load_u16le(data + (wide ? 60 : 48));
    *ret_at = wide ? leat_load_u64le(data + 40) : leat_load_u32le(data + 32);
    *ret_len = each * sections;
    return *ret_at > 0;
}

uint64_t leat_program_end(const uint8_t *data, size_t len)
{
    uint64_t at, table_len;
    bool known = find_sections(data, len, &at, &table_len) && at <= UINT64_MAX - table_len;
    return known ? at + table_len : 0;
}

bool leat_program_fills(const uint8_t *data, size_t len, uint64_t size)
{
    uint64_t at, table_len;
    return find_sections(data, len, &at, &table_len) && at <= size && table_len >= size - at;
}

enum leat_match leat_start_find(const struct leat_start *start, const uint8_t *data, size_t len,
                                bool all, size_t *ret_at)
{
    const bool more = !all && len < LEAT_PROGRAM_MAX;
    leat_assert(len <= LEAT_PROGRAM_MAX);
    *ret_at = 0;
    enum leat_match match = start->signature(data, len);
    if (match == LEAT_MATCH_YES || (match == LEAT_MATCH_MORE && more))
        return match;
    for (size_t at = 0; at < len; at++) {
        const uint8_t *found = leat_bytes_find(data + at, len - at, start->first);
        if (found == NULL)
            break;
        at = (size_t)(found - data);
        match = start->begins(found, len - at);
        if (match == LEAT_MATCH_YES)
            *ret_at = at;
        if (match == LEAT_MATCH_YES || (match == LEAT_MATCH_MORE && more))
            return match;
    }
    return more ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

enum leat_match leat_start_probe(const struct leat_start *start, const uint8_t *data, size_t len,
                                 uint64_t size)
{
    size_t at;
    leat_assert(len <= size);
    if (leat_program_fills(data, len, size))
        return LEAT_MATCH_NO;
    return leat_start_find(start, data, len, len == size, &at);
}
