/* Any bytes as an archive, as tests/support/sweep.h has it: by the directory or by the local
 * headers, with a password, and from a source as the middle byte has it. */

#include "leat/container/zip/zip.h"
#include "tests/support/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    sweep_fuzz_from(leat_zip, &ctx, &trickles);
    leat_ctx_fini(&ctx);
    return 0;
}
