/* Any bytes as an archive: every entry is read, from small pieces and through small windows as the
 * middle byte has it, and all ends in a status. */

#include "leat/container/sevenz/sevenz.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.bytes_max = LEAT_MIB });
    struct trickle_options trickles = {
        .data = data,
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
    leat_ctx_fini(&ctx);
    return 0;
}
