/* Archives without their directory, by their local headers: what is known from those alone, and
 * what is found behind damage. */

#include "leat/container/zip/recover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/zip/build_test.h"
#include "leat/container/zip/zip.h"
#include "tests/support/sweep.h"
#include "tests/support/trickle.h"

static struct archive archive;

static void put_file(const char *name, const char *text)
{
    build_entry(&archive, &(struct plan){ .name = name, .text = text });
}

static void expect_recovered(const char *text)
{
    struct leat_ctx ctx;
    for (int seeks = 0; seeks < 2; seeks++) {
        struct trickle_options trickles = {
            .data = archive.data,
            .len = archive.len,
            .seeks = seeks,
        };
        leat_ctx_init(&ctx, &(struct leat_ctx_options){ .recover = true });
        struct listing found = listing_of(&(struct listing_options){
            .c = leat_zip(trickle(&ctx, &trickles)),
            .resyncs = true,
        });
        if (strcmp(found.text, text) != 0) {
            fprintf(stderr, "found:\n%s\nnot:\n%s\n", found.text, text);
            abort();
        }
        listing_fini(&found);
        leat_ctx_fini(&ctx);
    }
    sweep_cuttings(leat_zip_recover, archive.data, archive.len, false);
    sweep_allocations(leat_zip_recover, archive.data, archive.len);
    build_begin(&archive);
}

/* What the local header does not know follows the bytes, in each form there is. */
static void put_described(const char *name, unsigned method, bool marked, bool wide)
{
    struct plan plan = { .name = name, .text = "hello", .method = method, .no_record = true };
    plan.flags = ZIP_FLAG_DESCRIPTOR;
    size_t at = archive.len;
    build_entry(&archive, &plan);
    uint8_t *local = archive.data + at;
    uint8_t descriptor[ZIP_DESCRIPTOR_LEN_MAX];
    unsigned bytes = wide ? 8 : 4;
    build_set(descriptor, 4, ZIP_DESCRIPTOR);
    build_set(descriptor + 4, 4, zip_u32(local + ZIP_LOCAL_CRC));
    build_set(descriptor + 8, bytes, zip_u32(local + ZIP_LOCAL_PACKED));
    build_set(descriptor + 8 + bytes, bytes, zip_u32(local + ZIP_LOCAL_SIZE));
    build_set(local + ZIP_LOCAL_CRC, 8, 0);
    build_set(local + ZIP_LOCAL_SIZE, 4, 0);
    size_t start = marked ? 0 : 4;
    build_bytes(&archive, descriptor + start, 8 + 2 * bytes - start);
}

static void test_descriptors(void)
{
    put_file("a", "hello");
    put_described("b", 0, true, false);
    put_described("c", 0, true, true);
    put_described("d", 8, false, false);
    put_described("e", 8, true, true);
    build_entry(&archive, &(struct plan){ .name = "ghost", .text = "gone", .no_record = true });
    build_end(&archive, "", 0);
    expect_recovered("file a 0000 0 stored 5 \"hello\" end\n"
                     "file b 0000 0 stored ? \"hello\" end\n"
                     "file c 0000 0 stored ? \"hello\" end\n"
                     "file d 0000 0 deflate ? \"hello\" end\n"
                     "file e 0000 0 deflate ? \"hello\" end\n"
                     "file ghost 0000 0 stored 4 \"gone\" end\n"
                     "fault read by its local headers, not by its directory\n");
    expect_recovered("fault no local header\n");
}

/* Bytes that are no entry's, before, between and instead of; and two archives in a row. */
static void test_damage(void)
{
    build_bytes(&archive, "PK\3\4 before", 11);
    put_file("a", "hello");
    build_bytes(&archive, "between", 7);
    put_file("b", "hello");
    size_t at = archive.len;
    put_file("c", "hello");
    archive.data[at] = 'X';
    build_end(&archive, "", 0);
    put_file("d", "hello");
    expect_recovered("file a 0000 0 stored 5 \"hello\" end\n"
                     "on\n"
                     "file b 0000 0 stored 5 \"hello\" end\n"
                     "on\n"
                     "file d 0000 0 stored 5 \"hello\" end\n"
                     "fault read by its local headers, not by its directory\n");
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

static void test_sweeps(void)
{
    put_file("a", "hello");
    put_described("b", 0, true, false);
    put_described("c", 8, false, false);
    build_end(&archive, "", 0);
    sweep_cuts(leat_zip_recover, archive.data, archive.len, NULL);
    sweep_flips(leat_zip_recover, archive.data, archive.len, 0xff, judge_flip);
    sweep_flips(leat_zip_recover, archive.data, archive.len, 0x04, judge_flip);
    build_begin(&archive);
}

int main(void)
{
    test_descriptors();
    test_damage();
    test_sweeps();
    return 0;
}
