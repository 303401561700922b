#include "apps/walk/visit.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A problem of the ignore files above a root, or of the user's own. */
struct above {
    struct walk *walk;
    unsigned thread;
};

static void above_problem(void *user, const struct ignore_problem *about)
{
    const struct above *above = user;
    struct walk_problem problem = { .path = about->name,
                                    .line = about->line,
                                    .code = about->code,
                                    .reason = about->reason,
                                    .thread = above->thread };
    if (above->walk->events.problem)
        above->walk->events.problem(above->walk->events.user, &problem);
}

/* How many descriptors may be kept: half of what the process may have, for the files. */
static unsigned budget_max(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 2 > WALK_OPEN_FOLDERS_MAX)
        return WALK_OPEN_FOLDERS_MAX;
    return (unsigned)limit.rlim_cur / 2;
}

/* A string with a `/` at its end, taking over the one given; NULL without memory. */
static char *with_slash(char *path)
{
    size_t len = path ? strlen(path) : 0;
    if (!path || (len && path[len - 1] == '/'))
        return path;
    char *longer = realloc(path, len + 2);
    if (!longer) {
        free(path);
        return NULL;
    }
    memcpy(longer + len, "/", 2);
    return longer;
}

struct walk *walk_create(const struct walk_options *options, const struct walk_events *events,
                         struct pool *pool)
{
    assert(events->file);
    assert(!options->sort_path || pool_threads(pool) == 1);
    struct walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return NULL;
    walk->options = *options;
    walk->events = *events;
    walk->pool = pool;
    walk->budget.open_max = budget_max();
    struct above above = { .walk = walk };
    struct ignore_reporter reporter = { .report = above_problem, .user = &above };
    if (!options->no_ignore)
        walk->global = ignore_file_load_global(&reporter);
    if (options->globs && glob_set_size(options->globs) == 0)
        walk->options.globs = NULL;
    if (walk->global || walk->options.globs)
        walk->here = with_slash(getcwd(NULL, 0));
    return walk;
}

void walk_destroy(struct walk *walk)
{
    if (!walk)
        return;
    assert(atomic_load(&walk->budget.open) == 0);
    for (size_t i = 0; i < POOL_THREADS_MAX; i++) {
        while (walk->spare[i]) {
            struct visit *visit = walk->spare[i];
            walk->spare[i] = visit->next;
            free(visit);
        }
    }
    glob_set_destroy(walk->global);
    free(walk->here);
    free(walk);
}

void walk_stop(struct walk *walk)
{
    atomic_store_explicit(&walk->stopped, true, memory_order_relaxed);
}

/* The canonical path of a root and in `ret_above` the rules from above it; NULL if not to be had,
 * and then only the globs hold below it. */
static char *find_above(const struct above *above, const char *path, struct ignore **ret_above)
{
    struct ignore_reporter reporter = { .report = above_problem, .user = (void *)(uintptr_t)above };
    char *absolute = realpath(path, NULL);
    if (!absolute) {
        walk_report(above->walk, above->thread, path, errno);
        return NULL;
    }
    *ret_above = ignore_parents(absolute, &reporter);
    absolute = with_slash(absolute);
    if (!absolute) {
        ignore_release(*ret_above);
        *ret_above = NULL;
    }
    return absolute;
}

/* Push a folder that was given, and is open as `fd`. Takes over the descriptor. */
static bool push_root(struct walk *walk, unsigned thread, const char *path, const char *shown,
                      int fd)
{
    struct above above = { .walk = walk, .thread = thread };
    struct ignore *ignore = NULL;
    char *absolute = walk->options.no_ignore ? NULL : find_above(&above, path, &ignore);
    char *copy = shown ? with_slash(strdup(shown)) : strdup("");
    if (!copy) {
        close(fd);
        free(absolute);
        ignore_release(ignore);
        return false;
    }
    struct folder_root *root = folder_root_create(walk, &walk->budget, fd, copy, absolute);
    struct folder *folder = root ? folder_create_root(root) : NULL;
    if (root)
        folder_root_release(root);
    if (!folder) {
        ignore_release(ignore);
        return false;
    }
    folder->ignore = ignore;
    struct pool_task task = { .run = enter_folder, .object = folder };
    bool ok = pool_push(walk->pool, thread, &task);
    if (!ok)
        folder_release(folder);
    return ok;
}

/* A path that was given: a folder becomes a task, anything else is a file. */
static void enter_path(struct walk *walk, unsigned thread, const char *path, const char *shown)
{
    const struct walk_options *options = &walk->options;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOTDIR) {
        struct walk_file file = { .folder_fd = AT_FDCWD,
                                  .name = path,
                                  .path = path,
                                  .path_len = strlen(path),
                                  .thread = thread,
                                  .is_explicit = true };
        walk->events.file(walk->events.user, &file);
    } else if (fd < 0) {
        walk_report(walk, thread, path, errno);
    } else if (options->depth_limited && options->depth_max == 0) {
        close(fd);
    } else if (!push_root(walk, thread, path, shown, fd)) {
        walk_report(walk, thread, path, ENOMEM);
    }
}

static void enter_given(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    struct walk *walk = task->object;
    assert(walk->pool == pool);
    if (walk_is_stopped(walk))
        return;
    if (walk->paths)
        enter_path(walk, thread, walk->paths[task->number], walk->paths[task->number]);
    else
        enter_path(walk, thread, ".", NULL);
}

bool walk_start(struct walk *walk, const char *const *paths, size_t count)
{
    assert(!walk->paths);
    walk->paths = count ? paths : NULL;
    bool ok = true;
    for (size_t i = count ? count : 1; i-- > 0 && ok;) { /* the first is to be the newest task */
        struct pool_task task = { .run = enter_given, .object = walk, .number = i };
        ok = pool_push(walk->pool, 0, &task);
    }
    return ok;
}
