/* What ar's headers and the names of each dialect mean, on archives built here member by member and
 * on those that real programs made. */

#include "leat/container/ar/ar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/ar/header.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/sweep.h"

struct archive {
    char data[4096];
    size_t len;
};

static struct archive archive;

/* --- Building --- */

static void put(const char *text)
{
    size_t len = strlen(text);
    leat_assert(archive.len + len < sizeof(archive.data));
    memcpy(archive.data + archive.len, text, len + 1);
    archive.len += len;
}

static void put_header(const char *name, size_t size)
{
    char header[AR_HEADER_LEN + 20];
    snprintf(header, sizeof(header), "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 1700000000, 0, 0,
             0100644u, size);
    put(header);
}

static void put_member(const char *name, const char *text)
{
    put_header(name, strlen(text));
    put(text);
    if (strlen(text) % 2 != 0)
        put("\n");
}

/* What `archive` says, which is forgotten. */
static void expect(const char *text)
{
    struct listing found = sweep_listing(leat_ar, archive.data, archive.len);
    if (strcmp(found.text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
        abort();
    }
    listing_fini(&found);
    archive.len = 0;
}

/* --- Names --- */

static void test_common(void)
{
    put(AR_MAGIC);
    put_member("plain", "hello");
    put_member("with space", "");
    put_member("../out/", "x");
    expect("file plain 0644 1700000000 stored 5 \"hello\" end\n"
           "file with space 0644 1700000000 stored 0 \"\" end\n"
           "file ../out 0644 1700000000 stored 1 \"x\" end\n"
           "end\n");
    put(AR_MAGIC);
    expect("end\n");
}

static void test_gnu_names(void)
{
    put(AR_MAGIC);
    put_member("/", "symbols");
    put_member("/SYM64/", "more symbols");
    put_member("//", "a long name, with a / in it/\nthe next/\nno end");
    put_member("/0", "1");
    put_member("/29", "2");
    put_member("/39", "3");
    put_member("/99", "4"); /* there is no such name */
    put_member("short/", "5");
    expect("file a long name, with a / in it 0644 1700000000 stored 1 \"1\" end\n"
           "file the next 0644 1700000000 stored 1 \"2\" end\n"
           "file no end 0644 1700000000 stored 1 \"3\" end\n"
           "file /99 0644 1700000000 stored 1 \"4\" end\n"
           "file short 0644 1700000000 stored 1 \"5\" end\n"
           "end\n");
}

static void test_bsd_names(void)
{
    put(AR_MAGIC);
    put_member("#1/9", "__.SYMDEFsymbols");
    put_member("#1/8", "longnameits bytes");
    put_member("#1/3", "abc");
    put_member("#1/no", "no");
    put_member("__.SYMDEF", "symbols");
    expect("file longname 0644 1700000000 stored 9 \"its bytes\" end\n"
           "file abc 0644 1700000000 stored 0 \"\" end\n"
           "file #1/no 0644 1700000000 stored 2 \"no\" end\n"
           "end\n");
    put(AR_MAGIC);
    put_member("#1/4", "abc");
    expect("fault a name longer than its member\n");
}

static void test_thin(void)
{
    put(AR_MAGIC_THIN);
    put_member("//", "folder/first.o/\n");
    put_header("/0", 100);
    put_header("second.o/", 7);
    put_header("#1/4", 9);
    expect("file folder/first.o 0644 1700000000 stored 100 \"\" fault in a file of its own, of "
           "which a thin archive has the name alone\n"
           "file second.o 0644 1700000000 stored 7 \"\" fault in a file of its own, of which a "
           "thin archive has the name alone\n"
           "file #1/4 0644 1700000000 stored 9 \"\" fault in a file of its own, of which a thin "
           "archive has the name alone\n"
           "end\n");
}

/* --- Damage --- */

static void test_ends(void)
{
    put(AR_MAGIC);
    put_member("odd", "123");
    archive.len--;
    expect("file odd 0644 1700000000 stored 3 \"123\" end\n"
           "end\n");
    put(AR_MAGIC);
    put_member("odd", "123");
    archive.len -= 2;
    expect("file odd 0644 1700000000 stored 3 \"12\" fault unexpected end of input\n"
           "fault unexpected end of input\n");
    put(AR_MAGIC);
    put_member("a", "12");
    put("trailing");
    expect("file a 0644 1700000000 stored 2 \"12\" end\n"
           "fault unexpected end of input\n");
    put("!<ar");
    expect("fault unexpected end of input\n");
    put("!<arch>?");
    expect("fault no archive\n");
}

static void test_bad_headers(void)
{
    static const struct {
        size_t at;
        char byte;
    } bad[] = { { 0, ' ' }, { 48, ' ' }, { 48, 'x' }, { 50, '1' }, { 58, '\'' }, { 59, '\r' } };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put(AR_MAGIC);
        put_member("a", "12");
        size_t at = archive.len;
        put_member("b", "34");
        archive.data[at + bad[i].at] = bad[i].byte;
        expect("file a 0644 1700000000 stored 2 \"12\" end\n"
               "fault bad header\n");
    }
}

