#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

/* Each call of a codec has a price: what takes more calls than this is cut more coarsely. */
enum { CALLS_MAX = 1500 };

void codec_case_fini(struct codec_case *c)
{
    sink_fini(&c->packed);
    sink_fini(&c->plain);
}

void codec_text(struct sink *text, size_t len, uint64_t seed, unsigned noise)
{
    static const char *const words[] = {
        "return ",  "static ", "struct leat_reader *",
        "if (",     ") {\n",   "    ",
        "status",   " = ",     ";\n",
        "LEAT_OK ", "/* ",     " */\n",
    };
    struct random random = { seed };
    size_t end = text->len + len;
    while (text->len < end) {
        const char *word = words[random_below(&random, sizeof(words) / sizeof(words[0]))];
        uint8_t any = (uint8_t)random_next(&random);
        size_t left = end - text->len;
        if (random_below(&random, 1000) < noise)
            sink_add(text, &any, 1);
        else
            sink_add(text, (const uint8_t *)word, strlen(word) < left ? strlen(word) : left);
    }
}

void codec_pack(const struct leat_stage *encoder, const void *options, const struct sink *plain,
                struct sink *packed)
{
    struct read read;
    drive_stage(encoder, options, plain->data, plain->len, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    sink_add(packed, read.bytes.data, read.bytes.len);
    drive_read_fini(&read);
}

void codec_unpack(const struct leat_stage *decoder, const struct sink *packed,
                  const struct sink *plain)
{
    struct read read;
    drive_stage(decoder, NULL, packed->data, packed->len, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, plain->data, plain->len);
    drive_read_fini(&read);
}

static struct leat_reader *pull(struct leat_ctx *ctx, const struct leat_stage *stage,
                                const void *options, const uint8_t *data, size_t len,
                                const struct split_plan *plan)
{
    return leat_pull(split_reader(leat_memory(ctx, data, len), plan), stage, options);
}

/* Whether `part` is what `whole` begins with. */
static bool begins(const struct sink *part, const struct sink *whole)
{
    return part->len <= whole->len &&
           (part->len == 0 || memcmp(part->data, whole->data, part->len) == 0);
}

/* --- Cuttings --- */

static void pulls(const struct codec_case *c, const struct split_plan *plan)
{
    struct memory memory;
    struct leat_ctx ctx;
    struct read read;
    memory_ctx_init(&ctx, &memory);
    struct leat_reader *r = pull(&ctx, c->decoder, NULL, c->packed.data, c->packed.len, plan);
    drive_read_wildly(r, plan->seed, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, c->plain.data, c->plain.len);
    drive_read_fini(&read);
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
}

static void pushes(const struct codec_case *c, const struct split_plan *plan, size_t piece_max)
{
    struct memory memory;
    struct leat_ctx ctx;
    struct sink out = { 0 };
    memory_ctx_init(&ctx, &memory);
    struct leat_writer *w = leat_push(sink_writer(&out, &ctx, plan), c->decoder, NULL);
    check_status(drive_write(w, c->packed.data, c->packed.len, piece_max), LEAT_OK);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    check_bytes(out.data, out.len, c->plain.data, c->plain.len);
    leat_writer_close(w);
    sink_fini(&out);
    memory_ctx_fini(&ctx, &memory);
}

void codec_cuts(const struct codec_case *c)
{
    static const size_t pieces[] = { 1, 2, 3, 7, 64, 1500, 40000, 10000000 };
    check_says_text("case", c->name);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        if (c->packed.len / pieces[i] > CALLS_MAX)
            continue;
        for (unsigned again = 0; again <= 50; again += 25) {
            struct split_plan plan = { 17 * i + again, pieces[i], again, false, 0 };
            check_says("piece", pieces[i]);
            check_says("again", again);
            pulls(c, &plan);
            plan.window_max = 1 + plan.seed;
            pulls(c, &plan);
            if (plan.piece_max < c->plain.len / CALLS_MAX)
                plan.piece_max = c->plain.len / CALLS_MAX;
            pushes(c, &plan, pieces[i]);
        }
    }
}

/* --- Damage ---
 *
 * So many runs that memory which is checked and painted would take most of the time. */

