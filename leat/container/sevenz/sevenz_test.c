/* What 7-Zip packed in each of its ways reads as it was, however it comes; headers written here
 * byte by byte show what each rule is for, and damage is always told. */

#include "leat/container/sevenz/sevenz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/sevenz/aes.h"
#include "leat/container/sevenz/build_test.h"
#include "leat/container/sevenz/folder.h"
#include "leat/container/sevenz/method.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

struct archive {
    uint8_t *data;
    size_t len;
};

static const char *corpus;

static struct archive load(const char *name)
{
    char path[4096];
    struct archive archive;
    snprintf(path, sizeof(path), "%s/%s.7z", corpus, name);
    archive.data = sweep_load(path, &archive.len);
    return archive;
}

static void must_be(struct listing *found, const char *text)
{
    if (strcmp(found->text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found->text, text);
        abort();
    }
    listing_fini(found);
}

/* --- What 7-Zip packed --- */

/* All that every archive of the corpus has in it, packed by `method`. */
static const char *whole(const char *method)
{
    static char text[2000];
    snprintf(text, sizeof(text),
             "folder folder 0755 1700000000 stored 0 \"\" end\n"
             "file empty 0644 1700000000 stored 0 \"\" end\n"
             "file folder/inside.txt 0644 1700000000 %s 7 \"inside\n\" end\n"
             "file hello.txt 0644 1700000000 %s 6 \"hello\n\" end\n"
             "file large 0644 1700000000 %s 3000 3000 bytes b365659d7f1a1a05 end\n"
             "link link 0777 1700000000 %s 9 \"hello.txt\" end\n"
             "file \xe6\x97\xa5\xe6\x9c\xac caf\xc3\xa9.txt 0644 1700000000 %s 6 \"named\n\" end\n"
             "end\n",
             method, method, method, method, method);
    return text;
}

enum {
    DEFLATE = 0x040108,
    DEFLATE64 = 0x040109,
    BZIP2 = 0x040202,
    LZMA = 0x030101,
    LZMA2 = 0x21,
    PPMD = 0x030401,
    STORED = 0,
};

/* Filters stand over each of the coders, or over nothing. */
static void test_methods(void)
{
    static const struct {
        const char *name;
        uint64_t method;
    } cases[] = {
        { "lzma2", LZMA2 },
        { "lzma", LZMA },
        { "deflate", DEFLATE },
        { "deflate64", DEFLATE64 },
        { "bzip2", BZIP2 },
        { "ppmd", PPMD },
        { "copy", STORED },
        { "bcj", LZMA2 },
        { "delta", LZMA },
        { "apart", LZMA2 },
        { "plain", LZMA2 },
        { "filtered_copy", STORED },
        { "filtered_deflate", DEFLATE },
        { "filtered_deflate64", DEFLATE64 },
        { "filtered_bzip2", BZIP2 },
        { "filtered_ppmd", PPMD },
        { "filtered_twice", DEFLATE },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sz_method *method = leat_sz_method(cases[i].method);
        if (method->kind == SZ_METHOD_NAMED)
            continue; /* in a build without its library */
        struct archive archive = load(cases[i].name);
        struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
        must_be(&found, whole(method->name));
        sweep_cuttings(leat_7z, archive.data, archive.len, true);
        sweep_marks(leat_7z, archive.data, archive.len);
        sweep_allocations(leat_7z, archive.data, archive.len);
        free(archive.data);
    }
}

/* Four streams are read at once; a source that does not fork is spooled for that. */
static void test_bcj2(void)
{
    struct archive archive = load("bcj2");
    sweep_cuttings(leat_7z, archive.data, archive.len, true);
    sweep_marks(leat_7z, archive.data, archive.len);
    sweep_allocations(leat_7z, archive.data, archive.len);
    struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
    must_be(&found, whole("lzma"));
    free(archive.data);
}

/* --- Passwords --- */

static struct listing listing_with(struct archive archive, const char *password)
{
    struct leat_ctx ctx;
    const struct leat_keys keys = {
        .password = { .data = (const uint8_t *)password, .len = strlen(password) },
    };
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .keys = &keys });
    struct leat_reader *src = leat_memory(&ctx, archive.data, archive.len);
    struct listing found = listing_of(&(struct listing_options){ .c = leat_7z(src) });
    leat_ctx_fini(&ctx);
    return found;
}

