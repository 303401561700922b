/* Every format of the catalogue that can be written: what is packed comes out again as it went in,
 * whatever the sink's rooms are and however often it is full, and the same bytes each time; each
 * allocation may fail, and so may the sink, once at each place; what a format cannot hold is
 * refused and harms nothing else. */

#include <stdio.h>
#include <string.h>

#include "leat/container/pack.h"
#include "leat/core/bytes.h"
#include "leat/core/copy.h"
#include "leat/core/format.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"
#include "tests/support/sweep.h"

enum { BIG_LEN = 150000, LONG_LEN = 300 };

struct item {
    const char *name;
    enum leat_entry_kind kind;
    uint32_t mode;
    int64_t mtime_s;
    uint32_t mtime_ns; /* where the format keeps it */
    const char *target;
    const struct sink *content;
    bool unknown; /* its size is, where the format can do without */
};

static char long_name[LONG_LEN + 1], split_name[200], long_target[LONG_LEN + 1];
static struct sink small, big;

static const struct item items[] = {
    { "a", LEAT_ENTRY_FILE, 0644, 1700000000, 0, "", &small, false },
    { "folder", LEAT_ENTRY_FOLDER, 0755, 1700000002, 0, "", NULL, false },
    { "folder/link", LEAT_ENTRY_LINK, 0777, 1700000004, 0, "../a", NULL, false },
    { "folder/empty", LEAT_ENTRY_FILE, 0600, 315532800, 12003000, "", NULL, false },
    { "n\xc3\xa4me", LEAT_ENTRY_FILE, 0751, 2147483646, 0, "", &big, true },
    { split_name, LEAT_ENTRY_FILE, 0644, 951782400, 0, "", &small, false },
    { long_name, LEAT_ENTRY_FILE, 0644, 1709164800, 0, "", &small, false },
    { "to/long", LEAT_ENTRY_LINK, 0777, 1700000004, 0, long_target, NULL, false },
    { "last/", LEAT_ENTRY_FOLDER, 0700, 1700000000, 0, "", NULL, false },
};
#define ITEMS_LEN (sizeof(items) / sizeof(items[0]))

/* Whether the format has such entries; all but ar have all. */
static bool has(const struct leat_format *format, const struct item *item)
{
    return item->kind == LEAT_ENTRY_FILE || strcmp(format->name, "ar") != 0;
}

static void make_contents(void)
{
    memset(long_name, 'n', LONG_LEN);
    memset(long_target, 't', LONG_LEN);
    memset(split_name, 's', sizeof(split_name) - 1);
    split_name[100] = '/';
    codec_text(&small, 700, 1, 50);
    codec_text(&big, BIG_LEN, 2, 100);
}

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ .data = (const uint8_t *)text, .len = strlen(text) };
}

/* --- Packing --- */

static void fired(struct leat_wake *wake)
{
    (void)wake;
}

static void wait_for(struct leat_pack *p)
{
    struct leat_wake wake = { .fire = fired };
    check_status(leat_pack_arm(p, &wake), LEAT_OK);
}

static enum leat_status write_content(struct leat_pack *p, struct leat_writer *w,
                                      const struct sink *content)
{
    enum leat_status status = LEAT_OK;
    struct leat_reader *r = leat_memory(p->ctx, content->data, content->len);
    do {
        uint64_t done;
        status = leat_copy(w, r, UINT64_MAX, &done);
        if (status == LEAT_FULL)
            wait_for(p);
    } while (status == LEAT_FULL);
    leat_reader_close(r);
    return status == LEAT_END ? LEAT_OK : status;
}

#define UNTIL_ROOM(p, call)                                                                        \
    while ((status = (call)) == LEAT_FULL)                                                         \
    wait_for(p)

