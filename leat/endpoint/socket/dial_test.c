/* Connecting to the first of several addresses that answers: good ones, those that refuse, those
 * that say nothing, in every order; what loses leaves nothing behind. On every kind of loop. */

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leat/endpoint/socket/dial.h"
#include "leat/endpoint/socket/listener.h"
#include "tests/support/over.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"

#define MS ((uint64_t)1000000)
enum { SILENT_FILL_MAX = 8 };

static struct memory memory;
static struct leat_ctx ctx;
static struct leat_fibers *fibers;

/* Where nobody listens, where somebody does, and where the backlog is full, so that no answer
 * comes. */
static struct leat_listener good, good_six;
static struct leat_address refusing, silent;
static int silent_fd, filling[SILENT_FILL_MAX];

static struct leat_address parsed(const char *text)
{
    struct leat_address address;
    check(leat_address_parse(text, &address) == LEAT_OK);
    return address;
}

static struct leat_address bound(int fd)
{
    struct leat_address address = { .len = sizeof(address.in) };
    check(getsockname(fd, &address.any, &address.len) == 0);
    return address;
}

static void silent_open(void)
{
    struct leat_address any = parsed("127.0.0.1:0");
    silent_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(silent_fd, &any.any, any.len) == 0 && listen(silent_fd, 0) == 0);
    silent = bound(silent_fd);
    for (int i = 0; i < SILENT_FILL_MAX; i++) {
        filling[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)!connect(filling[i], &silent.any, silent.len);
    }
}

static void silent_close(void)
{
    for (int i = 0; i < SILENT_FILL_MAX; i++)
        close(filling[i]);
    close(silent_fd);
}

static void refusing_find(void)
{
    struct leat_listener gone;
    struct leat_address any = parsed("127.0.0.1:0");
    check_status(leat_listener_open(&gone, &ctx, &any, NULL), LEAT_OK);
    refusing = gone.address;
    leat_listener_close(&gone);
}

/* How many descriptors this process has. */
static unsigned descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 200; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

struct tried {
    enum leat_status status;
    struct leat_fault fault;
    unsigned port; /* of whoever answered */
    uint64_t took_ns;
};

