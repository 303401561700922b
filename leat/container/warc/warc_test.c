/* What the records of a web archive become, on archives built here record by record and on those
 * that real programs made, so that each rule of the format and each way to break one stands alone.
 */

#include "leat/container/warc/warc.h"

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

static void put(const char *text)
{
    size_t len = strlen(text);
    leat_assert(archive.len + len <= sizeof(archive.data));
    memcpy(archive.data + archive.len, text, len);
    archive.len += len;
}

/* So that a header is too long for a listing to show: it has lines of its own. */
#define ID "WARC-Record-ID: <urn:uuid:759ac264-665d-4cae-9b5e-af421fa43054>\r\n"

/* A header with these fields and the block's length, which is what is put behind it. */
static void put_header(const char *fields, size_t length)
{
    char line[64];
    put("WARC/1.0\r\n" ID);
    put(fields);
    snprintf(line, sizeof(line), "Content-Length: %zu\r\n\r\n", length);
    put(line);
}

static void put_record(const char *fields, const char *block)
{
    put_header(fields, strlen(block));
    put(block);
    put("\r\n\r\n");
}

static void must_be(const struct listing *found, const char *text)
{
    if (strcmp(found->text, text) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%s\n", found->text, text);
        abort();
    }
}

/* What `archive` says, which is forgotten. Headers are left out: they are text of some length. */
static void expect(const char *text)
{
    struct listing found = sweep_listing(leat_warc, archive.data, archive.len);
    struct listing rest = { .text = calloc(1, found.len + 1) };
    char *end;
    for (char *line = found.text; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        const char *header = strstr(line, "/header ");
        if (header != NULL && header < end) {
            leat_assert(strncmp(end - 4, " end", 4) == 0);
            continue;
        }
        memcpy(rest.text + rest.len, line, (size_t)(end - line) + 1);
        rest.len += (size_t)(end - line) + 1;
    }
    must_be(&rest, text);
    listing_fini(&rest);
    listing_fini(&found);
    archive.len = 0;
}

#define DATE "WARC-Date: 2014-06-10T11:31:38Z\r\n"

/* --- Records --- */

static void test_names(void)
{
    put_record("WARC-Type: warcinfo\r\n" DATE, "software");
    put_record("WARC-Type: request\r\nWARC-Target-URI: <http://a/b.html>\r\n" DATE, "GET");
    put_record("WARC-Type: response\r\nWARC-Target-URI: http://a/b.html\r\n" DATE, "hello");
    put_record("WARC-Type: revisit\r\nWARC-Target-URI: http://a/b.html\r\n", "");
    put_record("WARC-Type: of-the-future\r\nWARC-Target-URI: x:../..//\r\n", "!");
    put_record("X: y\r\n", "untold");
    expect("file warcinfo/1/block 0000 1402399898 stored 8 \"software\" end\n"
           "file request/2/http://a/b.html 0000 1402399898 stored 3 \"GET\" end\n"
           "file response/3/http://a/b.html 0000 1402399898 stored 5 \"hello\" end\n"
           "file revisit/4/http://a/b.html 0000 0 stored 0 \"\" end\n"
           "file of-the-future/5/x:../..// 0000 0 stored 1 \"!\" end\n"
           "file record/6/block 0000 0 stored 6 \"untold\" end\n"
           "end\n");
}

