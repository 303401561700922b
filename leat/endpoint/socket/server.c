#include "leat/endpoint/socket/server.h"

#include <errno.h>

#include "leat/endpoint/socket/parts.h"

enum { CONNECTIONS_MAX = 10000 };

/* Without descriptors or memory, accepting again at once would spin. */
#define ACCEPT_PAUSE_NS 20000000u

enum client_state {
    CLIENT_IDLE,    /* its operation waits for the first byte */
    CLIENT_PENDING, /* there is something, and no stack for a fiber */
    CLIENT_BUSY,
    CLIENT_SENDING, /* its operation sends what a handler left */
};

struct client {
    struct leat_server *server;
    struct leat_connection *connection;
    struct client *next, **link; /* of all */
    struct client *next_pending;
    enum client_state state;
    bool ended;        /* the other end says nothing more */
    struct leat_op op; /* while it is idle, or sending */
    struct leat_span pieces[2];
};

struct leat_server {
    struct leat_fibers *fibers;
    struct leat_listener *listener;
    struct leat_server_options options;
    struct leat_server_counts counts;
    struct leat_scope scope; /* of the handlers; inside it `accepting`, of the accept alone */
    struct leat_scope accepting;
    struct leat_suspension *full;    /* the accepting fiber, while there are connections_max */
    struct leat_suspension *empties; /* the same fiber, while it waits for the last to go */
    struct client *clients;
    struct client *pending, *pending_last;
    struct leat_timer grace; /* when it ends, nothing is sent any more */
    struct leat_task retry;  /* starts those that are pending, when a fiber has ended */
    bool retries;            /* it is in the loop's list */
    bool runs, stops;
    bool accepts, handles; /* the scope of each is open */
};

static void meets(const struct leat_server *self, const struct leat_fault *fault)
{
    if (self->options.meets != NULL)
        self->options.meets(fault, self->options.user);
}

/* A connection is closed for want of memory, which its other end cannot tell from a plain end. */
static void meets_no_memory(const struct leat_server *self)
{
    struct leat_fault fault = leat_fault_of_system("server", ENOMEM);
    meets(self, &fault);
}

/* --- Waiting for the server's own --- */

struct server_wait {
    struct leat_suspension suspension;
    struct leat_suspension **at;
};

static void wait_ends(struct leat_suspension **at)
{
    struct leat_suspension *suspension = *at;
    if (suspension == NULL)
        return;
    *at = NULL;
    leat_fiber_resume(suspension->fiber);
}

static void wait_cancel(struct leat_suspension *suspension)
{
    wait_ends(((struct server_wait *)suspension)->at);
}

/* Suspend until there is room for one more, or until the scope is cancelled. */
static void wait_for_room(struct leat_server *self)
{
    struct server_wait wait = { { .cancel = wait_cancel }, &self->full };
    if (leat_fiber_cancelled(self->fibers) != 0)
        return;
    self->full = &wait.suspension;
    leat_fiber_suspend(self->fibers, &wait.suspension);
}

/* What is waited for is sure to come, and must have come before the server may go. */
static void wait_goes_on(struct leat_suspension *suspension)
{
    (void)suspension;
}

static void wait_for_all_gone(struct leat_server *self)
{
    struct leat_suspension suspension = { .cancel = wait_goes_on };
    if (self->counts.open == 0 && !self->retries)
        return;
    self->empties = &suspension;
    leat_fiber_suspend(self->fibers, &suspension);
}

static void empties_tell(struct leat_server *self)
{
    if (self->counts.open == 0 && !self->retries)
        wait_ends(&self->empties);
}

/* --- A client --- */

static void client_close(struct client *client)
{
    struct leat_server *self = client->server;
    leat_assert(client->op.state == LEAT_OP_IDLE);
    *client->link = client->next;
    if (client->next != NULL)
        client->next->link = client->link;
    leat_slice_release(&client->op.receive.ret_slice);
    leat_connection_close(client->connection);
    leat_deallocate(&self->listener->ctx->alloc, client);
    leat_assert(self->counts.open > 0);
    if (self->counts.open-- == self->options.connections_max)
        wait_ends(&self->full);
    empties_tell(self);
}

static void client_sends(struct client *client);
static void client_goes_on(struct client *client);

/* A fiber has ended: there is a stack for one of those that had none. */
static void pending_next(struct leat_task *task)
{
    struct leat_server *self = LEAT_CONTAINER_OF(task, struct leat_server, retry);
    struct client *client = self->pending;
    self->retries = false;
    if (client != NULL) {
        self->pending = client->next_pending;
        client_goes_on(client);
    }
    empties_tell(self);
}

/* The running fiber ends in a moment. */
static void pending_retry(struct leat_server *self)
{
    if (self->pending == NULL || self->retries)
        return;
    self->retries = true;
    leat_loop_defer(leat_fibers_loop(self->fibers), &self->retry);
}

