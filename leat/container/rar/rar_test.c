/* What RAR archives of both versions give. No free program makes them, so they are built here
 * block by block, and only stored: the packed ones are libarchive's own tests' to have. */

#include "leat/container/rar/rar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/stage/hash/crc32.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

struct bytes {
    uint8_t data[65536];
    size_t len;
};

static struct bytes archive;
static struct bytes header; /* of the block being built, behind its checksum */

static void put(struct bytes *to, const void *data, size_t len)
{
    leat_assert(to->len + len <= sizeof(to->data));
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

static void put_number(struct bytes *to, uint64_t value, size_t len)
{
    for (; len > 0; len--, value >>= 8)
        put(to, &(uint8_t){ (uint8_t)value }, 1);
}

/* 7 bits a byte: version 5. */
static void put_varying(struct bytes *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_number(to, (value & 0x7f) | 0x80, 1);
    put_number(to, value, 1);
}

/* --- Entries of either version --- */

enum { ENCRYPTED = 1, FROM_OTHER = 2, IN_OTHER = 4, BAD_CRC = 8, SOLID = 16, UNICODE = 32 };

struct put {
    const char *name;
    const char *text;
    unsigned traits;
    unsigned mode;
    char method;        /* 0: stored */
    const char *target; /* of a link */
};

static uint32_t text_crc(const struct put *what)
{
    return leat_crc32(0, what->text, strlen(what->text)) ^ ((what->traits & BAD_CRC) != 0);
}

static bool has(const struct put *what, unsigned trait)
{
    return (what->traits & trait) != 0;
}

static unsigned mode_of(const struct put *what)
{
    return what->mode != 0 ? what->mode : 0100644;
}

/* --- Version 4 --- */

static void end_block4(const char *data)
{
    put_number(&archive, leat_crc32(0, header.data, header.len), 2);
    put(&archive, header.data, header.len);
    put(&archive, data, strlen(data));
    header.len = 0;
}

static void begin4(unsigned flags)
{
    archive.len = 0;
    put(&archive, "Rar!\x1a\x07\x00", 7);
    put_number(&header, 0x73, 1);
    put_number(&header, flags, 2);
    put_number(&header, 13, 2);
    put_number(&header, 0, 6);
    end_block4("");
}

static void put4(const struct put *what)
{
    size_t name_len = strlen(what->name);
    unsigned flags = 0x8000u | (has(what, FROM_OTHER) ? 1u : 0) | (has(what, IN_OTHER) ? 2u : 0) |
                     (has(what, ENCRYPTED) ? 4u : 0) | (has(what, SOLID) ? 0x10u : 0) |
                     (has(what, UNICODE) ? 0x200u : 0);
    put_number(&header, 0x74, 1);
    put_number(&header, flags, 2);
    put_number(&header, 32 + name_len, 2);
    put_number(&header, strlen(what->text), 4);
    put_number(&header, strlen(what->text), 4);
    put_number(&header, 3, 1); /* Unix */
    put_number(&header, text_crc(what), 4);
    put_number(&header, 43u << 25 | 11u << 21 | 14u << 16 | 22u << 11 | 13u << 5 | 10u, 4);
    put_number(&header, 20, 1);
    put_number(&header, 0x30u + (unsigned)what->method, 1);
    put_number(&header, name_len, 2);
    put_number(&header, mode_of(what), 4);
    put(&header, what->name, name_len);
    end_block4(what->text);
}

static void end4(void)
{
    put(&archive, "\xc4\x3d\x7b\x00\x40\x07\x00", 7);
}

/* --- Version 5 --- */

static void end_block5(const char *data)
{
    struct bytes sized = { .len = 0 };
    put_varying(&sized, header.len);
    put(&sized, header.data, header.len);
    put_number(&archive, leat_crc32(0, sized.data, sized.len), 4);
    put(&archive, sized.data, sized.len);
    put(&archive, data, strlen(data));
    header.len = 0;
}

static void begin5(unsigned flags)
{
    archive.len = 0;
    put(&archive, "Rar!\x1a\x07\x01\x00", 8);
    put_varying(&header, 1);
    put_varying(&header, 0);
    put_varying(&header, flags);
    end_block5("");
}

/* The records behind the name: of encryption, and of a link. */
static void put_extra5(struct bytes *extra, const struct put *what)
{
    if (has(what, ENCRYPTED)) {
        static const uint8_t record[34] = { 33, 1, 0, 0, 15 };
        put(extra, record, sizeof(record));
    }
    if (what->target != NULL) {
        put_varying(extra, 4 + strlen(what->target));
        put_varying(extra, 5);
        put_varying(extra, 1); /* a link of Unix */
        put_varying(extra, 0);
        put_varying(extra, strlen(what->target));
        put(extra, what->target, strlen(what->target));
    }
}

static void put5(const struct put *what)
{
    struct bytes extra = { .len = 0 };
    put_extra5(&extra, what);
    bool folder = mode_of(what) >> 12 == 4;
    put_varying(&header, 2);
    put_varying(&header, (extra.len > 0 ? 1u : 0) | 2u | (has(what, FROM_OTHER) ? 8u : 0) |
                             (has(what, IN_OTHER) ? 16u : 0));
    if (extra.len > 0)
        put_varying(&header, extra.len);
    put_varying(&header, strlen(what->text));
    put_varying(&header, 2u | 4u | (folder ? 1u : 0)); /* has a time and a checksum */
    put_varying(&header, strlen(what->text));
    put_varying(&header, mode_of(what));
    put_number(&header, 1700000000, 4);
    put_number(&header, text_crc(what), 4);
    put_varying(&header, (uint64_t)what->method << 7 | (has(what, SOLID) ? 0x40 : 0));
    put_varying(&header, 1); /* Unix */
    put_varying(&header, strlen(what->name));
    put(&header, what->name, strlen(what->name));
    put(&header, extra.data, extra.len);
    end_block5(what->text);
}

static void end5(void)
{
    put_varying(&header, 5);
    put_varying(&header, 4);
    put_varying(&header, 0);
    end_block5("");
}

/* --- The two, for what is asked of both --- */

static const struct version {
    const char *method;
    void (*begin)(unsigned flags);
    void (*put)(const struct put *what);
    void (*end)(void);
    unsigned volume; /* flag of an archive in volumes */
} versions[] = {
    { "rar4", begin4, put4, end4, 0x01 },
    { "rar5", begin5, put5, end5, 0x01 },
};

/* What `archive` lists as, with METHOD standing for the version's. */
static void expect(const struct version *version, const char *text)
{
    struct listing found = sweep_listing(leat_rar, archive.data, archive.len);
    struct bytes wanted = { .len = 0 };
    for (const char *at = text; *at != '\0';) {
        const char *mark = strstr(at, "METHOD");
        put(&wanted, at, mark != NULL ? (size_t)(mark - at) : strlen(at));
        if (mark != NULL)
            put(&wanted, version->method, strlen(version->method));
        at = mark != NULL ? mark + strlen("METHOD") : "";
    }
    if (found.len != wanted.len || memcmp(found.text, wanted.data, wanted.len) != 0) {
        fprintf(stderr, "found:\n%s\nnot:\n%.*s\n", found.text, (int)wanted.len, wanted.data);
        abort();
    }
    listing_fini(&found);
}

static bool says(const struct listing *found, const char *text)
{
    return memmem(found->text, found->len, text, strlen(text)) != NULL;
}

static void test_entries(const struct version *version)
{
    version->begin(0);
    version->put(&(struct put){ .name = "a.txt", .text = "hello" });
    version->put(&(struct put){ .name = "d", .text = "", .mode = 040755 });
    version->put(&(struct put){ .name = "d/caf\xc3\xa9", .text = "", .traits = UNICODE });
    version->put(&(struct put){ .name = "../out", .text = "of here" });
    version->end();
    expect(version, "file a.txt 0644 1700000000 METHOD 5 \"hello\" end\n"
                    "folder d 0755 1700000000 METHOD 0 \"\" end\n"
                    "file d/caf\xc3\xa9 0644 1700000000 METHOD 0 \"\" end\n"
                    "file ../out 0644 1700000000 METHOD 7 \"of here\" end\n"
                    "end\n");
    leat_assert(leat_format_rar.probe(archive.data, archive.len) == LEAT_MATCH_YES);
    leat_assert(leat_format_rar.probe(archive.data, 6) == LEAT_MATCH_MORE);
    sweep_cuttings(leat_rar, archive.data, archive.len, false);
    sweep_allocations(leat_rar, archive.data, archive.len);
}

/* --- What libarchive does not say --- */

static void test_encrypted(const struct version *version)
{
    version->begin(0);
    version->put(&(struct put){ .name = "a", .text = "secret", .traits = ENCRYPTED });
    version->put(&(struct put){ .name = "b", .text = "open" });
    version->end();
    expect(version, "file a 0644 1700000000 METHOD 6 \"\" fault encrypted\n"
                    "file b 0644 1700000000 METHOD 4 \"open\" end\n"
                    "end\n");
}

static void test_encrypted_names(void)
{
    begin4(0x80);
    expect(&versions[0], "fault encrypted, its names too\n");
    begin5(0);
    put_varying(&header, 4);
    put_varying(&header, 0);
    put_number(&header, 0, 19);
    end_block5("");
    expect(&versions[1], "fault encrypted, its names too\n");
}

/* What is stored of a part comes, and the entries behind it; of what is packed nothing. */
static void test_volumes(const struct version *version)
{
    bool four = version->begin == begin4; /* in which the part of an entry that began is one too */
    version->begin(version->volume);
    version->put(&(struct put){ .name = "a", .text = "the end of it", .traits = FROM_OTHER });
    version->put(&(struct put){ .name = "b", .text = "whole" });
    version->put(&(struct put){ .name = "c", .text = "the start of it", .traits = IN_OTHER });
    struct listing found = sweep_listing(leat_rar, archive.data, archive.len);
    leat_assert(says(&found, four ? " \"the end of it\" fault begins in another volume\n"
                                  : "\nfault an entry that begins in another volume\n"));
    leat_assert(says(&found, " 5 \"whole\" end\n"));
    leat_assert(says(&found, " \"the start of it\" fault goes on in another volume\n"));
    leat_assert(!four || says(&found, "another volume\nend\n"));
    listing_fini(&found);
    sweep_cuttings(leat_rar, archive.data, archive.len, false);
    found = sweep_listing(leat_rar, archive.data, archive.len - 3);
    leat_assert(says(&found, " fault unexpected end of input\n"));
    listing_fini(&found);
    version->begin(version->volume);
    version->put(
        &(struct put){ .name = "p", .text = "packed so", .traits = IN_OTHER, .method = 3 });
    found = sweep_listing(leat_rar, archive.data, archive.len);
    leat_assert(says(&found, " \"\" fault goes on in another volume\n"));
    listing_fini(&found);
}

static void test_link(void)
{
    begin5(0);
    put5(&(struct put){ .name = "soft", .text = "", .mode = 0120777, .target = "a.txt" });
    end5();
    expect(&versions[1], "link soft 0777 1700000000 METHOD 0 -> a.txt \"\" end\n"
                         "end\n");
}

/* --- Damage --- */

static void test_checksum(const struct version *version)
{
    version->begin(0);
    version->put(&(struct put){ .name = "a", .text = "hello", .traits = BAD_CRC });
    version->put(&(struct put){ .name = "b", .text = "after it" });
    version->end();
    expect(version, "file a 0644 1700000000 METHOD 5 \"hello\" fault wrong checksum\n"
                    "file b 0644 1700000000 METHOD 8 \"after it\" end\n"
                    "end\n");
}

static void test_methods(void)
{
    begin4(0);
    put4(&(struct put){ .name = "a", .text = "hello", .traits = SOLID });
    end4();
    expect(&versions[0], "fault solid\n");
    begin4(0);
    put4(&(struct put){ .name = "a", .text = "hello", .method = 9 });
    end4();
    expect(&versions[0], "file a 0644 1700000000 METHOD 5 \"\" fault packed by a method that is "
                         "not known\nfault packed by a method that is not known\n");
}

/* A folder with packed bytes, in a solid archive, is one that libarchive cannot leave: it gives it
 * again and again. */
static void test_circle(void)
{
    begin5(4);
    put5(&(struct put){ .name = "d", .text = "hello", .mode = 040755, .method = 3 });
    end5();
    expect(&versions[1], "folder d 0755 1700000000 METHOD 0 \"\" end\n"
                         "fault an entry without a header\n");
}

/* A mode without a type is a file's. */
static void test_permissions(void)
{
    begin5(0);
    put5(&(struct put){ .name = "a", .text = "hello", .mode = 0640 });
    end5();
    expect(&versions[1], "file a 0640 1700000000 METHOD 5 \"hello\" end\n"
                         "end\n");
}

/* libarchive ends the process where a name cannot be had and errno happens to be ENOMEM. */
static void test_stale_errno(void)
{
    begin5(0);
    put5(&(struct put){ .name = "\xff\xfe", .text = "hello" });
    end5();
    errno = ENOMEM;
    struct listing found = sweep_listing(leat_rar, archive.data, archive.len);
    leat_assert(strstr(found.text, "\"hello\" end\n") != NULL);
    listing_fini(&found);
}

/* Nothing is made up: what comes out went in, or a fault says that something is wrong. */
static void judge_flip(const struct listing *found, size_t at)
{
    (void)at;
    bool all = says(found, "\"hello over there\" end\n") && says(found, "\"the mill\" end\n");
    leat_assert(all || says(found, "fault"));
}

static void judge_cut(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(strstr(found->text, "libarchive") == NULL);
}

/* libarchive looks 8 bytes ahead of a header in version 5, so none is shorter. */
static void test_damage(const struct version *version)
{
    version->begin(0);
    version->put(&(struct put){ .name = "a", .text = "hello over there" });
    version->put(&(struct put){ .name = "b", .text = "the mill" });
    version->put(&(struct put){ .name = "c", .text = "the other mill" });
    version->end();
    sweep_cuts(leat_rar, archive.data, archive.len, judge_cut);
    sweep_flips(leat_rar, archive.data, archive.len, 0x20, judge_flip);
    sweep_holes(leat_rar, archive.data, archive.len);
}

/* A larger one is shown where it lies in the source. */
static void test_no_copies(const struct version *version)
{
    static char text[20001];
    memset(text, 'x', sizeof(text) - 1);
    version->begin(0);
    version->put(&(struct put){ .name = "a", .text = text });
    version->end();
    struct leat_ctx ctx;
    struct leat_entry entry;
    struct leat_span window;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_rar(leat_memory(&ctx, archive.data, archive.len));
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.packed_size == sizeof(text) - 1);
    struct leat_reader *r = leat_entry_open(c, &entry, NULL);
    leat_assert(leat_peek(r, sizeof(text) - 1, &window) == LEAT_OK);
    leat_assert(window.data >= archive.data && window.data < archive.data + archive.len);
    leat_reader_close(r);
    leat_container_close(c);
    leat_assert(leat_counts_copied(&ctx.counts) == 0);
    leat_ctx_fini(&ctx);
}

