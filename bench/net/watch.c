#include "bench/net/watch.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>

#include "bench/net/common.h"

#define PATH_LEN_MAX 320
#define LINE_LEN_MAX 256

uint64_t watch_cpu_ns(pid_t pid)
{
    char path[PATH_LEN_MAX];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    check(tasks != NULL, path);
    uint64_t total = 0;
    const struct dirent *task;
    while ((task = readdir(tasks)) != NULL) {
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)pid, task->d_name);
        FILE *file = fopen(path, "r");
        /* A thread may have ended meanwhile. */
        if (file == NULL)
            continue;
        uint64_t spent = 0;
        check(fscanf(file, "%" SCNu64, &spent) == 1, path);
        total += spent;
        fclose(file);
    }
    closedir(tasks);
    return total;
}

uint64_t watch_resident_bytes(pid_t pid)
{
    char path[PATH_LEN_MAX], line[LINE_LEN_MAX];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "r");
    check(file != NULL, path);
    uint64_t kibibytes = 0;
    while (kibibytes == 0 && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Rss: %" SCNu64, &kibibytes) != 1)
            kibibytes = 0;
    fclose(file);
    check(kibibytes > 0, path);
    return kibibytes * 1024;
}