static enum leat_status pack_item(struct leat_pack *p, const struct item *item, bool unknown)
{
    static const struct sink nothing;
    const struct sink *content = item->content != NULL ? item->content : &nothing;
    struct leat_entry entry = {
        .name = span_of(item->name),
        .target = span_of(item->target),
        .kind = item->kind,
        .size = unknown && item->unknown ? LEAT_SIZE_UNKNOWN : content->len,
        .mtime_s = item->mtime_s,
        .mtime_ns = item->mtime_ns,
        .mode = item->mode,
    };
    struct leat_writer *w;
    enum leat_status status;
    UNTIL_ROOM(p, leat_pack_entry(p, &entry, &w));
    if (status == LEAT_OK && content->len > 0)
        status = write_content(p, w, content);
    if (status == LEAT_OK)
        UNTIL_ROOM(p, leat_pack_end(p));
    return status;
}

static enum leat_status pack_all(const struct leat_format *format, struct leat_pack *p,
                                 bool unknown)
{
    enum leat_status status = LEAT_OK;
    for (size_t i = 0; i < ITEMS_LEN && status == LEAT_OK; i++) {
        if (has(format, &items[i]))
            status = pack_item(p, &items[i], unknown);
    }
    if (status == LEAT_OK)
        UNTIL_ROOM(p, leat_pack_finish(p));
    return status;
}

/* What a plain run makes. */
static struct sink packed_by(const struct leat_format *format,
                             const struct leat_pack_options *options, bool unknown)
{
    static const struct split_plan wide = { .piece_max = 64 * 1024 };
    struct leat_ctx ctx;
    struct sink sink = { .pull_max = SIZE_MAX };
    leat_ctx_init(&ctx, NULL);
    struct leat_pack *p = format->pack(sink_writer(&sink, &ctx, &wide), options);
    check_status(pack_all(format, p, unknown), LEAT_OK);
    check_equal(sink.flushes[LEAT_FLUSH_FINISH], 1);
    leat_pack_close(p);
    leat_ctx_fini(&ctx);
    return sink;
}

/* --- Reading it back --- */

static void check_content(struct leat_container *c, const struct leat_entry *entry,
                          const void *data, size_t len)
{
    struct leat_reader *r = leat_entry_open(c, entry, NULL);
    size_t at = 0;
    struct leat_span window;
    while (leat_peek(r, 1, &window) == LEAT_OK) {
        check(window.len <= len - at);
        check_bytes(window.data, window.len, (const uint8_t *)data + at, window.len);
        at += window.len;
        leat_consume(r, window.len);
    }
    check(leat_reader_fault(r) == NULL);
    check_equal(at, len);
    leat_reader_close(r);
}

static void check_entry(struct leat_container *c, const struct item *item)
{
    struct leat_entry entry;
    check_says("item", (uint64_t)(item - items));
    check_status(leat_next(c, &entry), LEAT_OK);
    size_t name_len = strlen(item->name);
    check(entry.name.len >= name_len && memcmp(entry.name.data, item->name, name_len) == 0);
    check(entry.kind == item->kind);
    check_equal(entry.mode & 0777, item->mode);
    check(entry.mtime_s == item->mtime_s);
    check(entry.mtime_ns == 0 || entry.mtime_ns == item->mtime_ns);
    if (item->kind != LEAT_ENTRY_LINK) {
        bool is = item->content != NULL;
        check_content(c, &entry, is ? item->content->data : NULL, is ? item->content->len : 0);
    } else if (entry.target.len > 0) {
        check_bytes(entry.target.data, entry.target.len, item->target, strlen(item->target));
    } else {
        check_content(c, &entry, item->target, strlen(item->target));
    }
}

static void check_packed(const struct leat_format *format, const struct sink *packed)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = format->unpack(leat_memory(&ctx, packed->data, packed->len));
    for (size_t i = 0; i < ITEMS_LEN; i++) {
        if (has(format, &items[i]))
            check_entry(c, &items[i]);
    }
    struct leat_entry entry;
    check_status(leat_next(c, &entry), LEAT_END);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
}

/* --- The tests --- */

static const struct leat_pack_options stored = { .stored = true };