/* A header is given as it stands, and nothing is to be looked for in it. */
static void test_header(void)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    struct leat_span window;
    put_record("WARC-Type: metadata\r\n" DATE, "a: b");
    size_t header_len = archive.len - strlen("a: b\r\n\r\n");
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_warc(leat_memory(&ctx, archive.data, archive.len));
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.plain && entry.size == header_len && entry.offset == 0);
    leat_assert(entry.name.len == 17 && memcmp(entry.name.data, "metadata/1/header", 17) == 0);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    leat_assert(leat_peek(r, header_len, &window) == LEAT_OK && window.len == header_len);
    leat_assert(window.data == (const uint8_t *)archive.data);
    leat_reader_close(r);
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(!entry.plain && entry.size == 4 && entry.offset == header_len);
    r = leat_entry_open(c, &entry, NULL);
    leat_assert(leat_peek(r, 4, &window) == LEAT_OK);
    leat_assert(window.data == (const uint8_t *)archive.data + header_len);
    leat_reader_close(r);
    leat_assert(leat_next(c, &entry) == LEAT_END);
    leat_container_close(c);
    leat_assert(leat_counts_copied(&ctx.counts) == 0);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* Other line ends than are due, and more or fewer of them. */
static void test_line_ends(void)
{
    put("WARC/0.17\n" ID "WARC-Type: resource\nContent-Length: 1\n\na\n\n");
    put_record("WARC-Type: resource\r\n", "b");
    put("\r\n\n\n");
    put_header("WARC-Type: resource\r\n", 1);
    put("c");
    put_record("WARC-Type: resource\r\n", "\n");
    expect("file resource/1/block 0000 0 stored 1 \"a\" end\n"
           "file resource/2/block 0000 0 stored 1 \"b\" end\n"
           "file resource/3/block 0000 0 stored 1 \"c\" end\n"
           "file resource/4/block 0000 0 stored 1 \"\n\" end\n"
           "end\n");
}

/* --- Digests: the CRC-32 of "hello" is 3610a686, which each build knows --- */

static void test_block_digest(void)
{
    put_record("WARC-Type: a\r\nWARC-Block-Digest: crc32:3610A686\r\n", "hello");
    put_record("WARC-Type: b\r\nWARC-Block-Digest: crc32:3610A687\r\n", "hello");
    put_record("WARC-Type: c\r\nWARC-Block-Digest: unheard-of:1\r\n", "hello");
    put_record("WARC-Type: d\r\nWARC-Block-Digest: crc32:00000000\r\n", "");
    put_record("WARC-Type: e\r\nWARC-Block-Digest: crc32:00000001\r\n", "");
    expect("file a/1/block 0000 0 stored 5 \"hello\" end\n"
           "file b/2/block 0000 0 stored 5 \"hello\" fault wrong checksum\n"
           "file c/3/block 0000 0 stored 5 \"hello\" end\n"
           "file d/4/block 0000 0 stored 0 \"\" end\n"
           "file e/5/block 0000 0 stored 0 \"\" fault wrong checksum\n"
           "end\n");
}

#define BODY_OF(crc)                                                                               \
    "WARC-Type: response\r\nContent-Type: application/http\r\nWARC-Payload-Digest: crc32:" crc     \
    "\r\n"

/* That of a payload counts what stands behind a message's header. */
static void test_payload_digest(void)
{
    put_record(BODY_OF("3610a686"), "HTTP/1.1 200\r\nA: b\r\n\r\nhello");
    put_record(BODY_OF("3610a686"), "HTTP/1.1 200\n\nhello");
    put_record(BODY_OF("3610a687"), "HTTP/1.1 200\n\nhello");
    put_record(BODY_OF("3610a686"), "HTTP/1.1 200\n\nhello\n");
    put_record(BODY_OF("1"), "HTTP/1.1 200\n\nhello");
    put_record(BODY_OF("00000000"), "HTTP/1.1 204\n\n");
    put_record(BODY_OF("00000001"), "HTTP/1.1 204\n\n");
    put_record(BODY_OF("00000001"), "HTTP/1.1 204\n");
    put_record(BODY_OF("00000001"), "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0");
    put_record(BODY_OF("00000001"), "HTTP/1.1 200\r\nTransfer-Encoding\r\n\r\n0");
    struct listing found = sweep_listing(leat_warc, archive.data, archive.len);
    static const char wrong[] = "__xx__x__x";
    const char *at = found.text;
    for (size_t i = 0; i < sizeof(wrong) - 1; i++) {
        at = strstr(at, "/header ");
        leat_assert(at != NULL);
        at = strstr(at, "file response/");
        leat_assert(at != NULL);
        const char *next = strstr(at, "/header ");
        const char *fault = strstr(at, "fault wrong checksum\n");
        bool has = fault != NULL && (next == NULL || fault < next);
        if (has != (wrong[i] == 'x')) {
            fprintf(stderr, "record %zu of:\n%s\n", i + 1, found.text);
            abort();
        }
    }
    listing_fini(&found);
    sweep_cuttings(leat_warc, archive.data, archive.len, false);
    archive.len = 0;
}

