/* What LHA archives give: of a real program, and built here entry by entry, so that each way to be
 * damaged or strange stands alone. */

#include "leat/container/lha/lha.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "tests/support/sweep.h"

struct archive {
    uint8_t data[4096];
    size_t len;
};

static struct archive archive;

/* --- Building --- */

static void put(const void *data, size_t len)
{
    leat_assert(archive.len + len <= sizeof(archive.data));
    memcpy(archive.data + archive.len, data, len);
    archive.len += len;
}

static void put_number(uint32_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put(&(uint8_t){ (uint8_t)(value >> (8 * i)) }, 1);
}

/* CRC-16/ARC. */
static uint16_t crc16(const char *text)
{
    uint16_t crc = 0;
    for (; *text != '\0'; text++) {
        crc ^= (uint8_t)*text;
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1);
    }
    return crc;
}

/* An entry with a header of level 0, at 2023-11-14 22:13:20. */
static void put_entry(const char *method, const char *name, const char *text)
{
    size_t at = archive.len, name_len = strlen(name);
    put_number((uint32_t)(22 + name_len), 2);
    put(method, 5);
    put_number((uint32_t)strlen(text), 4);
    put_number((uint32_t)strlen(text), 4);
    put_number(43u << 25 | 11u << 21 | 14u << 16 | 22u << 11 | 13u << 5 | 10u, 4);
    put_number(0x20, 2); /* attributes, level */
    put_number((uint32_t)name_len, 1);
    put(name, name_len);
    put_number(crc16(text), 2);
    for (size_t i = at + 2; i < archive.len; i++)
        archive.data[at + 1] = (uint8_t)(archive.data[at + 1] + archive.data[i]);
    put(text, strlen(text));
}

static void expect(const char *text)
{
    struct listing found = sweep_listing(leat_lha, archive.data, archive.len);
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
    archive.len = 0;
}

/* --- Entries --- */

static void test_entries(void)
{
    put_entry("-lh0-", "a", "hello");
    put_entry("-lh0-", "d\\b", "");
    put_entry("-lhd-", "folder\\", "");
    put_entry("-lz4-", "../out", "stored too");
    put_number(0, 1);
    expect("file a 0666 1700000000 stored 5 \"hello\" end\n"
           "file d/b 0666 1700000000 stored 0 \"\" end\n"
           "folder folder/ 0777 1700000000 stored 0 \"\" end\n"
           "file ../out 0666 1700000000 stored 10 \"stored too\" end\n"
           "end\n");
}

/* Shift-JIS, Latin-1 or UTF-8: they come out as they went in. */
static void test_names(void)
{
    put_entry("-lh0-", "\x93\xfa\x96\x7b", "1");
    put_entry("-lh0-", "caf\xe9", "2");
    put_entry("-lh0-", "caf\xc3\xa9", "3");
    put_entry("-lh0-", "\x80\xff!", "4");
    put_number(0, 1);
    expect("file \x93\xfa\x96\x7b 0666 1700000000 stored 1 \"1\" end\n"
           "file caf\xe9 0666 1700000000 stored 1 \"2\" end\n"
           "file caf\xc3\xa9 0666 1700000000 stored 1 \"3\" end\n"
           "file \x80\xff! 0666 1700000000 stored 1 \"4\" end\n"
           "end\n");
}

/* --- Damage --- */

static void test_methods(void)
{
    put_entry("-lh2-", "old", "whatever");
    put_entry("-lh9-", "new", "whatever");
    put_entry("-lh5-", "empty", "");
    put_entry("-lh0-", "after", "it");
    put_number(0, 1);
    expect("file old 0666 1700000000 lh2 8 \"\" fault packed by a method that is not known\n"
           "file new 0666 1700000000 unknown 8 \"\" fault packed by a method that is not known\n"
           "file empty 0666 1700000000 lh5 0 \"\" end\n"
           "file after 0666 1700000000 stored 2 \"it\" end\n"
           "end\n");
}

