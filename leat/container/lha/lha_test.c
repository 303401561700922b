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
    put_entry("-lh1-", "old", "whatever");
    put_entry("-lh0-", "after", "it");
    put_number(0, 1);
    expect("file old 0666 1700000000 lh1 8 \"\" fault packed by a method that is not known\n"
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

static void judge_cut(const struct listing *found, size_t at)
{
    leat_assert(at == 0 || strstr(found->text, "libarchive") == NULL);
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

static void test_corpus(const char *folder)
{
    static const struct {
        const char *name;
        const char *line;
    } files[] = {
        { "level0", "file d/words 0666 1700000000 lh5 2502 2502 bytes a3aadd2af0fcfafc end" },
        { "level1", "file d/words 0666 1700000000 lh5 2502 2502 bytes a3aadd2af0fcfafc end" },
        { "level2", "file d/words 0666 1700000000 lh5 2502 2502 bytes a3aadd2af0fcfafc end" },
        { "lh6", "file d/words 0666 1700000000 lh6 2502 2502 bytes a3aadd2af0fcfafc end" },
        { "lh7", "file d/words 0666 1700000000 lh7 2502 2502 bytes a3aadd2af0fcfafc end" },
        { "stored", "file a.txt 0666 1700000000 stored 9 \"the mill" },
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s.lzh", folder, files[i].name);
        size_t len;
        uint8_t *data = sweep_load(path, &len);
        leat_assert(leat_format_lha.probe(data, len) == LEAT_MATCH_YES);
        struct listing found = sweep_listing(leat_lha, data, len);
        leat_assert(strstr(found.text, "fault") == NULL);
        leat_assert(listing_has(&found, files[i].line));
        listing_fini(&found);
        sweep_cuttings(leat_lha, data, len, false);
        sweep_allocations(leat_lha, data, len);
        free(data);
    }
}

static enum leat_match probe(const char *text)
{
    return leat_format_lha.probe((const uint8_t *)text, strlen(text));
}

static void test_probe(void)
{
    leat_assert(probe("ab-lh5-") == LEAT_MATCH_MORE);
    leat_assert(probe("ab-lh5- is a method of LHA, and this is no header") == LEAT_MATCH_NO);
    leat_assert(probe("ab-lhx-") == LEAT_MATCH_NO);
    leat_assert(probe("plain text") == LEAT_MATCH_NO);
    put_entry("-lh0-", "a", "hello");
    leat_assert(leat_format_lha.probe(archive.data, archive.len) == LEAT_MATCH_YES);
    archive.data[1] ^= 1; /* the sum */
    leat_assert(leat_format_lha.probe(archive.data, archive.len) == LEAT_MATCH_NO);
    archive.len = 0;
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    setenv("TZ", "UTC", 1);
    test_corpus(argv[1]);
    test_entries();
    test_names();
    test_methods();
    test_checksum();
    test_broken_headers();
    test_resync();
    test_damage();
    test_probe();
    return 0;
}
