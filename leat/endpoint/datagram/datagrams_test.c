/* Datagrams between sockets of this machine, by every engine: whole, cut, empty, too long, refused,
 * in time and not, and cancelled while they are waited for. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leat/endpoint/datagram/datagrams.h"
#include "leat/engine/polled.h"
#include "leat/fiber/fiber.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"

enum { LONG_LEN = 60000, SHORT_LEN = 100 };
#define MS ((uint64_t)1000000)

static struct memory memory;
static struct leat_ctx ctx;
static struct leat_polled polled;
static bool is_polled;

static struct leat_address address_of(const char *text)
{
    struct leat_address address;
    check(leat_address_parse(text, &address) == LEAT_OK);
    return address;
}

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ (const uint8_t *)text, strlen(text) };
}

static void open_at(struct leat_datagrams *self, const char *at, size_t len_max)
{
    struct leat_address address = address_of(at);
    struct leat_datagrams_options options = { .receive_timeout_ns = 5 * MS, .len_max = len_max };
    check_status(leat_datagrams_open(self, &ctx, &address, NULL, &options), LEAT_OK);
}

struct heard {
    struct leat_wake wake;
    bool fired;
};

static void hear(struct leat_wake *wake)
{
    ((struct heard *)(void *)wake)->fired = true;
}

static enum leat_status receive(struct leat_datagrams *self, struct leat_datagram *ret)
{
    enum leat_status status = leat_datagrams_receive(self, ret);
    if (status != LEAT_AGAIN)
        return status;
    check(is_polled);
    struct heard heard = { { hear }, false };
    check_status(leat_datagrams_arm(self, LEAT_READY_READ, &heard.wake), LEAT_OK);
    check_status(leat_polled_turn(&polled, LEAT_TIMEOUT_NONE), LEAT_OK);
    check(heard.fired);
    return leat_datagrams_receive(self, ret);
}

/* --- What every engine does --- */

static void exchange(const char *at)
{
    struct leat_datagrams a, b;
    struct leat_datagram got;
    char text[SHORT_LEN];
    open_at(&a, at, 0);
    check(leat_address_port(&a.address) != 0);
    check_status(leat_datagrams_open(&b, &ctx, NULL, &a.address, NULL), LEAT_OK);
    check_status(leat_datagrams_send(&b, span_of("how are you"), NULL), LEAT_OK);
    check_status(leat_datagrams_send(&b, span_of(""), NULL), LEAT_OK);
    check_status(receive(&a, &got), LEAT_OK);
    check_bytes(got.slice.data, got.slice.len, "how are you", 11);
    check(!got.cut);
    leat_address_format(&b.address, text, sizeof(text));
    char from[SHORT_LEN];
    leat_address_format(&got.from, from, sizeof(from));
    check_text(from, text);
    leat_slice_release(&got.slice);
    struct leat_address back = got.from;
    check_status(receive(&a, &got), LEAT_OK);
    check_equal(got.slice.len, 0);
    leat_slice_release(&got.slice);
    check_status(leat_datagrams_send(&a, span_of("well"), &back), LEAT_OK);
    check_status(receive(&b, &got), LEAT_OK);
    check_bytes(got.slice.data, got.slice.len, "well", 4);
    leat_slice_release(&got.slice);
    leat_datagrams_close(&b);
    leat_datagrams_close(&a);
    leat_datagrams_close(&a);
}

static void exchanges(void)
{
    exchange("127.0.0.1:0");
    exchange("[::1]:0");
}

static void lengths(void)
{
    struct leat_datagrams a, b;
    struct leat_datagram got;
    uint8_t *many = memory_get(2 * (size_t)LONG_LEN);
    for (size_t i = 0; i < 2 * (size_t)LONG_LEN; i++)
        many[i] = (uint8_t)(i * 7);
    open_at(&a, "127.0.0.1:0", 0);
    open_at(&b, "127.0.0.1:0", SHORT_LEN);
    struct leat_span all = { many, LONG_LEN };
    check_status(leat_datagrams_send(&a, all, &b.address), LEAT_OK);
    check_status(leat_datagrams_send(&b, all, &a.address), LEAT_OK);
    check_status(receive(&a, &got), LEAT_OK);
    check_bytes(got.slice.data, got.slice.len, many, LONG_LEN);
    check(!got.cut);
    leat_slice_release(&got.slice);
    check_status(receive(&b, &got), LEAT_OK);
    check_bytes(got.slice.data, got.slice.len, many, SHORT_LEN);
    check(got.cut);
    leat_slice_release(&got.slice);
    /* One that is too long is not sent at all, and the next is. */
    struct leat_span too_long = { many, 2 * (size_t)LONG_LEN };
    check_status(leat_datagrams_send(&a, too_long, &b.address), LEAT_FAULT);
    check_equal(a.fault.system_code, EMSGSIZE);
    check_status(leat_datagrams_send(&a, span_of("next"), &b.address), LEAT_OK);
    check_status(receive(&b, &got), LEAT_OK);
    check_bytes(got.slice.data, got.slice.len, "next", 4);
    leat_slice_release(&got.slice);
    leat_datagrams_close(&a);
    leat_datagrams_close(&b);
    memory_put(many);
}

