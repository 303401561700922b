/* Sessions of TLS over simulated connections, with two fibers at each end: what is heard is a
 * prefix of what was said, the end is heard where the other side said so and at no other time, and
 * damage never; whatever breaks, is cut off or cancelled, everything ends and nothing is left. */

#include "leat/endpoint/socket/listener.h"
#include "leat/endpoint/tls/tls.h"
#include "tests/sim/sessions.h"
#include "tests/sim/world.h"

#include <errno.h>
#include <string.h>

enum { SEEDS = 500, PAIRS_MAX = 3, TOTAL_MAX = 100000, PIECE_MAX = 20000, PEEK_MAX = 20000 };

/* As of connections: who waits for an end that gave up unheard needs a time limit. */
#define LONG_NS (7200 * S_NS)

/* A session that goes on by itself only when this has passed was not woken. */
#define NAP_NS (50 * S_NS)

struct pair;

struct side {
    struct pair *pair;
    struct side *other;
    struct leat_connection *connection;
    struct leat_tls *tls;
    struct leat_scope scope; /* of its two directions */
    bool patient;            /* is not cancelled, and does not leave */
    bool answers;            /* says nothing before it has heard all */
    size_t total, said, heard;
    bool finishes;          /* says that it is all, or has said so */
    bool finished;          /* and that is on its way */
    enum leat_status hears; /* how that ended; OK: it left */
    uint8_t bytes[PIECE_MAX];
};

struct pair {
    struct scene *scene;
    unsigned number;
    enum leat_tls_version version;
    struct leat_listener listener;
    struct leat_scope scope;
    struct side client, server;
};

struct scene {
    struct world *world;
    bool harmless; /* nothing is done to anybody, and nothing fails */
    struct pair pairs[PAIRS_MAX + 1];
};

static uint8_t byte_at(const struct side *side, size_t at)
{
    bool is_client = side == &side->pair->client;
    return (uint8_t)(at * 7 + at / 251 + side->pair->number * 91 + (is_client ? 0 : 17));
}

/* --- Faults --- */

/* Why a session may fail of which no byte was changed. */
static void check_fault(struct side *side, const struct leat_fault *fault)
{
    check(fault != NULL && !side->pair->scene->harmless);
    check(fault->code == LEAT_FAULT_SYSTEM || fault->code == LEAT_FAULT_MEMORY ||
          fault->code == LEAT_FAULT_CANCELLED || fault->code == LEAT_FAULT_TRUNCATED);
    check(fault->code != LEAT_FAULT_SYSTEM || fault->system_code != EACCES);
    check(fault->code != LEAT_FAULT_MEMORY || !side->pair->scene->world->calm);
}

/* One direction is over in an ill way: the other is not to wait for what may never come. */
static void side_fails(struct side *side, const struct leat_fault *fault)
{
    check_fault(side, fault);
    leat_scope_cancel(&side->scope);
}

/* --- Reading --- */

static enum leat_status hears_some(struct side *side, struct leat_reader *r)
{
    struct world *world = side->pair->scene->world;
    struct leat_span span;
    size_t want = world_percent(world, 20) ? world_len(world, PEEK_MAX) : 1;
    enum leat_status status = leat_peek(r, want, &span);
    check(side->heard + span.len <= side->other->said);
    for (size_t i = 0; i < span.len; i++)
        check_equal(span.data[i], byte_at(side->other, side->heard + i));
    size_t len =
        status == LEAT_OK && world_percent(world, 50) ? world_len(world, span.len) : span.len;
    leat_consume(r, len);
    side->heard += len;
    return status;
}

static void hears(void *arg)
{
    struct side *side = arg;
    struct world *world = side->pair->scene->world;
    struct leat_reader *r = leat_tls_reader(side->tls);
    bool slow = world_percent(world, 10);
    if (world_percent(world, 20) && leat_tls_handshake(side->tls) != LEAT_OK)
        check(leat_reader_fault(r) != NULL);
    side->hears = LEAT_OK;
    while (side->hears == LEAT_OK) {
        side->hears = hears_some(side, r);
        if (slow)
            world_pause(world, 20 * MS_NS);
        if (!side->patient && world_percent(world, 1))
            break;
    }
    if (side->hears == LEAT_END) {
        check(side->other->finishes);
        check_equal(side->heard, side->other->total);
    } else if (side->hears == LEAT_FAULT) {
        side_fails(side, leat_reader_fault(r));
    } else {
        leat_scope_cancel(&side->scope);
    }
}

/* --- Writing --- */