static void test_checksum(void)
{
    put_entry("-lh0-", "bad", "hello");
    archive.data[archive.len - 1] ^= 1;
    put_entry("-lh0-", "after", "it");
    put_number(0, 1);
    expect("file bad 0666 1700000000 stored 5 \"helln\" fault wrong checksum\n"
           "file after 0666 1700000000 stored 2 \"it\" end\n"
           "end\n");
}

static void test_broken_headers(void)
{
    put_entry("-lh0-", "a", "1");
    put("nothing like a header, and long enough", 38);
    expect("file a 0666 1700000000 stored 1 \"1\" end\n"
           "fault bad header\n");
    put_entry("-lh0-", "a", "12345");
    archive.len -= 2;
    expect("file a 0666 1700000000 stored 5 \"123\" fault unexpected end of input\n"
           "fault unexpected end of input\n");
}

/* Behind a broken header the next ones are found. */
static void test_resync(void)
{
    put_entry("-lh0-", "a", "first");
    size_t at = archive.len;
    put_entry("-lh0-", "b", "second");
    put_entry("-lh0-", "c", "third");
    put_entry("-lh0-", "d", "fourth");
    put_number(0, 1);
    archive.data[at + 3] = 'x';
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *src = leat_memory(&ctx, archive.data, archive.len);
    struct listing found =
        listing_of(&(struct listing_options){ .c = leat_lha(src), .resyncs = true });
    leat_assert(strcmp(found.text, "file a 0666 1700000000 stored 5 \"first\" end\n"
                                   "on\n"
                                   "file c 0666 1700000000 stored 5 \"third\" end\n"
                                   "file d 0666 1700000000 stored 6 \"fourth\" end\n"
                                   "end\n") == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* Only between two entries nobody can tell that there were more. */
static void judge_cut(const struct listing *found, size_t at)
{
    bool between = at == 30 || at == 60 || at == 85 || at == 113;
    leat_assert(between == (strstr(found->text, "fault") == NULL));
}

/* What the CRC of 16 bits sees of a single flip, it says. */
static void judge_flip(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(strstr(found->text, "\"hello\"") != NULL || strstr(found->text, "fault") != NULL);
}

static void test_damage(void)
{
    put_entry("-lh0-", "a", "hello");
    put_entry("-lh0-", "b", "there");
    put_entry("-lh0-", "c", "");
    put_entry("-lh0-", "d", "you");
    put_number(0, 1);
    sweep_cuts(leat_lha, archive.data, archive.len, judge_cut);
    sweep_flips(leat_lha, archive.data, archive.len, 0x04, judge_flip);
    sweep_holes(leat_lha, archive.data, archive.len);
    archive.len = 0;
}

/* --- Real ones --- */

#define WORDS "2502 2502 bytes a3aadd2af0fcfafc end"
#define GPL   "18092 18092 bytes a36465b10012a32e end"

/* By jlha of Debian, by programs of LHA's time, from the test set of lhasa, and of libarchive's. */
static const struct {
    const char *name;
    const char *line;
} files[] = {
    { "level0.lzh", "file d/words 0666 1700000000 lh5 " WORDS },
    { "level1.lzh", "file d/words 0666 1700000000 lh5 " WORDS },
    { "level2.lzh", "file d/words 0666 1700000000 lh5 " WORDS },
    { "level3.lzh", "file subdir/subdir2/HELLO.TXT 0666 1322948330 stored 14 \"hello world!" },
    { "lh6.lzh", "file d/words 0666 1700000000 lh6 " WORDS },
    { "lh7.lzh", "file d/words 0666 1700000000 lh7 " WORDS },
    { "stored.lzh", "file a.txt 0666 1700000000 stored 9 \"the mill" },
    { "amiga.lzh", "folder MainDir/02_EmptyDir/ 0777 1641934718 stored 0 \"\" end" },
    { "os9.lzh", "file subdir/subdir2/hello.txt 0711 1262325600 stored 12 \"hello world" },
    { "link0.lzh", "link symlink 0777 1262304000 stored 0 -> target \"\" end" },
    { "link2.lzh", "link subdir/symlink 0777 1359929540 stored 0 -> /absolute/path \"\" end" },
    { "utf16.lzh", "folder \u30c6\u30b9\u30c8/ 0777 1573044436 stored 0 \"\" end" },
    { "cp932.lzh", "file \u8868.txt 0666 1300472892 stored 4 \"list\" end" },
    { "lh4.lzh", "file gpl-2 0666 329691798 lh4 " GPL },
    { "lhx.lzh", "file GPL-2 0666 1374673300 lhx " GPL },
    { "lhark.lzh", "file GPL-2 0666 1262304000 lk7 " GPL },
    { "lh1.lzh", "file gpl-2 0666 329691798 lh1 " GPL },
    { "lzs.lzs", "file GPL-2 0666 1273187874 lzs " GPL },
    { "lz5.lzs", "file initial.bin 0666 0 lz5 4234 4234 bytes 02ad4144afe7d55a end" },
    { "pm1.pma", "file MTCD.DOC 0666 0 pm1 1403 1403 bytes 0a7d5b184c4a1088 end" },
    { "pm2.pma", "file GPL-2. 0666 0 pm2 18176 18176 bytes b3c896e85831d68e end" },
};

static void test_file(const char *path, const char *line)
{
    size_t len;
    uint8_t *data = sweep_load(path, &len);
    leat_assert(leat_format_lha.probe(data, len) == LEAT_MATCH_YES);
    struct listing found = sweep_listing(leat_lha, data, len);
    /* LHARK's is in liblhasa from 0.4 on. */
    bool lacks =
        strstr(found.text, "liblhasa, which this build lacks") != NULL ||
        (strstr(line, " lk7 ") != NULL && strstr(found.text, "this liblhasa lacks") != NULL);
    if (!lacks && (strstr(found.text, "fault") != NULL || !listing_has(&found, line))) {
        fprintf(stderr, "%s:\n%s\nwithout:\n%s\n", path, found.text, line);
        abort();
    }
    listing_fini(&found);
    sweep_cuttings(leat_lha, data, len, false);
    sweep_marks(leat_lha, data, len);
    sweep_allocations(leat_lha, data, len);
    free(data);
}

static void test_corpus(const char *folder)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
        test_file(path, files[i].line);
    }
}

