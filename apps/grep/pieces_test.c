/* Shows that a search in pieces, on threads, prints and counts what one from end to end does: over
 * random lines with long ones and the edges of pieces among them, with each way of printing, from
 * where the reader stands, up to a fault, and when nobody reads the output any more. */

#include "apps/grep/pieces.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "leat/core/ctx.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"
#include "tests/support/trickle.h"

#define PIECE (8 * LEAT_MIB) /* as pieces.c cuts */
#define LEN   (4 * PIECE + PIECE / 2 + 77)

enum { THREADS = 3, NEEDLE_LEN = 6, START_MAX = 3 };

/* How one of the two searches is to go, and what came of it. */
struct trial {
    struct print_options print;
    struct search_options search;
    size_t start;    /* the reader stands here */
    uint64_t faults; /* behind so many bytes; 0: nowhere */
    bool nobody;     /* reads what is printed */

    enum leat_status status;
    struct search_result result;
    struct leat_fault fault;
    bool matched, closed;
    char *printed;
    size_t printed_len;
};

/* --- Texts --- */

static void put_needle(uint8_t *text, uint64_t at)
{
    memcpy(text + at, "needle", NEEDLE_LEN);
}

/* Lines of up to 400 bytes; one in fifty is up to 300 KiB; some hold a needle. */
static void fill_lines(uint8_t *text, uint64_t *seed)
{
    memset(text, '.', LEN);
    for (uint64_t at = 0; at < LEN;) {
        uint64_t len = drip_random(seed, drip_random(seed, 50) ? 400 : 300 * LEAT_KIB);
        if (len > NEEDLE_LEN && at + len < LEN && drip_random(seed, 40) == 0)
            put_needle(text, at + drip_random(seed, len - NEEDLE_LEN + 1));
        at += len;
        if (at < LEN)
            text[at++] = '\n';
    }
}

/* What goes wrong where pieces meet: a line that ends just before, at and just after an edge, a
 * needle on both sides of it, and one line over all of a piece and into the next. */
static void fill_edges(uint8_t *text, uint64_t *seed)
{
    for (uint64_t edge = PIECE; edge < LEN; edge += PIECE) {
        uint64_t at = edge - 2 + drip_random(seed, 4);
        memset(text + edge - 100, '.', 200);
        put_needle(text, at - 20);
        put_needle(text, at + 10);
        text[at] = '\n';
    }
    if (drip_random(seed, 2)) {
        uint64_t from = PIECE + drip_random(seed, PIECE);
        memset(text + from, '.', PIECE + PIECE / 4);
        put_needle(text, from + PIECE / 2);
    }
    if (drip_random(seed, 2))
        put_needle(text, LEN - NEEDLE_LEN);
}

/* --- The two searches --- */

static void read_back(struct trial *trial, int fd)
{
    off_t len = lseek(fd, 0, SEEK_CUR);
    check(len >= 0);
    trial->printed_len = (size_t)len;
    trial->printed = malloc(trial->printed_len + 1);
    check(trial->printed != NULL);
    check(pread(fd, trial->printed, trial->printed_len, 0) == len);
}

static int open_output(const struct trial *trial)
{
    int ends[2];
    if (!trial->nobody)
        return memfd_create("printed", MFD_CLOEXEC);
    check(pipe(ends) == 0 && close(ends[0]) == 0);
    return ends[1];
}

static struct leat_reader *open_text(struct leat_ctx *ctx, const uint8_t *text,
                                     const struct trial *trial)
{
    if (trial->faults == 0)
        return leat_memory(ctx, text, LEN);
    struct trickle_options options = { .data = text,
                                       .len = LEN,
                                       .piece = LEAT_MIB,
                                       .fails_at = trial->faults,
                                       .seeks = true,
                                       .forks = true };
    return trickle(ctx, &options);
}

/* In pieces where there is a pool. */
static void run(struct trial *trial, const uint8_t *text, struct pool *pool)
{
    struct leat_ctx ctx;
    struct term_output output;
    struct print print;
    bool separates = false;
    int fd = open_output(trial);
    struct matcher_scratch *scratch = matcher_scratch_create(trial->search.matcher);
    check(fd >= 0 && scratch != NULL);
    leat_ctx_init(&ctx, NULL);
    term_output_init(&output, fd);
    struct leat_reader *r = open_text(&ctx, text, trial);
    check_status(leat_skip(r, trial->start, &(uint64_t){ 0 }), LEAT_OK);
    print_init(&print, &trial->print, trial->search.matcher, scratch, &output, &separates);
    print_begin(&print, "a file", strlen("a file"), false, &trial->result);
    if (pool != NULL) {
        check(pieces_fit(&trial->search, pool, r));
        trial->status =
            pieces_search(&trial->search, pool, 0, r, &print, &trial->result, &trial->fault);
    } else {
        trial->status = search_reader(&trial->search, scratch, r, &print.sink, &trial->result);
        if (trial->status == LEAT_FAULT)
            trial->fault = *leat_reader_fault(r);
    }
    trial->matched = print_end(&print, false);
    trial->closed = print.closed;
    if (!trial->nobody)
        read_back(trial, fd);
    term_buffer_fini(&print.buffer);
    leat_reader_close(r);
    term_output_fini(&output);
    leat_ctx_fini(&ctx);
    matcher_scratch_destroy(scratch);
    close(fd);
}

