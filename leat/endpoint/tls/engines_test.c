/* TLS over sockets by every engine: two threads that block, one that polls, and fibers of which
 * each end has one that reads and one that writes, shaking hands at the same time. Much is moved,
 * and what waits is cancelled. */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leat/endpoint/socket/connection.h"
#include "leat/endpoint/tls/certificates_test.h"
#include "leat/endpoint/tls/tls.h"
#include "leat/engine/polled.h"
#include "leat/fiber/fiber.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

enum { TEXT_LEN = 3000000, CHUNK_LEN = 70000, TURNS_MAX = 1 << 20 };

static struct identity authority, server_identity;
static struct leat_tls_context *client_context, *server_context;
static uint8_t text[TEXT_LEN];

/* One end: a session over a connection. */
struct end {
    struct memory memory;
    struct leat_ctx ctx;
    struct leat_connection *connection;
    struct leat_tls *tls;
    size_t said, heard;
    bool wrote, read; /* all of it */
};

static void end_open(struct end *end, int fd, bool is_client, struct leat_engine *engine)
{
    *end = (struct end){ 0 };
    memory_init(&end->memory);
    struct leat_ctx_options options = { .alloc = end->memory.alloc, .engine = engine };
    leat_ctx_init(&end->ctx, &options);
    end->connection = leat_connection_of(&end->ctx, fd, NULL, NULL);
    check(end->connection != NULL);
    end->tls = leat_tls_over(
        leat_connection_reader(end->connection), leat_connection_writer(end->connection),
        is_client ? client_context : server_context, is_client ? "leat.example" : NULL);
    check(end->tls != NULL);
}

static void end_close(struct end *end)
{
    leat_tls_close(end->tls);
    leat_connection_close(end->connection);
    leat_ctx_fini(&end->ctx);
    memory_fini(&end->memory);
}

static void sockets_make(int ret[2])
{
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) == 0);
}

/* --- One step of each direction --- */

static enum leat_status writes(struct end *end)
{
    struct leat_writer *w = leat_tls_writer(end->tls);
    size_t left = TEXT_LEN - end->said, done;
    if (left == 0)
        return leat_flush(w, LEAT_FLUSH_FINISH);
    enum leat_status status =
        leat_write(w, text + end->said, left < CHUNK_LEN ? left : CHUNK_LEN, &done);
    end->said += done;
    return status;
}

static enum leat_status reads(struct end *end)
{
    struct leat_span window;
    struct leat_reader *r = leat_tls_reader(end->tls);
    enum leat_status status = leat_peek(r, 1, &window);
    check(window.len <= TEXT_LEN - end->heard);
    check(memcmp(window.data, text + end->heard, window.len) == 0);
    end->heard += window.len;
    leat_consume(r, window.len);
    return status;
}

static void writes_all(struct end *end)
{
    while (end->said < TEXT_LEN)
        check_status(writes(end), LEAT_OK);
    check_status(writes(end), LEAT_OK);
    end->wrote = true;
}

static void reads_all(struct end *end)
{
    enum leat_status status;
    while ((status = reads(end)) == LEAT_OK)
        continue;
    check_status(status, LEAT_END);
    check_equal(end->heard, TEXT_LEN);
    end->read = true;
}

/* --- Threads that block --- */

static void *answers(void *arg)
{
    struct end end;
    end_open(&end, *(int *)arg, false, &leat_engine_blocking);
    reads_all(&end);
    writes_all(&end);
    end_close(&end);
    return NULL;
}

static void test_blocking(void)
{
    int fds[2];
    pthread_t thread;
    struct end end;
    sockets_make(fds);
    check(pthread_create(&thread, NULL, answers, &fds[1]) == 0);
    end_open(&end, fds[0], true, &leat_engine_blocking);
    writes_all(&end);
    reads_all(&end);
    check(pthread_join(thread, NULL) == 0);
    end_close(&end);
}

/* --- One thread that polls --- */

static void hear(struct leat_wake *wake)
{
    (void)wake;
}

static struct leat_wake wakes[4] = { { hear }, { hear }, { hear }, { hear } };

