/* Shows that a reader goes on behind damage: with a stage of small checked packets, alone, through
 * views, in another such stage that is damaged itself, and over sources that are cut and wait. */

#include <string.h>

#include "leat/core/bytes.h"
#include "leat/core/stage.h"
#include "leat/core/widen.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/split.h"

static struct memory memory;
static struct leat_ctx ctx;

/* --- A packet: two marks, a length, a sum, and so many bytes, shown once the sum was right --- */

enum { HEAD_LEN = 4, PACKET_LEN_MAX = HEAD_LEN + 255 };
static const uint8_t mark[2] = { 0xc5, 0x5c };

static uint8_t sum_of(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + data[i] + 1);
    return sum;
}

static enum leat_status packets_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    struct leat_span span;
    struct leat_room room;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    status = leat_peek(in, HEAD_LEN, &span);
    if (status != LEAT_OK)
        return status;
    if (!leat_bytes_equal(span.data, mark, sizeof(mark)))
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "no packet", leat_tell(in));
    size_t len = span.data[2];
    status = leat_peek(in, HEAD_LEN + len, &span);
    if (status != LEAT_OK)
        return status;
    if (sum_of(span.data + HEAD_LEN, len) != span.data[3])
        return leat_codec_fails(codec, LEAT_FAULT_CHECKSUM, "wrong sum", leat_tell(in));
    status = leat_reserve(out, len + 1, &room);
    if (status != LEAT_OK)
        return status;
    leat_bytes_copy(codec->counts, LEAT_CAUSE_CODEC, room.data, span.data + HEAD_LEN, len);
    leat_commit(out, len);
    leat_consume(in, HEAD_LEN + len);
    return LEAT_OK;
}

static enum leat_status packets_resync(struct leat_codec *codec, struct leat_reader *in)
{
    (void)codec;
    for (;;) {
        struct leat_span span;
        enum leat_status status = leat_peek(in, sizeof(mark), &span);
        if (status != LEAT_OK)
            return status;
        for (size_t i = 0; i + sizeof(mark) <= span.len; i++) {
            if (leat_bytes_equal(span.data + i, mark, sizeof(mark))) {
                leat_consume(in, i);
                return LEAT_OK;
            }
        }
        leat_consume(in, span.len - 1);
    }
}

static const struct leat_stage packets = {
    .name = "packets",
    .self_size = sizeof(struct leat_codec),
    .in_min = PACKET_LEN_MAX,
    .out_min = PACKET_LEN_MAX,
    .step = packets_step,
    .resync = packets_resync,
};

/* --- Making them, and reading on --- */

static void add_packet(struct sink *to, const void *data, size_t len)
{
    check(len <= PACKET_LEN_MAX - HEAD_LEN);
    uint8_t head[HEAD_LEN] = { mark[0], mark[1], (uint8_t)len, sum_of(data, len) };
    sink_add(to, head, sizeof(head));
    sink_add(to, data, len);
}

static void add_text(struct sink *to, const char *text)
{
    add_packet(to, text, strlen(text));
}

/* All that can be read, with a '|' for each damage; and why it ended. */
static enum leat_status read_on(struct leat_reader *r, struct sink *ret)
{
    enum leat_status status;
    do {
        struct read read;
        drive_read(r, UINT64_MAX, &read);
        sink_add(ret, read.bytes.data, read.bytes.len);
        status = read.status;
        drive_read_fini(&read);
        if (status == LEAT_END)
            return status;
        unsigned damages = 0;
        status = drive_resync(r, &damages);
        while (status == LEAT_OK && damages-- > 0)
            sink_add(ret, (const uint8_t *)"|", 1);
    } while (status == LEAT_OK);
    return status;
}

typedef struct leat_reader *stack(struct leat_reader *src);

/* Every size of piece, with and without waiting. */
static void gives(const struct sink *bytes, stack *over, const char *wanted,
                  enum leat_status wanted_status)
{
    for (size_t piece = 1; piece < 40; piece += 6) {
        struct split_plan plan = { .seed = piece, .piece_max = piece, .again_percent = 40 };
        struct sink out = { 0 };
        memory_ctx_init(&ctx, &memory);
        ctx.limits.damages_max = 3;
        struct leat_reader *r =
            over(split_reader(leat_memory(&ctx, bytes->data, bytes->len), &plan));
        check_status(read_on(r, &out), wanted_status);
        check_bytes(out.data, out.len, wanted, strlen(wanted));
        leat_reader_close(r);
        memory_ctx_fini(&ctx, &memory);
        sink_fini(&out);
    }
}

