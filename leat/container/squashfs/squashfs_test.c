/* What mksquashfs wrote reads as it went in, by each method; and images changed here in one field
 * each show what every rule is for. Cuttings, waits and memory are the conformance suite's. */

#include "leat/container/squashfs/squashfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/squashfs/method.h"
#include "leat/container/squashfs/super.h"
#include "leat/endpoint/memory/memory.h"
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
    snprintf(path, sizeof(path), "%s/%s.sqfs", folder, name);
    image.data = sweep_load(path, &image.len);
    return image;
}

/* That the image, which is freed, reads like this. */
static void expect(struct image image, const char *text)
{
    struct listing found = sweep_listing(leat_squashfs, image.data, image.len);
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
    free(image.data);
}

/* That it has these lines, or beginnings of lines, up to a NULL. */
static void expect_lines(struct image image, const char *const *lines)
{
    struct listing found = sweep_listing(leat_squashfs, image.data, image.len);
    for (; *lines != NULL; lines++) {
        if (!listing_has(&found, *lines)) {
            fprintf(stderr, "found:\n%s\nand not:\n%s\n", found.text, *lines);
            abort();
        }
    }
    listing_fini(&found);
    free(image.data);
}

/* --- What mksquashfs wrote --- */

#define EMPTY    "folder empty 0755 1700000000 stored 0 \"\" end\n"
#define FOLDER   "folder folder 0755 1700000000 stored 0 \"\" end\n"
#define INSIDE   "file folder/inside.txt 0644 1700000000 gzip 7 \"inside\n\" end\n"
#define HARD     "file hard 0600 1700000000 gzip 6 \"hello\n\" end\n"
#define HELLO    "file hello.txt 0600 1700000000 gzip 6 \"hello\n\" end\n"
#define LARGE_IS "file large 0644 1700000000 gzip "
#define LARGE    LARGE_IS "10000 10000 bytes 9d2110812dbfb713 end\n"
#define LINK     "link link 0777 1700000000 stored 0 -> folder/inside.txt \"\" end\n"
#define NOISE    "file noise 0644 1700000000 gzip 300 300 bytes 12b86e6c7ab584da end\n"
#define NOTHING  "file nothing 0644 1700000000 stored 0 \"\" end\n"
#define PIPE     "other pipe 0644 1700000000 stored 0 \"\" end\n"
#define SPARSE   "file sparse 0644 1700000000 sparse 12292 12292 bytes 57d4aaaf9778b000 end\n"

static const char whole[] =
    EMPTY FOLDER INSIDE HARD HELLO LARGE LINK NOISE NOTHING PIPE SPARSE "end\n";

/* The listing of an image, with the name of its method as gzip's. */
static void expect_whole(const char *name, const char *method)
{
    struct image image = load(name);
    struct listing found = sweep_listing(leat_squashfs, image.data, image.len);
    char *text = calloc(1, 2 * sizeof(whole));
    char pattern[16];
    snprintf(pattern, sizeof(pattern), " %s ", method);
    const char *at = found.text;
    for (const char *next; (next = strstr(at, pattern)) != NULL; at = next + strlen(pattern)) {
        strncat(text, at, (size_t)(next - at));
        strcat(text, " gzip ");
    }
    strcat(text, at);
    if (strcmp(text, whole) != 0) {
        fprintf(stderr, "%s: found:\n%s\nnot:\n%s\n", name, text, whole);
        abort();
    }
    free(text);
    listing_fini(&found);
    free(image.data);
}

