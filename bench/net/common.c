#include "bench/net/common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

void fail(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(1);
}

void usage(const char *text)
{
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
    exit(2);
}

uint64_t parse_number(const char *text, uint64_t max)
{
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || number > max) {
        fprintf(stderr, "%s: %s is no number up to %llu\n", program_invocation_short_name, text,
                (unsigned long long)max);
        exit(2);
    }
    return number;
}

struct sockaddr_in parse_address(const char *text)
{
    char host[INET_ADDRSTRLEN] = "";
    const char *colon = strchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof host)
        usage("an address is like 127.0.0.1:8080");
    memcpy(host, text, (size_t)(colon - text));
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_port = htons((uint16_t)parse_number(colon + 1, UINT16_MAX));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        usage("an address is like 127.0.0.1:8080");
    return address;
}

struct server_options parse_server_options(int count, char **words)
{
    struct server_options options = { .listen = "127.0.0.1:0", .core = -1 };
    for (int i = 1; i < count; i += 2) {
        if (i + 1 == count)
            usage("each option needs a value");
        if (strcmp(words[i], "--listen") == 0)
            options.listen = words[i + 1];
        else if (strcmp(words[i], "--core") == 0)
            options.core = (int)parse_number(words[i + 1], CPU_SETSIZE - 1);
        else
            usage("options are --listen ADDRESS:PORT --core N");
    }
    return options;
}

void pin(int core)
{
    if (core < 0)
        return;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET((size_t)core, &cores);
    check(sched_setaffinity(0, sizeof cores, &cores) == 0, "no such core");
}

uint64_t raise_open_files(void)
{
    struct rlimit limit;
    check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    return limit.rlim_cur;
}

int listen_at(const char *text, int flags)
{
    struct sockaddr_in address = parse_address(text);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    check(fd >= 0, "socket");
    int yes = 1;
    check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0, "SO_REUSEADDR");
    check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0, "TCP_NODELAY");
    /* May be refused to who is not root, and then whatever the system has is used by all. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) != 0)
        fprintf(stderr, "%s: no cubic here\n", program_invocation_short_name);
    check(bind(fd, (struct sockaddr *)&address, len) == 0, text);
    check(listen(fd, LISTEN_QUEUE_MAX) == 0, "listen");
    check(getsockname(fd, (struct sockaddr *)&address, &len) == 0, "getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}
