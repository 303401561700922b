/* Archives behind programs are found where they are, however their bytes come and whatever has to
 * be waited for; what only looks like one is not. */

#include <stdlib.h>
#include <string.h>

#include "leat/core/load.h"
#include "leat/layer/peel.h"
#include "leat/layer/record_test.h"
#include "leat/stage/hash/crc32.h"
#include "tests/support/check.h"
#include "tests/support/trickle.h"

enum { SEVENZ_START_LEN = 32 };

static const uint8_t sevenz_header[] = { 1, 0 }; /* and nothing in it */

/* The smallest archive of 7z: a start, `gap` bytes, and a header. */
static void add_7z(struct nest *to, size_t gap, uint32_t wrong)
{
    uint8_t start[SEVENZ_START_LEN] = { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c, 0, 4 };
    leat_store_u64le(start + 12, gap);
    leat_store_u64le(start + 20, sizeof(sevenz_header));
    leat_store_u32le(start + 28, leat_crc32(0, sevenz_header, sizeof(sevenz_header)));
    leat_store_u32le(start + 8, leat_crc32(0, start + 12, 20) ^ wrong);
    nest_add(to, start, sizeof(start));
    for (size_t i = 0; i < gap; i++)
        nest_add(to, "x", 1);
    nest_add(to, sevenz_header, sizeof(sevenz_header));
}

