/* What real cabinets give, and what is said of one that is damaged, or is a part of several: each
 * changed here in one place. */

#include "leat/container/cab/cab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "tests/support/sweep.h"

static const char *corpus;

static uint8_t *load(const char *name, size_t *ret_len)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", corpus, name);
    return sweep_load(path, ret_len);
}

/* `data` lists as text that has all of `lines`. */
static void must_list(const uint8_t *data, size_t len, const char *const *lines)
{
    struct listing found = sweep_listing(leat_cab, data, len);
    for (; *lines != NULL; lines++) {
        if (!listing_has(&found, *lines)) {
            fprintf(stderr, "found:\n%s\nwithout:\n%s\n", found.text, *lines);
            abort();
        }
    }
    listing_fini(&found);
}

static void test_corpus(void)
{
    size_t len;
    uint8_t *data = load("mszip.cab", &len);
    must_list(data, len,
              (const char *const[]){
                  "file a.txt 0666 1700000000 mszip 9 \"the mill\n\" end\n",
                  "file empty 0666 1700000000 mszip 0 \"\" end\n",
                  "file d/words 0666 1700000000 mszip 2502 2502 bytes ",
                  "file caf\xc3\xa9 0666 1700000000 mszip 9 \"the mill\n\" end\nend\n",
                  NULL,
              });
    sweep_cuttings(leat_cab, data, len, false);
    sweep_allocations(leat_cab, data, len);
    free(data);
    data = load("stored.cab", &len);
    must_list(
        data, len,
        (const char *const[]){ "file a.txt 0666 1700000000 stored 9 \"the mill\n\" end\n", NULL });
    sweep_cuttings(leat_cab, data, len, false);
    free(data);
}

/* --- Damage --- */

static void judge_cut(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(strstr(found->text, "fault ") != NULL);
    leat_assert(strstr(found->text, "libarchive") == NULL);
}

/* Nothing comes out that did not go in, but behind names and sizes, which no checksum guards. */
static void judge_flip(const struct listing *found, size_t at)
{
    (void)at;
    leat_assert(strstr(found->text, "libarchive cannot") == NULL);
}

static void test_damage(void)
{
    size_t len;
    uint8_t *data = load("mszip.cab", &len);
    sweep_cuts(leat_cab, data, len, judge_cut);
    sweep_flips(leat_cab, data, len, 0x10, judge_flip);
    data[len - 10] ^= 1;
    must_list(data, len, (const char *const[]){ "fault wrong checksum\n", NULL });
    free(data);
}

/* What lies in several cabinets is said of that entry, and the others are read. A file's number of
 * its folder, which then is none, stands before its time, attributes and name. */
static void split(const char *name, uint16_t folder, const char *const *lines)
{
    enum { FOLDER_BEFORE_NAME = 8 };
    size_t len;
    uint8_t *data = load("stored.cab", &len);
    uint8_t *at = memmem(data, len, name, strlen(name) + 1);
    leat_assert(at != NULL);
    at[-FOLDER_BEFORE_NAME] = (uint8_t)folder;
    at[1 - FOLDER_BEFORE_NAME] = (uint8_t)(folder >> 8);
    must_list(data, len, lines);
    free(data);
}

static void test_split(void)
{
    enum { FROM_PREVIOUS = 0xfffd, TO_NEXT = 0xfffe };
    split("a.txt", FROM_PREVIOUS,
          (const char *const[]){
              "file a.txt 0666 1700000000 stored 9 \"\" fault partly in another cabinet\n",
              "file empty 0666 1700000000 stored 0 \"\" end\n",
              NULL,
          });
    split("d\\words", TO_NEXT,
          (const char *const[]){
              "file a.txt 0666 1700000000 stored 9 \"the mill\n\" end\n",
              "file d/words 0666 1700000000 stored 2502 \"\" fault partly in another cabinet\n",
              NULL,
          });
}

/* A method that nobody reads. */
static void test_method(void)
{
    enum { METHOD_AT = 36 + 6, QUANTUM = 2 };
    size_t len;
    uint8_t *data = load("stored.cab", &len);
    data[METHOD_AT] = QUANTUM;
    must_list(data, len,
              (const char *const[]){
                  "file a.txt 0666 1700000000 quantum 9 \"\" fault packed by a method", NULL });
    free(data);
}

/* --- Bounds and copies --- */

static void test_bounds(void)
{
    size_t len;
    uint8_t *data = load("mszip.cab", &len);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.bytes_max = 8 });
    struct leat_container *c = leat_cab(leat_memory(&ctx, data, len));
    struct listing found = listing_of(&(struct listing_options){ .c = c });
    leat_assert(listing_has(&found, "file a.txt 0666 1700000000 mszip 9 \"the mill\" fault more "
                                    "output than the limit allows\n"));
    leat_assert(listing_has(&found, "file empty 0666 1700000000 mszip 0 \"\" end\n"));
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    free(data);
}

/* Blocks are shown where libarchive has them. */
static void test_no_copies(void)
{
    size_t len;
    uint8_t *data = load("mszip.cab", &len);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_cab(leat_memory(&ctx, data, len));
    struct listing found = listing_of(&(struct listing_options){ .c = c });
    leat_assert(leat_counts_copied(&ctx.counts) == 0);
    listing_fini(&found);
    leat_ctx_fini(&ctx);
    free(data);
}

static void test_probe(void)
{
    static const char text[] = "MSCF is how a cabinet begins, but not this";
    leat_assert(leat_format_cab.probe((const uint8_t *)text, sizeof(text)) == LEAT_MATCH_NO);
    leat_assert(leat_format_cab.probe((const uint8_t *)text, 4) == LEAT_MATCH_MORE);
    size_t len;
    uint8_t *data = load("stored.cab", &len);
    leat_assert(leat_format_cab.probe(data, len) == LEAT_MATCH_YES);
    free(data);
}

/* A program is before it, which has the signature as well. */
static void test_program(void)
{
    static const char program[] = "MZ, which looks for MSCF\0\0\0\0 behind itself by all of MSCF";
    size_t len;
    uint8_t *cabinet = load("stored.cab", &len);
    uint8_t *data = malloc(sizeof(program) + len);
    leat_assert(data != NULL);
    memcpy(data, program, sizeof(program));
    memcpy(data + sizeof(program), cabinet, len);
    len += sizeof(program);
    leat_assert(leat_format_cab.probe_within(data, 64, len) == LEAT_MATCH_MORE);
    leat_assert(leat_format_cab.probe_within(data, len, len) == LEAT_MATCH_YES);
    leat_assert(leat_format_cab.probe_within(data, sizeof(program), sizeof(program)) ==
                LEAT_MATCH_NO);
    must_list(
        data, len,
        (const char *const[]){ "file a.txt 0666 1700000000 stored 9 \"the mill\n\" end\n", NULL });
    sweep_cuttings(leat_cab, data, len, false);
    sweep_cuts(leat_cab, data, len, judge_cut);
    sweep_allocations(leat_cab, data, len);
    free(data);
    free(cabinet);
}

int main(int argc, char **argv)
{
    leat_assert(argc == 2);
    corpus = argv[1];
    setenv("TZ", "UTC", 1);
    test_corpus();
    test_damage();
    test_split();
    test_method();
    test_bounds();
    test_no_copies();
    test_probe();
    test_program();
    return 0;
}
