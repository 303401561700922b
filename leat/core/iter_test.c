/* Shows frames, records, items and what is made of iterators: the same for every cutting and with
 * waits, cut at every byte, and at their bounds. */

#include "leat/core/combine.h"
#include "leat/core/frames.h"
#include "leat/core/items.h"
#include "leat/core/lines.h"
#include "leat/core/reverse.h"
#include "leat/core/bytes.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"
#include "tests/support/memory.h"

static struct memory memory;
static struct leat_ctx ctx;

static enum leat_status next(struct leat_iter *it, struct leat_span *ret)
{
    enum leat_status status;
    do {
        status = leat_iter_next(it, ret);
    } while (status == LEAT_AGAIN);
    return status;
}

/* Whether the next items are `wanted`, a word each, and then `end`. */
static void gives(struct leat_iter *it, const char *wanted, enum leat_status end)
{
    struct leat_span item;
    while (*wanted != '\0') {
        size_t len = 0;
        while (wanted[len] != '\0' && wanted[len] != ' ')
            len++;
        check(next(it, &item) == LEAT_OK);
        check(item.len == len);
        check(leat_bytes_equal(item.data, wanted, len));
        wanted += len + (wanted[len] == ' ');
    }
    check(next(it, &item) == end);
    check(next(it, &item) == end);
}

/* --- A writer into memory, of exactly `size` bytes --- */

static enum leat_status store_drain(struct leat_writer *w, size_t min)
{
    (void)w;
    (void)min;
    return LEAT_FULL;
}

static enum leat_status store_flush(struct leat_writer *w, enum leat_flush level)
{
    (void)w;
    (void)level;
    return LEAT_OK;
}

static void store_init(struct leat_writer *w, uint8_t *data, size_t size)
{
    static const struct leat_writer_ops ops = {
        .name = "store",
        .self_size = sizeof(struct leat_writer),
        .drain = store_drain,
        .flush = store_flush,
    };
    leat_writer_init(w, &ctx, &ops);
    w->pos = data;
    w->end = data + size;
    w->end_offset = size;
}

/* --- Frames --- */

static const uint64_t lens[] = { 0, 1, 127, 128, 255, 3 };
enum { LENS = sizeof(lens) / sizeof(lens[0]) };

/* Frames of those lengths; the bytes of frame i are all i. */
static size_t frames_write(uint8_t *to, size_t size, enum leat_prefix prefix)
{
    struct leat_writer w;
    store_init(&w, to, size);
    for (unsigned i = 0; i < LENS; i++) {
        struct leat_room room;
        check(leat_prefix_write(&w, prefix, lens[i]) == LEAT_OK);
        check(leat_reserve(&w, (size_t)lens[i], &room) == LEAT_OK);
        __builtin_memset(room.data, (int)i, (size_t)lens[i]);
        leat_commit(&w, (size_t)lens[i]);
    }
    size_t len = (size_t)leat_writer_tell(&w);
    leat_writer_close(&w);
    return len;
}

/* The first `cut` bytes: whole frames, then the end where one ends, else a fault at the cut. */
static void frames_agree(const uint8_t *data, size_t cut, enum leat_prefix prefix, uint64_t seed)
{
    struct drip_options options = { .seed = seed, .piece_max = 1 + seed % 50, .again = 30 };
    struct leat_reader *r = drip(&ctx, data, cut, &options);
    struct leat_frames frames;
    leat_frames_init(&frames, r, prefix, 0);
    struct leat_iter *it = &frames.records.cursor.iter;
    struct leat_span frame;
    size_t whole = 0;
    enum leat_status status;
    for (unsigned i = 0; (status = next(it, &frame)) == LEAT_OK; i++) {
        check(frame.len == lens[i]);
        for (size_t k = 0; k < frame.len; k++)
            check(frame.data[k] == i);
        whole += frames.prefix_len + frame.len;
    }
    check(status == (whole == cut ? LEAT_END : LEAT_FAULT));
    check(whole == cut || it->fault.code == LEAT_FAULT_TRUNCATED);
    check(whole == cut || it->fault.offset == cut);
    check(next(it, &frame) == status);
    leat_reader_close(r);
}