/* As a slice that is counted, or as bytes. What is said is so before it can be heard. */
static enum leat_status says_some(struct side *side, struct leat_writer *w, size_t len)
{
    struct world *world = side->pair->scene->world;
    size_t done;
    for (size_t i = 0; i < len; i++)
        side->bytes[i] = byte_at(side, side->said + i);
    side->said += len;
    struct leat_block *block =
        world_percent(world, 30) ? leat_block_create(&world->alloc, len) : NULL;
    if (block == NULL)
        return leat_write(w, side->bytes, len, &done);
    memcpy(block->data, side->bytes, len);
    struct leat_slice slice = { block->data, len, block };
    enum leat_status status = leat_give(w, &slice);
    leat_slice_release(&slice);
    return status;
}

static void says(struct side *side)
{
    struct world *world = side->pair->scene->world;
    struct leat_writer *w = leat_tls_writer(side->tls);
    enum leat_status status = LEAT_OK;
    while (side->said < side->total && status == LEAT_OK) {
        size_t len = world_len(world, PIECE_MAX);
        size_t left = side->total - side->said;
        status = says_some(side, w, len < left ? len : left);
        if (status == LEAT_OK && world_percent(world, 50))
            status = leat_flush(w, LEAT_FLUSH_PUSH);
        if (world_percent(world, 10))
            world_pause(world, 50 * MS_NS);
        if (!side->patient && world_percent(world, 2))
            break;
    }
    if (status == LEAT_OK && side->said == side->total) {
        side->finishes = true;
        status = leat_flush(w, LEAT_FLUSH_FINISH);
    }
    side->finished = side->finishes && status == LEAT_OK;
    if (status == LEAT_FAULT)
        side_fails(side, leat_writer_fault(w));
    else if (!side->finishes)
        leat_scope_cancel(&side->scope);
}

/* --- An end --- */

static void side_talks(struct side *side)
{
    struct world *world = side->pair->scene->world;
    leat_scope_open(&side->scope, world->fibers);
    if (!side->patient)
        leat_scope_deadline(&side->scope,
                            leat_loop_clock(world->loop) + world_len(world, 300 * MS_NS));
    if (side->answers) {
        hears(side);
        says(side);
    } else if (leat_scope_spawn(&side->scope, hears, side) == LEAT_OK) {
        says(side);
    } else {
        check(!side->pair->scene->harmless);
    }
    leat_scope_close(&side->scope);
}

/* Over a connection that is there. */
static void side_runs(struct side *side)
{
    bool is_client = side == &side->pair->client;
    enum leat_tls_role role = is_client ? LEAT_TLS_CLIENT : LEAT_TLS_SERVER;
    side->tls = leat_tls_over(
        leat_connection_reader(side->connection), leat_connection_writer(side->connection),
        sessions_context(role, side->pair->version), is_client ? SESSIONS_NAME : NULL);
    if (side->tls != NULL)
        side_talks(side);
    else
        check(!side->pair->scene->harmless);
    leat_tls_close(side->tls);
    leat_connection_close(side->connection);
}

static const struct leat_connection_options patience = { .receive_timeout_ns = LONG_NS };

static void server_runs(void *arg)
{
    struct pair *pair = arg;
    enum leat_status status =
        leat_listener_accept(&pair->listener, &patience, &pair->server.connection);
    if (status == LEAT_OK)
        side_runs(&pair->server);
    else
        check(!pair->scene->harmless);
    leat_listener_close(&pair->listener); /* or a client would wait to be accepted */
}

/* Both ends are to be used at once, so the connection has to be there first. */
static bool connects(struct side *side)
{
    struct pair *pair = side->pair;
    side->connection =
        leat_connection_to(&pair->scene->world->ctx, &pair->listener.address, &patience);
    if (side->connection == NULL)
        return false;
    if (leat_flush(leat_connection_writer(side->connection), LEAT_FLUSH_PUSH) == LEAT_OK)
        return true;
    leat_connection_close(side->connection);
    return false;
}

/* --- Two of them --- */

static void side_init(struct pair *pair, struct side *side, struct side *other)
{
    struct world *world = pair->scene->world;
    *side = (struct side){ .pair = pair, .other = other };
    side->patient = pair->scene->harmless || world_percent(world, 70);
    side->total = world_percent(world, 10) ? 0 : world_len(world, TOTAL_MAX);
}

