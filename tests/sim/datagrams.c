/* Clients that ask by datagrams, and servers that answer, in one simulated world: what comes is
 * what was sent, whole or cut, to whom it was sent and from whom, and no oftener than the network
 * may double it; who asks again until he is answered is answered where that can be; and whatever is
 * lost, closed, opened again or cancelled, everything ends and nothing is left. */

#include "leat/endpoint/datagram/datagrams.h"
#include "tests/sim/world.h"

#include <errno.h>

enum { SEEDS = 5000, SERVERS_MAX = 2, CLIENTS_MAX = 5, NUMBERS_MAX = 12, TRIES_MAX = 8 };
enum { HEADER_LEN = 4, LEN_MAX = 3000, BURST_MAX = 6 };

/* A window that takes what all clients may have under way. */
#define WINDOW_AMPLE (32 * LEAT_KIB)

struct scene;

struct server {
    struct scene *scene;
    unsigned number;
    struct leat_datagrams socket;
    struct leat_address at;
};

struct client {
    struct scene *scene;
    struct server *server;
    unsigned number;
    struct leat_datagrams socket;
    bool patient; /* is not cancelled */
    bool floods;  /* does not wait for answers before it goes on */
    bool connected;
    bool open;
    unsigned numbers;              /* so many it asks */
    unsigned sent[NUMBERS_MAX];    /* how often */
    unsigned came[NUMBERS_MAX];    /* to the server */
    unsigned answers[NUMBERS_MAX]; /* that the server sent */
    unsigned heard[NUMBERS_MAX];
    uint8_t bytes[LEN_MAX];
};

struct scene {
    struct world *world;
    bool harmless; /* nothing is lost, and nothing done to anybody */
    struct leat_scope serving;
    unsigned servers_len, clients_len;
    struct server servers[SERVERS_MAX + 1];
    struct client clients[CLIENTS_MAX + 1];
};

/* --- What is said --- */

/* A request, or the answer to it: who asks, whom, what, and bytes that follow from that. */
struct text {
    bool is_answer;
    unsigned client, server, number;
};

static size_t text_len(struct text text)
{
    struct random random = { text.client * 1000u + text.number * 10u + text.is_answer };
    return HEADER_LEN + random_len(&random, LEN_MAX - HEADER_LEN);
}

static uint8_t text_byte(struct text text, size_t at)
{
    const uint8_t header[HEADER_LEN] = { text.is_answer, (uint8_t)text.client, (uint8_t)text.server,
                                         (uint8_t)text.number };
    return at < HEADER_LEN ? header[at] : (uint8_t)(at * 7 + text.number + text.client);
}

static struct leat_span text_write(struct text text, uint8_t *to)
{
    struct leat_span bytes = { to, text_len(text) };
    for (size_t i = 0; i < bytes.len; i++)
        to[i] = text_byte(text, i);
    return bytes;
}

/* What came, which is let go of: one of those that may be, and as whole as it has to be. */
static struct text text_read(struct leat_datagram *datagram, size_t len_max)
{
    const uint8_t *data = datagram->slice.data;
    check(datagram->slice.len >= HEADER_LEN);
    struct text text = { data[0] != 0, data[1], data[2], data[3] };
    check_equal(datagram->cut, text_len(text) > len_max);
    check_equal(datagram->slice.len, datagram->cut ? len_max : text_len(text));
    for (size_t i = 0; i < datagram->slice.len; i++)
        check_equal(data[i], text_byte(text, i));
    leat_slice_release(&datagram->slice);
    return text;
}

static void check_from(struct scene *scene, const struct leat_address *from,
                       const struct leat_datagrams *socket)
{
    struct leat_address address;
    check_status(leat_sim_address(scene->world->loop, socket->socket.fd, &address), LEAT_OK);
    check_equal(from->in.sin_port, address.in.sin_port);
    check_equal(from->in.sin_addr.s_addr, address.in.sin_addr.s_addr);
}

/* --- Faults --- */

static void check_fault(struct scene *scene, const struct leat_fault *fault, bool connected)
{
    int code = fault->system_code;
    if (fault->code == LEAT_FAULT_SYSTEM && code == ETIMEDOUT)
        return;
    check(!scene->harmless);
    if (fault->code == LEAT_FAULT_MEMORY)
        check(!scene->world->calm);
    else if (fault->code == LEAT_FAULT_SYSTEM && code == ECONNREFUSED)
        check(connected);
    else
        check(fault->code == LEAT_FAULT_CANCELLED || code == EMFILE);
}

/* --- Servers --- */

static enum leat_status server_opens(struct server *server)
{
    struct scene *scene = server->scene;
    struct leat_datagrams_options options = { .len_max = LEN_MAX };
    if (world_percent(scene->world, 30))
        options.len_max = HEADER_LEN + world_draw(scene->world, LEN_MAX);
    enum leat_status status =
        leat_datagrams_open(&server->socket, &scene->world->ctx, &server->at, NULL, &options);
    if (status == LEAT_FAULT)
        check_fault(scene, &server->socket.fault, false);
    return status;
}

