/* Tables of contents, right and wrong in one thing each, built here: what each thing in them means,
 * and what can be read of one that is damaged, or made to do damage. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/xar/build_test.h"
#include "leat/container/xar/value.h"
#include "leat/container/xar/xar.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

/* --- What the table says --- */

static void test_types(void)
{
    expect_table(BEGIN SUM "<file id=\"1\"><type>directory</type>" NAMED(
                     "a") "<file id=\"2\"><type>directory</type>" NAMED("b") FILE_BEGINS("c")
                     FILE_ENDS
                 "</file>"
                 "<file id=\"4\"><type>symlink</type><link type=\"file\">../b/c</link>" NAMED(
                     "l") "</file></file>"
                          "<file id=\"5\"><type>fifo</type>" NAMED(
                              "p") "</file>"
                                   "<file id=\"6\"><type>character special</type>"
                                   "<device><major>1</major><minor>3</minor></device>" NAMED(
                                       "n") "</file>"
                                            "<file id=\"7\"><type>whiteout</type>" NAMED(
                                                "w") "</file>"
                                                     "<file id=\"8\"><type>file</type>" NAMED(
                                                         "empty") "</file>" END,
                 "folder a 0644 1700000000 stored 0 \"\" end\n"
                 "folder a/b 0644 1700000000 stored 0 \"\" end\n" HELLO(
                     "a/b/c") "end\n"
                              "link a/l 0644 1700000000 stored 0 -> ../b/c \"\" end\n"
                              "other p 0644 1700000000 stored 0 \"\" end\n"
                              "other n 0644 1700000000 stored 0 \"\" end\n"
                              "other w 0644 1700000000 stored 0 \"\" end\n"
                              "file empty 0644 1700000000 stored 0 \"\" end\n"
                              "end\n");
}

/* Hard links name the file by its number, wherever in the table that is, and in any order. */
static void test_links(void)
{
    expect_table(
        BEGIN SUM "<file id=\"7\"><type link=\"9\">hardlink</type>" NAMED(
            "first") "</file>"
                     "<file id=\"9\"><type link=\"original\">hardlink</type>" NAMED(
                         "kept") "<data><length>5</length><offset>20</offset><size>5</size></"
                                 "data></file>"
                                 "<file id=\"2\"><type link=\"original\">hardlink</type>" NAMED(
                                     "empty") "</file>"
                                              "<file id=\"3\"><type "
                                              "link=\"2\">hardlink</type>" NAMED(
                                                  "second") "</file>"
                                                            "<file id=\"4\"><type "
                                                            "link=\"5\">hardlink</type>" NAMED(
                                                                "third") "</file>" END,
        "hard-link first 0644 1700000000 stored 0 -> kept \"\" end\n" HELLO(
            "kept") "end\n"
                    "file empty 0644 1700000000 stored 0 \"\" end\n"
                    "hard-link second 0644 1700000000 stored 0 -> empty \"\" end\n"
                    "hard-link third 0644 1700000000 stored 0 \"\" fault links to no file\n"
                    "end\n");
}

static void test_names(void)
{
    static const char text[] =
        BEGIN SUM "<file id=\"1\"><name enctype=\"base64\">Y2Fm\n 6Q==</name></file>"
                  "<file id=\"2\"><name enctype=\"base64\">*</name></file>"
                  "<file id=\"3\"><name>a&amp;b&#x65e5;<!-- -->c<![CDATA[<d>]]></name></file>"
                  "<file id=\"4\"/>" END;
    expect_table(text, "file caf\xe9 0000 0 stored 0 \"\" end\n"
                       "file * 0000 0 stored 0 \"\" end\n"
                       "file a&b\xe6\x97\xa5"
                       "c<d> 0000 0 stored 0 \"\" end\n"
                       "file  0000 0 stored 0 \"\" end\n"
                       "end\n");
}

