/* Shows that encodings by iconv's names become the UTF-8 that iconv(1) makes of them, and back, for
 * every cutting and with waits; that what is bad is replaced as the WHATWG standard has it; and
 * that UTF-16 and UTF-32 with every rule broken are what Python's decoders make of them. */

#include <stdio.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/utf/utf.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/drip.h"

enum { OUT_LEN_MAX = 64 * 1024 };

static struct leat_ctx ctx;
static uint8_t out[OUT_LEN_MAX];

static void becomes(struct leat_reader *r, uint64_t seed, const void *wanted, size_t wanted_len)
{
    size_t len;
    check_status(drip_read(r, seed, out, sizeof(out), &len), LEAT_END);
    check_bytes(out, len, wanted, wanted_len);
    leat_reader_close(r);
}

static struct drip_options cutting(uint64_t seed)
{
    return (struct drip_options){ .seed = seed,
                                  .piece_max = seed % 12,
                                  .again = (unsigned)(seed % 3 * 30) };
}

/* --- Beside iconv(1) --- */

static void put_character(struct sink *text, uint32_t c)
{
    uint8_t bytes[3] = { (uint8_t)c };
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
    if (len == 2)
        bytes[0] = (uint8_t)(0xc0 | c >> 6);
    if (len == 3) {
        bytes[0] = (uint8_t)(0xe0 | c >> 12);
        bytes[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    }
    if (len > 1)
        bytes[len - 1] = (uint8_t)(0x80 | (c & 0x3f));
    sink_add(text, bytes, len);
}

/* Characters of the alphabets that encodings are made for, and ASCII between. */
static void draw_text(struct sink *text, uint64_t seed)
{
    static const struct {
        uint32_t first, len;
    } alphabets[] = {
        { 0xa0, 0x1e0 },  { 0x391, 0x40 },  { 0x410, 0x40 }, { 0x5d0, 27 },   { 0x621, 26 },
        { 0xe01, 50 },    { 0x3041, 80 },   { 0x30a1, 80 },  { 0x4e00, 800 }, { 0xac00, 1200 },
        { 0x2010, 0x20 }, { 0x2500, 0x40 }, { 0x10d0, 30 },  { 0x531, 30 },
    };
    for (unsigned i = 0; i < 1500; i++) {
        uint64_t which = drip_random(&seed, 3 * sizeof(alphabets) / sizeof(alphabets[0]));
        if (which < sizeof(alphabets) / sizeof(alphabets[0]))
            put_character(text, alphabets[which].first +
                                    (uint32_t)drip_random(&seed, alphabets[which].len));
        else
            put_character(text, i % 40 == 39 ? '\n' : (uint32_t)(' ' + drip_random(&seed, 64)));
    }
}

/* What the encoding has of it, both ways, by both. */
static void as_iconv(const char *encoding)
{
    struct sink drawn = { 0 }, coded = { 0 }, plain = { 0 }, again = { 0 };
    char command[128];
    check_says_text("encoding", encoding);
    check(leat_utf8_knows(encoding));
    draw_text(&drawn, 7);
    snprintf(command, sizeof(command), "iconv -c -f UTF-8 -t %s", encoding);
    if (codec_command(command, &drawn, &coded) == CODEC_NO_COMMAND)
        return;
    snprintf(command, sizeof(command), "iconv -f %s -t UTF-8", encoding);
    check_equal(codec_command(command, &coded, &plain), 0);
    check(plain.len > 1000);
    snprintf(command, sizeof(command), "iconv -f UTF-8 -t %s", encoding);
    check_equal(codec_command(command, &plain, &again), 0);

    struct leat_iconv_options options = { .encoding = encoding, .strict = true };
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct drip_options cut = cutting(seed);
        struct leat_reader *r = drip(&ctx, coded.data, coded.len, &cut);
        becomes(leat_pull(r, &leat_stage_iconv_decode, &options), seed, plain.data, plain.len);
        r = drip(&ctx, plain.data, plain.len, &cut);
        becomes(leat_pull(r, &leat_stage_iconv_encode, &options), seed, again.data, again.len);
    }
    sink_fini(&drawn);
    sink_fini(&coded);
    sink_fini(&plain);
    sink_fini(&again);
}

