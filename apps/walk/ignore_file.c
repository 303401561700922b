#include "apps/walk/ignore_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void report(const struct ignore_reporter *reporter, const char *name, uint32_t line,
                   int code, const char *reason)
{
    struct ignore_problem problem = { name, line, code, reason };
    if (reporter->report)
        reporter->report(reporter->user, &problem);
}

/* Read to the end of an open file, or to bytes_max. */
static int read_all(int fd, char *text, size_t bytes_max, size_t *ret_len)
{
    size_t len = 0;
    while (len < bytes_max) {
        ssize_t got = read(fd, text + len, bytes_max - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *ret_len = len;
    return 0;
}

int ignore_file_read(int folder_fd, const char *name, size_t bytes_max, char **ret_text,
                     size_t *ret_len)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno;
    struct stat about;
    int code = 0;
    char *text = NULL;
    size_t len = 0;
    if (fstat(fd, &about) < 0)
        code = errno;
    else if (!S_ISREG(about.st_mode))
        code = ENOENT;
    else if ((uint64_t)about.st_size > bytes_max)
        code = EFBIG;
    else if (!(text = malloc((size_t)about.st_size + 1)))
        code = ENOMEM;
    else
        code = read_all(fd, text, (size_t)about.st_size, &len);
    close(fd);
    if (code) {
        free(text);
        return code;
    }
    text[len] = '\0';
    *ret_text = text;
    *ret_len = len;
    return 0;
}

/* Add every line; a malformed one is reported and left out. */
static void add_lines(struct glob_set *set, const char *name, const char *text, size_t len,
                      const struct ignore_reporter *reporter)
{
    const char *end = text + len;
    uint32_t problems = 0;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    for (uint32_t number = 1; text < end; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;
        size_t line_len = (size_t)(line_end - text);
        line_len -= line_len && text[line_len - 1] == '\r';
        enum glob_added added = glob_set_add(set, text, line_len);
        if (added != GLOB_ADDED && problems++ < IGNORE_PROBLEMS_MAX)
            report(reporter, name, number, 0, glob_added_text(added));
        text = newline ? newline + 1 : end;
    }
}

/* As ignore_file_load(), but says in the result whether there is such a file. */
static int load(int folder_fd, const char *name, const struct ignore_reporter *reporter,
                struct glob_set **ret_set)
{
    char *text;
    size_t len;
    int code = ignore_file_read(folder_fd, name, IGNORE_FILE_MAX, &text, &len);
    if (code)
        return code;
    struct glob_set *set = glob_set_create(GLOB_FROM_FILE);
    if (set)
        add_lines(set, name, text, len, reporter);
    free(text);
    if (!set)
        return ENOMEM;
    if (glob_set_size(set) == 0) {
        glob_set_destroy(set);
        set = NULL;
    }
    *ret_set = set;
    return 0;
}

static bool is_absence(int code)
{
    return code == ENOENT || code == ENOTDIR;
}

struct glob_set *ignore_file_load(int folder_fd, const char *name,
                                  const struct ignore_reporter *reporter)
{
    struct glob_set *set = NULL;
    int code = load(folder_fd, name, reporter, &set);
    if (code && !is_absence(code))
        report(reporter, name, 0, code, NULL);
    return set;
}

/* "folder/name" in memory of its own; a name that is absolute stands alone. */
static char *join(const char *folder, const char *name)
{
    char *joined = NULL;
    int len =
        name[0] == '/' ? asprintf(&joined, "%s", name) : asprintf(&joined, "%s/%s", folder, name);
    return len < 0 ? NULL : joined;
}

/* The text of a file of one line, after `prefix` and without what is blank at its end. */
static char *read_line_after(int folder_fd, const char *name, const char *prefix)
{
    char *text, *line = NULL;
    size_t len, skip = strlen(prefix);
    if (ignore_file_read(folder_fd, name, IGNORE_GIT_FILE_MAX, &text, &len) != 0)
        return NULL;
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
    if (len > skip && memcmp(text, prefix, skip) == 0)
        line = strdup(text + skip);
    free(text);
    return line;
}

/* Where a `.git` that is a file says the repository's common folder is; relative to the folder it
 * is in, and NULL if it does not say. */
static char *common_folder(int folder_fd)
{
    char *own = read_line_after(folder_fd, ".git", "gitdir: ");
    if (!own)
        return NULL;
    char *pointer = join(own, "commondir");
    char *relative = pointer ? read_line_after(folder_fd, pointer, "") : NULL;
    free(pointer);
    char *common = relative ? join(own, relative) : NULL;
    free(relative);
    if (!common)
        return own;
    free(own);
    return common;
}

struct glob_set *ignore_file_load_exclude(int folder_fd, const struct ignore_reporter *reporter)
{
    struct glob_set *set = NULL;
    int code = load(folder_fd, ".git/info/exclude", reporter, &set);
    if (code == 0 || code == ENOENT)
        return set;
    if (code != ENOTDIR) {
        report(reporter, ".git/info/exclude", 0, code, NULL);
        return NULL;
    }
    char *common = common_folder(folder_fd);
    char *exclude = common ? join(common, "info/exclude") : NULL;
    if (exclude)
        set = ignore_file_load(folder_fd, exclude, reporter);
    free(exclude);
    free(common);
    return set;
}

/* Step over what is blank in a line. */
static const char *after_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* The value of excludesFile in a line of the section [core], without quotes; NULL if it is another
 * line. The line is cut in place. */
static const char *excludes_value(char *line)
{
    char *at = line + strspn(line, " \t");
    if (strncasecmp(at, "excludesfile", 12) != 0)
        return NULL;
    at += 12;
    at += strspn(at, " \t");
    if (*at++ != '=')
        return NULL;
    at += strspn(at, " \t");
    size_t len = *at == '"' ? strcspn(++at, "\"") : strcspn(at, "\r#;");
    while (len && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    at[len] = '\0';
    return len ? at : NULL;
}

/* The path core.excludesFile of a git configuration gives, the last if several; NULL if none. */
static char *config_excludes(const char *config, const char *home)
{
    char *text, *found = NULL, *rest = NULL;
    size_t len;
    if (ignore_file_read(AT_FDCWD, config, IGNORE_GIT_FILE_MAX, &text, &len) != 0)
        return NULL;
    bool in_core = false;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *start = after_blanks(line);
        if (*start == '[')
            in_core = strncasecmp(start, "[core]", 6) == 0;
        const char *value = in_core ? excludes_value(line) : NULL;
        if (!value)
            continue;
        free(found);
        found = value[0] == '~' && value[1] == '/' ? join(home, value + 2) : strdup(value);
    }
    free(text);
    return found;
}

struct glob_set *ignore_file_load_global(const struct ignore_reporter *reporter)
{
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
    if (!home || !*home)
        home = "/nonexistent";
    char *base = xdg && *xdg ? strdup(xdg) : join(home, ".config");
    char *own = join(home, ".gitconfig");
    char *shared = base ? join(base, "git/config") : NULL;
    char *path = own ? config_excludes(own, home) : NULL;
    if (!path && shared)
        path = config_excludes(shared, home);
    if (!path && base)
        path = join(base, "git/ignore");
    struct glob_set *set = path ? ignore_file_load(AT_FDCWD, path, reporter) : NULL;
    free(path);
    free(shared);
    free(own);
    free(base);
    return set;
}