/* Whether it can write a file whose size it is not told. */
static bool needs_size(const struct leat_format *format)
{
    struct leat_ctx ctx;
    struct sink sink = { 0 };
    leat_ctx_init(&ctx, NULL);
    struct leat_pack *p = format->pack(sink_writer(&sink, &ctx, &(struct split_plan){ 0 }), NULL);
    struct leat_writer *w;
    struct leat_entry entry = { .name = span_of("a"), .size = LEAT_SIZE_UNKNOWN };
    enum leat_status status = leat_pack_entry(p, &entry, &w);
    if (status == LEAT_FAULT) {
        check(leat_pack_refused(p) && leat_pack_fault(p)->code == LEAT_FAULT_UNSUPPORTED);
        check_status(pack_all(format, p, false), LEAT_OK);
        check(leat_pack_fault(p) == NULL);
        leat_pack_close(p);
        check_packed(format, &sink);
    } else {
        leat_pack_close(p);
    }
    sink_fini(&sink);
    leat_ctx_fini(&ctx);
    return status == LEAT_FAULT;
}

static void test_round_trip(const struct leat_format *format, bool unknown)
{
    for (unsigned i = 0; i < 2; i++) {
        struct sink packed = packed_by(format, i == 0 ? NULL : &stored, unknown);
        check_packed(format, &packed);
        sink_fini(&packed);
    }
}

static void test_sinks(const struct leat_format *format, bool unknown)
{
    struct sink whole = packed_by(format, &stored, unknown);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        check_says("seed", seed);
        struct split_plan plan = split_plan_of(seed);
        struct leat_ctx ctx;
        struct sink sink = { .pull_max = seed % 3 == 0 ? 1000 : 0, .gives = seed % 3 == 1 };
        leat_ctx_init(&ctx, NULL);
        struct leat_pack *p = format->pack(sink_writer(&sink, &ctx, &plan), &stored);
        check_status(pack_all(format, p, unknown), LEAT_OK);
        leat_pack_close(p);
        leat_ctx_fini(&ctx);
        check_bytes(sink.data, sink.len, whole.data, whole.len);
        sink_fini(&sink);
    }
    sink_fini(&whole);
}

/* Encoded output depends on how the input is cut; what comes of it does not. */
static void test_encoded_sinks(const struct leat_format *format, bool unknown)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        check_says("seed", seed);
        struct split_plan plan = split_plan_of(seed);
        struct leat_ctx ctx;
        struct sink sink = { 0 };
        leat_ctx_init(&ctx, NULL);
        struct leat_pack *p = format->pack(sink_writer(&sink, &ctx, &plan), NULL);
        check_status(pack_all(format, p, unknown), LEAT_OK);
        leat_pack_close(p);
        leat_ctx_fini(&ctx);
        check_packed(format, &sink);
        sink_fini(&sink);
    }
}

static void test_allocations(const struct leat_format *format, bool unknown)
{
    static const struct split_plan plan = { .piece_max = 4096 };
    enum leat_status status = LEAT_FAULT;
    for (uint64_t n = 1; status == LEAT_FAULT; n++) {
        check_says("allocation", n);
        struct memory memory;
        struct leat_ctx ctx;
        struct sink sink = { 0 };
        memory_init(&memory);
        memory.fail_at = n;
        memory_ctx_init(&ctx, &memory);
        struct leat_pack *p = format->pack(sink_writer(&sink, &ctx, &plan), NULL);
        status = pack_all(format, p, unknown);
        if (status == LEAT_FAULT)
            check(leat_pack_fault(p)->code == LEAT_FAULT_MEMORY);
        leat_pack_close(p);
        memory_ctx_fini(&ctx, &memory);
        sink_fini(&sink);
    }
}

