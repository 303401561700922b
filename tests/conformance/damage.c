/* Damaged input: cut short at any byte, with any byte flipped, and met without memory. */

#include "leat/core/bytes.h"
#include "leat/core/ctx.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/conformance/suite.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/split.h"

/* Every place of an input as long as this is tried; of a longer one so many that the seed draws,
 * and fewer where each reading takes long. */
enum { PLACES_MAX = 700, PLACES_MIN = 30 };
#define BYTES_MAX (3 * LEAT_MIB)

/* Damage makes bombs: no more than this is read of one, beyond what the sample gives. */
#define EXCESS_LEN_MAX (1 * LEAT_MIB)

static struct memory memory;
static struct leat_ctx ctx;

/* How many places of a sample are tried. */
static size_t places(const struct sample *sample)
{
    size_t each = sample->packed.len + sample->plain.bytes.len + LEAT_KIB;
    size_t most = BYTES_MAX / each;
    most = most < PLACES_MIN ? PLACES_MIN : most;
    most = most > PLACES_MAX ? PLACES_MAX : most;
    return most < sample->packed.len ? most : sample->packed.len;
}

/* The i-th place to damage, 0 .. len - 1. */
static size_t place(struct random *random, size_t i, const struct sample *sample)
{
    bool all = places(sample) == sample->packed.len;
    return all ? i : (size_t)random_below(random, sample->packed.len);
}

/* Read, and say how many bytes of the input were left. */
static size_t read_bytes(const struct suite *suite, const void *data, size_t len,
                         uint64_t bytes_max, struct read *ret)
{
    memory_ctx_init(&ctx, &memory);
    struct leat_reader *source = leat_memory(&ctx, data, len);
    struct leat_reader shell;
    struct leat_reader *r = leat_borrow(&shell, source);
    r = leat_pull(r, suite->format->decoder, NULL);
    drive_read(r, bytes_max, ret);
    leat_reader_close(r);
    size_t left = len - (size_t)leat_tell(source);
    leat_reader_close(source);
    memory_ctx_fini(&ctx, &memory);
    return left;
}

/* How much of what was read must be the sample's: a text encoding replaces the character that the
 * end cuts. */
static size_t whole_len(const struct suite *suite, const struct read *read)
{
    size_t len = read->bytes.len;
    if (suite_has(suite, LEAT_FORMAT_TEXT) && len >= 3 &&
        leat_bytes_equal(read->bytes.data + len - 3, "\xef\xbf\xbd", 3))
        len -= 3;
    return len;
}

static void is_cut_short(const struct suite *suite, const struct sample *sample)
{
    if (!sample->made)
        return;
    struct random random = { suite->seed };
    const struct sink *plain = &sample->plain.bytes;
    for (size_t i = 0; i < places(sample); i++) {
        size_t len = place(&random, i, sample);
        check_says("cut at", len);
        /* Just so many bytes, so that a look past them is found. */
        uint8_t *cut = memory_get(len);
        __builtin_memcpy(cut, sample->packed.data, len);
        struct read read;
        read_bytes(suite, cut, len, UINT64_MAX, &read);
        size_t len_whole = whole_len(suite, &read);
        check(len_whole <= plain->len);
        check_bytes(read.bytes.data, len_whole, plain->data, len_whole);
        if (suite_has(suite, LEAT_FORMAT_ENDS)) {
            check_status(read.status, LEAT_FAULT);
            check_text(leat_fault_code_name(read.fault.code),
                       leat_fault_code_name(LEAT_FAULT_TRUNCATED));
            check_equal(read.fault.offset, len);
        }
        drive_read_fini(&read);
        memory_put(cut);
    }
}

/* Bytes that a decoder of text may hold back until it knows whether it is the end that follows: a
 * line of uuencode. */
enum { HELD_LEN_MAX = 45 };

/* A source that fails, far ahead or soon: all that stands before is decoded, as it is of an input
 * that ends there, and then it is the source's own fault that follows. */
