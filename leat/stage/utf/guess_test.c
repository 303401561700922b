/* Shows that UTF-16 and UTF-32 without a mark are told from their zeros, whatever alphabet they are
 * in and however they come; and that nothing else is taken for them: text of single bytes, records,
 * numbers, programs, noise. */

#include <stdio.h>
#include <string.h>

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/utf/utf.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"

enum { LEN_MAX = 4096 };

static const struct {
    const struct leat_format *format;
    const struct leat_stage *encoder;
} guesses[] = {
    { &leat_format_utf16le_guess, &leat_stage_utf16le_encode },
    { &leat_format_utf16be_guess, &leat_stage_utf16be_encode },
    { &leat_format_utf32le_guess, &leat_stage_utf32le_encode },
    { &leat_format_utf32be_guess, &leat_stage_utf32be_encode },
};
enum { GUESSES = sizeof(guesses) / sizeof(guesses[0]) };

static struct leat_ctx ctx;

/* What is said of these first bytes and then of more never turns from NO to anything. */
static enum leat_match judged(unsigned which, const uint8_t *data, size_t len)
{
    const struct leat_format *format = guesses[which].format;
    enum leat_match match = LEAT_MATCH_MORE;
    for (size_t some = 0; some <= len; some++) {
        enum leat_match was = match;
        match = format->probe(data, some);
        check(was == LEAT_MATCH_MORE || match == was);
        check(match != LEAT_MATCH_MORE || some < format->probe_max);
        check(match != LEAT_MATCH_YES || some >= format->probe_max);
    }
    if (match == LEAT_MATCH_MORE)
        match = format->probe_all(data, len) ? LEAT_MATCH_YES : LEAT_MATCH_NO;
    return match;
}

/* --- Texts --- */

static void is_told(const char *line, unsigned times)
{
    uint8_t text[LEN_MAX], coded[4 * LEN_MAX];
    size_t len = 0, coded_len;
    for (unsigned i = 0; i < times; i++) {
        memcpy(text + len, line, strlen(line));
        len += strlen(line);
        check(len < sizeof(text) - 100);
    }
    static const struct leat_utf_options no_mark = { .no_mark = true };
    for (unsigned which = 0; which < GUESSES; which++) {
        struct leat_reader *r = leat_memory(&ctx, text, len);
        r = leat_pull(r, guesses[which].encoder, &no_mark);
        check(drip_read(r, 1, coded, sizeof(coded), &coded_len) == LEAT_END);
        leat_reader_close(r);
        for (unsigned other = 0; other < GUESSES; other++) {
            enum leat_match match = judged(other, coded, coded_len);
            check((match == LEAT_MATCH_YES) == (which == other));
        }
    }
}

static void tells_texts(void)
{
    is_told("text", 1);
    is_told("a line\nand another\r\n", 1);
    is_told("the quick brown fox jumps over the lazy dog\n", 40);
    is_told("Über allen Gipfeln ist Ruh\n", 2);
    is_told("Москва, река и канал: вода идёт туда, где она работает.\n", 2);
    is_told("Москва, река и канал: вода идёт туда, где она работает.\n", 30);
    is_told("Ένα κανάλι φέρνει το νερό εκεί που δουλεύει.\n", 10);
    is_told("id,運河\n1,東京 \xf0\x9f\x9a\xa2\n", 40);
}

/* --- What is none --- */

static void is_none(const void *data, size_t len)
{
    for (unsigned which = 0; which < GUESSES; which++)
        check(judged(which, data, len) == LEAT_MATCH_NO);
}

static void passes_numbers(void)
{
    uint8_t data[LEN_MAX];
    for (unsigned size = 2; size <= 8; size *= 2) {
        memset(data, 0, sizeof(data));
        for (size_t i = 0; i < sizeof(data) / size; i++)
            leat_store_u16le(data + i * size, (uint16_t)(i * 3));
        is_none(data, sizeof(data));
        /* A slow wave, as of quiet sound. */
        for (size_t i = 0; i < sizeof(data) / size; i++)
            leat_store_u16le(data + i * size, (uint16_t)((int)(i * 7 % 1200) - 600));
        is_none(data, sizeof(data));
    }
    memset(data, 0, sizeof(data));
    is_none(data, sizeof(data));
    uint64_t seed = 5;
    for (unsigned round = 0; round < 400; round++) {
        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = (uint8_t)drip_random(&seed, 256);
        is_none(data, sizeof(data));
        for (size_t i = 1; i < sizeof(data); i += 2) /* and with zeros in it */
            data[i] = 0;
        is_none(data, sizeof(data));
    }
}

static void passes_texts(void)
{
    is_none("\n", 1);
    is_none("a", 1);
    is_none("ab", 2);
    is_none("a\0", 2);
    is_none("a\0b\0c\0", 6);
    is_none("a\0b\0c\0d\0e", 9);
    is_none("a\0\0\0\0\0\0\0", 8);
    is_none("a\0name\0b\0other\0", 15);
    is_none("plain text\nof lines\n", 20);
    is_none("\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0\n", 13);
    is_none("\x7f"
            "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0",
            24);
    is_none("MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", 16);
    is_none("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
}

/* This one itself, from the beginning of any page of it. */
static void passes_programs(const char *path)
{
    uint8_t data[LEN_MAX];
    FILE *file = fopen(path, "rb");
    check(file != NULL);
    for (size_t len; (len = fread(data, 1, sizeof(data), file)) > 0;) {
        is_none(data, len);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    (void)argc;
    leat_ctx_init(&ctx, NULL);
    tells_texts();
    passes_numbers();
    passes_texts();
    passes_programs(argv[0]);
    leat_ctx_fini(&ctx);
    return 0;
}
