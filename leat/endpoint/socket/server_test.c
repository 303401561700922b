/* A server and its clients on one loop, of every kind: answers are right, whatever comes how; the
 * idle, the silent, the half-closed and those who reset are dealt with; stopping ends everything.
 */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "leat/core/copy.h"
#include "leat/endpoint/socket/server.h"
#include "tests/support/over.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

enum { CLIENTS = 200, ROUNDS = 20, MESSAGE_MAX = 40000 };

#define MS_NS ((uint64_t)1000000)

static struct leat_fibers *fibers;
static struct leat_ctx ctx;
static struct leat_listener listener;
static struct leat_server *server;
static uint64_t seed;
static unsigned clients_left;

/* --- The server's side --- */

/* What came goes back, by reference. */
static enum leat_served echo(struct leat_connection *connection, void *user)
{
    struct leat_reader *r = leat_connection_reader(connection);
    struct leat_writer *w = leat_connection_writer(connection);
    struct leat_span span;
    (void)user;
    enum leat_status status = leat_peek(r, 1, &span);
    if (status == LEAT_END)
        check(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    if (status != LEAT_OK)
        return LEAT_SERVED_CLOSE;
    struct leat_slice slice;
    if (leat_take(r, span.len, &slice) != LEAT_OK)
        return LEAT_SERVED_CLOSE;
    status = leat_give(w, &slice);
    leat_slice_release(&slice);
    return status == LEAT_OK && leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_OK ? LEAT_SERVED_KEEP
                                                                          : LEAT_SERVED_CLOSE;
}

static void serves(void *arg)
{
    (void)arg;
    check(leat_server_run(server) == LEAT_OK);
}

/* Run `clients` beside a server with `options`, and stop that when they have ended. */
static void with_server(const struct leat_server_options *options, void (*clients)(void))
{
    struct leat_scope scope;
    struct leat_address address;
    check(leat_address_parse("127.0.0.1:0", &address) == LEAT_OK);
    check(leat_listener_open(&listener, &ctx, &address, NULL) == LEAT_OK);
    check(leat_address_port(&listener.address) != 0);
    server = leat_server_create(fibers, &listener, options);
    leat_scope_open(&scope, fibers);
    check(leat_scope_spawn(&scope, serves, NULL) == LEAT_OK);
    clients();
    leat_server_stop(server, 1000 * MS_NS);
    leat_scope_close(&scope);
    check_equal(leat_server_counts(server).open, 0);
    check_equal(leat_server_counts(server).busy, 0);
    leat_server_destroy(server);
    leat_listener_close(&listener);
}

/* --- The clients' --- */

static uint8_t byte_at(unsigned client, size_t at)
{
    return (uint8_t)(client * 31 + at + (at >> 8));
}

static void expect(struct leat_reader *r, unsigned client, size_t from, size_t len)
{
    for (size_t at = 0; at < len;) {
        struct leat_span span;
        check_status(leat_peek(r, 1, &span), LEAT_OK);
        size_t some = span.len < len - at ? span.len : len - at;
        for (size_t i = 0; i < some; i++)
            check_equal(span.data[i], byte_at(client, from + at + i));
        leat_consume(r, some);
        at += some;
    }
}

static void client_talks(void *arg)
{
    unsigned client = (unsigned)(uintptr_t)arg;
    struct random dice = { seed * CLIENTS + client };
    struct leat_connection *connection = leat_connection_to(&ctx, &listener.address, NULL);
    struct leat_writer *w = leat_connection_writer(connection);
    uint8_t *message = malloc(MESSAGE_MAX);
    size_t offset = 0, done;
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t len = random_len(&dice, MESSAGE_MAX);
        for (size_t i = 0; i < len; i++)
            message[i] = byte_at(client, offset + i);
        check_status(leat_write(w, message, len, &done), LEAT_OK);
        check_status(leat_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
        expect(leat_connection_reader(connection), client, offset, len);
        offset += len;
        if (random_percent(&dice, 10))
            check_status(leat_fiber_sleep(fibers, random_below(&dice, 2 * MS_NS)), LEAT_OK);
    }
    if (random_percent(&dice, 50)) { /* half-close, and the other end does the same */
        struct leat_span span;
        check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
        check_status(leat_peek(leat_connection_reader(connection), 1, &span), LEAT_END);
    }
    leat_connection_close(connection);
    free(message);
    clients_left--;
}

static void many_talk(void)
{
    struct leat_scope scope;
    leat_scope_open(&scope, fibers);
    clients_left = CLIENTS;
    for (uintptr_t i = 0; i < CLIENTS; i++)
        check_status(leat_scope_spawn(&scope, client_talks, (void *)i), LEAT_OK);
    leat_scope_close(&scope);
    check_equal(clients_left, 0);
}

static void test_echo(void)
{
    with_server(&(struct leat_server_options){ .handle = echo }, many_talk);
}

/* Those beyond the bound are served when there is room. */
static void test_few_at_once(void)
{
    with_server(&(struct leat_server_options){ .handle = echo, .connections_max = 7 }, many_talk);
}

/* One that says nothing is closed. */
static void one_is_silent(void)
{
    struct leat_span span;
    struct leat_connection *connection = leat_connection_to(&ctx, &listener.address, NULL);
    struct leat_room room;
    check_status(leat_reserve(leat_connection_writer(connection), 1, &room), LEAT_OK);
    check_status(leat_peek(leat_connection_reader(connection), 1, &span), LEAT_END);
    leat_connection_close(connection);
    check_equal(leat_server_counts(server).timed_out, 1);
}

static void test_idle_timeout(void)
{
    with_server(&(struct leat_server_options){ .handle = echo, .idle_timeout_ns = 20 * MS_NS },
                one_is_silent);
}

/* One that does not read is given up, and one that resets is no trouble. */
static void some_are_rude(void)
{
    enum { RUDE = 30 };
    struct leat_connection *rude[RUDE];
    size_t done;
    for (unsigned i = 0; i < RUDE; i++) {
        rude[i] = leat_connection_to(&ctx, &listener.address, NULL);
        check_status(leat_write(leat_connection_writer(rude[i]), "hello", 5, &done), LEAT_OK);
        check_status(leat_flush(leat_connection_writer(rude[i]), LEAT_FLUSH_PUSH), LEAT_OK);
    }
    check_status(leat_fiber_sleep(fibers, MS_NS), LEAT_OK);
    /* Closed with bytes unread: a reset. */
    for (unsigned i = 0; i < RUDE; i++)
        leat_connection_close(rude[i]);
    many_talk();
}

static void test_rude(void)
{
    with_server(&(struct leat_server_options){ .handle = echo }, some_are_rude);
}

/* A time limit on receiving, and one on connecting where nobody answers. */
static void limits_pass(void)
{
    struct leat_span span;
    struct leat_connection_options options = { .receive_timeout_ns = 10 * MS_NS };
    struct leat_connection *connection = leat_connection_to(&ctx, &listener.address, &options);
    check_status(leat_peek(leat_connection_reader(connection), 1, &span), LEAT_FAULT);
    check_equal(leat_reader_fault(leat_connection_reader(connection))->system_code, ETIMEDOUT);
    leat_connection_close(connection);
}

static void test_time_limits(void)
{
    with_server(&(struct leat_server_options){ .handle = echo }, limits_pass);
}

/* Who connects to nobody is told so, at both ends of it. */
static void test_refused(void)
{
    struct leat_address address;
    struct leat_span span;
    struct leat_room room;
    check(leat_address_parse("127.0.0.1:0", &address) == LEAT_OK);
    check(leat_listener_open(&listener, &ctx, &address, NULL) == LEAT_OK);
    address = listener.address;
    leat_listener_close(&listener);
    struct leat_connection *connection = leat_connection_to(&ctx, &address, NULL);
    check_status(leat_peek(leat_connection_reader(connection), 1, &span), LEAT_FAULT);
    check_equal(leat_reader_fault(leat_connection_reader(connection))->system_code, ECONNREFUSED);
    check_status(leat_reserve(leat_connection_writer(connection), 1, &room), LEAT_FAULT);
    check_equal(leat_writer_fault(leat_connection_writer(connection))->system_code, ECONNREFUSED);
    leat_connection_close(connection);
}

/* Stopped while handlers wait for what never comes: they are cancelled when the grace is over. */
static enum leat_served waits(struct leat_connection *connection, void *user)
{
    struct leat_span span;
    (void)user;
    check_status(leat_peek(leat_connection_reader(connection), 100, &span), LEAT_FAULT);
    check_equal(span.len, 5);
    return LEAT_SERVED_KEEP;
}

static struct leat_connection *left_open[3];

static void some_stay(void)
{
    size_t done;
    for (unsigned i = 0; i < 3; i++) {
        left_open[i] = leat_connection_to(&ctx, &listener.address, NULL);
        struct leat_writer *w = leat_connection_writer(left_open[i]);
        check_status(leat_write(w, "hello", 5, &done), LEAT_OK);
        check_status(leat_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
    }
    check_status(leat_fiber_sleep(fibers, 5 * MS_NS), LEAT_OK);
    check_equal(leat_server_counts(server).busy, 3);
    leat_server_stop(server, 10 * MS_NS);
}

static void test_stop(void)
{
    struct leat_server_options options = { .handle = waits };
    struct leat_scope scope;
    struct leat_address address;
    check(leat_address_parse("127.0.0.1:0", &address) == LEAT_OK);
    check(leat_listener_open(&listener, &ctx, &address, NULL) == LEAT_OK);
    server = leat_server_create(fibers, &listener, &options);
    leat_scope_open(&scope, fibers);
    check(leat_scope_spawn(&scope, serves, NULL) == LEAT_OK);
    some_stay();
    leat_scope_close(&scope);
    for (unsigned i = 0; i < 3; i++)
        leat_connection_close(left_open[i]);
    leat_server_destroy(server);
    leat_listener_close(&listener);
}

static void all(void *arg)
{
    (void)arg;
    check_run(test_echo);
    check_run(test_few_at_once);
    check_run(test_idle_timeout);
    check_run(test_rude);
    check_run(test_time_limits);
    check_run(test_refused);
    check_run(test_stop);
}

static struct over over;

static void test_all(void)
{
    fibers = over.fibers;
    struct leat_ctx_options waits = leat_fibers_ctx(fibers);
    leat_ctx_init(&ctx, &waits);
    over_run(&over, all, NULL);
    leat_ctx_fini(&ctx);
}

int main(int argc, char **argv)
{
    seed = check_begin(argc, argv).seed;
    return over_kinds(&over, test_all);
}
