/* A server that sends back what it gets, and its clients, in one simulated world: what comes back
 * is a prefix of what was sent, and all of it to whoever was let finish; whatever breaks, is
 * cancelled or stopped, everything ends and nothing is left. */

#include "leat/endpoint/socket/dial.h"
#include "leat/endpoint/socket/server.h"
#include "tests/sim/world.h"

enum { SEEDS = 2000, CLIENTS_MAX = 12, TOTAL_MAX = 200000, PIECE_MAX = 20000, PEEK_MAX = 3000 };

/* Whoever waits for an end that gave up while nothing came through hears nothing of it, ever: as
 * with TCP, only a time limit helps. */
#define LONG_NS (7200 * S_NS)

/* What a client is like. */
enum manner {
    MANNER_POLITE,  /* sends all, says so, and hears all */
    MANNER_LEAVES,  /* closes some time in between */
    MANNER_SILENT,  /* says nothing for long */
    MANNER_LIMITED, /* has time limits */
    MANNERS,
};

struct scene;

struct client {
    struct scene *scene;
    struct leat_connection *connection;
    struct leat_scope scope; /* of its two directions */
    enum manner manner;
    unsigned number;
    size_t total, sent, received;
    bool finished;  /* said that it is all */
    bool heard_end; /* and so did the server */
    bool faulted;
    uint8_t bytes[PIECE_MAX];
};

struct scene {
    struct world *world;
    struct leat_listener listener;
    struct leat_server *server;
    struct leat_scope serving, talking;
    bool gathers;   /* the handler asks for more than there is */
    bool excused;   /* the server was stopped, or met a fault: clients may be cut off */
    bool impatient; /* the server closes who is silent: those who only pause as well */
    bool harmless;  /* nothing is done to anybody: all must be as it should be */
    unsigned clients_len;
    struct client clients[CLIENTS_MAX + 1];
};

static uint8_t byte_at(unsigned client, size_t at)
{
    return (uint8_t)(client * 31 + at + (at >> 8) + (at >> 16));
}

/* --- The server --- */

/* What came goes back, by reference or by copy. */
static enum leat_status give_back(struct scene *scene, struct leat_reader *r, struct leat_writer *w,
                                  size_t len)
{
    struct leat_slice slice;
    struct leat_span span;
    size_t done;
    if (world_percent(scene->world, 50)) {
        enum leat_status status = leat_peek(r, 0, &span);
        leat_assert(status == LEAT_OK || span.len >= len);
        status = leat_write(w, span.data, len, &done);
        leat_consume(r, done);
        return status;
    }
    enum leat_status status = leat_take(r, len, &slice);
    if (status != LEAT_OK)
        return status;
    status = leat_give(w, &slice);
    leat_slice_release(&slice);
    return status;
}

static enum leat_served echo(struct leat_connection *connection, void *user)
{
    struct scene *scene = user;
    struct leat_reader *r = leat_connection_reader(connection);
    struct leat_writer *w = leat_connection_writer(connection);
    struct leat_span span;
    size_t min = scene->gathers ? 1 + world_draw(scene->world, PEEK_MAX) : 1;
    enum leat_status status = leat_peek(r, min, &span);
    bool is_over = status == LEAT_END;
    if (status == LEAT_OK || is_over)
        status = span.len > 0 ? give_back(scene, r, w, span.len) : LEAT_OK;
    if (status == LEAT_OK)
        status = leat_flush(w, is_over ? LEAT_FLUSH_FINISH : LEAT_FLUSH_PUSH);
    scene->excused = scene->excused || status != LEAT_OK;
    return status == LEAT_OK && !is_over ? LEAT_SERVED_KEEP : LEAT_SERVED_CLOSE;
}

static void meets(const struct leat_fault *fault, void *user)
{
    struct scene *scene = user;
    check(fault->code != LEAT_FAULT_NONE);
    check(!scene->harmless);
    scene->excused = true;
}

static void serves(void *arg)
{
    struct scene *scene = arg;
    enum leat_status status = leat_server_run(scene->server);
    check(status == LEAT_OK || leat_scope_is_cancelled(&scene->serving));
    scene->excused = true;
    leat_listener_close(&scene->listener); /* or those who wait to be accepted would for ever */
}

/* --- Clients --- */

static void client_faults(struct client *client)
{
    check(!client->scene->harmless);
    client->faulted = true;
}

/* Who hears no more is not to go on saying, and the other way round: the server would wait. */
static void talk_faults(struct client *client)
{
    client_faults(client);
    leat_scope_cancel(&client->scope);
}