static enum leat_status server_answers(struct server *server, struct leat_datagram *datagram)
{
    struct scene *scene = server->scene;
    uint8_t bytes[LEN_MAX];
    struct text text = text_read(datagram, server->socket.options.len_max);
    check(!text.is_answer && text.client <= CLIENTS_MAX && text.number < NUMBERS_MAX);
    check_equal(text.server, server->number);
    struct client *client = &scene->clients[text.client];
    client->came[text.number]++;
    check(client->came[text.number] <= client->sent[text.number] * (scene->world->calm ? 1 : 2));
    if (client->open)
        check_from(scene, &datagram->from, &client->socket);
    text.is_answer = true;
    client->answers[text.number]++;
    return leat_datagrams_send(&server->socket, text_write(text, bytes), &datagram->from);
}

/* False: it closes, perhaps to be opened again. */
static bool server_serves(struct server *server)
{
    struct scene *scene = server->scene;
    struct leat_datagram datagram;
    enum leat_status status = leat_datagrams_receive(&server->socket, &datagram);
    if (status == LEAT_OK)
        status = server_answers(server, &datagram);
    if (status == LEAT_FAULT) { /* of one, and nothing to the next */
        check_fault(scene, &server->socket.fault, false);
        world_pause(scene->world, MS_NS);
    }
    bool leaves = !scene->harmless && world_percent(scene->world, 3);
    return !leaves && !leat_scope_is_cancelled(&scene->serving);
}

static void serves(void *arg)
{
    struct server *server = arg;
    struct scene *scene = server->scene;
    while (server->socket.socket.fd >= 0) {
        while (server_serves(server))
            continue;
        leat_datagrams_close(&server->socket);
        while (!leat_scope_is_cancelled(&scene->serving) && server_opens(server) != LEAT_OK)
            world_pause(scene->world, 50 * MS_NS);
    }
}

/* --- Clients --- */

static enum leat_status client_opens(struct client *client)
{
    struct scene *scene = client->scene;
    struct world *world = scene->world;
    struct leat_address at;
    struct leat_datagrams_options options = {
        .receive_timeout_ns = scene->harmless ? 2 * S_NS : MS_NS + world_len(world, 2 * S_NS),
        .len_max = HEADER_LEN + world_draw(world, LEN_MAX),
    };
    check_status(leat_address_parse("10.0.1.0:9", &at), LEAT_OK);
    at.in.sin_port = (in_port_t)(100 + client->number);
    bool is_bound = !client->connected || world_percent(world, 50);
    enum leat_status status =
        leat_datagrams_open(&client->socket, &world->ctx, is_bound ? &at : NULL,
                            client->connected ? &client->server->at : NULL, &options);
    if (status == LEAT_FAULT)
        check_fault(scene, &client->socket.fault, client->connected);
    client->open = status == LEAT_OK;
    return status;
}

/* Counted before, as it may come before this is told that it is on its way. */
static enum leat_status client_sends(struct client *client, unsigned number)
{
    struct text text = { false, client->number, client->server->number, number };
    client->sent[number]++;
    enum leat_status status = leat_datagrams_send(&client->socket, text_write(text, client->bytes),
                                                  client->connected ? NULL : &client->server->at);
    if (status == LEAT_FAULT)
        check_fault(client->scene, &client->socket.fault, client->connected);
    return status;
}

static enum leat_status client_hears(struct client *client)
{
    struct leat_datagram datagram;
    enum leat_status status = leat_datagrams_receive(&client->socket, &datagram);
    if (status != LEAT_OK) {
        check_fault(client->scene, &client->socket.fault, client->connected);
        return status;
    }
    struct text text = text_read(&datagram, client->socket.options.len_max);
    check(text.is_answer && text.number < client->numbers);
    check_equal(text.client, client->number);
    check_equal(text.server, client->server->number);
    check_equal(datagram.from.in.sin_port, client->server->at.in.sin_port);
    unsigned most = client->answers[text.number] * (client->scene->world->calm ? 1 : 2);
    check(++client->heard[text.number] <= most);
    return LEAT_OK;
}

/* Until it is answered, or for too long. */
static void client_asks(struct client *client, unsigned number)
{
    for (unsigned tries = 0; tries < TRIES_MAX && client->heard[number] == 0; tries++) {
        enum leat_status status = client_sends(client, number);
        while (status == LEAT_OK && client->heard[number] == 0)
            status = client_hears(client);
    }
}

static void hears_all(void *arg)
{
    struct client *client = arg;
    while (client_hears(client) == LEAT_OK)
        continue;
}