static void test_holes(void)
{
    put(AR_MAGIC);
    put_member("first", "hello");
    put_member("#1/12", "another name and its bytes");
    put_member("third/", "123");
    put_member("last", "4");
    sweep_holes(leat_ar, archive.data, archive.len);
    archive.len = 0;
}

static void test_bounds(void)
{
    struct leat_ctx ctx;
    put(AR_MAGIC);
    put_member("#1/9", "nine byte");
    put_member("#1/10", "ten bytes!");
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.name_max = 9 });
    struct leat_reader *src = leat_memory(&ctx, archive.data, archive.len);
    struct listing found = listing_of(&(struct listing_options){ .c = leat_ar(src) });
    leat_assert(strcmp(found.text, "file nine byte 0644 1700000000 stored 0 \"\" end\n"
                                   "fault a name longer than the limit allows\n") == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    archive.len = 0;
    put(AR_MAGIC);
    put_header("//", 100u << 20);
    expect("fault a table of names larger than allowed\n");
    put(AR_MAGIC);
    put_header("//", 60u << 20); /* claims what is not there: no memory for it */
    expect("fault unexpected end of input\n");
}

/* --- Cost --- */

static void test_no_copies(void)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    struct leat_span window;
    put(AR_MAGIC);
    put_member("a", "hello");
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_ar(leat_memory(&ctx, archive.data, archive.len));
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.offset == AR_MAGIC_LEN && entry.packed_size == 5);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    leat_assert(leat_peek(r, 5, &window) == LEAT_OK);
    leat_assert(window.data == (const uint8_t *)archive.data + AR_MAGIC_LEN + AR_HEADER_LEN);
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
    static const struct {
        const char *name, *line;
    } files[] = {
        { "bsd.a", "file a_name_longer_than_sixteen.txt 0644 1700000000 stored 17 \"a long" },
        { "bsd-symbols.a", "file odd 0644 1700000000 stored 3 \"odd\" end\n" },
        { "gnu.a", "file a_name_longer_than_sixteen.txt 0644 0 stored 17 \"a long name here\n" },
        { "sample.deb", "file debian-binary 0644 1700000000 stored 4 \"2.0\n\" end\n" },
        { "svr4.a", "file odd 0644 1700000000 stored 3 \"odd\" end\n" },
        { "symbols.a", "file odd 0644 0 stored 3 \"odd\" end\n" },
        { "thin.a", "file odd 0644 0 stored 3 \"\" fault in a file of its own" },
        { "times.a", "file a.txt 0644 1700000000 stored 9 \"the mill\n" },
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
        size_t len;
        uint8_t *data = sweep_load(path, &len);
        struct listing found = sweep_listing(leat_ar, data, len);
        if (!listing_has(&found, files[i].line)) {
            fprintf(stderr, "%s: no `%s` in\n%s", files[i].name, files[i].line, found.text);
            abort();
        }
        listing_fini(&found);
        sweep_cuttings(leat_ar, data, len, false);
        sweep_marks(leat_ar, data, len);
        sweep_cuts(leat_ar, data, len, NULL);
        sweep_flips(leat_ar, data, len, 0xff, NULL);
        sweep_allocations(leat_ar, data, len);
        free(data);
    }
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    test_corpus(argv[1]);
    test_common();
    test_gnu_names();
    test_bsd_names();
    test_thin();
    test_ends();
    test_bad_headers();
    test_holes();
    test_bounds();
    test_no_copies();
    return 0;
}
