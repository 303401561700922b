/* The load for echo servers, and what it finds: requests a second, latency, what the server's CPU
 * spent on each; the round trip of one connection; what idle connections cost. All bytes that come
 * back are compared with those sent. */

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/net/common.h"
#include "bench/net/histogram.h"
#include "bench/net/watch.h"

#define EVENTS_MAX     256
#define BATCH_LEN_MAX  (1u << 20)
#define PATTERN_PHASES 256
#define DEPTH_MAX      4096
#define SECONDS_MAX    3600
/* Before anything counts: connections grow their windows, caches and branches get to know us. */
#define WARM_NS (NANOSECONDS / 2)

static struct {
    struct sockaddr_in address;
    unsigned connections, size, depth, seconds, idle;
    int core;
    pid_t pid; /* 0: the server is not watched */
    bool ping, spin, silent, json;
} options = { .connections = 64, .size = 64, .depth = 1, .seconds = 2, .core = -1 };

/* Each connection begins its batches at another place of the pattern, and each batch one further:
 * bytes of another connection, or of another batch, are not taken for these. */
static unsigned char pattern[PATTERN_PHASES + BATCH_LEN_MAX];

struct connection {
    int fd;
    unsigned phase;
    unsigned unsent, missing; /* of the batch that is under way */
    uint64_t sent_ns;
};

static struct connection connections[CONNECTIONS_MAX];
static struct histogram latency;

/* --- Connections --- */

static void fill_pattern(void)
{
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof pattern; i++) {
        state = state * 1664525 + 1013904223;
        pattern[i] = (unsigned char)(state >> 24);
    }
}

static int connect_one(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0, "socket: more connections than one process may have");
    int yes = 1;
    check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0, "TCP_NODELAY");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
    check(connect(fd, (struct sockaddr *)&options.address, sizeof options.address) == 0, "connect");
    return fd;
}

static void compare(const unsigned char *bytes, unsigned phase, size_t at, size_t len)
{
    if (memcmp(bytes, pattern + phase + at, len) != 0) {
        fprintf(stderr, "echo_load: the bytes that came back are not those sent\n");
        exit(1);
    }
}

/* --- Many connections --- */

static void send_more(struct connection *self, size_t batch)
{
    ssize_t sent = send(self->fd, pattern + self->phase + batch - self->unsent, self->unsent,
                        MSG_NOSIGNAL | MSG_DONTWAIT);
    check(sent >= 0 || errno == EAGAIN, "send");
    self->unsent -= sent > 0 ? (unsigned)sent : 0;
}

/* Take what came. When the batch is whole, send the next. Returns whether it was. */
static bool turn(struct connection *self, unsigned batch)
{
    static unsigned char buffer[BUFFER_LEN * 4];
    ssize_t len;
    do {
        len = recv(self->fd, buffer, sizeof buffer, MSG_DONTWAIT);
        check(len != 0, "the server closed a connection");
        check(len > 0 || errno == EAGAIN, "recv");
        if (len > 0) {
            check((size_t)len <= self->missing, "more came back than was sent");
            compare(buffer, self->phase, batch - self->missing, (size_t)len);
            self->missing -= (unsigned)len;
        }
    } while (len == (ssize_t)sizeof buffer);
    bool whole = self->missing == 0;
    if (whole) {
        self->phase = (self->phase + 1) % PATTERN_PHASES;
        self->unsent = self->missing = batch;
    }
    if (self->unsent > 0)
        send_more(self, batch);
    return whole;
}

static int open_all(unsigned batch)
{
    int poll = epoll_create1(EPOLL_CLOEXEC);
    check(poll >= 0, "epoll_create1");
    for (unsigned i = 0; i < options.connections; i++) {
        struct connection *self = &connections[i];
        *self = (struct connection){ connect_one(), i % PATTERN_PHASES, batch, batch, 0 };
        struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
        event.data.u32 = i;
        check(epoll_ctl(poll, EPOLL_CTL_ADD, self->fd, &event) == 0, "epoll_ctl");
    }
    return poll;
}

/* Keep every connection busy until a time. Returns how many batches came back. */
static uint64_t exchange(int poll, unsigned batch, uint64_t until_ns)
{
    uint64_t batches = 0, now;
    do {
        struct epoll_event events[EVENTS_MAX];
        int ready = epoll_wait(poll, events, EVENTS_MAX, 1000);
        check(ready > 0 || (ready < 0 && errno == EINTR), "no answer for a second");
        for (int i = 0; i < ready; i++) {
            struct connection *self = &connections[events[i].data.u32];
            now = nanoseconds();
            if (turn(self, batch)) {
                histogram_add(&latency, now - self->sent_ns);
                self->sent_ns = now;
                batches++;
            }
        }
        now = nanoseconds();
    } while (now < until_ns);
    return batches;
}

static uint64_t own_cpu_ns(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (uint64_t)spent.tv_sec * NANOSECONDS + (uint64_t)spent.tv_nsec;
}

