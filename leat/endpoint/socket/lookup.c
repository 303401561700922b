/* Lookups by c-ares: its protocol and its sockets, waited for by our loop.
 *
 * Each lookup has a channel of its own, so that the system's configuration counts as it is now, and
 * a lookup that is given up takes nothing with it. */

#include "leat/endpoint/socket/lookup.h"

#include <ares.h>
#include <errno.h>

#include "leat/endpoint/handle.h"

/* Sockets of one lookup: each server's for UDP, and for TCP where an answer was cut. */
enum { SOCKETS_MAX = 8, WAITS_MAX = 2 * SOCKETS_MAX };

enum { TRIES = 3, TRY_TIMEOUT_MS = 2000, NS_PER_MS = 1000000, NS_PER_US = 1000 };

struct lookup {
    struct leat_fibers *fibers;
    const char *host;
    unsigned port;
    struct leat_resolved *ret;
    ares_channel channel;
    bool done;
    int status; /* c-ares' word for what came of it */
};

/* --- Results --- */

static void take_addresses(struct lookup *lookup, const struct ares_addrinfo *info)
{
    struct leat_resolved *ret = lookup->ret;
    for (const struct ares_addrinfo_node *node = info->nodes;
         node != NULL && ret->len < LEAT_RESOLVED_MAX; node = node->ai_next) {
        struct leat_address *to = &ret->addresses[ret->len];
        if (node->ai_family == AF_INET && node->ai_addrlen >= sizeof(to->in)) {
            to->in = *(const struct sockaddr_in *)(const void *)node->ai_addr;
            to->in.sin_port = htons((in_port_t)lookup->port);
            to->len = sizeof(to->in);
        } else if (node->ai_family == AF_INET6 && node->ai_addrlen >= sizeof(to->in6)) {
            to->in6 = *(const struct sockaddr_in6 *)(const void *)node->ai_addr;
            to->in6.sin6_port = htons((in_port_t)lookup->port);
            to->len = sizeof(to->in6);
        } else {
            continue;
        }
        ret->len++;
    }
}

static void lookup_ends(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
    struct lookup *lookup = arg;
    (void)timeouts;
    leat_assert(!lookup->done);
    lookup->done = true;
    lookup->status = status;
    if (status == ARES_SUCCESS)
        take_addresses(lookup, info);
    if (info != NULL)
        ares_freeaddrinfo(info);
}

static struct leat_fault fault_of(int status)
{
    static const struct {
        int status;
        enum leat_fault_code code;
        int system_code; /* the nearest that the system has */
        const char *reason;
    } words[] = {
        { ARES_SUCCESS, LEAT_FAULT_SYSTEM, ENOENT, "the host has no address" },
        { ARES_ENODATA, LEAT_FAULT_SYSTEM, ENOENT, "the host has no address" },
        { ARES_ENOTFOUND, LEAT_FAULT_SYSTEM, ENOENT, "no such host" },
        { ARES_ENONAME, LEAT_FAULT_SYSTEM, ENOENT, "no such host" },
        { ARES_EBADNAME, LEAT_FAULT_SYSTEM, EINVAL, "this is no name of a host" },
        { ARES_ETIMEOUT, LEAT_FAULT_SYSTEM, ETIMEDOUT, "the name servers do not answer" },
        { ARES_ECONNREFUSED, LEAT_FAULT_SYSTEM, ECONNREFUSED, "no name server gives an answer" },
        { ARES_ESERVFAIL, LEAT_FAULT_SYSTEM, EREMOTEIO, "the name server failed" },
        { ARES_EREFUSED, LEAT_FAULT_SYSTEM, EREMOTEIO, "the name server refused to answer" },
        { ARES_ENOTIMP, LEAT_FAULT_SYSTEM, EREMOTEIO, "the name server does not do that" },
        { ARES_EFORMERR, LEAT_FAULT_SYSTEM, EREMOTEIO, "the name server did not understand" },
        { ARES_EBADRESP, LEAT_FAULT_CORRUPT, EBADMSG, "the answer of the name server is broken" },
        { ARES_EBADSTR, LEAT_FAULT_SYSTEM, EINVAL, "the list of name servers is malformed" },
        { ARES_ENOMEM, LEAT_FAULT_MEMORY, ENOMEM, NULL },
    };
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].status == status)
            return (struct leat_fault){ .code = words[i].code,
                                        .system_code = words[i].system_code,
                                        .part = "resolve",
                                        .reason = words[i].reason };
    }
    return (struct leat_fault){ .code = LEAT_FAULT_SYSTEM,
                                .system_code = EIO,
                                .part = "resolve",
                                .reason = ares_strerror(status) }; /* static text, too */
}

static enum leat_status fails(struct lookup *lookup, struct leat_fault fault)
{
    lookup->ret->fault = fault;
    lookup->ret->fault.name = lookup->host;
    lookup->ret->len = 0;
    return LEAT_FAULT;
}

/* --- Waiting --- */

/* The waits for all sockets of a channel, until one of them is over. Then the others are ended, as
 * c-ares may close a socket whenever it is given a turn, and nobody must be waiting for it then. */
struct round {
    struct leat_suspension suspension;
    struct leat_fibers *fibers;
    unsigned len, pending;
    bool suspended;
    struct leat_op waits[WAITS_MAX];
};

