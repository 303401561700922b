/* What cpio's headers mean, on archives built here entry by entry and on those that real programs
 * made, so that each rule of the forms and each way to break one stands alone. */

#include "leat/container/cpio/cpio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

struct archive {
    char data[8192];
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

static void put_padding(size_t header_at)
{
    while ((archive.len - header_at) % 4 != 0)
        put("", 1);
}

struct put {
    const char *magic; /* NULL: newc */
    const char *name;
    unsigned mode; /* 0: a file's */
    unsigned links;
    unsigned sum;
    const char *text;
};

static void put_entry(const struct put *what)
{
    char header[112];
    size_t at = archive.len;
    const char *text = what->text != NULL ? what->text : "";
    snprintf(header, sizeof(header), "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
             what->magic != NULL ? what->magic : "070701", 1, what->mode ? what->mode : 0100644, 0,
             0, what->links ? what->links : 1, 1700000000, (unsigned)strlen(text), 0, 0, 0, 0,
             (unsigned)strlen(what->name) + 1, what->sum);
    put(header, 110);
    put(what->name, strlen(what->name) + 1);
    put_padding(at);
    put(text, strlen(text));
    put_padding(at);
}

static void put_file(const char *name, const char *text)
{
    put_entry(&(struct put){ .name = name, .text = text });
}

static void put_trailer(void)
{
    put_file("TRAILER!!!", "");
}

/* What `archive` says, which is forgotten. */
static void expect(const char *text)
{
    struct listing found = sweep_listing(leat_cpio, archive.data, archive.len);
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
    archive.len = 0;
}

/* --- Entries --- */

static void test_kinds(void)
{
    put_file("a", "hello");
    put_entry(&(struct put){ .name = "d", .mode = 0040755 });
    put_entry(&(struct put){ .name = "soft", .mode = 0120777, .text = "a" });
    put_entry(&(struct put){ .name = "first", .links = 2 });
    put_entry(&(struct put){ .name = "last", .links = 2, .text = "both" });
    put_entry(&(struct put){ .name = "pipe", .mode = 0010600 });
    put_entry(&(struct put){ .name = "disk", .mode = 0060600, .text = "skipped" });
    put_file("../out", "");
    put_trailer();
    expect("file a 0644 1700000000 stored 5 \"hello\" end\n"
           "folder d 0755 1700000000 stored 0 \"\" end\n"
           "link soft 0777 1700000000 stored 1 \"a\" end\n"
           "hard-link first 0644 1700000000 stored 0 \"\" end\n"
           "file last 0644 1700000000 stored 4 \"both\" end\n"
           "other pipe 0600 1700000000 stored 0 \"\" end\n"
           "other disk 0600 1700000000 stored 0 \"\" end\n"
           "file ../out 0644 1700000000 stored 0 \"\" end\n"
           "end\n");
}

/* The sum of "hello" is 532; a wrong one is that entry's fault, behind its bytes. */
static void test_sums(void)
{
    put_entry(&(struct put){ .magic = "070702", .name = "good", .sum = 532, .text = "hello" });
    put_entry(&(struct put){ .magic = "070702", .name = "bad", .sum = 533, .text = "hello" });
    put_entry(&(struct put){ .magic = "070702", .name = "soft", .mode = 0120777, .text = "x" });
    put_entry(&(struct put){ .magic = "070702", .name = "empty", .sum = 0 });
    put_trailer();
    expect("file good 0644 1700000000 stored 5 \"hello\" end\n"
           "file bad 0644 1700000000 stored 5 \"hello\" fault wrong checksum\n"
           "link soft 0777 1700000000 stored 1 \"x\" end\n"
           "file empty 0644 1700000000 stored 0 \"\" end\n"
           "end\n");
}

/* --- After the trailer --- */

static void test_joined(void)
{
    put_file("a", "1");
    put_trailer();
    put("\0\0\0\0\0", 5);
    put_file("b", "2");
    put_trailer();
    put("\0", 1);
    expect("file a 0644 1700000000 stored 1 \"1\" end\n"
           "file b 0644 1700000000 stored 1 \"2\" end\n"
           "end\n");
}

static void test_rest(void)
{
    put_file("a", "1");
    put_trailer();
    put("\0\0\0something else", 17);
    expect("file a 0644 1700000000 stored 1 \"1\" end\n"
           "file after the trailer 0000 0 stored ? \"something else\" end\n"
           "end\n");
    put_trailer();
    put("070701", 6); /* a header that was cut */
    expect("fault unexpected end of input\n");
}

/* --- Damage --- */

static void test_bad_headers(void)
{
    put_file("a", "1");
    put("nothing like it", 15);
    expect("file a 0644 1700000000 stored 1 \"1\" end\n"
           "fault bad header\n");
    put_file("a", "1");
    put("070701", 6);
    expect("file a 0644 1700000000 stored 1 \"1\" end\n"
           "fault unexpected end of input\n");
    put_file("a", "1");
    expect("file a 0644 1700000000 stored 1 \"1\" end\n"
           "fault unexpected end of input\n");
    put_file("a", "123456789");
    archive.len -= 8;
    expect("file a 0644 1700000000 stored 9 \"1234\" fault unexpected end of input\n"
           "fault unexpected end of input\n");
}

/* The offset of a fault is that of the header. */
static void test_fault_offset(void)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    put_file("a", "1");
    size_t at = archive.len;
    put_file("b", "2");
    archive.data[at + 30] = 'z';
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_cpio(leat_memory(&ctx, archive.data, archive.len));
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.offset == 0 && entry.packed_size == 1);
    leat_assert(leat_next(c, &entry) == LEAT_FAULT);
    leat_assert(leat_container_fault(c)->offset == at);
    leat_assert(leat_container_fault(c)->code == LEAT_FAULT_CORRUPT);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

