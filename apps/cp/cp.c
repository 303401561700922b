#include "apps/cp/cp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/cp/archive.h"
#include "apps/cp/check.h"
#include "apps/cp/ending.h"
#include "apps/cp/folder.h"
#include "apps/cp/inside.h"
#include "apps/cp/stream.h"
#include "apps/cp/tree.h"
#include "apps/run/keys.h"

#define PROGRESS_WAIT_NS UINT64_C(2000000000)

/* Where everything goes. */
struct destination {
    const char *path; /* as typed, or where a link that was typed leads */
    char *real;       /* that, when it is ours */
    char *folder;     /* the path without its last part; ours */
    const char *base; /* the last part: what one source is called there; NULL: it is a folder */
    struct stat stat;
    bool exists;
};

/* --- The destination --- */

static bool is_stdio(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Share the path out to a folder and the name in it. */
static bool destination_parts(struct destination *to)
{
    const char *slash = strrchr(to->path, '/');
    to->base = slash != NULL ? slash + 1 : to->path;
    if (slash == NULL)
        to->folder = strdup(".");
    else
        to->folder = strndup(to->path, slash == to->path ? 1 : (size_t)(slash - to->path));
    return to->folder != NULL;
}

/* False, told: it cannot be written to. */
static bool destination_init(struct destination *to, struct cp *cp, const char *typed)
{
    struct run_place place;
    struct stat stat_of_name;
    *to = (struct destination){ .path = typed };
    bool ours = run_place_init(&place, typed), inside = place.inside;
    run_place_fini(&place);
    if (!ours) {
        cp_tell_memory(cp);
        return false;
    }
    if (inside) {
        cp_tell(cp, cp_text(typed), "an archive is written as a whole: nothing is put inside one");
        return false;
    }
    if (is_stdio(typed))
        return true;
    if (lstat(typed, &stat_of_name) == 0 && S_ISLNK(stat_of_name.st_mode)) {
        to->path = to->real = realpath(typed, NULL);
        if (to->real == NULL) {
            cp_tell_code(cp, cp_text(typed), errno);
            return false;
        }
    }
    to->exists = stat(to->path, &to->stat) == 0;
    bool folder = to->exists ? S_ISDIR(to->stat.st_mode) : to->path[strlen(to->path) - 1] == '/';
    if (folder || destination_parts(to))
        return true;
    cp_tell_memory(cp);
    return false;
}

static void destination_fini(struct destination *to)
{
    free(to->real);
    free(to->folder);
}

/* --- Outputs --- */

static int open_folder(struct cp *cp, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        cp_tell_code(cp, cp_text(path), errno);
    return fd;
}

/* Into a folder, which is made where only its name says that it is one. */
static struct output *to_folder(struct cp *cp, const struct destination *to)
{
    if (!to->exists && mkdir(to->path, 0777) < 0) {
        cp_tell_code(cp, cp_text(to->path), errno);
        return NULL;
    }
    int fd = open_folder(cp, to->path);
    cp->out_folder = to->path;
    return fd >= 0 ? output_to_folder(cp, fd, strcmp(to->path, ".") == 0 ? NULL : to->path) : NULL;
}

/* One source, which becomes what the path names. */
static struct output *to_name(struct cp *cp, const struct destination *to)
{
    int fd = open_folder(cp, to->folder);
    bool here = strchr(to->path, '/') == NULL;
    cp->out_folder = to->path;
    return fd >= 0 ? output_to_folder(cp, fd, here ? NULL : to->folder) : NULL;
}

static struct output *to_sink(struct cp *cp, const struct destination *to,
                              const struct ending *ending)
{
    struct sink sink;
    int fd = is_stdio(to->path) ? -1 : open_folder(cp, to->folder);
    if (fd < 0 && !is_stdio(to->path))
        return NULL;
    if (!sink_open(&sink, cp, fd, to->base, to->path, ending))
        return NULL;
    return ending->archive != NULL ? output_to_archive(cp, &sink, ending)
                                   : output_to_stream(cp, &sink);
}

/* What one source already is need not be made of it: a copy of a .zst is a .zst. One that is packed
 * otherwise is packed anew; the same archive, compressed otherwise, stays that archive. */
static void spare_conversion(struct cp *cp, const char *source, struct ending *ending)
{
    struct run_place place;
    if (cp->flags.compress != NULL || cp->flags.archive != NULL)
        return;
    bool plain = run_place_init(&place, source) && !place.inside;
    run_place_fini(&place);
    struct ending own = ending_of(cp_text(source));
    if (!plain || (ending->archive != NULL && own.archive != ending->archive))
        return;
    if (ending->archive == NULL && (own.encoders_len == 0 || ending->encoders_len == 0))
        return;
    ending->archive = NULL;
    if (ending_encodes_as(&own, ending) && !cp->flags.layers)
        ending->encoders_len = 0;
    else if (own.encoders_len > 0)
        cp->flags.layers = true;
}

static struct output *output_open(struct cp *cp, const struct destination *to, size_t sources)
{
    struct ending ending = { 0 };
    bool one = sources == 1;
    bool folder = to->base == NULL && !is_stdio(to->path);
    if (!ending_wanted(cp, cp_text(folder ? "" : to->path), &ending))
        return NULL;
    if (one && !folder)
        spare_conversion(cp, cp->flags.operands.items[0], &ending);
    bool in_place = to->exists && !S_ISREG(to->stat.st_mode);
    const char *reason = NULL;
    if (folder && (ending.archive != NULL || ending.encoders_len > 0))
        reason = "a folder: an archive or a compressed file has a name of its own";
    else if (!folder && !one && ending.archive == NULL && !is_stdio(to->path))
        reason = "no folder: several sources need one, or an archive";
    else if (cp->flags.resume && (folder || in_place || ending.archive != NULL ||
                                  ending.encoders_len > 0 || is_stdio(to->path)))
        reason = "--resume is for one file that is copied as it is";
    else if (cp->flags.check != NULL && (folder || in_place || is_stdio(to->path)))
        reason = "--check is for one file";
    if (reason != NULL) {
        cp_tell(cp, cp_text(to->path), reason);
        return NULL;
    }
    if (folder)
        return to_folder(cp, to);
    if (cp->flags.no_clobber && to->exists && !in_place && !S_ISDIR(to->stat.st_mode)) {
        cp->stopped = true; /* there is nothing to do */
        return NULL;
    }
    if (ending.archive != NULL || ending.encoders_len > 0 || in_place || is_stdio(to->path))
        return to_sink(cp, to, &ending);
    return to_name(cp, to);
}

/* --- Sources --- */

/* What a path is called where it is copied to: its last part; "" where that is no name. */
static char *name_of(const char *path)
{
    size_t end = strlen(path);
    if (is_stdio(path))
        return strdup("stdin");
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    char *name = strndup(path + start, end - start);
    if (name != NULL &&
        (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "/") == 0))
        name[0] = '\0';
    return name;
}

