/* The service of upper.c inside a loop of somebody else's: libuv's. Both live in one thread, and a
 * timer of libuv's ticks beside the connections. Built by
 *     cc inside_uv.c $(pkg-config --cflags --libs leat libuv)
 * and as C++ as well. `./a.out 127.0.0.1:7777` serves until ^C; `nc 127.0.0.1 7777` talks to it. */

#include <ctype.h>
#include <leat/core/lines.h>
#include <leat/endpoint/socket/server.h>
#include <signal.h>
#include <stdio.h>
#include <uv.h>

#define LINE_LEN_MAX 4096
#define GRACE_NS     1000000000u
#define MS_NS        1000000u
#define TICK_MS      200

/* What of libuv's wakes the thread for leat, and what is there for its own sake. */
struct inside {
    struct leat_loop *loop;
    uv_poll_t readable;
    uv_timer_t due;
    uv_prepare_t before;

    uv_timer_t tick;
    uv_signal_t interrupt;
};

struct service {
    struct inside inside;
    struct leat_ctx ctx;
    struct leat_fibers *fibers;
    struct leat_address address;
    struct leat_server *server;
    unsigned answers;
    bool served;
};

static enum leat_served answer(struct leat_connection *connection, void *user)
{
    struct service *service = (struct service *)user;
    struct leat_writer *w = leat_connection_writer(connection);
    struct leat_lines lines;
    struct leat_span line;
    struct leat_room room;
    leat_lines_init(&lines, leat_connection_reader(connection), '\n', LINE_LEN_MAX);
    if (leat_lines_next(&lines, &line) != LEAT_OK)
        return LEAT_SERVED_CLOSE;
    if (leat_reserve(w, line.len + 1, &room) != LEAT_OK)
        return LEAT_SERVED_CLOSE;
    for (size_t i = 0; i < line.len; i++)
        room.data[i] = (uint8_t)toupper(line.data[i]);
    room.data[line.len] = '\n';
    leat_commit(w, line.len + 1);
    leat_cursor_settle(&lines.cursor);
    service->answers++;
    return leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_OK ? LEAT_SERVED_KEEP : LEAT_SERVED_CLOSE;
}

static void serve(void *arg)
{
    struct service *service = (struct service *)arg;
    struct leat_listener listener;
    char text[256];
    if (leat_listener_open(&listener, &service->ctx, &service->address, NULL) != LEAT_OK) {
        leat_fault_format(&listener.fault, text, sizeof(text));
        fprintf(stderr, "%s\n", text);
        return;
    }
    leat_address_format(&listener.address, text, sizeof(text));
    printf("listening at %s\n", text);
    fflush(stdout);

    struct leat_server_options options = {};
    options.handle = answer;
    options.user = service;
    service->server = leat_server_create(service->fibers, &listener, &options);
    service->served = service->server != NULL && leat_server_run(service->server) == LEAT_OK;
    leat_server_destroy(service->server);
    service->server = NULL;
    leat_listener_close(&listener);
}

/* --- Two loops in one thread --- */

static void inside_ends(struct inside *inside)
{
    uv_close((uv_handle_t *)&inside->readable, NULL);
    uv_close((uv_handle_t *)&inside->due, NULL);
    uv_close((uv_handle_t *)&inside->before, NULL);
    uv_close((uv_handle_t *)&inside->tick, NULL);
    uv_close((uv_handle_t *)&inside->interrupt, NULL);
}

static void wake_for_descriptor(uv_poll_t *readable, int status, int events)
{
    (void)readable, (void)status, (void)events; /* that the thread is awake is all */
}

static void wake_for_time(uv_timer_t *due)
{
    (void)due;
}

/* libuv is about to wait. Whatever woke it, and whatever its callbacks began, leat takes a step
 * first; then it says until when it may be left alone. */
static void step_before_waiting(uv_prepare_t *before)
{
    struct service *service = (struct service *)before->data;
    struct inside *inside = &service->inside;
    enum leat_status status = leat_loop_step(inside->loop, 0);
    if (status == LEAT_FAULT || leat_fibers_count(service->fibers) == 0) {
        inside_ends(inside);
        return;
    }
    uint64_t next_ns = leat_loop_next_ns(inside->loop);
    uint64_t now_ns = leat_loop_clock(inside->loop);
    if (next_ns == LEAT_NEVER)
        uv_timer_stop(&inside->due);
    else if (next_ns <= now_ns)
        uv_timer_start(&inside->due, wake_for_time, 0, 0);
    else
        uv_timer_start(&inside->due, wake_for_time, (next_ns - now_ns + MS_NS - 1) / MS_NS, 0);
}

/* --- libuv's own --- */

static void on_tick(uv_timer_t *tick)
{
    printf("tick: %u answers\n", ((struct service *)tick->data)->answers);
    fflush(stdout);
}

static void on_interrupt(uv_signal_t *interrupt, int number)
{
    struct service *service = (struct service *)interrupt->data;
    (void)number;
    if (service->server != NULL)
        leat_server_stop(service->server, GRACE_NS);
}

static void inside_begins(struct service *service, uv_loop_t *uv)
{
    struct inside *inside = &service->inside;
    uv_poll_init(uv, &inside->readable, leat_loop_descriptor(inside->loop));
    uv_poll_start(&inside->readable, UV_READABLE, wake_for_descriptor);
    uv_timer_init(uv, &inside->due);
    uv_prepare_init(uv, &inside->before);
    inside->before.data = service;
    uv_prepare_start(&inside->before, step_before_waiting);

    uv_timer_init(uv, &inside->tick);
    inside->tick.data = service;
    uv_timer_start(&inside->tick, on_tick, TICK_MS, TICK_MS);
    uv_signal_init(uv, &inside->interrupt);
    inside->interrupt.data = service;
    uv_signal_start(&inside->interrupt, on_interrupt, SIGINT);
}

int main(int argc, char **argv)
{
    struct service service = {};
    struct leat_scope scope;
    uv_loop_t uv;
    if (argc != 2 || leat_address_parse(argv[1], &service.address) != LEAT_OK) {
        fprintf(stderr, "usage: inside_uv ADDRESS:PORT\n");
        return 2;
    }
    service.inside.loop = leat_loop_create(NULL, NULL);
    if (service.inside.loop == NULL || leat_loop_descriptor(service.inside.loop) < 0) {
        fprintf(stderr, "this engine is not for a foreign loop\n");
        return 2;
    }
    service.fibers = leat_fibers_create(service.inside.loop, NULL);
    struct leat_ctx_options options = {};
    options.engine = leat_fibers_engine(service.fibers);
    leat_ctx_init(&service.ctx, &options);
    if (uv_loop_init(&uv) != 0)
        return 2;

    leat_scope_open(&scope, service.fibers);
    if (leat_scope_spawn(&scope, serve, &service) == LEAT_OK) {
        inside_begins(&service, &uv);
        uv_run(&uv, UV_RUN_DEFAULT);
    }
    leat_scope_close(&scope);
    uv_loop_close(&uv);
    leat_ctx_fini(&service.ctx);
    leat_fibers_destroy(service.fibers);
    leat_loop_destroy(service.inside.loop);
    return service.served ? 0 : 2;
}