/* Whoever gives up in the midst of a wait, at whichever, loses and leaks nothing: `calls` of next
 * and peek by turns, as far as each comes, and an entry closed before its end. True: all was read.
 */
static bool gives_up(unsigned calls)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct trickle_options trickles = {
        .data = archive.data, .len = archive.len, .piece = 5, .again = true
    };
    struct leat_container *c = leat_rar(trickle(&ctx, &trickles));
    struct leat_reader *r = NULL;
    enum leat_status status = LEAT_OK;
    for (; calls > 0 && status != LEAT_END; calls--) {
        struct leat_entry entry;
        struct leat_span window;
        if (r == NULL) {
            status = leat_next(c, &entry);
            r = status == LEAT_OK ? leat_entry_open(c, &entry, NULL) : NULL;
        } else if (leat_peek(r, 1, &window) != LEAT_AGAIN || calls % 3 == 0) {
            leat_reader_close(r);
            r = NULL;
        }
    }
    leat_assert(status != LEAT_FAULT);
    leat_reader_close(r);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    return status == LEAT_END;
}

static void test_giving_up(const struct version *version)
{
    version->begin(0);
    version->put(&(struct put){ .name = "a", .text = "hello over there" });
    version->put(&(struct put){ .name = "b", .text = "the mill" });
    version->end();
    for (unsigned calls = 0; !gives_up(calls); calls++)
        leat_assert(calls < 1000);
}