static void source_fails(const struct suite *suite, const struct sample *sample)
{
    struct random random = { suite->seed };
    for (size_t i = 0; sample->made && i < places(sample); i++) {
        size_t len = place(&random, i, sample);
        check_says("source fails at", len);
        struct read cut;
        struct read failed;
        read_bytes(suite, sample->packed.data, len, UINT64_MAX, &cut);
        memory_ctx_init(&ctx, &memory);
        struct drip_options options = { .fails = true };
        struct leat_reader *r = drip(&ctx, sample->packed.data, len, &options);
        r = leat_pull(r, suite->format->decoder, NULL);
        drive_read(r, UINT64_MAX, &failed);
        leat_reader_close(r);
        memory_ctx_fini(&ctx, &memory);
        size_t came = failed.bytes.len;
        check(came <= cut.bytes.len && came + HELD_LEN_MAX >= cut.bytes.len);
        check_bytes(failed.bytes.data, came, cut.bytes.data, came);
        check(failed.status == LEAT_FAULT || cut.status == LEAT_END);
        if (failed.status == LEAT_FAULT)
            check_equal(failed.fault.code, LEAT_FAULT_SYSTEM);
        drive_read_fini(&cut);
        drive_read_fini(&failed);
    }
}

static void is_flipped(const struct suite *suite, const struct sample *sample)
{
    struct random random = { suite->seed };
    const struct sink *plain = &sample->plain.bytes;
    bool checked = suite_has(suite, LEAT_FORMAT_CHECKED) && sample->made;
    uint8_t *bytes = memory_get(sample->packed.len);
    __builtin_memcpy(bytes, sample->packed.data, sample->packed.len);
    for (size_t i = 0; i < places(sample); i++) {
        size_t at = place(&random, i, sample);
        uint8_t mask = (uint8_t)(1u << random_below(&random, 8));
        mask = random_percent(&random, 30) ? 0xff : mask;
        check_says("flipped at", at);
        check_says("by", mask);
        bytes[at] ^= mask;
        struct read read;
        size_t left =
            read_bytes(suite, bytes, sample->packed.len, plain->len + EXCESS_LEN_MAX, &read);
        /* It may have become a shorter whole with something behind it, by chance: zeros are the
         * right checksum of nothing in some formats. Then input is left, for all to see. */
        if (checked && read.status == LEAT_END && left == 0)
            check_bytes(read.bytes.data, read.bytes.len, plain->data, plain->len);
        drive_read_fini(&read);
        bytes[at] ^= mask;
    }
    memory_put(bytes);
}

/* --- Behind damage --- */

/* Read on behind each damage, and say how many there were. */
static unsigned read_on(struct leat_reader *r, struct read *ret)
{
    unsigned damages = 0;
    drive_read(r, UINT64_MAX, ret);
    while (ret->status == LEAT_FAULT) {
        if (drive_resync(r, &damages) != LEAT_OK)
            break;
        struct read more;
        drive_read(r, UINT64_MAX, &more);
        sink_add(&ret->bytes, more.bytes.data, more.bytes.len);
        ret->status = more.status;
        ret->fault = more.fault;
        drive_read_fini(&more);
    }
    return damages;
}

/* Three in a row, of which the middle one is damaged at `at`. Where that is its end, which holds no
 * length that might reach into the third, the third must come out whole. */
static void goes_on_at(const struct suite *suite, const struct sample *sample, size_t at)
{
    const struct sink *packed = &sample->packed;
    const struct sink *plain = &sample->plain.bytes;
    struct sink three = { 0 };
    for (unsigned i = 0; i < 3; i++)
        sink_add(&three, packed->data, packed->len);
    three.data[packed->len + at] ^= 0xff;
    struct split_plan plan = split_plan_of(suite->seed);
    struct read read;
    memory_ctx_init(&ctx, &memory);
    struct leat_reader *r = leat_memory(&ctx, three.data, three.len);
    r = leat_pull(split_reader(r, &plan), suite->format->decoder, NULL);
    unsigned damages = read_on(r, &read);
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
    check(read.bytes.len >= plain->len);
    check_bytes(read.bytes.data, plain->len, plain->data, plain->len);
    if (at == packed->len - 1) {
        check(damages > 0);
        check_status(read.status, LEAT_END);
        check(read.bytes.len >= 2 * plain->len);
        size_t third_at = read.bytes.len - plain->len;
        if (plain->len > 0)
            check_bytes(read.bytes.data + third_at, plain->len, plain->data, plain->len);
    }
    drive_read_fini(&read);
    sink_fini(&three);
}