static bool pair_listens(struct pair *pair)
{
    struct world *world = pair->scene->world;
    struct leat_address address;
    check_status(leat_address_parse("10.1.2.3:0", &address), LEAT_OK);
    address.in.sin_port = (in_port_t)(1 + pair->number);
    return leat_listener_open(&pair->listener, &world->ctx, &address, NULL) == LEAT_OK;
}

static void pair_runs(void *arg)
{
    struct pair *pair = arg;
    struct world *world = pair->scene->world;
    pair->version = world_percent(world, 50) ? LEAT_TLS_1_2 : LEAT_TLS_1_3;
    side_init(pair, &pair->client, &pair->server);
    side_init(pair, &pair->server, &pair->client);
    if (world_percent(world, 50))
        *(world_percent(world, 80) ? &pair->server.answers : &pair->client.answers) = true;
    if (!pair_listens(pair)) {
        check(!pair->scene->harmless);
        return;
    }
    leat_scope_open(&pair->scope, world->fibers);
    if (leat_scope_spawn(&pair->scope, server_runs, pair) != LEAT_OK)
        leat_listener_close(&pair->listener);
    if (connects(&pair->client)) {
        side_runs(&pair->client);
    } else {
        check(!pair->scene->harmless);
        leat_scope_cancel(&pair->scope);
    }
    leat_scope_close(&pair->scope);
}

/* Nothing was done to it: each has heard all that the other said, and soon. */
static void check_whole(struct pair *pair, uint64_t began_ns)
{
    check_status(pair->client.hears, LEAT_END);
    check_status(pair->server.hears, LEAT_END);
    check(pair->client.finished && pair->server.finished);
    check(leat_loop_clock(pair->scene->world->loop) - began_ns < NAP_NS);
}

static struct pair *pair_of(struct scene *scene, unsigned number)
{
    struct pair *pair = &scene->pairs[number];
    pair->scene = scene;
    pair->number = number;
    return pair;
}

static void something_happens(struct scene *scene, struct leat_scope *talking)
{
    struct world *world = scene->world;
    world_pause(world, 300 * MS_NS);
    switch (world_draw(world, 4)) {
    case 0:
        leat_scope_cancel(talking);
        break;
    case 1:
        check_status(leat_sim_partition(world->loop, NULL), LEAT_OK);
        world_pause(world, 2000 * S_NS);
        leat_sim_heal(world->loop);
        break;
    default:
        break;
    }
}

static void scene_runs(void *arg)
{
    struct scene *scene = arg;
    struct world *world = scene->world;
    struct leat_scope talking;
    unsigned len = 1 + (unsigned)world_draw(world, PAIRS_MAX);
    uint64_t began_ns = leat_loop_clock(world->loop);
    scene->harmless = world->calm && world_percent(world, 50);
    leat_scope_open(&talking, world->fibers);
    for (unsigned i = 0; i < len; i++) {
        if (leat_scope_spawn(&talking, pair_runs, pair_of(scene, i)) != LEAT_OK)
            check(!scene->harmless);
    }
    if (!scene->harmless)
        something_happens(scene, &talking);
    leat_scope_close(&talking);
    for (unsigned i = 0; i < len && scene->harmless; i++)
        check_whole(&scene->pairs[i], began_ns);
    /* When all is calm again, whoever comes is heard. */
    world_calm(world);
    scene->harmless = true;
    began_ns = leat_loop_clock(world->loop);
    pair_runs(pair_of(scene, PAIRS_MAX));
    check_whole(&scene->pairs[PAIRS_MAX], began_ns);
}

static void test(struct world *world)
{
    static struct scene scene;
    struct random dice = { world->seed };
    struct leat_sim_options options = {
        .window_bytes = 256 + random_len(&dice, 64 * LEAT_KIB),
        .buffers = 4 * PAIRS_MAX + (unsigned)random_len(&dice, 256),
        .buffer_bytes = 64 + (unsigned)random_len(&dice, 8 * LEAT_KIB),
    };
    scene = (struct scene){ .world = world };
    sessions_seed(world->seed);
    world_begin(world, &options, NULL);
    world_run(world, scene_runs, &scene);
    world_end(world);
}

int main(int argc, char **argv)
{
    /* What they draw once is not to be part of any run. */
    sessions_seed(0);
    for (int version = LEAT_TLS_1_2; version <= LEAT_TLS_1_3; version++) {
        check(sessions_context(LEAT_TLS_CLIENT, (enum leat_tls_version)version) != NULL);
        check(sessions_context(LEAT_TLS_SERVER, (enum leat_tls_version)version) != NULL);
    }
    int code = world_main(argc, argv, SEEDS, test);
    sessions_contexts_destroy();
    return code;
}
