/* Shows that text in other encodings becomes the UTF-8 that a plain decoder written after the
 * WHATWG standard makes of it, for every cutting and with waits, both ways, by mark and by name;
 * and that UTF-8 passes through without a copy. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/utf/utf.h"
#include "tests/support/drip.h"
#include "tests/support/check.h"

enum { TEXT_LEN_MAX = 400, OUT_LEN_MAX = 4 * TEXT_LEN_MAX };

static struct leat_ctx ctx;

/* --- A plain decoder and encoder --- */

static size_t model_put(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t firsts[] = { 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (uint8_t)(firsts[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        out[i] = (uint8_t)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

/* A byte at a time, with the standard's own variables. */
static size_t model_utf16(const uint8_t *in, size_t len, bool be, uint8_t *out)
{
    size_t made = 0;
    int32_t byte = -1;
    uint32_t lead = 0;
    for (size_t i = 0; i < len; i++) {
        if (byte < 0) {
            byte = in[i];
            continue;
        }
        uint32_t unit = be ? (uint32_t)byte << 8 | in[i] : (uint32_t)in[i] << 8 | (uint32_t)byte;
        byte = -1;
        bool low = unit >= 0xdc00 && unit < 0xe000;
        if (lead != 0 && low) {
            made += model_put(out + made, 0x10000 + ((lead - 0xd800) << 10) + (unit - 0xdc00));
            lead = 0;
            continue;
        }
        if (lead != 0)
            made += model_put(out + made, 0xfffd);
        lead = 0;
        if (unit >= 0xd800 && unit < 0xdc00)
            lead = unit;
        else
            made += model_put(out + made, low ? 0xfffd : unit);
    }
    if (byte >= 0 || lead != 0)
        made += model_put(out + made, 0xfffd);
    return made;
}

static size_t model_utf32(const uint8_t *in, size_t len, bool be, uint8_t *out)
{
    size_t made = 0;
    for (; len >= 4; in += 4, len -= 4) {
        uint32_t c = be ? leat_load_u32be(in) : leat_load_u32le(in);
        made += model_put(out + made, c > 0x10ffff || (c >> 11) == 0x1b ? 0xfffd : c);
    }
    return made + (len > 0 ? model_put(out + made, 0xfffd) : 0);
}

/* --- Drawn text --- */

/* Mostly ASCII in runs, and everything that breaks a rule. */
static size_t draw_units(uint64_t *seed, uint8_t *text, size_t len, unsigned unit_len, bool be)
{
    static const uint32_t odd[] = { 0x7f,   0x80,   0x7ff,  0x800,   0xd7ff,   0xd800,  0xdbff,
                                    0xdc00, 0xdfff, 0xe000, 0xfffd,  0xffff,   0xfeff,  0xfffe,
                                    0x101,  0x8041, 0x4180, 0x10000, 0x10ffff, 0x110000 };
    size_t at = 0;
    uint64_t oddity = drip_random(seed, 40);
    for (; at + unit_len <= len; at += unit_len) {
        uint32_t c = (uint32_t)(' ' + drip_random(seed, 90));
        if (drip_random(seed, 40) < oddity)
            c = odd[drip_random(seed, sizeof(odd) / sizeof(odd[0]))];
        if (unit_len == 2)
            be ? leat_store_u16be(text + at, (uint16_t)c)
               : leat_store_u16le(text + at, (uint16_t)c);
        else
            be ? leat_store_u32be(text + at, c) : leat_store_u32le(text + at, c);
    }
    for (; at < len; at++)
        text[at] = 'x';
    return at;
}

static void becomes(struct leat_reader *r, uint64_t seed, const uint8_t *wanted, size_t wanted_len)
{
    uint8_t out[OUT_LEN_MAX];
    size_t len;
    check(drip_read(r, seed, out, sizeof(out), &len) == LEAT_END);
    check(len == wanted_len);
    check(memcmp(out, wanted, len) == 0);
    leat_reader_close(r);
}

static struct drip_options cutting(uint64_t seed)
{
    return (struct drip_options){ .seed = seed,
                                  .piece_max = seed % 70,
                                  .again = (unsigned)(seed % 3 * 30) };
}

static const struct {
    const struct leat_stage *decoder, *encoder;
    const char *name;
    const char *mark;
    unsigned unit_len;
    bool be;
} encodings[] = {
    { &leat_stage_utf16le_decode, &leat_stage_utf16le_encode, "UTF-16LE", "\xff\xfe", 2, false },
    { &leat_stage_utf16be_decode, &leat_stage_utf16be_encode, " utf-16be\n", "\xfe\xff", 2, true },
    { &leat_stage_utf32le_decode, &leat_stage_utf32le_encode, "utf-32le", "\xff\xfe\0\0", 4,
      false },
    { &leat_stage_utf32be_decode, &leat_stage_utf32be_encode, "utf-32be", "\0\0\xfe\xff", 4, true },
};

/* Decoded as a stage, by mark and by name; without the mark, where there is one. */
static void decodes(uint64_t seed)
{
    unsigned which = (unsigned)(seed % 4);
    unsigned unit = encodings[which].unit_len;
    uint64_t random = seed;
    uint8_t text[4 + TEXT_LEN_MAX], wanted[OUT_LEN_MAX];
    size_t len = (size_t)drip_random(&random, TEXT_LEN_MAX);
    memcpy(text, encodings[which].mark, unit);
    draw_units(&random, text + unit, len, unit, encodings[which].be);
    size_t made = unit == 2 ? model_utf16(text + 2, len, encodings[which].be, wanted)
                            : model_utf32(text + 4, len, encodings[which].be, wanted);
    /* UTF-16 that begins with a NUL is taken for UTF-32. */
    bool clear = len < 2 || text[unit] != 0 || text[unit + 1] != 0;
    struct drip_options options = cutting(seed);
    struct leat_reader *src = drip(&ctx, text, unit + len, &options);
    becomes(leat_pull(src, encodings[which].decoder, NULL), seed, wanted, made);
    src = drip(&ctx, text, unit + len, &options);
    becomes(leat_utf8_from(src, encodings[which].name), seed, wanted, made);
    if (clear)
        becomes(leat_utf8(drip(&ctx, text, unit + len, &options)), seed, wanted, made);
}

/* --- Writing --- */

static uint8_t stored[OUT_LEN_MAX];

static enum leat_status store_drain(struct leat_writer *w, size_t min)
{
    (void)w;
    (void)min;
    return LEAT_FULL;
}

static enum leat_status store_flush(struct leat_writer *w, enum leat_flush level)
{
    (void)w;
    (void)level;
    return LEAT_OK;
}

/* Push `text` through the encoder, in drawn pieces. Returns the length in `stored`. */
static size_t push(const struct leat_stage *encoder, const uint8_t *text, size_t len, uint64_t seed)
{
    static const struct leat_writer_ops ops = {
        .name = "store",
        .self_size = sizeof(struct leat_writer),
        .drain = store_drain,
        .flush = store_flush,
    };
    struct leat_writer *sink = leat_writer_at(&ctx, &ops);
    check(sink != NULL);
    sink->pos = stored;
    sink->end = stored + sizeof(stored);
    sink->end_offset = sizeof(stored);
    struct leat_writer *w = leat_push(sink, encoder, NULL);
    for (size_t at = 0, done; at < len; at += done) {
        size_t some = 1 + (size_t)drip_random(&seed, len - at);
        check(leat_write(w, text + at, some, &done) == LEAT_OK);
        if (drip_random(&seed, 2))
            (void)!leat_flush(w, LEAT_FLUSH_PUSH);
    }
    check(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    size_t made = (size_t)leat_writer_tell(sink);
    leat_writer_close(w);
    return made;
}

/* UTF-8 of any kind, encoded by pull and by push, decodes to the same as its own repair. */
static void encodes(uint64_t seed)
{
    unsigned which = (unsigned)(seed % 4);
    uint64_t random = seed;
    uint8_t units[TEXT_LEN_MAX], text[TEXT_LEN_MAX * 2], coded[OUT_LEN_MAX];
    size_t len = draw_units(&random, units, 150, 2, false);
    len = model_utf16(units, len, false, text);
    struct drip_options options = cutting(seed);
    struct leat_reader *src = drip(&ctx, text, len, &options);
    struct leat_reader *there = leat_pull(src, encodings[which].encoder, NULL);
    becomes(leat_pull(there, encodings[which].decoder, NULL), seed, text, len);

    size_t made;
    src = leat_pull(drip(&ctx, text, len, &options), encodings[which].encoder, NULL);
    check(drip_read(src, seed, coded, sizeof(coded), &made) == LEAT_END);
    leat_reader_close(src);
    check(push(encodings[which].encoder, text, len, seed) == made);
    check(memcmp(stored, coded, made) == 0);
}

static void encodes_to(const char *text, size_t len, const char *wanted, size_t wanted_len)
{
    for (size_t cut = 1; cut <= 5; cut++) {
        struct drip_options options = { .seed = cut, .piece_max = cut, .again = 30 };
        struct leat_reader *src = drip(&ctx, text, len, &options);
        static const struct leat_utf_options no_mark = { .no_mark = true };
        becomes(leat_pull(src, &leat_stage_utf16be_encode, &no_mark), cut, (const uint8_t *)wanted,
                wanted_len);
    }
}

/* From the Unicode standard's own tables of maximal beginnings (3-8 to 3-11). */
static void repairs_utf8(void)
{
    encodes_to("\xc0\xaf\xe0\x80\xbf\x41", 6, "\xff\xfd\xff\xfd\xff\xfd\xff\xfd\xff\xfd\0A", 12);
    encodes_to("\xed\xa0\x80\xf4\x91\x41", 6, "\xff\xfd\xff\xfd\xff\xfd\xff\xfd\xff\xfd\0A", 12);
    encodes_to("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", 9, "\xff\xfd\xff\xfd\xff\xfd\xff\xfd\0A",
               10);
    encodes_to("\xf0\x9f\x98\x80", 4, "\xd8\x3d\xde\x00", 4);
    encodes_to("a\xf0\x9f\x98", 4, "\0a\xff\xfd", 4);
    encodes_to("\xff\xef\xbf\xbf", 4, "\xff\xfd\xff\xff", 4);
}

/* --- Where bytes came from --- */

/* From the offset that a character came from on, the input decodes to the output from it on; and a
 * byte within the character says the same. In any order. */
static void has_origins(uint64_t seed)
{
    unsigned unit = seed % 2 ? 2 : 4;
    bool be = seed % 4 / 2;
    unsigned which = (unit == 2 ? 0 : 2) + be;
    uint64_t random = seed;
    uint8_t text[4 + TEXT_LEN_MAX], wanted[OUT_LEN_MAX];
    memcpy(text, encodings[which].mark, unit);
    size_t len =
        unit + draw_units(&random, text + unit, drip_random(&random, TEXT_LEN_MAX), unit, be);
    if (unit == 2 && len >= 4 && text[2] == 0 && text[3] == 0)
        return; /* taken for UTF-32 */
    struct drip_options options = cutting(seed);
    struct leat_reader *r = leat_utf8(drip(&ctx, text, len, &options));
    struct leat_span window;
    while (drip_peek(r, 1 + (size_t)drip_random(&random, 30), &window) == LEAT_OK ||
           window.len > 0) {
        for (unsigned i = 0; i < 10; i++) {
            size_t n = (size_t)drip_random(&random, window.len + 1);
            uint64_t origin, again;
            check(leat_origin(r, n, &origin) == LEAT_OK);
            check(origin >= unit && origin <= len);
            while (n > 0 && n < window.len && (window.data[n] & 0xc0) == 0x80)
                n--;
            check(leat_origin(r, n, &again) == LEAT_OK && again == origin);
            size_t made = unit == 2 ? model_utf16(text + origin, len - (size_t)origin, be, wanted)
                                    : model_utf32(text + origin, len - (size_t)origin, be, wanted);
            size_t shown = window.len - n < made ? window.len - n : made;
            /* The end may fall between the halves of what is one character when it is whole. */
            check(memcmp(wanted, window.data + n, shown) == 0);
            check(shown == window.len - n);
        }
        /* Whole characters, so that the next window begins with one. */
        size_t gone = 1 + (size_t)drip_random(&random, window.len);
        while (gone < window.len && (window.data[gone] & 0xc0) == 0x80)
            gone++;
        leat_consume(r, gone);
    }
    leat_reader_close(r);
}

static void origin_is(const char *text, const char *encoding, size_t n, uint64_t wanted)
{
    struct leat_reader *r = leat_utf8_from(leat_memory(&ctx, text, strlen(text)), encoding);
    struct leat_span window;
    check(leat_peek(r, n, &window) == LEAT_OK);
    leat_consume(r, 1);
    uint64_t origin;
    check(leat_origin(r, n - 1, &origin) == LEAT_OK);
    check(origin == wanted);
    leat_reader_close(r);
}

static void origins_by_name(void)
{
    origin_is("a\xe9\xe9z", "latin1", 5, 3);
    origin_is("a\xe9\xe9z", "latin1", 6, 4);
    origin_is("\xef\xbb\xbf"
              "abc",
              NULL, 2, 5);
    origin_is("abc", NULL, 2, 2);
    uint64_t origin;
    struct leat_span window;
    struct leat_reader *r = leat_memory(&ctx, "abc", 3);
    check(leat_peek(r, 1, &window) == LEAT_OK);
    check(leat_origin(r, 1, &origin) == LEAT_UNSUPPORTED);
    leat_reader_close(r);
}

/* --- UTF-8 judged --- */

/* The rules one by one, behind and before ASCII of all lengths, so that they fall anywhere in a
 * vector and across two. */
static void judges_utf8(void)
{
    static const struct {
        const char *text;
        size_t valid;
    } cases[] = {
        { "\xc2\x80\xdf\xbf", 4 },
        { "\xc1\xbf", 0 },
        { "\xe0\xa0\x80", 3 },
        { "\xe0\x9f\xbf", 0 },
        { "\xed\x9f\xbf", 3 },
        { "\xed\xa0\x80", 0 },
        { "\xee\x80\x80", 3 },
        { "\xef\xbf\xbf", 3 },
        { "\xf0\x90\x80\x80", 4 },
        { "\xf0\x8f\xbf\xbf", 0 },
        { "\xf4\x8f\xbf\xbf", 4 },
        { "\xf4\x90\x80\x80", 0 },
        { "\xf5\x80\x80\x80", 0 },
        { "\xff", 0 },
        { "\x80", 0 },
        { "\xc2", 0 },
        { "\xe1\x80", 0 },
        { "\xf1\x80\x80", 0 },
        { "\xc2\x80\x80", 2 },
        { "\xf1\x80\x80\x80\x80", 4 },
        { "\xc2\xc2\x80", 0 },
        { "\xe1\x80\xe1\x80\x80", 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = strlen(cases[i].text);
        for (size_t before = 0; before < 140; before++) {
            uint8_t text[300];
            memset(text, 'a', sizeof(text));
            memcpy(text + before, cases[i].text, len);
            bool whole = cases[i].valid == len;
            check(leat_utf8_valid_len(text, before + len) == before + cases[i].valid);
            check(leat_utf8_valid_len(text, sizeof(text)) ==
                  (whole ? sizeof(text) : before + cases[i].valid));
        }
    }
}

/* Whole texts of one kind of unit and of several, by vectors, and in pieces by the plain loop. */
static void vectors_agree(uint64_t seed)
{
    static const uint32_t below[] = { 0x80, 0x800, 0x10000 };
    uint8_t text[TEXT_LEN_MAX], whole[OUT_LEN_MAX];
    uint64_t random = seed;
    bool be = seed % 2 != 0;
    for (size_t at = 0; at < sizeof(text); at += 2) {
        uint32_t c = (uint32_t)drip_random(&random, below[drip_random(&random, 1 + seed % 3)]);
        if (c >> 11 == 0x1b && drip_random(&random, 50) > 0)
            c = 0x4e00;
        be ? leat_store_u16be(text + at, (uint16_t)c) : leat_store_u16le(text + at, (uint16_t)c);
    }
    struct drip_options at_once = { .seed = seed }, bytes = { .seed = seed, .piece_max = 9 };
    const struct leat_stage *decoder = be ? &leat_stage_utf16be_decode : &leat_stage_utf16le_decode;
    struct leat_reader *r = leat_pull(drip(&ctx, text, sizeof(text), &at_once), decoder, NULL);
    size_t len;
    check(drip_read(r, seed, whole, sizeof(whole), &len) == LEAT_END);
    leat_reader_close(r);
    becomes(leat_pull(drip(&ctx, text, sizeof(text), &bytes), decoder, NULL), seed, whole, len);
    uint8_t wanted[OUT_LEN_MAX];
    size_t skip = be ? text[0] == 0xfe && text[1] == 0xff : text[0] == 0xff && text[1] == 0xfe;
    check(model_utf16(text + 2 * skip, sizeof(text) - 2 * skip, be, wanted) == len);
    check(memcmp(wanted, whole, len) == 0);
}

/* --- Strict, marks and names --- */

static void fails(const char *text, size_t len, enum leat_fault_code code, uint64_t offset)
{
    for (size_t cut = 1; cut <= 5; cut++) {
        struct drip_options options = { .seed = cut, .piece_max = cut, .again = 30 };
        struct leat_utf8_options strict = { .strict = true, .encoding = "utf-16le" };
        struct leat_reader *r = leat_utf8_with(drip(&ctx, text, len, &options), &strict);
        uint8_t out[64];
        size_t made;
        check(drip_read(r, cut, out, sizeof(out), &made) == LEAT_FAULT);
        check(leat_reader_fault(r)->code == code);
        check(leat_reader_fault(r)->offset == offset);
        leat_reader_close(r);
    }
}

static void by_mark(const char *text, size_t len, const struct leat_utf8_options *options,
                    const char *wanted, size_t wanted_len)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct drip_options cut = { .seed = seed, .piece_max = 1 + seed % 4, .again = 30 };
        struct leat_reader *src = drip(&ctx, text, len, &cut);
        becomes(leat_utf8_with(src, options), seed, (const uint8_t *)wanted, wanted_len);
    }
}

static void marks_and_names(void)
{
    struct leat_utf8_options none = { 0 };
    struct leat_utf8_options keep = { .keep_mark = true };
    struct leat_utf8_options latin = { .encoding = "Latin1" };
    by_mark("", 0, &none, "", 0);
    by_mark("\xff", 1, &none, "\xff", 1);
    by_mark("\xff\xfe", 2, &none, "", 0);
    by_mark("\xef\xbb", 2, &none, "\xef\xbb", 2);
    by_mark("\0\0\xfe", 3, &none, "\0\0\xfe", 3);
    by_mark("\xef\xbb\xbfx", 4, &none, "x", 1);
    by_mark("\xef\xbb\xbfx", 4, &keep, "\xef\xbb\xbfx", 4);
    by_mark("\xef\xbb\xbf\x80", 4, &latin, "\x80", 1);
    by_mark("\xfe\xff\0x", 4, &latin, "x", 1);
    by_mark("a\xe9\x80\x81", 4, &latin, "a\xc3\xa9\xe2\x82\xac\xc2\x81", 8);
    check(leat_utf8_knows("\tUTF-16 "));
    check(!leat_utf8_knows("utf-1"));
    check(!leat_utf8_knows("utf-8x"));
    check(!leat_utf8_knows(""));
    struct leat_span window;
    struct leat_reader *r = leat_utf8_from(leat_memory(&ctx, "x", 1), "klingon");
    check(leat_peek(r, 1, &window) == LEAT_FAULT);
    check(leat_reader_fault(r)->code == LEAT_FAULT_UNSUPPORTED);
    leat_reader_close(r);
}

/* A mark is seen whole, though the source shows a byte at a time. */
static void mark_in_a_small_window(void)
{
    struct drip_options cut = { .piece_max = 1, .window_max = 1 };
    struct leat_reader *r = leat_utf8(drip(&ctx, "\xef\xbb\xbfx", 4, &cut));
    struct leat_span window;
    check(leat_peek(r, 1, &window) == LEAT_OK);
    check(window.data[0] == 'x');
    leat_reader_close(r);
    r = leat_utf8(drip(&ctx, "\0\0\xfe\xff\0\0\0x", 8, &cut));
    check(leat_peek(r, 1, &window) == LEAT_OK);
    check(window.data[0] == 'x');
    leat_reader_close(r);
}

/* Without a mark the window is the source's own, and nothing is copied or waited for. */
static void passes_through(void)
{
    static const char text[] = "plain text";
    uint64_t copied = leat_counts_copied(&ctx.counts);
    struct leat_reader *r = leat_utf8(leat_memory(&ctx, text, sizeof(text)));
    struct leat_span window;
    check(leat_peek(r, 1, &window) == LEAT_OK);
    check(window.data == (const uint8_t *)text);
    check(window.len == sizeof(text));
    uint64_t done;
    check(leat_skip(r, 3, &done) == LEAT_OK);
    check(leat_tell(r) == 3);
    leat_reader_close(r);
    r = leat_utf8(leat_memory(&ctx, text, sizeof(text)));
    check(leat_skip(r, 100, &done) == LEAT_END && done == sizeof(text));
    leat_reader_close(r);
    check(leat_counts_copied(&ctx.counts) == copied);
}

/* The n-th allocation fails, for every n: a fault, and nothing leaks. */
static void *few_resize(void *user, void *old, size_t size)
{
    int *left = user;
    if (old == NULL)
        return (*left)-- > 0 ? malloc(size) : NULL;
    free(old);
    return NULL;
}

static void memory_fails(void)
{
    enum leat_status status = LEAT_FAULT;
    for (int n = 0; status != LEAT_OK; n++) {
        int left = n;
        struct leat_ctx_options options = { .alloc = { few_resize, &left } };
        struct leat_ctx few;
        leat_ctx_init(&few, &options);
        struct leat_reader *r = leat_utf8(leat_memory(&few,
                                                      "\xff\xfe"
                                                      "a\0b\0",
                                                      6));
        struct leat_span window;
        status = leat_peek(r, 2, &window);
        check(status == LEAT_OK || leat_reader_fault(r)->code == LEAT_FAULT_MEMORY);
        leat_reader_close(r);
        leat_ctx_fini(&few);
    }
}

int main(void)
{
    leat_ctx_init(&ctx, NULL);
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        decodes(seed);
        encodes(seed);
        vectors_agree(seed);
        has_origins(seed);
    }
    judges_utf8();
    origins_by_name();
    repairs_utf8();
    fails("a\0\0\xdc", 4, LEAT_FAULT_CORRUPT, 2);
    fails("a\0b\0\0\xd8x\0", 8, LEAT_FAULT_CORRUPT, 4);
    fails("a\0b", 3, LEAT_FAULT_TRUNCATED, 2);
    fails("\xff\xfe\0\xd8\0", 5, LEAT_FAULT_TRUNCATED, 2);
    marks_and_names();
    mark_in_a_small_window();
    passes_through();
    memory_fails();
    leat_ctx_fini(&ctx);
    return 0;
}
