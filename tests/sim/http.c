/* What `leat serve` answers, in simulated worlds: clients send requests in pieces, some of them
 * wrong, and read slowly or leave; files are replaced and cut meanwhile. Each answer that is whole
 * is right to the byte, and what was sent under one tag is of one file. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/serve/site.h"
#include "tests/sim/world.h"

enum { SEEDS = 2000, CLIENTS_MAX = 8, REQUESTS_MAX = 12, PAGES = 4, VERSIONS_MAX = 4 };
enum { PAGE_MAX = 120000, HEAD_MAX = 8192, TAG_MAX = 80, SEEN_MAX = 256 };

/* A file: its versions, of which one at a time has the name, and to how much it may be cut. */
struct page {
    char path[16];
    unsigned versions;
    size_t size[VERSIONS_MAX];
    uint64_t from_ns[VERSIONS_MAX]; /* since when it has the name */
    size_t cut;                     /* 0: never */
};

/* A tag, and the versions that all that came under it may have been of. */
struct seen {
    unsigned page;
    char tag[TAG_MAX];
    unsigned versions;
};

enum asks {
    ASKS_GET,
    ASKS_HEAD,
    ASKS_RANGE,
    ASKS_UNLESS,
    ASKS_MISSING,
    ASKS_POST,
    ASKS_WRONG,
    ASKS
};

struct scene {
    struct world *world;
    struct site site;
    struct leat_scope serving, asking, background;
    bool harmless;
    unsigned asked, answered;
    unsigned seen_len;
    struct page pages[PAGES];
    struct seen seen[SEEN_MAX];
};

struct client {
    struct scene *scene;
    struct leat_connection *connection;
    bool slow, leaves, over;
    enum asks asks;
    unsigned page;
    char tag[TAG_MAX]; /* that it asked with */
    size_t first, last;
    uint64_t asked_ns;
};

struct answer {
    unsigned status;
    bool has_length, closes;
    size_t length, first, size;
    char tag[TAG_MAX];
};

static uint8_t byte_of(unsigned page, unsigned version, size_t at)
{
    return (uint8_t)(at * 7 + (at >> 8) * 13 + page * 101 + version * 57 + (at >> 16));
}

/* --- Requests --- */

static const char *tag_known(struct scene *scene, unsigned page)
{
    for (unsigned i = 0; i < scene->seen_len; i++) {
        if (scene->seen[i].page == page && world_percent(scene->world, 50))
            return scene->seen[i].tag;
    }
    return "\"1-1-1\"";
}

static size_t request_make(struct client *client, char *text, size_t size)
{
    struct scene *scene = client->scene;
    struct world *world = scene->world;
    client->asks = scene->harmless ? world_draw(world, ASKS_WRONG) : world_draw(world, ASKS);
    client->page = (unsigned)world_draw(world, PAGES);
    const char *path = scene->pages[client->page].path;
    const char *host = "\r\nHost: sim\r\n";
    int len = 0;
    client->first = world_draw(world, 20000);
    client->last = client->first + world_draw(world, 20000);
    snprintf(client->tag, TAG_MAX, "%s", tag_known(scene, client->page));
    switch (client->asks) {
    case ASKS_HEAD:
        len = snprintf(text, size, "HEAD /%s HTTP/1.1%s\r\n", path, host);
        break;
    case ASKS_RANGE:
        len = snprintf(text, size, "GET /%s HTTP/1.1%sRange: bytes=%zu-%zu\r\n\r\n", path, host,
                       client->first, client->last);
        break;
    case ASKS_UNLESS:
        len = snprintf(text, size, "GET /%s HTTP/1.1%sIf-None-Match: %s\r\n\r\n", path, host,
                       client->tag);
        break;
    case ASKS_MISSING:
        len = snprintf(text, size, "GET /no/%s HTTP/1.1%s\r\n", path, host);
        break;
    case ASKS_POST:
        len = snprintf(text, size, "POST /%s HTTP/1.1%sContent-Length: 5\r\n\r\nabcde", path, host);
        break;
    case ASKS_WRONG:
        len = snprintf(text, size, "GET /%s HTTP/1.1\r\nHost\r\n\r\n", path);
        break;
    default:
        len = snprintf(text, size, "GET /%s HTTP/1.1%s\r\n", path, host);
        break;
    }
    check(len > 0 && (size_t)len < size);
    return (size_t)len;
}