void codec_truncates(const struct codec_case *c)
{
    check_says_text("case", c->name);
    for (size_t len = 0; len < c->packed.len; len++) {
        struct leat_ctx ctx;
        struct read read;
        check_says("cut", len);
        leat_ctx_init(&ctx, NULL);
        struct split_plan plan = { len, 1 + len % 97, 10, false, 0 };
        struct leat_reader *r = pull(&ctx, c->decoder, NULL, c->packed.data, len, &plan);
        drive_read(r, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, LEAT_FAULT_TRUNCATED);
        check_equal(read.fault.offset, len);
        check_text(read.fault.part, c->decoder->name);
        check(begins(&read.bytes, &c->plain));
        drive_read_fini(&read);
        leat_reader_close(r);
        leat_ctx_fini(&ctx);
    }
}

static void flip(const struct codec_case *c, const struct sink *packed, uint64_t seed)
{
    struct leat_ctx ctx;
    struct read read;
    leat_ctx_init(&ctx, NULL);
    struct split_plan plan = { seed, 1 + seed % 397, 0, false, 0 };
    struct leat_reader *r = pull(&ctx, c->decoder, NULL, packed->data, packed->len, &plan);
    drive_read(r, 16 * LEAT_MIB, &read);
    if (read.status == LEAT_FAULT) {
        check(read.fault.offset <= packed->len);
        check(read.fault.reason != NULL);
    } else if (c->checked) {
        check_status(read.status, LEAT_END);
        check(begins(&read.bytes, &c->plain));
        /* Less output only by taking the stream for shorter, which leaves the rest behind. */
        struct leat_span rest;
        check(read.bytes.len == c->plain.len || leat_peek(r->below, 1, &rest) == LEAT_OK);
    }
    drive_read_fini(&read);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

void codec_flips(const struct codec_case *c)
{
    struct sink packed = { 0 };
    check_says_text("case", c->name);
    sink_add(&packed, c->packed.data, c->packed.len);
    for (size_t bit = 0; bit < 8 * packed.len; bit++) {
        check_says("bit", bit);
        packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        flip(c, &packed, bit);
        packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    sink_fini(&packed);
}

void codec_leaves(const struct codec_case *c, const void *rest, size_t len)
{
    struct sink packed = { 0 };
    check_says_text("case", c->name);
    sink_add(&packed, c->packed.data, c->packed.len);
    sink_add(&packed, rest, len);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct memory memory;
        struct leat_ctx ctx;
        struct read read;
        struct read left;
        check_says("seed", seed);
        memory_ctx_init(&ctx, &memory);
        struct split_plan plan = split_plan_of(seed);
        struct leat_reader *r = pull(&ctx, c->decoder, NULL, packed.data, packed.len, &plan);
        drive_read_wildly(r, seed, UINT64_MAX, &read);
        check_status(read.status, LEAT_END);
        check_bytes(read.bytes.data, read.bytes.len, c->plain.data, c->plain.len);
        drive_read(r->below, UINT64_MAX, &left);
        check_bytes(left.bytes.data, left.bytes.len, rest, len);
        drive_read_fini(&read);
        drive_read_fini(&left);
        leat_reader_close(r);
        memory_ctx_fini(&ctx, &memory);
    }
    sink_fini(&packed);
}

unsigned codec_reads_on(const struct leat_stage *decoder, const struct sink *packed, uint64_t seed,
                        struct read *ret)
{
    struct memory memory;
    struct leat_ctx ctx;
    memory_ctx_init(&ctx, &memory);
    struct split_plan plan = split_plan_of(seed);
    if (plan.piece_max < packed->len / CALLS_MAX)
        plan.piece_max = packed->len / CALLS_MAX;
    struct leat_reader *r = pull(&ctx, decoder, NULL, packed->data, packed->len, &plan);
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
    ret->fault.name = NULL;
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
    return damages;
}

void codec_resyncs(const struct codec_case *c)
{
    const struct sink *plain = &c->plain;
    struct sink three = { 0 };
    size_t len = c->packed.len;
    size_t found = 0;
    check_says_text("case", c->name);
    for (unsigned i = 0; i < 3; i++)
        sink_add(&three, c->packed.data, len);
    for (size_t at = len; at < 2 * len; at++) {
        struct read read;
        check_says("damaged at", at);
        three.data[at] ^= 0x55;
        unsigned damages = codec_reads_on(c->decoder, &three, at, &read);
        three.data[at] ^= 0x55;
        check(read.bytes.len >= plain->len);
        check_bytes(read.bytes.data, plain->len, plain->data, plain->len);
        size_t behind = read.bytes.len - plain->len;
        if (damages > 0 && read.status == LEAT_END) {
            check(behind >= plain->len);
            check_bytes(read.bytes.data + behind, plain->len, plain->data, plain->len);
        }
        found += read.status == LEAT_END && behind >= plain->len;
        drive_read_fini(&read);
    }
    check(found > len - len / 8 - 8);
    sink_fini(&three);
}

/* --- Memory --- */

static enum leat_status unpacks_but(const struct codec_case *c, uint64_t fail_at)
{
    struct memory memory;
    struct leat_ctx ctx;
    struct read read;
    memory_ctx_init(&ctx, &memory);
    memory.fail_at = fail_at;
    struct leat_reader *r =
        leat_pull(leat_memory(&ctx, c->packed.data, c->packed.len), c->decoder, NULL);
    drive_read(r, UINT64_MAX, &read);
    if (read.status == LEAT_END)
        check_bytes(read.bytes.data, read.bytes.len, c->plain.data, c->plain.len);
    else
        check_equal(read.fault.code, LEAT_FAULT_MEMORY);
    enum leat_status status = read.status;
    drive_read_fini(&read);
    leat_reader_close(r);
    memory_ctx_fini(&ctx, &memory);
    return status;
}

static enum leat_status packs_but(const struct codec_case *c, const struct leat_stage *encoder,
                                  uint64_t fail_at)
{
    struct memory memory;
    struct leat_ctx ctx;
    struct sink out = { 0 };
    memory_ctx_init(&ctx, &memory);
    memory.fail_at = fail_at;
    struct leat_writer *w =
        leat_push(sink_writer(&out, &ctx, &(struct split_plan){ 0 }), encoder, NULL);
    enum leat_status status = drive_write(w, c->plain.data, c->plain.len, SIZE_MAX);
    if (status == LEAT_OK)
        status = drive_flush(w, LEAT_FLUSH_FINISH);
    if (status != LEAT_OK)
        check_equal(leat_writer_fault(w)->code, LEAT_FAULT_MEMORY);
    leat_writer_close(w);
    sink_fini(&out);
    memory_ctx_fini(&ctx, &memory);
    return status;
}

void codec_lacks_memory(const struct codec_case *c, const struct leat_stage *encoder)
{
    enum { ALLOCATIONS_MAX = 1000 };
    check_says_text("case", c->name);
    uint64_t n = 1;
    for (; unpacks_but(c, n) != LEAT_END; n++)
        check(n < ALLOCATIONS_MAX);
    for (n = 1; packs_but(c, encoder, n) != LEAT_OK; n++)
        check(n < ALLOCATIONS_MAX);
}

/* --- Round trips --- */

/* All that was written before a push can be unpacked, though the end is missing. */
static void unpacks_half(const struct codec_case *c, const struct sink *packed, size_t half)
{
    struct read read;
    drive_stage(c->decoder, NULL, packed->data, packed->len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_TRUNCATED);
    check_bytes(read.bytes.data, read.bytes.len, c->plain.data, half);
    drive_read_fini(&read);
}

static void packs_by_halves(const struct codec_case *c, const struct leat_stage *encoder,
                            const void *options, const struct split_plan *plan)
{
    struct memory memory;
    struct leat_ctx ctx;
    struct sink packed = { 0 };
    size_t half = c->plain.len / 2;
    memory_ctx_init(&ctx, &memory);
    struct leat_writer *w = leat_push(sink_writer(&packed, &ctx, plan), encoder, options);
    check_status(drive_write(w, c->plain.data, half, SIZE_MAX), LEAT_OK);
    bool pushes = encoder->flush != NULL;
    check_status(drive_flush(w, LEAT_FLUSH_PUSH), pushes ? LEAT_OK : LEAT_UNSUPPORTED);
    if (pushes)
        unpacks_half(c, &packed, half);
    if (half < c->plain.len)
        check_status(drive_write(w, c->plain.data + half, c->plain.len - half, 1000), LEAT_OK);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    codec_unpack(c->decoder, &packed, &c->plain);
    leat_writer_close(w);
    sink_fini(&packed);
    memory_ctx_fini(&ctx, &memory);
}

void codec_round_trip(const struct codec_case *c, const struct leat_stage *encoder,
                      const void *options)
{
    check_says_text("case", c->name);
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct memory memory;
        struct leat_ctx ctx;
        struct read read;
        check_says("seed", seed);
        struct split_plan plan = split_plan_of(seed);
        if (plan.piece_max < c->plain.len / CALLS_MAX)
            plan.piece_max = c->plain.len / CALLS_MAX;
        memory_ctx_init(&ctx, &memory);
        struct leat_reader *r = pull(&ctx, encoder, options, c->plain.data, c->plain.len, &plan);
        drive_read_wildly(r, seed, UINT64_MAX, &read);
        check_status(read.status, LEAT_END);
        codec_unpack(c->decoder, &read.bytes, &c->plain);
        drive_read_fini(&read);
        leat_reader_close(r);
        memory_ctx_fini(&ctx, &memory);
        packs_by_halves(c, encoder, options, &plan);
    }
}