/* Whom nobody hears is told so, where he is connected, and may go on. */
static void refusals(void)
{
    struct leat_datagrams gone, b;
    struct leat_datagram got;
    open_at(&gone, "127.0.0.1:0", 0);
    struct leat_address to = gone.address;
    struct leat_datagrams second;
    check_status(leat_datagrams_open(&second, &ctx, &to, NULL, NULL), LEAT_FAULT);
    check_equal(second.fault.system_code, EADDRINUSE);
    leat_datagrams_close(&gone);
    check_status(leat_datagrams_open(&b, &ctx, NULL, &to, NULL), LEAT_OK);
    check_status(leat_datagrams_send(&b, span_of("anybody?"), NULL), LEAT_OK);
    check_status(receive(&b, &got), LEAT_FAULT);
    check_equal(b.fault.system_code, ECONNREFUSED);
    check_text(b.fault.reason, "Connection refused");
    check_status(leat_datagrams_send(&b, span_of("anybody?"), NULL), LEAT_OK);
    leat_datagrams_close(&b);
}

static void paths(void)
{
    char folder[] = "/tmp/leat-datagrams-XXXXXX", text[SHORT_LEN] = "unix:";
    struct leat_datagrams a, b;
    struct leat_datagram got;
    check(mkdtemp(folder) != NULL);
    strcat(strcat(text, folder), "/a");
    open_at(&a, text, 0);
    check_status(leat_datagrams_open(&b, &ctx, NULL, &a.address, NULL), LEAT_OK);
    check_status(leat_datagrams_send(&b, span_of("x"), NULL), LEAT_OK);
    check_status(receive(&a, &got), LEAT_OK);
    check_bytes(got.slice.data, got.slice.len, "x", 1);
    leat_slice_release(&got.slice);
    leat_datagrams_close(&b);
    leat_datagrams_close(&a);
    check(rmdir(folder) == 0);
}

/* Nothing comes: AGAIN where nobody waits, and else a fault when the time is over. */
static void silence(void)
{
    struct leat_datagrams a;
    struct leat_datagram got;
    open_at(&a, "127.0.0.1:0", 0);
    enum leat_status status = leat_datagrams_receive(&a, &got);
    check_status(status, is_polled ? LEAT_AGAIN : LEAT_FAULT);
    if (!is_polled)
        check_equal(a.fault.system_code, ETIMEDOUT);
    struct heard heard = { { hear }, false };
    check_status(leat_datagrams_arm(&a, LEAT_READY_READ, &heard.wake),
                 is_polled ? LEAT_OK : LEAT_UNSUPPORTED);
    leat_datagrams_close(&a);
    check_equal(polled.armed_len, 0);
}

/* Each allocation fails. */
static void memory_is_short(void)
{
    struct leat_datagrams a;
    struct leat_datagram got;
    open_at(&a, "127.0.0.1:0", LONG_LEN / 2);
    memory.fail_at = memory.calls + 1;
    check_status(leat_datagrams_send(&a, span_of("x"), &a.address), LEAT_OK);
    check_status(receive(&a, &got), LEAT_FAULT);
    check(a.fault.code == LEAT_FAULT_MEMORY);
    check_status(receive(&a, &got), LEAT_OK);
    leat_slice_release(&got.slice);
    leat_datagrams_close(&a);
}

static void every(void *unused)
{
    (void)unused;
    check_run(exchanges);
    check_run(lengths);
    check_run(refusals);
    check_run(paths);
    check_run(silence);
    check_run(memory_is_short);
}

static void with_engine(struct leat_engine *engine, struct leat_fibers *fibers)
{
    memory_init(&memory);
    struct leat_ctx_options options = { .alloc = memory.alloc, .engine = engine };
    leat_ctx_init(&ctx, &options);
    is_polled = engine == &polled.engine;
    if (fibers != NULL)
        check(leat_fibers_run(fibers, every, NULL) == LEAT_OK);
    else
        every(NULL);
    leat_ctx_fini(&ctx);
    memory_fini(&memory);
}

/* --- Fibers --- */

static void waits_in_vain(void *arg)
{
    struct leat_datagrams a;
    struct leat_datagram got;
    struct leat_address at = address_of("127.0.0.1:0");
    check_status(leat_datagrams_open(&a, &ctx, &at, NULL, NULL), LEAT_OK);
    check_status(leat_datagrams_receive(&a, &got), LEAT_FAULT);
    check(a.fault.code == LEAT_FAULT_CANCELLED);
    leat_datagrams_close(&a);
    *(bool *)arg = true;
}

static void cancels(void *arg)
{
    struct leat_fibers *fibers = arg;
    struct leat_scope scope;
    bool ended = false;
    leat_scope_open(&scope, fibers);
    check(leat_scope_spawn(&scope, waits_in_vain, &ended) == LEAT_OK);
    check(leat_fiber_sleep(fibers, MS) == LEAT_OK);
    check(!ended);
    leat_scope_cancel(&scope);
    leat_scope_close(&scope);
    check(ended);
}

static void with_loop(const char *kind)
{
    struct leat_loop_options options = { .kind = kind };
    struct leat_loop *loop = leat_loop_create(&options, NULL);
    if (loop == NULL)
        return;
    struct leat_fibers *fibers = leat_fibers_create(loop, NULL);
    check_says_text("loop", kind);
    with_engine(leat_fibers_engine(fibers), fibers);
    struct leat_ctx_options in = { .engine = leat_fibers_engine(fibers) };
    leat_ctx_init(&ctx, &in);
    check(leat_fibers_run(fibers, cancels, fibers) == LEAT_OK);
    leat_ctx_fini(&ctx);
    leat_fibers_destroy(fibers);
    leat_loop_destroy(loop);
}

int main(void)
{
    leat_polled_init(&polled);
    with_engine(&leat_engine_blocking, NULL);
    with_engine(&polled.engine, NULL);
    for (unsigned i = 0; leat_loop_kinds[i] != NULL; i++) {
        if (!leat_loop_kinds[i]->only_by_name)
            with_loop(leat_loop_kinds[i]->name);
    }
    return 0;
}
