#include "leat/container/tar/start.h"
#include "leat/container/scan.h"
#include "leat/container/tar/header.h"

const struct leat_first leat_tar_first = {
    .probe = leat_tar_probe,
    .judge = leat_tar_anywhere,
    .header_len = TAR_BLOCK,
    .step = TAR_BLOCK,
};

enum leat_match leat_tar_start_probe(const uint8_t *data, size_t len, uint64_t size)
{
    return leat_first_probe(&leat_tar_first, data, len, size);
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