/* --- Headers of the other levels --- */

static struct listing undamaged;

/* All of a header with a CRC is covered, and so are the bytes behind it. */
static void judge_covered(const struct listing *found, size_t at)
{
    bool faults = memmem(found->text, found->len, " fault ", 7) != NULL ||
                  memmem(found->text, found->len, "\nfault ", 7) != NULL ||
                  strncmp(found->text, "fault ", 6) == 0;
    bool same = found->len == undamaged.len && memcmp(found->text, undamaged.text, found->len) == 0;
    if (!faults && !same) {
        fprintf(stderr, "flipped at %zu:\n%s\n", at, found->text);
        abort();
    }
}

static void test_flips(const char *folder)
{
    static const char *const covered[] = { "level2.lzh", "level3.lzh", "link2.lzh" };
    for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
        char path[4096];
        size_t len;
        snprintf(path, sizeof(path), "%s/%s", folder, covered[i]);
        uint8_t *data = sweep_load(path, &len);
        undamaged = sweep_listing(leat_lha, data, len);
        sweep_flips(leat_lha, data, len, 0x01, judge_covered);
        sweep_flips(leat_lha, data, len, 0x80, judge_covered);
        sweep_cuts(leat_lha, data, len, NULL);
        listing_fini(&undamaged);
        free(data);
    }
}

static enum leat_match probe(const char *text)
{
    return leat_format_lha.probe((const uint8_t *)text, strlen(text));
}

