#include "apps/cp/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/cp/check.h"
#include "leat/endpoint/descriptor/descriptor.h"

/* What is there and is no ordinary file is written to as it is. -1: there is no such thing. */
static int open_in_place(int folder, const char *name)
{
    struct stat stat;
    if (fstatat(folder, name, &stat, 0) < 0 || S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode))
        return -1;
    return openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

/* What is being written, and what that is to replace, is not to be read into itself. */
static void remembers(struct cp *cp, int fd, int folder, const char *name)
{
    struct stat stat;
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode))
        cp->written = identity_of(&stat);
    if (folder >= 0 && fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
        cp->replaced = identity_of(&stat);
}

/* What an encoder is to know. */
static const void *options_of(const struct cp *cp, const struct leat_format *format)
{
    if (format->traits & LEAT_FORMAT_LEVELS)
        return &cp->level;
    return strcmp(format->name, "age") == 0 && cp->recipients != NULL ? &cp->age : NULL;
}

bool sink_open(struct sink *sink, struct cp *cp, int folder, const char *name, const char *path,
               const struct ending *ending)
{
    *sink = (struct sink){ .cp = cp, .label = path, .target = { .folder = -1, .fd = -1 } };
    int fd = STDOUT_FILENO;
    bool own = false;
    if (strcmp(path, "-") == 0) {
        sink->label = "standard output";
    } else if ((fd = open_in_place(folder, name)) >= 0) {
        own = true;
        close(folder);
    } else {
        int code = target_open(&sink->target, cp, folder, name, NULL, false);
        if (code != 0) {
            close(folder);
            cp->stopped = true;
            cp_tell_code(cp, cp_text(path), code);
            return false;
        }
        fd = sink->target.fd;
    }
    remembers(cp, fd, sink->target.folder, name);
    sink->writer = leat_descriptor_writer(&cp->ctx, fd, own, sink->label);
    for (unsigned i = 0; i < ending->encoders_len; i++)
        sink->writer = leat_push(sink->writer, ending->encoders[i]->encoder,
                                 options_of(cp, ending->encoders[i]));
    return true;
}

void sink_completes(struct sink *sink, const struct item *item)
{
    struct cp *cp = sink->cp;
    if (sink->target.fd < 0)
        return;
    static const struct item nothing = { .about = { .mode = 0666 } };
    int code = 0;
    if (!check_holds(cp, sink->target.fd, cp_text(sink->label)))
        return;
    code = target_dress(&sink->target, cp, item != NULL ? item : &nothing);
    if (code == 0)
        code = target_takes_name(&sink->target, cp->flags.durable);
    if (code != 0)
        cp_tell_code(cp, cp_text(sink->label), code);
}

void sink_fails(struct sink *sink, const struct leat_fault *fault)
{
    sink->cp->stopped = true;
    if (fault->code == LEAT_FAULT_SYSTEM && fault->system_code == EPIPE)
        return;
    cp_tell_fault(sink->cp, cp_text(sink->label), fault);
}

void sink_close(struct sink *sink)
{
    leat_writer_close(sink->writer);
    sink->writer = NULL;
    target_drop(&sink->target);
    if (sink->target.folder >= 0)
        close(sink->target.folder);
}