static void frames_bound(const char *data, size_t len, enum leat_prefix prefix, size_t len_max,
                         enum leat_fault_code code)
{
    struct drip_options options = { .piece_max = 1, .window_max = 100 };
    struct leat_reader *r = drip(&ctx, data, len, &options);
    struct leat_frames frames;
    leat_frames_init(&frames, r, prefix, len_max);
    struct leat_span frame;
    check(next(&frames.records.cursor.iter, &frame) == LEAT_FAULT);
    check(frames.records.cursor.iter.fault.code == code);
    check(frames.records.cursor.iter.fault.offset == (code == LEAT_FAULT_TRUNCATED ? len : 0));
    leat_reader_close(r);
}

static void frames_hold(void)
{
    uint8_t data[1024];
    for (unsigned p = LEAT_PREFIX_U8; p <= LEAT_PREFIX_VARINT; p++) {
        size_t len = frames_write(data, sizeof(data), (enum leat_prefix)p);
        for (size_t cut = 0; cut <= len; cut++)
            frames_agree(data, cut, (enum leat_prefix)p, cut);
    }
    frames_bound("\x06", 1, LEAT_PREFIX_U8, 5, LEAT_FAULT_BOUND);
    frames_bound("\x05", 1, LEAT_PREFIX_U8, 5, LEAT_FAULT_TRUNCATED);
    frames_bound("\xff\xff\xff\xff\xff\xff\xff\xff", 8, LEAT_PREFIX_U64LE, 0, LEAT_FAULT_BOUND);
    frames_bound("\0\0\0\0\0\0\0\x65", 8, LEAT_PREFIX_U64BE, 0, LEAT_FAULT_BOUND);
    frames_bound("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, LEAT_PREFIX_VARINT, 0,
                 LEAT_FAULT_BOUND);
    frames_bound("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, LEAT_PREFIX_VARINT, 0,
                 LEAT_FAULT_CORRUPT);
    frames_bound("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 10, LEAT_PREFIX_VARINT, 0,
                 LEAT_FAULT_CORRUPT);
    frames_bound("\x81\x00x", 3, LEAT_PREFIX_VARINT, 0, LEAT_FAULT_CORRUPT);
    struct leat_writer w;
    store_init(&w, data, LEAT_PREFIX_LEN_MAX);
    check(leat_prefix_write(&w, LEAT_PREFIX_U8, 256) == LEAT_LIMIT);
    check(leat_prefix_write(&w, LEAT_PREFIX_U32BE, (uint64_t)1 << 32) == LEAT_LIMIT);
    check(leat_prefix_write(&w, LEAT_PREFIX_VARINT, UINT64_MAX) == LEAT_OK);
    check(leat_writer_tell(&w) == 10);
    check(leat_prefix_write(&w, LEAT_PREFIX_U8, 1) == LEAT_FULL);
    leat_writer_close(&w);
}

/* --- Records --- */

/* A digit says how many bytes follow it. */
static enum leat_status digit_measure(void *user, struct leat_span window, size_t *ret)
{
    (void)user;
    uint8_t digit = window.data[0];
    *ret = 1 + (size_t)(digit - '0');
    return digit >= '0' && digit <= '9' ? LEAT_OK : LEAT_FAULT;
}

static void records_hold(const char *text, size_t len_max, const char *wanted,
                         enum leat_fault_code code, uint64_t offset)
{
    struct drip_options options = { .seed = 1, .piece_max = 3, .again = 40 };
    struct leat_reader *r = drip(&ctx, text, check_text_len(text), &options);
    struct leat_records records;
    leat_records_init(&records, r, digit_measure, NULL, len_max);
    gives(&records.cursor.iter, wanted, code != LEAT_FAULT_NONE ? LEAT_FAULT : LEAT_END);
    check(records.cursor.iter.fault.code == code);
    check(code == LEAT_FAULT_NONE || records.cursor.iter.fault.offset == offset);
    leat_reader_close(r);
}

