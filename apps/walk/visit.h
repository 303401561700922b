#ifndef APPS_WALK_VISIT_H
#define APPS_WALK_VISIT_H

#include "apps/walk/folder.h"
#include "apps/walk/listing.h"
#include "apps/walk/walk.h"

/* What a thread has in hand while it is in one folder: its paths, its entries. A callback may wait
 * and so run another folder's task on the same thread; each level then has its own. */
struct visit {
    struct visit *next; /* the thread's spare ones */
    struct walk *walk;
    struct folder *folder;
    unsigned thread;
    int fd;           /* the folder's, for callbacks and links */
    bool is_ordinary; /* the folder's file system is; once it was looked up: */
    bool knows_ordinary;
    bool is_opened;      /* what was last asked about is wanted for what it may hold, only */
    bool has_rules;      /* globs or ignore rules are to be asked of each entry */
    size_t shown_len;    /* the folder's path with its closing `/`, where names go */
    size_t relative;     /* where in shown what -g sees begins */
    size_t absolute_len; /* as shown_len; 0 when no ignore rules are in force */
    struct listing listing;
    char shown[WALK_PATH_MAX];
    char absolute[WALK_PATH_MAX];
};

struct walk {
    struct walk_options options;
    struct walk_events events;
    struct pool *pool;
    const char *const *paths; /* of walk_start() */
    struct glob_set *global;  /* the user's own excludes, or NULL */
    char *here;               /* the current folder with a `/`, when globs need it, or NULL */
    struct folder_budget budget;
    atomic_bool stopped;
    struct visit *spare[POOL_THREADS_MAX];
};

static inline bool walk_is_stopped(struct walk *walk)
{
    return atomic_load_explicit(&walk->stopped, memory_order_relaxed);
}

/* A visit for a thread, reused if it can be; NULL without memory. Its paths are not set. */
LEAT_MUST_USE struct visit *visit_begin(struct walk *walk, unsigned thread);
void visit_end(struct visit *visit);

/* Go to a folder: its path is what problems are about until visit_paths() has been called. False,
 * and it is reported, if its path is too long. */
LEAT_MUST_USE bool visit_folder(struct visit *visit, struct folder *folder);

/* Whether rules are to be asked, once the folder's own are known. */
void visit_rules(struct visit *visit);

/* Do the rules let an entry through? Sets the end of shown to its name. */
LEAT_MUST_USE bool visit_wants(struct visit *visit, const char *name, size_t len, bool is_folder);

/* Give a file that is wanted, the last asked about, to the callback. */
void visit_give(struct visit *visit, const char *name, size_t len);

/* Report a problem about an entry, or about the folder if name is NULL. */
void visit_problem(struct visit *visit, const char *name, int code);

/* Load what the folder's ignore files say, given the names seen in it. */
void visit_enter_rules(struct visit *visit, unsigned seen);

/* Report a problem without a visit. */
void walk_report(struct walk *walk, unsigned thread, const char *path, int code);

/* The body of a folder's task; the task's object is a share of it. */
pool_task_fn enter_folder;

#endif
