/* Shows that a text goes on behind what its source has lost: in every encoding, however many bytes
 * are missing and however the rest comes, all that follows is read, and origins count from there.
 */

#include <string.h>

#include "leat/stage/utf/utf.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/trickle.h"

static struct leat_ctx ctx;

/* A line of it, then the number that tells it from the others. */
static const char *const lines[] = {
    "The quick brown fox jumps over the lazy dog",
    "Съешь же ещё этих мягких французских булок",
    "色は匂へど散りぬるを我が世誰ぞ常ならむ",
    "道可道非常道名可名非常名无名天地之始有名万物之母故常无欲以观其妙",
    "모든 인간은 태어날 때부터 자유로우며",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐌀𐌁𐌂 😀😁😂🤣 über",
};

enum { LINES = 60, LINE_LEN_MAX = 200 };

static size_t make_line(char *to, const char *text, unsigned number)
{
    size_t len = strlen(text);
    check(len + 5 < LINE_LEN_MAX);
    memcpy(to, text, len);
    to[len++] = ' ';
    to[len++] = (char)('0' + number / 10);
    to[len++] = (char)('0' + number % 10);
    to[len++] = '\n';
    return len;
}

static void make_text(struct sink *text, const char *line)
{
    for (unsigned i = 0; i < LINES; i++) {
        char made[LINE_LEN_MAX];
        sink_add(text, (const uint8_t *)made, make_line(made, line, i));
    }
}

static bool holds(const struct sink *text, const char *line, unsigned number)
{
    char made[LINE_LEN_MAX];
    size_t len = make_line(made, line, number);
    return memmem(text->data, text->len, made, len) != NULL;
}

static struct leat_reader *broken(const struct sink *packed, size_t at, size_t hole, bool waits)
{
    struct trickle_options options = {
        .data = packed->data,
        .len = packed->len,
        .piece = 7,
        .again = waits,
        .fails_at = at,
        .hole_len = hole,
    };
    return trickle(&ctx, &options);
}

/* Read to the end or a fault; a trickle that says AGAIN need only be asked again. */
static enum leat_status read_on(struct leat_reader *r, struct sink *ret)
{
    struct leat_span window;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &window)) == LEAT_OK || status == LEAT_AGAIN) {
        sink_add(ret, window.data, window.len);
        leat_consume(r, window.len);
    }
    return status;
}

static void resync(struct leat_reader *r)
{
    enum leat_status status;
    while ((status = leat_resync(r)) == LEAT_AGAIN)
        ;
    check_status(status, LEAT_OK);
}

/* Which of the lines a hole of `len` bytes at `at` leaves whole, for sure. */
static bool is_left(const struct sink *packed, unsigned number, size_t at, size_t len)
{
    size_t line_len = packed->len / LINES;
    size_t from = number * line_len, to = from + line_len;
    return to + 4 <= at || from >= at + len + line_len;
}

static void goes_on(const struct leat_stage *decoder, const void *options, const char *line,
                    const struct sink *packed, size_t at, size_t hole)
{
    struct sink text = { 0 };
    check_says("at", at);
    check_says("hole", hole);
    struct leat_reader *r = leat_pull(broken(packed, at, hole, at % 2 == 0), decoder, options);
    check_status(read_on(r, &text), LEAT_FAULT);
    resync(r);
    check_status(read_on(r, &text), LEAT_END);
    leat_reader_close(r);
    for (unsigned i = 0; i < LINES; i++) {
        check_says("line", i);
        check(!is_left(packed, i, at, hole) || holds(&text, line, i));
    }
    check_forgets_after("at");
    sink_fini(&text);
}

/* Holes of every length that may change where a unit begins. */
static void test_wide(void)
{
    static const struct {
        const struct leat_stage *encoder, *decoder;
    } kinds[] = {
        { &leat_stage_utf16le_encode, &leat_stage_utf16le_decode },
        { &leat_stage_utf16be_encode, &leat_stage_utf16be_decode },
        { &leat_stage_utf32le_encode, &leat_stage_utf32le_decode },
        { &leat_stage_utf32be_encode, &leat_stage_utf32be_decode },
    };
    static const struct leat_utf_options plain = { .no_mark = true };
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
            struct sink text = { 0 }, packed = { 0 };
            make_text(&text, lines[i]);
            check_says_text("encoding", kinds[k].decoder->name);
            check_says("text", i);
            codec_pack(kinds[k].encoder, &plain, &text, &packed);
            for (size_t at = packed.len / 3; at < packed.len / 3 + 8; at++) {
                for (size_t hole = 100; hole < 109; hole++)
                    goes_on(kinds[k].decoder, NULL, lines[i], &packed, at, hole);
            }
            sink_fini(&text);
            sink_fini(&packed);
        }
    }
}

