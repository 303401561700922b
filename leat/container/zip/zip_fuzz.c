/* Any bytes as an archive: every entry is read, by the directory or by the local headers, with a
 * password, from small pieces and through small windows as the middle byte has it, on behind
 * damage, and all ends in a status. */

#include "leat/container/zip/zip.h"
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
    static const struct leat_keys keys = { .password = { (const uint8_t *)"secret", 6 } };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){
                            .limits = { .bytes_max = LEAT_MIB, .damages_max = 10 },
                            .keys = &keys,
                            .recover = size > 0 && data[size / 2] & 4,
                        });
    struct trickle_options trickles = {
        .data = data,
        .len = size,
        .piece = size > 0 && data[size / 2] & 1 ? 100 : 4096,
        .again = size > 0 && data[size / 2] & 2,
        .seeks = size == 0 || (data[size / 2] & 12) != 12,
        .forks = size > 0 && data[size - 1] & 1,
    };
    struct leat_container *c = leat_zip(trickle(&ctx, &trickles));
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK || status == LEAT_AGAIN) {
        struct leat_entry entry;
        status = leat_next(c, &entry);
        if (status == LEAT_OK && entry.index % 4 != 3)
            read_all(leat_entry_open(c, &entry, NULL));
        while (status == LEAT_FAULT && (status = leat_container_resync(c)) == LEAT_AGAIN)
            status = LEAT_FAULT;
    }
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    return 0;
}