static void test_encrypted(void)
{
    struct archive archive = load("encrypted");
    struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
    leat_assert(listing_has(&found, "folder folder 0755 1700000000 stored 0 \"\" end\n"));
    leat_assert(strstr(found.text, "fault encrypted") != NULL);
    listing_fini(&found);
    found = listing_with(archive, "wrong");
    leat_assert(!leat_sz_aes_here || strstr(found.text, "fault wrong password, or damage\n"));
    leat_assert(strstr(found.text, "\nend\n") != NULL);
    listing_fini(&found);
    if (leat_sz_aes_here) {
        found = listing_with(archive, "secret");
        must_be(&found, whole("lzma2"));
    }
    free(archive.data);
}

static void test_encrypted_header(void)
{
    struct archive archive = load("hidden");
    struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
    leat_assert(strncmp(found.text, "fault encrypted", 15) == 0);
    listing_fini(&found);
    if (leat_sz_aes_here) {
        found = listing_with(archive, "wrong");
        must_be(&found, "fault wrong password, or damage\n");
        found = listing_with(archive, "secret");
        must_be(&found, whole("lzma2"));
    }
    free(archive.data);
}

/* How long a key takes to make is the archive's to say, up to a bound. */
static void test_key_bound(void)
{
    struct sz_aes aes;
    uint8_t properties[] = { SZ_CYCLES_MAX + 1, 0 };
    leat_assert(!leat_sz_aes_read((struct leat_span){ properties, 2 }, &aes));
    properties[0] = SZ_CYCLES_MAX;
    leat_assert(leat_sz_aes_read((struct leat_span){ properties, 2 }, &aes) == leat_sz_aes_here);
    properties[0] = 0x80; /* a salt that is not there */
    leat_assert(!leat_sz_aes_read((struct leat_span){ properties, 2 }, &aes));
}

/* --- Headers byte by byte --- */

/* An archive of these packed bytes and this header. */
static struct archive build(const char *packed, const uint8_t *header, size_t header_len)
{
    size_t packed_len = strlen(packed);
    struct archive archive = { .len = SZ_START_LEN + packed_len + header_len };
    archive.data = calloc(1, archive.len);
    memcpy(archive.data + SZ_START_LEN, packed, packed_len);
    memcpy(archive.data + SZ_START_LEN + packed_len, header, header_len);
    build_start(archive.data, packed_len, header_len);
    return archive;
}

static void expect(const uint8_t *header, size_t len, const char *text)
{
    struct archive archive = build("helloworld", header, len);
    struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
    must_be(&found, text);
    free(archive.data);
}

/* Two stored files in one folder, a folder, and something to be deleted. Numbers up to 127 are a
 * byte each. */
static const uint8_t four[] = {
    SZ_HEADER,
    SZ_MAIN_STREAMS,
    SZ_PACK_INFO,
    0,
    1,
    SZ_SIZE,
    10,
    SZ_END,
    SZ_UNPACK_INFO,
    SZ_FOLDER,
    1,
    0,
    1,
    1,
    0,
    SZ_UNPACK_SIZE,
    10,
    SZ_END,
    SZ_SUBSTREAMS,
    SZ_COUNT,
    2,
    SZ_SIZE,
    5,
    SZ_END,
    SZ_END,
    SZ_FILES,
    4,
    SZ_EMPTY_STREAM,
    1,
    0x30,
    SZ_EMPTY_FILE,
    1,
    0x40,
    SZ_ANTI,
    1,
    0x40,
    SZ_NAMES,
    17,
    0,
    'a',
    0,
    0,
    0,
    'b',
    0,
    0,
    0,
    'c',
    0,
    0,
    0,
    'd',
    0,
    0,
    0,
    SZ_END,
    SZ_END,
};

static void test_header(void)
{
    expect(four, sizeof(four),
           "file a 0000 0 stored 5 \"hello\" end\n"
           "file b 0000 0 stored 5 \"world\" end\n"
           "folder c 0000 0 stored 0 \"\" end\n"
           "other d 0000 0 stored 0 \"\" end\n"
           "end\n");
    expect(four, 0, "end\n");
}

/* What cannot be unpacked is told for each file that is in it, and for none else. */
static void test_unknown_method(void)
{
    enum { ID_AT = 14, NOBODYS = 0x7f };
    uint8_t header[sizeof(four)];
    memcpy(header, four, sizeof(header));
    leat_assert(header[ID_AT] == 0 && header[ID_AT + 1] == SZ_UNPACK_SIZE);
    header[ID_AT] = NOBODYS;
    expect(header, sizeof(header),
           "file a 0000 0 unknown 5 \"\" fault packed by a method that is not known\n"
           "file b 0000 0 unknown 5 \"\" fault packed by a method that is not known\n"
           "folder c 0000 0 stored 0 \"\" end\n"
           "other d 0000 0 stored 0 \"\" end\n"
           "end\n");
}

/* Each byte of it may be any other: what is wrong is told, and nothing is read that is not there.
 */