/* A step of each direction that is not over. False: both wait, and are armed. */
static bool end_writes(struct end *end, struct leat_wake *wake)
{
    if (end->wrote)
        return false;
    bool is_last = end->said == TEXT_LEN;
    enum leat_status status = writes(end);
    if (status == LEAT_FULL) {
        check_status(leat_writer_arm(leat_tls_writer(end->tls), wake), LEAT_OK);
        return false;
    }
    check_status(status, LEAT_OK);
    end->wrote = is_last;
    return true;
}

static bool end_reads(struct end *end, struct leat_wake *wake)
{
    if (end->read)
        return false;
    enum leat_status status = reads(end);
    if (status == LEAT_AGAIN) {
        check_status(leat_arm(leat_tls_reader(end->tls), wake), LEAT_OK);
        return false;
    }
    check(status == LEAT_OK || status == LEAT_END);
    end->read = status == LEAT_END;
    return true;
}

static void test_polled(void)
{
    struct leat_polled polled;
    struct end ends[2];
    int fds[2];
    leat_polled_init(&polled);
    sockets_make(fds);
    for (int i = 0; i < 2; i++)
        end_open(&ends[i], fds[i], i == 0, &polled.engine);
    for (unsigned turn = 0; turn < TURNS_MAX; turn++) {
        bool gets_on = false;
        for (int i = 0; i < 2; i++) {
            gets_on |= end_writes(&ends[i], &wakes[2 * i]);
            gets_on |= end_reads(&ends[i], &wakes[2 * i + 1]);
        }
        if (ends[0].wrote && ends[0].read && ends[1].wrote && ends[1].read)
            break;
        if (!gets_on)
            check_status(leat_polled_turn(&polled, LEAT_TIMEOUT_NONE), LEAT_OK);
    }
    for (int i = 0; i < 2; i++) {
        check(ends[i].wrote && ends[i].read);
        check_equal(ends[i].heard, TEXT_LEN);
        end_close(&ends[i]);
    }
    check_equal(polled.armed_len, 0);
}

/* --- Fibers --- */

static struct leat_fibers *fibers;

static void fiber_writes(void *arg)
{
    writes_all(arg);
}

static void fiber_reads(void *arg)
{
    reads_all(arg);
}

static void both_ways(void *arg)
{
    struct end ends[2];
    struct leat_scope scope;
    int fds[2];
    bool reads_first = arg != NULL;
    sockets_make(fds);
    leat_scope_open(&scope, fibers);
    for (int i = 0; i < 2; i++) {
        end_open(&ends[i], fds[i], i == 0, leat_fibers_engine(fibers));
        check(leat_scope_spawn(&scope, reads_first ? fiber_reads : fiber_writes, &ends[i]) ==
              LEAT_OK);
        check(leat_scope_spawn(&scope, reads_first ? fiber_writes : fiber_reads, &ends[i]) ==
              LEAT_OK);
    }
    leat_scope_close(&scope);
    for (int i = 0; i < 2; i++) {
        check(ends[i].wrote && ends[i].read);
        end_close(&ends[i]);
    }
}

static void reads_in_vain(void *arg)
{
    struct end *end = arg;
    struct leat_span window;
    check_status(leat_peek(leat_tls_reader(end->tls), 1, &window), LEAT_FAULT);
    check(leat_reader_fault(leat_tls_reader(end->tls))->code == LEAT_FAULT_CANCELLED);
    end->read = true;
}

static void writes_in_vain(void *arg)
{
    struct end *end = arg;
    enum leat_status status;
    while ((status = writes(end)) == LEAT_OK)
        continue;
    check_status(status, LEAT_FAULT);
    check(leat_writer_fault(leat_tls_writer(end->tls))->code == LEAT_FAULT_CANCELLED);
    end->wrote = true;
}

/* Nobody answers: one fiber waits in the transport, the other for the first. */
static void cancelled(void *arg)
{
    struct end end;
    struct leat_scope scope;
    int fds[2];
    (void)arg;
    sockets_make(fds);
    end_open(&end, fds[0], true, leat_fibers_engine(fibers));
    leat_scope_open(&scope, fibers);
    check(leat_scope_spawn(&scope, reads_in_vain, &end) == LEAT_OK);
    check(leat_scope_spawn(&scope, writes_in_vain, &end) == LEAT_OK);
    check(leat_fiber_sleep(fibers, 5000000) == LEAT_OK);
    check(!end.wrote && !end.read);
    leat_scope_cancel(&scope);
    leat_scope_close(&scope);
    check(end.wrote && end.read);
    end_close(&end);
    close(fds[1]);
}

