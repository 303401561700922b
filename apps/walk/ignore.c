#include "apps/walk/ignore.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By falling precedence. */
enum { KIND_RGIGNORE, KIND_IGNORE, KIND_GITIGNORE, KIND_EXCLUDE, KINDS };

struct ignore {
    struct ignore *above;
    atomic_uint shares;
    size_t base;        /* where in an absolute path what the patterns see begins */
    unsigned kinds;     /* bit k: this level or one above has rules of kind k */
    bool is_repository; /* its top: rules of git from above do not reach below */
    bool in_repository; /* this level or one above is one */
    struct glob_set *sets[KINDS];
};

static const struct {
    const char *name;
    unsigned seen;
} names[] = {
    { ".rgignore", IGNORE_SEEN_RGIGNORE },   { ".ignore", IGNORE_SEEN_IGNORE },
    { ".gitignore", IGNORE_SEEN_GITIGNORE }, { ".git", IGNORE_SEEN_REPOSITORY | IGNORE_SEEN_GIT },
    { ".jj", IGNORE_SEEN_REPOSITORY },
};

enum { NAMES = sizeof names / sizeof *names };

unsigned ignore_seen(const char *name)
{
    if (leat_likely(name[0] != '.'))
        return 0;
    for (size_t i = 0; i < NAMES; i++) {
        if (strcmp(name, names[i].name) == 0)
            return names[i].seen;
    }
    return 0;
}

unsigned ignore_probe(int folder_fd)
{
    unsigned seen = 0;
    for (size_t i = 0; i < NAMES; i++) {
        if (faccessat(folder_fd, names[i].name, F_OK, 0) == 0)
            seen |= names[i].seen;
    }
    return seen;
}

struct ignore *ignore_take(struct ignore *ignore)
{
    if (ignore)
        atomic_fetch_add_explicit(&ignore->shares, 1, memory_order_relaxed);
    return ignore;
}

void ignore_release(struct ignore *ignore)
{
    while (ignore && atomic_fetch_sub_explicit(&ignore->shares, 1, memory_order_acq_rel) == 1) {
        struct ignore *above = ignore->above;
        for (size_t kind = 0; kind < KINDS; kind++)
            glob_set_destroy(ignore->sets[kind]);
        free(ignore);
        ignore = above;
    }
}

static void load_sets(struct ignore *ignore, int folder_fd, unsigned seen,
                      const struct ignore_reporter *reporter)
{
    if (seen & IGNORE_SEEN_RGIGNORE)
        ignore->sets[KIND_RGIGNORE] = ignore_file_load(folder_fd, ".rgignore", reporter);
    if (seen & IGNORE_SEEN_IGNORE)
        ignore->sets[KIND_IGNORE] = ignore_file_load(folder_fd, ".ignore", reporter);
    if (seen & IGNORE_SEEN_GITIGNORE)
        ignore->sets[KIND_GITIGNORE] = ignore_file_load(folder_fd, ".gitignore", reporter);
    if (seen & IGNORE_SEEN_GIT)
        ignore->sets[KIND_EXCLUDE] = ignore_file_load_exclude(folder_fd, reporter);
    for (unsigned kind = 0; kind < KINDS; kind++)
        ignore->kinds |= ignore->sets[kind] ? 1u << kind : 0;
}

struct ignore *ignore_enter(struct ignore *above, int folder_fd, unsigned seen, size_t base,
                            const struct ignore_reporter *reporter)
{
    if (leat_likely(seen == 0))
        return ignore_take(above);
    struct ignore *ignore = calloc(1, sizeof *ignore);
    if (!ignore) {
        struct ignore_problem problem = { .name = ".ignore", .code = ENOMEM };
        if (reporter->report)
            reporter->report(reporter->user, &problem);
        return ignore_take(above);
    }
    atomic_init(&ignore->shares, 1);
    ignore->above = ignore_take(above);
    ignore->base = base;
    ignore->kinds = above ? above->kinds : 0;
    ignore->is_repository = seen & IGNORE_SEEN_REPOSITORY;
    ignore->in_repository = ignore->is_repository || (above && above->in_repository);
    load_sets(ignore, folder_fd, seen, reporter);
    return ignore;
}

/* A parent of the folder where a walk starts: what is wrong with its files is said with its path.
 */
struct parent {
    char path[PATH_MAX + 1]; /* with the closing `/` */
    const struct ignore_reporter *reporter;
};

static void parent_problem(void *user, const struct ignore_problem *about)
{
    const struct parent *parent = user;
    struct ignore_problem full = *about;
    char *name = NULL;
    if (about->name[0] != '/' && asprintf(&name, "%s%s", parent->path, about->name) >= 0)
        full.name = name;
    if (parent->reporter->report)
        parent->reporter->report(parent->reporter->user, &full);
    free(name);
}

/* Add the rules of one parent, whose path is `len` bytes, to those above it. */
static struct ignore *enter_parent(struct ignore *above, const char *absolute, size_t len,
                                   const struct ignore_reporter *reporter)
{
    assert(len > 0 && len <= PATH_MAX);
    struct parent parent = { .reporter = reporter };
    struct ignore_reporter own = { .report = parent_problem, .user = &parent };
    memcpy(parent.path, absolute, len);
    int fd = open(parent.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return above; /* what cannot be entered has nothing to say */
    struct ignore *ignore = ignore_enter(above, fd, ignore_probe(fd), len, &own);
    ignore_release(above);
    close(fd);
    return ignore;
}

struct ignore *ignore_parents(const char *absolute, const struct ignore_reporter *reporter)
{
    assert(absolute[0] == '/');
    struct ignore *ignore = NULL;
    if (absolute[1] == '\0')
        return NULL;
    for (size_t i = 0; absolute[i]; i++) {
        if (absolute[i] == '/')
            ignore = enter_parent(ignore, absolute, i + 1, reporter);
    }
    return ignore;
}

enum glob_verdict ignore_match(const struct ignore *ignore, const struct glob_path *absolute,
                               const struct glob_set *global, const struct glob_path *relative)
{
    enum glob_verdict verdict = GLOB_UNMATCHED;
    unsigned open = ignore ? ignore->kinds : 0; /* kinds that could still decide */
    bool in_repository = ignore && ignore->in_repository;
    if (!in_repository)
        open &= ~(1u << KIND_GITIGNORE | 1u << KIND_EXCLUDE);
    for (const struct ignore *level = ignore; level && (open & level->kinds);
         level = level->above) {
        assert(absolute->name >= level->base);
        struct glob_path path = { .text = absolute->text + level->base,
                                  .len = absolute->len - level->base,
                                  .name = absolute->name - level->base,
                                  .is_folder = absolute->is_folder };
        for (unsigned kind = 0; kind < KINDS; kind++) {
            if (!(open >> kind & 1) || !level->sets[kind])
                continue;
            enum glob_verdict said = glob_set_match(level->sets[kind], &path);
            if (said == GLOB_UNMATCHED)
                continue;
            verdict = said;
            open &= (1u << kind) - 1; /* from here up only what precedes it counts */
        }
        if (level->is_repository)
            open &= ~(1u << KIND_GITIGNORE | 1u << KIND_EXCLUDE);
    }
    if (verdict == GLOB_UNMATCHED && global && in_repository)
        verdict = glob_set_match(global, relative);
    return verdict;
}
