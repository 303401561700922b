/* Shows that lines come out as a plain loop over the text finds them, whatever the cutting, the
 * waits, the delimiter and the bound, forwards and backwards, and that a fault comes after the
 * bytes before it. */

#include "leat/core/lines.h"
#include "leat/core/reverse.h"
#include "leat/core/bytes.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"
#include "tests/support/memory.h"

static struct memory memory;
static struct leat_ctx ctx;

/* What a plain loop finds. */
struct model {
    const uint8_t *text;
    size_t len, at;
    const char *delimiter;
    size_t delimiter_len;
    bool unended;
};

static bool model_next(struct model *model, struct leat_span *ret)
{
    if (model->at == model->len)
        return false;
    size_t from = model->at;
    for (size_t i = from; i + model->delimiter_len <= model->len; i++) {
        if (!leat_bytes_equal(model->text + i, model->delimiter, model->delimiter_len))
            continue;
        *ret = (struct leat_span){ model->text + from, i - from };
        model->at = i + model->delimiter_len;
        return true;
    }
    *ret = (struct leat_span){ model->text + from, model->len - from };
    model->at = model->len;
    model->unended = true;
    return true;
}

static enum leat_status next(struct leat_iter *it, struct leat_span *ret)
{
    enum leat_status status;
    do {
        status = leat_iter_next(it, ret);
    } while (status == LEAT_AGAIN);
    return status;
}

static void same(struct leat_span a, struct leat_span b)
{
    check(a.len == b.len);
    check(a.len == 0 || leat_bytes_equal(a.data, b.data, a.len));
}

static void init(struct leat_lines *lines, struct leat_reader *r, const struct model *model,
                 size_t len_max)
{
    if (model->delimiter_len == 1)
        leat_lines_init(lines, r, (uint8_t)model->delimiter[0], len_max);
    else
        leat_delimited_init(lines, r, model->delimiter, model->delimiter_len, len_max);
}

static void agrees(struct model model, const struct drip_options *options)
{
    struct leat_reader *r = drip(&ctx, model.text, model.len, options);
    struct leat_lines lines;
    init(&lines, r, &model, 0);
    struct leat_span line, wanted;
    while (model_next(&model, &wanted)) {
        check(next(&lines.cursor.iter, &line) == LEAT_OK);
        same(line, wanted);
        check(leat_tell(r) == (uint64_t)(wanted.data - model.text));
        check(lines.unended == model.unended);
    }
    enum leat_status end = options->fails ? LEAT_FAULT : LEAT_END;
    check(next(&lines.cursor.iter, &line) == end);
    check(next(&lines.cursor.iter, &line) == end);
    check(!options->fails || lines.cursor.iter.fault.offset == model.len);
    leat_reader_close(r);
}

/* Every line in a row, backwards. */
static void agrees_reverse(struct model model, const struct drip_options *options)
{
    struct leat_span all[256], line;
    size_t count = 0;
    while (model_next(&model, &line)) {
        check(count < sizeof(all) / sizeof(all[0]));
        all[count++] = line;
    }
    struct leat_reader *r = drip(&ctx, model.text, model.len, options);
    struct leat_reverse reverse;
    leat_lines_reverse_init(&reverse, r, (uint8_t)model.delimiter[0], 0);
    for (int round = 0; round < 2; round++) {
        for (size_t i = count; i > 0; i--) {
            check(next(&reverse.cursor.iter, &line) == LEAT_OK);
            same(line, all[i - 1]);
            check(reverse.unended == (model.unended && i == count));
        }
        check(next(&reverse.cursor.iter, &line) == LEAT_END);
        check(next(&reverse.cursor.iter, &line) == LEAT_END);
        check(leat_iter_rewind(&reverse.cursor.iter) == LEAT_OK);
    }
    leat_reader_close(r);
}

static void drawn_texts_agree(uint64_t seed)
{
    static const struct {
        const char *bytes;
        size_t len;
    } delimiters[] = { { "\n", 1 }, { "\0", 1 }, { "\r\n", 2 }, { "aab", 3 }, { "aa", 2 } };
    uint8_t text[200];
    unsigned which = (unsigned)drip_random(&seed, 5);
    struct model model = {
        .text = text,
        .len = (size_t)drip_random(&seed, sizeof(text) + 1),
        .delimiter = delimiters[which].bytes,
        .delimiter_len = delimiters[which].len,
    };
    for (size_t i = 0; i < model.len; i++)
        text[i] = (uint8_t) "\n\r\0ab"[drip_random(&seed, 5)];
    struct drip_options options = {
        .seed = seed,
        .piece_max = (size_t)drip_random(&seed, 20),
        .again = (unsigned)drip_random(&seed, 90),
        .fails = drip_random(&seed, 2),
        .seeks = true,
    };
    agrees(model, &options);
    if (model.delimiter_len == 1)
        agrees_reverse(model, &options);
}

