/* Shows that what stands before an archive is read too, once, by the walk that has its first entry;
 * by walking zips behind scripts, whole, with an offset that is none, recovered, and in turns; and
 * archives whose first header is damaged. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/layer/record_test.h"
#include "tests/support/check.h"
#include "tests/support/split.h"

static const char script[] = "#!/bin/sh\nexit 0\n";

/* Two entries behind a script; `adjusted`: their offsets count it. */
static struct nest packed_script(bool adjusted)
{
    struct nest head = nest_text(script);
    struct nest zip = { 0 };
    struct nest directory = { 0 };
    struct nest *to = adjusted ? &head : &zip;
    nest_zip_add(to, &directory, "a.txt", nest_text("alpha"));
    nest_zip_add(to, &directory, "b.txt", nest_text("bravo"));
    nest_zip_end(to, directory, 2);
    if (!adjusted)
        nest_add(&head, zip.data, zip.len);
    free(zip.data);
    return head;
}

static const char script_walked[] = "enter src\n"
                                    "lead src = #!/bin/sh\nexit 0\n\n"
                                    "leaf src!a.txt = alpha\n"
                                    "leaf src!b.txt = bravo\n"
                                    "leave src\n";

static void test_script(void)
{
    for (unsigned adjusted = 0; adjusted < 2; adjusted++) {
        struct nest bytes = packed_script(adjusted);
        struct walked record;
        walk_memory(bytes, NULL, NULL, &record);
        check_record(&record, script_walked);
        struct nest around = { 0 };
        nest_tar_add(&around, "x", '0', bytes);
        nest_tar_end(&around);
        walk_memory(around, NULL, NULL, &record);
        check_record(&record, "enter src\n"
                              "enter src!x\n"
                              "lead src!x = #!/bin/sh\nexit 0\n\n"
                              "leaf src!x!a.txt = alpha\n"
                              "leaf src!x!b.txt = bravo\n"
                              "leave src!x\n"
                              "leave src\n");
        free(around.data);
    }
}

/* Nothing is asked of what begins as an archive does. */
static void test_plain(void)
{
    struct nest zip = { 0 };
    struct nest directory = { 0 };
    nest_zip_add(&zip, &directory, "a.txt", nest_text("alpha"));
    nest_zip_end(&zip, directory, 1);
    struct walked record;
    walk_memory(zip, NULL, NULL, &record);
    check_record(&record, "enter src\nleaf src!a.txt = alpha\nleave src\n");
    free(zip.data);
}

/* A directory that says that its first entry lies behind all there is: then so does the lead's end,
 * and no further than the directory. */
static void test_astray(void)
{
    struct nest bytes = packed_script(true);
    size_t directory = bytes.len - 22 - 2 * (46 + 5);
    check(memcmp(bytes.data + directory, "PK\1\2", 4) == 0);
    memset(bytes.data + directory + 42, 0x7f, 4);
    struct walked record;
    walk_memory(bytes, NULL, NULL, &record);
    check(record.len > directory);
    check(memcmp(record.text, "enter src\nlead src = #!/bin/sh\n", 31) == 0);
    free(bytes.data);
}

static void test_recovered(void)
{
    struct nest bytes = packed_script(false);
    struct leat_ctx_options options = { .recover = true };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &options);
    struct walked record;
    walk_all(leat_memory(&ctx, bytes.data, bytes.len), NULL, &record);
    static const char met[] = "enter src\n"
                              "lead src = #!/bin/sh\nexit 0\n\n"
                              "leaf src!a.txt = alpha\n"
                              "leaf src!b.txt = bravo\n"
                              "fault src: zip\n"
                              "leave src\n";
    check_record(&record, met);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* What cannot be gone back in is read as it is, and entered when its end is known, however it was
 * cut and wherever it waits. */