static void run_load(void)
{
    unsigned batch = options.size * options.depth;
    check(batch <= BATCH_LEN_MAX, "size times depth is too much");
    int poll = open_all(batch);
    exchange(poll, batch, nanoseconds() + WARM_NS);
    latency = (struct histogram){ 0 };
    uint64_t server = options.pid != 0 ? watch_cpu_ns(options.pid) : 0;
    uint64_t own = own_cpu_ns(), start = nanoseconds();
    uint64_t batches = exchange(poll, batch, start + options.seconds * NANOSECONDS);
    double elapsed = (double)(nanoseconds() - start);
    own = own_cpu_ns() - own;
    server = options.pid != 0 ? watch_cpu_ns(options.pid) - server : 0;
    double requests = (double)batches * options.depth;
    printf(options.json
               ? "{\"requests_per_second\": %.0f, \"mean_us\": %.2f, \"p50_us\": %.2f, "
                 "\"p99_us\": %.2f, \"server_us_per_request\": %.4f, \"server_busy\": %.3f, "
                 "\"load_busy\": %.3f}\n"
               : "%.0f requests/s, latency of a batch: mean %.2f us, median %.2f us, p99 %.2f us; "
                 "server %.4f us CPU a request, busy %.3f; load busy %.3f\n",
           requests / elapsed * NANOSECONDS, (double)latency.sum / (double)latency.count / 1e3,
           (double)histogram_at(&latency, 0.5) / 1e3, (double)histogram_at(&latency, 0.99) / 1e3,
           (double)server / requests / 1e3, (double)server / elapsed, (double)own / elapsed);
}

/* --- One connection --- */

static void round_trip(int fd, unsigned phase, int flags)
{
    unsigned char bytes[BUFFER_LEN];
    check(send(fd, pattern + phase, options.size, MSG_NOSIGNAL) == (ssize_t)options.size, "send");
    for (size_t at = 0; at < options.size;) {
        ssize_t len = recv(fd, bytes, options.size - at, flags);
        check(len != 0, "the server closed a connection");
        check(len > 0 || errno == EAGAIN, "recv");
        if (len > 0) {
            compare(bytes, phase, at, (size_t)len);
            at += (size_t)len;
        }
    }
}

static void run_ping(void)
{
    check(options.size <= BUFFER_LEN, "too large a message");
    int fd = connect_one();
    uint64_t start = nanoseconds(), before = start;
    uint64_t until = start + WARM_NS + options.seconds * NANOSECONDS;
    for (unsigned i = 0; before < until; i++) {
        round_trip(fd, i % PATTERN_PHASES, options.spin ? MSG_DONTWAIT : 0);
        uint64_t now = nanoseconds();
        if (before - start > WARM_NS)
            histogram_add(&latency, now - before);
        before = now;
    }
    printf(options.json ? "{\"p50_us\": %.2f, \"p99_us\": %.2f}\n"
                        : "round trip: median %.2f us, p99 %.2f us\n",
           (double)histogram_at(&latency, 0.5) / 1e3, (double)histogram_at(&latency, 0.99) / 1e3);
}

/* --- Idle connections --- */

static void run_idle(void)
{
    check(options.pid != 0, "--idle needs --pid");
    check(options.size <= BUFFER_LEN, "too large a message");
    uint64_t resident = watch_resident_bytes(options.pid);
    for (unsigned i = 0; i < options.idle; i++) {
        int fd = connect_one();
        if (!options.silent)
            round_trip(fd, i % PATTERN_PHASES, 0);
    }
    usleep(WARM_NS / 1000);
    uint64_t busy = watch_cpu_ns(options.pid), start = nanoseconds();
    sleep(options.seconds);
    busy = watch_cpu_ns(options.pid) - busy;
    double elapsed = (double)(nanoseconds() - start);
    double grown = (double)watch_resident_bytes(options.pid) - (double)resident;
    printf(options.json ? "{\"bytes_per_connection\": %.1f, \"server_percent\": %.4f}\n"
                        : "%.1f bytes a connection, server at %.4f %% of a core\n",
           grown / options.idle, (double)busy / elapsed * 100);
}

/* --- Options --- */

static bool take_flag(const char *word)
{
    bool *flag = strcmp(word, "--ping") == 0     ? &options.ping
                 : strcmp(word, "--spin") == 0   ? &options.spin
                 : strcmp(word, "--silent") == 0 ? &options.silent
                 : strcmp(word, "--json") == 0   ? &options.json
                                                 : NULL;
    if (flag != NULL)
        *flag = true;
    return flag != NULL;
}

static bool take_number(const char *word, const char *value)
{
    const struct {
        const char *name;
        unsigned *number, max;
    } numbers[] = {
        { "--connections", &options.connections, CONNECTIONS_MAX },
        { "--size", &options.size, BATCH_LEN_MAX },
        { "--depth", &options.depth, DEPTH_MAX },
        { "--seconds", &options.seconds, SECONDS_MAX },
        { "--idle", &options.idle, CONNECTIONS_MAX },
    };
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(word, numbers[i].name) == 0) {
            *numbers[i].number = (unsigned)parse_number(value, numbers[i].max);
            if (*numbers[i].number == 0)
                usage("nought says nothing");
            return true;
        }
    }
    return false;
}

static void parse(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        if (take_flag(words[i]))
            continue;
        if (i + 1 == count)
            usage("echo_load --to ADDRESS:PORT [--core N] [--pid PID] [--json] [--size BYTES] "
                  "[--seconds N] [--connections N] [--depth N | --ping [--spin] | "
                  "--idle N [--silent]]");
        const char *word = words[i++], *value = words[i];
        if (strcmp(word, "--to") == 0)
            options.address = parse_address(value);
        else if (strcmp(word, "--core") == 0)
            options.core = (int)parse_number(value, CONNECTIONS_MAX);
        else if (strcmp(word, "--pid") == 0)
            options.pid = (pid_t)parse_number(value, INT32_MAX);
        else if (!take_number(word, value))
            usage("no such option");
    }
    if (options.address.sin_port == 0)
        usage("--to says where the server is");
}

int main(int count, char **words)
{
    parse(count, words);
    pin(options.core);
    uint64_t files = raise_open_files();
    if (options.idle + 16 > files || options.connections + 16 > files)
        usage("one process may not open as many files: see ulimit -Hn");
    fill_pattern();
    if (options.ping)
        run_ping();
    else if (options.idle > 0)
        run_idle();
    else
        run_load();
    return 0;
}