/* In pieces that end anywhere. False: the connection is of no more use. */
static bool request_send(struct client *client)
{
    struct world *world = client->scene->world;
    struct leat_writer *w = leat_connection_writer(client->connection);
    char text[512];
    size_t len = request_make(client, text, sizeof(text)), at = 0, done;
    enum leat_status status = LEAT_OK;
    client->asked_ns = leat_loop_clock(world->loop);
    while (at < len && status == LEAT_OK) {
        size_t some = world_percent(world, 50) ? len - at : world_len(world, len - at);
        status = leat_write(w, text + at, some, &done);
        at += some;
        if (status == LEAT_OK)
            status = leat_flush(w, LEAT_FLUSH_PUSH);
        if (at < len)
            world_pause(world, client->scene->harmless ? 20 * MS_NS : 4 * S_NS);
    }
    client->scene->asked++;
    return status == LEAT_OK;
}

/* --- Answers --- */

static size_t number_after(const char *text)
{
    char *end;
    check(*text >= '0' && *text <= '9');
    return (size_t)strtoull(text, &end, 10);
}

static void field_read(struct answer *answer, const char *line)
{
    const char *size;
    check(strchr(line, ':') != NULL);
    if (strncmp(line, "Content-Length: ", 16) == 0) {
        check(!answer->has_length);
        answer->has_length = true;
        answer->length = number_after(line + 16);
    } else if (strncmp(line, "ETag: ", 6) == 0) {
        snprintf(answer->tag, TAG_MAX, "%s", line + 6);
    } else if (strncmp(line, "Content-Range: bytes ", 21) == 0) {
        size = strchr(line, '/');
        check(size != NULL);
        answer->size = number_after(size + 1);
        answer->first = line[21] == '*' ? 0 : number_after(line + 21);
    } else if (strcmp(line, "Connection: close") == 0) {
        answer->closes = true;
    }
    check(strncmp(line, "Transfer-Encoding", 17) != 0);
}

static void head_read(struct answer *answer, char *head)
{
    *answer = (struct answer){ 0 };
    check(strncmp(head, "HTTP/1.1 ", 9) == 0);
    answer->status = (unsigned)number_after(head + 9);
    char *line = strstr(head, "\r\n");
    while (line != NULL && strcmp(line, "\r\n\r\n") != 0) {
        char *next = strstr(line + 2, "\r\n");
        check(next != NULL);
        *next = '\0';
        field_read(answer, line + 2);
        *next = '\r';
        line = next;
    }
}

/* Take a head. False: it did not come whole. */
static bool head_take(struct client *client, struct answer *answer)
{
    struct leat_reader *r = leat_connection_reader(client->connection);
    struct leat_span span = { 0 };
    static char head[HEAD_MAX + 1];
    enum leat_status status = LEAT_OK;
    for (size_t min = 1; status == LEAT_OK; min = span.len + 1) {
        check(min <= HEAD_MAX);
        status = leat_peek(r, min, &span);
        const uint8_t *end = memmem(span.data, span.len, "\r\n\r\n", 4);
        if (end == NULL)
            continue;
        size_t len = (size_t)(end - span.data) + 4;
        memcpy(head, span.data, len);
        head[len] = '\0';
        head_read(answer, head);
        leat_consume(r, len);
        return true;
    }
    return false;
}

/* Which versions of the page these bytes may be of, of those in `versions`. */
static unsigned versions_of(const struct client *client, unsigned versions, size_t at,
                            struct leat_span bytes)
{
    for (unsigned v = 0; v < VERSIONS_MAX; v++) {
        for (size_t i = 0; i < bytes.len && versions & 1u << v; i++) {
            if (bytes.data[i] != byte_of(client->page, v, at + i))
                versions &= ~(1u << v);
        }
    }
    return versions;
}

/* Whether a version was there at some time since the request, less for how long the server need not
 * look. A clock that jumps comes there before the machine does. */