static void test_programs(void)
{
    static const char *const names[] = { "gzip", "plain", "mixed", "apart" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect_whole(names[i], "gzip");
    for (uint16_t number = 2; number <= 6; number++) {
        const struct sqfs_method *method = leat_sqfs_method(number);
        if (method->decoder != NULL)
            expect_whole(method->name, method->name);
    }
}

/* A listing that goes on from one block of metadata to the next. */
static void test_many(void)
{
    struct image image = load("many");
    struct listing found = sweep_listing(leat_squashfs, image.data, image.len);
    for (int i = 1; i <= 200; i++) {
        char line[200];
        int digits = snprintf(line, sizeof(line), "%d", i);
        snprintf(
            line, sizeof(line),
            "file a name that is long enough for a listing of two blocks %d 0644 1700000000 xz "
            "%d \"%d\" end\n",
            i, digits, i);
        leat_assert(listing_has(&found, line));
    }
    leat_assert(strcmp(found.text + found.len - 5, "\nend\n") == 0);
    listing_fini(&found);
    free(image.data);
}

static void test_no_seek(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct image image = load("plain");
    struct trickle_options trickles = { .data = image.data, .len = image.len };
    struct listing found =
        listing_of(&(struct listing_options){ .c = leat_squashfs(trickle(&ctx, &trickles)) });
    leat_assert(strcmp(found.text, "fault needs a source that seeks\n") == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    free(image.data);
}

/* --- Where things are, in an image whose metadata is stored --- */

enum { HEAD_LEN = 2, RECORD_LEN = 8 };
enum { INODE_TYPE = 0, FOLDER_START = 16, FOLDER_SIZE = 24, FOLDER_OFFSET = 26 };
enum { FILE_START = 16, FILE_FRAGMENT = 20, FILE_OFFSET = 24, FILE_SIZE = 28, FILE_LIST = 32 };
enum { LINK_SIZE = 20 };

static uint8_t *table_of(struct image image, size_t field)
{
    return image.data + leat_load_u64le(image.data + field) + HEAD_LEN;
}

/* A listing's record of that name. */
static uint8_t *record_of(struct image image, const char *name)
{
    size_t len = strlen(name);
    uint8_t *at = table_of(image, SQFS_SUPER_DIRECTORY_TABLE);
    for (; at + RECORD_LEN + len < image.data + image.len; at++) {
        if (leat_load_u16le(at + 6) == len - 1 && memcmp(at + RECORD_LEN, name, len) == 0)
            return at;
    }
    abort();
}

static uint8_t *inode_of(struct image image, const char *name)
{
    return table_of(image, SQFS_SUPER_INODE_TABLE) + leat_load_u16le(record_of(image, name));
}

static uint8_t *root_of(struct image image)
{
    return table_of(image, SQFS_SUPER_INODE_TABLE) + leat_load_u16le(image.data + SQFS_SUPER_ROOT);
}

/* --- One field changed --- */

static void test_super(void)
{
    static const struct {
        size_t at;
        uint64_t value;
        const char *fault;
    } cases[] = {
        { SQFS_SUPER_MAJOR, 3, "fault bad superblock\n" },
        { SQFS_SUPER_BLOCK_LOG, 13, "fault bad superblock\n" },
        { SQFS_SUPER_INODE_TABLE, UINT64_MAX, "fault bad superblock\n" },
        { SQFS_SUPER_DIRECTORY_TABLE, 0, "fault bad superblock\n" },
        { SQFS_SUPER_FRAGMENT_TABLE, UINT64_MAX, "fault bad superblock\n" },
        { SQFS_SUPER_ROOT, UINT64_MAX, "fault bad superblock\n" },
        { SQFS_SUPER_ROOT, 8000, "fault lies outside of its block\n" },
        { SQFS_SUPER_ROOT, UINT64_C(3000) << 16, "fault lies outside of its table\n" },
        { SQFS_SUPER_COMPRESSION, 7, "fault packed by a method that is not known\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct image image = load("gzip");
        if (cases[i].at == SQFS_SUPER_MAJOR || cases[i].at == SQFS_SUPER_BLOCK_LOG ||
            cases[i].at == SQFS_SUPER_COMPRESSION)
            leat_store_u16le(image.data + cases[i].at, (uint16_t)cases[i].value);
        else
            leat_store_u64le(image.data + cases[i].at, cases[i].value);
        expect(image, cases[i].fault);
    }
    struct image image = load("plain");
    leat_store_u16le(root_of(image) + INODE_TYPE, 2);
    expect(image, "fault the root is no folder\n");
}

/* Of a file, each with what comes of it. */
static void test_places(void)
{
    static const struct {
        const char *name;
        size_t field;
        uint32_t value;
        const char *line;
    } cases[] = {
        { "large", FILE_START, 1 << 20,
          "file large 0644 1700000000 gzip 10000 \"\" fault lies "
          "outside of the image\n" },
        { "large", FILE_FRAGMENT, 77,
          LARGE_IS "10000 8192 bytes f697d0108db06fa9 fault no such "
                   "fragment\n" },
        { "large", FILE_OFFSET, 1800, LARGE_IS "10000 8204 bytes" },
        { "large", FILE_OFFSET, UINT32_MAX,
          LARGE_IS "10000 8192 bytes f697d0108db06fa9 fault lies "
                   "outside of its fragment\n" },
        { "large", FILE_LIST, 0, LARGE_IS "10000 10000 bytes" },
        { "large", FILE_LIST, 4097 | 1 << 24, LARGE_IS "10000 \"\" fault bad length of a block\n" },
        { "large", FILE_LIST, 1 << 25, LARGE_IS "10000 \"\" fault bad length of a block\n" },
        { "large", FILE_LIST, 4095 | 1 << 24,
          LARGE_IS "10000 4095 bytes 1564458c3c4e924d fault "
                   "less than a block holds\n" },
        { "noise", FILE_SIZE, 4000, "file noise 0644 1700000000 gzip 4000" },
        { "noise", FILE_FRAGMENT, UINT32_MAX, "file noise 0644 1700000000 gzip 300 \"\" fault " },
        { "noise", INODE_TYPE, 15, "file noise 0000 0 stored 0 \"\" fault bad type of an inode\n" },
        { "link", LINK_SIZE, 1 << 24,
          "file link 0000 0 stored 0 \"\" fault a name longer than the "
          "limit allows\n" },
        { "link", LINK_SIZE, 60000,
          "file link 0000 0 stored 0 \"\" fault lies outside of its "
          "table\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct image image = load("plain");
        uint8_t *field = inode_of(image, cases[i].name) + cases[i].field;
        if (cases[i].field == INODE_TYPE)
            leat_store_u16le(field, (uint16_t)cases[i].value);
        else
            leat_store_u32le(field, cases[i].value);
        expect_lines(image, (const char *const[]){ cases[i].line, HELLO, PIPE, "end\n", NULL });
    }
}

/* A folder within itself, listings that are none, and what lies nowhere: the others go on. */
static void test_folders(void)
{
    static const struct {
        size_t field;
        uint16_t value;
        const char *line;
    } cases[] = {
        { FOLDER_START, 9000,
          "file folder/(damaged) 0000 0 stored 0 \"\" fault lies outside of its table\n" },
        { FOLDER_OFFSET, 8000,
          "file folder/(damaged) 0000 0 stored 0 \"\" fault lies outside of "
          "its block\n" },
        { FOLDER_SIZE, 10, "file folder/(damaged) 0000 0 stored 0 \"\" fault bad directory\n" },
        { FOLDER_SIZE, 30, "file folder/(damaged) 0000 0 stored 0 \"\" fault bad directory\n" },
        { FOLDER_SIZE, 65000, "file folder/(damaged) 0000 0 stored 0 \"\" fault" },
        { FOLDER_SIZE, 0, FOLDER HARD },
        { INODE_TYPE, 0, "file folder 0000 0 stored 0 \"\" fault bad type of an inode\n" },
    };
    static const char large[] = LARGE;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct image image = load("plain");
        leat_store_u16le(inode_of(image, "folder") + cases[i].field, cases[i].value);
        expect_lines(image,
                     (const char *const[]){ EMPTY, cases[i].line, HELLO, large, "end\n", NULL });
    }
    struct image image = load("plain");
    uint8_t *inode = inode_of(image, "folder");
    leat_store_u16le(inode + FOLDER_OFFSET, leat_load_u16le(root_of(image) + FOLDER_OFFSET));
    leat_store_u16le(inode + FOLDER_SIZE, leat_load_u16le(root_of(image) + FOLDER_SIZE));
    expect(image, EMPTY "file folder 0000 0 stored 0 \"\" fault a folder within itself\n" HARD HELLO
                      LARGE LINK NOISE NOTHING PIPE SPARSE "end\n");
}

/* The root's own listing, from its header on. */
static void test_listing(void)
{
    struct image image = load("plain");
    uint8_t *header = record_of(image, "empty") - 12;
    leat_store_u32le(header, 256);
    expect(image, "file (damaged) 0000 0 stored 0 \"\" fault bad directory\nend\n");
    image = load("plain");
    leat_store_u16le(record_of(image, "hello.txt") + 6, 300);
    expect(image, EMPTY FOLDER INSIDE HARD "file (damaged) 0000 0 stored 0 \"\" fault bad "
                                           "directory\nend\n");
    image = load("plain");
    leat_store_u16le(record_of(image, "hello.txt"), 5000);
    expect_lines(image, (const char *const[]){ "file hello.txt 0000 0 stored 0 \"\" fault lies "
                                               "outside of its block\n",
                                               LARGE, "end\n", NULL });
}

static void test_names(void)
{
    static const char *const names[] = { "/arge", "lar/e", "l\0rge", "larg\0" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct image image = load("plain");
        memcpy(record_of(image, "large") + RECORD_LEN, names[i], 5);
        struct listing found = sweep_listing(leat_squashfs, image.data, image.len);
        leat_assert(memmem(found.text, found.len, " fault bad name\n", 16) != NULL);
        leat_assert(memmem(found.text, found.len, LINK, sizeof(LINK) - 1) != NULL);
        listing_fini(&found);
        free(image.data);
    }
    struct image image = load("plain");
    uint8_t *record = record_of(image, "inside.txt");
    leat_store_u16le(record + 6, 1);
    memcpy(record + RECORD_LEN, "..", 2);
    expect_lines(image,
                 (const char *const[]){ "file folder/.. 0000 0 stored 0 \"\" fault bad name\n",
                                        "file folder/(damaged) ", HARD, "end\n", NULL });
}

/* --- Damage --- */

/* The first fault met when the file of that name is read, and how many bytes came before it. */
static struct leat_fault fault_of(struct image image, const char *name, uint64_t *ret_len)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    struct leat_fault fault = { 0 };
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_squashfs(leat_memory(&ctx, image.data, image.len));
    do {
        enum leat_status status = leat_next(c, &entry);
        leat_assert(status == LEAT_OK);
    } while (entry.name.len != strlen(name) || memcmp(entry.name.data, name, entry.name.len) != 0);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    struct leat_span window;
    while (leat_peek(r, 1, &window) == LEAT_OK)
        leat_consume(r, window.len);
    if (leat_reader_fault(r) != NULL)
        fault = *leat_reader_fault(r);
    fault.name = NULL;
    *ret_len = leat_tell(r);
    leat_reader_close(r);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    return fault;
}

/* A damaged block: what is before it comes, and the fault says where it is. */
static void test_block(void)
{
    static const uint8_t zeros[8];
    struct image image = load("mixed");
    const uint8_t *inode = inode_of(image, "large");
    uint64_t second = leat_load_u32le(inode + FILE_START) + leat_load_u32le(inode + FILE_LIST);
    size_t len = leat_load_u32le(inode + FILE_LIST + 4);
    uint64_t came;
    image.data[second + len - 1] ^= 1; /* its checksum */
    struct leat_fault fault = fault_of(image, "large", &came);
    leat_assert(came == 2 * 4096);
    leat_assert(fault.code == LEAT_FAULT_CHECKSUM);
    leat_assert(fault.offset >= second && fault.offset < second + len);
    image.data[second + len - 1] ^= 1;
    image.data[second] = 0; /* zlib's header */
    fault = fault_of(image, "large", &came);
    leat_assert(came == 4096);
    leat_assert(fault.code == LEAT_FAULT_CORRUPT && fault.offset == second);
    memcpy(image.data + second, zeros, sizeof(zeros));
    expect_lines(image, (const char *const[]){ LARGE_IS "10000 4096 bytes", HELLO, SPARSE, NULL });
}

/* What unpacks to more than a block has, or than is left of its file. */
static void test_expands(void)
{
    struct image image = load("mixed");
    uint64_t came;
    uint8_t *inode = inode_of(image, "large");
    leat_store_u32le(inode + FILE_SIZE, 3000);
    leat_store_u32le(inode + FILE_FRAGMENT, UINT32_MAX);
    struct leat_fault fault = fault_of(image, "large", &came);
    leat_assert(came == 3000);
    leat_assert(strcmp(fault.reason, "more than a block holds") == 0);
    leat_assert(fault.offset == leat_load_u32le(inode + FILE_START));
    free(image.data);
}

/* Nothing in an image tells whether it is right: it must only be stood. */
static void test_damage(void)
{
    static const char *const names[] = { "mixed", "gzip", "lz4", "lzma", "xz", "zstd", "many" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct image image = load(names[i]);
        sweep_flips(leat_squashfs, image.data, image.len, 0xff, NULL);
        for (size_t len = 0; len < image.len; len += 37) {
            struct listing found = sweep_listing(leat_squashfs, image.data, len);
            leat_assert(strstr(found.text, "fault") != NULL);
            listing_fini(&found);
        }
        free(image.data);
    }
}

/* --- Readers --- */

static void test_skip(void)
{
    struct image image = load("gzip");
    for (uint64_t n = 0; n <= 12292; n += 439) {
        struct leat_ctx ctx;
        struct leat_entry entry;
        leat_ctx_init(&ctx, NULL);
        struct leat_container *c = leat_squashfs(leat_memory(&ctx, image.data, image.len));
        while (leat_next(c, &entry) == LEAT_OK) {
            struct leat_reader *r = leat_entry_open(c, &entry, NULL);
            uint64_t done;
            struct leat_span rest;
            enum leat_status status = leat_skip(r, n, &done);
            leat_assert(done == (n < entry.size ? n : entry.size));
            leat_assert(status == (n <= entry.size ? LEAT_OK : LEAT_END));
            leat_assert(leat_tell(r) == done);
            while (leat_peek(r, 1, &rest) == LEAT_OK)
                leat_consume(r, rest.len);
            leat_assert(leat_tell(r) == entry.size && leat_reader_fault(r) == NULL);
            leat_reader_close(r);
        }
        leat_container_close(c);
        leat_ctx_fini(&ctx);
    }
    free(image.data);
}

/* All files open at once, each in a ctx of its own, and read by turns. */
static void test_parallel(void)
{
    enum { FILES = 200 };
    static struct leat_ctx ctxs[FILES];
    struct leat_reader *readers[FILES];
    struct leat_slice slices[FILES];
    struct leat_ctx ctx;
    struct leat_entry entry;
    size_t len = 0;
    leat_ctx_init(&ctx, NULL);
    struct image image = load("many");
    struct leat_container *c = leat_squashfs(leat_memory(&ctx, image.data, image.len));
    for (; leat_next(c, &entry) == LEAT_OK; len++) {
        leat_assert(leat_container_is_parallel(c));
        leat_ctx_init(&ctxs[len], NULL);
        readers[len] = leat_entry_open(c, &entry, &ctxs[len]);
    }
    leat_assert(len == FILES);
    for (size_t i = FILES; i-- > 0;) {
        struct leat_span window;
        enum leat_status status = leat_peek(readers[i], 1, &window);
        leat_assert(status == LEAT_OK);
        status = leat_take(readers[i], window.len, &slices[i]);
        leat_assert(status == LEAT_OK);
        leat_assert(leat_peek(readers[i], 1, &window) == LEAT_END);
        leat_reader_close(readers[i]);
        leat_ctx_fini(&ctxs[i]);
    }
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    free(image.data);
    /* A slice stays when all is closed, and files that share a fragment share its memory. */
    for (size_t i = 0; i < FILES; i++) {
        leat_assert(slices[i].len >= 1 && slices[i].len <= 3 && slices[i].data[0] >= '1');
        leat_assert(slices[i].block == slices[0].block);
    }
    for (size_t i = 0; i < FILES; i++)
        leat_slice_release(&slices[i]);
}

static void test_limits(void)
{
    static const struct {
        struct leat_limits limits;
        const char *line;
    } cases[] = {
        { { .bytes_max = 9000 },
          LARGE_IS "10000 9000 bytes 4e63953636e449fb fault more output than the limit" },
        { { .total_max = 9000 },
          LARGE_IS "10000 10000 bytes 9d2110812dbfb713 fault more output in "
                   "all than the limit allows\n" },
        { { .window_max = 4096 }, "fault blocks larger than the limit\n" },
        { { .entries_max = 3 }, "fault more entries than the limit allows\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct leat_ctx ctx;
        struct image image = load("gzip");
        leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = cases[i].limits });
        struct listing found = listing_of(&(struct listing_options){
            .c = leat_squashfs(leat_memory(&ctx, image.data, image.len)) });
        if (!listing_has(&found, cases[i].line)) {
            fprintf(stderr, "found:\n%s\nand not:\n%s\n", found.text, cases[i].line);
            abort();
        }
        listing_fini(&found);
        leat_ctx_fini(&ctx);
        free(image.data);
    }
}

static void test_probe(void)
{
    const struct leat_format *format = &leat_format_squashfs;
    struct image image = load("plain");
    for (size_t len = 0; len < SQFS_PROBE_LEN; len++)
        leat_assert(format->probe(image.data, len) == LEAT_MATCH_MORE);
    leat_assert(format->probe(image.data, SQFS_PROBE_LEN) == LEAT_MATCH_YES);
    static const size_t fields[] = { 0, SQFS_SUPER_BLOCK_SIZE, SQFS_SUPER_BLOCK_LOG,
                                     SQFS_SUPER_MAJOR, SQFS_SUPER_MINOR };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        image.data[fields[i]] ^= 1;
        leat_assert(format->probe(image.data, SQFS_PROBE_LEN) == LEAT_MATCH_NO);
        image.data[fields[i]] ^= 1;
    }
    leat_assert(format->probe((const uint8_t *)"text", 1) == LEAT_MATCH_NO);
    leat_assert(format->probe((const uint8_t *)"hs, he said", 3) == LEAT_MATCH_NO);
    free(image.data);
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    folder = argv[1];
    test_programs();
    if (leat_sqfs_method(4)->decoder != NULL) {
        test_many();
        test_parallel();
    }
    test_no_seek();
    test_super();
    test_places();
    test_folders();
    test_listing();
    test_names();
    test_block();
    test_expands();
    test_damage();
    test_skip();
    test_limits();
    test_probe();
    return 0;
}