/* What is not known, or stands elsewhere, means nothing: least of all an attribute's own data. */
static void test_unknown(void)
{
    expect_table(BEGIN
                 "<creation-time>2023</creation-time>" SUM
                 "<signature style=\"RSA\"><offset>7</offset><KeyInfo "
                 "xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><file/></KeyInfo></signature>"
                 "<file id=\"1\"><ea id=\"0\"><name>x</name><offset>1</offset><length>2</length>"
                 "<data><size>3</size></data></ea><offset>9</offset>"
                 "<FinderCreateTime><time>1970-01-01T00:00:00</time></FinderCreateTime>" NAMED(
                     "a") "<type>file</type><data><length>5</length><contents><length>1</length>"
                          "</contents><offset> 20\n</offset><size>5</size></data></file>" END
                          "<file/>",
                 HELLO("a") "end\n"
                            "fault the table of contents is not well-formed XML\n");
}

static void test_values(void)
{
    static const struct {
        const char *text;
        int64_t time; /* -1: none */
    } times[] = {
        { "2023-11-14T22:13:20Z", 1700000000 },
        { "2023-11-14T22:13:20", 1700000000 },
        { "2023-11-14T22:13:20.5Z", 1700000000 },
        { "1969-12-31T23:59:58Z", -2 },
        { "2000-02-29T00:00:00Z", 951782400 },
        { "2023-13-14T22:13:20Z", -1 },
        { "2023-11-14T22:13:2", -1 },
        { "2023-11-14 22:13:20Z", -1 },
        { "20231114T221320Z", -1 },
        { "", -1 },
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        int64_t time = -1;
        struct leat_span text = { (const uint8_t *)times[i].text, strlen(times[i].text) };
        check_says_text("time", times[i].text);
        check_equal(leat_xar_time(text, &time), times[i].time != -1);
        check_equal(time, times[i].time);
    }
    static const struct {
        const char *text;
        unsigned base;
        uint64_t number; /* 7: none */
    } numbers[] = {
        { "0644", 8, 0644 },
        { "0648", 8, 7 },
        { " 12 ", 10, 12 },
        { "", 10, 7 },
        { "-1", 10, 7 },
        { "18446744073709551615", 10, UINT64_MAX },
        { "18446744073709551616", 10, 7 },
        { "1 2", 10, 7 },
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint64_t number = 7;
        struct leat_span text = { (const uint8_t *)numbers[i].text, strlen(numbers[i].text) };
        check_says_text("number", numbers[i].text);
        check_equal(leat_xar_number(text, numbers[i].base, &number), numbers[i].number != 7);
        check_equal(number, numbers[i].number);
    }
}

/* --- Its checksum --- */

