/* Shows that layers come off by content and that a walk meets every entry once, in order, under its
 * place; by walking nests built here from the catalogue's own encoder and a handmade tar, whole,
 * damaged, and through a source that is cut and waits. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "leat/layer/walk.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/split.h"

struct bytes {
    uint8_t *data;
    size_t len;
};

static struct bytes bytes_of(const char *text)
{
    struct bytes bytes = { .data = (uint8_t *)strdup(text), .len = strlen(text) };
    check(bytes.data != NULL);
    return bytes;
}

static void add(struct bytes *bytes, const void *data, size_t len)
{
    bytes->data = realloc(bytes->data, bytes->len + len);
    check(bytes->data != NULL);
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}

static const struct leat_format *format_named(const char *name)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        if (strcmp(leat_formats[i]->name, name) == 0)
            return leat_formats[i];
    }
    return NULL;
}

/* `inside`, which is freed, as the format's encoder packs it. */
static struct bytes pack(const char *format, struct bytes inside)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_reader *r =
        leat_pull(leat_memory(&ctx, inside.data, inside.len), format_named(format)->encoder, NULL);
    struct bytes packed = { 0 };
    struct leat_span window;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &window)) == LEAT_OK) {
        add(&packed, window.data, window.len);
        leat_consume(r, window.len);
    }
    check_status(status, LEAT_END);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    free(inside.data);
    return packed;
}