/* Whether the reader has more than the handler took. */
static bool has_more(struct leat_connection *connection)
{
    struct leat_receiver *receiver = &connection->receiver;
    return receiver->reader.end > receiver->reader.pos || receiver->next.len > 0;
}

static void client_runs(void *arg)
{
    struct client *client = arg;
    struct leat_server *self = client->server;
    struct leat_connection *connection = client->connection;
    struct leat_writer *w = &connection->sink.writer;
    enum leat_served served;
    self->counts.busy++;
    served = self->options.handle(connection, self->options.user);
    /* Before the handler may wait for the rest of what came, the other end has its answers. */
    while (served == LEAT_SERVED_KEEP && has_more(connection) && !self->stops &&
           leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_OK)
        served = self->options.handle(connection, self->options.user);
    self->counts.busy--;
    if (connection->receiver.closed || connection->receiver.reader.tail != LEAT_TAIL_OPEN)
        client->ended = true;
    if (served == LEAT_SERVED_CLOSE || connection->writer_closed || has_more(connection) ||
        leat_writer_fault(w) != NULL || leat_fiber_cancelled(self->fibers) != 0)
        client_close(client);
    else
        client_sends(client);
    pending_retry(self);
}

/* There is something: have the handler see it. */
static void client_goes_on(struct client *client)
{
    struct leat_server *self = client->server;
    client->state = CLIENT_BUSY;
    enum leat_status status = leat_scope_start(&self->scope, client_runs, client);
    if (status == LEAT_OK)
        return;
    /* As many fibers as there may be: the next that ends takes this one up. Without any, there is
     * nobody to do so. */
    if (status == LEAT_FAULT || self->counts.busy == 0) {
        if (!leat_scope_is_cancelled(&self->scope))
            meets_no_memory(self);
        client_close(client);
        return;
    }
    client->state = CLIENT_PENDING;
    client->next_pending = NULL;
    if (self->pending == NULL)
        self->pending = client;
    else
        self->pending_last->next_pending = client;
    self->pending_last = client;
}

/* Something came, the end, or nothing for too long. The end is the handler's to see: it may have an
 * answer to it. */
static void client_has(struct leat_op *op)
{
    struct client *client = op->owner;
    struct leat_server *self = client->server;
    struct leat_connection *connection = client->connection;
    if (op->result.status == LEAT_FAULT || self->stops) {
        self->counts.timed_out += op->result.code == ETIMEDOUT;
        if (op->result.code == ENOMEM)
            meets_no_memory(self);
        client_close(client);
        return;
    }
    if (op->result.status == LEAT_OK)
        leat_receiver_show(&connection->receiver, op->receive.ret_slice);
    client->ended = op->result.status == LEAT_END;
    op->receive.ret_slice = (struct leat_slice){ 0 };
    client_goes_on(client);
}

static void client_waits(struct client *client)
{
    struct leat_server *self = client->server;
    struct leat_loop *loop = leat_fibers_loop(self->fibers);
    struct leat_handle *handle = client->connection->handle;
    uint64_t idle_ns = self->options.idle_timeout_ns;
    client->state = CLIENT_IDLE;
    client->op = (struct leat_op){
        .code = LEAT_OP_RECEIVE,
        .fd = handle->socket.fd,
        .receive = { .socket = &handle->socket, .ctx = self->listener->ctx },
        .deadline_ns = idle_ns != 0 ? leat_loop_now(loop) + idle_ns : 0,
        .done = client_has,
        .owner = client,
    };
    leat_receiver_rest(&client->connection->receiver);
    leat_loop_submit(loop, &client->op);
}

static void client_sent(struct leat_op *op)
{
    struct client *client = op->owner;
    if (op->result.status != LEAT_OK) {
        client_close(client);
        return;
    }
    leat_sink_wrote(&client->connection->sink, op->result.bytes);
    client_sends(client);
}

/* Send what a handler left, then wait; or close, where nothing is to be waited for. */
static void client_sends(struct client *client)
{
    struct leat_server *self = client->server;
    struct leat_loop *loop = leat_fibers_loop(self->fibers);
    struct leat_sink *sink = &client->connection->sink;
    unsigned pieces_len = leat_sink_pieces(sink, client->pieces);
    if (pieces_len == 0 && (client->ended || self->stops)) {
        client_close(client);
        return;
    }
    if (pieces_len == 0) {
        leat_sink_rest(sink);
        client_waits(client);
        return;
    }
    client->state = CLIENT_SENDING;
    client->op = (struct leat_op){
        .code = LEAT_OP_SEND,
        .fd = client->connection->handle->socket.fd,
        .write = { client->pieces, pieces_len, false },
        .deadline_ns = sink->timeout_ns != 0 ? leat_loop_now(loop) + sink->timeout_ns : 0,
        .done = client_sent,
        .owner = client,
    };
    leat_loop_submit(loop, &client->op);
}

/* --- Accepting --- */