static bool is_timely(const struct client *client, const struct page *page, unsigned version)
{
    uint64_t late_ns = SERVE_FRESH_MS * MS_NS + (client->scene->harmless ? MS_NS : 120 * S_NS);
    uint64_t until_ns = LEAT_NEVER - late_ns;
    for (unsigned v = 0; v < page->versions; v++) {
        if (page->from_ns[v] > page->from_ns[version] && page->from_ns[v] < until_ns)
            until_ns = page->from_ns[v];
    }
    const struct world *world = client->scene->world;
    return page->from_ns[version] <= leat_loop_clock(world->loop) &&
           (until_ns + late_ns >= client->asked_ns || world->starves > 0);
}

/* Those of the size that was named, or that may have been cut to it. */
static unsigned versions_sized(const struct client *client, const struct page *page, size_t size)
{
    unsigned versions = 0;
    for (unsigned v = 0; v < page->versions; v++) {
        if (!is_timely(client, page, v))
            continue;
        if (size == page->size[v] || (page->cut != 0 && size == page->cut && size < page->size[v]))
            versions |= 1u << v;
    }
    return versions;
}

/* All that ever came under one tag is of one file. */
static void seen_add(struct scene *scene, unsigned page, const char *tag, unsigned versions)
{
    check(versions != 0);
    check(tag[0] == '"');
    for (unsigned i = 0; i < scene->seen_len; i++) {
        struct seen *seen = &scene->seen[i];
        if (seen->page != page || strcmp(seen->tag, tag) != 0)
            continue;
        seen->versions &= versions;
        check(seen->versions != 0);
        return;
    }
    if (scene->seen_len == SEEN_MAX)
        return;
    struct seen *seen = &scene->seen[scene->seen_len++];
    *seen = (struct seen){ .page = page, .versions = versions };
    snprintf(seen->tag, TAG_MAX, "%s", tag);
}

/* Take the body. False: it was cut off. */
static bool body_take(struct client *client, const struct answer *answer, bool is_page)
{
    struct scene *scene = client->scene;
    struct leat_reader *r = leat_connection_reader(client->connection);
    size_t size = answer->status == 206 ? answer->size : answer->length;
    unsigned versions = is_page ? versions_sized(client, &scene->pages[client->page], size) : 0;
    size_t at = 0;
    enum leat_status status = LEAT_OK;
    /* Who was late with a head did not come to say what it is of. */
    bool is_head = client->asks == ASKS_HEAD && answer->status != 408;
    while (!is_head && at < answer->length && status == LEAT_OK) {
        struct leat_span span;
        status = leat_peek(r, 1, &span);
        span.len = span.len < answer->length - at ? span.len : answer->length - at;
        if (is_page)
            versions = versions_of(client, versions, answer->first + at, span);
        at += span.len;
        leat_consume(r, span.len);
        if (client->slow)
            world_pause(scene->world, 2 * S_NS);
    }
    if (is_page)
        seen_add(scene, client->page, answer->tag, versions);
    return is_head || at == answer->length;
}

static void check_status_of(const struct client *client, const struct answer *answer)
{
    static const unsigned expected[ASKS][3] = {
        [ASKS_GET] = { 200 },         [ASKS_HEAD] = { 200 },    [ASKS_RANGE] = { 206, 416, 200 },
        [ASKS_UNLESS] = { 200, 304 }, [ASKS_MISSING] = { 404 }, [ASKS_POST] = { 405 },
        [ASKS_WRONG] = { 400 },
    };
    const unsigned *of = expected[client->asks];
    unsigned status = answer->status;
    check_says("status", status);
    bool as_expected = status == of[0] || (of[1] != 0 && (status == of[1] || status == of[2]));
    /* Late with its head; and a system that has no memory or descriptors, or cannot read. */
    bool excused = status == 408 || status == 500 || status == 503;
    check(as_expected || (excused && !client->scene->harmless));
    check(answer->has_length || status == 304);
    check(status != 206 || answer->first == client->first);
    check(status != 416 || client->first >= answer->size);
    check(status != 304 || strcmp(answer->tag, client->tag) == 0);
    check_forgets_after("seed");
}

/* One request and its answer. False: it did not come whole. */
static bool client_asks(struct client *client)
{
    struct answer answer;
    if (!request_send(client) || !head_take(client, &answer))
        return false;
    check_status_of(client, &answer);
    bool is_page = answer.status == 200 || answer.status == 206;
    if (!body_take(client, &answer, is_page))
        return false;
    client->scene->answered++;
    client->over = answer.closes;
    return true;
}

