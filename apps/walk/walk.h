#ifndef APPS_WALK_WALK_H
#define APPS_WALK_WALK_H

#include "apps/walk/glob.h"
#include "apps/walk/pool.h"

/* A walk through folders on a pool of threads, which finds the files that ripgrep would.
 *
 *     struct walk *walk = walk_create(&options, &events, pool);
 *     if (walk && walk_start(walk, paths, count))
 *         pool_run(pool);
 *     walk_destroy(walk);
 *
 * A folder is one task. It is opened from its parent's descriptor, read in large pieces, and its
 * entries are told apart without asking for each. Files are given to a callback on the thread that
 * found them; the files of a large folder are shared with threads that have nothing to do. */

enum {
    WALK_PATH_MAX = 1 << 16,     /* bytes of a path; what is deeper is a problem, ENAMETOOLONG */
    WALK_SORT_MAX = 1 << 28,     /* bytes of names in one folder, when sorted */
    WALK_OPEN_FOLDERS_MAX = 512, /* kept open for their children; others are opened by path */
};

/* A file that was found. The strings are a loan until the callback returns. */
struct walk_file {
    int folder_fd;    /* for openat(); AT_FDCWD or the open folder, a loan too */
    const char *name; /* the name in that folder */
    const char *path; /* the path to show: how the folder was given, and what is below it */
    size_t path_len;
    unsigned thread;  /* the pool's thread that calls: 0 .. pool_threads() - 1 */
    bool is_explicit; /* it was given by name, so no rule was asked */
    bool is_ordinary; /* its file system is known to keep what it is given: a short read is the end
                       */
    bool is_opened;   /* no glob asks for the file itself, only options.opens did */
};

/* Something that could not be walked, or an ignore file that could not be used whole. */
struct walk_problem {
    const char *path;   /* to show; a loan until the callback returns */
    uint32_t line;      /* of an ignore file, or 0 */
    int code;           /* an errno value, or 0; ELOOP: a link to a folder that it is in */
    const char *reason; /* static text, or NULL when the code says all */
    unsigned thread;
};

/* Who is told. Both are called on any thread of the pool, several at once. */
struct walk_events {
    /* A regular file below a folder, or any path given that is not a folder, whether or not it can
     * be opened. May push tasks, and wait for them, and take as long as it needs. */
    void (*file)(void *user, const struct walk_file *file);
    /* The walk goes on without what this is about. */
    void (*problem)(void *user, const struct walk_problem *problem);
    void *user;
};

/* Zeroed is ripgrep's default. */
struct walk_options {
    const struct glob_set *globs; /* -g, or NULL; outlives the walk */
    /* Whether a file of this name may hold others, so that it is given although none of the globs
     * asks for it (a `!` still refuses it). NULL: none may. Any number of threads at once. */
    bool (*opens)(const char *name, size_t len);
    bool hidden;        /* names that begin with a dot too */
    bool no_ignore;     /* ask no ignore file */
    bool follow;        /* follow links */
    bool sort_path;     /* by path, names compared as bytes; for a pool of one thread */
    bool depth_limited; /* depth_max holds: */
    uint32_t depth_max; /* 0 enters no folder, 1 those that were given */
};

struct walk;

/* A walk on a pool, both of which the caller destroys, the pool last. NULL without memory. */
LEAT_MUST_USE struct walk *walk_create(const struct walk_options *options,
                                       const struct walk_events *events, struct pool *pool);

/* Push a task for each of `count` paths, which stay as they are until pool_run() has returned. No
 * path at all means the current folder, shown as nothing. False without memory; what was pushed
 * before is still to be run. */
LEAT_MUST_USE bool walk_start(struct walk *walk, const char *const *paths, size_t count);

/* Let the walk end soon: no more files are found. From any thread. */
void walk_stop(struct walk *walk);

/* Give a walk's memory back, after pool_run(). NULL is fine. */
void walk_destroy(struct walk *walk);

#endif