static void hears(void *arg)
{
    struct client *client = arg;
    struct world *world = client->scene->world;
    struct leat_reader *r = leat_connection_reader(client->connection);
    enum leat_status status;
    bool slow = world_percent(world, 10);
    do {
        struct leat_span span;
        status =
            leat_peek(r, world_percent(world, 20) ? 1 + world_draw(world, PEEK_MAX) : 1, &span);
        for (size_t i = 0; i < span.len; i++)
            check_equal(span.data[i], byte_at(client->number, client->received + i));
        client->received += span.len;
        check(client->received <= client->sent);
        leat_consume(r, span.len);
        if (slow)
            world_pause(world, 20 * MS_NS);
    } while (status == LEAT_OK);
    if (status == LEAT_FAULT)
        talk_faults(client);
    client->heard_end = status == LEAT_END;
}

/* Put the next piece into the writer's room, or have it copied there. */
static enum leat_status say_piece(struct client *client, size_t len)
{
    struct leat_writer *w = leat_connection_writer(client->connection);
    struct leat_room room = { client->bytes, sizeof(client->bytes) };
    size_t done;
    bool copies = world_percent(client->scene->world, 50);
    enum leat_status status = copies ? LEAT_OK : leat_reserve(w, 1, &room);
    if (status != LEAT_OK)
        return status;
    if (!copies && len > room.len)
        len = room.len;
    for (size_t i = 0; i < len; i++)
        room.data[i] = byte_at(client->number, client->sent + i);
    client->sent += len;
    if (copies)
        return leat_write(w, room.data, len, &done);
    leat_commit(w, len);
    return LEAT_OK;
}

static void says(struct client *client)
{
    struct world *world = client->scene->world;
    struct leat_writer *w = leat_connection_writer(client->connection);
    enum leat_status status = LEAT_OK;
    while (client->sent < client->total && status == LEAT_OK) {
        size_t len = world_len(world, PIECE_MAX);
        size_t left = client->total - client->sent;
        status = say_piece(client, len < left ? len : left);
        if (status == LEAT_OK && world_percent(world, 50))
            status = leat_flush(w, LEAT_FLUSH_PUSH);
        if (world_percent(world, 10))
            world_pause(world, 50 * MS_NS);
    }
    if (status == LEAT_OK)
        status = leat_flush(w, LEAT_FLUSH_FINISH);
    if (status == LEAT_FAULT)
        talk_faults(client);
    client->finished = status == LEAT_OK;
}

/* Both directions at once, as the server sends while it still gets. */
static void talks(struct client *client)
{
    struct world *world = client->scene->world;
    /* Both ends are to be used at once, so the connection has to be there. */
    if (leat_flush(leat_connection_writer(client->connection), LEAT_FLUSH_PUSH) != LEAT_OK) {
        client_faults(client);
        return;
    }
    leat_scope_open(&client->scope, world->fibers);
    if (client->manner == MANNER_LEAVES)
        leat_scope_deadline(&client->scope,
                            leat_loop_clock(world->loop) + world_len(world, 100 * MS_NS));
    if (leat_scope_spawn(&client->scope, hears, client) == LEAT_OK)
        says(client);
    else
        talk_faults(client);
    leat_scope_close(&client->scope);
}

static bool connects(struct client *client)
{
    struct scene *scene = client->scene;
    struct world *world = scene->world;
    struct leat_dial_options options = { .connection = { .receive_timeout_ns = LONG_NS } };
    struct leat_fault fault;
    if (client->manner == MANNER_LIMITED)
        options.connection = (struct leat_connection_options){
            .connect_timeout_ns = world_len(world, 2 * S_NS),
            .receive_timeout_ns = world_len(world, 2 * S_NS),
            .send_timeout_ns = world_len(world, 2 * S_NS),
        };
    if (world_percent(world, 50))
        client->connection =
            leat_connection_to(&world->ctx, &scene->listener.address, &options.connection);
    else if (leat_connection_dial_any(&world->ctx, world->fibers, &scene->listener.address, 1,
                                      &options, &client->connection, &fault) != LEAT_OK)
        check(fault.code != LEAT_FAULT_NONE);
    if (client->connection == NULL)
        client_faults(client);
    return client->connection != NULL;
}

static void client_runs(void *arg)
{
    struct client *client = arg;
    struct world *world = client->scene->world;
    world_pause(world, 20 * MS_NS);
    if (!connects(client))
        return;
    if (client->manner == MANNER_SILENT)
        world_pause(world, 3600 * S_NS);
    else
        talks(client);
    leat_connection_close(client->connection);
    if (client->heard_end && client->finished && !client->scene->excused && !client->faulted)
        check_equal(client->received, client->total);
}

static void client_init(struct scene *scene, struct client *client, enum manner manner)
{
    struct world *world = scene->world;
    *client = (struct client){ .scene = scene, .manner = manner, .number = scene->clients_len };
    client->total = world_len(world, TOTAL_MAX);
}

/* --- What is done to them --- */

