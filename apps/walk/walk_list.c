/* Print the files that a walk finds, one a line: what the tests compare with ripgrep's list, and
 * what the walk is measured with. `--count` prints their number only, `--open` also opens each. */

#include "apps/walk/walk.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GLOB_STATUS = 2 };

struct list {
    bool count_only, open;
    atomic_size_t problems;
    struct {
        _Alignas(64) size_t files;
    } threads[POOL_THREADS_MAX];
    pthread_mutex_t lock;
};

static void on_file(void *user, const struct walk_file *file)
{
    struct list *list = user;
    list->threads[file->thread].files++;
    if (list->open) {
        int fd = openat(file->folder_fd, file->name, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            close(fd);
    }
    if (list->count_only)
        return;
    pthread_mutex_lock(&list->lock);
    fwrite(file->path, 1, file->path_len, stdout);
    putchar('\n');
    pthread_mutex_unlock(&list->lock);
}

static void on_problem(void *user, const struct walk_problem *problem)
{
    struct list *list = user;
    atomic_fetch_add(&list->problems, 1);
    fprintf(stderr, "%s: line %u: %s\n", problem->path, problem->line,
            problem->reason ? problem->reason : strerror(problem->code));
}

static bool parse(int argc, char **argv, struct walk_options *options, struct glob_set *globs,
                  struct list *list, unsigned *ret_threads)
{
    int c;
    while ((c = getopt(argc, argv, "uHLsd:g:j:co")) != -1) {
        switch (c) {
        case 'u':
            options->no_ignore = true;
            break;
        case 'H':
            options->hidden = true;
            break;
        case 'L':
            options->follow = true;
            break;
        case 's':
            options->sort_path = true;
            break;
        case 'd':
            options->depth_limited = true;
            options->depth_max = (uint32_t)atoi(optarg);
            break;
        case 'g':
            if (glob_set_add(globs, optarg, strlen(optarg)) != GLOB_ADDED)
                return false;
            break;
        case 'j':
            *ret_threads = (unsigned)atoi(optarg);
            break;
        case 'c':
            list->count_only = true;
            break;
        case 'o':
            list->open = true;
            break;
        default:
            return false;
        }
    }
    return true;
}

static int list_files(struct list *list, const struct walk_options *options, unsigned threads,
                      const char *const *paths, size_t count)
{
    struct walk_events events = { .file = on_file, .problem = on_problem, .user = list };
    struct pool *pool = pool_create(options->sort_path ? 1 : threads);
    struct walk *walk = pool ? walk_create(options, &events, pool) : NULL;
    bool ok = walk && walk_start(walk, paths, count);
    if (pool)
        pool_run(pool);
    walk_destroy(walk);
    pool_destroy(pool);
    size_t files = 0;
    for (size_t i = 0; i < POOL_THREADS_MAX; i++)
        files += list->threads[i].files;
    if (list->count_only)
        printf("%zu\n", files);
    return ok && atomic_load(&list->problems) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
    struct list *list = aligned_alloc(64, (sizeof *list + 63) / 64 * 64);
    struct glob_set *globs = glob_set_create(GLOB_FROM_ARGUMENT);
    struct walk_options options = { .globs = globs };
    unsigned threads = 0;
    int status = GLOB_STATUS;
    if (list)
        *list = (struct list){ .lock = PTHREAD_MUTEX_INITIALIZER };
    if (list && globs && parse(argc, argv, &options, globs, list, &threads))
        status = list_files(list, &options, threads, (const char *const *)argv + optind,
                            (size_t)(argc - optind));
    glob_set_destroy(globs);
    free(list);
    return status;
}
