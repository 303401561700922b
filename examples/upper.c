/* What comes goes back in capitals, line by line, to as many as connect. Built by
 *     cc upper.c $(pkg-config --cflags --libs leat)
 * and as C++ as well. `./a.out 127.0.0.1:7777` serves until ^C; `nc 127.0.0.1 7777` talks to it. */

#include <ctype.h>
#include <leat/core/lines.h>
#include <leat/endpoint/socket/server.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

#define LINE_LEN_MAX 4096
#define IDLE_NS      60000000000u
#define GRACE_NS     1000000000u

struct service {
    struct leat_ctx ctx;
    struct leat_fibers *fibers;
    struct leat_address address;
    struct leat_server *server;
    int signals;
    bool served;
};

/* In a fiber: there is something to read, and waiting for the rest of it holds up nobody else. */
static enum leat_served answer(struct leat_connection *connection, void *user)
{
    struct leat_writer *w = leat_connection_writer(connection);
    struct leat_lines lines;
    struct leat_span line;
    struct leat_room room;
    (void)user;
    leat_lines_init(&lines, leat_connection_reader(connection), '\n', LINE_LEN_MAX);
    if (leat_lines_next(&lines, &line) != LEAT_OK)
        return LEAT_SERVED_CLOSE; /* the end, a line too long, a connection that broke */
    if (leat_reserve(w, line.len + 1, &room) != LEAT_OK)
        return LEAT_SERVED_CLOSE;
    for (size_t i = 0; i < line.len; i++)
        room.data[i] = (uint8_t)toupper(line.data[i]);
    room.data[line.len] = '\n';
    leat_commit(w, line.len + 1);
    leat_cursor_settle(&lines.cursor);
    return leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_OK ? LEAT_SERVED_KEEP : LEAT_SERVED_CLOSE;
}

/* A fiber beside the server: it reads a descriptor as others do. */
static void stop_on_signal(void *arg)
{
    struct service *service = (struct service *)arg;
    struct leat_engine *engine = leat_fibers_engine(service->fibers);
    if (leat_engine_wait(engine, service->signals, LEAT_READY_READ, LEAT_TIMEOUT_NONE).status ==
        LEAT_OK)
        leat_server_stop(service->server, GRACE_NS);
}

/* The first fiber. */
static void serve(void *arg)
{
    struct service *service = (struct service *)arg;
    struct leat_listener listener;
    struct leat_scope scope;
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
    options.idle_timeout_ns = IDLE_NS;
    options.connection.receive_timeout_ns = IDLE_NS;
    options.connection.send_timeout_ns = IDLE_NS;
    service->server = leat_server_create(service->fibers, &listener, &options);
    leat_scope_open(&scope, service->fibers);
    if (service->server != NULL && leat_scope_spawn(&scope, stop_on_signal, service) == LEAT_OK)
        service->served = leat_server_run(service->server) == LEAT_OK;
    leat_scope_cancel(&scope);
    leat_scope_close(&scope);
    leat_server_destroy(service->server);
    leat_listener_close(&listener);
}

int main(int argc, char **argv)
{
    struct service service = {};
    struct leat_loop_choice choice;
    sigset_t signals;
    if (argc != 2 || leat_address_parse(argv[1], &service.address) != LEAT_OK) {
        fprintf(stderr, "usage: upper ADDRESS:PORT\n");
        return 2;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    service.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);

    struct leat_loop *loop = leat_loop_create(NULL, &choice);
    service.fibers = loop != NULL ? leat_fibers_create(loop, NULL) : NULL;
    if (service.signals < 0 || service.fibers == NULL) {
        fprintf(stderr, "no loop: %s\n", choice.reason != NULL ? choice.reason : "no memory");
        return 2;
    }
    struct leat_ctx_options options = {};
    options.engine = leat_fibers_engine(service.fibers);
    leat_ctx_init(&service.ctx, &options);

    enum leat_status status = leat_fibers_run(service.fibers, serve, &service);
    leat_ctx_fini(&service.ctx);
    leat_fibers_destroy(service.fibers);
    leat_loop_destroy(loop);
    return status == LEAT_OK && service.served ? 0 : 2;
}
