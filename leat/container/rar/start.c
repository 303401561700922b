#include "leat/container/rar/start.h"
#include "leat/container/program.h"

/* Whether an archive begins with these bytes, by its signature and the header behind that. */
static enum leat_match begins(const uint8_t *data, size_t len)
{
    struct leat_rar_version version;
    struct leat_rar_block block;
    enum leat_match match = leat_rar_signature(data, len, &version);
    if (match != LEAT_MATCH_YES)
        return match;
    match = version.judge(data + version.signature_len, len - version.signature_len, &block);
    return match == LEAT_MATCH_YES && !block.first ? LEAT_MATCH_NO : match;
}

enum leat_match leat_rar_start_find(const uint8_t *data, size_t len, bool all, size_t *ret_at)
{
    struct leat_rar_version version;
    leat_assert(len <= RAR_PREFIX_MAX);
    *ret_at = 0;
    enum leat_match match = leat_rar_signature(data, len, &version);
    const bool more = !all && len < RAR_PREFIX_MAX;
    if (match == LEAT_MATCH_YES || (match == LEAT_MATCH_MORE && more))
        return match;
    for (size_t at = 0; at < len; at++) {
        const uint8_t *found = leat_bytes_find(data + at, len - at, RAR4_SIGNATURE[0]);
        if (found == NULL)
            break;
        at = (size_t)(found - data);
        match = begins(found, len - at);
        if (match == LEAT_MATCH_YES)
            *ret_at = at;
        if (match == LEAT_MATCH_YES || (match == LEAT_MATCH_MORE && more))
            return match;
    }
    return more ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

enum leat_match leat_rar_start_probe(const uint8_t *data, size_t len, uint64_t size)
{
    size_t at;
    leat_assert(len <= size);
    if (leat_program_fills(data, len, size))
        return LEAT_MATCH_NO;
    return leat_rar_start_find(data, len, len == size, &at);
}
