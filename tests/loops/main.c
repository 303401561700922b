/* The suite of loops, over one kind: every operation, cancellation, closing, deadlines, the memory
 * that is received into, notes, steps, and allocations that fail. It names no kind but the
 * simulated one, whose descriptors the system does not know.
 *
 *     loops KIND [BITE] [--test NAME] [--seed N] [--rounds N]
 *
 * BITE is a way in which the loop is broken. A failure says the kind, the test and the seed, and
 * the other tests run even so; `--test NAME --seed N` runs that again. 77: not here. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_SECONDS_MAX = 60, TEST_NAMES_MAX = 1000000, NOT_HERE = 77, DESCRIPTORS_MAX = 5000 };

static const struct loop_test *const tables[] = {
    tests_files, tests_streams, tests_cancel, tests_close,   tests_time,
    tests_notes, tests_steps,   tests_memory, tests_buffers,
};

static void on_alarm(int number)
{
    (void)number;
    check_prints("a test made no progress\n");
    abort();
}

static void on_pipe(int number)
{
    (void)number;
    check_prints("a SIGPIPE\n");
    abort();
}

/* A crash says its case too, where no sanitizer reports it. */
static void on_crash(int number)
{
    (void)number;
    check_prints("a crash\n");
    abort();
}

static unsigned descriptors_open(void)
{
    unsigned n = 0;
    DIR *open = opendir("/proc/self/fd");
    check(open != NULL);
    while (readdir(open) != NULL)
        n++;
    closedir(open);
    return n;
}

static void run_test(struct bench *b, const struct loop_test *test, uint64_t seed)
{
    unsigned before = descriptors_open();
    check_says("seed", seed);
    b->random = (struct random){ seed };
    alarm(TEST_SECONDS_MAX);
    test->run(b);
    alarm(0);
    check_forgets_after("seed");
    check_equal(descriptors_open(), before);
}

static void run_seeds(struct bench *b, const struct loop_test *test, struct check_options options)
{
    uint64_t seeds = options.rounds * (test->seeds > 0 ? test->seeds : 1);
    check_says_text("test", test->name);
    for (uint64_t at = 0; at < seeds; at++)
        run_test(b, test, options.seed + at);
}

/* In a process of its own: one that fails leaves the rest as it was. */
static bool passes(struct bench *b, const struct loop_test *test, struct check_options options)
{
    int state;
    fflush(stdout);
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        run_seeds(b, test, options);
        exit(0);
    }
    check(waitpid(child, &state, 0) == child);
    return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

/* How many tests failed; of a broken loop the first is enough. */
static unsigned run_all(struct bench *b, struct check_options options, const char *only)
{
    unsigned failed = 0, ran = 0;
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct loop_test *test = tables[i]; test->name != NULL; test++) {
            if ((b->simulates && (test->flags & REAL_ONLY)) || (b->bite != NULL && failed > 0))
                continue;
            if (only != NULL && strcmp(only, test->name) != 0)
                continue;
            b->names = ran++ * TEST_NAMES_MAX;
            failed += !passes(b, test, options);
        }
    }
    printf("%s: %u tests, %u failed\n", b->kind, ran, failed);
    check(ran > 0);
    return failed;
}

/* --- A run --- */

static const struct bite *bite_named(const char *name)
{
    for (unsigned i = 0; bites[i].name != NULL; i++) {
        if (strcmp(bites[i].name, name) == 0)
            return &bites[i];
    }
    return NULL;
}

static bool is_here(const char *kind)
{
    struct leat_loop_options options = { .kind = kind };
    struct leat_loop_choice choice;
    struct leat_loop *loop = leat_loop_create(&options, &choice);
    if (loop == NULL)
        printf("%s: %s (code %d)\n", kind, choice.reason, choice.code);
    leat_loop_destroy(loop);
    return loop != NULL;
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < DESCRIPTORS_MAX)
        limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
    check(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static int run(struct bench *b, struct check_options options, const char *only)
{
    signal(SIGPIPE, on_pipe);
    signal(SIGALRM, on_alarm);
    void (*there)(int) = signal(SIGSEGV, on_crash);
    if (there != SIG_DFL)
        signal(SIGSEGV, there);
    if (!is_here(b->kind))
        return NOT_HERE;
    raise_descriptors();
    b->simulates = strcmp(b->kind, "sim") == 0;
    b->folder_fd = open(b->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(b->folder_fd >= 0);
    check_says_text("kind", b->kind);
    return run_all(b, options, only) > 0;
}

/* --- The folder for files --- */

/* In memory where that can be: a sync to a disk takes longer than all the rest of a case. */
static const char *folder_make(void)
{
    static char paths[][32] = { "/dev/shm/leat-loops-XXXXXX", "/tmp/leat-loops-XXXXXX" };
    if (mkdtemp(paths[0]) != NULL)
        return paths[0];
    check(mkdtemp(paths[1]) != NULL);
    return paths[1];
}

static void folder_remove(const char *path)
{
    DIR *open = opendir(path);
    struct dirent *entry;
    check(open != NULL);
    while ((entry = readdir(open)) != NULL) {
        if (unlinkat(dirfd(open), entry->d_name, 0) < 0)
            (void)unlinkat(dirfd(open), entry->d_name, AT_REMOVEDIR);
    }
    closedir(open);
    check(rmdir(path) == 0);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    const char *only = NULL;
    if (argc < 2) {
        fprintf(stderr, "usage: loops KIND [BITE] [--test NAME] [--seed N] [--rounds N]\n");
        return 2;
    }
    for (int i = 2; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--test") == 0)
            only = argv[i + 1];
    }
    struct bench b = { .kind = argv[1], .lock = PTHREAD_MUTEX_INITIALIZER };
    if (argc > 2 && argv[2][0] != '-') {
        b.bite = bite_named(argv[2]);
        check(b.bite != NULL);
    }
    b.folder = folder_make();
    int result = run(&b, options, only);
    folder_remove(b.folder);
    return result;
}