/* --- Items --- */

static void numbers_agree(void)
{
    uint8_t data[64];
    struct leat_writer w;
    store_init(&w, data, sizeof(data));
    check(leat_u8_write(&w, 200) == LEAT_OK);
    check(leat_i8_write(&w, -3) == LEAT_OK);
    check(leat_u16be_write(&w, 0x0102) == LEAT_OK);
    check(leat_i16le_write(&w, -2) == LEAT_OK);
    check(leat_u32le_write(&w, 0x01020304) == LEAT_OK);
    check(leat_i32be_write(&w, -5) == LEAT_OK);
    check(leat_u64be_write(&w, 0x0102030405060708) == LEAT_OK);
    check(leat_i64le_write(&w, INT64_MIN) == LEAT_OK);
    check(leat_f32be_write(&w, 1.5f) == LEAT_OK);
    check(leat_f64le_write(&w, -0.25) == LEAT_OK);
    size_t len = (size_t)leat_writer_tell(&w);
    leat_writer_close(&w);
    check(leat_bytes_equal(data, "\xc8\xfd\x01\x02\xfe\xff\x04\x03\x02\x01\xff\xff\xff\xfb\x01\x02",
                           16));

    struct drip_options options = { .seed = 1, .piece_max = 2 };
    struct leat_reader *r = drip(&ctx, data, len, &options);
    uint8_t u8;
    int8_t i8;
    uint16_t u16;
    int16_t i16;
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    int64_t i64;
    float f32;
    double f64;
    check(leat_u8_next(r, &u8) == LEAT_OK && u8 == 200);
    check(leat_i8_next(r, &i8) == LEAT_OK && i8 == -3);
    check(leat_u16be_next(r, &u16) == LEAT_OK && u16 == 0x0102);
    check(leat_i16le_next(r, &i16) == LEAT_OK && i16 == -2);
    check(leat_u32le_next(r, &u32) == LEAT_OK && u32 == 0x01020304);
    check(leat_i32be_next(r, &i32) == LEAT_OK && i32 == -5);
    check(leat_u64be_next(r, &u64) == LEAT_OK && u64 == 0x0102030405060708);
    check(leat_i64le_next(r, &i64) == LEAT_OK && i64 == INT64_MIN);
    check(leat_f32be_next(r, &f32) == LEAT_OK && f32 == 1.5f);
    check(leat_f64le_next(r, &f64) == LEAT_OK && f64 == -0.25);
    check(leat_u8_next(r, &u8) == LEAT_END);
    leat_reader_close(r);
}

static void items_agree(uint64_t seed)
{
    static const char text[] = "abcdefghi";
    struct drip_options options = {
        .seed = seed, .piece_max = 1 + seed % 7, .again = 30, .seeks = true
    };
    struct leat_reader *r = drip(&ctx, text, 9, &options);
    struct leat_items items;
    leat_items_init(&items, r, 3);
    gives(&items.cursor.iter, "abc def ghi", LEAT_END);
    check(leat_iter_rewind(&items.cursor.iter) == LEAT_OK);
    struct leat_span run;
    for (size_t len = 0; len < 9; len += run.len) {
        enum leat_status status;
        do {
            status = leat_items_run(&items, &run);
        } while (status == LEAT_AGAIN);
        check(status == LEAT_OK);
        check(run.len % 3 == 0 && run.len > 0);
        check(leat_bytes_equal(run.data, text + len, run.len));
    }
    gives(&items.cursor.iter, "", LEAT_END);
    check(leat_seek(r, 0) == LEAT_OK);
    struct leat_reverse reverse;
    leat_items_reverse_init(&reverse, r, 3);
    gives(&reverse.cursor.iter, "ghi def abc", LEAT_END);
    leat_reader_close(r);

    r = drip(&ctx, text, 8, &options);
    leat_items_reverse_init(&reverse, r, 3);
    gives(&reverse.cursor.iter, "", LEAT_FAULT);
    check(reverse.cursor.iter.fault.code == LEAT_FAULT_TRUNCATED);
    leat_items_init(&items, r, 3);
    gives(&items.cursor.iter, "abc def", LEAT_FAULT);
    check(items.cursor.iter.fault.code == LEAT_FAULT_TRUNCATED);
    check(items.cursor.iter.fault.offset == 8);
    leat_reader_close(r);
}