/* Whether what is read, or the archive it lies in, is the file to be replaced; or a folder, which
 * replaces none. */
static bool is_destination(struct cp *cp, const struct destination *to,
                           const struct run_place *place)
{
    struct stat own;
    int failed = is_stdio(place->path) ? fstat(STDIN_FILENO, &own) : stat(place->path, &own);
    if (to->base == NULL || !to->exists || failed < 0)
        return false;
    if (S_ISREG(to->stat.st_mode) && identity_same(identity_of(&own), identity_of(&to->stat)))
        cp_tell(cp, cp_text(place->all), "the source and the target are the same file");
    else if (S_ISDIR(own.st_mode) && cp->out_folder != NULL)
        cp_tell(cp, cp_text(place->all), "a folder: what it is to be called is no folder");
    else
        return false;
    cp->stopped = true;
    return true;
}

static void copy_source(struct cp *cp, const struct destination *to, const char *typed,
                        struct links *links, struct output *out)
{
    struct run_place place;
    const char *called = cp->out_folder != NULL ? to->base : NULL;
    char *own = called == NULL ? name_of(typed) : NULL;
    const char *name = called != NULL ? called : own;
    if (!run_place_init(&place, typed) || name == NULL)
        cp_tell_memory(cp);
    else if (is_destination(cp, to, &place))
        cp->failed = true;
    else if (place.inside)
        inside_copy(cp, &place, called, links, out);
    else
        tree_copy(cp, typed, name, links, out);
    run_place_fini(&place);
    free(own);
}

