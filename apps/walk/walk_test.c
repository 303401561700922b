/* Shows, on small trees made for it, which files a walk finds and how it shows them: a table for
 * the rules, then the hard places one by one: large, deep and wide folders, links, odd ignore
 * files. */

#include "apps/walk/walk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOUND_MAX = 20000, TEXT_MAX = 1 << 22 };

static struct {
    pthread_mutex_t lock;
    char *paths[FOUND_MAX];
    size_t count;
    size_t problems;
    int code; /* of the last problem */
    uint32_t line;
    bool open; /* try to open each */
    struct walk *stop;
} found = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void on_file(void *user, const struct walk_file *file)
{
    (void)user;
    assert(strlen(file->path) == file->path_len);
    if (found.open) {
        int fd = openat(file->folder_fd, file->name, O_RDONLY | O_CLOEXEC);
        assert(fd >= 0);
        close(fd);
    }
    pthread_mutex_lock(&found.lock);
    assert(found.count < FOUND_MAX);
    found.paths[found.count] = strdup(file->path);
    assert(found.paths[found.count]);
    found.count++;
    if (found.stop)
        walk_stop(found.stop);
    pthread_mutex_unlock(&found.lock);
}

static void on_problem(void *user, const struct walk_problem *problem)
{
    (void)user;
    assert(problem->path && problem->path[0]);
    pthread_mutex_lock(&found.lock);
    found.problems++;
    found.code = problem->code;
    found.line = problem->line;
    pthread_mutex_unlock(&found.lock);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void forget(void)
{
    while (found.count)
        free(found.paths[--found.count]);
    found.problems = 0;
    found.code = 0;
    found.line = 0;
}

/* Walk from the current folder; what is found is sorted unless the walk was to do it. */
static void walk(const struct walk_options *options, unsigned threads, const char *const *paths,
                 size_t count)
{
    forget();
    struct walk_events events = { .file = on_file, .problem = on_problem };
    struct pool *pool = pool_create(options->sort_path ? 1 : threads);
    assert(pool);
    struct walk *made = walk_create(options, &events, pool);
    assert(made);
    assert(walk_start(made, paths, count));
    pool_run(pool);
    walk_destroy(made);
    pool_destroy(pool);
    if (!options->sort_path && found.count)
        qsort(found.paths, found.count, sizeof *found.paths, compare);
}

/* Does what was found, joined by blanks, equal `expected`? */
static bool is_found(const char *expected)
{
    static char text[TEXT_MAX];
    size_t len = 0;
    for (size_t i = 0; i < found.count; i++)
        len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s", i ? " " : "", found.paths[i]);
    text[len] = '\0';
    bool same = strcmp(text, expected) == 0;
    if (!same)
        printf("expected: %s\nfound:    %s\n", expected, text);
    return same;
}

/* Make a file with the folders it is in. A name with a slash at its end is a folder. */
static void make(const char *path, const char *text)
{
    char copy[512];
    assert(strlen(path) < sizeof copy);
    strcpy(copy, path);
    for (char *slash = copy; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        assert(mkdir(copy, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    if (path[strlen(path) - 1] == '/')
        return;
    FILE *file = fopen(path, "w");
    assert(file);
    fputs(text, file);
    fclose(file);
}

/* An empty folder to be in, inside the one the test was given. */
static void start_tree(const char *top)
{
    static unsigned number;
    char path[512];
    snprintf(path, sizeof path, "%s/%u", top, number++);
    assert(mkdir(path, 0755) == 0);
    assert(chdir(path) == 0);
}

/* Files of one tree, as "path" or "path=text", then walks on it. */
static const struct {
    const char *files[12];
    const char *at; /* where to walk from, or NULL */
    const char *paths[3];
    const char *globs;
    bool hidden, no_ignore, limited;
    uint32_t depth;
    const char *expected;
} table[] = {
    /* paths as they were given */
    { { "a", "d/b", "d/e/c" }, .expected = "a d/b d/e/c" },
    { { "a", "d/b" }, .paths = { "./" }, .expected = "./a ./d/b" },
    { { "a", "d/b" }, .paths = { "." }, .expected = "./a ./d/b" },
    { { "a", "d/b" }, .paths = { "d" }, .expected = "d/b" },
    { { "a", "d/b" }, .paths = { "d/" }, .expected = "d/b" },
    { { "a", "d/b" }, .paths = { "d//" }, .expected = "d//b" },
    { { "a", "d/b" }, .at = "d", .paths = { ".." }, .expected = "../a ../d/b" },
    { { "a", "d/b" }, .paths = { "a", "./d/b" }, .expected = "./d/b a" },
    /* depth */
    { { "a", "d/b", "d/e/c" }, .limited = true, .depth = 1, .expected = "a" },
    { { "a", "d/b", "d/e/c" }, .limited = true, .depth = 2, .expected = "a d/b" },
    { { "a", "d/b" }, .paths = { "a", "d" }, .limited = true, .depth = 0, .expected = "a" },
    /* hidden names */
    { { ".a", ".d/b", "c" }, .expected = "c" },
    { { ".a", ".d/b", "c" }, .hidden = true, .expected = ".a .d/b c" },
    { { ".a", ".d/b" }, .paths = { ".a", ".d" }, .expected = ".a .d/b" },
    { { ".a", ".d/b", ".ignore=!.a\n" }, .expected = ".a" },
    { { ".a", "b" }, .globs = ".a", .expected = ".a" },
    /* ignore files */
    { { "a", "b", ".ignore=a\n" }, .expected = "b" },
    { { "a", "b", ".ignore=a\n" }, .no_ignore = true, .expected = "a b" },
    { { "a", "b", ".ignore=a\n" }, .paths = { "a" }, .expected = "a" },
    { { "a", "b", ".gitignore=a\n" }, .expected = "a b" },
    { { "a", "b", ".gitignore=a\n", ".git/" }, .expected = "b" },
    { { "a", "b", ".gitignore=a\n", ".jj/" }, .expected = "b" },
    { { "d/a", "d/b", ".gitignore=a\n", ".git/" }, .at = "d", .expected = "b" },
    { { "d/a", "a", ".gitignore=/a\n", ".git/" }, .expected = "d/a" },
    { { "d/a", "d/b", ".gitignore=d/a\n", ".git/" }, .at = "d", .expected = "b" },
    { { "d/a", "b", ".ignore=d/\n" }, .expected = "b" },
    { { "d/a", "b", ".ignore=d/\n" }, .paths = { "d" }, .expected = "d/a" },
    { { "d/a", "d/b", "a", ".ignore=a\n", "d/.ignore=!a\n" }, .expected = "d/a d/b" },
    { { "a", ".gitignore=!a\n", ".ignore=a\n", ".git/" }, .expected = "" },
    { { "a", ".ignore=!a\n", ".gitignore=a\n", ".git/" }, .expected = "a" },
    { { "d/a", ".rgignore=a\n", "d/.ignore=!a\n" }, .expected = "" },
    { { "a", "b", ".git/info/exclude=a\n" }, .expected = "b" },
    { { "a", ".gitignore=!a\n", ".git/info/exclude=a\n" }, .expected = "a" },
    { { "w/a", "w/b", "w/.git=gitdir: ../r/x\n", "r/x/commondir=..\n", "r/info/exclude=a\n" },
      .at = "w",
      .expected = "b" },
    { { "w/a", "w/b", "w/.git=gitdir: ../r\n", "r/info/exclude=a\n" }, .at = "w", .expected = "b" },
    /* a repository in another is its own */
    { { "in/a", "a", ".gitignore=a\n", ".git/", "in/.git/" }, .expected = "in/a" },
    { { "in/a", "a", ".ignore=a\n", ".git/", "in/.git/" }, .expected = "" },
    /* -g */
    { { "a.c", "d/b.c", "d/b.h" }, .globs = "*.c", .expected = "a.c d/b.c" },
    { { "a.c", "d/b.c", "d/b.h" }, .globs = "!*.c", .expected = "d/b.h" },
    { { "a.c", "d/b.c" }, .globs = "*.c\n!a*", .expected = "d/b.c" },
    { { "a.c", "d/b.c" }, .globs = "/*.c", .paths = { "./" }, .expected = "./a.c" },
    { { "a.c", "d/b.c" }, .globs = "d/*.c", .expected = "d/b.c" },
    { { "a.c", "d/b.c" }, .globs = "!d", .expected = "a.c" },
    { { "a.c", "b.c", ".ignore=a.c\n" }, .globs = "*.c", .expected = "a.c b.c" },
    { { "a.c", "b.c" }, .globs = "!*", .paths = { "a.c" }, .expected = "a.c" },
};

static void make_row(size_t row)
{
    for (size_t i = 0; i < 12 && table[row].files[i]; i++) {
        char path[256];
        const char *text = strchr(table[row].files[i], '=');
        size_t len = text ? (size_t)(text - table[row].files[i]) : strlen(table[row].files[i]);
        snprintf(path, sizeof path, "%.*s", (int)len, table[row].files[i]);
        make(path, text ? text + 1 : "");
    }
}

static struct glob_set *make_globs(const char *lines)
{
    struct glob_set *set = glob_set_create(GLOB_FROM_ARGUMENT);
    assert(set);
    while (lines && *lines) {
        size_t len = strcspn(lines, "\n");
        assert(glob_set_add(set, lines, len) == GLOB_ADDED);
        lines += len + (lines[len] == '\n');
    }
    return set;
}

static void test_table(const char *top)
{
    for (size_t row = 0; row < sizeof table / sizeof *table; row++) {
        start_tree(top);
        make_row(row);
        assert(!table[row].at || chdir(table[row].at) == 0);
        struct glob_set *globs = make_globs(table[row].globs);
        struct walk_options options = { .globs = globs,
                                        .hidden = table[row].hidden,
                                        .no_ignore = table[row].no_ignore,
                                        .depth_limited = table[row].limited,
                                        .depth_max = table[row].depth };
        size_t count = 0;
        while (count < 3 && table[row].paths[count])
            count++;
        for (unsigned threads = 1; threads <= 2; threads++) {
            walk(&options, threads, table[row].paths, count);
            if (!is_found(table[row].expected))
                printf("row %zu\n", row);
            assert(is_found(table[row].expected) && found.problems == 0);
        }
        glob_set_destroy(globs);
    }
}

static void test_sort(const char *top)
{
    start_tree(top);
    make("b/z", "");
    make("b/a/x", "");
    make("b.c", "");
    make("a", "");
    make("B", "");
    struct walk_options options = { .sort_path = true };
    walk(&options, 1, NULL, 0);
    assert(is_found("B a b/a/x b/z b.c"));
    walk(&options, 1, (const char *const[]){ "b", "a" }, 2);
    assert(is_found("b/a/x b/z a"));
}

static void test_links(const char *top)
{
    start_tree(top);
    make("d/f", "");
    assert(symlink("../d", "d/up") == 0 && symlink("d/f", "l") == 0 && symlink("d", "m") == 0);
    struct walk_options options = { 0 };
    walk(&options, 2, NULL, 0);
    assert(is_found("d/f"));
    walk(&options, 2, (const char *const[]){ "l", "m" }, 2);
    assert(is_found("l m/f"));
    options.follow = true;
    walk(&options, 2, NULL, 0);
    assert(is_found("d/f l m/f"));
    assert(found.problems == 2 && found.code == ELOOP);
    assert(symlink("nowhere", "n") == 0);
    walk(&options, 1, (const char *const[]){ "n" }, 1);
    assert(found.problems == 1 && found.code == ENOENT);
}

static void test_special_files(const char *top)
{
    start_tree(top);
    make("a", "");
    assert(mkfifo("pipe", 0644) == 0 && mkfifo(".ignore", 0644) == 0);
    struct walk_options options = { 0 };
    walk(&options, 2, NULL, 0);
    assert(is_found("a") && found.problems == 0);
    walk(&options, 2, (const char *const[]){ "pipe", "gone" }, 2);
    assert(is_found("pipe") && found.problems == 1 && found.code == ENOENT);
}

static void test_bad_ignore_files(const char *top)
{
    start_tree(top);
    make("a", "");
    make("b", "");
    make(".ignore", "\xef\xbb\xbf# first\r\na\r\n{x\n");
    struct walk_options options = { 0 };
    walk(&options, 2, NULL, 0);
    assert(is_found("b") && found.problems == 1 && found.line == 3);
    make("d/c", "");
    assert(truncate(".ignore", (off_t)1 << 30) == 0);
    walk(&options, 1, NULL, 0);
    assert(is_found("a b d/c") && found.problems == 1 && found.code == EFBIG);
    assert(chdir("d") == 0);
    walk(&options, 1, NULL, 0);
    assert(is_found("c") && found.problems == 1 && found.code == EFBIG);
}

/* More entries than are read at once: rules are asked for by name, files shared among threads. */
static void test_large_folder(const char *top)
{
    enum { FILES = 3000 };
    start_tree(top);
    make(".ignore", "*7\n");
    for (unsigned i = 0; i < FILES; i++) {
        char path[64];
        snprintf(path, sizeof path, "some-name-that-is-not-short-%u", i);
        make(path, "");
    }
    struct walk_options options = { 0 };
    found.open = true;
    for (unsigned threads = 1; threads <= 3; threads++) {
        walk(&options, threads, NULL, 0);
        assert(found.count == FILES - FILES / 10 && found.problems == 0);
    }
    found.open = false;
    options.sort_path = true;
    walk(&options, 1, NULL, 0);
    assert(found.count == FILES - FILES / 10 && found.problems == 0);
    for (size_t i = 1; i < found.count; i++)
        assert(strcmp(found.paths[i - 1], found.paths[i]) < 0);
}

/* Deeper than a path may be long for the system, and with few descriptors to be had. */
static void test_deep(const char *top)
{
    enum { DEPTH = 120, FDS = 24 };
    char name[101];
    memset(name, 'n', 100);
    name[100] = '\0';
    start_tree(top);
    int fd = open(".", O_RDONLY | O_DIRECTORY);
    for (unsigned i = 0; i < DEPTH; i++) {
        int file = openat(fd, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
        assert(file >= 0);
        close(file);
        assert(mkdirat(fd, "side", 0755) == 0 && mkdirat(fd, name, 0755) == 0);
        file = openat(fd, "side/f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
        assert(file >= 0);
        close(file);
        int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert(next >= 0);
        close(fd);
        fd = next;
    }
    close(fd);
    struct rlimit before, few = { FDS, FDS };
    assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
    few.rlim_max = before.rlim_max;
    assert(setrlimit(RLIMIT_NOFILE, &few) == 0);
    found.open = true;
    for (int in_order = 0; in_order < 2; in_order++) {
        struct walk_options options = { .sort_path = in_order, .follow = in_order };
        walk(&options, 2, NULL, 0);
        assert(found.problems == 0);
        assert(found.count == 2 * DEPTH);
    }
    found.open = false;
    assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

static void count_piece(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    (void)pool;
    (void)thread;
    atomic_fetch_add((atomic_size_t *)task->object, 1);
}

/* A callback that pushes tasks and waits for them, with the walk going on meanwhile. */
struct waiter {
    struct pool *pool;
    atomic_size_t files, pieces;
};

static void on_file_wait(void *user, const struct walk_file *file)
{
    struct waiter *waiter = user;
    struct pool_group group;
    char before[64];
    snprintf(before, sizeof before, "%s", file->path);
    pool_group_init(waiter->pool, file->thread, &group);
    struct pool_task piece = { .run = count_piece, .object = &waiter->pieces, .group = &group };
    for (int i = 0; i < 4; i++)
        assert(pool_push(waiter->pool, file->thread, &piece));
    pool_run_one(waiter->pool, file->thread);
    pool_wait(waiter->pool, file->thread, &group);
    assert(strcmp(before, file->path) == 0);
    atomic_fetch_add(&waiter->files, 1);
}

static void test_waiting(const char *top)
{
    enum { FOLDERS = 20, FILES = 20 };
    start_tree(top);
    for (unsigned i = 0; i < FOLDERS * FILES; i++) {
        char path[64];
        snprintf(path, sizeof path, "%u/%u", i / FILES, i % FILES);
        make(path, "");
    }
    struct waiter waiter = { .pool = pool_create(3) };
    struct walk_events events = { .file = on_file_wait, .user = &waiter };
    struct walk *made = walk_create(&(struct walk_options){ 0 }, &events, waiter.pool);
    assert(made && walk_start(made, NULL, 0));
    pool_run(waiter.pool);
    assert(atomic_load(&waiter.files) == FOLDERS * FILES);
    assert(atomic_load(&waiter.pieces) == 4 * FOLDERS * FILES);
    walk_destroy(made);
    pool_destroy(waiter.pool);
}

static void test_stop(const char *top)
{
    start_tree(top);
    for (unsigned i = 0; i < 100; i++) {
        char path[64];
        snprintf(path, sizeof path, "%u/f", i);
        make(path, "");
    }
    forget();
    struct walk_events events = { .file = on_file, .problem = on_problem };
    struct pool *pool = pool_create(1);
    assert(pool);
    found.stop = walk_create(&(struct walk_options){ 0 }, &events, pool);
    assert(found.stop && walk_start(found.stop, NULL, 0));
    pool_run(pool);
    assert(found.count == 1);
    walk_destroy(found.stop);
    pool_destroy(pool);
    found.stop = NULL;
}

static void test_global_excludes(const char *top)
{
    start_tree(top);
    make("home/.gitconfig", "[user]\n\texcludesFile = ~/no\n[core]\n\texcludesfile = \"~/yes\"\n");
    make("home/yes", "a\n");
    make("home/no", "b\n");
    make("xdg/git/ignore", "c\n");
    for (const char *name = "abc"; *name; name++)
        make((char[]){ 'w', '/', *name, '\0' }, "");
    make("w/.git/", "");
    char *here = getcwd(NULL, 0), home[512], xdg[512];
    assert(here);
    snprintf(home, sizeof home, "%s/home", here);
    snprintf(xdg, sizeof xdg, "%s/xdg", here);
    free(here);
    struct walk_options options = { 0 };
    setenv("HOME", home, 1);
    setenv("XDG_CONFIG_HOME", xdg, 1);
    walk(&options, 1, (const char *const[]){ "w" }, 1);
    assert(is_found("w/b w/c"));
    setenv("HOME", "/nonexistent", 1);
    walk(&options, 1, (const char *const[]){ "w" }, 1);
    assert(is_found("w/a w/b"));
}

static void remove_tree(const char *top)
{
    char command[600];
    snprintf(command, sizeof command, "rm -rf -- '%s'", top);
    assert(system(command) == 0);
}

int main(void)
{
    char top[] = "/tmp/leat-walk-XXXXXX";
    assert(mkdtemp(top));
    setenv("HOME", top, 1);
    unsetenv("XDG_CONFIG_HOME");
    test_table(top);
    test_sort(top);
    test_links(top);
    test_special_files(top);
    test_bad_ignore_files(top);
    test_large_folder(top);
    test_deep(top);
    test_waiting(top);
    test_stop(top);
    test_global_excludes(top);
    assert(chdir("/") == 0);
    forget();
    remove_tree(top);
    return 0;
}
