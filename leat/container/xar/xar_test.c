/* Archives that real programs wrote read as they have it, however they come; and archives built
 * here, wrong in one thing each, show what every rule is for. */

#include "leat/container/xar/xar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/xar/build_test.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

/* --- How entries are packed --- */

static const struct packing {
    const char *style;
    const char *method;
    const char *format; /* whose encoder it is */
} packings[] = {
    { "application/x-gzip", "zlib", "zlib" },    { "application/zlib", "zlib", "zlib" },
    { "application/x-bzip2", "bzip2", "bzip2" }, { "application/x-lzma", "lzma", "lzma" },
    { "application/x-lzma", "lzma", "xz" },      { "application/x-xz", "xz", "xz" },
};

enum { PACKINGS_LEN = sizeof(packings) / sizeof(packings[0]) };

/* NULL: this build lacks the format. */
static const struct leat_stage *encoder_of(const char *format)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        if (strcmp(leat_formats[i]->name, format) == 0)
            return leat_formats[i]->encoder;
    }
    return NULL;
}

static const char text_packed[] = "packed, packed, packed and packed again\n";

/* A file of that text, with the digests of `sums`, which may be NULL, in the place of its own. */
static struct archive packed_archive(const struct packing *packing, const char *sum,
                                     const char *packed_sum, size_t size)
{
    char table[2000];
    size_t len;
    uint8_t *data =
        build_packed(encoder_of(packing->format), text_packed, strlen(text_packed), &len);
    struct build_digits own = build_digits("sha1", data, len);
    struct build_digits all = build_digits("sha1", text_packed, strlen(text_packed));
    snprintf(table, sizeof(table),
             BEGIN SUM "<file id=\"1\">" NAMED(
                 "a") "<type>file</type><data><encoding style=\"%s\"/>"
                      "<length>%zu</length><offset>20</offset><size>%zu</size>"
                      "<archived-checksum style=\"SHA1\">%s</archived-checksum>"
                      "<extracted-checksum style=\"sha1\">%s</extracted-checksum>" FILE_ENDS END,
             packing->style, len, size, packed_sum != NULL ? packed_sum : own.text,
             sum != NULL ? sum : all.text);
    struct build plan = { .table = table, .heap = data, .heap_len = len, .sum = 1 };
    struct archive archive = build(&plan);
    free(data);
    return archive;
}

static void test_packings(void)
{
    char text[300];
    size_t size = strlen(text_packed);
    for (size_t i = 0; i < PACKINGS_LEN; i++) {
        const char *method = packings[i].method;
        if (encoder_of(packings[i].format) == NULL)
            continue;
        check_says("packing", i);
        snprintf(text, sizeof(text), "file a 0644 1700000000 %s %zu \"%s\" end\nend\n", method,
                 size, text_packed);
        expect_archive(packed_archive(&packings[i], NULL, NULL, size), text);
        snprintf(text, sizeof(text),
                 "file a 0644 1700000000 %s %zu \"%s\" fault fewer bytes than "
                 "the table says\nend\n",
                 method, size + 1, text_packed);
        expect_archive(packed_archive(&packings[i], NULL, NULL, size + 1), text);
        snprintf(text, sizeof(text),
                 "file a 0644 1700000000 %s %d \"%s\" fault more bytes than "
                 "the table says\nend\n",
                 method, 3, text_packed);
        expect_archive(packed_archive(&packings[i], NULL, NULL, 3), text);
        if (!build_has_sums())
            continue;
        snprintf(text, sizeof(text),
                 "file a 0644 1700000000 %s %zu \"%s\" fault wrong checksum\n"
                 "end\n",
                 method, size, text_packed);
        expect_archive(packed_archive(&packings[i], SHA1_HELLO, NULL, size), text);
        snprintf(text, sizeof(text),
                 "file a 0644 1700000000 %s %zu \"%s\" fault wrong checksum of "
                 "the packed bytes\nend\n",
                 method, size, text_packed);
        expect_archive(packed_archive(&packings[i], NULL, SHA1_HELLO, size), text);
    }
}

