/* Clients and servers of callbacks talk to each other within one simulated loop. One seed gives one
 * trace and every byte arrives; whatever is cancelled at whatever step, all ends; and what can
 * never end is found. */

#include <errno.h>
#include <fcntl.h>

#include "leat/engine/sim/drive_test.h"
#include "leat/engine/sim/state.h"

enum { SEEDS = 150, CLIENTS = 5, GOAL = 9000, PIECE = 700, STEPS_MAX = 100000, EVENTS = 200 };

/* --- A world: an echoing server and its clients --- */

struct world;

/* One end of a connection, with what it sends and what it receives under way at the same time. */
struct peer {
    struct world *world;
    struct leat_socket socket;
    struct leat_op in, out;
    bool in_runs, out_runs, echoes, over, faulted;
    unsigned number;
    uint64_t sent, received, goal;
    struct leat_span piece;
    struct leat_slice held; /* an echo's */
    uint8_t bytes[PIECE];
};

struct world {
    struct leat_loop *loop;
    struct leat_address address;
    struct leat_socket listener;
    struct leat_op accept;
    bool accepts, stops;
    unsigned peers_len, clients_over, whole;
    struct peer peers[2 * CLIENTS];
};

static uint8_t byte_of(unsigned number, uint64_t at)
{
    return (uint8_t)(at * 31 + at / 251 + number * 17);
}

static void peer_goes_on(struct peer *peer);

/* Both operations have ended: the socket may be closed. */
static void peer_ends(struct peer *peer)
{
    if (!peer->over || peer->in_runs || peer->out_runs || peer->socket.fd < 0)
        return;
    leat_slice_release(&peer->held);
    leat_loop_close(peer->world->loop, &peer->socket);
    if (peer->echoes)
        return;
    struct world *world = peer->world;
    world->clients_over++;
    world->whole += !peer->faulted && peer->received == peer->goal;
    if (world->clients_over == CLIENTS) {
        world->stops = true;
        if (world->accepts)
            leat_loop_cancel(world->loop, &world->accept);
    }
}

static void peer_fails(struct peer *peer)
{
    peer->over = peer->faulted = true;
    if (peer->in_runs)
        leat_loop_cancel(peer->world->loop, &peer->in);
    if (peer->out_runs)
        leat_loop_cancel(peer->world->loop, &peer->out);
}

static void out_done(struct leat_op *op)
{
    struct peer *peer = op->owner;
    peer->out_runs = false;
    if (op->result.status == LEAT_FAULT) {
        peer_fails(peer);
    } else if (op->code == LEAT_OP_SEND) {
        check(op->result.bytes > 0 && op->result.bytes <= peer->piece.len);
        peer->sent += op->result.bytes;
        peer->piece.data += op->result.bytes;
        peer->piece.len -= op->result.bytes;
    } else if (op->code == LEAT_OP_SHUTDOWN && peer->echoes) {
        peer->over = true;
    }
    peer_goes_on(peer);
}

static void received(struct peer *peer, struct leat_slice slice)
{
    if (peer->echoes) {
        peer->held = slice;
        peer->piece = (struct leat_span){ slice.data, slice.len };
        return;
    }
    for (size_t i = 0; i < slice.len; i++)
        check_equal(slice.data[i], byte_of(peer->number, peer->received + i));
    peer->received += slice.len;
    check(peer->received <= peer->goal); /* an echo may come before its send is told of */
    leat_slice_release(&slice);
}

static void send_next(struct peer *peer)
{
    peer->out = (struct leat_op){ .code = LEAT_OP_SEND,
                                  .fd = peer->socket.fd,
                                  .write = { .pieces = &peer->piece, .pieces_len = 1 },
                                  .done = out_done,
                                  .owner = peer };
    peer->out_runs = true;
    leat_loop_submit(peer->world->loop, &peer->out);
}

static void shut(struct peer *peer)
{
    peer->out = (struct leat_op){
        .code = LEAT_OP_SHUTDOWN, .fd = peer->socket.fd, .done = out_done, .owner = peer
    };
    peer->out_runs = true;
    leat_loop_submit(peer->world->loop, &peer->out);
}

static void in_done(struct leat_op *op)
{
    struct peer *peer = op->owner;
    peer->in_runs = false;
    if (op->result.status == LEAT_OK)
        received(peer, op->receive.ret_slice);
    else if (op->result.status == LEAT_FAULT)
        peer_fails(peer);
    else if (peer->echoes)
        shut(peer); /* END: what was received has all been sent */
    else
        peer->over = true;
    peer_goes_on(peer);
}