/* How much there is to copy, where that is known: of plain files. */
static uint64_t total_of(const struct flags_list *operands, size_t sources)
{
    uint64_t total = 0;
    struct stat about;
    for (size_t i = 0; i < sources; i++) {
        if (stat(operands->items[i], &about) < 0 || !S_ISREG(about.st_mode))
            return 0;
        total += (uint64_t)about.st_size;
    }
    return total;
}

static void copy_all(struct cp *cp, const struct destination *to, size_t sources)
{
    struct links links = { 0 };
    struct output *out = output_open(cp, to, sources);
    if (out == NULL) {
        cp->failed = cp->failed || !cp->stopped;
        return;
    }
    cp->progress.total = cp->flags.layers ? 0 : total_of(&cp->flags.operands, sources);
    for (size_t i = 0; i < sources && !cp->stopped; i++)
        copy_source(cp, to, cp->flags.operands.items[i], &links, out);
    if (!cp->stopped)
        out->ops->finish(out);
    progress_clear(&cp->progress);
    out->ops->close(out);
    links_fini(&links);
}

/* --- The command --- */

/* The recipients as the encoder has them: with a NULL behind them. */
static void take_recipients(struct cp *cp)
{
    const struct flags_list *list = &cp->flags.recipients;
    if (list->count == 0)
        return;
    cp->recipients = calloc(list->count + 1, sizeof(*cp->recipients));
    if (cp->recipients == NULL) {
        cp_tell_memory(cp);
        return;
    }
    memcpy(cp->recipients, list->items, list->count * sizeof(*cp->recipients));
    cp->age.recipients = cp->recipients;
}

static void begin(struct cp *cp, const struct leat_keys *keys)
{
    const struct cp_options *flags = &cp->flags;
    run_ctx_init(cp->run, &cp->ctx, &flags->limits, keys);
    cp->level.level = (int)flags_number_or(flags->level, 0);
    progress_init(&cp->progress, &cp->run->err,
                  flags->progress == CP_PROGRESS_NOW ? 0 : PROGRESS_WAIT_NS);
    if (flags->progress == CP_PROGRESS_NEVER)
        cp->progress.to = NULL;
    cp->umask = umask(0);
    umask((mode_t)cp->umask);
    take_recipients(cp);
    target_guard_install();
}

int cp_run(struct run *run, int argc, char *const *argv)
{
    struct cp cp = { .run = run };
    struct run_keys keys;
    int status;
    if (!run_parse(run, &cp_command, argc, argv, &cp.flags, &status))
        return status;
    cp.failed = !run_keys_read(run, &cp.flags.keys, &keys);
    begin(&cp, &keys.keys);
    const struct flags_list *operands = &cp.flags.operands;
    struct destination to = { 0 };
    if (!cp.failed && operands->count < 2)
        cp_tell(&cp, (struct leat_span){ 0 },
                operands->count == 0 ? "no source: try leat cp --help"
                                     : "no destination: try leat cp --help");
    else if (!cp.failed && check_is_sound(&cp) &&
             destination_init(&to, &cp, operands->items[operands->count - 1]))
        copy_all(&cp, &to, operands->count - 1);
    destination_fini(&to);
    leat_ctx_fini(&cp.ctx);
    free(cp.recipients);
    run_keys_fini(&keys);
    flags_release(&cp_command, &cp.flags);
    return cp.failed ? RUN_FAILED : RUN_OK;
}