/* --- Damage --- */

static void test_bad(void)
{
    put_record("WARC-Type: a\r\n", "1");
    put("nothing like it");
    expect("file a/1/block 0000 0 stored 1 \"1\" end\n"
           "fault no header where one is due\n");
    put_record("WARC-Type: a\r\n", "1");
    put("WARC/1.0\r\n" ID "WARC-Type: b\r\n\r\n2\r\n\r\n");
    put_record("WARC-Type: c\r\n", "3");
    put("WARC/1.0\r\n" ID "Content-Length: 9223372036854775807\r\n\r\n4\r\n\r\n");
    sweep_cuttings(leat_warc, archive.data, archive.len, false);
    sweep_marks(leat_warc, archive.data, archive.len);
    expect("file a/1/block 0000 0 stored 1 \"1\" end\n"
           "file b/2/block 0000 0 stored ? \"\" fault a record without a length\n"
           "file c/3/block 0000 0 stored 1 \"3\" end\n"
           "file record/4/block 0000 0 stored ? \"\" fault a record without a length\n"
           "end\n");
    put_header("WARC-Type: a\r\n", 9);
    put("1234");
    expect("file a/1/block 0000 0 stored 9 \"1234\" fault unexpected end of input\n"
           "fault unexpected end of input\n");
    put_record("WARC-Type: a\r\n", "1");
    archive.len -= 2;
    expect("file a/1/block 0000 0 stored 1 \"1\" end\n"
           "fault unexpected end of input\n");
    expect("end\n");
}

/* A length that is too small is found out, told, and passed by. */
static void test_bad_length(void)
{
    struct leat_ctx ctx;
    put_header("WARC-Type: a\r\n", 3);
    put("12345\r\n\r\n");
    size_t due = archive.len - strlen("45\r\n\r\n");
    put_record("WARC-Type: b\r\n", "2");
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *src = leat_memory(&ctx, archive.data, archive.len);
    struct leat_container *c = leat_warc(src);
    struct leat_entry entry;
    leat_assert(leat_next(c, &entry) == LEAT_OK && leat_next(c, &entry) == LEAT_OK);
    leat_assert(leat_next(c, &entry) == LEAT_FAULT);
    leat_assert(leat_container_fault(c)->offset == due);
    leat_assert(leat_container_fault(c)->code == LEAT_FAULT_CORRUPT);
    leat_assert(leat_container_resync(c) == LEAT_OK);
    leat_assert(leat_next(c, &entry) == LEAT_OK && entry.plain);
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.name.len == 9 && memcmp(entry.name.data, "b/2/block", 9) == 0);
    leat_assert(leat_next(c, &entry) == LEAT_END);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

