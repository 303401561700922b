/* Shows that layers come off by content and that a walk meets every entry once, in order, under its
 * place; by walking nests built here from the catalogue's own encoder and a handmade tar, whole,
 * damaged, and through a source that is cut and waits. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/layer/nest_test.h"
#include "leat/layer/record_test.h"
#include "tests/support/check.h"
#include "tests/support/split.h"

/* --- Nests --- */

/* a.txt, then inner.tar.gz with b.txt twice packed, then a folder, then c.txt. */
static struct nest nest(void)
{
    struct nest inner = { 0 };
    nest_tar_add(&inner, "b.txt.gz", '0', nest_pack("gzip", nest_pack("gzip", nest_text("bravo"))));
    nest_tar_end(&inner);
    struct nest outer = { 0 };
    nest_tar_add(&outer, "a.txt", '0', nest_text("alpha"));
    nest_tar_add(&outer, "inner.tar.gz", '0', nest_pack("gzip", inner));
    nest_tar_add(&outer, "folder/", '5', nest_text(""));
    nest_tar_add(&outer, "c.txt", '0', nest_text("charlie"));
    nest_tar_end(&outer);
    return outer;
}

static const char nest_walked[] = "enter src\n"
                                  "leaf src!a.txt = alpha\n"
                                  "enter src!inner.tar.gz\n"
                                  "leaf src!inner.tar.gz!b.txt.gz = bravo\n"
                                  "leave src!inner.tar.gz\n"
                                  "entry src!folder/\n"
                                  "leaf src!c.txt = charlie\n"
                                  "leave src\n";

static void test_nest(void)
{
    struct nest bytes = nest();
    struct walked record;
    walk_memory(bytes, NULL, NULL, &record);
    check_record(&record, nest_walked);
    free(bytes.data);
}

static void test_plain(void)
{
    struct nest bytes = nest_text("just text\n");
    struct walked record;
    walk_memory(bytes, NULL, NULL, &record);
    check_record(&record, "leaf src = just text\n\n");
    bytes.len = 0;
    walk_memory(bytes, NULL, NULL, &record);
    check_record(&record, "leaf src = \n");
    free(bytes.data);
}

