/* Any bytes as lines and frames, cut anywhere: lines and their delimiters are the input again, and
 * backwards they are the same lines. The first byte chooses delimiter and prefix, the second the
 * cutting. */

#include <string.h>

#include "leat/core/frames.h"
#include "leat/core/lines.h"
#include "leat/core/reverse.h"
#include "tests/support/drip.h"
#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum leat_status next(struct leat_iter *it, struct leat_span *ret)
{
    enum leat_status status;
    do {
        status = leat_iter_next(it, ret);
    } while (status == LEAT_AGAIN);
    return status;
}

static void forwards(struct leat_reader *r, const uint8_t *data, size_t size, size_t delimiter_len)
{
    struct leat_lines lines;
    leat_delimited_init(&lines, r, "\n\n\n", delimiter_len, 0);
    struct leat_span line;
    size_t at = 0;
    while (next(&lines.cursor.iter, &line) == LEAT_OK) {
        check(line.len <= size - at);
        check(memcmp(data + at, line.data, line.len) == 0);
        at += line.len + (lines.unended ? 0 : delimiter_len);
    }
    check(at == size);
}

static void backwards(struct leat_reader *r, const uint8_t *data, size_t size)
{
    struct leat_reverse reverse;
    leat_lines_reverse_init(&reverse, r, '\n', 0);
    struct leat_span line;
    size_t left = size;
    while (next(&reverse.cursor.iter, &line) == LEAT_OK) {
        left -= !reverse.unended;
        check(line.len <= left);
        left -= line.len;
        check(line.len == 0 || memcmp(data + left, line.data, line.len) == 0);
    }
    check(left == 0);
}

static void frames(struct leat_reader *r, size_t size, enum leat_prefix prefix)
{
    struct leat_frames it;
    leat_frames_init(&it, r, prefix, size);
    struct leat_span frame;
    enum leat_status status;
    size_t sum = 0;
    do {
        status = next(&it.records.cursor.iter, &frame);
        sum += status == LEAT_OK ? it.prefix_len + frame.len : 0;
    } while (status == LEAT_OK);
    check(status == LEAT_FAULT || sum == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4096)
        return 0;
    struct drip_options options = {
        .seed = size, .piece_max = 1 + data[1] % 64, .again = 10, .seeks = true
    };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = drip(&ctx, data + 2, size - 2, &options);
    forwards(r, data + 2, size - 2, 1 + data[0] % 3);
    (void)!leat_seek(r, 0);
    backwards(r, data + 2, size - 2);
    (void)!leat_seek(r, 0);
    frames(r, size - 2, (enum leat_prefix)(data[0] / 3 % 8));
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return 0;
}