/* --- Clients --- */

static void client_talks(struct client *client)
{
    struct scene *scene = client->scene;
    struct world *world = scene->world;
    struct leat_scope scope;
    struct leat_span span;
    unsigned requests = 1 + (unsigned)world_draw(world, REQUESTS_MAX);
    leat_scope_open(&scope, world->fibers);
    if (client->leaves)
        leat_scope_deadline(&scope, leat_loop_clock(world->loop) + world_len(world, 500 * MS_NS));
    bool whole = true;
    for (unsigned i = 0; i < requests && whole && !client->over; i++) {
        whole = client_asks(client);
        /* After an hour nobody is there any more. */
        if (world_percent(world, 10))
            world_pause(world, scene->harmless ? 20 * S_NS : 3600 * S_NS);
    }
    check(whole || !scene->harmless);
    if (whole && client->over)
        check(leat_peek(leat_connection_reader(client->connection), 1, &span) != LEAT_OK);
    leat_scope_close(&scope);
}

static void client_runs(void *arg)
{
    struct scene *scene = arg;
    struct world *world = scene->world;
    struct leat_connection_options options = { .receive_timeout_ns = 7200 * S_NS };
    struct client client = { .scene = scene };
    client.slow = !scene->harmless && world_percent(world, 20);
    client.leaves = !scene->harmless && world_percent(world, 20);
    world_pause(world, 50 * MS_NS);
    client.connection =
        leat_connection_to(&world->ctx, &scene->site.listeners[0].address, &options);
    if (client.connection == NULL)
        return;
    client_talks(&client);
    leat_connection_close(client.connection);
}

/* --- Files --- */

static void bytes_make(uint8_t *bytes, unsigned page, unsigned version, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_of(page, version, i);
}

/* Soon, while most is going on, or later. */
static uint64_t some_time(struct world *world)
{
    size_t max_ns = world_percent(world, 70) ? 100 * MS_NS : 10 * S_NS;
    return leat_loop_clock(world->loop) + 1 + world_draw(world, max_ns);
}

/* Every page has its first version now, and the others some time; one may be cut. */
static void page_make(struct scene *scene, unsigned number)
{
    static uint8_t bytes[PAGE_MAX];
    struct world *world = scene->world;
    struct page *page = &scene->pages[number];
    char path[32];
    snprintf(page->path, sizeof(page->path), "page%u", number);
    snprintf(path, sizeof(path), "/www/%s", page->path);
    page->versions = 1 + (unsigned)world_draw(world, VERSIONS_MAX);
    for (unsigned v = 0; v < page->versions; v++) {
        bool large = world_percent(world, 50);
        page->size[v] = large ? 1 + world_draw(world, PAGE_MAX) : world_len(world, PAGE_MAX);
        page->from_ns[v] = v > 0 ? some_time(world) : 0;
        bytes_make(bytes, number, v, page->size[v]);
        if (v == 0)
            check_status(leat_sim_file_put(world->loop, path, bytes, page->size[v]), LEAT_OK);
        else
            check_status(
                leat_sim_file_replace(world->loop, path, bytes, page->size[v], page->from_ns[v]),
                LEAT_OK);
    }
    if (scene->harmless || !world_percent(world, 30))
        return;
    page->cut = 1 + world_draw(world, page->size[0]);
    check_status(leat_sim_file_cut(world->loop, path, page->cut, some_time(world)), LEAT_OK);
}

/* --- The site --- */

static void serves(void *arg)
{
    struct scene *scene = arg;
    enum leat_status status = leat_server_run(scene->site.servers[0]);
    check(status == LEAT_OK || leat_scope_is_cancelled(&scene->serving));
    leat_listener_close(&scene->site.listeners[0]);
}

