/* Any bytes from and to encodings of each kind: it ends, what comes out is UTF-8, and the cutting
 * of the input makes no difference. The first byte chooses the encoding and the way, the second the
 * cutting. */

#include <stdlib.h>
#include <string.h>

#include "leat/stage/utf/utf.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum leat_status run(struct leat_ctx *ctx, const uint8_t *data, size_t size,
                            const struct leat_stage *stage, const void *stage_options,
                            size_t piece_max, uint8_t *out, size_t room, size_t *ret_len)
{
    struct drip_options options = { .seed = size, .piece_max = piece_max, .again = 10 };
    struct leat_reader *r = leat_pull(drip(ctx, data, size, &options), stage, stage_options);
    enum leat_status status = drip_read(r, 1, out, room, ret_len);
    leat_reader_close(r);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "CP932",         "EUC-JP-MS", "UHC",         "GB18030",
                                         "BIG5-HKSCS",    "CP1255",    "ISO-2022-JP", "ISO-2022-KR",
                                         "UTF-7",         "KOI8-R",    "UCS-4",       "UTF-16",
                                         "ISO-2022-JP-3", "IBM930" };
    if (size < 2 || size > 4096)
        return 0;
    size_t which = data[0] / 2 % (sizeof(names) / sizeof(names[0]));
    bool decodes = data[0] % 2 == 0;
    const struct leat_stage *stage = decodes ? &leat_stage_iconv_decode : &leat_stage_iconv_encode;
    struct leat_iconv_options options = { .encoding = names[which] };
    size_t room = 16 * size + 64;
    uint8_t *whole = malloc(room), *pieces = malloc(room);
    check(whole != NULL && pieces != NULL);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    size_t len, pieces_len;
    enum leat_status status = run(&ctx, data + 2, size - 2, stage, &options, 0, whole, room, &len);
    check(!decodes || status == LEAT_END);
    check(run(&ctx, data + 2, size - 2, stage, &options, 1 + data[1] % 64, pieces, room,
              &pieces_len) == status);
    check(pieces_len == len);
    check(memcmp(whole, pieces, len) == 0);
    check(!decodes || leat_utf8_valid_len(whole, len) == len);
    leat_ctx_fini(&ctx);
    free(whole);
    free(pieces);
    return 0;
}
