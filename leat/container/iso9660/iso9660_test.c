/* What real programs wrote into images reads as they have it, however it comes; and images changed
 * here in one field each show what every rule is for. */

#include "leat/container/iso9660/iso9660.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/iso9660/fields.h"
#include "leat/container/iso9660/zisofs.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

struct image {
    uint8_t *data;
    size_t len;
};

static const char *folder;

static struct image load(const char *name)
{
    char path[4096];
    struct image image;
    snprintf(path, sizeof(path), "%s/%s.iso", folder, name);
    image.data = sweep_load(path, &image.len);
    return image;
}

/* That the image, which is freed, reads like this. */
static void expect(struct image image, const char *text)
{
    struct listing found = sweep_listing(leat_iso9660, image.data, image.len);
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
    free(image.data);
}

/* Where the directory's record of that name is. */
static uint8_t *record_of(struct image image, const char *name)
{
    size_t len = strlen(name);
    for (size_t at = ISO_DESCRIPTORS_AT + ISO_SECTOR; at + len < image.len; at++) {
        uint8_t *record = image.data + at - ISO_RECORD_NAME;
        if (memcmp(image.data + at, name, len) == 0 && record[ISO_RECORD_NAME_LEN] == len)
            return record;
    }
    abort();
}

/* --- What programs wrote --- */

#define PLAIN_FOLDER                                                                               \
    "folder FOLDER 0000 1700000000 stored 0 \"\" end\n"                                            \
    "file FOLDER/INSIDE.TXT 0000 1700000000 stored 7 \"inside\n\" end\n"
#define PLAIN_HELLO "file HELLO.TXT 0000 1700000000 stored 6 \"hello\n\" end\n"
#define LARGE       "3000 3000 bytes b365659d7f1a1a05 end\n"
#define PLAIN_LARGE "file LARGE 0000 1700000000 stored " LARGE

static const char rock_text[] =
    "link absolute 0777 1700000000 stored 0 -> /a/../b \"\" end\n"
    "file caf\xc3\xa9 with a name that is long enough to need a continuation, as long as one "
    "record has no room for it, and then more, and more, and more yet to be quite sure that it is "
    "needed.txt 0644 1700000000 stored 6 \"named\n\" end\n"
    "folder folder 0755 1700000000 stored 0 \"\" end\n"
    "file folder/inside.txt 0644 1700000000 stored 7 \"inside\n\" end\n"
    "file hello.txt 0644 1700000000 stored 6 \"hello\n\" end\n"
    "file large 0644 1700000000 stored " LARGE
    "link link 0777 1700000000 stored 0 -> folder/inside.txt \"\" end\n"
    "end\n";

static void test_programs(void)
{
    expect(load("plain"), PLAIN_FOLDER PLAIN_HELLO PLAIN_LARGE "end\n");
    expect(load("joliet"), "file x 0000 1700000000 stored 2 \"x\n\" end\n"
                           "file \xe6\x97\xa5\xe6\x9c\xac caf\xc3\xa9.txt 0000 1700000000 stored 6 "
                           "\"named\n\" end\n"
                           "end\n");
    expect(load("rock"), rock_text);
    expect(load("xorriso"), "folder folder 0755 1700000000 stored 0 \"\" end\n"
                            "file folder/inside.txt 0644 1700000000 stored 7 \"inside\n\" end\n"
                            "file hello.txt 0644 1700000000 stored 6 \"hello\n\" end\n"
                            "file large 0644 1700000000 stored " LARGE "end\n");
}

/* Folders below the eighth are kept elsewhere in the image, and shown where they belong. */
static void test_relocated(void)
{
    struct image image = load("deep");
    struct listing found = sweep_listing(leat_iso9660, image.data, image.len);
    leat_assert(listing_has(&found, "folder a/b/c/d/e/f/g/h 0755 1700000000"));
    leat_assert(listing_has(&found, "file a/b/c/d/e/f/g/h/deep.txt 0644 1700000000 stored 5"));
    leat_assert(listing_has(&found, "folder rr_moved 0555"));
    leat_assert(!listing_has(&found, "folder rr_moved/"));
    listing_fini(&found);
    free(image.data);
}

