/* Connections: made, refused, ended from either side, and every byte in its place however they are
 * cut. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void connections_are_made(struct bench *b)
{
    bench_open(b, NULL);
    for (enum bench_family family = 0; family < FAMILIES; family++) {
        if (!bench_has_family(b, family))
            continue;
        struct leat_address address, peer = { 0 };
        struct leat_socket listener = bench_listen(b, family, &address);
        if (family != FAMILY_UNIX)
            check(leat_address_port(&address) != 0);
        struct leat_socket near = bench_socket(b, family);
        struct call accept = { .op = op_accept(&listener, &peer) };
        call_submit(b, &accept);
        bench_step(b);
        check_equal(accept.done, 0);
        struct leat_op op = op_connect(near.fd, &address);
        check_result(bench_do(b, &op), LEAT_OK);
        check_result(call_await(b, &accept), LEAT_OK);
        check_equal(peer.any.sa_family, bench_domain(family));
        struct leat_socket far = { accept.op.result.descriptor, NULL };
        struct leat_address own = { .len = sizeof(own) - offsetof(struct leat_address, any) };
        if (!b->simulates && family != FAMILY_UNIX) {
            check(getsockname(near.fd, &own.any, &own.len) == 0);
            check_equal(leat_address_port(&peer), leat_address_port(&own));
        }
        struct sender sender = { .socket = &near, .id = 1, .len = 5, .cut_max = 5 };
        struct receiver receiver = { .socket = &far, .id = 1, .until = 5 };
        sender_start(b, &sender);
        receiver_start(b, &receiver);
        bench_until(b, &receiver.finished);
        check_equal(receiver.at, 5);
        bench_until(b, &sender.finished);
        sender_fini(&sender);
        bench_close_socket(b, &near);
        bench_close_socket(b, &far);
        bench_close_socket(b, &listener);
    }
    bench_close(b);
}

/* Nobody listens there, any more or twice. */
static void what_cannot_be_is_refused(struct bench *b)
{
    bench_open(b, NULL);
    enum bench_family family = bench_family(b);
    struct leat_address address;
    struct leat_socket listener = bench_listen(b, family, &address);
    struct leat_socket second = bench_socket(b, family);
    struct leat_op op = op_of(LEAT_OP_LISTEN, second.fd);
    op.listen.address = &address;
    op.listen.backlog = 1;
    check_fault(bench_do(b, &op), EADDRINUSE);
    bench_close_socket(b, &second);
    bench_close_socket(b, &listener);
    struct leat_socket near = bench_socket(b, family);
    op = op_connect(near.fd, &address);
    check_fault(bench_do(b, &op), ECONNREFUSED);
    bench_close_socket(b, &near);
    op = op_of(LEAT_OP_SOCKET, -1);
    op.socket.domain = 1000;
    op.socket.type = SOCK_STREAM;
    check_fault(bench_do(b, &op), EAFNOSUPPORT);
    bench_close(b);
}

/* Who writes to a peer that is gone is told by a number, and not by a signal. */
static void a_peer_that_is_gone_breaks_the_pipe(struct bench *b)
{
    enum { TRIES_MAX = 1000 };
    struct leat_socket near, far;
    bench_open(b, NULL);
    bench_connect(b, bench_family(b), &near, &far);
    bench_close_socket(b, &far);
    struct leat_span piece = { (const uint8_t *)"x", 1 };
    struct leat_io io = { .status = LEAT_OK };
    for (unsigned i = 0; i < TRIES_MAX && io.status == LEAT_OK; i++) {
        struct leat_op op = op_send(&near, &piece);
        io = bench_do(b, &op);
    }
    check_status(io.status, LEAT_FAULT);
    check(io.code == EPIPE || io.code == ECONNRESET);
    bench_close_socket(b, &near);
    bench_close(b);
}

/* Each side ends when it likes; the other goes on. */
static void one_side_ends_before_the_other(struct bench *b)
{
    enum { LEN = 3000 };
    struct leat_socket ends[2];
    bench_open(b, NULL);
    bench_connect(b, bench_family(b), &ends[0], &ends[1]);
    unsigned first = (unsigned)random_below(&b->random, 2);
    for (unsigned i = 0; i < 2; i++) {
        struct leat_socket *from = &ends[first ^ i], *to = &ends[first ^ i ^ 1];
        struct receiver receiver = { .socket = to, .id = i };
        struct sender sender = {
            .socket = from, .id = i, .len = LEN, .cut_max = 1000, .shuts = true
        };
        receiver_start(b, &receiver);
        sender_start(b, &sender);
        bench_until(b, &receiver.finished);
        check_result(receiver.last, LEAT_END);
        check_equal(receiver.at, LEN);
        bench_until(b, &sender.finished);
        check(!sender.stopped);
        sender_fini(&sender);
        struct leat_op op = op_receive(to);
        check_result(bench_do(b, &op), LEAT_END); /* the end stays */
        struct leat_span piece = { (const uint8_t *)"x", 1 };
        op = op_send(from, &piece);
        check_fault(bench_do(b, &op), EPIPE);
    }
    bench_close_socket(b, &ends[0]);
    bench_close_socket(b, &ends[1]);
    bench_close(b);
}