static void goes_on(const struct suite *suite, const struct sample *sample)
{
    enum { TRIES = 20 };
    unsigned needed = LEAT_FORMAT_JOINS | LEAT_FORMAT_CHECKED;
    if (!sample->made || suite->format->decoder->resync == NULL ||
        (suite->format->traits & needed) != needed)
        return;
    struct random random = { suite->seed };
    goes_on_at(suite, sample, sample->packed.len - 1);
    for (unsigned i = 0; i < TRIES; i++) {
        size_t at = (size_t)random_below(&random, sample->packed.len);
        check_says("damaged at", at);
        goes_on_at(suite, sample, at);
    }
}

/* --- Without memory --- */

/* Whether all the allocations before the one that fails were enough. */
static bool is_whole_without(const struct suite *suite, const struct sample *sample,
                             uint64_t fail_at, bool push)
{
    struct split_plan plan = { .seed = suite->seed, .piece_max = 20000 };
    struct read read = { 0 };
    memory_ctx_init(&ctx, &memory);
    memory.fail_at = fail_at;
    if (push) {
        struct leat_writer *w = sink_writer(&read.bytes, &ctx, &plan);
        w = leat_push(w, suite->format->decoder, NULL);
        read.status = drive_write(w, sample->packed.data, sample->packed.len, SIZE_MAX);
        if (read.status == LEAT_OK)
            read.status = drive_flush(w, LEAT_FLUSH_FINISH);
        if (read.status == LEAT_FAULT)
            read.fault = *leat_writer_fault(w);
        leat_writer_close(w);
    } else {
        struct leat_reader *r = leat_memory(&ctx, sample->packed.data, sample->packed.len);
        r = leat_pull(split_reader(r, &plan), suite->format->decoder, NULL);
        drive_read(r, UINT64_MAX, &read);
        leat_reader_close(r);
    }
    bool whole = memory.calls < fail_at;
    if (read.status == LEAT_FAULT)
        check_text(leat_fault_code_name(read.fault.code), leat_fault_code_name(LEAT_FAULT_MEMORY));
    else
        check_bytes(read.bytes.data, read.bytes.len, sample->plain.bytes.data,
                    sample->plain.bytes.len);
    check(!whole || read.status != LEAT_FAULT);
    drive_read_fini(&read);
    memory_ctx_fini(&ctx, &memory);
    return whole;
}

static void lacks_memory(const struct suite *suite, const struct sample *sample)
{
    enum { ALLOCATIONS_MAX = 200 };
    if (!sample->made)
        return;
    for (unsigned push = 0; push < 2; push++) {
        check_says("push", push);
        for (uint64_t n = 1; n < ALLOCATIONS_MAX; n++) {
            check_says("allocation", n);
            if (is_whole_without(suite, sample, n, push))
                break;
        }
    }
}

void suite_damage(const struct suite *suite)
{
    static const struct {
        const char *name;
        void (*test)(const struct suite *suite, const struct sample *sample);
    } tests[] = {
        { "cut short", is_cut_short },      { "failing source", source_fails },
        { "flipped", is_flipped },          { "behind damage", goes_on },
        { "without memory", lacks_memory },
    };
    for (size_t i = 0; suite->format->decoder != NULL && i < suite->samples_len; i++) {
        check_says_text("sample", suite->samples[i].name);
        for (size_t j = 0; j < sizeof(tests) / sizeof(tests[0]); j++) {
            check_says_text("test", tests[j].name);
            tests[j].test(suite, &suite->samples[i]);
        }
    }
}
