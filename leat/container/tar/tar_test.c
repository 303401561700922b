/* What tar's headers mean, on archives built here block by block, so that each rule of the formats
 * and each way to break one stands alone. */

#include "leat/container/tar/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/tar/build_test.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/trickle.h"
#include "tests/support/sweep.h"

/* What `archive` says, which is forgotten. */
static struct listing listing(void)
{
    struct listing ret = sweep_listing(leat_tar, archive.data, archive.len);
    archive.len = 0;
    return ret;
}

static void expect(const char *text)
{
    struct listing found = listing();
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
}

/* --- Headers --- */

static void test_kinds(void)
{
    put_entry('0', "a", "hello");
    put_entry('\0', "v7", "hi");
    put_entry('\0', "v7/folder/", "");
    put_entry('7', "contiguous", "x");
    put_entry('5', "folder/", "");
    struct tar_header *header = put_header('2', "soft", 0);
    strcpy(header->link, "a");
    seal(header, 0);
    header = put_header('1', "hard", 5); /* POSIX.1-1988: the size says nothing */
    memset(header->link, 'l', sizeof(header->link));
    seal(header, 0);
    put_entry('3', "character", "");
    put_entry('6', "pipe", "");
    put_entry('V', "volume label", "");
    put_entry('M', "rest", "of a file");
    put_entry('%', "unknown is a file", "y");
    put_zeros(2);
    expect("file a 0644 1700000000 stored 5 \"hello\" end\n"
           "file v7 0644 1700000000 stored 2 \"hi\" end\n"
           "folder v7/folder/ 0644 1700000000 stored 0 \"\" end\n"
           "file contiguous 0644 1700000000 stored 1 \"x\" end\n"
           "folder folder/ 0644 1700000000 stored 0 \"\" end\n"
           "link soft 0644 1700000000 stored 0 -> a \"\" end\n"
           "hard-link hard 0644 1700000000 stored 0 -> "
           "lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll"
           "lllllllllllll \"\" end\n"
           "other character 0644 1700000000 stored 0 \"\" end\n"
           "other pipe 0644 1700000000 stored 0 \"\" end\n"
           "other volume label 0644 1700000000 stored 0 \"\" end\n"
           "file rest 0644 1700000000 stored 9 \"of a file\" fault the rest of a file that begins "
           "on another volume\n"
           "file unknown is a file 0644 1700000000 stored 1 \"y\" end\n"
           "end\n");
}

static void test_prefix(void)
{
    struct tar_header *header = put_header('0', "name", 0);
    strcpy(header->prefix, "some/folders");
    seal(header, 0);
    header = put_header('0', "name", 0); /* GNU keeps times there */
    memcpy(header->magic, "ustar ", sizeof(header->magic));
    memcpy(header->version, " ", 2);
    strcpy(header->prefix, "14000000000");
    seal(header, 0);
    expect("file some/folders/name 0644 1700000000 stored 0 \"\" end\n"
           "file name 0644 1700000000 stored 0 \"\" end\n"
           "end\n");
}

/* star's prefix ends before its times, though no NUL may be there. */
static void test_star(void)
{
    struct tar_header *header = put_header('0', "name", 0);
    memset(header->prefix, 'p', 131);
    memcpy(header->prefix + 131, "14524770400 14524770400 ", 24);
    memcpy((char *)header + 508, "tar", 4);
    seal(header, 0);
    struct listing found = listing();
    leat_assert(strncmp(found.text + 5 + 131, "/name 0644 1700000000 ", 22) == 0);
    leat_assert(strspn(found.text + 5, "p") == 131);
    listing_fini(&found);
}

static void test_checksum(void)
{
    struct tar_header *header = put_header('0', "caf\xe9", 0);
    seal(header, -256); /* as a program with signed characters sums it */
    header = put_header('0', "b", 0);
    seal(header, 1);
    expect("file caf\xe9 0644 1700000000 stored 0 \"\" end\n"
           "fault bad header checksum\n");
}