static void test_header_bytes(void)
{
    for (size_t at = 0; at < sizeof(four); at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t header[sizeof(four)];
            memcpy(header, four, sizeof(four));
            header[at] = (uint8_t)value;
            struct archive archive = build("helloworld", header, sizeof(header));
            struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
            leat_assert(found.len > 0);
            listing_fini(&found);
            free(archive.data);
        }
    }
    for (size_t len = 1; len < sizeof(four); len++)
        expect(four, len, "fault bad header\n");
}

/* A folder whose stream is not in the archive; files that are more than their folder. */
static void test_places(void)
{
    uint8_t header[sizeof(four)];
    memcpy(header, four, sizeof(four));
    header[6] = 100;
    expect(header, sizeof(header),
           "file a 0000 0 stored 5 \"\" fault lies outside of the archive\n"
           "file b 0000 0 stored 5 \"\" fault lies outside of the archive\n"
           "folder c 0000 0 stored 0 \"\" end\n"
           "other d 0000 0 stored 0 \"\" end\n"
           "end\n");
    memcpy(header, four, sizeof(four));
    header[22] = 11;
    expect(header, sizeof(header), "fault bad header\n");
}

static void test_numbers(void)
{
    static const struct {
        uint8_t bytes[9];
        uint64_t value;
    } cases[] = {
        { { 0x7f }, 0x7f },
        { { 0x80, 0x80 }, 0x80 },
        { { 0xbf, 0xff }, 0x3fff },
        { { 0xc1, 2, 3 }, 0x10302 },
        { { 0xfe, 1, 0, 0, 0, 0, 0, 1 }, UINT64_C(0x01000000000001) },
        { { 0xff, 1, 0, 0, 0, 0, 0, 0, 0xff }, UINT64_C(0xff00000000000001) },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sz_cursor cursor = { .at = cases[i].bytes, .end = cases[i].bytes + 9 };
        leat_assert(sz_number(&cursor) == cases[i].value);
        leat_assert(!cursor.broken);
    }
    struct sz_cursor cursor = { .at = cases[5].bytes, .end = cases[5].bytes + 8 };
    (void)sz_number(&cursor);
    leat_assert(cursor.broken);
}

/* Coders that take their own output, one output twice, or what is not there. */
static void test_folders(void)
{
    static const struct {
        uint8_t bytes[16];
        bool good;
    } cases[] = {
        { { 1, 1, 0 }, true },
        { { 0 }, false },
        { { 33 }, false },
        { { 1, 0x81, 0 }, false },                      /* a reserved bit */
        { { 1, 0x11, 0, 1, 2 }, false },                /* two outputs */
        { { 1, 0x11, 0, 0, 1 }, false },                /* no input */
        { { 1, 0x21, 0, 100 }, false },                 /* properties that are not there */
        { { 2, 1, 0, 1, 0, 0, 1 }, true },              /* the first takes the second's */
        { { 2, 1, 0, 1, 0, 2, 1 }, false },             /* an input that is not there */
        { { 2, 1, 0, 1, 0, 0, 2 }, false },             /* an output that is not there */
        { { 3, 1, 0, 1, 0, 1, 0, 0, 1, 2, 1 }, false }, /* an output twice */
        { { 3, 1, 0, 1, 0, 1, 0, 0, 1, 0, 2 }, false }, /* an input twice */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sz_cursor cursor = { .at = cases[i].bytes, .end = cases[i].bytes + 16 };
        struct sz_folder folder;
        leat_assert(leat_sz_folder_read(&cursor, &folder) == cases[i].good);
    }
}

/* A coder in a ring of its own beside the one that is used. */
static void test_ring(void)
{
    static const uint8_t header[] = {
        SZ_HEADER,
        SZ_MAIN_STREAMS,
        SZ_PACK_INFO,
        0,
        1,
        SZ_SIZE,
        10,
        SZ_END,
        SZ_UNPACK_INFO,
        SZ_FOLDER,
        1,
        0,
        2,
        1,
        0,
        1,
        0,
        1,
        1,
        SZ_UNPACK_SIZE,
        10,
        10,
        SZ_END,
        SZ_END,
        SZ_FILES,
        1,
        SZ_NAMES,
        5,
        0,
        'a',
        0,
        0,
        0,
        SZ_END,
        SZ_END,
    };
    expect(header, sizeof(header),
           "file a 0000 0 stored 10 \"\" fault packed by a method that is "
           "not known\nend\n");
}

/* --- Damage and sources --- */

static void test_no_seek(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct archive archive = load("lzma2");
    struct trickle_options trickles = { .data = archive.data, .len = archive.len };
    struct listing found =
        listing_of(&(struct listing_options){ .c = leat_7z(trickle(&ctx, &trickles)) });
    must_be(&found, "fault needs a source that seeks\n");
    leat_ctx_fini(&ctx);
    free(archive.data);
}

