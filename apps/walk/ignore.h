#ifndef APPS_WALK_IGNORE_H
#define APPS_WALK_IGNORE_H

#include "apps/walk/ignore_file.h"

/* The ignore rules in force in a folder: those of its own files, then its parents'.
 *
 *     .rgignore  before  .ignore  before  .gitignore  before  .git/info/exclude  before  the user's
 *
 * and in each, the deepest folder that says something decides. What git's files say counts only
 * inside a repository, and only up to its top. Levels are shared by count and never change. */

struct ignore;

/* What a folder's listing has shown: names that bear on the rules. */
enum {
    IGNORE_SEEN_RGIGNORE = 1,
    IGNORE_SEEN_IGNORE = 2,
    IGNORE_SEEN_GITIGNORE = 4,
    IGNORE_SEEN_REPOSITORY = 8, /* .git or .jj */
    IGNORE_SEEN_GIT = 16,       /* .git, where the excludes are */
};

/* The bits of one name, which is 0 for nearly all. */
unsigned ignore_seen(const char *name);

/* The bits of a folder, by asking for each name: for folders that are not listed whole. */
unsigned ignore_probe(int folder_fd);

/* The rules in force in a folder.
 *
 * above   those of its parent, or NULL; a share of them is kept if need be
 * seen    what is in the folder
 * base    bytes of the folder's absolute path with its closing `/`
 * Returns a share to release, or NULL when no rules are in force. Without memory, or when a file
 * cannot be used, that is reported and the other rules stand. */
LEAT_MUST_USE struct ignore *ignore_enter(struct ignore *above, int folder_fd, unsigned seen,
                                          size_t base, const struct ignore_reporter *reporter);

/* The rules that the parents of a folder put in force in it. `absolute` is its canonical path, no
 * longer than PATH_MAX. */
LEAT_MUST_USE struct ignore *ignore_parents(const char *absolute,
                                            const struct ignore_reporter *reporter);

/* One more share, and one less. NULL is fine. */
struct ignore *ignore_take(struct ignore *ignore);
void ignore_release(struct ignore *ignore);

/* What the rules say of an entry.
 *
 * absolute  its absolute path
 * global    the user's own excludes or NULL, asked last and only inside a repository
 * relative  the entry's path as those are to see it
 * Returns   GLOB_MATCHED: ignored. GLOB_NEGATED: kept, even if hidden. Allocates nothing. */
enum glob_verdict ignore_match(const struct ignore *ignore, const struct glob_path *absolute,
                               const struct glob_set *global, const struct glob_path *relative);

#endif