/* As serve.c begins it. False: the system refused. */
static bool site_begins(struct scene *scene)
{
    struct site *site = &scene->site;
    struct world *world = scene->world;
    struct leat_address address;
    site->loop = world->loop;
    site->fibers = world->fibers;
    site->root = site->signals = -1;
    leat_ctx_init(&site->ctx,
                  &(struct leat_ctx_options){ .alloc = world->alloc, .engine = world->ctx.engine });
    struct leat_io io =
        leat_engine_open(site->ctx.engine, AT_FDCWD, "/www", O_RDONLY | O_DIRECTORY, 0);
    if (io.status != LEAT_OK)
        return false;
    site->root = io.descriptor;
    files_init(&site->files, &site->ctx, site->root, 1 * S_NS);
    check_status(leat_address_parse("10.0.0.80:80", &address), LEAT_OK);
    if (leat_listener_open(&site->listeners[0], &site->ctx, &address, NULL) != LEAT_OK)
        return false;
    struct leat_server_options options = {
        .handle = exchange_handle,
        .user = site,
        .connection = { .receive_timeout_ns = SERVE_IDLE_SECONDS * S_NS,
                        .send_timeout_ns = SERVE_SEND_SECONDS * S_NS },
        .idle_timeout_ns = SERVE_IDLE_SECONDS * S_NS,
        .connections_max = 1 + (uint32_t)world_draw(world, 2 * CLIENTS_MAX),
    };
    site->servers[0] = leat_server_create(world->fibers, &site->listeners[0], &options);
    if (site->servers[0] != NULL)
        site->listeners_len = 1;
    else
        leat_listener_close(&site->listeners[0]);
    return site->listeners_len == 1;
}

static void site_ends(struct scene *scene)
{
    struct site *site = &scene->site;
    if (site->listeners_len == 1) {
        check_equal(leat_server_counts(site->servers[0]).open, 0);
        leat_server_destroy(site->servers[0]);
    }
    if (site->root >= 0) {
        files_fini(&site->files);
        leat_engine_close(site->ctx.engine, site->root);
    }
    check_equal(site->ctx.open, 0);
    leat_ctx_fini(&site->ctx);
}

static void clients_run(struct scene *scene)
{
    struct world *world = scene->world;
    unsigned len = 1 + (unsigned)world_draw(world, CLIENTS_MAX);
    leat_scope_open(&scene->asking, world->fibers);
    for (unsigned i = 0; i < len; i++) {
        if (leat_scope_spawn(&scene->asking, client_runs, scene) != LEAT_OK)
            check(!scene->harmless);
    }
    if (!scene->harmless && world_percent(world, 30)) {
        world_pause(world, 2 * S_NS);
        leat_server_stop(scene->site.servers[0], world_len(world, 10 * S_NS));
    }
    leat_scope_close(&scene->asking);
    check(!scene->harmless || scene->asked == scene->answered);
}

static void scene_runs(void *arg)
{
    struct scene *scene = arg;
    struct world *world = scene->world;
    if (site_begins(scene)) {
        leat_scope_open(&scene->background, world->fibers);
        scene->site.background = &scene->background;
        leat_scope_open(&scene->serving, world->fibers);
        if (leat_scope_spawn(&scene->serving, serves, scene) == LEAT_OK)
            clients_run(scene);
        leat_server_stop(scene->site.servers[0], world_len(world, 1 * S_NS));
        leat_scope_close(&scene->serving);
        scene->site.background = NULL;
        if (world_percent(world, 50))
            leat_scope_cancel(&scene->background);
        leat_scope_close(&scene->background);
        check(!scene->site.sweeps);
        leat_listener_close(&scene->site.listeners[0]);
    } else {
        check(!world->calm);
    }
    site_ends(scene);
}

static void test(struct world *world)
{
    static struct scene scene;
    struct random dice = { world->seed };
    struct leat_sim_options options = {
        .window_bytes = 1024 + random_len(&dice, 64 * LEAT_KIB),
        .buffers = 64 + (unsigned)random_len(&dice, 256),
        .buffer_bytes = 64 + (unsigned)random_len(&dice, 8 * LEAT_KIB),
    };
    scene = (struct scene){ .world = world };
    world_begin(world, &options, &(struct leat_fibers_options){ .stack_bytes = 256 * LEAT_KIB });
    scene.harmless = world->calm && world_percent(world, 50);
    check_status(leat_sim_folder(world->loop, "/www"), LEAT_OK);
    for (unsigned i = 0; i < PAGES; i++)
        page_make(&scene, i);
    world_run(world, scene_runs, &scene);
    world_end(world);
}

int main(int argc, char **argv)
{
    return world_main(argc, argv, SEEDS, test);
}