/* What the damaged archive was packed by. */
static const char *damaged_by;

/* Every file is as it was, or it is said that it is not. Damaged text may have zeros in it. */
static void judge_flip(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(memmem(found->text, found->len, "fault", 5) != NULL ||
                strcmp(found->text, whole(damaged_by)) == 0);
}

static void judge_cut(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(strncmp(found->text, "fault ", 6) == 0);
}

static void test_damage(void)
{
    static const char *const cases[][2] = {
        { "lzma2", "lzma2" },
        { "filtered_twice", "deflate" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct archive archive = load(cases[i][0]);
        damaged_by = cases[i][1];
        sweep_flips(leat_7z, archive.data, archive.len, 0xff, judge_flip);
        sweep_flips(leat_7z, archive.data, archive.len, 0x01, judge_flip);
        sweep_cuts(leat_7z, archive.data, archive.len, judge_cut);
        free(archive.data);
    }
}

/* A start that was never written: the header is found at the end, packed or not, or that it is not
 * there is told. */
static void test_blank(void)
{
    static const char *const names[] = { "lzma2", "plain" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct archive archive = load(names[i]);
        memset(archive.data + SZ_START_CRC, 0, SZ_START_LEN - SZ_START_CRC);
        struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
        must_be(&found, whole("lzma2"));
        sweep_cuttings(leat_7z, archive.data, archive.len, true);
        sweep_allocations(leat_7z, archive.data, archive.len);
        sweep_cuts(leat_7z, archive.data, archive.len, judge_cut);
        sweep_flips(leat_7z, archive.data, archive.len, 0xff, NULL);
        free(archive.data);
    }
}

/* Damage in one stream takes nothing from the files in others. */
static void test_streams_apart(void)
{
    struct archive archive = load("apart");
    archive.data[SZ_START_LEN + 3] ^= 0xff;
    struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
    leat_assert(strstr(found.text, "fault") != NULL);
    leat_assert(listing_has(&found, "file hello.txt 0644 1700000000 lzma2 6 \"hello\n\" end\n"));
    leat_assert(listing_has(&found, "file large 0644 1700000000 lzma2 3000 3000 bytes "));
    listing_fini(&found);
    free(archive.data);
}

/* --- Behind a program --- */

/* A prefix with what looks like a start, and then the archive. */
static struct archive prefixed(const char *name)
{
    static const char prefix[] = "#!/bin/sh\n7z\xbc\xaf'\x1c and more, that is no archive: 7z7z7z";
    struct archive archive = load(name), both;
    both.len = sizeof(prefix) + archive.len;
    both.data = malloc(both.len);
    leat_assert(both.data != NULL);
    memcpy(both.data, prefix, sizeof(prefix));
    memcpy(both.data + sizeof(prefix), archive.data, archive.len);
    free(archive.data);
    return both;
}

static void test_prefix(void)
{
    static const struct {
        const char *name, *method;
    } archives[] = { { "lzma2", "lzma2" }, { "copy", "stored" }, { "plain", "lzma2" } };
    struct leat_ctx ctx;
    struct leat_entry entry;
    for (size_t i = 0; i < sizeof(archives) / sizeof(archives[0]); i++) {
        struct archive archive = prefixed(archives[i].name);
        struct listing found = sweep_listing(leat_7z, archive.data, archive.len);
        must_be(&found, whole(archives[i].method));
        sweep_cuttings(leat_7z, archive.data, archive.len, true);
        sweep_marks(leat_7z, archive.data, archive.len);
        free(archive.data);
    }
    struct archive archive = prefixed("lzma2"), bare = load("lzma2");
    damaged_by = "lzma2";
    sweep_flips(leat_7z, archive.data, archive.len, 0x01, judge_flip);
    sweep_cuts(leat_7z, archive.data, archive.len, judge_cut);
    sweep_allocations(leat_7z, archive.data, archive.len);
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_7z(leat_memory(&ctx, archive.data, archive.len));
    for (unsigned i = 0; i < 3; i++)
        leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.offset == archive.len - bare.len + SZ_START_LEN);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    free(archive.data);
    free(bare.data);
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    corpus = argv[1];
    test_methods();
    test_bcj2();
    test_unknown_method();
    test_encrypted();
    test_encrypted_header();
    test_key_bound();
    test_header();
    test_header_bytes();
    test_places();
    test_numbers();
    test_folders();
    test_ring();
    test_no_seek();
    test_damage();
    test_blank();
    test_streams_apart();
    test_prefix();
    return 0;
}