static void round_ends(struct round *round)
{
    for (unsigned i = 0; i < round->len; i++)
        leat_loop_cancel(leat_fibers_loop(round->fibers), &round->waits[i]);
}

static void round_cancel(struct leat_suspension *suspension)
{
    round_ends((struct round *)suspension);
}

static void wait_done(struct leat_op *op)
{
    struct round *round = op->owner;
    leat_assert(round->pending > 0);
    round->pending--;
    if (round->pending == 0)
        leat_fiber_resume(round->suspension.fiber);
    else
        round_ends(round);
}

static void round_adds(struct round *round, int fd, enum leat_ready ready, uint64_t deadline_ns)
{
    leat_assert(round->len < WAITS_MAX);
    round->waits[round->len++] = (struct leat_op){
        .code = fd >= 0 ? LEAT_OP_WAIT : LEAT_OP_SLEEP,
        .fd = fd,
        .wait = { ready },
        .deadline_ns = deadline_ns,
        .done = wait_done,
        .owner = round,
    };
}

/* Returns when one is over at least, and none is under way. */
static void round_runs(struct round *round)
{
    struct leat_loop *loop = leat_fibers_loop(round->fibers);
    for (unsigned i = 0; i < round->len; i++)
        round->pending += !leat_loop_start(loop, &round->waits[i]);
    if (round->pending < round->len)
        round_ends(round);
    if (round->pending > 0)
        leat_fiber_suspend(round->fibers, &round->suspension);
    else
        leat_fiber_breathe(round->fibers);
}

/* When c-ares wants a turn in any case. */
static uint64_t deadline_of(const struct lookup *lookup)
{
    struct timeval left, *is_left = ares_timeout(lookup->channel, NULL, &left);
    uint64_t left_ns = is_left != NULL ? (uint64_t)is_left->tv_sec * 1000 * NS_PER_MS +
                                             (uint64_t)is_left->tv_usec * NS_PER_US
                                       : NS_PER_MS;
    return leat_loop_clock(leat_fibers_loop(lookup->fibers)) + left_ns + 1;
}

/* Wait for what the channel waits for, and have it go on. */
static void turn(struct lookup *lookup)
{
    ares_socket_t sockets[SOCKETS_MAX];
    uint64_t deadline_ns = deadline_of(lookup);
    unsigned wanted = (unsigned)ares_getsock(lookup->channel, sockets, SOCKETS_MAX);
    struct round round = { .suspension = { .cancel = round_cancel }, .fibers = lookup->fibers };
    for (unsigned i = 0; i < SOCKETS_MAX; i++) {
        if (ARES_GETSOCK_READABLE(wanted, i))
            round_adds(&round, sockets[i], LEAT_READY_READ, deadline_ns);
        if (ARES_GETSOCK_WRITABLE(wanted, i))
            round_adds(&round, sockets[i], LEAT_READY_WRITE, deadline_ns);
    }
    if (round.len == 0)
        round_adds(&round, -1, LEAT_READY_READ, deadline_ns);
    round_runs(&round);
    for (unsigned i = 0; i < round.len && !lookup->done; i++) {
        const struct leat_op *op = &round.waits[i];
        if (op->code != LEAT_OP_WAIT || op->result.status != LEAT_OK)
            continue;
        bool reads = op->wait.ready == LEAT_READY_READ;
        ares_process_fd(lookup->channel, reads ? op->fd : ARES_SOCKET_BAD,
                        reads ? ARES_SOCKET_BAD : op->fd);
    }
    if (!lookup->done) /* what took too long is asked again */
        ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* --- The lookup --- */

static int channel_open(ares_channel *channel, const struct leat_resolve_options *options)
{
    uint64_t timeout_ms = options->try_timeout_ns / NS_PER_MS;
    struct ares_options all = {
        .timeout = timeout_ms == 0          ? TRY_TIMEOUT_MS
                   : timeout_ms < INT32_MAX ? (int)timeout_ms
                                            : INT32_MAX,
        .tries = options->tries != 0 ? (int)options->tries : TRIES,
    };
    int status = ares_init_options(channel, &all, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS || options->servers == NULL)
        return status;
    status = ares_set_servers_ports_csv(*channel, options->servers);
    if (status != ARES_SUCCESS)
        ares_destroy(*channel);
    return status;
}

enum leat_status leat_lookup(struct leat_fibers *fibers, const char *host, unsigned port,
                             const struct leat_resolve_options *options, struct leat_resolved *ret)
{
    struct lookup lookup = { .fibers = fibers, .host = host, .port = port, .ret = ret };
    int code = leat_fiber_cancelled(fibers);
    if (code != 0)
        return fails(&lookup, leat_fault_of_system("resolve", code));
    int status = channel_open(&lookup.channel, options);
    if (status != ARES_SUCCESS)
        return fails(&lookup, fault_of(status));
    struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    ares_getaddrinfo(lookup.channel, host, NULL, &hints, lookup_ends, &lookup);
    /* Bounded by the tries of c-ares and their time-outs. */
    while (!lookup.done && (code = leat_fiber_cancelled(fibers)) == 0)
        turn(&lookup);
    ares_destroy(lookup.channel); /* ends a lookup that goes on */
    leat_assert(lookup.done);
    if (code != 0)
        return fails(&lookup, leat_fault_of_system("resolve", code));
    return ret->len > 0 ? LEAT_OK : fails(&lookup, fault_of(lookup.status));
}
