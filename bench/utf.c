/* How fast other encodings become UTF-8, in GB of input a second: ASCII, Cyrillic and Chinese text
 * in UTF-16, ASCII in UTF-32, Latin-1; UTF-8 passed through, and judged. Beside it the same by
 * iconv(3), and by ICU where that was found, which turn one buffer into another. */

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef HAS_ICU
#include <unicode/ustring.h>
#endif

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/utf/utf.h"

#define TEXT_LEN (64 * LEAT_MIB)
#define RUNS     9

static struct leat_ctx ctx;

/* Of this thread alone: what else the machine does is not counted. */
static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Run it often; the median. */
static double rate_of(void (*run)(const uint8_t *text, const char *encoding), const uint8_t *text,
                      const char *encoding)
{
    double rates[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        double start = now_ns();
        run(text, encoding);
        rates[i] = (double)TEXT_LEN / (now_ns() - start);
    }
    qsort(rates, RUNS, sizeof(rates[0]), by_size);
    return rates[RUNS / 2];
}

static void by_leat(const uint8_t *text, const char *encoding)
{
    struct leat_utf8_options options = { .encoding = encoding };
    struct leat_reader *r = leat_utf8_with(leat_memory(&ctx, text, TEXT_LEN), &options);
    struct leat_span window;
    while (leat_peek(r, 1, &window) == LEAT_OK)
        leat_consume(r, window.len);
    leat_reader_close(r);
}

static void judged(const uint8_t *text, const char *encoding)
{
    (void)encoding;
    for (size_t at = 0; at < TEXT_LEN; at += 64 * LEAT_KIB) {
        if (leat_utf8_valid_len(text + at, 64 * LEAT_KIB) < 64 * LEAT_KIB - 4)
            abort();
    }
}

/* In pieces of 64 KiB into the same buffer, so that a peer has the cache as leat has. */
static uint8_t made[4 * 64 * LEAT_KIB];

static void by_iconv(const uint8_t *text, const char *encoding)
{
    iconv_t cd = iconv_open("UTF-8", encoding);
    char *in = (char *)(uintptr_t)text;
    size_t left = TEXT_LEN;
    while (left > 0) {
        size_t piece = left < 64 * LEAT_KIB ? left : 64 * LEAT_KIB, rest = piece;
        char *out = (char *)made;
        size_t room = sizeof(made);
        (void)iconv(cd, &in, &rest, &out, &room);
        if (rest == piece)
            abort();
        left -= piece - rest;
    }
    iconv_close(cd);
}

#ifdef HAS_ICU
static void by_icu(const uint8_t *text, const char *encoding)
{
    (void)encoding;
    for (size_t at = 0; at < TEXT_LEN; at += 64 * LEAT_KIB) {
        UErrorCode code = U_ZERO_ERROR;
        int32_t len;
        u_strToUTF8((char *)made, sizeof(made), &len, (const UChar *)(const void *)(text + at),
                    64 * LEAT_KIB / 2, &code);
        if (U_FAILURE(code))
            abort();
    }
}
#endif

static void measure(const char *name, const uint8_t *text, const char *encoding)
{
    printf("%-20s %7.2f", name, rate_of(by_leat, text, encoding));
    printf("   iconv %5.2f", rate_of(by_iconv, text, encoding));
#ifdef HAS_ICU
    if (encoding[0] == 'u' && encoding[4] == '1')
        printf("   ICU %5.2f", rate_of(by_icu, text, encoding));
#endif
    printf("\n");
}

/* Words of six letters, from `first` on, and a blank behind each; or without blanks. */
static void words(uint8_t *text, unsigned unit_len, uint32_t first, bool blanks)
{
    for (size_t i = 0; i < TEXT_LEN / unit_len; i++) {
        uint32_t c = blanks && i % 7 == 6 ? ' ' : first + (uint32_t)(i % 26);
        if (unit_len == 1)
            text[i] = (uint8_t)c;
        else if (unit_len == 2)
            leat_store_u16le(text + 2 * i, (uint16_t)c);
        else
            leat_store_u32le(text + 4 * i, c);
    }
}

/* The same words in UTF-8, each piece of 64 KiB whole. */
static void words_utf8(uint8_t *text, uint32_t first)
{
    size_t at = 0;
    for (size_t i = 0; at < TEXT_LEN; i++) {
        uint32_t c = i % 7 == 6 ? ' ' : first + (uint32_t)(i % 26);
        size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
        if (at / (64 * LEAT_KIB) != (at + len) / (64 * LEAT_KIB) || len == 1) {
            text[at++] = ' ';
            continue;
        }
        if (len == 3)
            text[at++] = (uint8_t)(0xe0 | c >> 12);
        text[at++] = (uint8_t)((len == 3 ? 0x80 : 0xc0) | (c >> 6 & 0x3f));
        text[at++] = (uint8_t)(0x80 | (c & 0x3f));
    }
}

int main(void)
{
    uint8_t *text = malloc(TEXT_LEN);
    if (text == NULL)
        abort();
    leat_ctx_init(&ctx, NULL);
    words(text, 2, 'a', true);
    measure("utf-16, ASCII", text, "utf-16le");
    words(text, 2, 0x430, true);
    measure("utf-16, Cyrillic", text, "utf-16le");
    words(text, 2, 0x4e00, true);
    measure("utf-16, Chinese", text, "utf-16le");
    words(text, 2, 0x4e00, false);
    measure("  without blanks", text, "utf-16le");
    words(text, 4, 'a', true);
    measure("utf-32, ASCII", text, "utf-32le");
    words(text, 1, 'a', true);
    measure("latin-1, ASCII", text, "latin1");
    printf("%-20s %7.2f\n", "utf-8, passed", rate_of(by_leat, text, NULL));
    printf("%-20s %7.2f   iconv %5.2f\n", "utf-8, ASCII, judged", rate_of(judged, text, NULL),
           rate_of(by_iconv, text, "utf-8"));
    words_utf8(text, 0x430);
    printf("%-20s %7.2f   iconv %5.2f\n", "  Cyrillic", rate_of(judged, text, NULL),
           rate_of(by_iconv, text, "utf-8"));
    words_utf8(text, 0x4e00);
    printf("%-20s %7.2f   iconv %5.2f\n", "  Chinese", rate_of(judged, text, NULL),
           rate_of(by_iconv, text, "utf-8"));
    leat_ctx_fini(&ctx);
    free(text);
    return 0;
}
