/* Any bytes through every stage: it ends, what comes out of a decoder is UTF-8, and the cutting of
 * the input makes no difference: pieces too short for vectors, which the plain loops do, give what
 * vectors make of the whole. The first byte chooses the stage, or that the encoding be guessed, the
 * second the cutting. */

#include <stdlib.h>
#include <string.h>

#include "leat/stage/utf/utf.h"
#include "tests/support/drip.h"
#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t run(struct leat_ctx *ctx, const uint8_t *data, size_t size,
                  const struct leat_stage *stage, bool guess, size_t piece_max, uint8_t *out,
                  size_t room)
{
    struct leat_utf8_options utf8 = { .guess = guess };
    struct drip_options options = { .seed = size, .piece_max = piece_max, .again = 10 };
    struct leat_reader *src = drip(ctx, data, size, &options);
    struct leat_reader *r =
        stage != NULL ? leat_pull(src, stage, NULL) : leat_utf8_with(src, &utf8);
    size_t len;
    enum leat_status status = drip_read(r, 1, out, room, &len);
    check(status == LEAT_END);
    leat_reader_close(r);
    return len;
}

/* Judged at once, and in pieces that are too short for vectors. */
static void judge(const uint8_t *data, size_t size)
{
    enum { PIECE_LEN = 24 };
    size_t valid = leat_utf8_valid_len(data, size), at = 0;
    check(valid <= size);
    while (at < size) {
        size_t len = size - at < PIECE_LEN ? size - at : PIECE_LEN;
        size_t some = leat_utf8_valid_len(data + at, len);
        at += some;
        if (some == 0)
            break;
    }
    check(at == valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct leat_stage *const stages[] = {
        NULL,
        &leat_stage_utf16le_decode,
        &leat_stage_utf16be_decode,
        &leat_stage_utf32le_decode,
        &leat_stage_utf32be_decode,
        &leat_stage_windows1252_decode,
        &leat_stage_utf16le_encode,
        &leat_stage_utf16be_encode,
        &leat_stage_utf32le_encode,
        &leat_stage_utf32be_encode,
    };
    if (size < 2 || size > 4096)
        return 0;
    bool guess = data[0] >= 250;
    const struct leat_stage *stage = stages[guess ? 0 : data[0] % 10];
    size_t piece_max = 1 + data[1] % 64;
    size_t room = 4 * size + 64;
    uint8_t *whole = malloc(room), *pieces = malloc(room);
    check(whole != NULL && pieces != NULL);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    judge(data, size);
    size_t len = run(&ctx, data + 2, size - 2, stage, guess, 0, whole, room);
    check(run(&ctx, data + 2, size - 2, stage, guess, piece_max, pieces, room) == len);
    check(memcmp(whole, pieces, len) == 0);
    bool decodes = !guess && data[0] % 10 >= 1 && data[0] % 10 <= 5;
    check(!decodes || leat_utf8_valid_len(whole, len) == len);
    leat_ctx_fini(&ctx);
    free(whole);
    free(pieces);
    return 0;
}