static void test_bounds(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.header_max = 128 });
    put_record("A: b\r\n", "1"); /* its header is 102 bytes long */
    put_record("A: 12345678901234567890123456789\r\n", "1");
    struct leat_reader *src = leat_memory(&ctx, archive.data, archive.len);
    struct listing found = listing_of(&(struct listing_options){ .c = leat_warc(src) });
    leat_assert(listing_has(&found, "file record/1/block 0000 0 stored 1 \"1\" end\n"));
    leat_assert(listing_has(&found, "fault a header larger than the limit allows\n"));
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* A URI that is no name costs none but itself. */
static void test_long_uri(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.name_max = 14 });
    put_record("WARC-Type: a\r\nWARC-Target-URI: x:89012345\r\n", "1");
    put_record("WARC-Type: a\r\nWARC-Target-URI: x:890123456\r\n", "2");
    struct leat_reader *src = leat_memory(&ctx, archive.data, archive.len);
    struct listing found = listing_of(&(struct listing_options){ .c = leat_warc(src) });
    leat_assert(listing_has(&found, "file a/1/x:89012345 0000 0 stored 1 \"1\" end\n"));
    leat_assert(listing_has(&found, "file a/2/block 0000 0 stored 1 \"2\" end\n"));
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    archive.len = 0;
}

/* Records that differ in each part, one with a digest that holds. */
static void put_standard(void)
{
    put_record("WARC-Type: warcinfo\r\nX-Number: 1\r\n" DATE, "software: leat");
    put_record("WARC-Type: request\r\nWARC-Target-URI: http://a/\r\nX-Number: 2\r\n",
               "GET / HTTP/1.1");
    put_record("X-Number: 3\r\nWARC-Type: response\r\nWARC-Target-URI: http://a/\r\n"
               "WARC-Block-Digest: crc32:3610a686\r\n",
               "hello");
    put_record("X-Number: 4\r\nWARC-Type: metadata\r\n", "last of all");
}

static void judge_cut(const struct listing *found, size_t at)
{
    (void)at;
    static const char end[] = "fault unexpected end of input\n";
    bool whole = strcmp(found->text + found->len - 4, "end\n") == 0;
    leat_assert(whole || strcmp(found->text + found->len - strlen(end), end) == 0);
    /* A cut between two records cannot be told from an end. */
    leat_assert(!whole || at == 0 || memcmp(archive.data + at - 4, "\r\n\r\n", 4) == 0);
}

static void judge_flip(const struct listing *found, size_t at)
{
    const char *hello = strstr(archive.data, "hello");
    size_t hello_at = (size_t)(hello - archive.data);
    if (at >= hello_at && at < hello_at + 5)
        leat_assert(strstr(found->text, "fault wrong checksum\n") != NULL);
}

static void test_damage(void)
{
    put_standard();
    sweep_cuts(leat_warc, archive.data, archive.len, judge_cut);
    sweep_flips(leat_warc, archive.data, archive.len, 0xff, judge_flip);
    sweep_flips(leat_warc, archive.data, archive.len, 0x01, judge_flip);
    sweep_cuttings(leat_warc, archive.data, archive.len, false);
    sweep_marks(leat_warc, archive.data, archive.len);
    sweep_allocations(leat_warc, archive.data, archive.len);
    archive.len = 0;
}

/* --- Holes --- */

enum { HEADERS = 4 };

/* Where the standard's records begin, and the end. */
static void layout(size_t at[HEADERS + 1])
{
    const char *from = archive.data;
    for (size_t n = 0; n < HEADERS; n++) {
        from = strstr(from, "WARC/1.0");
        at[n] = (size_t)(from++ - archive.data);
    }
    at[HEADERS] = archive.len;
}

/* What the listing's n-th line says behind the name, in which a number is another where records
 * before it were lost. */
static struct leat_span said(const struct listing *listing, size_t n)
{
    const char *line = listing->text;
    while (n-- > 0)
        line = strchr(line, '\n') + 1;
    const char *from = strstr(line, " 0000 ");
    return (struct leat_span){ (const uint8_t *)from, (size_t)(strchr(line, '\n') - from) + 1 };
}

