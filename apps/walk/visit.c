#include "apps/walk/visit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

struct visit *visit_begin(struct walk *walk, unsigned thread)
{
    assert(thread < pool_threads(walk->pool));
    struct visit *visit = walk->spare[thread];
    if (visit)
        walk->spare[thread] = visit->next;
    else
        visit = malloc(sizeof *visit);
    if (!visit)
        return NULL;
    visit->walk = walk;
    visit->thread = thread;
    visit->folder = NULL;
    visit->fd = -1;
    return visit;
}

void visit_end(struct visit *visit)
{
    visit->next = visit->walk->spare[visit->thread];
    visit->walk->spare[visit->thread] = visit;
}

/* Write "prefix", "path" and a `/`. Room for the longest name is left behind it. */
static bool compose(char *to, const char *prefix, size_t prefix_len, const struct folder *folder,
                    size_t *ret_len)
{
    size_t len = prefix_len + folder->path_len;
    if (len + NAME_MAX + 2 > WALK_PATH_MAX)
        return false;
    memcpy(to, prefix, prefix_len);
    memcpy(to + prefix_len, folder->path, folder->path_len);
    if (folder->path_len)
        to[len++] = '/';
    to[len] = '\0';
    *ret_len = len;
    return true;
}

/* What -g sees: the path shown without "./", or without the current folder if it is absolute. */
static size_t relative_start(const struct visit *visit)
{
    const char *here = visit->walk->here;
    if (visit->shown[0] == '.' && visit->shown[1] == '/')
        return 2;
    if (visit->shown[0] != '/' || !here)
        return 0;
    size_t len = strlen(here);
    return visit->shown_len >= len && memcmp(visit->shown, here, len) == 0 ? len : 0;
}

bool visit_folder(struct visit *visit, struct folder *folder)
{
    const struct folder_root *root = folder->root;
    visit->folder = folder;
    visit->absolute_len = 0;
    bool fits = compose(visit->shown, root->shown, root->shown_len, folder, &visit->shown_len);
    if (fits && root->absolute)
        fits = compose(visit->absolute, root->absolute, root->absolute_len, folder,
                       &visit->absolute_len);
    if (!fits) {
        walk_report(visit->walk, visit->thread, folder->path, ENAMETOOLONG);
        return false;
    }
    visit->relative = relative_start(visit);
    visit->knows_ordinary = false;
    return true;
}

void visit_rules(struct visit *visit)
{
    if (!visit->folder->ignore)
        visit->absolute_len = 0;
    visit->has_rules = visit->walk->options.globs || visit->folder->ignore;
}

static void set_name(struct visit *visit, const char *name, size_t len)
{
    assert(visit->shown_len + len < WALK_PATH_MAX);
    memcpy(visit->shown + visit->shown_len, name, len + 1);
}

/* Whether a file that no glob asks for, and none refuses, may hold names that one asks for. */
static bool may_open(const struct walk *walk, const struct glob_path *relative, const char *name,
                     size_t len)
{
    return walk->options.opens && walk->options.opens(name, len) &&
           glob_set_match(walk->options.globs, relative) == GLOB_UNMATCHED;
}

/* What the globs and the ignore files say; GLOB_MATCHED is to be left out. */
static enum glob_verdict ask_rules(struct visit *visit, const char *name, size_t len,
                                   bool is_folder)
{
    const struct walk *walk = visit->walk;
    struct glob_path relative = { .text = visit->shown + visit->relative,
                                  .len = visit->shown_len + len - visit->relative,
                                  .name = visit->shown_len - visit->relative,
                                  .is_folder = is_folder };
    if (walk->options.globs) {
        enum glob_verdict asked = glob_set_override(walk->options.globs, &relative);
        if (asked == GLOB_NEGATED && !is_folder && may_open(walk, &relative, name, len))
            visit->is_opened = true;
        else if (asked != GLOB_UNMATCHED)
            return asked == GLOB_MATCHED ? GLOB_NEGATED : GLOB_MATCHED;
    }
    if (!visit->folder->ignore)
        return GLOB_UNMATCHED;
    memcpy(visit->absolute + visit->absolute_len, name, len + 1);
    struct glob_path absolute = { .text = visit->absolute,
                                  .len = visit->absolute_len + len,
                                  .name = visit->absolute_len,
                                  .is_folder = is_folder };
    return ignore_match(visit->folder->ignore, &absolute, walk->global, &relative);
}

bool visit_wants(struct visit *visit, const char *name, size_t len, bool is_folder)
{
    set_name(visit, name, len);
    visit->is_opened = false;
    enum glob_verdict verdict = GLOB_UNMATCHED;
    if (visit->has_rules)
        verdict = ask_rules(visit, name, len, is_folder);
    if (verdict == GLOB_UNMATCHED)
        return name[0] != '.' || visit->walk->options.hidden;
    return verdict == GLOB_NEGATED;
}

/* File systems whose files are what was written to them. In others, as /proc, a read may come back
 * short before the end. */
static bool is_ordinary(int fd)
{
    struct statfs about;
    if (fstatfs(fd, &about) < 0)
        return false;
    switch ((uint32_t)about.f_type) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
        return true;
    default:
        return false;
    }
}

void visit_give(struct visit *visit, const char *name, size_t len)
{
    if (!visit->knows_ordinary) {
        visit->is_ordinary = is_ordinary(visit->fd);
        visit->knows_ordinary = true;
    }
    struct walk_file file = { .folder_fd = visit->fd,
                              .name = name,
                              .path = visit->shown,
                              .path_len = visit->shown_len + len,
                              .thread = visit->thread,
                              .is_ordinary = visit->is_ordinary,
                              .is_opened = visit->is_opened };
    visit->walk->events.file(visit->walk->events.user, &file);
}

static void report(struct walk *walk, const struct walk_problem *problem)
{
    if (walk->events.problem)
        walk->events.problem(walk->events.user, problem);
}

void walk_report(struct walk *walk, unsigned thread, const char *path, int code)
{
    struct walk_problem problem = { .path = path, .code = code, .thread = thread };
    report(walk, &problem);
}

void visit_problem(struct visit *visit, const char *name, int code)
{
    size_t end = visit->shown_len;
    if (name) {
        set_name(visit, name, strlen(name));
    } else {
        while (end > 1 && visit->shown[end - 1] == '/')
            end--;
        visit->shown[end] = '\0';
    }
    walk_report(visit->walk, visit->thread, name || end ? visit->shown : ".", code);
    memset(visit->shown + end, '/', visit->shown_len - end);
}

/* An ignore file's problem, with the folder's path before its name. */
static void ignore_problem(void *user, const struct ignore_problem *about)
{
    struct visit *visit = user;
    const char *path = about->name;
    if (path[0] != '/' && strlen(path) <= NAME_MAX) {
        set_name(visit, path, strlen(path));
        path = visit->shown;
    }
    struct walk_problem problem = { .path = path,
                                    .line = about->line,
                                    .code = about->code,
                                    .reason = about->reason,
                                    .thread = visit->thread };
    report(visit->walk, &problem);
}

void visit_enter_rules(struct visit *visit, unsigned seen)
{
    struct folder *folder = visit->folder;
    if (leat_likely(seen == 0))
        return;
    struct ignore_reporter reporter = { .report = ignore_problem, .user = visit };
    struct ignore *above = folder->ignore;
    folder->ignore = ignore_enter(above, visit->fd, seen, visit->absolute_len, &reporter);
    ignore_release(above);
}