static void test_bad_numbers(void)
{
    struct tar_header *header = put_header('0', "a", 0);
    memcpy(header->mtime, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    memcpy(header->mode, "zzzzzzz", 8);
    seal(header, 0);
    header = put_header('0', "b", 0);
    memcpy(header->size, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    seal(header, 0);
    expect("file a 0000 -1 stored 0 \"\" end\nfault bad size in a header\n");

    header = put_header('0', "b", 0);
    memcpy(header->size, "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12);
    seal(header, 0);
    expect("fault bad size in a header\n");
}

/* --- Extended headers --- */

static void test_gnu_names(void)
{
    char name[301];
    memset(name, 'n', 300);
    name[300] = '\0';
    seal(put_header('L', "././@LongLink", 301), 0);
    put_data(name, 301);
    seal(put_header('K', "././@LongLink", 7), 0);
    put_data("target", 7);
    put_entry('2', "short", "");
    put_entry('0', "after", "1");
    struct listing found = listing();
    leat_assert(strncmp(found.text, "link nnnnnn", 11) == 0);
    leat_assert(strncmp(found.text + 305, " 0644 1700000000 stored 0 -> target ", 36) == 0);
    leat_assert(listing_has(&found, "file after 0644 1700000000 stored 1 \"1\" end\n"));
    listing_fini(&found);
}

/* An extended header with a record for each "key=value", which '|' divides. */
static void put_pax(char type, const char *records)
{
    char text[512] = "";
    size_t len = 0;
    while (*records != '\0') {
        int record = (int)strcspn(records, "|");
        int total = record + 3;
        while (snprintf(NULL, 0, "%d %.*s\n", total, record, records) != total)
            total++;
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "%d %.*s\n", total, record, records);
        records += record + (records[record] == '|');
    }
    put_entry(type, "pax", text);
}

static void test_pax(void)
{
    put_pax('g', "path=all of them|comment=anything|mtime=1600000000.25");
    put_entry('0', "a", "1");
    put_pax('x', "path=b|mtime=-1.5000000");
    put_entry('0', "a", "2");
    put_pax('x', "path=|linkpath=a\nb=c|mtime=");
    put_entry('2', "from header", "");
    put_pax('x', "path=later wins|size=3");
    struct tar_header *header = put_header('0', "a", 4000);
    seal(header, 0);
    put_data("abc", 3);
    put_entry('0', "a", "");
    expect("file all of them 0644 1600000000 stored 1 \"1\" end\n"
           "file b 0644 -2 stored 1 \"2\" end\n"
           "link from header 0644 1700000000 stored 0 -> a\nb=c \"\" end\n"
           "file later wins 0644 1600000000 stored 3 \"abc\" end\n"
           "file all of them 0644 1600000000 stored 0 \"\" end\n"
           "end\n");
}

/* The first entry's time, as its extended header has it. */
static void expect_time(const char *record, int64_t seconds, uint32_t ns)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    put_pax('x', record);
    put_entry('0', "a", "");
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_tar(leat_memory(&ctx, archive.data, archive.len));
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.mtime_s == seconds);
    leat_assert(entry.mtime_ns == ns);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

static void test_pax_times(void)
{
    expect_time("mtime=5", 5, 0);
    expect_time("mtime=5.25", 5, 250000000);
    expect_time("mtime=5.1234567891234", 5, 123456789);
    expect_time("mtime=-5", -5, 0);
    expect_time("mtime=-5.25", -6, 750000000);
    expect_time("mtime=-0.000000001", -1, 999999999);
    expect_time("mtime=soon", 0, 0);
}

static void test_pax_hard_link_with_data(void)
{
    put_pax('x', "size=2");
    struct tar_header *header = put_header('1', "hard", 2);
    strcpy(header->link, "a");
    seal(header, 0);
    put_data("hi", 2);
    put_entry('0', "b", "");
    expect("hard-link hard 0644 1700000000 stored 2 -> a \"hi\" end\n"
           "file b 0644 1700000000 stored 0 \"\" end\n"
           "end\n");
}

static void test_bad_pax(void)
{
    static const char *const bad[] = {
        "path=b\n",    "9999 path=b\n",
        "8 path=b\n",  "11 path=b\n",
        "0 path=b\n",  "5 path=b\n",
        "9 pathxb\n",  " path=b\n",
        "-9 path=b\n", "99999999999999999999999 path=b\n",
        "9 path=b",    "9",
        "2 \n",        "3 \n\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put_entry('x', "pax", bad[i]);
        put_entry('0', "a", "");
        expect("fault bad extended header\n");
    }
    put_pax('x', "size=z");
    put_entry('0', "a", "");
    expect("fault bad size in an extended header\n");
    seal(put_header('x', "pax", 1 << 30), 0);
    expect("fault an extended header larger than allowed\n");
    put_pax('x', "path=b");
    expect("fault unexpected end of input\n");
}

static void test_bounds(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx,
                  &(struct leat_ctx_options){ .limits = { .entries_max = 2, .name_max = 9 } });
    put_entry('0', "a", "");
    put_entry('0', "b", "");
    put_entry('0', "c", "");
    struct leat_reader *src = leat_memory(&ctx, archive.data, archive.len);
    struct listing found = listing_of(&(struct listing_options){ .c = leat_tar(src) });
    leat_assert(listing_has(&found, "file b "));
    leat_assert(listing_has(&found, "fault more entries than the limit allows"));
    listing_fini(&found);
    put_entry('0', "ten bytes!", "");
    src = leat_memory(&ctx, archive.data + 3 * TAR_BLOCK, TAR_BLOCK);
    found = listing_of(&(struct listing_options){ .c = leat_tar(src) });
    leat_assert(strcmp(found.text, "fault a name longer than the limit allows\n") == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* --- Sparse files --- */

static void put_old_sparse(unsigned first_offset)
{
    uint8_t *bytes = (uint8_t *)put_header('S', "holes", 6);
    put_number(bytes + 386, 12, first_offset);
    put_number(bytes + 398, 12, 3);
    put_number(bytes + 410, 12, 10);
    put_number(bytes + 422, 12, 3);
    put_number(bytes + 483, 12, 16);
    seal((struct tar_header *)bytes, 0);
    put_data("abcdef", 6);
}

static void test_old_sparse(void)
{
    put_old_sparse(2);
    put_entry('0', "after", "1");
    struct listing found = listing();
    static const char line[] =
        "file holes 0644 1700000000 sparse 16 \"\0\0abc\0\0\0\0\0def\0\0\0\" "
        "end\n"
        "file after 0644 1700000000 stored 1 \"1\" end\n"
        "end\n";
    leat_assert(found.len == sizeof(line) - 1);
    leat_assert(memcmp(found.text, line, sizeof(line)) == 0);
    listing_fini(&found);
}

/* A map that makes no sense is one entry's fault. */
static void test_bad_sparse(void)
{
    put_old_sparse(8); /* overlaps the second piece */
    put_entry('0', "after", "1");
    expect("file holes 0644 1700000000 sparse 16 \"\" fault bad map of a sparse file\n"
           "file after 0644 1700000000 stored 1 \"1\" end\n"
           "end\n");
    static const char *const bad[] = {
        "GNU.sparse.major=1",
        "GNU.sparse.major=2",
        "GNU.sparse.map=0,1,1,-|GNU.sparse.size=10",
        "GNU.sparse.map=0,9,1,1|GNU.sparse.size=10",
        "GNU.sparse.map=0,2,3|GNU.sparse.size=10",
        "GNU.sparse.map=0,2|GNU.sparse.size=xx",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put_pax('x', bad[i]);
        put_entry('0', "a", "no map here");
        put_entry('0', "after", "1");
        struct listing found = listing();
        leat_assert(strstr(found.text, "\"\" fault bad map of a sparse file\n") != NULL);
        leat_assert(listing_has(&found, "file after 0644 1700000000 stored 1 \"1\" end\n"));
        listing_fini(&found);
    }
}

/* --- Ends --- */

static void test_ends(void)
{
    expect("end\n");
    put_zeros(1);
    expect("end\n");
    put_zeros(7);
    expect("end\n");
    put_entry('0', "a", "1");
    expect("file a 0644 1700000000 stored 1 \"1\" end\n"
           "end\n");
    put_entry('0', "a", "1");
    put_zeros(1);
    expect("file a 0644 1700000000 stored 1 \"1\" end\n"
           "end\n");
    put_entry('0', "a", "1");
    put_zeros(1);
    put_entry('0', "b", "1");
    expect("file a 0644 1700000000 stored 1 \"1\" end\n"
           "fault a lone zero block\n");
    put_zeros(5);
    put_entry('0', "b", "1");
    expect("end\n");
}

/* A source that fails in the padding is heard. */
static void test_fault_in_padding(void)
{
    put_entry('0', "a", "1");
    put_zeros(20);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct trickle_options trickles = { .data = archive.data,
                                        .len = archive.len,
                                        .fails_at = 5000 };
    struct listing found =
        listing_of(&(struct listing_options){ .c = leat_tar(trickle(&ctx, &trickles)) });
    leat_assert(strcmp(found.text, "file a 0644 1700000000 stored 1 \"1\" end\n"
                                   "fault trickle fails\n") == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* Where each thing of `standard` begins. */
enum { A_DATA = 512, B_AT = 1024, B_PAX_DATA = 1536, B_HEADER = 2048, ZEROS_AT = 2560, ALL = 3584 };

static void put_standard(void)
{
    put_entry('0', "a", "hello");
    put_pax('x', "path=bb");
    put_entry('0', "b", "");
    put_zeros(2);
    leat_assert(archive.len == ALL);
}

static void judge_cut(const struct listing *found, size_t at)
{
    bool whole = at == 0 || at == B_AT || at == ZEROS_AT || at == ZEROS_AT + 512;
    const char *end = whole ? "end\n" : "fault unexpected end of input\n";
    leat_assert(found->len >= strlen(end));
    leat_assert(strcmp(found->text + found->len - strlen(end), end) == 0);
    leat_assert(listing_has(found, "file a ") == (at >= A_DATA));
    leat_assert(listing_has(found, "file a 0644 1700000000 stored 5 \"hello\" end\n") ==
                (at >= A_DATA + 5));
    if (at == A_DATA + 2)
        leat_assert(listing_has(found, "file a 0644 1700000000 stored 5 \"he\" fault unexpected"));
    leat_assert(listing_has(found, "file bb 0644 1700000000 stored 0 \"\" end\n") ==
                (at >= ZEROS_AT));
}

static void judge_flip(const struct listing *found, size_t at)
{
    bool in_header =
        at < A_DATA || (at >= B_AT && at < B_PAX_DATA) || (at >= B_HEADER && at < ZEROS_AT);
    /* Only what follows the NUL of the checksum itself does not count. */
    if (in_header && at % TAR_BLOCK != 155)
        leat_assert(listing_has(found, "fault bad header checksum"));
    leat_assert(at < A_DATA || listing_has(found, "file a 0644 1700000000 stored 5 "));
}

static void test_damage(void)
{
    put_standard();
    sweep_cuts(leat_tar, archive.data, archive.len, judge_cut);
    sweep_flips(leat_tar, archive.data, archive.len, 0xff, judge_flip);
    sweep_flips(leat_tar, archive.data, archive.len, 0x01, NULL);
    sweep_cuttings(leat_tar, archive.data, archive.len, false);
    sweep_allocations(leat_tar, archive.data, archive.len);
    archive.len = 0;
}

static void test_holes(void)
{
    static char long_text[3000];
    memset(long_text, 'l', sizeof(long_text) - 1);
    put_entry('0', "first", "hello");
    put_entry('0', "long", long_text);
    put_entry('L', "././@LongLink", "a name that is said before");
    put_entry('0', "a name", "named");
    put_entry('0', "last", "1");
    put_zeros(2);
    sweep_holes(leat_tar, archive.data, archive.len);
    archive.len = 0;
}

/* The archive's first entry is read, and its second header is at fault: where? */
static uint64_t second_fault(void)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_tar(leat_memory(&ctx, archive.data, archive.len));
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.offset == 0 && entry.packed_size == 5 && entry.index == 0);
    leat_assert(leat_next(c, &entry) == LEAT_FAULT);
    struct leat_fault fault = *leat_container_fault(c);
    leat_assert(fault.code == LEAT_FAULT_CORRUPT && strcmp(fault.part, "tar") == 0);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    archive.len = 0;
    return fault.offset;
}

/* The offset of a fault is that of the header. */
static void test_fault_offset(void)
{
    put_standard();
    archive.data[B_AT] ^= 1;
    leat_assert(second_fault() == B_AT);
    put_entry('0', "a", "alpha");
    struct tar_header *header = put_header('0', "b", 0);
    memset(header->size, 'z', sizeof(header->size));
    seal(header, 0);
    leat_assert(second_fault() == 2 * (uint64_t)TAR_BLOCK);
}

/* --- Cost --- */

/* Entries are read where they lie, and a mapped archive is never copied. */
static void test_no_copies(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    put_standard();
    struct leat_container *c = leat_tar(leat_memory(&ctx, archive.data, archive.len));
    struct leat_entry entry;
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    struct leat_span window;
    leat_assert(leat_peek(r, 5, &window) == LEAT_OK);
    leat_assert(window.data == archive.data + A_DATA);
    leat_assert(window.len == 5);
    leat_consume(r, 2);
    leat_reader_close(r);
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(leat_next(c, &entry) == LEAT_END);
    leat_container_close(c);
    leat_assert(leat_counts_copied(&ctx.counts) == 0);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* --- Past 4 GiB --- */

#define HUGE_LEN ((uint64_t)5 << 30)

/* The archive's first header, then HUGE_LEN bytes that count, then the rest of it. */
static void huge_at(void *user, uint64_t offset, uint8_t *to, size_t n)
{
    (void)user;
    for (size_t i = 0; i < n; i++, offset++) {
        if (offset < TAR_BLOCK)
            to[i] = archive.data[offset];
        else if (offset < TAR_BLOCK + HUGE_LEN)
            to[i] = (uint8_t)(offset >> 20);
        else
            to[i] = archive.data[offset - HUGE_LEN];
    }
}

static void test_huge(void)
{
    struct tar_header *header = put_header('0', "huge", 0);
    memcpy(header->size, "\x80\0\0\0\0\0\0\1\x40\0\0\0", 12);
    seal(header, 0);
    put_entry('0', "after", "1");
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct trickle_options trickles = {
        .generate = huge_at, .len = archive.len + HUGE_LEN, .skips = true, .again = true
    };
    struct leat_container *c = leat_tar(trickle(&ctx, &trickles));
    struct leat_entry entry;
    while (leat_next(c, &entry) == LEAT_AGAIN)
        continue;
    leat_assert(entry.size == HUGE_LEN);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    uint64_t done = 0;
    while (leat_skip(r, HUGE_LEN - 1 - leat_tell(r), &done) == LEAT_AGAIN)
        continue;
    struct leat_span window;
    while (leat_peek(r, 1, &window) == LEAT_AGAIN)
        continue;
    leat_assert(window.len == 1);
    leat_assert(window.data[0] == (uint8_t)((TAR_BLOCK + HUGE_LEN - 1) >> 20));
    leat_reader_close(r);
    while (leat_next(c, &entry) == LEAT_AGAIN)
        continue;
    leat_assert(entry.offset == TAR_BLOCK + HUGE_LEN);
    leat_assert(entry.name.len == 5);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* What real programs made reads the same however it comes. */
static void test_corpus(const char *folder)
{
    static const char *const names[] = {
        "bsd",        "git",        "gnu",        "label", "pax", "sparse-0.0",
        "sparse-0.1", "sparse-1.0", "sparse-gnu", "ustar", "v7",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s.tar", folder, names[i]);
        size_t len;
        uint8_t *data = sweep_load(path, &len);
        struct listing found = sweep_listing(leat_tar, data, len);
        leat_assert(strstr(found.text, "fault") == NULL);
        leat_assert(
            listing_has(&found, strncmp(names[i], "sparse", 6) ? "file a.txt " : "file holes "));
        listing_fini(&found);
        sweep_cuttings(leat_tar, data, len, false);
        sweep_allocations(leat_tar, data, len);
        free(data);
    }
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    test_corpus(argv[1]);
    test_kinds();
    test_prefix();
    test_star();
    test_checksum();
    test_bad_numbers();
    test_gnu_names();
    test_pax();
    test_pax_times();
    test_pax_hard_link_with_data();
    test_bad_pax();
    test_bounds();
    test_old_sparse();
    test_bad_sparse();
    test_ends();
    test_fault_in_padding();
    test_damage();
    test_holes();
    test_fault_offset();
    test_no_copies();
    test_huge();
    return 0;
}