/* --- What is made of iterators --- */

static bool is_long(void *user, struct leat_span item)
{
    return item.len > *(size_t *)user;
}

static struct leat_span without_first(void *user, struct leat_span item)
{
    (void)user;
    return (struct leat_span){ item.data + 1, item.len - 1 };
}

/* An item as an iterator of its bytes, in pairs: over a reader of its own. */
struct pairs {
    struct leat_iter iter;
    struct leat_span left;
};

static enum leat_status pairs_next(struct leat_iter *it, struct leat_span *ret)
{
    struct pairs *self = (struct pairs *)it;
    if (self->left.len < 2)
        return LEAT_END;
    *ret = (struct leat_span){ self->left.data, 2 };
    self->left.data += 2;
    self->left.len -= 2;
    return LEAT_OK;
}

static struct leat_iter *pairs_open(void *user, struct leat_span item)
{
    static const struct leat_iter_ops ops = { .next = pairs_next };
    struct pairs *self = user;
    *self = (struct pairs){ { .ops = &ops }, item };
    return item.len > 1 ? &self->iter : NULL;
}

/* Each gives its items, and the same again after a rewind. */
static void gives_twice(struct leat_iter *it, const char *wanted)
{
    gives(it, wanted, LEAT_END);
    check(leat_iter_rewind(it) == LEAT_OK);
    gives(it, wanted, LEAT_END);
    check(leat_iter_rewind(it) == LEAT_OK);
}

static struct leat_reader *words(struct leat_lines *lines, const char *text, uint64_t seed)
{
    struct drip_options options = {
        .seed = seed, .piece_max = 1 + seed % 9, .again = 30, .seeks = true
    };
    struct leat_reader *r = drip(&ctx, text, check_text_len(text), &options);
    leat_lines_init(lines, r, ' ', 0);
    return r;
}

static void parts_agree(uint64_t seed)
{
    struct leat_lines lines;
    struct leat_reader *r = words(&lines, "a bcd ef ghijk lm", seed);
    struct leat_iter *source = &lines.cursor.iter;
    struct leat_iter_skip skip;
    leat_iter_skip_init(&skip, source, 3);
    gives_twice(&skip.iter, "ghijk lm");
    leat_iter_skip_init(&skip, source, 6);
    gives_twice(&skip.iter, "");
    struct leat_iter_take take;
    leat_iter_take_init(&take, source, 2);
    gives_twice(&take.iter, "a bcd");
    leat_iter_take_init(&take, source, 0);
    gives_twice(&take.iter, "");
    struct leat_iter_step step;
    leat_iter_step_init(&step, source, 2);
    gives_twice(&step.iter, "a ef lm");
    leat_iter_step_init(&step, source, 1);
    gives_twice(&step.iter, "a bcd ef ghijk lm");
    struct leat_iter_enumerate enumerate;
    leat_iter_enumerate_init(&enumerate, source);
    gives_twice(&enumerate.iter, "a bcd ef ghijk lm");
    leat_reader_close(r);
}