#define MIXED_IS " 1700000000 zisofs 118304 "
#define MIXED    MIXED_IS "118304 bytes 22f6c02f9ca2da37 end\n"
#define ZEROS    " 1700000000 zisofs 50000 50000 bytes f7fc40eb3f524565 end\n"
#define SMALL    " 1700000000 stored 6 \"small\n\" end\n"

/* Whether there are zlib streams. */
static bool is_unpacked(void)
{
    static const struct iso_zisofs good = { ISO_ZISOFS_1, 4, 15, 1, UINT64_MAX };
    return leat_iso_zisofs_refused(&good) == NULL;
}

/* By mkzftree and genisoimage, and by xorriso. */
static void test_zisofs(void)
{
    /* In the second it is said of a folder as well, which means nothing. */
    for (int i = 0; i < 2; i++)
        expect(load(i == 0 ? "zisofs" : "zisofs_folder"),
               "folder folder 0755 1700000000 stored 0 \"\" end\n"
               "file folder/inside.txt 0644 1700000000 stored 7 \"inside\n\" end\n"
               "file hello.txt 0644 1700000000 stored 6 \"hello\n\" end\n"
               "file large 0644 1700000000 zisofs " LARGE "end\n");
    expect(load("zisofs_blocks"),
           "file mixed 0444" MIXED "file small 0444" SMALL "file zeros 0444" ZEROS "end\n");
    expect(load("zisofs2"),
           "file mixed 0644" MIXED "file small 0644" SMALL "file zeros 0644" ZEROS "end\n");
}

static void test_sources(void)
{
    static const char *const names[] = { "plain", "joliet", "rock",          "xorriso",
                                         "deep",  "zisofs", "zisofs_blocks", "zisofs2" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct image image = load(names[i]);
        sweep_cuttings(leat_iso9660, image.data, image.len, true);
        sweep_marks(leat_iso9660, image.data, image.len);
        sweep_allocations(leat_iso9660, image.data, image.len);
        free(image.data);
    }
}

