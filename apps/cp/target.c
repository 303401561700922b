#include "apps/cp/target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names that are tried before giving up: 64 bits never collide, but a folder may refuse. */
enum { NAME_TRIES_MAX = 8 };

/* Of what nobody else may read. */
enum { MODE_CLOSED = 0600 };

#define PART_ENDING ".part"

/* --- When the program is ended meanwhile --- */

/* What a signal removes: one thread writes one file at a time. The name is set before `under_way`,
 * and that is cleared before the name goes. */
static volatile sig_atomic_t under_way;
static int under_way_folder;
static char under_way_name[TARGET_NAME_SIZE];

static void removes(int number)
{
    if (under_way)
        (void)unlinkat(under_way_folder, under_way_name, 0);
    signal(number, SIG_DFL);
    raise(number);
}

void target_guard_install(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction old;
        /* What is ignored, as under nohup, stays so. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            signal(numbers[i], removes);
    }
}

static void guard(const struct target *target)
{
    under_way_folder = target->folder;
    strcpy(under_way_name, target->temporary);
    under_way = true;
}

/* --- Making it --- */

static bool part_name(struct target *target)
{
    int len =
        snprintf(target->temporary, sizeof(target->temporary), "%s" PART_ENDING, target->name);
    return len > 0 && (size_t)len < sizeof(target->temporary);
}

static int open_part(struct target *target)
{
    if (!part_name(target))
        return ENAMETOOLONG;
    target->fd = openat(target->folder, target->temporary,
                        O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, MODE_CLOSED);
    if (target->fd < 0)
        return errno;
    struct stat stat;
    if (fstat(target->fd, &stat) == 0 && S_ISREG(stat.st_mode))
        return 0;
    close(target->fd);
    target->fd = -1;
    return EEXIST;
}

/* A number that no other run has, and no other call. Names need to differ, not to be secret: O_EXCL
 * guards the rest. */
static uint64_t number_next(void)
{
    static uint64_t number;
    if (number == 0 && getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
        number = (uint64_t)getpid() << 32;
    return number++;
}

static void temporary_name(struct target *target)
{
    snprintf(target->temporary, sizeof(target->temporary), ".leat-%016llx",
             (unsigned long long)number_next());
}

/* A file without a name, where the file system has such: nothing is left of it whatever happens,
 * and to give it a name costs less than to change one. */
static bool open_unnamed(struct target *target)
{
    static bool never; /* one refusal is enough */
    if (!never)
        target->fd = openat(target->folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, target->made);
    never = target->fd < 0;
    return !never;
}

static int open_new(struct target *target)
{
    for (unsigned i = 0; i < NAME_TRIES_MAX; i++) {
        temporary_name(target);
        target->fd = openat(target->folder, target->temporary,
                            O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, target->made);
        if (target->fd >= 0) {
            guard(target);
            return 0;
        }
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

int target_open(struct target *target, const struct cp *cp, int folder, const char *name,
                const struct leat_entry *about, bool fresh)
{
    bool resumes = cp->flags.resume;
    *target = (struct target){
        .folder = folder,
        .name = name,
        .fd = -1,
        .made = MODE_CLOSED,
        .keeps = resumes,
    };
    if (about != NULL && !resumes)
        target->made = target_mode(cp, about) & 0777 & ~cp->umask;
    if (resumes)
        return open_part(target);
    return fresh && open_unnamed(target) ? 0 : open_new(target);
}

/* --- Making it whole --- */

unsigned target_mode(const struct cp *cp, const struct leat_entry *about)
{
    unsigned mode = about->mode & 07777;
    /* Some formats know none. */
    if (mode == 0)
        mode = about->kind == LEAT_ENTRY_FOLDER ? 0777 : 0666;
    else if (cp->flags.preserve)
        return geteuid() == 0 ? mode : mode & 01777;
    return mode & 0777 & ~cp->umask;
}

int target_dress(const struct target *target, const struct cp *cp, const struct item *item)
{
    unsigned mode = target_mode(cp, &item->about);
    if (mode != target->made && fchmod(target->fd, mode) < 0)
        return errno;
    if (!item->dated)
        return 0;
    const struct timespec times[2] = {
        { .tv_nsec = UTIME_NOW },
        { .tv_sec = item->about.mtime_s, .tv_nsec = item->about.mtime_ns },
    };
    return futimens(target->fd, times) < 0 ? errno : 0;
}

/* Give what has no name this one, which nothing has. */
static int link_as(const struct target *target, const char *name)
{
    char path[32];
    if (linkat(target->fd, "", target->folder, name, AT_EMPTY_PATH) == 0)
        return 0;
    /* For long only root could name a descriptor so, and others by this. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", target->fd);
    if (errno == ENOENT && linkat(AT_FDCWD, path, target->folder, name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    return errno;
}

/* What has no name gets its own, or, where something has come there meanwhile, a temporary one. */
static int takes_first_name(struct target *target)
{
    int code = link_as(target, target->name);
    if (code != EEXIST)
        return code;
    temporary_name(target);
    code = link_as(target, target->temporary);
    if (code != 0)
        target->temporary[0] = '\0';
    return code;
}

int target_takes_name(struct target *target, bool durable)
{
    if (durable && fsync(target->fd) < 0)
        return errno;
    int code = target->temporary[0] == '\0' ? takes_first_name(target) : 0;
    if (code != 0)
        return code;
    /* Some file systems say only here that what was written is lost. */
    code = close(target->fd) < 0 && errno != EINTR ? errno : 0;
    target->fd = -1;
    if (code != 0 && target->temporary[0] == '\0')
        (void)unlinkat(target->folder, target->name, 0);
    if (code != 0)
        return code;
    if (target->temporary[0] != '\0' &&
        renameat(target->folder, target->temporary, target->folder, target->name) < 0)
        return errno;
    under_way = false;
    target->temporary[0] = '\0';
    return durable && fsync(target->folder) < 0 && errno != EINVAL && errno != EBADF ? errno : 0;
}

/* Leave it under its name and ".part", in place of an older one. */
static bool becomes_part(struct target *target)
{
    char was[TARGET_NAME_SIZE];
    strcpy(was, target->temporary);
    bool unnamed = was[0] == '\0';
    bool left = part_name(target);
    if (left && unnamed) {
        (void)unlinkat(target->folder, target->temporary, 0);
        left = link_as(target, target->temporary) == 0;
    } else if (left) {
        left = renameat(target->folder, was, target->folder, target->temporary) == 0;
    }
    if (!left)
        strcpy(target->temporary, was);
    return left;
}

bool target_drop(struct target *target)
{
    bool made = target->fd >= 0 || target->temporary[0] != '\0';
    bool left = made && target->keeps && becomes_part(target);
    if (target->fd >= 0)
        close(target->fd);
    target->fd = -1;
    if (target->temporary[0] != '\0' && !left)
        (void)unlinkat(target->folder, target->temporary, 0);
    under_way = false;
    return left;
}