/* Behind a program that speaks of methods, with a header of each way to be none. */
static void test_start(void)
{
    put("MZ and some code, -lh5-, -lh0", 29);
    size_t strange_at = archive.len;
    put_entry("-lh0-", "no", "sum is right");
    archive.data[strange_at + 1] ^= 1;
    size_t at = archive.len;
    put_entry("-lh0-", "a", "hello");
    put_number(0, 1);
    leat_assert(leat_format_lha.probe(archive.data, archive.len) == LEAT_MATCH_NO);
    leat_assert(leat_format_lha.probe_within(archive.data, archive.len, archive.len) ==
                LEAT_MATCH_YES);
    leat_assert(leat_format_lha.probe_within(archive.data, at, at) == LEAT_MATCH_NO);
    leat_assert(leat_format_lha.probe_within(archive.data, at, at + 1) == LEAT_MATCH_MORE);
    sweep_cuttings(leat_lha, archive.data, archive.len, false);
    sweep_marks(leat_lha, archive.data, archive.len);
    sweep_allocations(leat_lha, archive.data, archive.len);
    expect("file a 0666 1700000000 stored 5 \"hello\" end\n"
           "end\n");
}

static void test_lead(void)
{
    struct leat_ctx ctx;
    struct leat_reader *lead;
    struct leat_span span;
    struct leat_entry entry;
    put("MZ code", 7);
    put_entry("-lh0-", "a", "hello");
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_lha(leat_memory(&ctx, archive.data, archive.len));
    leat_assert(leat_container_lead(c, &lead) == LEAT_OK);
    leat_assert(leat_peek(lead, 8, &span) == LEAT_END);
    leat_assert(span.len == 7 && memcmp(span.data, "MZ code", 7) == 0);
    leat_reader_close(lead);
    leat_assert(leat_next(c, &entry) == LEAT_OK && entry.offset == 7);
    leat_assert(leat_next(c, &entry) == LEAT_END);
    leat_container_close(c);
    c = leat_lha(leat_memory(&ctx, archive.data + 7, archive.len - 7));
    leat_assert(leat_container_lead(c, &lead) == LEAT_END);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

static void test_probe(void)
{
    leat_assert(probe("ab-lh5-") == LEAT_MATCH_MORE);
    leat_assert(probe("ab-lh5- is a method of LHA, and this is no header") == LEAT_MATCH_NO);
    leat_assert(probe("ab-lhx-") == LEAT_MATCH_MORE);
    leat_assert(probe("ab-pm2-") == LEAT_MATCH_MORE);
    leat_assert(probe("ab-lhq-") == LEAT_MATCH_NO);
    leat_assert(probe("ab-pmd-") == LEAT_MATCH_NO);
    leat_assert(probe("plain text") == LEAT_MATCH_NO);
    put_entry("-lh0-", "a", "hello");
    leat_assert(leat_format_lha.probe(archive.data, archive.len) == LEAT_MATCH_YES);
    archive.data[1] ^= 1; /* the sum */
    leat_assert(leat_format_lha.probe(archive.data, archive.len) == LEAT_MATCH_NO);
    archive.len = 0;
}

static void test_holes(const char *folder)
{
    static const char *const of_levels[] = { "amiga.lzh", "utf16.lzh" };
    for (size_t i = 0; i < sizeof(of_levels) / sizeof(of_levels[0]); i++) {
        char path[4096];
        size_t len;
        snprintf(path, sizeof(path), "%s/%s", folder, of_levels[i]);
        uint8_t *data = sweep_load(path, &len);
        sweep_holes(leat_lha, data, len);
        free(data);
    }
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    test_corpus(argv[1]);
    test_flips(argv[1]);
    test_holes(argv[1]);
    test_entries();
    test_names();
    test_methods();
    test_checksum();
    test_broken_headers();
    test_resync();
    test_damage();
    test_probe();
    test_start();
    test_lead();
    return 0;
}