static void encodings_as_iconv(void)
{
    static const char *const names[] = {
        "ISO-8859-1",  "ISO-8859-2",   "ISO-8859-5",     "ISO-8859-7",    "ISO-8859-8",
        "ISO-8859-15", "CP437",        "CP850",          "CP866",         "CP1250",
        "CP1251",      "CP1253",       "CP1254",         "CP1255",        "CP1256",
        "CP1257",      "CP1258",       "KOI8-R",         "KOI8-U",        "MACINTOSH",
        "TIS-620",     "TCVN5712-1",   "ARMSCII-8",      "GEORGIAN-PS",   "EUC-JP",
        "SHIFT_JIS",   "CP932",        "ISO-2022-JP",    "ISO-2022-JP-2", "EUC-KR",
        "UHC",         "JOHAB",        "ISO-2022-KR",    "GB2312",        "GBK",
        "GB18030",     "BIG5",         "BIG5-HKSCS",     "EUC-TW",        "ISO-2022-CN",
        "UTF-7",       "EUC-JISX0213", "SHIFT_JISX0213", "IBM037",        "IBM930",
        "UTF-16",      "UTF-16BE",     "UCS-4LE",        "UCS-2",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        as_iconv(names[i]);
}

/* --- What breaks the rules --- */

#define BAD "\xef\xbf\xbd"

static void repairs(void)
{
    static const struct {
        const char *name, *coded, *plain;
    } cases[] = {
        { "shift_jis", "\x82\xa0\x81 x\x80\xa0y", "\xe3\x81\x82" BAD " x" BAD BAD "y" },
        { "euc-jp", "\xa4\xa2\xa4\xff\xa4z\xa4", "\xe3\x81\x82" BAD BAD "z" BAD },
        { "euc-kr", "\xb0\xa1\xb0\n\xff.", "\xea\xb0\x80" BAD "\n" BAD "." },
        { "gb18030", "\xb0\xa1\x81\x30\xff\x30x\x81\x30", "\xe5\x95\x8a" BAD "0" BAD "0x" BAD },
        { "big5", "\xa4\xa4\xa4 \xff", "\xe4\xb8\xad" BAD " " BAD },
        { "windows-1253", "a\xaa\xe1", "a" BAD "\xce\xb1" },
        { "windows-1255", "\xe0\xd9z\xe0", "\xd7\x90" BAD "z\xd7\x90" },
        { "iso-2022-jp", "\x1b$B$\"\x1b(Ba\x1b$B$\"",
          "\xe3\x81\x82"
          "a\xe3\x81\x82" },
        { "iso-2022-kr",
          "\x1b$)Ca\x0e\x30\x21\x0f"
          "b",
          "a\xea\xb0\x80"
          "b" },
        { "utf-7", "a+AOk-b+ACE",
          "a\xc3\xa9"
          "b!" },
        { "koi8-r", "\xc1\xc2", "\xd0\xb0\xd0\xb1" },
        { "latin2", "\xb1", "\xc4\x85" },
        { "Greek", "\xe1", "\xce\xb1" },
        { "ucs-4be", "\0\0\0a\0\x11\0\0\0\0\0b\0\0", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool wide = cases[i].plain == NULL;
        const char *plain = wide ? "a" BAD "b" BAD : cases[i].plain;
        size_t len = wide ? 14 : strlen(cases[i].coded);
        check_says_text("encoding", cases[i].name);
        uint64_t before = ctx.counts.replaced;
        for (uint64_t seed = 0; seed < 24; seed++) {
            struct drip_options cut = cutting(seed);
            struct leat_reader *r = drip(&ctx, cases[i].coded, len, &cut);
            becomes(leat_utf8_from(r, cases[i].name), seed, plain, strlen(plain));
        }
        check((ctx.counts.replaced > before) == (strstr(plain, BAD) != NULL));
    }
}

static void fails(const struct leat_stage *stage, const struct leat_iconv_options *options,
                  const char *text, enum leat_fault_code code, uint64_t offset)
{
    for (uint64_t seed = 1; seed < 12; seed++) {
        struct drip_options cut = cutting(seed);
        struct leat_reader *r = leat_pull(drip(&ctx, text, strlen(text), &cut), stage, options);
        size_t len;
        check_status(drip_read(r, seed, out, sizeof(out), &len), LEAT_FAULT);
        check_equal(leat_reader_fault(r)->code, code);
        check_equal(leat_reader_fault(r)->offset, offset);
        leat_reader_close(r);
    }
}

static void faults(void)
{
    const struct leat_stage *decode = &leat_stage_iconv_decode, *encode = &leat_stage_iconv_encode;
    struct leat_iconv_options strict = { .encoding = "EUC-KR", .strict = true };
    fails(decode, &strict, "ab\xb0\xa1\xb0\n", LEAT_FAULT_CORRUPT, 4);
    fails(decode, &strict, "ab\xb0\xa1\xb0", LEAT_FAULT_TRUNCATED, 4);
    fails(encode, &strict, "ab\xff", LEAT_FAULT_CORRUPT, 2);
    fails(encode, &strict, "ab\xea\xb0", LEAT_FAULT_TRUNCATED, 2);
    struct leat_iconv_options latin = { .encoding = "ISO-8859-1" };
    fails(encode, &latin, "ab\xc3\xa9\xea\xb0\x80x", LEAT_FAULT_UNSUPPORTED, 4);
    fails(encode, &latin, "ab\xff", LEAT_FAULT_UNSUPPORTED, 2);
    struct leat_iconv_options klingon = { .encoding = "KLINGON" };
    fails(decode, &klingon, "a", LEAT_FAULT_UNSUPPORTED, 0);
    check(!leat_utf8_knows("KLINGON"));
    check(!leat_utf8_knows("ISO-8859-2//IGNORE"));
    struct leat_iconv_options chinese = { .encoding = "GB18030" };
    struct leat_reader *r = leat_memory(&ctx, "a\xff", 2);
    becomes(leat_pull(r, &leat_stage_iconv_encode, &chinese), 1, "a\x84\x31\xa4\x37", 5);
}

/* --- Where bytes came from --- */

/* Of a text in which no character is replaced, what leat_origin says of each is where it stands. */
static void origins(void)
{
    static const struct {
        const char *name, *text;
        size_t second, third; /* where those characters begin in `text`, and in UTF-8 */
        size_t second_utf8, third_utf8;
        enum leat_status status;
    } cases[] = {
        { "KOI8-R", "a\xc1\xc2 \xc3", 1, 2, 1, 3, LEAT_OK },
        { "CP1253", "a\xe1\xaa\xe2\xe3", 1, 2, 1, 3, LEAT_OK },
        { "CP1255", "a\xe0\xe1\xe2\xe3", 0, 0, 1, 3, LEAT_UNSUPPORTED },
        { "GB18030", "a\xb0\xa1\x81\x30\x81\x30 b", 1, 3, 1, 4, LEAT_OK },
        { "SHIFT_JIS", "\x83\x5c\xb1\x5c\x83\x41", 2, 3, 3, 6, LEAT_OK },
        { "EUC-JP", "\x8f\xb0\xa1\xa4\xa2\x8e\xb1", 3, 5, 3, 6, LEAT_OK },
        { "EUC-KR", "\xb0\xa1\xb0\xa2\xb0\xa3", 2, 4, 3, 6, LEAT_OK },
        { "BIG5", "\x88\xa7x\xa4\x42", 2, 3, 2, 3, LEAT_OK },
        { "CP950", "\xa4\x40x\xa4\x42", 2, 3, 3, 4, LEAT_OK },
        { "GB18030", "a\xb0\xa1\xff\xb0\xa2", 0, 0, 1, 4, LEAT_UNSUPPORTED },
        { "ISO-2022-JP", "a\x1b$B0!\x1b(Bb", 0, 0, 1, 4, LEAT_UNSUPPORTED },
        { "SHIFT_JISX0213", "\x82\xf5xy", 2, 3, 6, 7, LEAT_OK },
        { "CP1258", "\xea\xf2x", 0, 0, 3, 4, LEAT_UNSUPPORTED },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct leat_reader *r = leat_memory(&ctx, cases[i].text, strlen(cases[i].text));
        r = leat_utf8_from(r, cases[i].name);
        struct leat_span window;
        uint64_t origin = 0;
        check_says_text("encoding", cases[i].name);
        check_status(leat_peek(r, 100, &window), LEAT_END);
        check_status(leat_origin(r, window.len, &origin), cases[i].status);
        check(cases[i].status != LEAT_OK || origin == leat_tell(r->below->below));
        check_status(leat_origin(r, cases[i].third_utf8, &origin), cases[i].status);
        check(cases[i].status != LEAT_OK || origin == cases[i].third);
        check_status(leat_origin(r, cases[i].second_utf8, &origin), cases[i].status);
        check(cases[i].status != LEAT_OK || origin == cases[i].second);
        check_status(leat_origin(r, cases[i].third_utf8, &origin), cases[i].status);
        check(cases[i].status != LEAT_OK || origin == cases[i].third);
        leat_reader_close(r);
    }
}

/* --- Beside Python --- */

static const uint32_t odd[] = { 'x',    0xd800, 0xdbff, 0xdc00,  0xdfff,   'y',      0xfffd,
                                0xffff, 0x7ff,  0x800,  0x10000, 0x10ffff, 0x110000, 0x4e00 };

static void draw_odd(struct sink *text, unsigned unit_len, bool be)
{
    uint64_t seed = 11;
    for (unsigned i = 0; i < 600; i++) {
        uint32_t c = odd[drip_random(&seed, sizeof(odd) / sizeof(odd[0]))];
        uint8_t bytes[4];
        for (unsigned k = 0; k < unit_len; k++)
            bytes[k] = (uint8_t)(c >> 8 * (be ? unit_len - 1 - k : k));
        sink_add(text, bytes, unit_len);
    }
    sink_add(text, (const uint8_t *)"z", 1);
}

static void as_python(const char *encoding, const struct leat_stage *decoder, unsigned unit_len,
                      bool be)
{
    struct sink text = { 0 }, wanted = { 0 };
    char command[256];
    check_says_text("encoding", encoding);
    draw_odd(&text, unit_len, be);
    snprintf(command, sizeof(command),
             "python3 -c \"import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()"
             ".decode('%s', 'replace').encode())\"",
             encoding);
    if (codec_command(command, &text, &wanted) != CODEC_NO_COMMAND) {
        for (uint64_t seed = 0; seed < 40; seed++) {
            struct drip_options cut = { .seed = seed, .piece_max = seed % 20, .again = 20 };
            struct leat_reader *r = drip(&ctx, text.data, text.len, &cut);
            becomes(leat_pull(r, decoder, NULL), seed, wanted.data, wanted.len);
        }
    }
    sink_fini(&text);
    sink_fini(&wanted);
}

int main(void)
{
    leat_ctx_init(&ctx, NULL);
    encodings_as_iconv();
    repairs();
    faults();
    origins();
    as_python("utf-16-le", &leat_stage_utf16le_decode, 2, false);
    as_python("utf-16-be", &leat_stage_utf16be_decode, 2, true);
    as_python("utf-32-le", &leat_stage_utf32le_decode, 4, false);
    as_python("utf-32-be", &leat_stage_utf32be_decode, 4, true);
    leat_ctx_fini(&ctx);
    return 0;
}