/* A line longer than `len_max` is a fault at its offset, for every cutting and every bound. */
static void bounds_hold(uint64_t seed)
{
    static const char text[] = "one\nthree\nfourteen\nx\n";
    for (size_t len_max = 1; len_max < 10; len_max++) {
        struct drip_options options = { .seed = seed, .piece_max = 1 + seed % 9, .again = 20 };
        struct leat_reader *r = drip(&ctx, text, sizeof(text) - 1, &options);
        struct leat_lines lines;
        leat_lines_init(&lines, r, '\n', len_max);
        struct leat_span line;
        unsigned count = 0;
        enum leat_status status;
        while ((status = next(&lines.cursor.iter, &line)) == LEAT_OK) {
            check(line.len <= len_max);
            count++;
        }
        static const unsigned counts[] = { 0, 0, 0, 1, 1, 2, 2, 2, 4, 4 };
        static const uint64_t offsets[] = { 0, 0, 0, 4, 4, 10, 10, 10, 0, 0 };
        check(count == counts[len_max]);
        check(status == (len_max < 8 ? LEAT_FAULT : LEAT_END));
        const struct leat_fault *fault = &lines.cursor.iter.fault;
        check(len_max >= 8 || fault->code == LEAT_FAULT_BOUND);
        check(len_max >= 8 || fault->offset == offsets[len_max]);
        check(next(&lines.cursor.iter, &line) == status);
        leat_reader_close(r);
    }
}

/* Where the window cannot become large enough, that is the bound. */
static void windows_bound(uint64_t seed)
{
    static const char text[] = "ab\nabcdefgh\n";
    struct drip_options options = { .seed = seed, .piece_max = 1, .window_max = 4, .seeks = true };
    struct leat_reader *r = drip(&ctx, text, sizeof(text) - 1, &options);
    struct leat_lines lines;
    leat_lines_init(&lines, r, '\n', 0);
    struct leat_span line;
    check(next(&lines.cursor.iter, &line) == LEAT_OK);
    check(next(&lines.cursor.iter, &line) == LEAT_FAULT);
    check(lines.cursor.iter.fault.code == LEAT_FAULT_BOUND);
    check(lines.cursor.iter.fault.offset == 3);
    struct leat_reverse reverse;
    check(leat_iter_rewind(&lines.cursor.iter) == LEAT_OK);
    check(next(&lines.cursor.iter, &line) == LEAT_OK && line.len == 2);
    check(leat_seek(r, 0) == LEAT_OK);
    leat_lines_reverse_init(&reverse, r, '\n', 0);
    check(next(&reverse.cursor.iter, &line) == LEAT_FAULT);
    check(reverse.cursor.iter.fault.code == LEAT_FAULT_BOUND);
    leat_reader_close(r);
}

static void pipes_do_not_reverse(void)
{
    struct drip_options options = { 0 };
    struct leat_reader *r = drip(&ctx, "a\n", 2, &options);
    struct leat_reverse reverse;
    struct leat_span line;
    leat_lines_reverse_init(&reverse, r, '\n', 0);
    check(next(&reverse.cursor.iter, &line) == LEAT_FAULT);
    check(reverse.cursor.iter.fault.code == LEAT_FAULT_UNSUPPORTED);
    check(leat_iter_rewind(&reverse.cursor.iter) == LEAT_OK);
    struct leat_lines lines;
    leat_lines_init(&lines, r, '\n', 0);
    check(leat_iter_rewind(&lines.cursor.iter) == LEAT_UNSUPPORTED);
    check(next(&lines.cursor.iter, &line) == LEAT_OK);
    leat_reader_close(r);
}

static void trimmed(void)
{
    struct leat_span line = { (const uint8_t *)"a\r\r", 3 };
    line = leat_line_trim(line);
    check(line.len == 2);
    line = leat_line_trim(leat_line_trim(leat_line_trim(line)));
    check(line.len == 1);
    line = leat_line_trim((struct leat_span){ 0 });
    check(line.len == 0);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    memory_ctx_init(&ctx, &memory);
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        check_says("seed", seed);
        drawn_texts_agree(seed);
    }
    for (uint64_t seed = 1; seed <= 50; seed++)
        bounds_hold(seed);
    windows_bound(1);
    pipes_do_not_reverse();
    trimmed();
    memory_ctx_fini(&ctx, &memory);
    return 0;
}