/* Until it is cancelled, wherever that finds it. */
static void writes_until(void *arg)
{
    struct end *end = arg;
    enum leat_status status;
    while ((status = writes(end)) == LEAT_OK && end->said < TEXT_LEN)
        continue;
    if (status == LEAT_FAULT)
        check(leat_writer_fault(leat_tls_writer(end->tls))->code == LEAT_FAULT_CANCELLED);
}

static void reads_until(void *arg)
{
    struct end *end = arg;
    enum leat_status status;
    while ((status = reads(end)) == LEAT_OK)
        continue;
    check_status(status, LEAT_FAULT);
    check(leat_reader_fault(leat_tls_reader(end->tls))->code == LEAT_FAULT_CANCELLED);
}

static void cancelled_after(unsigned steps)
{
    struct end ends[2];
    struct leat_scope scope;
    int fds[2];
    sockets_make(fds);
    leat_scope_open(&scope, fibers);
    for (int i = 0; i < 2; i++) {
        end_open(&ends[i], fds[i], i == 0, leat_fibers_engine(fibers));
        check(leat_scope_spawn(&scope, writes_until, &ends[i]) == LEAT_OK);
        check(leat_scope_spawn(&scope, reads_until, &ends[i]) == LEAT_OK);
    }
    for (unsigned step = 0; step < steps; step++)
        check(leat_fiber_yield(fibers) == LEAT_OK);
    leat_scope_cancel(&scope);
    leat_scope_close(&scope);
    for (int i = 0; i < 2; i++)
        end_close(&ends[i]);
}

static void cancelled_at_each_step(void *arg)
{
    (void)arg;
    for (unsigned steps = 0; steps < 60; steps++) {
        check_says("steps", steps);
        cancelled_after(steps);
    }
    check_forgets_after("test");
}

static void test_fibers(void)
{
    char yes;
    check(leat_fibers_run(fibers, both_ways, NULL) == LEAT_OK);
    check(leat_fibers_run(fibers, both_ways, &yes) == LEAT_OK);
    check(leat_fibers_run(fibers, cancelled, NULL) == LEAT_OK);
    check(leat_fibers_run(fibers, cancelled_at_each_step, NULL) == LEAT_OK);
    check(leat_fibers_high_water(fibers) < 40000);
}

static void with_loop(const char *kind)
{
    struct leat_loop_options options = { .kind = kind };
    struct leat_loop *loop = leat_loop_create(&options, NULL);
    if (loop == NULL)
        return;
    check_says_text("loop", kind);
    fibers = leat_fibers_create(loop, NULL);
    check_run(test_fibers);
    leat_fibers_destroy(fibers);
    leat_loop_destroy(loop);
}

static void contexts_make(enum leat_tls_version version)
{
    struct leat_fault fault;
    struct leat_tls_options of_client = { .authorities = identity_certificate(&authority),
                                          .version_min = version };
    struct leat_tls_options of_server = { .role = LEAT_TLS_SERVER,
                                          .certificate = identity_certificate(&server_identity),
                                          .key = identity_key(&server_identity) };
    client_context = leat_tls_context_create(&of_client, &fault);
    server_context = leat_tls_context_create(&of_server, &fault);
    check(client_context != NULL && server_context != NULL);
}

int main(void)
{
    struct random random = { 1 };
    for (size_t i = 0; i < TEXT_LEN; i++)
        text[i] = (uint8_t)random_next(&random);
    identity_authority(&authority, "authority");
    identity_signed(&server_identity, &authority, "server", "DNS:leat.example", -60, 3600);
    contexts_make(LEAT_TLS_1_3);
    check_run(test_blocking);
    check_run(test_polled);
    for (unsigned i = 0; leat_loop_kinds[i] != NULL; i++) {
        if (!leat_loop_kinds[i]->only_by_name)
            with_loop(leat_loop_kinds[i]->name);
    }
    leat_tls_context_destroy(client_context);
    leat_tls_context_destroy(server_context);
    identity_fini(&authority);
    identity_fini(&server_identity);
    return 0;
}
