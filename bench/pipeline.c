/* What waiting costs a pipeline: the lines of everything inside a file, through every layer around
 * it, read by plain calls and by a fiber on a loop, in turns.
 *
 *     bench/pipeline FILE [ROUNDS] */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "leat/core/lines.h"
#include "leat/endpoint/file/file.h"
#include "leat/fiber/fiber.h"
#include "leat/layer/walk.h"

enum { ROUNDS_MAX = 101, STACK_BYTES = 256 * 1024 };

struct job {
    const char *path;
    struct leat_ctx *ctx;
    uint64_t lines;
    double seconds;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t lines_of(struct leat_reader *r)
{
    struct leat_lines lines;
    struct leat_span line;
    uint64_t count = 0;
    leat_lines_init(&lines, r, '\n', 0);
    while (leat_lines_next(&lines, &line) == LEAT_OK)
        count++;
    return count;
}

static void run(void *arg)
{
    struct job *job = arg;
    double start = now();
    struct leat_span name = { (const uint8_t *)job->path, strlen(job->path) };
    struct leat_walk *walk = leat_walk_open(leat_file(job->ctx, job->path), name, NULL);
    struct leat_step step;
    job->lines = 0;
    while (walk != NULL && leat_walk_next(walk, &step) == LEAT_OK) {
        if (step.kind == LEAT_STEP_LEAF)
            job->lines += lines_of(step.reader);
    }
    leat_walk_close(walk);
    job->seconds = now() - start;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double median(double *of, unsigned len)
{
    qsort(of, len, sizeof(*of), by_value);
    return of[len / 2];
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 5;
    double plain[ROUNDS_MAX], fiber[ROUNDS_MAX];
    if (argc < 2 || rounds == 0 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "pipeline FILE [ROUNDS]\n");
        return 2;
    }
    struct leat_loop *loop = leat_loop_create(NULL, NULL);
    struct leat_fibers *fibers =
        loop != NULL
            ? leat_fibers_create(loop, &(struct leat_fibers_options){ .stack_bytes = STACK_BYTES })
            : NULL;
    if (fibers == NULL) {
        fprintf(stderr, "pipeline: no loop here\n");
        return 1;
    }
    struct leat_ctx blocking, waiting;
    struct leat_ctx_options options = leat_fibers_ctx(fibers);
    leat_ctx_init(&blocking, NULL);
    leat_ctx_init(&waiting, &options);
    struct job first = { argv[1], &blocking, 0, 0 }, second = { argv[1], &waiting, 0, 0 };
    for (unsigned i = 0; i < rounds; i++) {
        run(&first);
        if (leat_fibers_run(fibers, run, &second) != LEAT_OK || second.lines != first.lines) {
            fprintf(stderr, "pipeline: %llu lines, and %llu on a fiber\n",
                    (unsigned long long)first.lines, (unsigned long long)second.lines);
            return 1;
        }
        plain[i] = first.seconds;
        fiber[i] = second.seconds;
    }
    double of_plain = median(plain, rounds), of_fiber = median(fiber, rounds);
    printf("%llu lines: blocking %.1f ms, fiber on %s %.1f ms, %.3f\n",
           (unsigned long long)first.lines, of_plain * 1e3, leat_loop_name(loop), of_fiber * 1e3,
           of_fiber / of_plain);
    leat_ctx_fini(&waiting);
    leat_ctx_fini(&blocking);
    leat_fibers_destroy(fibers);
    leat_loop_destroy(loop);
    return 0;
}