/* A program's header, with a table of sections at `sections_at`. */
static void add_elf(struct nest *to, uint64_t sections_at)
{
    uint8_t elf[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
    leat_store_u64le(elf + 40, sections_at);
    elf[58] = 64;
    elf[60] = 1;
    nest_add(to, elf, sizeof(elf));
}

/* The superblock of an image, and in it what is stored. */
static void add_image(struct nest *to, struct nest inside)
{
    const uint64_t inodes_at = 96 + inside.len, len = inodes_at + 30;
    uint8_t super[96] = { 'h', 's', 'q', 's', 1 };
    leat_store_u32le(super + 12, 4096);
    super[20] = 1;
    super[22] = 12;
    super[26] = 1;
    super[28] = 4;
    leat_store_u64le(super + 40, len);
    leat_store_u64le(super + 48, inodes_at + 20);
    leat_store_u64le(super + 56, UINT64_MAX);
    leat_store_u64le(super + 64, inodes_at);
    leat_store_u64le(super + 72, inodes_at + 10);
    leat_store_u64le(super + 80, UINT64_MAX);
    leat_store_u64le(super + 88, UINT64_MAX);
    nest_add(to, super, sizeof(super));
    nest_add(to, inside.data, inside.len);
    nest_add(to, super, (size_t)(len - inodes_at));
    free(inside.data);
}

static void add_noise(struct nest *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        nest_add(to, &"7z code "[i % 8], 1);
}

/* What a peel finds, by a source that does as the options say. */
static const struct leat_format *found_by(const struct trickle_options *options, const char *name)
{
    struct leat_ctx ctx;
    const struct leat_peeled *peeled = NULL;
    const struct leat_peel_options named = {
        .name = { .data = (const uint8_t *)name, .len = strlen(name) },
    };
    enum leat_status status = LEAT_AGAIN;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_peel(trickle(&ctx, options), &named);
    for (uint64_t calls = 0; status == LEAT_AGAIN && calls < 10000 + options->len; calls++)
        status = leat_peel_look(r, &peeled);
    check_status(status, LEAT_OK);
    check_equal(peeled->decoded_len, 0);
    const struct leat_format *format = peeled->container;
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return format;
}

/* Without a peel the same is found, or it is said that it takes one. */
static void check_finds(const struct trickle_options *options, const char *name,
                        const struct leat_format *wanted)
{
    struct leat_ctx ctx;
    const struct leat_format *found;
    const struct leat_peel_options named = {
        .name = { .data = (const uint8_t *)name, .len = strlen(name) },
    };
    enum leat_status status = LEAT_AGAIN;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = trickle(&ctx, options);
    for (uint64_t calls = 0; status == LEAT_AGAIN && calls < 1000; calls++)
        status = leat_peel_finds(r, &named, &found);
    check(status == LEAT_LIMIT || (status == LEAT_OK && found == wanted));
    check(status == LEAT_OK || options->again);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

static void expect(struct nest file, const char *name, const char *format)
{
    static const size_t pieces[] = { 0, 7, 1000 };
    const struct leat_format *wanted = format != NULL ? nest_format(format) : NULL;
    check_says_text("name", name);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct trickle_options options = {
            .data = file.data,
            .len = file.len,
            .piece = pieces[i],
            .seeks = true,
            .forks = true,
        };
        check(found_by(&options, name) == wanted);
        check_finds(&options, name, wanted);
        options.again = true;
        check(found_by(&options, name) == wanted);
        check_finds(&options, name, wanted);
        options.forks = false;
        /* Without a fork there is no look at what the first window does not have. */
        check(found_by(&options, name) == (pieces[i] == 0 && file.len < 65536 ? wanted : NULL));
    }
    free(file.data);
}

static struct nest program(uint64_t sections_at, size_t len)
{
    struct nest file = { 0 };
    add_elf(&file, sections_at);
    add_noise(&file, len);
    return file;
}

static void test_7z(void)
{
    struct nest file = program(100, 5000);
    add_7z(&file, 0, 1); /* a start with a wrong checksum stands before it */
    add_7z(&file, 10, 0);
    expect(file, "program", "7z");

    file = program(0, 1000);
    add_7z(&file, 10, 0);
    add_noise(&file, 3000); /* as a signature may stand behind all */
    expect(file, "program", "7z");

    file = (struct nest){ 0 };
    add_noise(&file, 200000);
    add_7z(&file, 0, 0);
    expect(file, "called.7z", "7z");
}

static void test_none(void)
{
    struct nest file = program(100, 500);
    add_7z(&file, 0, 1);
    expect(file, "wrong sum", NULL);

    file = program(0, 500);
    add_7z(&file, 1000, 0);
    file.len -= 1;
    expect(file, "cut", NULL);

    /* The program has the archive within itself, as an installer's data. */
    file = program(64 + 500 + SEVENZ_START_LEN + sizeof(sevenz_header), 500);
    add_7z(&file, 0, 0);
    add_noise(&file, 64);
    expect(file, "all program", NULL);

    file = (struct nest){ 0 };
    add_noise(&file, 300);
    add_7z(&file, 0, 0);
    expect(file, "no program", NULL);
}

static void test_bound(void)
{
    enum { MOST = 1 << 20 };
    for (unsigned i = 0; i < 2; i++) {
        struct nest file = { .data = calloc(MOST + 100, 1), .len = MOST - SEVENZ_START_LEN + i };
        check(file.data != NULL);
        file.data[0] = 'M';
        file.data[1] = 'Z';
        add_7z(&file, 0, 0);
        struct trickle_options options = {
            .data = file.data,
            .len = file.len,
            .seeks = true,
            .forks = true,
        };
        check(found_by(&options, "") == (i == 0 ? nest_format("7z") : NULL));
        free(file.data);
    }
}

/* Of what has both, the end has the word: a zip holds a 7z as it is, and not the other way round.
 */
static void test_both(void)
{
    struct nest inner = { 0 }, directory = { 0 };
    add_7z(&inner, 0, 0);
    struct nest file = program(100, 3000);
    nest_zip_add(&file, &directory, "inner.7z", inner);
    nest_zip_end(&file, directory, 1);
    expect(file, "setup", "zip");
}

/* The same of an image, if it begins where the program ends, or at most 64 KiB behind that; what is
 * further on another archive may hold. */
static void test_image(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct nest inner = { 0 };
        struct nest file = program(100, 100);
        add_noise(&file, i == 0 ? 65000 : 66000);
        add_7z(&inner, 0, 0);
        add_image(&file, inner);
        expect(file, "app", i == 0 ? "squashfs" : "7z");
    }
}

/* What stands before the archive is read as well; in a stream first, and the archive behind it. */
static void test_walk(void)
{
    struct nest file = nest_text("#!/bin/sh\n");
    struct walked record;
    add_7z(&file, 0, 0);
    walk_memory(file, NULL, NULL, &record);
    check_record(&record, "enter src\nlead src = #!/bin/sh\n\nleave src\n");
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    const struct trickle_options stream = { .data = file.data, .len = file.len, .piece = 5 };
    walk_all(trickle(&ctx, &stream), NULL, &record);
    leat_ctx_fini(&ctx);
    static const char first[] = "leaf src = #!/bin/sh\n7z", last[] = "\nenter src\nleave src\n";
    const size_t last_len = sizeof(last) - 1;
    check(memcmp(record.text, first, sizeof(first) - 1) == 0 && record.len > last_len);
    check(memcmp(record.text + record.len - last_len, last, last_len) == 0);
    free(file.data);
}

int main(void)
{
    check_run(test_7z);
    check_run(test_none);
    check_run(test_bound);
    check_run(test_both);
    check_run(test_image);
    check_run(test_walk);
    return 0;
}