static void compare(const struct trial *whole, const struct trial *pieces)
{
    check_status(pieces->status, whole->status);
    check_equal(pieces->matched, whole->matched);
    check_equal(pieces->result.lines, whole->result.lines);
    check_equal(pieces->result.binary, whole->result.binary);
    check_equal(pieces->result.stopped, whole->result.stopped);
    check_equal(pieces->result.cut, whole->result.cut);
    check_equal(pieces->printed_len, whole->printed_len);
    for (size_t i = 0; i < whole->printed_len; i++)
        check_equal(pieces->printed[i], whole->printed[i]);
    if (!whole->result.stopped && whole->status == LEAT_END)
        check_equal(pieces->result.bytes, whole->result.bytes);
    if (whole->status == LEAT_FAULT) {
        check_equal(pieces->fault.code, whole->fault.code);
        check_equal(pieces->fault.offset, whole->fault.offset);
    }
}

static void run_both(const struct trial *trial, const uint8_t *text, struct pool *pool)
{
    struct trial whole = *trial, pieces = *trial;
    run(&whole, text, NULL);
    run(&pieces, text, pool);
    compare(&whole, &pieces);
    free(whole.printed);
    free(pieces.printed);
}

/* --- The cases --- */

static struct matcher *matcher_of(const char *pattern)
{
    struct leat_span span = { .data = (const uint8_t *)pattern, .len = strlen(pattern) };
    struct matcher_options options = { .patterns = &span, .patterns_len = 1 };
    struct matcher *matcher;
    struct matcher_error error;
    check(matcher_create(&options, &matcher, &error));
    return matcher;
}

static void test_printing(const uint8_t *text, struct pool *pool, uint64_t *seed)
{
    static const struct {
        const char *name;
        struct grep_options flags;
        bool numbers;
    } cases[] = {
        { "lines", { .stats = false }, false },
        { "numbers", { .byte_offset = true, .column = true }, true },
        { "matches", { .only_matching = true, .byte_offset = true }, true },
        { "inverted", { .invert = true, .mode = GREP_COUNT }, true },
        { "counted", { .mode = GREP_COUNT_MATCHES }, false },
        { "listed", { .mode = GREP_FILES_WITH }, false },
        { "quiet", { .quiet = true }, false },
    };
    struct matcher *matcher = matcher_of("needle");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says_text("case", cases[i].name);
        struct trial trial = {
            .print = { .flags = &cases[i].flags, .numbers = cases[i].numbers, .names = i % 2 },
            .search = { .matcher = matcher,
                        .invert = cases[i].flags.invert,
                        .numbers = cases[i].numbers,
                        .binary = i % 2 ? SEARCH_BINARY_TEXT : SEARCH_BINARY_TOLD },
            .start = drip_random(seed, START_MAX + 1),
        };
        run_both(&trial, text, pool);
    }
    matcher_destroy(matcher);
}

/* A text that cannot be read to its end gives the lines before the fault, and the fault. */
static void test_fault(const uint8_t *text, struct pool *pool, uint64_t *seed)
{
    struct matcher *matcher = matcher_of("needle");
    static const struct grep_options flags = { .stats = false };
    for (uint64_t edge = 0; edge < 2; edge++) {
        struct trial trial = {
            .print = { .flags = &flags, .numbers = true },
            .search = { .matcher = matcher, .numbers = true, .binary = SEARCH_BINARY_TEXT },
            .faults = edge ? 2 * PIECE : PIECE + drip_random(seed, LEN - PIECE),
        };
        check_says("fault at", trial.faults);
        run_both(&trial, text, pool);
    }
    matcher_destroy(matcher);
}

static void test_nobody_reads(const uint8_t *text, struct pool *pool)
{
    struct matcher *matcher = matcher_of("needle");
    static const struct grep_options flags = { .stats = false };
    struct trial trial = {
        .print = { .flags = &flags },
        .search = { .matcher = matcher, .binary = SEARCH_BINARY_TEXT },
        .nobody = true,
    };
    run(&trial, text, pool);
    check(trial.closed && trial.status == LEAT_END);
    matcher_destroy(matcher);
}

/* What goes across pieces, or does not pay, is not for them. */
static void test_fits(uint8_t *text, struct pool *pool)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct matcher *matcher = matcher_of("x");
    const struct search_options plain = { .matcher = matcher, .binary = SEARCH_BINARY_TOLD };
    struct search_options options[] = { plain, plain, plain, plain };
    options[0].before = 1;
    options[1].after = 1;
    options[2].max_count_set = true;
    options[3].binary = SEARCH_BINARY_STOPS;
    struct leat_reader *r = leat_memory(&ctx, text, LEN);
    check(pieces_fit(&plain, pool, r));
    check(!pieces_fit(&plain, NULL, r));
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        check(!pieces_fit(&options[i], pool, r));
    uint8_t kept = text[100];
    text[100] = 0;
    check(!pieces_fit(&plain, pool, r));
    text[100] = kept;
    leat_reader_close(r);
    r = leat_memory(&ctx, text, 4 * PIECE - 1);
    check(!pieces_fit(&plain, pool, r));
    leat_reader_close(r);
    matcher_destroy(matcher);
    leat_ctx_fini(&ctx);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    struct pool *pool = pool_create(THREADS);
    uint8_t *text = malloc(LEN);
    check(pool != NULL && text != NULL);
    for (uint64_t i = 0; i < options.rounds; i++) {
        uint64_t seed = options.seed + i;
        check_says("seed", seed);
        fill_lines(text, &seed);
        fill_edges(text, &seed);
        test_fits(text, pool);
        test_printing(text, pool, &seed);
        test_fault(text, pool, &seed);
        test_nobody_reads(text, pool);
    }
    free(text);
    pool_destroy(pool);
    return 0;
}
