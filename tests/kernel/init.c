/* The first and only program of the virtual machine: mounts what tests need, loads the modules in
 * /modules in the order of their numbers, mounts the disk, brings up loopback, runs the commands in
 * /commands, one a line, and says of each how it ended. Then the machine is switched off. */

#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <dirent.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 4096, WORDS_MAX = 32 };

/* How often the disk is looked for, and how long between: for five seconds. */
enum { DISK_LOOKS_MAX = 500, DISK_LOOK_US = 10000 };

static void mounts(const char *what, const char *kind, const char *at)
{
    (void)!mkdir(at, 0755);
    if (mount(what, at, kind, 0, NULL) != 0)
        printf("init: no %s at %s: %m\n", kind, at);
}

static void modules_load(void)
{
    struct dirent **entries;
    int len = scandir("/modules", &entries, NULL, versionsort);
    for (int i = 0; i < len; i++) {
        char path[LINE_MAX_LEN];
        if (entries[i]->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/modules/%s", entries[i]->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
            printf("init: %s could not be loaded: %m\n", path);
        close(fd);
    }
}

/* Where there is a folder for it there is a disk, which comes a moment after the kernel is up.
 * Tests of shared blocks work on it, and are not to be skipped. */
static void disk_mount(void)
{
    static const char disk[] = "/dev/nvme0n1", at[] = "/disk";
    if (access(at, F_OK) != 0)
        return;
    for (unsigned i = 0; access(disk, F_OK) != 0 && i < DISK_LOOKS_MAX; i++)
        usleep(DISK_LOOK_US);
    mounts(disk, "xfs", at);
    setenv("TMPDIR", at, 1);
    setenv("LEAT_TEST_REFLINK", "1", 1);
}

static void loopback_up(void)
{
    struct ifreq request = { .ifr_name = "lo" };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    request.ifr_flags = IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
        printf("init: no loopback: %m\n");
    close(fd);
}

/* Run the words of a line. Its exit status; 128 and more: a signal. */
static int runs(char *line)
{
    char *words[WORDS_MAX + 1];
    unsigned len = 0;
    for (char *word = strtok(line, "\t"); word != NULL && len < WORDS_MAX;
         word = strtok(NULL, "\t"))
        words[len++] = word;
    words[len] = NULL;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execv(words[0], words);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
    char line[LINE_MAX_LEN];
    setvbuf(stdout, NULL, _IOLBF, 0);
    mounts("proc", "proc", "/proc");
    mounts("sysfs", "sysfs", "/sys");
    mounts("devtmpfs", "devtmpfs", "/dev");
    mounts("devpts", "devpts", "/dev/pts");
    mounts("tmpfs", "tmpfs", "/dev/shm");
    (void)!mkdir("/tmp", 01777); /* nothing is mounted there: it may be where the tests are */
    modules_load();
    disk_mount();
    loopback_up();
    setenv("LEAT_TEST_KTLS", "1", 1);
    FILE *commands = fopen("/commands", "re");
    for (unsigned i = 0; commands != NULL && fgets(line, sizeof(line), commands) != NULL; i++) {
        line[strcspn(line, "\n")] = '\0';
        int status = runs(line);
        printf("init: command %u ended with %d\n", i, status);
    }
    reboot(RB_POWER_OFF);
    return 1;
}
