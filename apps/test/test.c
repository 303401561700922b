#include "apps/test/test.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/run/keys.h"
#include "apps/term/colour.h"
#include "apps/test/test_flags.h"
#include "apps/test/verdict.h"
#include "apps/walk/pool.h"
#include "apps/walk/walk.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/map/map.h"

/* What was put goes out at the end of each file, or when it has grown to this: then the lines of
 * several files may mix, but every line has its place. */
#define GATHER_LEN_MAX (64 * LEAT_KIB)

struct test;

/* One thread's. */
struct tester {
    struct test *test;
    struct leat_ctx ctx;
    struct term_buffer buffer;
    struct verdict verdict; /* on the file at hand */
};

struct test {
    struct run *run;
    struct test_options flags;
    struct run_keys keys;
    struct verdict_style style;
    struct pool *pool;
    struct walk *walk;
    struct tester *testers;
    unsigned testers_len;
    atomic_bool failed;
    atomic_bool closed; /* nobody reads any more */
};

/* --- What is said --- */

static void put_out(struct tester *tester)
{
    if (term_flush(&tester->test->run->out, &tester->buffer) != TERM_OK)
        atomic_store(&tester->test->closed, true);
}

static void put_problem(struct tester *tester, struct leat_span place,
                        const struct leat_fault *fault)
{
    tester->verdict.problems++;
    atomic_store(&tester->test->failed, true);
    verdict_put_problem(&tester->buffer, tester->test->style, place, fault);
    if (tester->buffer.len > GATHER_LEN_MAX)
        put_out(tester);
}

static void put_verdict(struct tester *tester)
{
    const struct verdict *verdict = &tester->verdict;
    enum test_told told = tester->test->flags.told;
    bool empty = verdict->layers == 0 && verdict->problems == 0;
    if (told == TEST_TELLS_ALL || (told == TEST_TELLS_VERDICTS && !empty))
        verdict_put(&tester->buffer, tester->test->style, verdict);
    put_out(tester);
}

/* --- One file --- */

/* Read all of a leaf. What stands in nothing has nothing that could be checked. */
static void read_leaf(struct tester *tester, const struct leat_step *step)
{
    uint64_t problems = tester->verdict.problems;
    uint64_t done;
    enum leat_status status;
    do {
        status = leat_skip(step->reader, UINT64_MAX, &done);
        while (status == LEAT_FAULT) {
            put_problem(tester, step->place, leat_reader_fault(step->reader));
            status = leat_resync(step->reader);
        }
    } while (status == LEAT_OK);
    uint64_t bytes = leat_tell(step->reader);
    tester->verdict.leaves++;
    tester->verdict.bytes += bytes;
    tester->verdict.layers += step->peeled->decoded_len;
    if (tester->test->flags.told == TEST_TELLS_ALL)
        verdict_put_leaf(&tester->buffer, tester->test->style, step->place, bytes,
                         tester->verdict.problems == problems);
}

static void take(struct tester *tester, const struct leat_step *step)
{
    switch (step->kind) {
    case LEAT_STEP_LEAF:
        read_leaf(tester, step);
        break;
    case LEAT_STEP_ENTER:
        tester->verdict.layers += step->peeled->decoded_len + 1;
        break;
    case LEAT_STEP_FAULT:
        put_problem(tester, step->place, step->fault);
        break;
    case LEAT_STEP_ENTRY:
    case LEAT_STEP_LEAVE:
        break;
    }
}

/* Test everything in `r`, which it closes. */
static void test_reader(struct tester *tester, struct leat_reader *r, const char *path)
{
    static const struct leat_fault no_memory = { .code = LEAT_FAULT_MEMORY };
    struct leat_span place = { .data = (const uint8_t *)path, .len = strlen(path) };
    struct leat_walk_options options = { .peel.keep_text = true };
    tester->verdict = (struct verdict){ .path = path, .path_len = place.len };
    struct leat_walk *walk = leat_walk_open(r, place, &options);
    if (walk == NULL)
        put_problem(tester, place, &no_memory);
    struct leat_step step;
    while (walk != NULL && !atomic_load(&tester->test->closed) &&
           leat_walk_next(walk, &step) == LEAT_OK)
        take(tester, &step);
    leat_walk_close(walk);
    put_verdict(tester);
}

