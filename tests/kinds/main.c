/* The suites of all kinds but formats, over the rows of one part: its sources and sinks on every
 * engine and each source with every sink, its views over every source of the suite's own, its
 * engines by one script. It names no part, so that a new one is tested by its rows.
 *
 *     kinds NAME [--seed N] [--rounds N]     one part, or `unsteady`, the suite's own engine, or a
 *                                            broken row of bites.c
 *
 * A failure says the part, the seed, the engine, the kind and the row; `--seed N` runs that again.
 */

#include "leat/endpoint/map/map.h"
#include "tests/kinds/bench.h"
#include "tests/kinds/bites.h"
#include "tests/kinds/unsteady.h"
#include "tests/support/check.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every engine there is, and the suite's own. */
enum { ENGINES_MAX = 64 };
static const struct kind_engine *engines[ENGINES_MAX];
static size_t engines_len;

struct look {
    const struct kind_engine *row;
    bool found;
};

static void looks(void *arg)
{
    struct look *self = arg;
    void *memory = memory_get(self->row->size);
    struct leat_engine *engine = self->row->open(memory, 1);
    if (engine != NULL && self->row->close != NULL)
        self->row->close(engine);
    memory_put(memory);
    self->found = engine != NULL;
}

/* Whether this system has an engine of the kind. */
static bool is_there(const struct kind_engine *row)
{
    struct look look = { row, false };
    if (!bench_inside(row, looks, &look) || !look.found)
        printf("%s: not on this system\n", row->name);
    return look.found;
}

static void add_engines(const struct kind_engine *row)
{
    for (; row != NULL && row->name != NULL; row++) {
        check(engines_len < ENGINES_MAX);
        if (is_there(row))
            engines[engines_len++] = row;
    }
}

static void run_source(struct bench *b)
{
    if ((b->source->promises & KIND_SHORT_ENDS) != 0 && b->engine->shortens)
        return;
    check_says_text("kind", "source");
    check_says_text("row", b->source->name);
    suite_reader(b);
    suite_access(b);
    suite_waiting(b);
    suite_copy(b);
}

static void run_sink(struct bench *b)
{
    check_says_text("kind", "sink");
    check_says_text("row", b->sink->name);
    suite_writer(b);
}

static void run_view(struct bench *b)
{
    check_says_text("kind", "view");
    check_says_text("row", b->view->name);
    suite_reader(b);
    suite_access(b);
    suite_view(b);
}

/* All rows of a part on one engine. The number of them. */
static unsigned run_on(const struct kinds *part, struct bench bench)
{
    unsigned rows = 0;
    check_says_text("engine", bench.engine->name);
    for (const struct kind_source *row = part->sources; row != NULL && row->name != NULL; row++) {
        struct bench b = bench;
        b.source = row;
        run_source(&b);
        rows++;
    }
    for (const struct kind_sink *row = part->sinks; row != NULL && row->name != NULL; row++) {
        struct bench b = bench;
        b.sink = row;
        run_sink(&b);
        rows++;
    }
    for (const struct kind_view *row = part->views; row != NULL && row->name != NULL; row++) {
        struct bench b = bench;
        b.view = row;
        run_view(&b);
        rows++;
    }
    return rows;
}

static unsigned run(const struct kinds *part, uint64_t seed)
{
    unsigned rows = 0;
    /* In this order they are printed. */
    check_says_text("part", part->name);
    check_says("seed", seed);
    check_says_text("engine", "none");
    check_says_text("kind", "engine");
    check_says_text("row", "none");
    check_says_text("to", "nothing");
    for (const struct kind_engine *row = part->engines; row != NULL && row->name != NULL; row++) {
        struct bench b = { .engine = row, .seed = seed };
        check_says_text("engine", row->name);
        check_says_text("row", row->name);
        if (is_there(row))
            suite_engine(&b);
        rows++;
    }
    for (unsigned i = 0; i < engines_len; i++)
        rows += run_on(part, (struct bench){ .engine = engines[i], .number = i, .seed = seed });
    return rows;
}

static unsigned run_named(const char *name, uint64_t seed)
{
    static const struct kinds own = { .name = "unsteady", .engines = unsteady_rows };
    if (strcmp(name, own.name) == 0)
        return run(&own, seed);
    for (size_t i = 0; kinds_parts[i] != NULL; i++) {
        if (strcmp(name, kinds_parts[i]->name) == 0)
            return run(kinds_parts[i], seed);
    }
    for (size_t i = 0; bites[i].name != NULL; i++) {
        if (strcmp(name, bites[i].name) == 0)
            return run(&bites[i], seed);
    }
    return 0;
}

/* A crash says its case too, where no sanitizer reports it. */
static void on_crash(int number)
{
    (void)number;
    check_prints("a crash\n");
    abort();
}

static void on_alarm(int number)
{
    (void)number;
    check_prints("a test made no progress\n");
    abort();
}

static int run_rounds(const char *name, struct check_options options)
{
    unsigned rows = 0;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGALRM, on_alarm);
    void (*there)(int) = signal(SIGSEGV, on_crash);
    if (there != SIG_DFL)
        signal(SIGSEGV, there);
    check_status(leat_map_guard_install(), LEAT_OK);
    for (size_t i = 0; kinds_parts[i] != NULL; i++)
        add_engines(kinds_parts[i]->engines);
    add_engines(unsteady_rows);
    for (uint64_t i = 0; i < options.rounds; i++)
        rows += run_named(name, options.seed + i);
    printf("%s: %u rows\n", name, rows);
    check(rows > 0);
    return 0;
}

/* --- The folder for files, which a run that fails must leave behind no more than another --- */

/* In memory where that can be: a sync to a disk takes longer than all the rest of a case. */
static const char *folder_make(void)
{
    static char paths[][32] = { "/dev/shm/leat-kinds-XXXXXX", "/tmp/leat-kinds-XXXXXX" };
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
    while ((entry = readdir(open)) != NULL)
        (void)unlinkat(dirfd(open), entry->d_name, 0);
    closedir(open);
    check(rmdir(path) == 0);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    int state;
    if (argc < 2) {
        fprintf(stderr, "usage: kinds NAME [--seed N] [--rounds N]\n");
        return 2;
    }
    const char *folder = folder_make();
    bench_folder(folder);
    pid_t child = fork();
    if (child == 0)
        return run_rounds(argv[1], options);
    check(waitpid(child, &state, 0) == child);
    folder_remove(folder);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 1;
}
