/* What zip's records mean, on archives built here field by field, so that each rule, each way to
 * break one and each trap stands alone. */

#include "leat/container/zip/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/zip/build_test.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/hash/crc32.h"
#include "leat/stage/spool/spool.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

static struct archive archive;

static void put_file(const char *name, const char *text)
{
    build_entry(&archive, &(struct plan){ .name = name, .text = text });
}

static void expect(const char *text)
{
    struct listing found = sweep_listing(leat_zip, archive.data, archive.len);
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
    build_begin(&archive);
}

/* The same, by one who reads on behind damage. */
static void expect_on(const char *text)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct listing found = listing_of(&(struct listing_options){
        .c = leat_zip(leat_memory(&ctx, archive.data, archive.len)),
        .resyncs = true,
    });
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    build_begin(&archive);
}

/* --- Records --- */

static void test_kinds(void)
{
    put_file("a", "hello");
    build_entry(&archive,
                &(struct plan){ .name = "b", .text = "packed", .method = 8, .mode = 0100644 });
    build_entry(&archive, &(struct plan){ .name = "folder/", .text = "", .mode = 0040755 });
    build_entry(&archive, &(struct plan){ .name = "soft", .text = "a", .mode = 0120777 });
    build_entry(&archive, &(struct plan){ .name = "pipe", .text = "", .mode = 0010600 });
    build_entry(&archive, &(struct plan){ .name = "deleted", .text = "gone", .no_record = true });
    build_entry(&archive,
                &(struct plan){
                    .name = "dated", .text = "", .extra = "UT\5\0\1\0\0\0\x80", .extra_len = 9 });
    build_entry(&archive, &(struct plan){ .name = "empty", .text = "", .method = 8 });
    build_end(&archive, "", 0);
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "file b 0644 1700000000 deflate 6 \"packed\" end\n"
           "folder folder/ 0755 1700000000 stored 0 \"\" end\n"
           "link soft 0777 1700000000 stored 1 \"a\" end\n"
           "other pipe 0600 1700000000 stored 0 \"\" end\n"
           "file dated 0000 -2147483648 stored 0 \"\" end\n"
           "file empty 0000 1700000000 deflate 0 \"\" end\n"
           "end\n");
    build_end(&archive, "", 0);
    expect("end\n");
}

static void test_times(void)
{
    /* 2023-11-14 22:13:20.1234567 in steps of 100 ns since 1601, and two that are not the one. */
    uint8_t ntfs[36];
    build_set(ntfs, 4, 0x0020000a);
    build_set(ntfs + 4, 4, 0);
    build_set(ntfs + 8, 4, 0x00180001);
    build_set(ntfs + 12, 8, (UINT64_C(1700000000) + 11644473600 - 77) * 10000000 + 1234567);
    memset(ntfs + 20, 1, 16);
    static const char old_unix[] = "UX\x8\0\1\1\1\1\x64\0\0\0";
    static const char both[] = "UT\5\0\1\xc8\0\0\0UX\x8\0\1\1\1\1\x64\0\0\0";
    struct plan plan = { .name = "a", .text = "", .extra = (const char *)ntfs, .extra_len = 36 };
    build_entry(&archive, &plan);
    plan.extra = old_unix;
    plan.extra_len = 12;
    build_entry(&archive, &plan);
    plan.extra = both;
    plan.extra_len = 21;
    build_entry(&archive, &plan);
    build_end(&archive, "", 0);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_zip(leat_memory(&ctx, archive.data, archive.len));
    static const struct {
        int64_t s;
        uint32_t ns;
    } times[] = { { 1699999923, 123456700 }, { 100, 0 }, { 200, 0 } };
    struct leat_entry entry;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        leat_assert(leat_next(c, &entry) == LEAT_OK);
        leat_assert(entry.mtime_s == times[i].s);
        leat_assert(entry.mtime_ns == times[i].ns);
    }
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    build_begin(&archive);
}

