/* Sockets in pairs, streams of bytes through them, and peers. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <unistd.h>

/* --- Sockets --- */

enum { SIMULATED_PORT = 10000, BACKLOG = 1024 };

int bench_domain(enum bench_family family)
{
    static const int domains[FAMILIES] = { AF_INET, AF_INET6, AF_UNIX };
    return domains[family];
}

/* An address of this machine, to listen at. */
static struct leat_address address_of(struct bench *b, enum bench_family family)
{
    struct leat_address address;
    char text[LEAT_ADDRESS_TEXT_MAX];
    unsigned port = b->simulates ? SIMULATED_PORT + b->ports++ % 10000 : 0;
    if (family == FAMILY_UNIX)
        snprintf(text, sizeof(text), "unix:%s", bench_path(b));
    else
        snprintf(text, sizeof(text), family == FAMILY_IPV6 ? "[::1]:%u" : "127.0.0.1:%u", port);
    check_status(leat_address_parse(text, &address), LEAT_OK);
    return address;
}

bool bench_has_family(const struct bench *b, enum bench_family family)
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    if (b->simulates || family != FAMILY_IPV6)
        return true;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

enum bench_family bench_family(struct bench *b)
{
    enum bench_family family = (enum bench_family)random_below(&b->random, FAMILIES);
    return bench_has_family(b, family) ? family : FAMILY_IPV4;
}

struct leat_socket bench_socket(struct bench *b, enum bench_family family)
{
    struct leat_op op = op_of(LEAT_OP_SOCKET, -1);
    op.socket.domain = bench_domain(family);
    op.socket.type = SOCK_STREAM;
    check_result(bench_do(b, &op), LEAT_OK);
    check(op.result.descriptor >= 0);
    return (struct leat_socket){ op.result.descriptor, NULL };
}

struct leat_io bench_listen_at(struct bench *b, const struct leat_socket *socket,
                               enum bench_family family, struct leat_address *ret)
{
    struct leat_op op = op_of(LEAT_OP_LISTEN, socket->fd);
    *ret = address_of(b, family);
    op.listen.address = ret;
    op.listen.backlog = BACKLOG;
    struct leat_io io = bench_do(b, &op);
    if (!b->simulates) {
        ret->len = sizeof(*ret) - offsetof(struct leat_address, any);
        check(getsockname(socket->fd, &ret->any, &ret->len) == 0);
    }
    return io;
}

struct leat_socket bench_listen(struct bench *b, enum bench_family family, struct leat_address *ret)
{
    struct leat_socket socket = bench_socket(b, family);
    check_result(bench_listen_at(b, &socket, family, ret), LEAT_OK);
    return socket;
}

void bench_close_socket(struct bench *b, struct leat_socket *socket)
{
    b->inside = true;
    leat_loop_close(b->loop, socket);
    b->inside = false;
    check_equal(socket->fd, -1);
    check(socket->stream == NULL);
}

void bench_close_fd(struct bench *b, int fd)
{
    struct leat_socket socket = { fd, NULL };
    bench_close_socket(b, &socket);
}

void bench_connect(struct bench *b, enum bench_family family, struct leat_socket *ret_a,
                   struct leat_socket *ret_b)
{
    struct leat_address address;
    struct leat_socket listener = bench_listen(b, family, &address);
    *ret_a = bench_socket(b, family);
    struct call accept = { .op = op_accept(&listener, NULL) };
    struct call connect = { .op = op_connect(ret_a->fd, &address) };
    if (random_percent(&b->random, 50)) {
        call_submit(b, &accept);
        call_submit(b, &connect);
    } else {
        call_submit(b, &connect);
        call_submit(b, &accept);
    }
    check_result(call_await(b, &connect), LEAT_OK);
    check_result(call_await(b, &accept), LEAT_OK);
    *ret_b = (struct leat_socket){ accept.op.result.descriptor, NULL };
    bench_close_socket(b, &listener);
}