/* A sink that has failed stays failed, and its fault is the packer's. */
static void test_failing_sink(const struct leat_format *format, bool unknown)
{
    static const struct split_plan plan = { .piece_max = 64 };
    struct sink whole = packed_by(format, NULL, unknown);
    for (size_t at = 1; at < whole.len; at += 509) {
        check_says("fails at", at);
        struct leat_ctx ctx;
        struct sink sink = { .fails_at = at };
        leat_ctx_init(&ctx, NULL);
        struct leat_pack *p = format->pack(sink_writer(&sink, &ctx, &plan), NULL);
        check_status(pack_all(format, p, unknown), LEAT_FAULT);
        check(leat_pack_fault(p)->code == LEAT_FAULT_SYSTEM && !leat_pack_refused(p));
        check_equal(sink.flushes[LEAT_FLUSH_FINISH], 0);
        struct leat_entry entry = { .name = span_of("more") };
        struct leat_writer *w;
        check_status(leat_pack_entry(p, &entry, &w), LEAT_FAULT);
        leat_pack_close(p);
        leat_ctx_fini(&ctx);
        sink_fini(&sink);
    }
    sink_fini(&whole);
}

/* As many bytes as were announced, no more and no fewer. */
static void test_wrong_size(const struct leat_format *format)
{
    static const size_t sizes[] = { 699, 701, 0 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct leat_ctx ctx;
        struct sink sink = { .pull_max = i == 1 ? 0 : 100 };
        leat_ctx_init(&ctx, NULL);
        struct leat_pack *p =
            format->pack(sink_writer(&sink, &ctx, &(struct split_plan){ 0 }), NULL);
        struct leat_entry entry = { .name = span_of("a"), .size = sizes[i] };
        struct leat_writer *w;
        check_status(leat_pack_entry(p, &entry, &w), LEAT_OK);
        enum leat_status status = write_content(p, w, &small);
        if (status == LEAT_OK)
            status = leat_pack_end(p);
        check_status(status, LEAT_FAULT);
        leat_pack_close(p);
        leat_ctx_fini(&ctx);
        sink_fini(&sink);
    }
}

static void test_refusals(const struct leat_format *format)
{
    struct leat_ctx ctx;
    struct sink sink = { 0 };
    struct leat_writer *w;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits = { .name_max = 400 } });
    struct leat_pack *p = format->pack(sink_writer(&sink, &ctx, &(struct split_plan){ 0 }), NULL);
    char name[401];
    memset(name, 'x', sizeof(name));
    const struct leat_entry bad[] = {
        { .size = 1 },
        { .name = { (const uint8_t *)name, sizeof(name) } },
        { .name = span_of("device"), .kind = LEAT_ENTRY_OTHER },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_status(leat_pack_entry(p, &bad[i], &w), LEAT_FAULT);
        check(leat_pack_refused(p) && leat_pack_fault(p) != NULL);
    }
    for (size_t i = 0; i < ITEMS_LEN; i++) {
        if (has(format, &items[i]))
            continue;
        check_status(pack_item(p, &items[i], false), LEAT_FAULT);
        check(leat_pack_refused(p) && leat_pack_fault(p)->code == LEAT_FAULT_UNSUPPORTED);
    }
    check_status(pack_all(format, p, false), LEAT_OK);
    leat_pack_close(p);
    leat_ctx_fini(&ctx);
    check_packed(format, &sink);
    sink_fini(&sink);
}

int main(void)
{
    unsigned formats = 0;
    make_contents();
    for (const struct leat_format *const *at = leat_formats; *at != NULL; at++) {
        const struct leat_format *format = *at;
        if (format->pack == NULL)
            continue;
        formats++;
        check_says_text("format", format->name);
        bool unknown = !needs_size(format);
        test_round_trip(format, unknown);
        test_sinks(format, unknown);
        test_encoded_sinks(format, unknown);
        test_allocations(format, unknown);
        test_failing_sink(format, unknown);
        test_wrong_size(format);
        test_refusals(format);
        check_forgets_after("format");
    }
    check(formats > 0);
    sink_fini(&small);
    sink_fini(&big);
    return 0;
}