static void test_names(void)
{
    static const char field[] = "up\xa\0\1\x40\x9e\xf3\xb7"
                                "n\xc3\xa9w!"; /* CRC-32 of "ol" */
    uint8_t right[sizeof(field)];
    memcpy(right, field, sizeof(field));
    build_set(right + 5, 4, leat_crc32(0, "old", 3));
    put_file("\x82t\x82", "");
    put_file("\xc3\xa9t\xc3\xa9", "");
    put_file("\xe2\x94", "");
    build_entry(&archive,
                &(struct plan){ .name = "\x82t\x82", .text = "", .flags = ZIP_FLAG_UTF8 });
    build_entry(&archive,
                &(struct plan){ .name = "old", .text = "", .extra = field, .extra_len = 14 });
    build_entry(
        &archive,
        &(struct plan){ .name = "old", .text = "", .extra = (const char *)right, .extra_len = 14 });
    build_end(&archive, "", 0);
    expect("file \xc3\xa9t\xc3\xa9 0000 1700000000 stored 0 \"\" end\n"
           "file \xc3\xa9t\xc3\xa9 0000 1700000000 stored 0 \"\" end\n"
           "file \xce\x93\xc3\xb6 0000 1700000000 stored 0 \"\" end\n"
           "file \x82t\x82 0000 1700000000 stored 0 \"\" end\n"
           "file old 0000 1700000000 stored 0 \"\" end\n"
           "file n\xc3\xa9w! 0000 1700000000 stored 0 \"\" end\n"
           "end\n");
}

/* What is wrong with one entry is its own fault. */
static void test_entry_faults(void)
{
    build_entry(&archive, &(struct plan){ .name = "a", .text = "x", .flags = ZIP_FLAG_ENCRYPTED });
    build_entry(&archive, &(struct plan){ .name = "b", .text = "x", .method = 97 });
    build_entry(&archive, &(struct plan){ .name = "c", .text = "x", .method = 500 });
    build_entry(&archive, &(struct plan){ .name = "d", .text = "hello", .crc = 1 });
    build_entry(&archive, &(struct plan){ .name = "e", .text = "hello", .more = 1 });
    build_entry(&archive, &(struct plan){ .name = "f", .text = "hello", .more = -1 });
    build_entry(&archive, &(struct plan){ .name = "g", .text = "hello", .method = 8, .more = -1 });
    build_entry(&archive, &(struct plan){ .name = "h", .text = "x", .local_method = 1 });
    build_entry(&archive, &(struct plan){ .name = "i", .text = "x", .disk = 1 });
    build_entry(&archive, &(struct plan){ .name = "j", .text = "x", .local_name = "k" });
    build_entry(&archive, &(struct plan){ .name = "k", .text = "x", .method = 8, .behind = 1 });
    put_file("last", "hello");
    build_end(&archive, "", 0);
    expect("file a 0000 1700000000 stored 1 \"\" fault encrypted: needs a password\n"
           "file b 0000 1700000000 wavpack 1 \"\" fault packed by a method that is not known\n"
           "file c 0000 1700000000 unknown 1 \"\" fault packed by a method that is not known\n"
           "file d 0000 1700000000 stored 5 \"hello\" fault wrong checksum\n"
           "file e 0000 1700000000 stored 6 \"hello\" fault fewer bytes than the directory says\n"
           "file f 0000 1700000000 stored 4 \"hello\" fault more bytes than the directory says\n"
           "file g 0000 1700000000 deflate 4 \"hello\" fault more bytes than the directory says\n"
           "file h 0000 1700000000 stored 1 \"x\" fault local header differs from the directory\n"
           "file i 0000 1700000000 stored 1 \"\" fault split archive\n"
           "file j 0000 1700000000 stored 1 \"x\" fault local header differs from the directory\n"
           "file k 0000 1700000000 deflate 1 \"x\" fault bytes behind the packed data\n"
           "file last 0000 1700000000 stored 5 \"hello\" end\n"
           "end\n");
}

/* Nothing but a comment's end is missing, and that is told behind all entries. */
static void test_cut_comment(void)
{
    put_file("a", "hello");
    build_end(&archive, "a comment", 9);
    archive.len -= 3;
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "fault the archive's comment is cut\n");
}

static void test_bad_places(void)
{
    put_file("a", "hello");
    put_file("b", "hello");
    put_file("c", "hello");
    put_file("d", "");
    build_set(archive.records + ZIP_RECORD_OFFSET, 4, 3);
    build_set(archive.records + 47 + ZIP_RECORD_OFFSET, 4, 100000);
    build_set(archive.records + 94 + ZIP_RECORD_PACKED, 4, 1000);
    build_end(&archive, "", 0);
    expect("file a 0000 1700000000 stored 5 \"\" fault no local header where it should be\n"
           "file b 0000 1700000000 stored 5 \"\" fault lies outside of the archive\n"
           "file c 0000 1700000000 stored 5 \"\" fault lies outside of the archive\n"
           "file d 0000 1700000000 stored 0 \"\" end\n"
           "end\n");
}

