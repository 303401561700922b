#include "leat/container/sevenz/start.h"
#include "leat/container/program.h"
#include "leat/container/sevenz/index.h"
#include "leat/core/load.h"
#include "leat/stage/hash/crc32.h"

static const uint8_t magic[SZ_SIGNATURE_LEN] = { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c };

enum leat_match leat_sz_signature(const uint8_t *data, size_t len)
{
    return leat_match_magic(data, len, magic, sizeof(magic));
}

/* Whether the bytes, behind which the input has `rest`, are an archive's start. */
static bool holds(const uint8_t *start, uint64_t rest)
{
    uint64_t offset = leat_load_u64le(start + SZ_START_OFFSET);
    uint64_t header_size = leat_load_u64le(start + SZ_START_SIZE);
    return header_size > 0 && offset <= rest && header_size <= rest - offset &&
           leat_crc32(0, start + SZ_START_OFFSET, SZ_START_LEN - SZ_START_OFFSET) ==
               leat_load_u32le(start + SZ_START_CRC);
}

enum leat_match leat_sz_start_find(const uint8_t *data, size_t len, uint64_t size, size_t *ret_at)
{
    leat_assert(len <= size);
    *ret_at = 0;
    if (leat_sz_signature(data, len) == LEAT_MATCH_YES)
        return LEAT_MATCH_YES;
    for (size_t at = 0; len - at >= SZ_START_LEN; at++) {
        const uint8_t *found = leat_bytes_find(data + at, len - at - (SZ_START_LEN - 1), magic[0]);
        if (found == NULL)
            break;
        at = (size_t)(found - data);
        if (leat_bytes_equal(found, magic, sizeof(magic)) &&
            holds(found, size - at - SZ_START_LEN)) {
            *ret_at = at;
            return LEAT_MATCH_YES;
        }
    }
    return len < size && len < SZ_PREFIX_MAX ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

enum leat_match leat_sz_start_probe(const uint8_t *data, size_t len, uint64_t size)
{
    size_t at;
    if (leat_program_fills(data, len, size))
        return LEAT_MATCH_NO;
    return leat_sz_start_find(data, len, size, &at);
}

/* --- Without a start --- */

bool leat_sz_start_is_blank(const uint8_t *start)
{
    static const uint8_t blank[SZ_START_LEN - SZ_START_CRC];
    return leat_bytes_equal(start + SZ_START_CRC, blank, sizeof(blank));
}

bool leat_sz_header_find(const uint8_t *tail, size_t len, size_t *ret_at)
{
    if (len == 0 || tail[len - 1] != SZ_END)
        return false;
    for (size_t at = len - 1; at-- > 0;) {
        if ((tail[at] == SZ_HEADER && tail[at + 1] == SZ_MAIN_STREAMS) ||
            (tail[at] == SZ_ENCODED_HEADER && tail[at + 1] == SZ_PACK_INFO)) {
            *ret_at = at;
            return true;
        }
    }
    return false;
}
