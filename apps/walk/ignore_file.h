#ifndef APPS_WALK_IGNORE_FILE_H
#define APPS_WALK_IGNORE_FILE_H

#include "apps/walk/glob.h"

enum {
    IGNORE_FILE_MAX = 4 << 20,     /* bytes of an ignore file */
    IGNORE_PROBLEMS_MAX = 16,      /* malformed lines reported of one file */
    IGNORE_GIT_FILE_MAX = 1 << 20, /* bytes of a file of git's own */
};

/* Something wrong with an ignore file. The file is used as far as it could be. */
struct ignore_problem {
    const char *name;   /* the file, relative to its folder */
    uint32_t line;      /* from 1, or 0 when it is about the file */
    int code;           /* an errno value, or 0 */
    const char *reason; /* static text, or NULL when the code says all */
};

/* Who is told of it. `report` may be NULL. */
struct ignore_reporter {
    void (*report)(void *user, const struct ignore_problem *problem);
    void *user;
};

/* Read a file whole into memory with a 0 behind it, which the caller frees.
 *
 * folder_fd  an open folder, or AT_FDCWD
 * Returns    0, or an errno value: ENOENT when there is no such file or it is not a regular one,
 *            EFBIG when it is longer than `bytes_max`. Never waits for a pipe's other end. */
LEAT_MUST_USE int ignore_file_read(int folder_fd, const char *name, size_t bytes_max,
                                   char **ret_text, size_t *ret_len);

/* Compile an ignore file. NULL when there is none, when it says nothing, or when it cannot be read,
 * which is reported. */
struct glob_set *ignore_file_load(int folder_fd, const char *name,
                                  const struct ignore_reporter *reporter);

/* The same for the `info/exclude` of the repository whose `.git` is in the folder, also when that
 * is a file which names the place (a worktree, a submodule). */
struct glob_set *ignore_file_load_exclude(int folder_fd, const struct ignore_reporter *reporter);

/* The same for the user's own excludes: what core.excludesFile in ~/.gitconfig or git/config names,
 * otherwise git/ignore, both under $XDG_CONFIG_HOME or ~/.config. */
struct glob_set *ignore_file_load_global(const struct ignore_reporter *reporter);

#endif