static void test_no_seek(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct image image = load("plain");
    struct trickle_options trickles = { .data = image.data, .len = image.len };
    struct listing found =
        listing_of(&(struct listing_options){ .c = leat_iso9660(trickle(&ctx, &trickles)) });
    leat_assert(strcmp(found.text, "fault needs a source that seeks\n") == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    free(image.data);
}

/* --- One field changed --- */

static void test_places(void)
{
    struct image image = load("plain");
    leat_store_u32le(record_of(image, "HELLO.TXT;1") + ISO_RECORD_BLOCK, 100000);
    uint8_t *large = record_of(image, "LARGE.;1");
    leat_store_u32le(large + ISO_RECORD_SIZE, 100000);
    image.len -= 100;
    size_t there = image.len - leat_load_u32le(large + ISO_RECORD_BLOCK) * (size_t)ISO_SECTOR;
    char text[100];
    snprintf(text, sizeof(text), "file LARGE 0000 1700000000 stored 100000 %zu bytes ", there);
    struct listing found = sweep_listing(leat_iso9660, image.data, image.len);
    leat_assert(listing_has(&found, "file HELLO.TXT 0000 1700000000 stored 6 \"\" fault lies "
                                    "outside of the image\n"));
    /* What is there of it comes before the fault. */
    leat_assert(listing_has(&found, text));
    leat_assert(strstr(found.text, "fault unexpected end of input\nend\n") != NULL);
    listing_fini(&found);
    free(image.data);
}

/* A folder within itself, one outside, and one that is no shorter than the image. */
static void test_folders(void)
{
    static const struct {
        uint32_t block, size;
        const char *fault;
    } cases[] = {
        { 100000, 2048, "lies outside of the image" },
        { 23, 100 * 2048, "lies outside of the image" },
        { 0, 29 * 2048, "folders overlap" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct image image = load("plain");
        uint8_t *record = record_of(image, "FOLDER");
        leat_store_u32le(record + ISO_RECORD_BLOCK, cases[i].block);
        leat_store_u32le(record + ISO_RECORD_SIZE, cases[i].size);
        char text[1024];
        snprintf(text, sizeof(text), "file FOLDER 0000 1700000000 stored 0 \"\" fault %s\n%send\n",
                 cases[i].fault, PLAIN_HELLO PLAIN_LARGE);
        expect(image, text);
    }
    struct image image = load("plain");
    uint8_t *record = record_of(image, "FOLDER");
    uint32_t root = leat_load_u32le(image.data + ISO_DESCRIPTORS_AT + ISO_ROOT + ISO_RECORD_BLOCK);
    leat_store_u32le(record + ISO_RECORD_BLOCK, root);
    struct listing found = sweep_listing(leat_iso9660, image.data, image.len);
    leat_assert(listing_has(&found, "folder FOLDER/FOLDER/FOLDER 0000"));
    leat_assert(strstr(found.text, "fault folders overlap\n") != NULL);
    listing_fini(&found);
    free(image.data);
}

/* A file in two records: one behind the other, or apart. */
static void test_extents(void)
{
    struct image image = load("plain");
    uint8_t *hello = record_of(image, "HELLO.TXT;1");
    uint8_t *large = record_of(image, "LARGE.;1");
    uint32_t block = leat_load_u32le(large + ISO_RECORD_BLOCK);
    hello[ISO_RECORD_FLAGS] |= ISO_FLAG_MORE;
    leat_store_u32le(hello + ISO_RECORD_BLOCK, block);
    leat_store_u32le(hello + ISO_RECORD_SIZE, ISO_SECTOR);
    leat_store_u32le(large + ISO_RECORD_BLOCK, block + 1);
    leat_store_u32le(large + ISO_RECORD_SIZE, 3000 - ISO_SECTOR);
    expect(image, PLAIN_FOLDER PLAIN_LARGE "end\n");

    image = load("plain");
    record_of(image, "HELLO.TXT;1")[ISO_RECORD_FLAGS] |= ISO_FLAG_MORE;
    expect(image, PLAIN_FOLDER "file LARGE 0000 1700000000 stored 3006 \"\" fault lies in several "
                               "places\nend\n");
}

static void test_bad_record(void)
{
    struct image image = load("plain");
    record_of(image, "HELLO.TXT;1")[ISO_RECORD_NAME_LEN] = 200;
    expect(image,
           PLAIN_FOLDER "file (damaged) 0000 0 stored 0 \"\" fault bad directory record\nend\n");
    image = load("plain");
    record_of(image, "INSIDE.TXT;1")[ISO_RECORD_LEN] = 20;
    expect(image, "folder FOLDER 0000 1700000000 stored 0 \"\" end\n"
                  "file FOLDER/(damaged) 0000 0 stored 0 \"\" fault bad directory "
                  "record\n" PLAIN_HELLO PLAIN_LARGE "end\n");
}

/* The last field that says where a record's area goes on. */
static uint8_t *continuation_of(struct image image)
{
    static const uint8_t field[4] = { 'C', 'E', 28, 1 };
    for (size_t at = image.len - 28; at > ISO_DESCRIPTORS_AT; at--) {
        if (memcmp(image.data + at, field, sizeof(field)) == 0)
            return image.data + at;
    }
    abort();
}

/* The first field that says how a file is packed: that of `mixed`. */
static uint8_t *packing_of(struct image image)
{
    uint8_t *field = memmem(image.data, image.len, "ZF\x10", 3);
    leat_assert(field != NULL);
    return field;
}

static void test_packing(void)
{
    static const struct {
        size_t field;
        uint8_t value;
        const char *text;
    } cases[] = {
        { 4, 'q', MIXED_IS "\"\" fault packed by a method that is not known\n" },
        { 6, 3, MIXED_IS "\"\" fault packed with a header that is too short\n" },
        { 6, 5, MIXED_IS "\"\" fault the header is not what the directory says\n" },
        { 7, 2, MIXED_IS "\"\" fault packed in blocks of a size that is not known\n" },
        { 7, 16, MIXED_IS "\"\" fault the header is not what the directory says\n" },
        { 8, 0x21,
          " 1700000000 zisofs 118305 \"\" fault the header is not what the directory "
          "says\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct image image = load("zisofs_blocks");
        char text[500];
        snprintf(text, sizeof(text),
                 "file mixed 0444%sfile small 0444" SMALL "file zeros 0444" ZEROS "end\n",
                 cases[i].text);
        packing_of(image)[cases[i].field] = cases[i].value;
        expect(image, text);
    }
}

/* The end of an image is cut off, within the last block of a file. */
static void test_packed_cut(void)
{
    struct image image = load("zisofs_blocks");
    uint8_t *record = record_of(image, "MIXED.;1");
    image.len = leat_load_u32le(record + ISO_RECORD_BLOCK) * (size_t)ISO_SECTOR +
                leat_load_u32le(record + ISO_RECORD_SIZE) - 4;
    struct listing found = sweep_listing(leat_iso9660, image.data, image.len);
    leat_assert(listing_has(&found, "file mixed 0444" MIXED_IS "118304 bytes 22f6c02f9ca2da37 "
                                    "fault unexpected end of input\n"));
    listing_fini(&found);
    free(image.data);
}

/* A file's first block is damaged: the others are read behind that, and are what they were. */
static void test_packed_damage(void)
{
    enum { BLOCK = 1 << 15, DAMAGED = 500, SIZE = 118304 };
    struct image image = load("zisofs_blocks");
    size_t at = leat_load_u32le(record_of(image, "MIXED.;1") + ISO_RECORD_BLOCK);
    struct leat_ctx ctx;
    struct leat_entry entry;
    struct read first, rest;
    unsigned damages = 0;
    leat_ctx_init(&ctx, NULL);
    image.data[at * ISO_SECTOR + DAMAGED] ^= 0x10;
    struct leat_container *c = leat_iso9660(leat_memory(&ctx, image.data, image.len));
    check_status(leat_next(c, &entry), LEAT_OK);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    drive_read(r, UINT64_MAX, &first);
    check_status(first.status, LEAT_FAULT);
    check_text(first.fault.part, "zisofs");
    check(first.fault.offset > DAMAGED && first.bytes.len <= BLOCK);
    check_status(drive_resync(r, &damages), LEAT_OK);
    check_equal(damages, 1);
    drive_read(r, UINT64_MAX, &rest);
    check_status(rest.status, LEAT_END);
    check_equal(rest.bytes.len, SIZE - BLOCK);
    for (size_t i = 0; i < 2 * BLOCK; i++)
        check_equal(rest.bytes.data[i], 0);
    check_bytes(rest.bytes.data + 2 * BLOCK, 16, "line 0 of a text", 16);
    leat_reader_close(r);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    drive_read_fini(&first);
    drive_read_fini(&rest);
    free(image.data);
}

/* A continuation that leads out of the image, one that is too long, and one that leads to itself:
 * a fault of that one file. */
static void test_continuations(void)
{
    for (int i = 0; i < 3; i++) {
        struct image image = load("rock");
        uint8_t *more = continuation_of(image);
        size_t at = (size_t)(more - image.data);
        if (i == 0) {
            leat_store_u32le(more + 4, 100000);
        } else if (i == 1) {
            leat_store_u32le(more + 20, 1u << 30);
        } else {
            leat_store_u32le(more + 4, (uint32_t)(at / ISO_SECTOR));
            leat_store_u32le(more + 12, at % ISO_SECTOR);
        }
        struct listing found = sweep_listing(leat_iso9660, image.data, image.len);
        leat_assert(strstr(found.text, "stored 6 \"\" fault bad directory record\n") != NULL);
        leat_assert(strstr(found.text, "file hello.txt ") != NULL);
        listing_fini(&found);
        free(image.data);
    }
}

static void test_descriptors(void)
{
    struct image image = load("plain");
    image.data[ISO_DESCRIPTORS_AT + ISO_ID] = 'X';
    expect(image, "fault bad volume descriptor\n");
    image = load("plain");
    leat_store_u16le(image.data + ISO_DESCRIPTORS_AT + ISO_BLOCK_SIZE, 3);
    expect(image, "fault bad volume descriptor\n");
    image = load("plain");
    memcpy(image.data + ISO_DESCRIPTORS_AT + ISO_ID, "BEA01", ISO_ID_LEN);
    expect(image, "fault an image of UDF alone\n");
    image = load("plain");
    image.len = ISO_DESCRIPTORS_AT + 100;
    expect(image, "fault unexpected end of input\n");
    image = load("plain");
    leat_store_u32le(image.data + ISO_DESCRIPTORS_AT + ISO_ROOT + ISO_RECORD_BLOCK, 100000);
    expect(image, "fault the root folder lies outside of the image\n");
}

/* --- Damage --- */

/* Nothing in an image tells whether it is right: it must only be stood. */
static void test_damage(void)
{
    struct image image = load("rock");
    for (size_t at = ISO_DESCRIPTORS_AT; at < image.len; at++) {
        if (image.data[at] == 0)
            continue;
        image.data[at] ^= 0xff;
        struct listing found = sweep_listing(leat_iso9660, image.data, image.len);
        listing_fini(&found);
        image.data[at] ^= 0xff;
    }
    /* The last sector is not filled. */
    for (size_t len = ISO_DESCRIPTORS_AT; len + ISO_SECTOR < image.len; len += 99) {
        struct listing found = sweep_listing(leat_iso9660, image.data, len);
        leat_assert(strstr(found.text, "fault") != NULL);
        listing_fini(&found);
    }
    expect(image, rock_text);
}

/* What cannot begin an image is told by its first byte, so that nobody waits for the rest. */
static void test_probe(void)
{
    const struct leat_format *format = &leat_format_iso9660;
    struct image image = load("plain");
    leat_assert(format->probe(image.data, 0) == LEAT_MATCH_MORE);
    leat_assert(format->probe(image.data, ISO_DESCRIPTORS_AT + 5) == LEAT_MATCH_MORE);
    leat_assert(format->probe_max == ISO_DESCRIPTORS_AT + 6);
    leat_assert(format->probe(image.data, format->probe_max) == LEAT_MATCH_YES);
    image.data[446] = 0x80; /* a table of partitions */
    leat_assert(format->probe(image.data, format->probe_max) == LEAT_MATCH_YES);
    image.data[100] = 'x';
    leat_assert(format->probe(image.data, format->probe_max) == LEAT_MATCH_NO);
    image.data[0] = 0x33;
    image.data[1] = 0xed;
    leat_assert(format->probe(image.data, format->probe_max) == LEAT_MATCH_YES);
    memcpy(image.data, "\177ELF\2\1\1\0AI\1", 11);
    for (size_t len = 0; len < format->probe_max; len += 1 + len / 20)
        leat_assert(format->probe(image.data, len) == LEAT_MATCH_MORE);
    leat_assert(format->probe(image.data, format->probe_max) == LEAT_MATCH_YES);
    leat_assert(format->probe((const uint8_t *)"\177ELF\2\1\1\0AI\2", 11) == LEAT_MATCH_NO);
    leat_assert(format->probe((const uint8_t *)"\177ELF\2\1\1\0\0", 9) == LEAT_MATCH_NO);
    image.data[ISO_DESCRIPTORS_AT + 1] = 'X';
    leat_assert(format->probe(image.data, format->probe_max) == LEAT_MATCH_NO);
    leat_assert(format->probe((const uint8_t *)"text", 1) == LEAT_MATCH_NO);
    leat_assert(format->probe((const uint8_t *)"Mz", 2) == LEAT_MATCH_NO);
    free(image.data);
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    folder = argv[1];
    test_programs();
    test_relocated();
    test_sources();
    test_no_seek();
    test_places();
    test_folders();
    test_extents();
    test_bad_record();
    test_continuations();
    if (is_unpacked()) {
        test_zisofs();
        test_packing();
        test_packed_cut();
        test_packed_damage();
    }
    test_descriptors();
    test_damage();
    test_probe();
    return 0;
}