static struct leat_reader *one(struct leat_reader *src)
{
    return leat_pull(src, &packets, NULL);
}

static struct leat_reader *two(struct leat_reader *src)
{
    return one(one(src));
}

static struct leat_reader *under_views(struct leat_reader *src)
{
    return leat_limit(leat_widen(leat_limit(one(src), 1000, false), 5000), 1000, false);
}

/* --- What is shown --- */

static void goes_on_behind(void)
{
    struct sink bytes = { 0 };
    add_text(&bytes, "abc");
    add_text(&bytes, "def");
    add_text(&bytes, "ghi");
    bytes.data[HEAD_LEN + 3 + HEAD_LEN] = 'D';
    gives(&bytes, one, "abc|ghi", LEAT_END);
    gives(&bytes, under_views, "abc|ghi", LEAT_END);
    /* And a mark that is none, right before one. */
    sink_add(&bytes, mark, sizeof(mark));
    sink_add(&bytes, (const uint8_t *)"\0\7", 2);
    add_text(&bytes, "jkl");
    gives(&bytes, one, "abc|ghi|jkl", LEAT_END);
    sink_fini(&bytes);
}

/* Inside what lost a packet, packets are torn as well; both go on. */
static void goes_on_in_layers(void)
{
    struct sink inner = { 0 };
    add_text(&inner, "one");
    add_text(&inner, "two");
    add_text(&inner, "three");
    add_text(&inner, "four");
    struct sink outer = { 0 };
    const size_t cut_first = HEAD_LEN + 3 + HEAD_LEN + 1; /* inside of "two" */
    const size_t cut_second = cut_first + 2 + HEAD_LEN;   /* its rest and a head are lost */
    add_packet(&outer, inner.data, cut_first);
    const size_t lost_at = outer.len;
    add_packet(&outer, inner.data + cut_first, cut_second - cut_first);
    add_packet(&outer, inner.data + cut_second, inner.len - cut_second);
    outer.data[lost_at + 3] ^= 1;
    /* The lost head's mark is in the damaged packet, and met there: a second damage. */
    gives(&outer, two, "one||four", LEAT_END);
    sink_fini(&inner);
    sink_fini(&outer);
}

static void is_bounded(void)
{
    struct sink bytes = { 0 };
    for (unsigned i = 0; i < 5; i++) {
        add_text(&bytes, "x");
        sink_add(&bytes, (const uint8_t *)"....", 4);
    }
    gives(&bytes, one, "x|x|x|x", LEAT_END);
    sink_fini(&bytes);
}

/* A cut, an end and a reader in order have nothing to go on behind. */
static void is_refused(void)
{
    struct sink bytes = { 0 };
    add_text(&bytes, "abc");
    bytes.len--;
    gives(&bytes, one, "", LEAT_UNSUPPORTED);
    memory_ctx_init(&ctx, &memory);
    struct leat_reader *r = leat_memory(&ctx, "abc", 3);
    check_status(leat_resync(r), LEAT_UNSUPPORTED);
    r = one(r);
    check_status(leat_resync(r), LEAT_UNSUPPORTED);
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
    sink_fini(&bytes);
}

/* The fault and what is behind it have the offsets that they have in the input. */
static void tells_where(void)
{
    struct sink bytes = { 0 };
    add_text(&bytes, "abc");
    sink_add(&bytes, (const uint8_t *)"....", 4);
    add_text(&bytes, "def");
    bytes.data[bytes.len - 1] = 'F';
    memory_ctx_init(&ctx, &memory);
    struct leat_reader *r = one(leat_memory(&ctx, bytes.data, bytes.len));
    struct read read;
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.offset, HEAD_LEN + 3);
    drive_read_fini(&read);
    check_status(leat_resync(r), LEAT_OK);
    check(leat_reader_fault(r) == NULL);
    check_equal(leat_tell(r), 3);
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_text(read.fault.reason, "wrong sum");
    check_equal(read.fault.offset, HEAD_LEN + 3 + 4);
    drive_read_fini(&read);
    check_status(leat_resync(r), LEAT_END);
    check(leat_reader_fault(r) != NULL);
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
    sink_fini(&bytes);
}

int main(void)
{
    goes_on_behind();
    goes_on_in_layers();
    is_bounded();
    is_refused();
    tells_where();
    return 0;
}