static void receive_next(struct peer *peer)
{
    peer->in = (struct leat_op){
        .code = LEAT_OP_RECEIVE, .fd = peer->socket.fd, .done = in_done, .owner = peer
    };
    peer->in_runs = true;
    leat_loop_submit(peer->world->loop, &peer->in);
}

static void client_goes_on(struct peer *peer)
{
    if (!peer->out_runs && peer->sent < peer->goal) {
        uint64_t left = peer->goal - peer->sent;
        size_t len = (size_t)(left < PIECE ? left : PIECE);
        for (size_t i = 0; i < len; i++)
            peer->bytes[i] = byte_of(peer->number, peer->sent + i);
        peer->piece = (struct leat_span){ peer->bytes, len };
        send_next(peer);
    } else if (!peer->out_runs && peer->out.code == LEAT_OP_SEND) {
        shut(peer);
    }
    if (!peer->in_runs)
        receive_next(peer);
}

static void peer_goes_on(struct peer *peer)
{
    if (peer->over) {
        peer_ends(peer);
    } else if (!peer->echoes) {
        client_goes_on(peer);
    } else if (!peer->in_runs && !peer->out_runs) {
        if (peer->piece.len > 0) {
            send_next(peer);
        } else {
            leat_slice_release(&peer->held);
            receive_next(peer);
        }
    }
}

static struct peer *peer_add(struct world *world, int fd)
{
    check(world->peers_len < 2 * CLIENTS);
    struct peer *peer = &world->peers[world->peers_len++];
    peer->world = world;
    peer->socket.fd = fd;
    return peer;
}

static void accept_next(struct world *world);

static void accept_done(struct leat_op *op)
{
    struct world *world = op->owner;
    world->accepts = false;
    if (op->result.status == LEAT_OK) {
        struct peer *peer = peer_add(world, op->result.descriptor);
        peer->echoes = true;
        peer_goes_on(peer);
    }
    if (world->stops)
        leat_loop_close(world->loop, &world->listener);
    else
        accept_next(world);
}

static void accept_next(struct world *world)
{
    world->accept = (struct leat_op){
        .code = LEAT_OP_ACCEPT, .fd = world->listener.fd, .done = accept_done, .owner = world
    };
    world->accepts = true;
    leat_loop_submit(world->loop, &world->accept);
}

/* Until it works, or has failed so often that it will not. */
static struct leat_io op_until_ok(struct leat_loop *loop, const struct leat_op *op)
{
    struct leat_io io = { .status = LEAT_FAULT };
    for (unsigned tries = 0; tries < 100 && io.status == LEAT_FAULT; tries++) {
        struct leat_op again = *op;
        io = drive_op(loop, &again);
    }
    check_status(io.status, LEAT_OK);
    return io;
}

static int socket_of(struct world *world)
{
    const struct leat_op op = { .code = LEAT_OP_SOCKET,
                                .socket = { .domain = AF_INET, .type = SOCK_STREAM } };
    return op_until_ok(world->loop, &op).descriptor;
}

static void world_begin(struct world *world, uint64_t seed, bool calm)
{
    *world = (struct world){ .loop = drive_sim(seed, calm) };
    check_status(leat_address_parse("10.0.0.1:7", &world->address), LEAT_OK);
    world->listener.fd = socket_of(world);
    const struct leat_op listen = { .code = LEAT_OP_LISTEN,
                                    .fd = world->listener.fd,
                                    .listen = { .address = &world->address, .backlog = 3 } };
    op_until_ok(world->loop, &listen);
    accept_next(world);
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct peer *peer = peer_add(world, socket_of(world));
        peer->number = i;
        peer->goal = GOAL + i;
        peer->out = (struct leat_op){ .code = LEAT_OP_CONNECT,
                                      .fd = peer->socket.fd,
                                      .connect = { .to = &world->address },
                                      .done = out_done,
                                      .owner = peer };
        peer->out_runs = true;
        leat_loop_submit(world->loop, &peer->out);
    }
}

/* Run it to its end; the trace. */
static uint64_t world_end(struct world *world)
{
    enum leat_status status = LEAT_OK;
    for (unsigned i = 0; i < STEPS_MAX && (status == LEAT_OK || status == LEAT_AGAIN); i++)
        status = leat_loop_step(world->loop, LEAT_NEVER);
    check_status(status, LEAT_END);
    check_equal(leat_sim_open_count(world->loop), 0);
    check_equal(world->clients_over, CLIENTS);
    uint64_t trace = leat_sim_trace(world->loop);
    leat_loop_destroy(world->loop);
    return trace;
}