static struct tried dial(const struct leat_address *addresses, unsigned len, uint64_t head_start_ns)
{
    struct leat_dial_options options = { .head_start_ns = head_start_ns };
    struct leat_connection *connection = NULL;
    struct tried tried = { 0 };
    unsigned before = descriptors();
    uint64_t begun_ns = leat_loop_clock(leat_fibers_loop(fibers));
    tried.status =
        leat_connection_dial_any(&ctx, fibers, addresses, len, &options, &connection, &tried.fault);
    tried.took_ns = leat_loop_clock(leat_fibers_loop(fibers)) - begun_ns;
    if (tried.status == LEAT_OK) {
        size_t done;
        tried.port = leat_address_port(leat_connection_peer(connection));
        check_equal(descriptors(), before + 1);
        struct leat_writer *w = leat_connection_writer(connection);
        check_status(leat_write(w, "x", 1, &done), LEAT_OK);
        check_status(leat_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
    }
    leat_connection_close(connection);
    check_equal(descriptors(), before);
    return tried;
}

/* --- Cases --- */

static void test_first_is_good(void)
{
    struct leat_address both[] = { good.address, good_six.address };
    struct tried tried = dial(both, 2, 10000 * MS);
    check_status(tried.status, LEAT_OK);
    check_equal(tried.port, leat_address_port(&good.address));
}

/* A refusal gives way at once, however long the head start is. */
static void test_refused(void)
{
    struct leat_address all[] = { refusing, refusing, good.address };
    struct tried tried = dial(all, 3, 10000 * MS);
    check_status(tried.status, LEAT_OK);
    check_equal(tried.port, leat_address_port(&good.address));
    check(tried.took_ns < 5000 * MS);
}

/* One that says nothing costs its head start, and not more. */
static void test_silent(void)
{
    struct leat_address all[] = { silent, good.address };
    struct tried tried = dial(all, 2, 20 * MS);
    check_status(tried.status, LEAT_OK);
    check_equal(tried.port, leat_address_port(&good.address));
    check(tried.took_ns >= 20 * MS);
}

/* Families take turns: the one of IPv6 is second, though it comes last. */
static void test_families(void)
{
    struct leat_address all[] = { silent, silent, silent, good_six.address };
    struct tried tried = dial(all, 4, 200 * MS);
    check_status(tried.status, LEAT_OK);
    check_equal(tried.port, leat_address_port(&good_six.address));
    check(tried.took_ns < 500 * MS); /* and not the three head starts of the last place */
}

/* All fail: the first failure is told. */
static void test_none(void)
{
    struct leat_address all[] = { refusing, parsed("127.0.0.1:0"), refusing };
    struct tried tried = dial(all, 3, 10000 * MS);
    check_status(tried.status, LEAT_FAULT);
    check_equal(tried.fault.system_code, ECONNREFUSED);
    check_text(tried.fault.part, "dial");
}

static void test_deadline(void)
{
    struct leat_address all[] = { silent, silent };
    struct leat_scope scope;
    leat_scope_open(&scope, fibers);
    leat_scope_deadline(&scope, leat_loop_clock(leat_fibers_loop(fibers)) + 20 * MS);
    struct tried tried = dial(all, 2, 5 * MS);
    leat_scope_close(&scope);
    check_status(tried.status, LEAT_FAULT);
    check_equal(tried.fault.system_code, ETIMEDOUT);
}

static void cancel_soon(void *arg)
{
    check(leat_fiber_sleep(fibers, 5 * MS) == LEAT_OK);
    leat_scope_cancel(arg);
}

static void test_cancel(void)
{
    struct leat_address all[] = { silent, silent };
    struct leat_scope outer, scope;
    leat_scope_open(&outer, fibers);
    leat_scope_open(&scope, fibers);
    check(leat_scope_spawn(&outer, cancel_soon, &scope) == LEAT_OK);
    struct tried tried = dial(all, 2, 1000 * MS);
    check_status(tried.status, LEAT_FAULT);
    check(tried.fault.code == LEAT_FAULT_CANCELLED);
    /* And so does one that begins after it. */
    tried = dial(&good.address, 1, 0);
    check(tried.fault.code == LEAT_FAULT_CANCELLED);
    leat_scope_close(&scope);
    leat_scope_close(&outer);
}

static void test_by_text(void)
{
    struct leat_connection *connection = NULL;
    struct leat_fault fault = { 0 };
    unsigned port = leat_address_port(&good.address);
    check_status(leat_connection_dial(&ctx, fibers, "127.0.0.1", port, NULL, &connection, &fault),
                 LEAT_OK);
    leat_connection_close(connection);
    port = leat_address_port(&refusing);
    check_status(leat_connection_dial(&ctx, fibers, "127.0.0.1", port, NULL, &connection, &fault),
                 LEAT_FAULT);
    check_text(fault.name, "127.0.0.1");
}

/* The n-th allocation fails, for every n: a connection even so, or a fault, and nothing is lost. */
static void test_memory(void)
{
    struct leat_address all[] = { refusing, good.address };
    for (uint64_t n = 1; n < 20; n++) {
        check_says("allocation", n);
        memory.fail_at = memory.calls + n;
        struct leat_connection *connection = NULL;
        struct leat_fault fault = { 0 };
        enum leat_status status =
            leat_connection_dial_any(&ctx, fibers, all, 2, NULL, &connection, &fault);
        memory.fail_at = 0;
        check(status == LEAT_OK || fault.code == LEAT_FAULT_MEMORY ||
              fault.system_code == ECONNREFUSED);
        leat_connection_close(connection);
    }
    check_forgets_after("test");
}

static void run(void *unused)
{
    struct leat_address any = parsed("127.0.0.1:0"), any_six = parsed("[::1]:0");
    (void)unused;
    check_status(leat_listener_open(&good, &ctx, &any, NULL), LEAT_OK);
    check_status(leat_listener_open(&good_six, &ctx, &any_six, NULL), LEAT_OK);
    refusing_find();
    silent_open();
    check_run(test_first_is_good);
    check_run(test_refused);
    check_run(test_silent);
    check_run(test_families);
    check_run(test_none);
    check_run(test_deadline);
    check_run(test_cancel);
    check_run(test_by_text);
    check_run(test_memory);
    silent_close();
    leat_listener_close(&good);
    leat_listener_close(&good_six);
}

static struct over over;

static void test_all(void)
{
    fibers = over.fibers;
    memory_init(&memory);
    struct leat_ctx_options in = { .alloc = memory.alloc, .engine = leat_fibers_engine(fibers) };
    leat_ctx_init(&ctx, &in);
    over_run(&over, run, NULL);
    leat_ctx_fini(&ctx);
    memory_fini(&memory);
}

int main(void)
{
    return over_kinds(&over, test_all);
}
