/* Any ignore file: what it says of a path is what its last line that says anything says, each line
 * alone; and any file of git's own that names an ignore file gives one or none.
 *
 *     0, path, 0, an ignore file      1, path, 0, .gitconfig      2, path, 0, .git, 0, commondir
 *
 * The files are written where reading them costs no disk, in one folder that this makes. */

#include "apps/walk/ignore_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leat/core/span.h"
#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64];
static int folder_fd = -1;

static void clean(void)
{
    static const char *const names[] = { ".gitignore", ".gitconfig", ".git", "commondir" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlinkat(folder_fd, names[i], 0);
    rmdir(folder);
}

/* What a file could name that is not ours is in a folder of its own, empty. */
static void begin(void)
{
    snprintf(folder, sizeof(folder), "%s/leat-ignore-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    check(mkdtemp(folder) != NULL);
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(folder_fd >= 0);
    check(setenv("HOME", folder, 1) == 0 && unsetenv("XDG_CONFIG_HOME") == 0);
    atexit(clean);
}

static void write_file(const char *name, struct leat_span text)
{
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(fd >= 0);
    check(write(fd, text.data, text.len) == (ssize_t)text.len);
    check(close(fd) == 0);
}

static void count_problem(void *user, const struct ignore_problem *problem)
{
    unsigned *problems = user;
    check(problem->name != NULL && (problem->reason != NULL || problem->code != 0));
    ++*problems;
}

static struct glob_path path_of(struct leat_span span)
{
    const char *text = (const char *)span.data;
    const char *slash = span.len ? memrchr(text, '/', span.len) : NULL;
    return (struct glob_path){ .text = text,
                               .len = span.len,
                               .name = slash ? (size_t)(slash + 1 - text) : 0 };
}

/* What each line says by itself: the last that says anything decides. */
static enum glob_verdict decide(struct leat_span text, const struct glob_path *path)
{
    enum glob_verdict verdict = GLOB_UNMATCHED;
    const char *at = (const char *)text.data, *end = at + text.len;
    if (text.len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        len -= len && at[len - 1] == '\r';
        struct glob_set *set = glob_set_create(GLOB_FROM_FILE);
        check(set != NULL);
        if (glob_set_add(set, at, len) == GLOB_ADDED) {
            const enum glob_verdict said = glob_set_match(set, path);
            verdict = said == GLOB_UNMATCHED ? verdict : said;
        }
        glob_set_destroy(set);
        at = newline ? newline + 1 : end;
    }
    return verdict;
}

static void check_ignore_file(struct leat_span text, const struct glob_path *path)
{
    unsigned problems = 0;
    const struct ignore_reporter reporter = { count_problem, &problems };
    write_file(".gitignore", text);
    struct glob_set *set = ignore_file_load(folder_fd, ".gitignore", &reporter);
    check(problems <= IGNORE_PROBLEMS_MAX);
    for (int is_folder = 0; is_folder < 2; is_folder++) {
        struct glob_path asked = *path;
        asked.is_folder = is_folder;
        const enum glob_verdict said = set ? glob_set_match(set, &asked) : GLOB_UNMATCHED;
        check_equal(said, decide(text, &asked));
    }
    glob_set_destroy(set);
}

/* What git's own files say where to look; the set itself is as the one above. */
static void check_config(struct leat_span text)
{
    unsigned problems = 0;
    const struct ignore_reporter reporter = { count_problem, &problems };
    write_file(".gitconfig", text);
    glob_set_destroy(ignore_file_load_global(&reporter));
}

static void check_git_file(struct leat_span own, struct leat_span common)
{
    unsigned problems = 0;
    const struct ignore_reporter reporter = { count_problem, &problems };
    write_file(".git", own);
    write_file("commondir", common);
    glob_set_destroy(ignore_file_load_exclude(folder_fd, &reporter));
}

/* The next piece up to a 0, and past it. */
static struct leat_span next(struct leat_span *rest)
{
    const uint8_t *zero = rest->len ? memchr(rest->data, 0, rest->len) : NULL;
    const struct leat_span piece = { rest->data, zero ? (size_t)(zero - rest->data) : rest->len };
    const size_t past = piece.len + (zero != NULL);
    *rest = (struct leat_span){ rest->data + past, rest->len - past };
    return piece;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (folder_fd < 0)
        begin();
    if (size == 0)
        return 0;
    struct leat_span rest = { data + 1, size - 1 };
    const struct glob_path path = path_of(next(&rest));
    if (data[0] % 3 == 0) {
        check_ignore_file(rest, &path);
    } else if (data[0] % 3 == 1) {
        check_config(rest);
    } else {
        const struct leat_span own = next(&rest);
        check_git_file(own, rest);
    }
    return 0;
}