/* Of clients with a faulty machine and others, how many got all. */
static uint64_t whole, broken;

/* Two worlds of one seed at the same time, so that they are in different places in memory, come to
 * one trace. */
static uint64_t worlds_run(uint64_t seed, bool calm)
{
    static struct world worlds[2];
    uint64_t traces[2];
    for (unsigned i = 0; i < 2; i++)
        world_begin(&worlds[i], seed, calm);
    for (unsigned i = 0; i < 2; i++) {
        traces[i] = world_end(&worlds[i]);
        check(!calm || worlds[i].whole == CLIENTS);
        whole += worlds[i].whole;
        broken += CLIENTS - worlds[i].whole;
    }
    check_equal(traces[0], traces[1]);
    return traces[0];
}

static void test_traces(uint64_t seed)
{
    check(worlds_run(seed, false) != worlds_run(seed + 1000003, false));
    check(worlds_run(seed, true) != worlds_run(seed + 1000003, true));
}

/* The text of a trace, as what it hashes to. */
static void add_line(void *user, const char *text)
{
    uint64_t *hash = user;
    for (; *text != '\0'; text++)
        *hash = (*hash ^ (uint8_t)*text) * 0x100000001b3u;
    *hash = (*hash ^ '\n') * 0x100000001b3u;
}

/* Two traces are the same in each line, and with text the same as without. */
static void test_text(uint64_t seed)
{
    uint64_t hashes[2] = { 0 }, traces[3];
    for (unsigned i = 0; i < 3; i++) {
        const struct leat_sim_options options = { .seed = seed,
                                                  .trace = i < 2 ? add_line : NULL,
                                                  .user = &hashes[i % 2] };
        int fds[2];
        struct leat_loop *loop = leat_sim_create(&options);
        check_status(leat_sim_socketpair(loop, fds), LEAT_OK);
        (void)drive_send(loop, fds[0], "abc", 3);
        drive_time(loop, 1000000);
        drive_close(loop, fds[0]);
        traces[i] = leat_sim_trace(loop);
        leat_loop_destroy(loop);
    }
    check(hashes[0] != 0);
    check_equal(hashes[0], hashes[1]);
    check_equal(traces[0], traces[1]);
    check_equal(traces[0], traces[2]);
}

/* --- What is cancelled ends --- */

enum { CANCEL_STEPS = 1000 };

static void test_cancel(uint64_t seed, unsigned step)
{
    static struct world world;
    check_says("step", step);
    world_begin(&world, seed, true);
    for (unsigned i = 0; i < step && leat_loop_step(world.loop, LEAT_NEVER) != LEAT_END; i++)
        continue;
    for (unsigned i = 0; i < world.peers_len; i++) {
        if (world.peers[i].socket.fd >= 0 && leat_sim_random(world.loop, 2) == 0)
            peer_fails(&world.peers[i]);
    }
    world_end(&world);
    check_forgets_after("seed");
}

/* A deadline is met, unless the operation is just done. */
static void test_deadline(uint64_t seed)
{
    int fds[2];
    struct leat_loop *loop = drive_sim(seed, true);
    uint64_t before_ns = leat_loop_clock(loop), after_ns = before_ns + 50000000;
    check_status(leat_sim_socketpair(loop, fds), LEAT_OK);
    struct leat_op receive = { .code = LEAT_OP_RECEIVE, .fd = fds[0], .deadline_ns = after_ns };
    struct leat_io io = drive_op(loop, &receive);
    check_status(io.status, LEAT_FAULT);
    check_equal(io.code, ETIMEDOUT);
    check(leat_loop_clock(loop) >= after_ns);
    struct leat_op wait = { .code = LEAT_OP_WAIT,
                            .fd = fds[0],
                            .wait = { LEAT_READY_READ },
                            .deadline_ns = leat_loop_clock(loop) + 1000 };
    check_status(drive_op(loop, &wait).status, LEAT_AGAIN);
    struct leat_op sleep = { .code = LEAT_OP_SLEEP,
                             .deadline_ns = leat_loop_clock(loop) + 3600000000000 };
    check_status(drive_op(loop, &sleep).status, LEAT_OK);
    check(leat_loop_clock(loop) > after_ns + 3600000000000);
    drive_close(loop, fds[0]);
    drive_close(loop, fds[1]);
    leat_loop_destroy(loop);
}