/* --- Behind a program --- */

/* The signatures of both versions, with nothing behind them that could be an archive's. */
static const char program[] =
    "MZ Rar!\x1a\x07\x00 and Rar!\x1a\x07\x01\x00 are how it looks for Rar!";

static void put_program(struct bytes *to)
{
    put(to, program, sizeof(program));
    put(to, archive.data, archive.len);
}

/* What lies before the first entry is given, and that entry then, though nobody read all of that.
 */
static void test_lead(const struct bytes *whole, size_t entry_at)
{
    struct leat_ctx ctx;
    struct leat_entry entry;
    struct leat_reader *lead;
    struct leat_span window;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_rar(leat_memory(&ctx, whole->data, whole->len));
    leat_assert(leat_container_lead(c, &lead) == LEAT_OK);
    leat_assert(leat_peek(lead, sizeof(program), &window) == LEAT_OK);
    leat_assert(window.len == sizeof(program));
    leat_consume(lead, 5);
    leat_reader_close(lead);
    leat_assert(leat_next(c, &entry) == LEAT_OK);
    leat_assert(entry.offset == sizeof(program) + entry_at);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
}

static void test_program(const struct version *version)
{
    static struct bytes whole;
    whole.len = 0;
    version->begin(0);
    size_t entry_at = archive.len;
    version->put(&(struct put){ .name = "a", .text = "hello over there" });
    version->put(&(struct put){ .name = "b", .text = "the mill" });
    version->end();
    put_program(&whole);
    const size_t header_end = sizeof(program) + entry_at;
    for (size_t len = 0; len <= header_end; len++) {
        enum leat_match wanted = len < header_end ? LEAT_MATCH_MORE : LEAT_MATCH_YES;
        leat_assert(leat_format_rar.probe_within(whole.data, len, whole.len) == wanted);
    }
    leat_assert(leat_format_rar.probe_within(whole.data, sizeof(program), sizeof(program)) ==
                LEAT_MATCH_NO);
    test_lead(&whole, entry_at);
    struct listing found = sweep_listing(leat_rar, whole.data, whole.len);
    leat_assert(says(&found, "\"hello over there\" end\n") && says(&found, "\"the mill\" end\n"));
    leat_assert(!says(&found, "fault"));
    listing_fini(&found);
    sweep_cuttings(leat_rar, whole.data, whole.len, false);
    sweep_cuts(leat_rar, whole.data, whole.len, judge_cut);
    sweep_holes(leat_rar, whole.data, whole.len);
    sweep_allocations(leat_rar, whole.data, whole.len);
}