/* --- Real tools --- */

int codec_command(const char *command, const struct sink *input, struct sink *output)
{
    char line[512];
    char block[4096];
    FILE *in = tmpfile();
    check(in != NULL);
    check_equal(fwrite(input->data, 1, input->len, in), input->len);
    check_equal(fflush(in), 0);
    int len = snprintf(line, sizeof(line), "%s </dev/fd/%d 2>/dev/null", command, fileno(in));
    check(len < (int)sizeof(line));
    FILE *out = popen(line, "r");
    check(out != NULL);
    for (size_t some; (some = fread(block, 1, sizeof(block), out)) > 0;)
        sink_add(output, (const uint8_t *)block, some);
    fclose(in);
    int status = pclose(out);
    check(WIFEXITED(status));
    return WEXITSTATUS(status);
}

void codec_reads_tool(const struct leat_stage *decoder, const char *command, size_t len)
{
    struct codec_case c = { .name = command };
    check_says_text("case", command);
    codec_text(&c.plain, len, len, 50);
    int status = codec_command(command, &c.plain, &c.packed);
    if (status != CODEC_NO_COMMAND) {
        check_equal(status, 0);
        codec_unpack(decoder, &c.packed, &c.plain);
    }
    codec_case_fini(&c);
}

void codec_read_by_tool(const struct leat_stage *encoder, const void *options, const char *command,
                        size_t len)
{
    struct codec_case c = { .name = command };
    struct sink out = { 0 };
    check_says_text("case", command);
    codec_text(&c.plain, len, len, 50);
    codec_pack(encoder, options, &c.plain, &c.packed);
    int status = codec_command(command, &c.packed, &out);
    if (status != CODEC_NO_COMMAND) {
        check_equal(status, 0);
        check_bytes(out.data, out.len, c.plain.data, c.plain.len);
    }
    codec_case_fini(&c);
    sink_fini(&out);
}