/* Without waiting for any answer, while another fiber hears them. */
static void client_floods(struct client *client)
{
    struct world *world = client->scene->world;
    struct leat_scope hearing;
    leat_scope_open(&hearing, world->fibers);
    if (leat_scope_spawn(&hearing, hears_all, client) == LEAT_OK) {
        for (unsigned number = 0; number < client->numbers; number++) {
            for (size_t i = world_draw(world, BURST_MAX); i > 0; i--)
                (void)!client_sends(client, number);
            if (world_percent(world, 20))
                world_pause(world, 10 * MS_NS);
        }
    }
    leat_scope_close(&hearing);
}

static void client_runs(void *arg)
{
    struct client *client = arg;
    struct world *world = client->scene->world;
    struct leat_scope scope;
    leat_scope_open(&scope, world->fibers);
    if (!client->patient)
        leat_scope_deadline(&scope, leat_loop_clock(world->loop) + world_len(world, 500 * MS_NS));
    if (client_opens(client) == LEAT_OK) {
        for (unsigned i = 0; i < client->numbers && !client->floods; i++)
            client_asks(client, i);
        if (client->floods)
            client_floods(client);
    }
    client->open = false;
    leat_datagrams_close(&client->socket);
    leat_scope_close(&scope);
}

/* --- All of them --- */

static void server_init(struct scene *scene, unsigned number)
{
    struct server *server = &scene->servers[number];
    *server = (struct server){ .scene = scene, .number = number };
    check_status(leat_address_parse("10.0.0.1:7", &server->at), LEAT_OK);
    server->at.in.sin_port = (in_port_t)(7 + number);
    if (server_opens(server) == LEAT_OK &&
        leat_scope_spawn(&scene->serving, serves, server) == LEAT_OK)
        return;
    check(!scene->harmless);
    leat_datagrams_close(&server->socket);
}

static struct client *client_init(struct scene *scene, unsigned number, unsigned server)
{
    struct world *world = scene->world;
    struct client *client = &scene->clients[number];
    *client = (struct client){ .scene = scene, .number = number };
    client->server = &scene->servers[server];
    client->patient = scene->harmless || world_percent(world, 70);
    client->floods = !scene->harmless && world_percent(world, 30);
    client->connected = world_percent(world, 50);
    client->numbers = 1 + (unsigned)world_draw(world, NUMBERS_MAX);
    return client;
}

/* Each was asked once, and answered. */
static void check_answered(const struct client *client)
{
    for (unsigned number = 0; number < client->numbers; number++) {
        check_equal(client->sent[number], 1);
        check_equal(client->heard[number], 1);
    }
}

static void clients_run(struct scene *scene)
{
    struct world *world = scene->world;
    struct leat_scope asking;
    unsigned len = 1 + (unsigned)world_draw(world, CLIENTS_MAX);
    leat_scope_open(&asking, world->fibers);
    for (unsigned i = 0; i < len; i++) {
        unsigned server = (unsigned)world_draw(world, scene->servers_len);
        if (leat_scope_spawn(&asking, client_runs, client_init(scene, i, server)) != LEAT_OK)
            check(!scene->harmless);
    }
    if (!scene->harmless && world_percent(world, 30)) {
        world_pause(world, 500 * MS_NS);
        if (world_percent(world, 50))
            leat_scope_cancel(&asking);
        check_status(leat_sim_partition(world->loop, NULL), LEAT_OK);
        world_pause(world, 5 * S_NS);
        leat_sim_heal(world->loop);
    }
    leat_scope_close(&asking);
    for (unsigned i = 0; i < len && scene->harmless; i++)
        check_answered(&scene->clients[i]);
}

/* When all is calm again, whoever asks is answered. */
static void last_is_answered(struct scene *scene)
{
    world_calm(scene->world);
    scene->harmless = true;
    leat_scope_open(&scene->serving, scene->world->fibers);
    server_init(scene, SERVERS_MAX);
    client_runs(client_init(scene, CLIENTS_MAX, SERVERS_MAX));
    leat_scope_cancel(&scene->serving);
    scene->harmless = false;
    leat_scope_close(&scene->serving);
    check_answered(&scene->clients[CLIENTS_MAX]);
}

static void scene_runs(void *arg)
{
    struct scene *scene = arg;
    struct world *world = scene->world;
    leat_scope_open(&scene->serving, world->fibers);
    scene->servers_len = 1 + (unsigned)world_draw(world, SERVERS_MAX);
    for (unsigned i = 0; i < scene->servers_len; i++)
        server_init(scene, i);
    clients_run(scene);
    scene->harmless = false;
    leat_scope_cancel(&scene->serving);
    leat_scope_close(&scene->serving);
    last_is_answered(scene);
}

static void test(struct world *world)
{
    static struct scene scene;
    struct random dice = { world->seed };
    struct leat_sim_options options = { .window_bytes = 256 + random_len(&dice, 64 * LEAT_KIB) };
    scene = (struct scene){ .world = world };
    world_begin(world, &options, NULL);
    scene.harmless = world->calm && options.window_bytes >= WINDOW_AMPLE;
    world_run(world, scene_runs, &scene);
    world_end(world);
}

int main(int argc, char **argv)
{
    return world_main(argc, argv, SEEDS, test);
}