struct leat_socket bench_pair(struct bench *b, enum bench_family family, int *ret_far)
{
    struct leat_address address;
    struct leat_socket listener = bench_listen(b, family, &address);
    int far = socket(bench_domain(family), SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(far >= 0);
    check(connect(far, &address.any, address.len) == 0);
    struct leat_op accept = op_accept(&listener, NULL);
    check_result(bench_do(b, &accept), LEAT_OK);
    bench_close_socket(b, &listener);
    *ret_far = far;
    return (struct leat_socket){ accept.result.descriptor, NULL };
}

/* --- Bytes --- */

uint8_t pattern(unsigned id, uint64_t offset)
{
    uint64_t mixed = (offset + id * 0x10001u) * 0x9e3779b97f4a7c15u;
    return (uint8_t)(mixed >> 56);
}

void pattern_fill(unsigned id, uint64_t offset, void *to, size_t len)
{
    uint8_t *bytes = to;
    for (size_t i = 0; i < len; i++)
        bytes[i] = pattern(id, offset + i);
}

void pattern_check(unsigned id, uint64_t offset, const void *bytes, size_t len)
{
    const uint8_t *got = bytes;
    for (size_t i = 0; i < len; i++) {
        if (got[i] == pattern(id, offset + i))
            continue;
        check_says("offset", offset + i);
        check_equal(got[i], pattern(id, offset + i));
    }
}

/* --- Streams --- */

static void sender_goes_on(struct bench *b, struct sender *sender);

static void sender_sent(struct call *call)
{
    struct sender *sender = call->own;
    struct leat_io io = call->op.result;
    if (io.status != LEAT_OK) {
        check_status(io.status, LEAT_FAULT);
        sender->finished = sender->stopped = true;
        return;
    }
    if (call->op.code == LEAT_OP_SHUTDOWN) {
        sender->finished = true;
        return;
    }
    check(io.bytes > 0);
    check(io.bytes <= sender->len - sender->at);
    sender->at += io.bytes;
    sender_goes_on(call->bench, sender);
}

/* The next cut, in some pieces. */
static void sender_cuts(struct sender *sender)
{
    uint64_t left = sender->len - sender->at;
    size_t cut = random_len(&sender->random, sender->cut_max);
    size_t done = 0;
    unsigned pieces_len = 0;
    cut = cut < left ? cut : (size_t)left;
    pattern_fill(sender->id, sender->at, sender->bytes, cut);
    while (pieces_len < LEAT_PIECES_MAX && done < cut) {
        size_t some = 1 + (size_t)random_below(&sender->random, cut - done);
        if (random_percent(&sender->random, 10))
            some = 0;
        sender->pieces[pieces_len++] = (struct leat_span){ sender->bytes + done, some };
        done += some;
    }
    if (done == 0)
        sender->pieces[0] = (struct leat_span){ sender->bytes, cut };
    struct leat_op *op = &sender->call.op;
    *op = op_send(sender->socket, sender->pieces);
    op->write.pieces_len = pieces_len;
    op->write.more = random_percent(&sender->random, 20) && cut < left;
}

static void sender_goes_on(struct bench *b, struct sender *sender)
{
    uint32_t generation = sender->call.op.generation;
    if (sender->at < sender->len)
        sender_cuts(sender);
    else if (sender->shuts)
        sender->call.op = op_of(LEAT_OP_SHUTDOWN, sender->socket->fd);
    else
        sender->finished = true;
    sender->call.op.generation = generation;
    if (!sender->finished)
        call_submit(b, &sender->call);
}

void sender_start(struct bench *b, struct sender *sender)
{
    sender->call.then = sender_sent;
    sender->call.own = sender;
    if (sender->bytes == NULL) {
        sender->random = (struct random){ random_next(&b->random) };
        sender->bytes = memory_get(sender->cut_max);
    }
    sender->finished = sender->stopped = false;
    sender_goes_on(b, sender);
}

void sender_fini(struct sender *sender)
{
    memory_put(sender->bytes);
    sender->bytes = NULL;
}

static void receiver_got(struct call *call)
{
    struct receiver *receiver = call->own;
    receiver->last = call->op.result;
    if (call->op.result.status != LEAT_OK) {
        receiver->finished = true;
        return;
    }
    struct leat_slice *slice = &call->op.receive.ret_slice;
    check(slice->len > 0);
    check_equal(slice->len, call->op.result.bytes);
    pattern_check(receiver->id, receiver->at, slice->data, slice->len);
    receiver->at += slice->len;
    leat_slice_release(slice);
    if (receiver->until != 0 && receiver->at >= receiver->until)
        receiver->finished = true;
    else
        call_submit(call->bench, call);
}

void receiver_start(struct bench *b, struct receiver *receiver)
{
    receiver->call.then = receiver_got;
    receiver->call.own = receiver;
    receiver->call.op = op_receive(receiver->socket);
    receiver->finished = false;
    call_submit(b, &receiver->call);
}

/* --- Peers --- */

static void peer_rests(struct peer *peer)
{
    if (!peer->rests || !random_percent(&peer->random, 20))
        return;
    if (random_percent(&peer->random, 50))
        sched_yield();
    else
        usleep((useconds_t)random_below(&peer->random, 300));
}

static void *peer_sends_all(void *own)
{
    struct peer *peer = own;
    uint8_t *bytes = memory_get(peer->cut_max);
    for (uint64_t at = 0; at < peer->len;) {
        uint64_t cut = random_len(&peer->random, peer->cut_max);
        cut = cut < peer->len - at ? cut : peer->len - at;
        pattern_fill(peer->id, at, bytes, (size_t)cut);
        ssize_t n = send(peer->fd, bytes, (size_t)cut, MSG_NOSIGNAL);
        check(n > 0);
        at += (uint64_t)n;
        peer_rests(peer);
    }
    check(shutdown(peer->fd, SHUT_WR) == 0);
    memory_put(bytes);
    return NULL;
}

static void *peer_takes_all(void *own)
{
    struct peer *peer = own;
    uint8_t *bytes = memory_get(peer->cut_max);
    uint64_t at = 0;
    for (;;) {
        ssize_t n = recv(peer->fd, bytes, random_len(&peer->random, peer->cut_max), 0);
        check(n >= 0);
        if (n == 0)
            break;
        pattern_check(peer->id, at, bytes, (size_t)n);
        at += (uint64_t)n;
        peer_rests(peer);
    }
    check_equal(at, peer->len);
    memory_put(bytes);
    return NULL;
}

void peer_sends(struct peer *peer)
{
    check(pthread_create(&peer->thread, NULL, peer_sends_all, peer) == 0);
}

void peer_takes(struct peer *peer)
{
    check(pthread_create(&peer->thread, NULL, peer_takes_all, peer) == 0);
}

void peer_join(struct peer *peer)
{
    check(pthread_join(peer->thread, NULL) == 0);
    close(peer->fd);
}