/* --- Fuzzing --- */

static void unpacks_any(const struct leat_stage *decoder, const uint8_t *data, size_t len,
                        const struct split_plan *plan, struct read *ret)
{
    struct leat_ctx ctx;
    struct leat_ctx_options options = { .limits = { .bytes_max = 4 * LEAT_MIB } };
    leat_ctx_init(&ctx, &options);
    struct leat_reader *r = pull(&ctx, decoder, NULL, data, len, plan);
    drive_read(r, UINT64_MAX, ret);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
}

/* A decoder that has seen half a header may know sooner that it is bad. */
static bool is_near(uint64_t a, uint64_t b)
{
    enum { HEADER_MAX = 400 };
    return (a < b ? b - a : a - b) <= HEADER_MAX;
}

void codec_fuzz(const struct leat_stage *decoder, const uint8_t *data, size_t len)
{
    struct read whole;
    struct read parts;
    struct split_plan at_once = { .piece_max = len + 1 };
    struct split_plan in_parts = { len, 1 + len % 61, 20, false, len % 30 };
    check_says_text("case", decoder->name);
    unpacks_any(decoder, data, len, &at_once, &whole);
    unpacks_any(decoder, data, len, &in_parts, &parts);
    check_status(whole.status, parts.status);
    check_equal(whole.fault.code, parts.fault.code);
    /* How much comes before a fault may depend on the pieces; what it is may not. */
    check(begins(&whole.bytes, &parts.bytes) || begins(&parts.bytes, &whole.bytes));
    check(whole.status == LEAT_FAULT || whole.bytes.len == parts.bytes.len);
    /* A limit is looked at between steps. */
    check(whole.fault.code == LEAT_FAULT_BOUND || is_near(whole.fault.offset, parts.fault.offset));
    drive_read_fini(&whole);
    drive_read_fini(&parts);
}