static void test_named(void)
{
    static const struct {
        const char *encoding;
        unsigned line;
    } kinds[] = {
        { "KOI8-R", 1 },      { "CP932", 2 }, { "EUC-JP", 2 }, { "GB18030", 3 },
        { "ISO-2022-JP", 2 }, { "UHC", 4 },   { "UTF-7", 1 },  { "CP1258", 0 },
    };
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct leat_iconv_options options = { .encoding = kinds[k].encoding };
        struct sink text = { 0 }, packed = { 0 };
        check_says_text("encoding", kinds[k].encoding);
        make_text(&text, lines[kinds[k].line]);
        codec_pack(&leat_stage_iconv_encode, &options, &text, &packed);
        for (size_t at = packed.len / 3; at < packed.len / 3 + 8; at++) {
            for (size_t hole = 100; hole < 105; hole++)
                goes_on(&leat_stage_iconv_decode, &options, lines[kinds[k].line], &packed, at,
                        hole);
        }
        sink_fini(&text);
        sink_fini(&packed);
    }
}

/* The last character before the damage is not held back by what waits for a mark. */
static void test_held(void)
{
    static const struct leat_iconv_options options = { .encoding = "CP1258" };
    struct sink packed = { 0 }, text = { 0 };
    sink_add(&packed, (const uint8_t *)"xyAbcd", 6);
    struct leat_reader *r =
        leat_pull(broken(&packed, 3, 1, false), &leat_stage_iconv_decode, &options);
    check_status(read_on(r, &text), LEAT_FAULT);
    check_bytes(text.data, text.len, "xyA", 3);
    leat_reader_close(r);
    sink_fini(&text);
    sink_fini(&packed);
}

/* Where a byte behind the hole came from counts on from the source's own offset. */
static void test_origin(void)
{
    static const uint8_t text[] = "a\0b\0c\0d\0e\0f\0g\0h\0";
    struct sink packed = { 0 };
    struct leat_span window;
    uint64_t origin;
    sink_add(&packed, text, sizeof(text) - 1);
    struct leat_reader *r =
        leat_pull(broken(&packed, 5, 3, false), &leat_stage_utf16le_decode, NULL);
    check_status(leat_peek(r, 3, &window), LEAT_FAULT);
    check_bytes(window.data, window.len, "ab", 2);
    check_status(leat_origin(r, 1, &origin), LEAT_OK);
    check_equal(origin, 2);
    leat_consume(r, 2);
    resync(r);
    check_status(leat_peek(r, 4, &window), LEAT_OK);
    check_bytes(window.data, 4, "efgh", 4);
    check_status(leat_origin(r, 1, &origin), LEAT_OK);
    check_equal(origin, 7); /* what is lost is not counted: 5, and one unit behind */
    leat_reader_close(r);
    sink_fini(&packed);
}

/* What is wrong in the text itself is passed by alone, where that is a fault. */
static void test_strict(void)
{
    static const struct leat_utf_options strict = { .strict = true };
    static const uint8_t text[] = "o\0n\0e\0\0\xdct\0w\0o\0\n\0";
    struct sink packed = { 0 }, made = { 0 };
    sink_add(&packed, text, sizeof(text) - 1);
    struct leat_reader *r =
        leat_pull(broken(&packed, 0, 0, true), &leat_stage_utf16le_decode, &strict);
    check_status(read_on(r, &made), LEAT_FAULT);
    check_bytes(made.data, made.len, "one", 3);
    resync(r);
    check_status(read_on(r, &made), LEAT_END);
    check_bytes(made.data, made.len, "onetwo\n", 7);
    leat_reader_close(r);
    sink_fini(&made);
    sink_fini(&packed);
}

int main(void)
{
    leat_ctx_init(&ctx, NULL);
    check_run(test_wide);
    check_run(test_named);
    check_run(test_held);
    check_run(test_origin);
    check_run(test_strict);
    leat_ctx_fini(&ctx);
    return 0;
}