/* One ustar entry behind `tar`; `inside` is freed. */
static void tar_add(struct bytes *tar, const char *name, char type, struct bytes inside)
{
    char header[512] = { 0 };
    snprintf(header, 100, "%s", name);
    snprintf(header + 100, 8, "%07o", 0644);
    snprintf(header + 124, 12, "%011o", (unsigned)inside.len);
    snprintf(header + 136, 12, "%011o", 0u);
    memset(header + 148, ' ', 8);
    header[156] = type;
    memcpy(header + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(header); i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    add(tar, header, sizeof(header));
    add(tar, inside.data, inside.len);
    static const char zeros[512];
    add(tar, zeros, (512 - inside.len % 512) % 512);
    free(inside.data);
}

static void tar_end(struct bytes *tar)
{
    static const char zeros[1024];
    add(tar, zeros, sizeof(zeros));
}

/* --- Zip, by hand --- */

static void put_le(struct bytes *bytes, uint32_t value, unsigned len)
{
    uint8_t le[4];
    for (unsigned i = 0; i < len; i++)
        le[i] = (uint8_t)(value >> 8 * i);
    add(bytes, le, len);
}

static uint32_t crc32_of(struct bytes bytes)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= bytes.data[i];
        for (unsigned k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* What a stored entry's local header and its directory entry have in common. */
static void zip_put_common(struct bytes *zip, const char *name, struct bytes inside)
{
    put_le(zip, 20, 2);
    put_le(zip, 0, 2); /* flags */
    put_le(zip, 0, 2); /* stored */
    put_le(zip, 0x00210000, 4);
    put_le(zip, crc32_of(inside), 4);
    put_le(zip, (uint32_t)inside.len, 4);
    put_le(zip, (uint32_t)inside.len, 4);
    put_le(zip, (uint32_t)strlen(name), 2);
    put_le(zip, 0, 2);
}

/* One stored entry behind `zip`, and its directory entry behind `directory`; `inside` is freed. */
static void zip_add(struct bytes *zip, struct bytes *directory, const char *name,
                    struct bytes inside)
{
    uint32_t at = (uint32_t)zip->len;
    add(zip, "PK\3\4", 4);
    zip_put_common(zip, name, inside);
    add(zip, name, strlen(name));
    add(zip, inside.data, inside.len);
    add(directory, "PK\1\2", 4);
    put_le(directory, 20, 2);
    zip_put_common(directory, name, inside);
    for (unsigned i = 0; i < 5; i++)
        put_le(directory, 0, 2);
    put_le(directory, at, 4);
    add(directory, name, strlen(name));
    free(inside.data);
}

/* `directory` is freed. */
static void zip_end(struct bytes *zip, struct bytes directory, unsigned entries)
{
    uint32_t at = (uint32_t)zip->len;
    add(zip, directory.data, directory.len);
    add(zip, "PK\5\6", 4);
    put_le(zip, 0, 4);
    put_le(zip, entries, 2);
    put_le(zip, entries, 2);
    put_le(zip, (uint32_t)directory.len, 4);
    put_le(zip, at, 4);
    put_le(zip, 0, 2);
    free(directory.data);
}

/* --- Walking, written down --- */

struct record {
    char text[4096];
    size_t len;
};

static void note(struct record *record, const char *word, const struct leat_step *step)
{
    record->len +=
        (size_t)snprintf(record->text + record->len, sizeof(record->text) - record->len, "%s %.*s",
                         word, (int)step->place.len, (const char *)step->place.data);
    check(record->len < sizeof(record->text));
}

static void note_text(struct record *record, const char *text, size_t len)
{
    record->len += (size_t)snprintf(record->text + record->len, sizeof(record->text) - record->len,
                                    "%.*s", (int)len, text);
    check(record->len < sizeof(record->text));
}

/* Read a leaf to its end, whatever that is. */
static void note_leaf(struct record *record, struct leat_reader *r)
{
    note_text(record, " = ", 3);
    enum leat_status status;
    struct leat_span window;
    while ((status = leat_peek(r, 1, &window)) == LEAT_OK || status == LEAT_AGAIN) {
        if (status == LEAT_AGAIN) {
            drive_wait(r);
            continue;
        }
        note_text(record, (const char *)window.data, window.len);
        leat_consume(r, window.len);
    }
    if (status == LEAT_FAULT)
        note_text(record, " FAULT", 6);
}

static void note_step(struct record *record, const struct leat_step *step)
{
    switch (step->kind) {
    case LEAT_STEP_LEAF:
        note(record, "leaf", step);
        note_leaf(record, step->reader);
        break;
    case LEAT_STEP_ENTER:
        note(record, "enter", step);
        break;
    case LEAT_STEP_LEAVE:
        note(record, "leave", step);
        break;
    case LEAT_STEP_ENTRY:
        note(record, "entry", step);
        break;
    case LEAT_STEP_FAULT:
        note(record, "fault", step);
        note_text(record, ": ", 2);
        note_text(record, step->fault->part, strlen(step->fault->part));
        break;
    }
    note_text(record, "\n", 1);
}

struct alarm {
    struct leat_wake wake;
    unsigned fired;
};

static void ring(struct leat_wake *wake)
{
    ((struct alarm *)wake)->fired++;
}

static void wait_for(struct leat_walk *walk)
{
    struct alarm alarm = { .wake.fire = ring };
    check_status(leat_walk_arm(walk, &alarm.wake), LEAT_OK);
    check_equal(alarm.fired, 1);
}

static void walk_all(struct leat_reader *src, const struct leat_walk_options *options,
                     struct record *record)
{
    struct leat_span place = { .data = (const uint8_t *)"src", .len = 3 };
    struct leat_walk *walk = leat_walk_open(src, place, options);
    check(walk != NULL);
    *record = (struct record){ 0 };
    struct leat_step step;
    enum leat_status status;
    while ((status = leat_walk_next(walk, &step)) != LEAT_END) {
        if (status == LEAT_AGAIN)
            wait_for(walk);
        else
            note_step(record, &step);
    }
    leat_walk_close(walk);
}

static void walk_memory(struct bytes bytes, const struct leat_limits *limits,
                        const struct leat_walk_options *options, struct record *record)
{
    struct leat_ctx_options ctx_options = { 0 };
    if (limits != NULL)
        ctx_options.limits = *limits;
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &ctx_options);
    walk_all(leat_memory(&ctx, bytes.data, bytes.len), options, record);
    leat_ctx_fini(&ctx);
}

static void check_record(const struct record *record, const char *expected)
{
    check_bytes(record->text, record->len, expected, strlen(expected));
}

/* --- Nests --- */

/* a.txt, then inner.tar.gz with b.txt twice packed, then a folder, then c.txt. */
static struct bytes nest(void)
{
    struct bytes inner = { 0 };
    tar_add(&inner, "b.txt.gz", '0', pack("gzip", pack("gzip", bytes_of("bravo"))));
    tar_end(&inner);
    struct bytes outer = { 0 };
    tar_add(&outer, "a.txt", '0', bytes_of("alpha"));
    tar_add(&outer, "inner.tar.gz", '0', pack("gzip", inner));
    tar_add(&outer, "folder/", '5', bytes_of(""));
    tar_add(&outer, "c.txt", '0', bytes_of("charlie"));
    tar_end(&outer);
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
    struct bytes bytes = nest();
    struct record record;
    walk_memory(bytes, NULL, NULL, &record);
    check_record(&record, nest_walked);
    free(bytes.data);
}

static void test_plain(void)
{
    struct bytes bytes = bytes_of("just text\n");
    struct record record;
    walk_memory(bytes, NULL, NULL, &record);
    check_record(&record, "leaf src = just text\n\n");
    bytes.len = 0;
    walk_memory(bytes, NULL, NULL, &record);
    check_record(&record, "leaf src = \n");
    free(bytes.data);
}

/* Cut and waiting anywhere, the walk is the same. */
static void test_split(uint64_t seed)
{
    struct bytes bytes = nest();
    bytes = pack("gzip", bytes);
    struct split_plan plan = split_plan_of(seed);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct record record;
    walk_all(split_reader(leat_memory(&ctx, bytes.data, bytes.len), &plan), NULL, &record);
    check_record(&record, nest_walked);
    leat_ctx_fini(&ctx);
    free(bytes.data);
}

/* A zip wants to seek: inside a stream that waits it is kept, and met as in memory. */
static void test_zip_split(uint64_t seed)
{
    struct bytes zip = { 0 };
    struct bytes directory = { 0 };
    zip_add(&zip, &directory, "nest.tar", nest());
    zip_add(&zip, &directory, "d.txt.gz", pack("gzip", bytes_of("delta")));
    zip_end(&zip, directory, 2);
    zip = pack("gzip", zip);
    struct split_plan plan = split_plan_of(seed);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct record record;
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
    struct bytes packed = pack("gzip", pack("gzip", bytes_of("text")));
    bool trails = seed % 2 == 0;
    if (trails)
        add(&packed, "garbage", 7);
    struct split_plan plan = split_plan_of(seed);
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct record record;
    walk_all(split_reader(leat_memory(&ctx, packed.data, packed.len), &plan), NULL, &record);
    check_record(&record, trails ? "leaf src = text\nfault src: gzip\n" : "leaf src = text\n");
    leat_ctx_fini(&ctx);
    free(packed.data);
}

/* Cut at each byte: what comes before the cut is as it was, and something says that it was cut. */
static void test_cut(void)
{
    struct bytes whole = pack("gzip", nest());
    for (size_t len = 1; len < whole.len; len++) {
        check_says("cut", len);
        struct bytes cut = { .data = whole.data, .len = len };
        struct record record;
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
    struct bytes packed = pack("gzip", bytes_of("x"));
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
    struct bytes bytes = nest();
    struct leat_walk_options options = { .wants = only_inner };
    struct record record;
    walk_memory(bytes, NULL, &options, &record);
    check_record(&record, "enter src\n"
                          "enter src!inner.tar.gz\n"
                          "leaf src!inner.tar.gz!b.txt.gz = bravo\n"
                          "leave src!inner.tar.gz\n"
                          "leave src\n");
    free(bytes.data);
}

static bool claims_odd(void *user, uint64_t index)
{
    (void)user;
    return index % 2 == 1;
}

static void test_claims(void)
{
    struct bytes bytes = nest();
    struct leat_walk_options options = { .claims = claims_odd };
    struct record record;
    walk_memory(bytes, NULL, &options, &record);
    check_record(&record, "enter src\n"
                          "enter src!inner.tar.gz\n"
                          "leaf src!inner.tar.gz!b.txt.gz = bravo\n"
                          "leave src!inner.tar.gz\n"
                          "leaf src!c.txt = charlie\n"
                          "leave src\n");
    free(bytes.data);
}

static void test_skip(void)
{
    struct bytes bytes = nest();
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
    struct bytes packed = pack("gzip", bytes_of("never seen whole"));
    packed.data[packed.len - 6] ^= 0xFF;
    struct bytes outer = { 0 };
    tar_add(&outer, "bad.gz", '0', packed);
    tar_add(&outer, "good.txt", '0', bytes_of("good"));
    tar_end(&outer);
    struct record record;
    walk_memory(outer, NULL, NULL, &record);
    check_record(&record, "enter src\n"
                          "leaf src!bad.gz = never seen whole FAULT\n"
                          "leaf src!good.txt = good\n"
                          "leave src\n");
    free(outer.data);
}

static void test_trailing(void)
{
    struct bytes packed = pack("gzip", bytes_of("text"));
    add(&packed, "garbage", 7);
    struct record record;
    walk_memory(packed, NULL, NULL, &record);
    check_record(&record, "leaf src = text\nfault src: gzip\n");
    free(packed.data);
}

static void test_depth(void)
{
    struct bytes bytes = bytes_of("deep");
    for (unsigned i = 0; i < 5; i++)
        bytes = pack("gzip", bytes);
    struct leat_limits limits = { .depth_max = 4 };
    struct record record;
    walk_memory(bytes, &limits, NULL, &record);
    check_record(&record, "leaf src =  FAULT\n");
    free(bytes.data);
    struct bytes nested = nest();
    limits.depth_max = 1;
    walk_memory(nested, &limits, NULL, &record);
    record.text[record.len] = '\0';
    check(strstr(record.text, "fault src!inner.tar.gz: walk\n") != NULL);
    check(strstr(record.text, "leaf src!c.txt = charlie\n") != NULL);
    free(nested.data);
}

/* Closing in the middle, at every step. */
static void test_close_early(void)
{
    struct bytes bytes = nest();
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
    struct bytes bytes = nest();
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
        struct record record = { 0 };
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
    if (format_named("gzip") == NULL || format_named("tar") == NULL)
        return 77; /* this build lacks what the nests are made of */
    check_run(test_plain);
    check_run(test_nest);
    check_run(test_cut);
    check_run(test_keep);
    check_run(test_wants);
    check_run(test_claims);
    check_run(test_skip);
    check_run(test_broken_member);
    check_run(test_trailing);
    check_run(test_depth);
    check_run(test_close_early);
    check_run(test_memory);
    for (uint64_t i = 0; i < 50 * options.rounds; i++) {
        check_says("seed", options.seed + i);
        test_split(options.seed + i);
        if (format_named("zip") != NULL)
            test_zip_split(options.seed + i);
        test_trailing_split(options.seed + i);
    }
    return 0;
}
