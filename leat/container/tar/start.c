#include "leat/container/tar/start.h"
#include "leat/container/program.h"
#include "leat/container/scan.h"
#include "leat/container/tar/header.h"

enum leat_match leat_tar_start_find(const uint8_t *data, size_t len, bool all, size_t *ret_at)
{
    leat_assert(len <= TAR_START_MAX);
    for (size_t at = 0; len - at >= TAR_BLOCK; at += TAR_BLOCK) {
        if (leat_tar_anywhere(data + at, TAR_BLOCK) == LEAT_MATCH_YES) {
            *ret_at = at;
            return LEAT_MATCH_YES;
        }
    }
    return !all && len < TAR_START_MAX ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

enum leat_match leat_tar_start_probe(const uint8_t *data, size_t len, uint64_t size)
{
    size_t at;
    leat_assert(len <= size);
    if (leat_program_begins(data, len) == LEAT_MATCH_YES)
        return LEAT_MATCH_NO;
    return leat_tar_start_find(data, len, len == size, &at);
}

enum leat_status leat_tar_start_look(struct leat_container *c, size_t *ret)
{
    struct leat_span window;
    size_t at = 0;
    enum leat_status status = leat_scan_peek(c, TAR_BLOCK, &window);
    if (status == LEAT_OK && leat_tar_probe(window.data, TAR_BLOCK) == LEAT_MATCH_YES)
        return LEAT_END;
    if (status == LEAT_OK)
        status = leat_scan_peek(c, TAR_START_MAX, &window);
    if (status == LEAT_AGAIN)
        return status;
    size_t len = window.len < TAR_START_MAX ? window.len : TAR_START_MAX;
    (void)leat_tar_start_find(window.data, len, true, &at);
    *ret = at;
    return at > 0 ? LEAT_OK : LEAT_END;
}

enum leat_status leat_tar_start_scan(struct leat_container *c, uint64_t from)
{
    struct leat_span window;
    uint64_t done;
    enum leat_status status = leat_skip(c->src, from - leat_tell(c->src), &done);
    while (status == LEAT_OK) {
        status = leat_scan_peek(c, TAR_BLOCK, &window);
        if (status != LEAT_OK || leat_tar_probe(window.data, TAR_BLOCK) == LEAT_MATCH_YES)
            break;
        leat_consume(c->src, TAR_BLOCK);
    }
    return status;
}