/* The program's length is bounded. */
static void test_far_behind(void)
{
    static uint8_t file[(1 << 20) + 100];
    const size_t most = 1 << 20;
    begin5(0);
    for (unsigned over = 0; over < 2; over++) {
        size_t at = most - archive.len + over;
        memset(file, 'R', sizeof(file));
        memcpy(file + at, archive.data, archive.len);
        leat_assert(leat_format_rar.probe_within(file, most, sizeof(file)) ==
                    (over == 0 ? LEAT_MATCH_YES : LEAT_MATCH_NO));
    }
}

/* Its first header's length as well, or looking for one could take long. */
static void test_long_start(void)
{
    static const uint8_t rest[4096];
    for (unsigned over = 0; over < 2; over++) {
        archive.len = 0;
        put(&archive, "MZ Rar!\x1a\x07\x01\x00", 11);
        put(&header, "\1\0\0", 3);
        put(&header, rest, 4096 - 4 - 2 - 3 + over); /* checksum, length, and the three */
        end_block5("more");
        leat_assert(leat_format_rar.probe_within(archive.data, archive.len, archive.len) ==
                    (over == 0 ? LEAT_MATCH_YES : LEAT_MATCH_NO));
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    setenv("TZ", "UTC", 1);
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        test_entries(&versions[i]);
        test_encrypted(&versions[i]);
        test_volumes(&versions[i]);
        test_checksum(&versions[i]);
        test_damage(&versions[i]);
        test_no_copies(&versions[i]);
        test_giving_up(&versions[i]);
        test_program(&versions[i]);
    }
    test_far_behind();
    test_long_start();
    test_encrypted_names();
    test_link();
    test_methods();
    test_circle();
    test_permissions();
    test_stale_errno();
    return 0;
}