/* Fifield's bomb: many records for the same bytes. */
static void test_overlap(void)
{
    struct plan plan = { .name = "a", .text = "the same bytes, many times over" };
    build_entry(&archive, &plan);
    for (int i = 0; i < 3; i++)
        build_record(&archive, &plan, 0, strlen(plan.text),
                     leat_crc32(0, plan.text, strlen(plan.text)));
    build_end(&archive, "", 0);
    expect("file a 0000 1700000000 stored 31 \"the same bytes, many times over\" end\n"
           "file a 0000 1700000000 stored 31 \"\" fault entries overlap\n"
           "file a 0000 1700000000 stored 31 \"\" fault entries overlap\n"
           "file a 0000 1700000000 stored 31 \"\" fault entries overlap\n"
           "end\n");
}

/* --- The end --- */

static void test_false_ends(void)
{
    uint8_t comment[100];
    memset(comment, 0, sizeof(comment));
    static const uint8_t end_magic[4] = { 'P', 'K', 5, 6 };
    memcpy(comment + 10, end_magic, sizeof(end_magic));
    memcpy(comment + 60, end_magic, sizeof(end_magic));
    build_set(comment + 60 + ZIP_END_ENTRIES, 2, 1);
    build_set(comment + 60 + ZIP_END_DIRECTORY_LEN, 4, 46);
    build_set(comment + 60 + ZIP_END_COMMENT_LEN, 2, sizeof(comment) - 60 - ZIP_END_LEN);
    put_file("a", "hello");
    build_end(&archive, (const char *)comment, sizeof(comment));
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "end\n");

    /* A whole archive within, stored as the last entry. */
    put_file("inner", "hello");
    build_end(&archive, "", 0);
    char text[200];
    size_t len = archive.len;
    memcpy(text, archive.data, len);
    build_begin(&archive);
    uint8_t local[ZIP_LOCAL_LEN] = { 0 };
    build_set(local, 4, ZIP_LOCAL);
    build_bytes(&archive, local, sizeof(local));
    build_bytes(&archive, text, len);
    struct plan plan = { .name = "inner.zip", .text = "", .more = (int)len };
    build_record(&archive, &plan, 0, len, leat_crc32(0, text, len));
    build_end(&archive, "", 0);
    struct listing found = sweep_listing(leat_zip, archive.data, archive.len);
    leat_assert(listing_has(&found, "file inner.zip "));
    leat_assert(!listing_has(&found, "file inner "));
    listing_fini(&found);
    build_begin(&archive);
}

static void test_before_and_behind(void)
{
    put_file("a", "hello");
    build_end(&archive, "", 0);
    memmove(archive.data + 1000, archive.data, archive.len);
    memset(archive.data, 'p', 1000);
    archive.len += 1000;
    build_bytes(&archive, "appended", 8);
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "end\n");

    /* Something between the directory and its end. */
    put_file("a", "hello");
    build_end(&archive, "", 0);
    memmove(archive.data + archive.end_at + 30, archive.data + archive.end_at, ZIP_END_LEN);
    archive.len += 30;
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "end\n");
}

static void test_bad_directory(void)
{
    expect("fault no central directory: --recover reads without it\n");
    put_file("a", "hello");
    expect("fault no central directory: --recover reads without it\n");
    put_file("a", "hello");
    put_file("b", "hello");
    archive.records[47] = 'X';
    build_end(&archive, "", 0);
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "fault bad directory entry\n");
    put_file("a", "hello");
    put_file("b", "hello");
    build_set(archive.records + 47 + ZIP_RECORD_COMMENT_LEN, 2, 1);
    build_end(&archive, "", 0);
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "fault bad directory entry\n");
    put_file("a", "hello");
    archive.entries++;
    build_end(&archive, "", 0);
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "fault another number of entries than promised\n");
    put_file("a", "hello");
    build_end(&archive, "", 0);
    build_set(archive.data + archive.end_at + ZIP_END_DISK, 2, 1);
    expect("fault split archive\n");
}