/* Whether what is before the hole and what is behind it came out whole. */
static void judge_hole(const struct listing *found, const struct listing *whole, size_t hole_at,
                       size_t hole_end)
{
    size_t at[HEADERS + 1];
    layout(at);
    for (size_t n = 0; n < HEADERS; n++) {
        if (at[n] < hole_end && at[n + 1] > hole_at)
            continue;
        for (size_t i = 2 * n; i < 2 * n + 2; i++) {
            struct leat_span line = said(whole, i);
            if (memmem(found->text, found->len, line.data, line.len) != NULL)
                continue;
            fprintf(stderr, "a hole from %zu to %zu:\n%s\nlacks%.*s", hole_at, hole_end,
                    found->text, (int)line.len, (const char *)line.data);
            abort();
        }
    }
}

/* The input lacks bytes, at every place and of several lengths. */
static void test_holes(void)
{
    static const size_t lens[] = { 1, 7, 60, 300 };
    put_standard();
    archive.data[archive.len] = '\0';
    struct listing whole = sweep_listing(leat_warc, archive.data, archive.len);
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (size_t at = 1; at + lens[i] <= archive.len; at++) {
            struct leat_ctx ctx;
            struct trickle_options trickles = {
                .data = (const uint8_t *)archive.data,
                .len = archive.len,
                .piece = at % 3 == 0 ? 100 : 4096,
                .again = at % 2 == 1,
                .fails_at = at,
                .hole_len = lens[i],
            };
            leat_ctx_init(&ctx, NULL);
            struct listing found = listing_of(&(struct listing_options){
                .c = leat_warc(trickle(&ctx, &trickles)),
                .peek_max = trickles.again ? 100 : 0,
                .resyncs = true,
            });
            leat_ctx_fini(&ctx);
            judge_hole(&found, &whole, at, at + lens[i]);
            listing_fini(&found);
        }
    }
    listing_fini(&whole);
    archive.len = 0;
}

/* Behind a hole in a block its bytes go on, and are no longer compared. */
static void test_holed_block(void)
{
    struct leat_ctx ctx;
    put_record("WARC-Type: a\r\nWARC-Block-Digest: crc32:3610a686\r\n", "hello");
    put_record("WARC-Type: b\r\n", "2");
    archive.data[archive.len] = '\0';
    struct trickle_options trickles = {
        .data = (const uint8_t *)archive.data,
        .len = archive.len,
        .fails_at = (uint64_t)(strstr(archive.data, "hello") - archive.data) + 2,
        .hole_len = 2,
    };
    leat_ctx_init(&ctx, NULL);
    struct listing found = listing_of(
        &(struct listing_options){ .c = leat_warc(trickle(&ctx, &trickles)), .resyncs = true });
    leat_ctx_fini(&ctx);
    leat_assert(listing_has(&found, "file a/1/block 0000 0 stored 5 on \"heo\r\n\" end\n"));
    leat_assert(listing_has(&found, "file b/2/block 0000 0 stored 1 \"2\" end\n"));
    listing_fini(&found);
    archive.len = 0;
}

/* What real programs made reads the same however it comes. */
static void test_corpus(const char *folder)
{
    static const struct {
        const char *name;
        const char *line;
    } rows[] = {
        { "wget", "file response/" },
        { "bsdtar", "file resource/2/file://a.txt " },
        { "kinds", "file conversion/8/http://a.org/x " },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s.warc", folder, rows[i].name);
        size_t len;
        uint8_t *data = sweep_load(path, &len);
        struct listing found = sweep_listing(leat_warc, data, len);
        leat_assert(strstr(found.text, "fault") == NULL);
        leat_assert(listing_has(&found, "file warcinfo/1/header "));
        leat_assert(listing_has(&found, rows[i].line));
        listing_fini(&found);
        sweep_cuttings(leat_warc, data, len, false);
        sweep_marks(leat_warc, data, len);
        sweep_allocations(leat_warc, data, len);
        free(data);
    }
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    test_corpus(argv[1]);
    test_names();
    test_header();
    test_line_ends();
    test_block_digest();
    test_payload_digest();
    test_bad();
    test_bad_length();
    test_bounds();
    test_long_uri();
    test_damage();
    test_holes();
    test_holed_block();
    return 0;
}