static void test_bounds(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.name_max = 9 });
    put_file("nine byte", "");
    put_file("ten bytes!", "");
    struct leat_reader *src = leat_memory(&ctx, archive.data, archive.len);
    struct listing found = listing_of(&(struct listing_options){ .c = leat_cpio(src) });
    leat_assert(strcmp(found.text, "file nine byte 0644 1700000000 stored 0 \"\" end\n"
                                   "fault a name longer than the limit allows\n") == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

static void judge_cut(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(strstr(found->text, "fault unexpected end of input\n") != NULL);
}

static void test_damage(void)
{
    put_file("a", "hello");
    put_entry(&(struct put){ .magic = "070702", .name = "b", .sum = 532, .text = "hello" });
    put_file("c", "");
    size_t len = archive.len;
    put_trailer();
    sweep_cuts(leat_cpio, archive.data, len, judge_cut);
    sweep_flips(leat_cpio, archive.data, archive.len, 0xff, NULL);
    sweep_flips(leat_cpio, archive.data, archive.len, 0x01, NULL);
    sweep_holes(leat_cpio, archive.data, archive.len);
    archive.len = 0;
}

/* --- Cost --- */

static void test_no_copies(void)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    struct leat_span window;
    put_file("a", "hello");
    put_trailer();
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_cpio(leat_memory(&ctx, archive.data, archive.len));
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    leat_assert(leat_peek(r, 5, &window) == LEAT_OK);
    leat_assert(window.data == (const uint8_t *)archive.data + 112);
    leat_reader_close(r);
    leat_assert(leat_next(c, &entry) == LEAT_END);
    leat_container_close(c);
    leat_assert(leat_counts_copied(&ctx.counts) == 0);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* What real programs made reads the same however it comes. */
static void test_corpus(const char *folder)
{
    static const char *const names[] = {
        "newc", "crc", "odc", "bin", "bin-big", "bsd-newc", "bsd-odc", "joined", "initramfs",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s.cpio", folder, names[i]);
        size_t len;
        uint8_t *data = sweep_load(path, &len);
        struct listing found = sweep_listing(leat_cpio, data, len);
        leat_assert(strstr(found.text, "fault") == NULL);
        bool packed = strcmp(names[i], "initramfs") == 0;
        leat_assert(listing_has(&found, packed ? "file after the trailer " : "file d/odd "));
        leat_assert(packed || listing_has(&found, "link soft 0777 1700000000 stored 5 \"a.txt\""));
        leat_assert(packed || strstr(found.text, "\"the mill\n\" end\n") != NULL);
        listing_fini(&found);
        sweep_cuttings(leat_cpio, data, len, false);
        sweep_marks(leat_cpio, data, len);
        sweep_allocations(leat_cpio, data, len);
        free(data);
    }
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    test_corpus(argv[1]);
    test_kinds();
    test_sums();
    test_joined();
    test_rest();
    test_bad_headers();
    test_fault_offset();
    test_bounds();
    test_damage();
    test_no_copies();
    return 0;
}