/* What follows a damaged record is found; the test of places has one whose lengths are wrong. */
static void test_resync(void)
{
    for (int n = 0; n < 3; n++) {
        put_file("a", "hello");
        put_file("b", "hello");
        put_file("c", "hello");
        archive.records[47 * n] = 'X';
        build_end(&archive, "", 0);
        if (n == 0) {
            expect("fault no central directory: --recover reads without it\n");
            continue;
        }
        expect_on(n == 1 ? "file a 0000 1700000000 stored 5 \"hello\" end\n"
                           "on\n"
                           "file c 0000 1700000000 stored 5 \"hello\" end\n"
                           "end\n"
                         : "file a 0000 1700000000 stored 5 \"hello\" end\n"
                           "file b 0000 1700000000 stored 5 \"hello\" end\n"
                           "fault bad directory entry\n");
    }
    /* The record's own lengths are what is wrong, so that it covers the next one. */
    put_file("a", "hello");
    put_file("b", "hello");
    put_file("c", "hello");
    build_set(archive.records + 47 + ZIP_RECORD_COMMENT_LEN, 2, 40);
    build_end(&archive, "", 0);
    expect_on("file a 0000 1700000000 stored 5 \"hello\" end\n"
              "file b 0000 1700000000 stored 5 \"hello\" end\n"
              "on\n"
              "file c 0000 1700000000 stored 5 \"hello\" end\n"
              "end\n");
}

static void test_zip64(void)
{
    build_entry(&archive, &(struct plan){ .name = "a", .text = "hello", .wide = true });
    build_end64(&archive, archive.len);
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "end\n");
    build_entry(&archive, &(struct plan){ .name = "a", .text = "hello", .wide = true });
    build_set(archive.records + ZIP_RECORD_EXTRA_LEN, 2, 27);
    archive.records_len--;
    build_end64(&archive, archive.len);
    expect("file a 0000 1700000000 stored 4294967295 \"\" fault bad directory entry\nend\n");
}

/* --- Sources --- */