static void changes_agree(uint64_t seed)
{
    struct leat_lines lines;
    struct leat_reader *r = words(&lines, "a bcd ef ghijk lm", seed);
    struct leat_iter *source = &lines.cursor.iter;
    struct leat_iter_filter filter;
    size_t one = 1;
    leat_iter_filter_init(&filter, source, is_long, &one);
    gives_twice(&filter.iter, "bcd ef ghijk lm");
    struct leat_iter_map map;
    leat_iter_map_init(&map, &filter.iter, without_first, NULL);
    gives_twice(&map.iter, "cd f hijk m");
    struct leat_iter_flatten flatten;
    struct pairs pairs;
    leat_iter_flatten_init(&flatten, source, pairs_open, &pairs);
    gives_twice(&flatten.iter, "bc ef gh ij lm");
    struct leat_iter_cycle cycle;
    leat_iter_cycle_init(&cycle, &map.iter, 3);
    gives_twice(&cycle.iter, "cd f hijk m cd f hijk m cd f hijk m");
    struct leat_iter_take take;
    leat_iter_cycle_init(&cycle, source, UINT64_MAX);
    leat_iter_take_init(&take, &cycle.iter, 7);
    gives_twice(&take.iter, "a bcd ef ghijk lm a bcd");
    one = 100;
    leat_iter_cycle_init(&cycle, &filter.iter, UINT64_MAX);
    gives_twice(&cycle.iter, "");
    leat_reader_close(r);
}

static void joins_agree(uint64_t seed)
{
    struct leat_lines a, b;
    struct leat_reader *first = words(&a, "a b", seed), *second = words(&b, "c", seed);
    struct leat_iter_chain chain;
    leat_iter_chain_init(&chain, &a.cursor.iter, &b.cursor.iter);
    gives_twice(&chain.iter, "a b c");
    struct leat_iter_peekable peekable;
    leat_iter_peekable_init(&peekable, &chain.iter);
    struct leat_span item;
    enum leat_status status;
    do {
        status = leat_iter_peek(&peekable, &item);
    } while (status == LEAT_AGAIN);
    check(status == LEAT_OK && item.data[0] == 'a');
    check(leat_iter_peek(&peekable, &item) == LEAT_OK && item.data[0] == 'a');
    gives_twice(&peekable.iter, "a b c");
    leat_reader_close(first);
    leat_reader_close(second);
}

/* A fault of the source is the fault of all above it. */
static void faults_pass(void)
{
    struct drip_options options = { .fails = true };
    struct leat_reader *r = drip(&ctx, "a b", 3, &options);
    struct leat_lines lines;
    leat_lines_init(&lines, r, ' ', 0);
    struct leat_iter_step step;
    leat_iter_step_init(&step, &lines.cursor.iter, 1);
    struct leat_iter_peekable peekable;
    leat_iter_peekable_init(&peekable, &step.iter);
    gives(&peekable.iter, "a b", LEAT_FAULT);
    check(peekable.iter.fault.code == LEAT_FAULT_SYSTEM);
    check(peekable.iter.fault.offset == 3);
    leat_reader_close(r);

    options.fails = false;
    r = drip(&ctx, "a b", 3, &options);
    leat_lines_init(&lines, r, ' ', 0);
    struct leat_iter_cycle cycle;
    leat_iter_cycle_init(&cycle, &lines.cursor.iter, 2);
    gives(&cycle.iter, "a b", LEAT_FAULT);
    check(cycle.iter.fault.code == LEAT_FAULT_UNSUPPORTED);
    leat_reader_close(r);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    memory_ctx_init(&ctx, &memory);
    frames_hold();
    records_hold("1a3bcd02ef", 0, "1a 3bcd 0 2ef", LEAT_FAULT_NONE, 0);
    records_hold("1a3bcd02e", 0, "1a 3bcd 0", LEAT_FAULT_TRUNCATED, 9);
    records_hold("1a3bcd02e", 3, "1a", LEAT_FAULT_BOUND, 2);
    records_hold("1ax", 0, "1a", LEAT_FAULT_CORRUPT, 2);
    numbers_agree();
    for (uint64_t seed = 1; seed <= 100; seed++) {
        check_says("seed", seed);
        items_agree(seed);
        parts_agree(seed);
        changes_agree(seed);
        joins_agree(seed);
    }
    faults_pass();
    memory_ctx_fini(&ctx, &memory);
    return 0;
}