/* The table's own: what it says comes first. */
static void test_table_sums(void)
{
    static const struct {
        const char *table;
        uint32_t sum;
        const char *name;
        const char *says;
    } cases[] = {
        { BEGIN END, 0, NULL, "end\n" },
        { BEGIN "<checksum style=\"none\"/>" END, 0, NULL, "end\n" },
        { BEGIN SUM_OF("md5", 16) END, 2, NULL, "end\n" },
        { BEGIN SUM_OF("sha256", 32) END, 3, NULL, "end\n" },
        { BEGIN SUM_OF("sha512", 64) END, 4, NULL, "end\n" },
        { BEGIN SUM_OF("sha512", 64) END, 3, "sha512", "end\n" },
        { BEGIN SUM_OF("gost", 20) END, 3, "gost", "end\n" },
        { BEGIN SUM END, 3, "gost",
          "fault the table's checksum is not of the kind that the header says\n" },
        { BEGIN SUM END, 0, NULL,
          "fault the table's checksum is not of the kind that the header says\n" },
        { BEGIN SUM_OF("md5", 16) END, 1, NULL,
          "fault the table's checksum is not of the kind that the header says\n" },
        { BEGIN SUM_OF("sha1", 19) END, 1, NULL, "fault no checksum of the table of contents\n" },
        { BEGIN "<checksum style=\"sha1\"><offset>18446744073709551615</offset><size>20</size>"
                "</checksum>" END,
          1, NULL, "fault no checksum of the table of contents\n" },
        { BEGIN "<checksum style=\"sha1\"><offset>9</offset><size>20</size></checksum>" END, 1,
          NULL, "fault unexpected end of input\n" },
        { BEGIN SUM END, 5, NULL, "fault a checksum of a kind that is not known\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && build_has_sums(); i++) {
        struct build plan = {
            .table = cases[i].table,
            .sum = cases[i].sum < 5 ? cases[i].sum : 1,
            .sum_name = cases[i].name,
        };
        check_says("sum", i);
        struct archive archive = build(&plan);
        archive.data[27] = (uint8_t)cases[i].sum;
        expect_archive(archive, cases[i].says);
    }
    struct build plan = {
        .table = BEGIN SUM PLAIN("a") END, .heap = "hello", .heap_len = 5, .sum = 1
    };
    struct archive archive = build(&plan);
    archive.data[archive.heap_at + 3] ^= 1;
    if (build_has_sums())
        expect_archive(archive, HELLO("a") "end\n"
                                           "fault wrong checksum of the table of contents\n");
    else
        free(archive.data);
}

/* --- Damage --- */

/* What can be read of a table is given, then why there is no more. */
static void test_broken_table(void)
{
    static const char bad[] = "fault the table of contents is not well-formed XML\n";
    static const struct {
        const char *table;
        const char *entries;
    } cases[] = {
        { BEGIN SUM PLAIN("a") "</toc>", HELLO("a") "end\n" },
        { BEGIN SUM PLAIN("a") PLAIN("b") "<", HELLO("a") "end\n" HELLO("b") "end\n" },
        { BEGIN SUM PLAIN("a") FILE_BEGINS("b") "</file>" END, HELLO("a") "end\n" },
        { BEGIN SUM PLAIN("a") FILE_BEGINS("b") "</data><", HELLO("a") "end\n" HELLO("b") "end\n" },
        { BEGIN SUM "<file>" NAMED("a") "<type>directory</type>" PLAIN("b") "&x;</file>" END,
          "folder a 0644 1700000000 stored 0 \"\" end\n" HELLO("a/b") "end\n" },
        { "", "" },
        { "xar!", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[500];
        check_says("table", i);
        snprintf(text, sizeof(text), "%s%s", cases[i].entries, bad);
        expect_table(cases[i].table, text);
    }
}

/* No document has entities of its own, wherever they come from. */
static void test_entities(void)
{
    expect_table(
        "<?xml version=\"1.0\"?><!DOCTYPE xar [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>"
        "<xar><toc>" PLAIN("&b;") END,
        "fault a DOCTYPE in the table of contents\n");
    expect_table("<!DOCTYPE xar SYSTEM \"file:///etc/passwd\"><xar><toc>" PLAIN("a") END,
                 "fault a DOCTYPE in the table of contents\n");
}

static void test_encodings(void)
{
    static const uint8_t wide[] =
        "\xff\xfe<\0x\0a\0r\0>\0<\0t\0o\0c\0>\0<\0f\0i\0l\0e\0/\0>\0<\0/\0"
        "t\0o\0c\0>\0<\0/\0x\0a\0r\0>";
    struct build plan = { .table = (const char *)wide, .table_len = sizeof(wide) };
    expect_archive(build(&plan), "file  0000 0 stored 0 \"\" end\nend\n");
    expect_table("<?xml version=\"1.0\" encoding=\"x-klingon\"?><xar/>",
                 "fault the table of contents is in an encoding that is not known\n");
}

static void test_depth(void)
{
    char *folders = build_repeated(BEGIN SUM, "<file><name>d</name>", 500, PLAIN("x"));
    char *deeper = build_repeated(BEGIN SUM, "<file><name>d</name>", 600, "");
    char *unknown = build_repeated(BEGIN SUM PLAIN("a"), "<z>", 1000000, "");
    struct build plan = { .table = folders, .heap = "hello", .heap_len = 5, .sum = 1 };
    struct archive archive = build(&plan);
    struct listing found = sweep_listing(leat_xar, archive.data, archive.len);
    leat_assert(strstr(found.text, "d/d/d/x 0644 1700000000 stored 5 \"hello\" end\n") != NULL);
    listing_fini(&found);
    free(archive.data);
    plan.table = deeper;
    archive = build(&plan);
    found = sweep_listing(leat_xar, archive.data, archive.len);
    leat_assert(listing_has(&found, "fault more elements within elements than are allowed\n"));
    listing_fini(&found);
    free(archive.data);
    expect_table(unknown, HELLO("a") "end\nfault more elements within elements than are allowed\n");
    free(folders);
    free(deeper);
    free(unknown);
}

/* A tag is scanned anew with each piece of it. */
static void test_long_tags(void)
{
    char *comment = build_repeated(BEGIN SUM PLAIN("a") "<!--", "long", 500000, "-->" END);
    char *attribute = build_repeated(BEGIN SUM PLAIN("a") "<x y='", "long", 500000, "'/>" END);
    char *text = build_repeated(BEGIN SUM PLAIN("a") "<x>", "long", 500000, "</x>" END);
    expect_table(text, HELLO("a") "end\nend\n");
    expect_table(comment, HELLO("a") "end\nfault a tag or comment longer than is allowed\n");
    expect_table(attribute, HELLO("a") "end\nfault a tag or comment longer than is allowed\n");
    free(comment);
    free(attribute);
    free(text);
}

/* Read with a limit of 100 KB for headers. */
static void expect_bound(const char *table, uint64_t more)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = { .header_max = 100000 } });
    struct build plan = { .table = table, .sum = 1, .more = more };
    struct archive archive = build(&plan);
    struct leat_container *c = leat_xar(leat_memory(&ctx, archive.data, archive.len));
    struct listing found = listing_of(&(struct listing_options){ .c = c });
    leat_assert(strstr(found.text, "fault a table of contents longer than the limit allows\n") !=
                NULL);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    free(archive.data);
}