static void test_deadlock(uint64_t seed)
{
    int fds[2];
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_socketpair(loop, fds), LEAT_OK);
    struct driven receive = { .op = { .code = LEAT_OP_RECEIVE, .fd = fds[0] } };
    drive_start(loop, &receive);
    check(!receive.done);
    enum leat_status status;
    do
        status = leat_loop_step(loop, LEAT_NEVER);
    while (status == LEAT_OK || status == LEAT_AGAIN);
    check_status(status, LEAT_FAULT);
    check(leat_sim_deadlocked(loop));
    leat_loop_cancel(loop, &receive.op);
    struct leat_io io = drive_end(loop, &receive);
    check(io.status == LEAT_FAULT && io.code == ECANCELED);
    drive_close(loop, fds[0]);
    drive_close(loop, fds[1]);
    leat_loop_destroy(loop);
}

/* An operation that is cancelled ends as the seed says: so, or with what it had come to. */
static unsigned cancelled, carried_out;

static void test_cancel_one(uint64_t seed)
{
    uint8_t byte;
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_file_put(loop, "/f", "a", 1), LEAT_OK);
    int fd = drive_open(loop, "/f", O_RDONLY);
    struct driven read = {
        .op = { .code = LEAT_OP_READ, .fd = fd, .read = { &byte, 1, LEAT_OFFSET_NONE } }
    };
    drive_start(loop, &read);
    if (!read.done) {
        leat_loop_cancel(loop, &read.op);
        leat_loop_cancel(loop, &read.op); /* once more changes nothing */
        struct leat_io io = drive_end(loop, &read);
        bool is_cancelled = io.status == LEAT_FAULT && io.code == ECANCELED;
        check(is_cancelled || (io.status == LEAT_OK && byte == 'a'));
        cancelled += is_cancelled;
        carried_out += !is_cancelled;
        /* What was cancelled took nothing with it. */
        check_equal(drive_read(loop, fd, &byte, 1), is_cancelled ? 1 : 0);
    }
    drive_close(loop, fd);
    leat_loop_destroy(loop);
}

/* --- Time --- */

static unsigned fired;
static uint64_t fired_ns;

static void event_fires(struct sim *sim, struct sim_event *event)
{
    check(event->at_ns >= fired_ns && event->at_ns <= sim->now_ns);
    fired_ns = event->at_ns;
    fired++;
}

/* Events come in the order of their times, but for those that were taken back. */
static void test_events(uint64_t seed)
{
    static struct sim_event events[EVENTS];
    struct leat_loop *loop = drive_sim(seed, true);
    struct sim *sim = sim_of(loop);
    unsigned expected = 0;
    fired = 0;
    fired_ns = 0;
    for (unsigned i = 0; i < 4 * EVENTS; i++) {
        struct sim_event *event = &events[leat_sim_random(loop, EVENTS)];
        if (event->scheduled) {
            leat_sim_unschedule(sim, event);
            expected--;
        } else {
            event->fire = event_fires;
            leat_sim_schedule(sim, event, leat_sim_random(loop, 1000));
            expected++;
        }
    }
    drive_time(loop, 2000);
    check_equal(fired, expected);
    leat_loop_destroy(loop);
}

/* The clock jumps over a deadline, and a loop by its name is as calm as its kind says. */
static void test_clock(void)
{
    const struct leat_loop_options options = { .kind = "sim" };
    struct leat_loop_choice choice;
    struct leat_loop *loop = leat_loop_create(&options, &choice);
    check(loop != NULL && choice.refused == NULL);
    check_text(leat_loop_name(loop), "sim");
    struct driven sleep = { .op = { .code = LEAT_OP_SLEEP,
                                    .deadline_ns = leat_loop_clock(loop) + 1000000000 } };
    drive_start(loop, &sleep);
    leat_sim_jump(loop, 5000000000);
    check_status(leat_loop_step(loop, 0), LEAT_OK);
    check(leat_loop_now(loop) > 5000000000);
    check_status(drive_end(loop, &sleep).status, LEAT_OK);
    leat_loop_destroy(loop);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    for (uint64_t i = 0; i < SEEDS * options.rounds; i++) {
        uint64_t seed = options.seed + i;
        test_traces(seed);
        test_deadline(seed);
        test_deadlock(seed);
        test_cancel(seed, (unsigned)(i * 37 % CANCEL_STEPS));
        test_cancel_one(seed);
        test_events(seed);
        test_text(seed);
    }
    check(whole > broken && broken > SEEDS / 4);
    check(cancelled > carried_out && carried_out > 0);
    test_clock();
    return 0;
}