static void test_not_packed(void)
{
    expect_table(
        BEGIN SUM FILE_BEGINS("a") "<encoding style=\"application/x-new\"/>" FILE_ENDS PLAIN("b")
            END,
        "file a 0644 1700000000 unknown 5 \"\" fault packed by a method that is not known\n" HELLO(
            "b") "end\nend\n");
    /* Damage is the entry's. */
    expect_table(BEGIN SUM FILE_BEGINS(
                     "a") "<encoding style=\"application/x-gzip\"/>" FILE_ENDS PLAIN("b") END,
                 "file a 0644 1700000000 zlib 5 \"\" fault no zlib data\n" HELLO("b") "end\nend\n");
}

/* --- Checksums --- */

static void test_sums(void)
{
    static const struct {
        const char *sum;
        const char *says;
    } cases[] = {
        { "<extracted-checksum style=\"sha1\">" SHA1_HELLO "</extracted-checksum>", "end\n" },
        { "<unarchived-checksum style=\"MD5\">5d41402abc4b2a76b9719d911017c592"
          "</unarchived-checksum>",
          "end\n" },
        { "<extracted-checksum style=\"sha256\">2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E"
          "73043362938B9824</extracted-checksum>",
          "end\n" },
        { "<extracted-checksum style=\"sha1\">" SHA1_HELLO "00</extracted-checksum>",
          "fault wrong checksum\n" },
        { "<extracted-checksum style=\"md5\">5d41402abc4b2a76b9719d911017c593"
          "</extracted-checksum>",
          "fault wrong checksum\n" },
        { "<archived-checksum style=\"sha1\">" SHA1_HELLO "</archived-checksum>"
          "<extracted-checksum style=\"sha1\"></extracted-checksum>",
          "fault wrong checksum\n" },
        { "<archived-checksum style=\"sha1\">x</archived-checksum>",
          "fault wrong checksum of the packed bytes\n" },
        { "<extracted-checksum style=\"none\"/><archived-checksum style=\"crc0\">1"
          "</archived-checksum>",
          "end\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && build_has_sums(); i++) {
        char table[1000], text[300];
        check_says("sum", i);
        snprintf(table, sizeof(table), BEGIN SUM FILE_BEGINS("a") "%s" FILE_ENDS END, cases[i].sum);
        snprintf(text, sizeof(text), HELLO("a") "%send\n", cases[i].says);
        expect_table(table, text);
    }
}

/* --- Where they lie --- */

static void test_places(void)
{
#define AT(length, offset, size)                                                                   \
    "<file>" NAMED("a") "<type>file</type><data><length>" length "</length><offset>" offset        \
                        "</offset><size>" size "</size>" FILE_ENDS
    expect_table(BEGIN SUM AT("5", "21", "5") PLAIN("b") END,
                 "file a 0644 1700000000 stored 5 \"ello\" fault unexpected end of input\n" HELLO(
                     "b") "end\nend\n");
    expect_table(BEGIN SUM AT("5", "25", "5") AT("0", "25", "0") END,
                 "file a 0644 1700000000 stored 5 \"\" fault lies outside of the archive\n"
                 "file a 0644 1700000000 stored 0 \"\" end\nend\n");
    expect_table(
        BEGIN SUM AT("5", "18446744073709551615", "5") AT("5", "-1", "5") END,
        "file a 0644 1700000000 stored 5 \"\" fault lies outside of the archive\n"
        "file a 0644 1700000000 stored 5 \"\" fault bad number in the table of contents\nend\n");
    expect_table(
        BEGIN SUM AT("4", "20", "5") END,
        "file a 0644 1700000000 stored 5 \"hell\" fault fewer bytes than the table says\nend\n");
    expect_table(BEGIN SUM AT("18446744073709551615", "20", "5") PLAIN("b") END,
                 "file a 0644 1700000000 stored 5 \"hello\" fault unexpected end of input\n" HELLO(
                     "b") "end\nend\n");
}

/* Many files of the same bytes make much of little; not without a bound. */
static void test_overlap(void)
{
    struct leat_ctx ctx;
    char *files = build_repeated(BEGIN SUM, PLAIN("a"), 500, END);
    struct build plan = { .table = files, .heap = "hello", .heap_len = 5, .sum = 1 };
    struct archive archive = build(&plan);
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = { .ratio_max = 2 } });
    struct leat_container *c = leat_xar(leat_memory(&ctx, archive.data, archive.len));
    struct listing found = listing_of(&(struct listing_options){ .c = c });
    leat_assert(listing_has(&found, HELLO("a") "end\n"));
    leat_assert(strstr(found.text, "5 \"\" fault entries overlap\n") != NULL);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    free(archive.data);
    free(files);
}

