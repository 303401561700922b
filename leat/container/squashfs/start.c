#include "leat/container/squashfs/start.h"

#include "leat/container/program.h"

/* The letter of "hsqs" that is seldom met, and where in it that is. */
enum { RARE = 'q', RARE_AT = 2 };

enum { ALIGNED_MAX = 64 * 1024 };

/* The stretch of the input in which an image may begin. */
static void bound(const uint8_t *data, size_t len, uint64_t *ret_from, uint64_t *ret_to)
{
    uint64_t end = leat_program_end(data, len);
    bool known = end > 0 && end <= SQFS_PREFIX_MAX - ALIGNED_MAX;
    *ret_from = end;
    *ret_to = known ? end + ALIGNED_MAX : SQFS_PREFIX_MAX;
}

enum leat_match leat_sqfs_start_find(const uint8_t *data, size_t len, uint64_t size, size_t *ret_at)
{
    uint64_t from, to;
    leat_assert(len <= size);
    leat_assert(len <= SQFS_PREFIX_MAX);
    *ret_at = 0;
    if (leat_match_magic(data, len, "hsqs", 4) == LEAT_MATCH_YES)
        return LEAT_MATCH_YES;
    bound(data, len, &from, &to);
    if (to > size)
        to = size;
    uint64_t seen = len < to ? len : to;
    for (uint64_t at = from; at < seen && seen - at >= SQFS_SUPER_LEN; at++) {
        const uint8_t *found =
            leat_bytes_find(data + at + RARE_AT, (size_t)(seen - at) - SQFS_SUPER_LEN + 1, RARE);
        if (found == NULL)
            break;
        at = (uint64_t)(found - data) - RARE_AT;
        if (leat_sqfs_super_holds(data + at, size - at)) {
            *ret_at = (size_t)at;
            return LEAT_MATCH_YES;
        }
    }
    return from < to && len < to ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

enum leat_match leat_sqfs_start_probe(const uint8_t *data, size_t len, uint64_t size)
{
    size_t at;
    if (leat_match_magic(data, len, "MZ", 2) == LEAT_MATCH_YES ||
        leat_program_fills(data, len, size))
        return LEAT_MATCH_NO;
    return leat_sqfs_start_find(data, len, size, &at);
}