static void test_stream(uint64_t seed)
{
    struct nest inside = packed_script(seed % 2 == 0);
    size_t raw_len = inside.len;
    struct nest bytes = nest_pack("gzip", inside);
    struct split_plan plan = split_plan_of(seed);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct walked record;
    walk_all(split_reader(leat_memory(&ctx, bytes.data, bytes.len), &plan), NULL, &record);
    size_t head_len = strlen("leaf src = ");
    check(record.len > head_len + raw_len);
    check(memcmp(record.text, "leaf src = #!/bin/sh\n", head_len + 10) == 0);
    const char *entered = record.text + head_len + raw_len;
    static const char met[] = "\nenter src\n"
                              "leaf src!a.txt = alpha\n"
                              "leaf src!b.txt = bravo\n"
                              "leave src\n";
    check_bytes(entered, record.len - head_len - raw_len, met, strlen(met));
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* And so is what its reader left in the middle. */
static void test_stream_unread(void)
{
    struct nest bytes = nest_pack("gzip", packed_script(true));
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_span place = { .data = (const uint8_t *)"p", .len = 1 };
    struct leat_walk *walk = leat_walk_open(leat_memory(&ctx, bytes.data, bytes.len), place, NULL);
    struct leat_step step;
    check_status(leat_walk_next(walk, &step), LEAT_OK);
    check_equal(step.kind, LEAT_STEP_LEAF);
    check(!step.leads);
    check_status(leat_walk_next(walk, &step), LEAT_OK);
    check_equal(step.kind, LEAT_STEP_ENTER);
    check(step.leads);
    leat_walk_close(walk);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* One that is torn is not entered, and its damage is told though nobody read so far. */
static void test_stream_torn(void)
{
    struct nest bytes = nest_pack("gzip", packed_script(true));
    bytes.len -= 12;
    struct walked record;
    walk_memory(bytes, NULL, NULL, &record);
    check(memcmp(record.text, "leaf src = #!/bin/sh\n", 21) == 0);
    check(memcmp(record.text + record.len - 7, " FAULT\n", 7) == 0);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_span place = { .data = (const uint8_t *)"p", .len = 1 };
    struct leat_walk *walk = leat_walk_open(leat_memory(&ctx, bytes.data, bytes.len), place, NULL);
    struct leat_step step;
    check_status(leat_walk_next(walk, &step), LEAT_OK);
    check_equal(step.kind, LEAT_STEP_LEAF);
    check_status(leat_walk_next(walk, &step), LEAT_OK);
    check_equal(step.kind, LEAT_STEP_FAULT);
    check_status(leat_walk_next(walk, &step), LEAT_END);
    leat_walk_close(walk);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* The first entry, or all but that, is this walk's. */
static enum leat_status turn_half(void *user, struct leat_container *c, uint64_t *ret_until)
{
    unsigned *turns = user;
    struct leat_entry entry;
    bool second = turns[0] == 2;
    if (turns[1]++ > 0)
        return LEAT_END;
    if (second)
        check_status(leat_next(c, &entry), LEAT_OK);
    *ret_until = second ? UINT64_MAX : 1;
    return LEAT_OK;
}

static void test_turns(void)
{
    static const char *const met[] = {
        "enter src\nlead src = #!/bin/sh\nexit 0\n\nleaf src!a.txt = alpha\nleave src\n",
        "enter src\nleaf src!b.txt = bravo\nleave src\n",
    };
    struct nest bytes = packed_script(true);
    for (unsigned half = 1; half <= 2; half++) {
        unsigned turns[2] = { half, 0 };
        struct leat_walk_options options = { .turn = turn_half, .user = turns };
        struct walked record;
        walk_memory(bytes, NULL, &options, &record);
        check_record(&record, met[half - 1]);
    }
    free(bytes.data);
}

/* Who does not go inside is not given it. */
static void test_skipped(void)
{
    struct nest bytes = packed_script(true);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_span place = { .data = (const uint8_t *)"p", .len = 1 };
    struct leat_walk *walk = leat_walk_open(leat_memory(&ctx, bytes.data, bytes.len), place, NULL);
    struct leat_step step;
    check_status(leat_walk_next(walk, &step), LEAT_OK);
    check_equal(step.kind, LEAT_STEP_ENTER);
    leat_walk_skip(walk);
    check_status(leat_walk_next(walk, &step), LEAT_OK);
    check_equal(step.kind, LEAT_STEP_LEAVE);
    check_status(leat_walk_next(walk, &step), LEAT_END);
    leat_walk_close(walk);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* An archive whose first header is damaged is one by its name: the `lead_len` bytes that are before
 * the next header are given as they lie there, then it is said what is wrong, and then come the
 * others, of which `rest` is what a walk says. */
static void check_damaged(const char *format, struct nest bytes, size_t lead_len, const char *rest)
{
    char name[16], before[64], behind[512];
    snprintf(name, sizeof(name), "x.%s", format);
    snprintf(before, sizeof(before), "enter src\nenter src!%s\nlead src!%s = ", name, name);
    snprintf(behind, sizeof(behind), "\nfault src!%s: %s\n%sleave src!%s\nleave src\n", name,
             format, rest, name);
    struct nest around = { 0 }, expected = nest_text(before);
    nest_add(&expected, bytes.data, lead_len);
    for (size_t i = 0; i < expected.len; i++) {
        if (expected.data[i] == '\0')
            expected.data[i] = '.'; /* as a record has it */
    }
    nest_add(&expected, behind, strlen(behind));
    nest_tar_add(&around, name, '0', bytes);
    nest_tar_end(&around);
    struct walked record;
    walk_memory(around, NULL, NULL, &record);
    check_bytes(record.text, record.len, expected.data, expected.len);
    free(expected.data);
    free(around.data);
}

static void test_damaged_tar(void)
{
    struct nest bytes = { 0 };
    nest_tar_add(&bytes, "a.txt", '0', nest_text("alpha"));
    size_t lead_len = bytes.len;
    nest_tar_add(&bytes, "b.txt", '0', nest_text("bravo"));
    nest_tar_end(&bytes);
    bytes.data[0] = 'A';
    check_damaged("tar", bytes, lead_len, "leaf src!x.tar!b.txt = bravo\n");
}

/* An entry of the form in octal, or in hexadecimal, where what follows is at multiples of four. */
static void cpio_add(struct nest *to, bool octal, const char *name, const char *text)
{
    char header[112];
    unsigned name_len = (unsigned)strlen(name) + 1, len = (unsigned)strlen(text);
    if (octal)
        snprintf(header, sizeof(header), "070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o", 0, 1,
                 0100644, 0, 0, 1, 0, 0, name_len, len);
    else
        snprintf(header, sizeof(header),
                 "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, 0100644, 0, 0, 1,
                 0, len, 0, 0, 0, 0, name_len, 0);
    nest_add(to, header, strlen(header));
    nest_add(to, name, name_len);
    while (!octal && to->len % 4 != 0)
        nest_add(to, "", 1);
    nest_add(to, text, len);
    while (!octal && to->len % 4 != 0)
        nest_add(to, "", 1);
}

static void test_damaged_cpio(void)
{
    if (nest_format("cpio") == NULL)
        return;
    for (unsigned octal = 0; octal < 2; octal++) {
        for (size_t at = 0; at < 76; at += 15) {
            struct nest bytes = { 0 };
            cpio_add(&bytes, octal, "a.txt", "alpha");
            size_t lead_len = bytes.len;
            cpio_add(&bytes, octal, "b.txt", "bravo");
            cpio_add(&bytes, octal, "TRAILER!!!", "");
            bytes.data[at] = 'z';
            check_damaged("cpio", bytes, lead_len, "leaf src!x.cpio!b.txt = bravo\n");
        }
    }
}

static void test_damaged_warc(void)
{
    static const char first[] =
        "WARB/1.0\r\nWARC-Type: a\r\nContent-Length: 5\r\n\r\nalpha\r\n\r\n";
    static const char second[] = "WARC/1.0\nContent-Length: 5\n\nbravo\n\n";
    if (nest_format("warc") == NULL)
        return;
    struct nest bytes = nest_text(first);
    nest_add(&bytes, second, strlen(second));
    check_damaged("warc", bytes, strlen(first),
                  "leaf src!x.warc!record/1/header = WARC/1.0\nContent-Length: 5\n\n\n"
                  "leaf src!x.warc!record/1/block = bravo\n");
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    if (nest_format("zip") == NULL || nest_format("tar") == NULL || nest_format("gzip") == NULL)
        return 77; /* this build lacks what the nests are made of */
    check_run(test_script);
    check_run(test_plain);
    check_run(test_astray);
    check_run(test_recovered);
    check_run(test_stream_unread);
    check_run(test_stream_torn);
    check_run(test_turns);
    check_run(test_skipped);
    check_run(test_damaged_tar);
    check_run(test_damaged_cpio);
    check_run(test_damaged_warc);
    for (uint64_t i = 0; i < 50 * options.rounds; i++) {
        check_says("seed", options.seed + i);
        test_stream(options.seed + i);
    }
    return 0;
}