/* --- What programs wrote --- */

/* By bsdtar: a file, a pipe, links of both kinds, a folder, packed in each way that it knows. */
static void test_programs(const char *folder)
{
    static const struct {
        const char *name;
        const char *method;
    } cases[] = { { "gzip", "zlib" }, { "bzip2", "bzip2" }, { "lzma", "lzma" }, { "xz", "xz" } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[4096], text[2000];
        struct archive archive = { 0 };
        if (encoder_of(cases[i].method) == NULL)
            continue;
        snprintf(path, sizeof(path), "%s/%s.xar", folder, cases[i].name);
        check_says_text("archive", cases[i].name);
        archive.data = sweep_load(path, &archive.len);
        snprintf(text, sizeof(text),
                 "file caf\xc3\xa9 & <x>.txt 0644 1700000000 %s 6 \"named\n\" end\n"
                 "other pipe 0644 1700000000 stored 0 \"\" end\n"
                 "file empty 0644 1700000000 stored 0 \"\" end\n"
                 "link link 0777 1700000000 stored 0 -> sub/large \"\" end\n"
                 "file hello.txt 0644 1700000000 %s 6 \"hello\n\" end\n"
                 "folder sub 0755 1700000000 stored 0 \"\" end\n"
                 "file sub/large 0644 1700000000 %s 6892 6892 bytes 4cdcdc1623984351 end\n"
                 "hard-link hard 0644 1700000000 stored 0 -> hello.txt \"\" end\n"
                 "end\n",
                 cases[i].method, cases[i].method, cases[i].method);
        sweep_cuttings(leat_xar, archive.data, archive.len, true);
        sweep_marks(leat_xar, archive.data, archive.len);
        expect_archive(archive, text);
    }
}

/* --- From every source --- */

static void test_no_seek(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct build plan = { .table = BEGIN END };
    struct archive archive = build(&plan);
    struct trickle_options trickles = { .data = archive.data, .len = archive.len };
    struct listing found =
        listing_of(&(struct listing_options){ .c = leat_xar(trickle(&ctx, &trickles)) });
    check_text(found.text, "fault needs a source that seeks\n");
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    free(archive.data);
}

static const char *whole; /* the listing of what was damaged */

/* The same as of what is whole, or with a fault. */
static void judge(const struct listing *found, size_t at)
{
    if (strcmp(found->text, whole) != 0 && memmem(found->text, found->len, "fault ", 6) == NULL) {
        fprintf(stderr, "damaged at %zu:\n%s\nnot:\n%s\n", at, found->text, whole);
        abort();
    }
}

static void sweep(const struct archive *archive)
{
    struct listing found = sweep_listing(leat_xar, archive->data, archive->len);
    whole = found.text;
    sweep_cuttings(leat_xar, archive->data, archive->len, true);
    sweep_marks(leat_xar, archive->data, archive->len);
    sweep_allocations(leat_xar, archive->data, archive->len);
    sweep_cuts(leat_xar, archive->data, archive->len, judge);
    sweep_flips(leat_xar, archive->data, archive->len, 0x10, judge);
    listing_fini(&found);
}

static void test_sources(void)
{
    for (size_t i = 0; i < PACKINGS_LEN && build_has_sums(); i++) {
        if (encoder_of(packings[i].format) == NULL)
            continue;
        struct archive archive = packed_archive(&packings[i], NULL, NULL, strlen(text_packed));
        check_says("packing", i);
        sweep(&archive);
        free(archive.data);
    }
    struct build plan = {
        .table = BEGIN SUM "<file id=\"1\"><type>directory</type>" NAMED("a") PLAIN("b") PLAIN(
            "c") "</file><file id=\"2\"><type link=\"1\">hardlink</type>" NAMED("l") "</file>" END,
        .heap = "hello",
        .heap_len = 5,
        .sum = 3,
        .sum_name = "sha1",
    };
    struct archive archive = build(&plan);
    sweep(&archive);
    free(archive.data);
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    check_run(test_packings);
    check_run(test_not_packed);
    check_run(test_sums);
    check_run(test_places);
    check_run(test_overlap);
    test_programs(argv[1]);
    check_run(test_no_seek);
    check_run(test_sources);
    return 0;
}