static void client_take(struct leat_server *self, struct leat_connection *connection)
{
    struct client *client = leat_allocate(&self->listener->ctx->alloc, sizeof(*client));
    if (client == NULL) {
        meets_no_memory(self);
        leat_connection_close(connection);
        return;
    }
    client->server = self;
    client->connection = connection;
    client->next = self->clients;
    client->link = &self->clients;
    if (client->next != NULL)
        client->next->link = &client->next;
    self->clients = client;
    self->counts.accepted++;
    self->counts.open++;
    client_waits(client);
}

/* Accept until the scope of accepting is cancelled. */
static void accept_all(struct leat_server *self)
{
    for (;;) {
        struct leat_connection *connection;
        if (self->counts.open >= self->options.connections_max)
            wait_for_room(self);
        if (leat_fiber_cancelled(self->fibers) != 0)
            return;
        enum leat_status status =
            leat_listener_accept(self->listener, &self->options.connection, &connection);
        if (status == LEAT_OK) {
            client_take(self, connection);
            continue;
        }
        if (leat_fiber_cancelled(self->fibers) != 0)
            return;
        meets(self, &self->listener->fault);
        if (leat_fiber_sleep(self->fibers, ACCEPT_PAUSE_NS) != LEAT_OK)
            return;
    }
}

/* --- All --- */

/* Have every client in a state end; those that are done already are told by their own `done`. */
static void clients_cancel(struct leat_server *self, enum client_state state)
{
    for (struct client *client = self->clients; client != NULL; client = client->next) {
        if (client->state == state)
            leat_loop_cancel(leat_fibers_loop(self->fibers), &client->op);
    }
}

static void grace_ends(struct leat_timer *timer)
{
    struct leat_server *self = LEAT_CONTAINER_OF(timer, struct leat_server, grace);
    clients_cancel(self, CLIENT_SENDING);
}

struct leat_server *leat_server_create(struct leat_fibers *fibers, struct leat_listener *listener,
                                       const struct leat_server_options *options)
{
    leat_assert(options->handle != NULL);
    leat_assert(listener->ctx->engine == leat_fibers_engine(fibers));
    struct leat_server *self = leat_allocate(&listener->ctx->alloc, sizeof(*self));
    if (self == NULL)
        return NULL;
    self->fibers = fibers;
    self->listener = listener;
    self->options = *options;
    self->retry.run = pending_next;
    self->grace.fire = grace_ends;
    if (self->options.connections_max == 0)
        self->options.connections_max = CONNECTIONS_MAX;
    return self;
}

void leat_server_destroy(struct leat_server *self)
{
    if (self == NULL)
        return;
    leat_assert(!self->runs);
    leat_assert(self->counts.open == 0);
    leat_assert(!leat_timer_runs(&self->scope.deadline));
    leat_deallocate(&self->listener->ctx->alloc, self);
}

static void pending_close(struct leat_server *self)
{
    while (self->pending != NULL) {
        struct client *client = self->pending;
        self->pending = client->next_pending;
        client_close(client);
    }
}

enum leat_status leat_server_run(struct leat_server *self)
{
    leat_assert(leat_fiber_self(self->fibers) != NULL);
    leat_assert(!self->runs);
    leat_scope_open(&self->scope, self->fibers);
    leat_scope_open(&self->accepting, self->fibers);
    self->runs = self->accepts = self->handles = true;
    if (self->stops)
        leat_scope_cancel(&self->accepting);
    accept_all(self);
    self->accepts = false;
    leat_scope_close(&self->accepting);
    /* Who comes now is refused by the system, and not left waiting for nobody. */
    leat_listener_close(self->listener);
    bool stopped = self->stops;
    self->stops = true;
    clients_cancel(self, CLIENT_IDLE);
    pending_close(self);
    /* The handlers end, and close theirs; the idle ones are told in a step. */
    leat_scope_join(&self->scope);
    self->handles = false;
    leat_scope_close(&self->scope);
    if (leat_fiber_cancelled(self->fibers) != 0)
        clients_cancel(self, CLIENT_SENDING);
    wait_for_all_gone(self);
    leat_loop_timer_stop(leat_fibers_loop(self->fibers), &self->grace);
    self->runs = false;
    return stopped ? LEAT_OK : LEAT_FAULT;
}

void leat_server_stop(struct leat_server *self, uint64_t grace_ns)
{
    self->stops = true;
    if (self->accepts)
        leat_scope_cancel(&self->accepting);
    if (!self->runs)
        return;
    struct leat_loop *loop = leat_fibers_loop(self->fibers);
    uint64_t end_ns = leat_loop_clock(loop) + grace_ns;
    if (self->handles)
        leat_scope_deadline(&self->scope, end_ns);
    leat_loop_timer_stop(loop, &self->grace);
    leat_loop_timer_start(loop, &self->grace, end_ns);
}

bool leat_server_stops(const struct leat_server *self)
{
    return self->stops;
}

struct leat_server_counts leat_server_counts(const struct leat_server *self)
{
    return self->counts;
}
