/* Shows that a text in an encoding that nobody named is read as what it was before it was encoded,
 * however its bytes come and whatever stands before it; that UTF-8, what is broken in it, and what
 * is no text stay as they are; and that no more is waited for than it takes to tell. */

#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/utf/utf.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/drip.h"
#include "tests/support/trickle.h"

static struct leat_ctx ctx;
static const struct leat_utf8_options guess = { .guess = true };

/* --- Texts --- */

static const char russian[] = "В начале июля, в чрезвычайно жаркое время, под "
                              "вечер, один молодой человек вышел из своей "
                              "каморки, которую нанимал от жильцов, на улицу "
                              "и медленно, как бы в нерешимости, пошел.\n";
static const char japanese[] = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当"
                               "がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いて"
                               "いた事だけは記憶している。吾輩はここで始めて人間というも"
                               "のを見た。\n";
static const char chinese[] = "道可道，非常道。名可名，非常名。无名天地之始；有名万物之"
                              "母。故常无欲以观其妙；常有欲以观其徼。此两者同出而异名，"
                              "同谓之玄。玄之又玄，众妙之门。\n";
static const char taiwanese[] = "道可道，非常道。名可名，非常名。無名天地之始；有名萬物之"
                                "母。故常無欲以觀其妙；常有欲以觀其徼。此兩者同出而異名，"
                                "同謂之玄。玄之又玄，眾妙之門。\n";
static const char korean[] = "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 "
                             "동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 "
                             "서로 형제애의 정신으로 행동하여야 한다.\n";
static const char french[] =
    "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, "
    "mes yeux se fermaient si vite que je n’avais pas le temps de me dire : « Je "
    "m’endors. » Et, une demi-heure après, la pensée qu’il était temps de "
    "chercher le sommeil m’éveillait.\n";
static const char czech[] =
    "Když se Řehoř Samsa jednou ráno probudil z nepokojných snů, shledal, že se v "
    "posteli proměnil v jakýsi nestvůrný hmyz. Ležel na hřbetě tvrdém jako "
    "pancíř, a kdykoli trochu nadzvedl hlavu, uviděl své vyklenuté, hnědé břicho "
    "rozčleněné obloukovitými výztuhami.\n";

static const struct sample {
    const char *encoding; /* as iconv calls it */
    const char *text;
} samples[] = {
    { "KOI8-R", russian },     { "CP1251", russian },  { "CP866", russian },
    { "SHIFT_JIS", japanese }, { "EUC-JP", japanese }, { "GB18030", chinese },
    { "BIG5", taiwanese },     { "EUC-KR", korean },   { "CP1252", french },
    { "ISO-8859-2", czech },   { "CP1250", czech },
};

static void encode(const struct sample *sample, struct sink *ret)
{
    struct leat_iconv_options options = { .encoding = sample->encoding };
    struct sink text = { 0 };
    sink_add(&text, (const uint8_t *)sample->text, strlen(sample->text));
    codec_pack(&leat_stage_iconv_encode, &options, &text, ret);
    sink_fini(&text);
}

static void add_text(struct sink *to, const char *text)
{
    sink_add(to, (const uint8_t *)text, strlen(text));
}

/* `text`, cut in every way, is read as `wanted`, and as what `encoding` says. */
static void reads(const struct sink *text, const struct sink *wanted, bool guessed)
{
    for (uint64_t seed = 0; seed < 24; seed++) {
        struct drip_options cut = { .seed = seed, .piece_max = seed % 12, .again = 20 };
        struct leat_reader *r = drip(&ctx, text->data, text->len, &cut);
        uint8_t *out = malloc(wanted->len + 1);
        size_t len;
        check_says("seed", seed);
        check(out != NULL);
        r = leat_utf8_with(r, &guess);
        check_status(drip_read(r, seed, out, wanted->len + 1, &len), LEAT_END);
        check_bytes(out, len, wanted->data, wanted->len);
        check_equal(leat_utf8_guessed(r) != NULL, guessed);
        leat_reader_close(r);
        free(out);
    }
}

static void stays(const void *data, size_t len)
{
    struct sink text = { 0 };
    sink_add(&text, data, len);
    reads(&text, &text, false);
    sink_fini(&text);
}

/* --- The tests --- */

/* Alone, behind a line of ASCII, and behind more of it than a window shows. */
static void test_encodings(void)
{
    static const size_t before[] = { 0, 10, 100000 };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
            struct sink text = { 0 }, wanted = { 0 };
            check_says_text("encoding", samples[i].encoding);
            for (size_t n = 0; n < before[k]; n += 10)
                add_text(&text, "some text\n");
            sink_add(&wanted, text.data, text.len);
            encode(&samples[i], &text);
            add_text(&wanted, samples[i].text);
            reads(&text, &wanted, true);
            sink_fini(&text);
            sink_fini(&wanted);
        }
    }
}

/* More than is looked at: what was found holds to the end. */
static void test_long(void)
{
    struct sink text = { 0 }, wanted = { 0 };
    for (unsigned i = 0; i < 300; i++) {
        encode(&samples[0], &text);
        add_text(&wanted, samples[0].text);
    }
    check(text.len > 3 * 16 * LEAT_KIB);
    reads(&text, &wanted, true);
    sink_fini(&text);
    sink_fini(&wanted);
}

