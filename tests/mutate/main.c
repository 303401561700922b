/* Shows that no damage hurts: archives of all formats and nests of them, mutated, are walked as the
 * commands walk them, with every limit small. Each walk ends in time, in bounded memory and without
 * a leak; each fault names part and reason; and what is found does not depend on how the bytes
 * come: whole or in pieces with waits, from a source that seeks or from one that does not.
 *
 *     mutate ROOT [--seed N] [--rounds N] [--write FILE]
 *
 * A failure prints its seed, and `--seed N` alone walks that one again and prints what it met;
 * `--write FILE` keeps the archive. What a seed makes depends on the corpora, in the folders below
 * ROOT that are called so. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leat/endpoint/memory/memory.h"
#include "tests/mutate/mutate.h"
#include "tests/mutate/trail.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/trickle.h"

/* Archives in a round, and for how long one may be walked under a sanitizer on a busy machine. */
enum { ARCHIVES_A_ROUND = 2000, SECONDS_MAX = 60 };

/* What a walk within these limits may hold at once. Most of it is what the formats' windows cost
 * that are open at once, one in the other. */
#define LIVE_BYTES_MAX (24 * LEAT_MIB)

static const struct leat_limits limits = {
    .window_max = LEAT_MIB,
    .bytes_max = 512 * LEAT_KIB,
    .total_max = 4 * LEAT_MIB,
    .depth_max = 8,
    .entries_max = 100,
    .spool_max = LEAT_MIB,
    .name_max = 4 * LEAT_KIB,
    .header_max = 256 * LEAT_KIB,
    .damages_max = 20,
    .derive_max = LEAT_MIB,
};

static uint64_t live_bytes_max;

typedef struct leat_reader *open_source(struct leat_ctx *ctx, const struct archive *archive,
                                        uint64_t seed);

static struct trail walk(const struct archive *archive, open_source *open,
                         const struct trail_plan *plan)
{
    struct memory memory;
    struct leat_ctx ctx;
    memory_init(&memory);
    struct leat_ctx_options options = {
        .alloc = memory.alloc,
        .keys = &memory_keys,
        .limits = limits,
    };
    leat_ctx_init(&ctx, &options);
    struct trail trail = trail_of(open(&ctx, archive, plan->seed), archive->name, plan);
    check(memory.live_bytes_max <= LIVE_BYTES_MAX);
    if (memory.live_bytes_max > live_bytes_max)
        live_bytes_max = memory.live_bytes_max;
    memory_ctx_fini(&ctx, &memory);
    return trail;
}

/* --- Sources --- */

/* Who gathers a header copies it with each piece, and a header may be most of an archive: a large
 * one comes in a thousand pieces, and not byte by byte. */
static size_t piece_len(const struct archive *archive, size_t len)
{
    size_t least = 1 + archive->bytes.len / 1024;
    return len > least ? len : least;
}

static struct leat_reader *open_memory(struct leat_ctx *ctx, const struct archive *archive,
                                       uint64_t seed)
{
    (void)seed;
    return leat_memory(ctx, archive->bytes.data, archive->bytes.len);
}

static struct leat_reader *open_seeking(struct leat_ctx *ctx, const struct archive *archive,
                                        uint64_t seed)
{
    struct random random = { seed };
    return trickle(ctx, &(struct trickle_options){
                            .data = archive->bytes.data,
                            .len = archive->bytes.len,
                            .piece = piece_len(archive, random_len(&random, 16 * LEAT_KIB)),
                            .again = true,
                            .skips = random_percent(&random, 50),
                            .seeks = true,
                            .forks = true,
                        });
}

static struct leat_reader *open_stream(struct leat_ctx *ctx, const struct archive *archive,
                                       uint64_t seed)
{
    struct split_plan plan = { .seed = seed, .piece_max = 64 * LEAT_KIB };
    return split_reader(open_memory(ctx, archive, seed), &plan);
}

static struct leat_reader *open_pieces(struct leat_ctx *ctx, const struct archive *archive,
                                       uint64_t seed)
{
    struct split_plan plan = split_plan_of(seed);
    plan.piece_max = piece_len(archive, plan.piece_max);
    return split_reader(open_memory(ctx, archive, seed), &plan);
}

/* --- Seeds --- */

static void walk_all_ways(const struct archive *archive, uint64_t seed, bool prints)
{
    static const struct trail_plan plainly = { .seed = 0 };
    struct trail_plan waiting = { .seed = seed, .wild = true, .waits = true };
    struct trail_plan armed = { .seed = seed, .wild = true, .waits = true, .arms = true };

    check_says_text("read from", "memory");
    struct trail whole = walk(archive, open_memory, &plainly);
    if (prints)
        fprintf(stderr, "%.*s", (int)whole.text.len, whole.text.data);
    check_says_text("read from", "what seeks and waits");
    struct trail seeking = walk(archive, open_seeking, &waiting);
    trail_must_equal(&whole, &seeking);

    check_says_text("read from", "a stream");
    struct trail stream = walk(archive, open_stream, &plainly);
    check_says_text("read from", "a stream that waits");
    struct trail pieces = walk(archive, open_pieces, &armed);
    trail_must_equal(&stream, &pieces);

    trail_fini(&whole);
    trail_fini(&seeking);
    trail_fini(&stream);
    trail_fini(&pieces);
}

static void keep(const struct archive *archive, const char *path)
{
    FILE *file = fopen(path, "wb");
    check(file != NULL);
    check_equal(fwrite(archive->bytes.data, 1, archive->bytes.len, file), archive->bytes.len);
    check_equal(fclose(file), 0);
}

/* A walk that hangs is ended as an assert ends one. */
static void on_alarm(int number)
{
    (void)number;
    check_platform_print("no end after all the time there is\n");
    abort();
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    const char *kept = NULL;
    bool alone = argc > 3 && strcmp(argv[2], "--seed") == 0;
    if (argc < 2) {
        fprintf(stderr, "usage: mutate ROOT [--seed N] [--rounds N] [--write FILE]\n");
        return 2;
    }
    for (int i = 2; i + 1 < argc; i++)
        kept = strcmp(argv[i], "--write") == 0 ? argv[i + 1] : kept;
    signal(SIGALRM, on_alarm);
    struct stock stock;
    stock_init(&stock, argv[1]);
    uint64_t count = alone ? 1 : ARCHIVES_A_ROUND * options.rounds;
    for (uint64_t i = 0; i < count; i++) {
        struct random random = { options.seed + i };
        check_says("seed", options.seed + i);
        alarm(SECONDS_MAX);
        struct archive archive = mutate(&stock, &random);
        check_says_text("name", archive.name);
        if (kept != NULL)
            keep(&archive, kept);
        walk_all_ways(&archive, options.seed + i, alone);
        sink_fini(&archive.bytes);
    }
    printf("%llu mutated archives of %zu, at most %llu KiB at once\n", (unsigned long long)count,
           stock.len, (unsigned long long)(live_bytes_max / LEAT_KIB));
    stock_fini(&stock);
    return 0;
}