static void test_no_seek(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    put_file("a", "hello");
    build_end(&archive, "", 0);
    struct trickle_options trickles = { .data = archive.data, .len = archive.len };
    struct listing found =
        listing_of(&(struct listing_options){ .c = leat_zip(trickle(&ctx, &trickles)) });
    leat_assert(strcmp(found.text, "fault needs a source that seeks\n") == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    build_begin(&archive);
}

static struct leat_container *zip_of_stream(struct leat_reader *src)
{
    return leat_zip(leat_spool(src, 0));
}

/* Spooled, a stream will do. */
static void test_stream(void)
{
    put_file("a", "hello");
    build_entry(&archive, &(struct plan){ .name = "b", .text = "packed", .method = 8 });
    build_end(&archive, "", 0);
    sweep_cuttings(zip_of_stream, archive.data, archive.len, false);
    sweep_allocations(zip_of_stream, archive.data, archive.len);
    expect("file a 0000 1700000000 stored 5 \"hello\" end\n"
           "file b 0000 1700000000 deflate 6 \"packed\" end\n"
           "end\n");
}

static void read_whole(struct leat_reader *r, const char *text)
{
    struct leat_span window;
    size_t len = strlen(text);
    leat_assert(leat_peek(r, len + 1, &window) == LEAT_END);
    leat_assert(window.len == len);
    leat_assert(memcmp(window.data, text, len) == 0);
    leat_reader_close(r);
}

/* Entries are open at once, each in a ctx of its own, while the next ones are looked up. */
static void test_parallel(void)
{
    struct leat_ctx ctx, other;
    leat_ctx_init(&ctx, NULL);
    leat_ctx_init(&other, NULL);
    put_file("a", "first");
    build_entry(&archive, &(struct plan){ .name = "b", .text = "second", .method = 8 });
    put_file("c", "third");
    build_end(&archive, "", 0);
    struct leat_container *c = leat_zip(leat_memory(&ctx, archive.data, archive.len));
    struct leat_entry entry;
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(leat_container_is_parallel(c));
    struct leat_reader *first = leat_entry_open(c, &entry, &other);
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    struct leat_reader *second = leat_entry_open(c, &entry, NULL);
    struct leat_span window;
    leat_assert(leat_peek(second, 1, &window) == LEAT_OK);
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    read_whole(leat_entry_open(c, &entry, NULL), "third");
    read_whole(first, "first");
    leat_assert(leat_next(c, &entry) == LEAT_END);
    read_whole(second, "second");
    leat_container_close(c);
    leat_ctx_fini(&other);
    leat_ctx_fini(&ctx);
    build_begin(&archive);
}

/* A stored entry is read where it lies. */
static void test_no_copies(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    put_file("a", "hello");
    build_end(&archive, "", 0);
    struct leat_container *c = leat_zip(leat_memory(&ctx, archive.data, archive.len));
    struct leat_entry entry;
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    struct leat_span window;
    leat_assert(leat_peek(r, 5, &window) == LEAT_OK);
    leat_assert(window.data == archive.data + 38);
    leat_consume(r, 3);
    read_whole(r, "lo");
    leat_container_close(c);
    leat_assert(leat_counts_copied(&ctx.counts) == 0);
    leat_ctx_fini(&ctx);
    build_begin(&archive);
}

/* --- Damage --- */

static void judge_cut(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(strncmp(found->text, "fault ", 6) == 0);
}

/* Whatever is flipped, what comes out whole is what went in. */
static void judge_flip(const struct listing *found, size_t at)
{
    (void)at;
    const char *from = found->text;
    const char *end;
    while ((end = memmem(from, found->len - (size_t)(from - found->text), "\" end\n", 6)) != NULL) {
        leat_assert(memcmp(end - 6, "\"hello", 6) == 0 || memcmp(end - 7, "\"packed", 7) == 0);
        from = end + 1;
    }
}

static void test_damage(void)
{
    put_file("a", "hello");
    build_entry(&archive, &(struct plan){ .name = "b", .text = "packed", .method = 8 });
    build_entry(&archive, &(struct plan){ .name = "c", .text = "hello", .wide = true });
    build_end64(&archive, archive.len);
    sweep_cuts(leat_zip, archive.data, archive.len, judge_cut);
    sweep_flips(leat_zip, archive.data, archive.len, 0xff, judge_flip);
    sweep_flips(leat_zip, archive.data, archive.len, 0x01, judge_flip);
    sweep_flips(leat_zip, archive.data, archive.len, 0x08, judge_flip);
    sweep_cuttings(leat_zip, archive.data, archive.len, true);
    sweep_allocations(leat_zip, archive.data, archive.len);
    build_begin(&archive);
}

/* --- Past 4 GiB --- */

#define HOLE ((uint64_t)5 << 30)

/* HOLE bytes that are no archive's, between the first entry and the rest. */
static size_t hole_at;

static void huge_at(void *user, uint64_t offset, uint8_t *to, size_t n)
{
    (void)user;
    for (size_t i = 0; i < n; i++, offset++) {
        bool hole = offset >= hole_at && offset < hole_at + HOLE;
        to[i] = hole ? 0 : archive.data[offset < hole_at ? offset : offset - HOLE];
    }
}

static void test_huge(void)
{
    build_entry(&archive, &(struct plan){ .name = "a", .text = "hello", .wide = true });
    hole_at = archive.len;
    build_entry(&archive,
                &(struct plan){ .name = "b", .text = "packed", .method = 8, .wide = true });
    build_set(archive.records + archive.records_len - 8, 8, HOLE + hole_at);
    build_end64(&archive, HOLE + archive.len);
    for (int forks = 0; forks < 2; forks++) {
        struct leat_ctx ctx;
        leat_ctx_init(&ctx, NULL);
        struct trickle_options trickles = {
            .generate = huge_at,
            .len = archive.len + HOLE,
            .seeks = true,
            .forks = forks,
            .again = true,
        };
        struct listing found =
            listing_of(&(struct listing_options){ .c = leat_zip(trickle(&ctx, &trickles)) });
        leat_assert(strcmp(found.text, "file a 0000 1700000000 stored 5 \"hello\" end\n"
                                       "file b 0000 1700000000 deflate 6 \"packed\" "
                                       "end\nend\n") == 0);
        listing_fini(&found);
        leat_ctx_fini(&ctx);
    }
    build_begin(&archive);
}

/* --- The rest --- */

static void test_probe(void)
{
    static const char yes[] = "PK\7\10PK\3\4";
    static const char no[] = "PK00 is text";
    for (size_t len = 0; len < 8; len++) {
        leat_assert(leat_format_zip.probe((const uint8_t *)yes, len) == LEAT_MATCH_MORE);
        leat_assert((leat_format_zip.probe((const uint8_t *)no, len) == LEAT_MATCH_MORE) ==
                    (len <= 4));
    }
    leat_assert(leat_format_zip.probe((const uint8_t *)yes, 8) == LEAT_MATCH_YES);
    leat_assert(leat_format_zip.probe((const uint8_t *)yes + 4, 4) == LEAT_MATCH_YES);
    leat_assert(leat_format_zip.probe((const uint8_t *)no, 8) == LEAT_MATCH_NO);
}

int main(void)
{
    test_kinds();
    test_times();
    test_names();
    test_entry_faults();
    test_cut_comment();
    test_bad_places();
    test_overlap();
    test_false_ends();
    test_before_and_behind();
    test_bad_directory();
    test_resync();
    test_zip64();
    test_no_seek();
    test_stream();
    test_parallel();
    test_no_copies();
    test_damage();
    test_huge();
    test_probe();
    return 0;
}