static void test_stays(void)
{
    static const char stray[] = "caf\xe9 \xc3\xa9 \xc3\xa9 \xc3\xbc\n";
    static const char control[] = "\xef\xf0\xe8\xe2\xe5\xf2 \x01 \xec\xe8\xf0\n";
    static const char nul[] = "\xef\xf0\xe8\xe2\xe5\xf2 \0 \xec\xe8\xf0\n";
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        stays(samples[i].text, strlen(samples[i].text));
    stays("ASCII alone\n", 12);
    stays("", 0);
    stays("cut: \xd0", 6);
    stays(stray, sizeof(stray) - 1);
    stays(control, sizeof(control) - 1);
    stays(nul, sizeof(nul) - 1);
    uint8_t noise[5000];
    uint64_t seed = 3;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)drip_random(&seed, 256);
    stays(noise, sizeof(noise));
}

/* A mark or a name leave nothing to guess. */
static void test_told(void)
{
    static const uint8_t marked[] = "\xff\xfe\x3f\x04\n";
    struct leat_span window;
    struct leat_reader *r = leat_utf8_with(leat_memory(&ctx, marked, 6), &guess);
    check_status(leat_peek(r, 3, &window), LEAT_OK);
    check_bytes(window.data, 3, "п\n", 3);
    check(leat_utf8_guessed(r) == NULL);
    leat_reader_close(r);
    struct leat_utf8_options both = { .guess = true, .encoding = "koi8-r" };
    r = leat_utf8_with(leat_memory(&ctx, "\xd0\xd2", 2), &both);
    check_status(leat_peek(r, 4, &window), LEAT_OK);
    check_bytes(window.data, 4, "пр", 4);
    leat_reader_close(r);
}

/* What begins a MiB behind the start is as it is; a byte before that it is guessed. */
static void test_far(void)
{
    for (size_t before = LEAT_MIB - 1; before <= LEAT_MIB; before++) {
        struct sink text = { 0 }, wanted = { 0 };
        for (size_t n = 0; n < before; n++)
            sink_add(&text, (const uint8_t *)"x", 1);
        bool near = before < LEAT_MIB;
        sink_add(&wanted, text.data, text.len);
        size_t from = text.len;
        encode(&samples[1], &text);
        if (near)
            add_text(&wanted, samples[1].text);
        else
            sink_add(&wanted, text.data + from, text.len - from);
        reads(&text, &wanted, near);
        uint64_t done;
        struct leat_reader *r = leat_utf8_with(leat_memory(&ctx, text.data, text.len), &guess);
        check_status(leat_skip(r, LEAT_UTF8_GUESS_LEN + 1, &done), LEAT_OK);
        check_equal(leat_utf8_guessed(r) != NULL, near);
        leat_reader_close(r);
        sink_fini(&text);
        sink_fini(&wanted);
    }
}

/* How much can be seen of `text` while its source has no more and the end did not come. */
static size_t shown_of(const char *text)
{
    struct trickle_options options = {
        .data = (const uint8_t *)text, .len = strlen(text), .fails_at = strlen(text), .piece = 1
    };
    struct leat_reader *r = leat_utf8_with(trickle(&ctx, &options), &guess);
    struct leat_span window;
    size_t shown = 0;
    while (leat_peek(r, shown + 1, &window) == LEAT_OK && r->below->tail == LEAT_TAIL_OPEN)
        shown = window.len;
    leat_reader_close(r);
    return shown;
}

/* Lines of ASCII are shown as they come, and UTF-8 once it is known for that. */
static void test_promptly(void)
{
    check_equal(shown_of("a line\n"), 7);
    check_equal(shown_of("ärgerlich\n"), 0);
    check_equal(shown_of("first\närgerlich\n"), 6);
    check_equal(shown_of("äöüäöüäöüäöüäöüä\n"), 33);
}

/* Where a character came from, before the first that is not ASCII and behind it. */
static void test_origin(void)
{
    static const uint8_t text[] = "ab\n\xef\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0\n";
    struct leat_reader *r = leat_utf8_with(leat_memory(&ctx, text, sizeof(text) - 1), &guess);
    struct leat_span window;
    uint64_t origin;
    check_status(leat_peek(r, 3, &window), LEAT_OK);
    check_status(leat_origin(r, 2, &origin), LEAT_OK);
    check_equal(origin, 2);
    leat_consume(r, 3);
    check_status(leat_peek(r, 20, &window), LEAT_OK);
    check_bytes(window.data, 12, "привет", 12);
    check_status(leat_origin(r, 4, &origin), LEAT_OK);
    check_equal(origin, 5);
    leat_reader_close(r);
}

int main(void)
{
    leat_ctx_init(&ctx, NULL);
    check(leat_utf8_guesses());
    check_run(test_encodings);
    check_run(test_long);
    check_run(test_stays);
    check_run(test_told);
    check_run(test_far);
    check_run(test_promptly);
    check_run(test_origin);
    leat_ctx_fini(&ctx);
    return 0;
}