static void a_reset_is_told(struct bench *b)
{
    int far;
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    enum bench_family family = random_percent(&b->random, 50) && bench_has_family(b, FAMILY_IPV6)
                                   ? FAMILY_IPV6
                                   : FAMILY_IPV4;
    bench_open(b, NULL);
    struct leat_socket near = bench_pair(b, family, &far);
    struct call call = { .op = op_receive(&near) };
    bool waits = random_percent(&b->random, 50);
    if (waits) {
        call_submit(b, &call);
        bench_step(b);
    }
    check(setsockopt(far, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
    close(far);
    if (!waits)
        call_submit(b, &call);
    check_fault(call_await(b, &call), ECONNRESET);
    bench_close_socket(b, &near);
    bench_close(b);
}

/* --- Bytes --- */

/* A peer sends, down to single bytes, and now and then rests. */
static void every_cut_arrives_in_order(struct bench *b)
{
    static const size_t cuts[] = { 1, 10, 3000, 100000 };
    int far;
    bench_open(b, NULL);
    size_t cut_max = cuts[random_below(&b->random, 4)];
    struct leat_socket near = bench_pair(b, bench_family(b), &far);
    struct receiver receiver = { .socket = &near, .id = 7 };
    struct peer peer = {
        .fd = far,
        .id = 7,
        .len = cut_max == 1 ? 1500 : cut_max * 30,
        .cut_max = cut_max,
        .rests = random_percent(&b->random, 70),
        .random = { random_next(&b->random) },
    };
    peer_sends(&peer);
    receiver_start(b, &receiver);
    bench_until(b, &receiver.finished);
    check_result(receiver.last, LEAT_END);
    check_equal(receiver.at, peer.len);
    bench_close_socket(b, &near);
    peer_join(&peer);
    bench_close(b);
}

/* A slow peer takes what is sent: a part at a time, and the rest after that. */
static void large_sends_go_on(struct bench *b)
{
    enum { LEN = 3000000 };
    int far;
    bench_open(b, NULL);
    struct leat_socket near = bench_pair(b, bench_family(b), &far);
    struct sender sender = { .socket = &near, .id = 8, .len = LEN, .cut_max = LEN, .shuts = true };
    struct peer peer = {
        .fd = far,
        .id = 8,
        .len = LEN,
        .cut_max = 100000,
        .rests = true,
        .random = { random_next(&b->random) },
    };
    sender_start(b, &sender);
    peer_takes(&peer);
    bench_until(b, &sender.finished);
    check(!sender.stopped);
    peer_join(&peer);
    sender_fini(&sender);
    bench_close_socket(b, &near);
    bench_close(b);
}

/* Both directions at once, both ends in the loop. */
static void both_ways_at_once(struct bench *b)
{
    struct leat_socket ends[2];
    struct sender senders[2] = { 0 };
    struct receiver receivers[2] = { 0 };
    bench_open(b, NULL);
    bench_connect(b, bench_family(b), &ends[0], &ends[1]);
    for (unsigned i = 0; i < 2; i++) {
        senders[i] = (struct sender){
            .socket = &ends[i],
            .id = i,
            .len = random_len(&b->random, b->simulates ? 100000 : 1000000),
            .cut_max = random_len(&b->random, 50000) + 200,
            .shuts = true,
        };
        receivers[i] = (struct receiver){ .socket = &ends[i], .id = i ^ 1 };
        sender_start(b, &senders[i]);
        receiver_start(b, &receivers[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        bench_until(b, &senders[i].finished);
        bench_until(b, &receivers[i].finished);
        check(!senders[i].stopped);
        check_result(receivers[i].last, LEAT_END);
        check_equal(receivers[i].at, senders[i ^ 1].len);
    }
    for (unsigned i = 0; i < 2; i++) {
        sender_fini(&senders[i]);
        bench_close_socket(b, &ends[i]);
    }
    bench_close(b);
}

/* --- Many --- */

/* Gives back what comes. */
struct echo {
    struct call call;
    struct leat_socket socket;
    struct leat_slice slice;
    struct leat_span piece;
    unsigned *open; /* of all echoes */
};

static void echo_receives(struct echo *echo)
{
    echo->call.op = op_receive(&echo->socket);
    call_submit(echo->call.bench, &echo->call);
}

static void echo_went_on(struct call *call)
{
    struct echo *echo = call->own;
    struct leat_io io = call->op.result;
    if (call->op.code == LEAT_OP_SEND) {
        check_result(io, LEAT_OK);
        echo->piece.data += io.bytes;
        echo->piece.len -= io.bytes;
        if (echo->piece.len == 0) {
            leat_slice_release(&echo->slice);
            echo_receives(echo);
            return;
        }
    } else if (io.status == LEAT_END) {
        bench_close_socket(call->bench, &echo->socket);
        (*echo->open)--;
        return;
    } else {
        check_result(io, LEAT_OK);
        echo->slice = call->op.receive.ret_slice;
        echo->piece = (struct leat_span){ echo->slice.data, echo->slice.len };
    }
    call->op = op_send(&echo->socket, &echo->piece);
    call_submit(call->bench, call);
}

/* A server of echoes: accepts so many. */
struct server {
    struct call accept;
    struct leat_socket listener;
    struct echo *echoes;
    unsigned accepted, count, open;
};

static void server_accepted(struct call *call)
{
    struct server *server = call->own;
    check_result(call->op.result, LEAT_OK);
    struct echo *echo = &server->echoes[server->accepted++];
    *echo = (struct echo){
        .call = { .bench = call->bench, .then = echo_went_on, .own = echo },
        .socket = { call->op.result.descriptor, NULL },
        .open = &server->open,
    };
    server->open++;
    echo_receives(echo);
    if (server->accepted < server->count)
        call_submit(call->bench, call);
}

struct client {
    struct call call;
    struct leat_socket socket;
    struct sender sender;
    struct receiver receiver;
    const struct leat_address *to;
};

static void client_connected(struct call *call)
{
    struct client *client = call->own;
    check_result(call->op.result, LEAT_OK);
    sender_start(call->bench, &client->sender);
    receiver_start(call->bench, &client->receiver);
}

static void client_start(struct bench *b, struct client *client, unsigned id,
                         const struct leat_address *to, enum bench_family family)
{
    size_t len = random_len(&b->random, 20000);
    *client = (struct client){
        .socket = bench_socket(b, family),
        .sender = { .id = id, .len = len, .cut_max = 5000, .shuts = true },
        .receiver = { .id = id },
    };
    client->sender.socket = client->receiver.socket = &client->socket;
    client->call.op = op_connect(client->socket.fd, to);
    client->call.then = client_connected;
    client->call.own = client;
    call_submit(b, &client->call);
}

static void many_connections_are_kept_apart(struct bench *b)
{
    unsigned count = b->simulates ? 100 : 1000;
    struct leat_address address;
    struct leat_loop_options options = { .buffers = 2 * count };
    if (!b->simulates) /* the system holds what they say, so that nobody has to wait for another */
        options.buffers = 1 + (unsigned)random_len(&b->random, 1000);
    enum bench_family family = bench_family(b);
    struct client *clients = memory_get(count * sizeof(*clients));
    bench_open(b, &options);
    struct server server = { .count = count };
    server.listener = bench_listen(b, family, &address);
    server.echoes = memory_get(count * sizeof(*server.echoes));
    server.accept.op = op_accept(&server.listener, NULL);
    server.accept.then = server_accepted;
    server.accept.own = &server;
    call_submit(b, &server.accept);
    for (unsigned i = 0; i < count; i++)
        client_start(b, &clients[i], i, &address, family);
    for (unsigned i = 0; i < count; i++) {
        struct client *client = &clients[i];
        check_says("client", i);
        bench_until(b, &client->receiver.finished);
        check_result(client->receiver.last, LEAT_END);
        check_equal(client->receiver.at, client->sender.len);
        bench_until(b, &client->sender.finished);
        check(!client->sender.stopped);
        sender_fini(&client->sender);
        bench_close_socket(b, &client->socket);
    }
    bench_drain(b);
    check_equal(server.accepted, count);
    check_equal(server.open, 0);
    bench_close_socket(b, &server.listener);
    memory_put(server.echoes);
    memory_put(clients);
    bench_close(b);
}

const struct loop_test tests_streams[] = {
    { "connections are made", connections_are_made, 0, 4 },
    { "what cannot be is refused", what_cannot_be_is_refused, 0, 8 },
    { "a peer that is gone breaks the pipe", a_peer_that_is_gone_breaks_the_pipe, 0, 8 },
    { "one side ends before the other", one_side_ends_before_the_other, 0, 8 },
    { "a reset is told", a_reset_is_told, REAL_ONLY, 8 },
    { "every cut arrives in order", every_cut_arrives_in_order, REAL_ONLY, 12 },
    { "large sends go on", large_sends_go_on, REAL_ONLY, 4 },
    { "both ways at once", both_ways_at_once, 0, 8 },
    { "many connections are kept apart", many_connections_are_kept_apart, 0, 2 },
    { 0 },
};