static void test_stdin(struct tester *tester)
{
    static const char name[] = "<stdin>";
    test_reader(tester, leat_descriptor(&tester->ctx, STDIN_FILENO, false, name), name);
}

/* --- All files --- */

static void on_file(void *user, const struct walk_file *file)
{
    struct test *test = user;
    struct tester *tester = &test->testers[file->thread];
    if (atomic_load(&test->closed))
        walk_stop(test->walk);
    else
        test_reader(tester, leat_map(&tester->ctx, file->path), file->path);
}

static void on_problem(void *user, const struct walk_problem *problem)
{
    struct test *test = user;
    atomic_store(&test->failed, true);
    if (problem->reason != NULL)
        run_tell(test->run, problem->path, strlen(problem->path), problem->reason);
    else
        run_tell_code(test->run, problem->path, problem->code);
}

static bool make_testers(struct test *test)
{
    test->pool = pool_create((unsigned)flags_number_or(test->flags.threads, 0));
    if (test->pool == NULL)
        return false;
    test->testers = calloc(pool_threads(test->pool), sizeof(*test->testers));
    if (test->testers == NULL)
        return false;
    test->testers_len = pool_threads(test->pool);
    for (unsigned i = 0; i < test->testers_len; i++) {
        test->testers[i].test = test;
        run_ctx_init(test->run, &test->testers[i].ctx, &test->flags.limits, &test->keys.keys);
    }
    return true;
}

/* Test the paths: standard input by itself, all others by a walk that leaves nothing out. */
static bool test_paths(struct test *test, const char *const *paths, size_t count)
{
    static const struct walk_options options = { .hidden = true, .no_ignore = true };
    struct walk_events events = { .file = on_file, .problem = on_problem, .user = test };
    const char **others = malloc((count + 1) * sizeof(*others));
    size_t others_len = 0;
    for (size_t i = 0; i < count && others != NULL; i++) {
        if (strcmp(paths[i], "-") == 0)
            test_stdin(&test->testers[0]);
        else
            others[others_len++] = paths[i];
    }
    test->walk = walk_create(&options, &events, test->pool);
    bool made = others != NULL && test->walk != NULL;
    if (made && others_len > 0)
        made = walk_start(test->walk, others, others_len);
    if (made)
        pool_run(test->pool);
    free(others);
    return made;
}

static void test_fini(struct test *test)
{
    walk_destroy(test->walk);
    pool_destroy(test->pool);
    for (unsigned i = 0; i < test->testers_len; i++) {
        term_buffer_fini(&test->testers[i].buffer);
        leat_ctx_fini(&test->testers[i].ctx);
    }
    free(test->testers);
    run_keys_fini(&test->keys);
    flags_release(&test_command, &test->flags);
}

int test_run(struct run *run, int argc, char *const *argv)
{
    static const char *const stdin_only[] = { "-" };
    struct test test = { .run = run };
    int status;
    if (!run_parse(run, &test_command, argc, argv, &test.flags, &status))
        return status;
    test.style.json = test.flags.json;
    test.style.escape = term_style_of(run->out.fd, TERM_AUTO).escape;
    const struct flags_list *operands = &test.flags.operands;
    if (!run_keys_read(run, &test.flags.keys, &test.keys)) {
        test.failed = true;
    } else if (!make_testers(&test) ||
               !test_paths(&test, operands->count > 0 ? operands->items : stdin_only,
                           operands->count > 0 ? operands->count : 1)) {
        run_tell(run, NULL, 0, "out of memory");
        test.failed = true;
    }
    struct term_buffer nothing = { 0 };
    status = run_print(run, &nothing, atomic_load(&test.failed) ? RUN_FAILED : RUN_OK);
    test_fini(&test);
    return status;
}