static void partition(struct scene *scene)
{
    struct world *world = scene->world;
    check_status(leat_sim_partition(world->loop, NULL), LEAT_OK);
    world_pause(world, 2000 * S_NS);
    leat_sim_heal(world->loop);
}

/* Stop, cancel, cut off: at some moment. */
static void something_happens(struct scene *scene)
{
    struct world *world = scene->world;
    world_pause(world, 300 * MS_NS);
    switch (world_draw(world, 5)) {
    case 0:
        scene->excused = true;
        leat_server_stop(scene->server, world_len(world, 1 * S_NS));
        break;
    case 1:
        leat_scope_cancel(&scene->talking);
        break;
    case 2:
        scene->excused = true;
        leat_scope_cancel(&scene->serving);
        break;
    case 3:
        partition(scene);
        break;
    default:
        break;
    }
}

static void clients_run(struct scene *scene)
{
    struct world *world = scene->world;
    leat_scope_open(&scene->talking, world->fibers);
    unsigned len = 1 + (unsigned)world_draw(world, CLIENTS_MAX);
    for (; scene->clients_len < len; scene->clients_len++) {
        struct client *client = &scene->clients[scene->clients_len];
        client_init(scene, client, scene->harmless ? MANNER_POLITE : world_draw(world, MANNERS));
        if (leat_scope_spawn(&scene->talking, client_runs, client) != LEAT_OK)
            check(!scene->harmless);
    }
    if (!scene->harmless)
        something_happens(scene);
    leat_scope_close(&scene->talking);
    for (unsigned i = 0; i < len && scene->harmless; i++) {
        check(scene->clients[i].heard_end && scene->clients[i].finished);
        check_equal(scene->clients[i].received, scene->clients[i].total);
    }
}

/* When all is calm again, whoever comes is served. */
static void last_is_served(struct scene *scene)
{
    struct client *last = &scene->clients[scene->clients_len];
    world_calm(scene->world);
    scene->excused = false;
    scene->harmless = true;
    client_init(scene, last, MANNER_POLITE);
    client_runs(last);
    check(last->heard_end && last->finished);
    check_equal(last->received, last->total);
}

static bool begins(struct scene *scene)
{
    struct world *world = scene->world;
    struct leat_address address;
    check_status(leat_address_parse("10.1.2.3:7", &address), LEAT_OK);
    struct leat_server_options options = {
        .handle = echo,
        .user = scene,
        .meets = meets,
        .connection = { .receive_timeout_ns = LONG_NS },
        .idle_timeout_ns = LONG_NS,
        .connections_max = 1 + (uint32_t)world_draw(world, 2 * CLIENTS_MAX),
    };
    scene->gathers = world_percent(world, 30);
    scene->harmless = world->calm && world_percent(world, 50);
    scene->excused = scene->impatient = !scene->harmless && world_percent(world, 30);
    if (scene->impatient)
        options.idle_timeout_ns = world_len(world, 10 * S_NS);
    if (leat_listener_open(&scene->listener, &world->ctx, &address, NULL) != LEAT_OK)
        return false;
    scene->server = leat_server_create(world->fibers, &scene->listener, &options);
    if (scene->server == NULL)
        leat_listener_close(&scene->listener);
    return scene->server != NULL;
}

static void scene_runs(void *arg)
{
    struct scene *scene = arg;
    struct world *world = scene->world;
    if (!begins(scene)) {
        check(!world->calm);
        return;
    }
    leat_scope_open(&scene->serving, world->fibers);
    bool runs = leat_scope_spawn(&scene->serving, serves, scene) == LEAT_OK;
    if (runs)
        clients_run(scene);
    bool stopped = leat_server_stops(scene->server) || leat_scope_is_cancelled(&scene->serving);
    if (runs && !stopped && !scene->impatient)
        last_is_served(scene);
    scene->harmless = false;
    leat_server_stop(scene->server, world_len(world, 100 * MS_NS));
    leat_scope_close(&scene->serving);
    struct leat_server_counts counts = leat_server_counts(scene->server);
    check_equal(counts.open, 0);
    check_equal(counts.busy, 0);
    leat_server_destroy(scene->server);
    leat_listener_close(&scene->listener);
}

static void test(struct world *world)
{
    struct random dice = { world->seed };
    struct scene scene = { .world = world };
    struct leat_sim_options options = {
        .window_bytes = 256 + random_len(&dice, 64 * LEAT_KIB),
        .buffers = 8 * CLIENTS_MAX + (unsigned)random_len(&dice, 256),
        .buffer_bytes = 64 + (unsigned)random_len(&dice, 8 * LEAT_KIB),
    };
    world_begin(world, &options, NULL);
    world_run(world, scene_runs, &scene);
    world_end(world);
}

int main(int argc, char **argv)
{
    return world_main(argc, argv, SEEDS, test);
}