/* What a table takes, packed, unpacked, parsed and kept, is bounded by one limit. */
static void test_bounds(void)
{
    char *files = build_repeated(BEGIN, "<file/>", 2000, "");
    char *name = build_repeated(BEGIN "<file><name>", "long ", 15000, "");
    char *attributes = malloc(100000);
    size_t len = 0;
    for (unsigned i = 0; i < 4000; i++)
        len += (size_t)sprintf(attributes + len, i == 0 ? BEGIN "<x a%u=\"\"" : " a%u=\"\"", i);
    strcpy(attributes + len, "/>");
    expect_bound(files, 0);
    expect_bound(name, 0);
    expect_bound(attributes, 0);
    expect_bound(BEGIN END, 100000);
    free(files);
    free(name);
    free(attributes);
}

static void test_lengths(void)
{
    static const char table[] = BEGIN SUM PLAIN("a") END;
    struct build plan = { .table = table, .heap = "hello", .heap_len = 5, .sum = 1, .more = 1 };
    expect_archive(build(&plan),
                   HELLO("a") "end\n"
                              "fault the table of contents is shorter than the header says\n");
    plan.more = (uint64_t)-strlen("\n");
    expect_archive(build(&plan),
                   HELLO("a") "end\nfault the table of contents is longer than the header says\n");
    plan.more = 0;
    plan.version = 2;
    expect_archive(build(&plan), "fault a version that is not known\n");
    plan.version = 0;
    struct archive archive = build(&plan);
    archive.data[5] = 27;
    expect_archive(archive, "fault bad header\n");
}

int main(void)
{
    check_run(test_types);
    check_run(test_links);
    check_run(test_names);
    check_run(test_unknown);
    check_run(test_values);
    check_run(test_table_sums);
    check_run(test_broken_table);
    check_run(test_entities);
    check_run(test_encodings);
    check_run(test_depth);
    check_run(test_long_tags);
    check_run(test_bounds);
    check_run(test_lengths);
    return 0;
}
