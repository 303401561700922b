#include "leat/container/lha/start.h"

#include "leat/container/lha/header.h"
#include "leat/container/program.h"

/* Whether a whole header begins here, and knows that it is right. Those of archives behind programs
 * are short. */
static enum leat_match begins(const uint8_t *data, size_t len)
{
    enum { HEADER_MAX = 4096 };
    struct lha_header header;
    enum leat_match match = leat_lha_probe(data, len);
    if (match != LEAT_MATCH_YES)
        return match;
    size_t header_len = leat_lha_header_len(data, len);
    if (header_len > HEADER_MAX)
        return LEAT_MATCH_NO;
    if (header_len > len)
        return LEAT_MATCH_MORE;
    bool right = leat_lha_header(data, header_len, &header) == LEAT_FAULT_NONE && header.checked;
    return right ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

enum leat_match leat_lha_start_find(const uint8_t *data, size_t len, bool all, size_t *ret_at)
{
    const bool more = !all && len < LEAT_PROGRAM_MAX;
    leat_assert(len <= LEAT_PROGRAM_MAX);
    *ret_at = 0;
    enum leat_match match = leat_lha_probe(data, len);
    if (match == LEAT_MATCH_YES || (match == LEAT_MATCH_MORE && more))
        return match;
    /* A header's method begins with a '-', behind its first bytes. */
    for (size_t at = LHA_METHOD_AT; at < len; at++) {
        const uint8_t *found = leat_bytes_find(data + at, len - at, '-');
        if (found == NULL)
            break;
        at = (size_t)(found - data);
        match = begins(found - LHA_METHOD_AT, len - at + LHA_METHOD_AT);
        if (match == LEAT_MATCH_YES)
            *ret_at = at - LHA_METHOD_AT;
        if (match == LEAT_MATCH_YES || (match == LEAT_MATCH_MORE && more))
            return match;
    }
    return more ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

enum leat_match leat_lha_start_probe(const uint8_t *data, size_t len, uint64_t size)
{
    size_t at;
    leat_assert(len <= size);
    if (leat_program_fills(data, len, size))
        return LEAT_MATCH_NO;
    return leat_lha_start_find(data, len, len == size, &at);
}