/* Cut and waiting anywhere, the walk is the same. */
/* What a format is told by is seen whole, though the source shows a byte at a time. */
static void test_small_window(void)
{
    struct nest bytes = nest_pack("gzip", nest());
    struct split_plan plan = { .piece_max = 1, .window_max = 1 };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct walked record;
    walk_all(split_reader(leat_memory(&ctx, bytes.data, bytes.len), &plan), NULL, &record);
    check_record(&record, nest_walked);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

static void test_split(uint64_t seed)
{
    struct nest bytes = nest();
    bytes = nest_pack("gzip", bytes);
    struct split_plan plan = split_plan_of(seed);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct walked record;
    walk_all(split_reader(leat_memory(&ctx, bytes.data, bytes.len), &plan), NULL, &record);
    check_record(&record, nest_walked);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* A zip wants to seek: inside a stream that waits it is kept, and met as in memory. */
static void test_zip_split(uint64_t seed)
{
    struct nest zip = { 0 };
    struct nest directory = { 0 };
    nest_zip_add(&zip, &directory, "nest.tar", nest());
    nest_zip_add(&zip, &directory, "d.txt.gz", nest_pack("gzip", nest_text("delta")));
    nest_zip_end(&zip, directory, 2);
    zip = nest_pack("gzip", zip);
    struct split_plan plan = split_plan_of(seed);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct walked record;
    walk_all(split_reader(leat_memory(&ctx, zip.data, zip.len), &plan), NULL, &record);
    check_record(&record, "enter src\n"
                          "enter src!nest.tar\n"
                          "leaf src!nest.tar!a.txt = alpha\n"
                          "enter src!nest.tar!inner.tar.gz\n"
                          "leaf src!nest.tar!inner.tar.gz!b.txt.gz = bravo\n"
                          "leave src!nest.tar!inner.tar.gz\n"
                          "entry src!nest.tar!folder/\n"
                          "leaf src!nest.tar!c.txt = charlie\n"
                          "leave src!nest.tar\n"
                          "leaf src!d.txt.gz = delta\n"
                          "leave src\n");
    leat_ctx_fini(&ctx);
    free(zip.data);
}

/* Whether bytes follow a layer's end is asked of a source that may wait before it knows. */
static void test_trailing_split(uint64_t seed)
{
    struct nest packed = nest_pack("gzip", nest_pack("gzip", nest_text("text")));
    bool trails = seed % 2 == 0;
    if (trails)
        nest_add(&packed, "garbage", 7);
    struct split_plan plan = split_plan_of(seed);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct walked record;
    walk_all(split_reader(leat_memory(&ctx, packed.data, packed.len), &plan), NULL, &record);
    check_record(&record, trails ? "leaf src = text\nfault src: gzip\n" : "leaf src = text\n");
    leat_ctx_fini(&ctx);
    free(packed.data);
}

/* Cut at each byte: what comes before the cut is as it was, and something says that it was cut. */
static void test_cut(void)
{
    struct nest whole = nest_pack("gzip", nest());
    for (size_t len = 1; len < whole.len; len++) {
        check_says("cut", len);
        struct nest cut = { .data = whole.data, .len = len };
        struct walked record;
        walk_memory(cut, NULL, NULL, &record);
        record.text[record.len] = '\0';
        bool told = strstr(record.text, "FAULT") != NULL || strstr(record.text, "fault ") != NULL;
        /* What is shorter than a magic number is text. */
        check(told || len < 4);
    }
    free(whole.data);
}

static void test_keep(void)
{
    struct nest packed = nest_pack("gzip", nest_text("x"));
    struct leat_walk_options options = { .peel.keep_layers = true };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_peel(leat_memory(&ctx, packed.data, packed.len), &options.peel);
    struct leat_span window;
    check_status(leat_peek(r, packed.len, &window), LEAT_OK);
    check_bytes(window.data, window.len, packed.data, packed.len);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    free(packed.data);
}

/* What a peel would come upon is found without one, and consumes nothing. */
static void test_finds(void)
{
    struct nest packed = nest_pack("gzip", nest_text("x"));
    struct leat_peel_options keeps = { .keep_layers = true };
    const struct leat_format *format;
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r = leat_memory(&ctx, packed.data, packed.len);
    check_status(leat_peel_finds(r, NULL, &format), LEAT_OK);
    check(format == nest_format("gzip"));
    check_status(leat_peel_finds(r, &keeps, &format), LEAT_OK);
    check(format == NULL);
    check_equal(leat_tell(r), 0);
    leat_reader_close(r);
    struct split_plan plan = { .piece_max = 1, .window_max = 1 };
    r = split_reader(leat_memory(&ctx, packed.data, packed.len), &plan);
    check_status(leat_peel_finds(r, NULL, &format), LEAT_LIMIT);
    leat_reader_close(r);
    r = leat_memory(&ctx, "", 0);
    check_status(leat_peel_finds(r, NULL, &format), LEAT_OK);
    check(format == NULL);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    free(packed.data);
}

/* --- What the caller chooses --- */

static enum leat_want only_inner(void *user, struct leat_span place, const struct leat_entry *entry)
{
    (void)user;
    (void)place;
    bool packed =
        entry->name.len > 3 && memcmp(entry->name.data + entry->name.len - 3, ".gz", 3) == 0;
    return packed ? LEAT_WANT_LAYERS : LEAT_WANT_NONE;
}

static void test_wants(void)
{
    struct nest bytes = nest();
    struct leat_walk_options options = { .wants = only_inner };
    struct walked record;
    walk_memory(bytes, NULL, &options, &record);
    check_record(&record, "enter src\n"
                          "enter src!inner.tar.gz\n"
                          "leaf src!inner.tar.gz!b.txt.gz = bravo\n"
                          "leave src!inner.tar.gz\n"
                          "leave src\n");
    free(bytes.data);
}

static enum leat_want only_entries(void *user, struct leat_span place,
                                   const struct leat_entry *entry)
{
    (void)user;
    (void)place;
    check(entry->name.len > 0);
    return LEAT_WANT_ENTRY;
}

/* Steps without bytes, also where they are those of a container. */
static void test_wants_entries(void)
{
    struct nest bytes = nest();
    struct leat_walk_options options = { .wants = only_entries };
    struct walked record;
    walk_memory(bytes, NULL, &options, &record);
    check_record(&record, "enter src\n"
                          "entry src!a.txt\n"
                          "entry src!inner.tar.gz\n"
                          "entry src!folder/\n"
                          "entry src!c.txt\n"
                          "leave src\n");
    free(bytes.data);
}

/* Every second entry is another walk's. A turn may look at all that follows, if it comes back. */
static enum leat_status turn_second(void *user, struct leat_container *c, uint64_t *ret_until)
{
    struct leat_entry entry;
    struct leat_mark here;
    ++*(unsigned *)user;
    if (leat_next(c, &entry) != LEAT_OK)
        return LEAT_END;
    check(leat_container_mark(c, &here));
    *ret_until = here.index + 1;
    while (leat_next(c, &entry) == LEAT_OK)
        check(entry.index >= here.index);
    check_status(leat_container_resume(c, &here), LEAT_OK);
    return LEAT_OK;
}

static void test_turns(void)
{
    struct nest bytes = nest();
    unsigned turns = 0;
    struct leat_walk_options options = { .turn = turn_second, .user = &turns };
    struct walked record;
    walk_memory(bytes, NULL, &options, &record);
    check_record(&record, "enter src\n"
                          "enter src!inner.tar.gz\n"
                          "leaf src!inner.tar.gz!b.txt.gz = bravo\n"
                          "leave src!inner.tar.gz\n"
                          "leaf src!c.txt = charlie\n"
                          "leave src\n");
    check_equal(turns, 3);
    free(bytes.data);
}

static void test_skip(void)
{
    struct nest bytes = nest();
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_span place = { .data = (const uint8_t *)"p", .len = 1 };
    struct leat_walk *walk = leat_walk_open(leat_memory(&ctx, bytes.data, bytes.len), place, NULL);
    struct leat_step step;
    unsigned leaves = 0;
    while (leat_walk_next(walk, &step) == LEAT_OK) {
        if (step.kind == LEAT_STEP_ENTER && step.depth == 1)
            leat_walk_skip(walk);
        leaves += step.kind == LEAT_STEP_LEAF;
    }
    check_equal(leaves, 2);
    leat_walk_close(walk);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* --- Trouble --- */

/* A member that lies about itself is told, and the walk goes on behind it. */
static void test_broken_member(void)
{
    struct nest packed = nest_pack("gzip", nest_text("never seen whole"));
    packed.data[packed.len - 6] ^= 0xFF;
    struct nest outer = { 0 };
    nest_tar_add(&outer, "bad.gz", '0', packed);
    nest_tar_add(&outer, "good.txt", '0', nest_text("good"));
    nest_tar_end(&outer);
    struct walked record;
    walk_memory(outer, NULL, NULL, &record);
    check_record(&record, "enter src\n"
                          "leaf src!bad.gz = never seen whole FAULT\n"
                          "leaf src!good.txt = good\n"
                          "leave src\n");
    free(outer.data);
}

static void test_trailing(void)
{
    struct nest packed = nest_pack("gzip", nest_text("text"));
    nest_add(&packed, "garbage", 7);
    struct walked record;
    walk_memory(packed, NULL, NULL, &record);
    check_record(&record, "leaf src = text\nfault src: gzip\n");
    free(packed.data);
}

static void test_depth(void)
{
    struct nest bytes = nest_text("deep");
    for (unsigned i = 0; i < 5; i++)
        bytes = nest_pack("gzip", bytes);
    struct leat_limits limits = { .depth_max = 4 };
    struct walked record;
    walk_memory(bytes, &limits, NULL, &record);
    check_record(&record, "leaf src =  FAULT\n");
    free(bytes.data);
    struct nest nested = nest();
    limits.depth_max = 1;
    walk_memory(nested, &limits, NULL, &record);
    record.text[record.len] = '\0';
    check(strstr(record.text, "fault src!inner.tar.gz: walk\n") != NULL);
    check(strstr(record.text, "leaf src!c.txt = charlie\n") != NULL);
    free(nested.data);
}

static uint64_t looks_ns(const struct leat_ctx *ctx)
{
    static uint64_t looked;
    (void)ctx;
    return looked += 1000;
}

/* An archive of nothing but names takes time as well, and is left when it took too much. */
static void test_time(void)
{
    enum { FOLDERS = 1000 };
    struct nest bytes = { 0 };
    for (unsigned i = 0; i < FOLDERS; i++)
        nest_tar_add(&bytes, "folder/", '5', nest_text(""));
    nest_tar_end(&bytes);
    struct leat_ctx_options options = { .limits = { .time_max_ns = 2000 }, .cpu_ns = looks_ns };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &options);
    struct leat_walk *walk = leat_walk_open(leat_memory(&ctx, bytes.data, bytes.len),
                                            (struct leat_span){ (const uint8_t *)"p", 1 }, NULL);
    struct leat_step step;
    unsigned steps[LEAT_STEP_FAULT + 1] = { 0 };
    while (leat_walk_next(walk, &step) == LEAT_OK) {
        steps[step.kind]++;
        check(step.kind != LEAT_STEP_FAULT || step.fault->code == LEAT_FAULT_BOUND);
    }
    check(steps[LEAT_STEP_ENTRY] > 0 && steps[LEAT_STEP_ENTRY] < FOLDERS);
    check_equal(steps[LEAT_STEP_FAULT], 1);
    check_equal(steps[LEAT_STEP_LEAVE], 1);
    leat_walk_close(walk);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* Closing in the middle, at every step. */
static void test_close_early(void)
{
    struct nest bytes = nest();
    for (unsigned steps = 0; steps < 9; steps++) {
        struct leat_ctx ctx;
        leat_ctx_init(&ctx, NULL);
        struct leat_span place = { .data = (const uint8_t *)"p", .len = 1 };
        struct leat_walk *walk =
            leat_walk_open(leat_memory(&ctx, bytes.data, bytes.len), place, NULL);
        struct leat_step step;
        for (unsigned i = 0; i < steps; i++)
            (void)!leat_walk_next(walk, &step);
        leat_walk_close(walk);
        leat_ctx_fini(&ctx);
    }
    free(bytes.data);
}

/* The n-th allocation fails, for every n: no leak, no crash, and nothing is taken for the end. */
struct rationed {
    size_t left;
};

static void *rationed_resize(void *user, void *old, size_t size)
{
    struct rationed *rationed = user;
    if (old != NULL) {
        free(old);
        return NULL;
    }
    if (rationed->left == 0)
        return NULL;
    rationed->left--;
    return malloc(size);
}

static void test_memory(void)
{
    struct nest bytes = nest();
    bool whole = false;
    for (size_t n = 1; n < 200 && !whole; n++) {
        check_says("allocations", n);
        struct rationed rationed = { .left = n };
        struct leat_ctx_options options = { .alloc = { rationed_resize, &rationed } };
        struct leat_ctx ctx;
        leat_ctx_init(&ctx, &options);
        struct leat_span place = { .data = (const uint8_t *)"src", .len = 3 };
        struct leat_walk *walk =
            leat_walk_open(leat_memory(&ctx, bytes.data, bytes.len), place, NULL);
        struct walked record = { 0 };
        struct leat_step step;
        while (walk != NULL && leat_walk_next(walk, &step) == LEAT_OK)
            note_step(&record, &step);
        leat_walk_close(walk);
        leat_ctx_fini(&ctx);
        whole =
            record.len == strlen(nest_walked) && memcmp(record.text, nest_walked, record.len) == 0;
        record.text[record.len] = '\0';
        check(whole || walk == NULL || strstr(record.text, "FAULT") != NULL ||
              strstr(record.text, "fault ") != NULL);
    }
    check(whole);
    free(bytes.data);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    if (nest_format("gzip") == NULL || nest_format("tar") == NULL)
        return 77; /* this build lacks what the nests are made of */
    check_run(test_plain);
    check_run(test_nest);
    check_run(test_small_window);
    check_run(test_cut);
    check_run(test_keep);
    check_run(test_finds);
    check_run(test_wants);
    check_run(test_wants_entries);
    check_run(test_turns);
    check_run(test_skip);
    check_run(test_broken_member);
    check_run(test_trailing);
    check_run(test_depth);
    check_run(test_time);
    check_run(test_close_early);
    check_run(test_memory);
    for (uint64_t i = 0; i < 50 * options.rounds; i++) {
        check_says("seed", options.seed + i);
        test_split(options.seed + i);
        if (nest_format("zip") != NULL)
            test_zip_split(options.seed + i);
        test_trailing_split(options.seed + i);
    }
    return 0;
}
