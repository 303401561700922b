/* Any bytes as an archive: every entry is read, from small pieces and through small windows as the
 * middle byte has it, and all ends in a status. The checksums of start and header are put right,
 * for what they guard is what is to be tried. */

#include <stdlib.h>
#include <string.h>

#include "leat/container/sevenz/index.h"
#include "leat/container/sevenz/sevenz.h"
#include "leat/stage/hash/crc32.h"
#include "tests/support/trickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct leat_reader *r)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK || status == LEAT_AGAIN) {
        struct leat_span window;
        status = leat_peek(r, 1, &window);
        leat_consume(r, window.len);
    }
    leat_reader_close(r);
}

static void put_checksums_right(uint8_t *start, size_t size)
{
    if (size < SZ_START_LEN)
        return;
    uint64_t at = leat_load_u64le(start + SZ_START_OFFSET);
    uint64_t len = leat_load_u64le(start + SZ_START_SIZE);
    size_t room = size - SZ_START_LEN;
    if (at <= room && len <= room - at)
        leat_store_u32le(start + SZ_START_HEADER_CRC,
                         leat_crc32(0, start + SZ_START_LEN + at, (size_t)len));
    leat_store_u32le(start + SZ_START_CRC,
                     leat_crc32(0, start + SZ_START_OFFSET, SZ_START_LEN - SZ_START_OFFSET));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.bytes_max = LEAT_MIB });
    uint8_t *copy = malloc(size + 1);
    leat_assert(copy != NULL);
    memcpy(copy, data, size);
    put_checksums_right(copy, size);
    struct trickle_options trickles = {
        .data = copy,
        .len = size,
        .piece = size > 0 && data[size / 2] & 1 ? 100 : 4096,
        .again = size > 0 && data[size / 2] & 2,
        .seeks = true,
        .forks = size > 0 && data[size - 1] & 1,
    };
    struct leat_container *c = leat_7z(trickle(&ctx, &trickles));
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK || status == LEAT_AGAIN) {
        struct leat_entry entry;
        status = leat_next(c, &entry);
        if (status == LEAT_OK)
            read_all(leat_entry_open(c, &entry, NULL));
    }
    leat_container_close(c);
    free(copy);
    leat_ctx_fini(&ctx);
    return 0;
}
