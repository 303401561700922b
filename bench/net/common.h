#ifndef BENCH_NET_COMMON_H
#define BENCH_NET_COMMON_H

/* What the programs of this folder share: ending on a failure, options, addresses, cores, clocks.
 * They are peers of leat, so they use nothing of it. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CONNECTIONS_MAX  65536
#define BUFFER_LEN       16384
#define NANOSECONDS      1000000000ull
#define LISTEN_QUEUE_MAX 4096

/* What the echo servers are told: --listen ADDRESS:PORT and --core N. */
struct server_options {
    const char *listen;
    int core; /* -1: any */
};

/* Say what failed, with what the system says of it, and end the program. */
__attribute__((noreturn, cold)) void fail(const char *what);

/* Say what is wrong with how the program was called, and end it. */
__attribute__((noreturn, cold)) void usage(const char *text);

/* End the program unless `fact` holds; `what` is what was being done. */
static inline void check(bool fact, const char *what)
{
    if (__builtin_expect(!fact, 0))
        fail(what);
}

/* A number of at most `max`, or the end of the program. */
uint64_t parse_number(const char *text, uint64_t max);

/* An IPv4 address as 127.0.0.1:8080. */
struct sockaddr_in parse_address(const char *text);

struct server_options parse_server_options(int count, char **words);

/* Stay on one core; -1 is any. */
void pin(int core);

/* As many open files as the system lets this process have. Returns how many. */
uint64_t raise_open_files(void);

/* Listen as the options say, and print the port. What is accepted inherits TCP_NODELAY and cubic;
 * `flags` are more flags for socket(). */
int listen_at(const char *address, int flags);

static inline uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

#endif
