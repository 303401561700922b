/* One connection: requests are read, answered, and the answers to those that came together go out
 * together. */

#include <errno.h>
#include <time.h>

#include "apps/http/page.h"
#include "apps/serve/site.h"

/* A longer target is refused by the parser. */
enum { TARGET_BYTES_MAX = 8 * LEAT_KIB };

/* The longest head of an answer, but for its location: a path may be all escapes, and a query as
 * long as a target. */
enum { HEAD_ROOM = 2 * LEAT_KIB };

/* A body that nobody asked for is read up to this, so that the connection can go on. */
enum { BODY_SKIPPED_MAX = 64 * LEAT_KIB };

/* How much, and how long, of what a client still sends is taken after the last answer: a connection
 * that is closed with bytes unread is reset, and the client may lose the answer. */
#define LINGER_BYTES_MAX (256 * LEAT_KIB)
#define LINGER_NS        1000000000u

/* --- Reading a request --- */

enum reading { READ_WHOLE, READ_REFUSED, READ_OVER };

/* Wait for more of a head, within the time that a head has. What was answered goes out before. */
static enum leat_status more(struct exchange *x, size_t min)
{
    struct leat_span span;
    enum leat_status status = leat_flush(x->w, LEAT_FLUSH_PUSH);
    return status == LEAT_OK ? leat_peek(x->r, min, &span) : status;
}

static uint64_t head_deadline(const struct site *site)
{
    return leat_loop_clock(site->loop) +
           NS * flags_number_or(site->flags.head_seconds, SERVE_HEAD_SECONDS);
}

static enum reading head_parse(struct exchange *x, unsigned *ret_status)
{
    struct http_request_parser parser = { 0 };
    struct leat_scope scope;
    bool timed = false;
    enum leat_status status = LEAT_OK;
    enum http_progress progress = HTTP_MORE;
    while (status == LEAT_OK && progress == HTTP_MORE) {
        struct leat_span head = { x->r->pos, (size_t)(x->r->end - x->r->pos) };
        progress = head.len == 0 ? HTTP_MORE
                                 : http_request_parse(&parser, &x->site->limits, head, &x->request,
                                                      ret_status);
        if (progress != HTTP_MORE)
            break;
        /* Most heads come whole, and need no timer. */
        if (!timed) {
            leat_scope_open(&scope, x->site->fibers);
            leat_scope_deadline(&scope, head_deadline(x->site));
            timed = true;
        }
        status = more(x, head.len + 1);
    }
    bool late = timed && leat_scope_is_cancelled(&scope);
    if (timed)
        leat_scope_close(&scope);
    if (progress == HTTP_WHOLE)
        return READ_WHOLE;
    if (progress == HTTP_REFUSED)
        return READ_REFUSED;
    *ret_status = 408;
    return late && x->r->end > x->r->pos ? READ_REFUSED : READ_OVER;
}

/* --- Writing an answer --- */

/* The date is the same for a second. */
static void date_set(struct exchange *x)
{
    struct site *site = x->site;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    x->now_s = (int64_t)now.tv_sec;
    if (x->now_s != site->now_s && http_date_format(x->now_s, site->date))
        site->now_s = x->now_s;
}

enum leat_status exchange_head(struct exchange *x, struct http_response *response)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(x->w, HEAD_ROOM + response->location.len, &room);
    if (status != LEAT_OK)
        return status;
    x->site->counts.responses[response->status / 100]++;
    response->date = x->site->now_s != 0 ? x->site->date : NULL;
    response->keep_alive = x->keeps && response->body != HTTP_BODY_CLOSE;
    response->version_minor = x->request.version_minor;
    x->keeps = response->keep_alive;
    size_t len = http_respond(response, room);
    leat_assert(len > 0);
    leat_commit(x->w, len);
    /* The request has said all: its memory is not kept from others while the answer is taken. */
    leat_consume(x->r, x->request.head_len);
    leat_connection_rest(x->connection);
    return LEAT_OK;
}

enum leat_status exchange_text(struct exchange *x, struct http_response *response,
                               struct leat_span body)
{
    size_t done;
    response->body = HTTP_BODY_LENGTH;
    response->content_length = body.len;
    enum leat_status status = exchange_head(x, response);
    if (status != LEAT_OK || x->request.method == HTTP_HEAD)
        return status;
    x->site->counts.body_bytes += body.len;
    return leat_write(x->w, body.data, body.len, &done);
}

enum leat_status exchange_error(struct exchange *x, unsigned status, const char *why, bool closes)
{
    struct term_buffer page = { 0 };
    struct http_response response = {
        .status = status,
        .content_type = "text/html; charset=utf-8",
        .allow = status == 405 ? "GET, HEAD, OPTIONS" : NULL,
    };
    x->keeps = x->keeps && !closes;
    http_page_error(&page, status, (struct leat_span){ (const uint8_t *)why, strlen(why) });
    enum leat_status wrote =
        exchange_text(x, &response, (struct leat_span){ (uint8_t *)page.data, page.len });
    term_buffer_fini(&page);
    return wrote;
}

unsigned exchange_status_of(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ENXIO: /* a socket */
        return 404;
    case EACCES:
    case EPERM:
    case ELOOP:
    case EXDEV: /* a link that leads out of the root */
        return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return 503;
    default:
        return 500;
    }
}

/* --- Answering --- */

enum leat_status exchange_redirect(struct exchange *x)
{
    struct term_buffer location = { 0 };
    struct leat_span names = x->target.inner, name;
    term_putc(&location, '/');
    http_put_path(&location, x->target.outer);
    while (x->target.steps > 0 && http_target_next(&names, &name)) {
        term_puts(&location, "!/");
        http_put_name(&location, name);
    }
    term_putc(&location, '/');
    if (x->target.has_query) {
        term_putc(&location, '?');
        term_put(&location, x->target.query.data, x->target.query.len);
    }
    struct http_response response = {
        .status = 301,
        .location = { (uint8_t *)location.data, location.len },
    };
    enum leat_status status =
        location.cut ? LEAT_FAULT : exchange_text(x, &response, (struct leat_span){ 0 });
    term_buffer_fini(&location);
    return status;
}

static enum leat_status answer_path(struct exchange *x)
{
    struct file *file;
    struct leat_io io = files_take(&x->site->files, x->target.outer, &file);
    if (io.status != LEAT_OK)
        return exchange_error(x, exchange_status_of(io.code), "", false);
    site_sweeps(x->site);
    enum leat_status status;
    bool is_folder = file->stat.kind == LEAT_KIND_FOLDER;
    if (file->stat.kind != LEAT_KIND_FILE && !is_folder)
        status = exchange_error(x, 403, "This is no file.", false);
    else if (x->target.steps > 0 && (is_folder || x->site->flags.no_layers))
        status = exchange_error(x, 404, "", false);
    else if (x->target.steps > 0)
        status = send_layers(x, file);
    else if (is_folder)
        status = x->target.folder || x->target.outer.len == 0 ? send_folder(x, file)
                                                              : exchange_redirect(x);
    else if (x->target.folder)
        status = exchange_error(x, 404, "", false);
    else
        status = send_file(x, file);
    file_release(file);
    return status;
}

static bool is_text(struct leat_span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.data, text, span.len) == 0;
}

static enum leat_status answer(struct exchange *x)
{
    uint8_t path[TARGET_BYTES_MAX + 1];
    struct http_request *request = &x->request;
    if (request->method == HTTP_OPTIONS) {
        struct http_response response = { .status = 204, .allow = "GET, HEAD, OPTIONS" };
        return exchange_head(x, &response);
    }
    if (request->method != HTTP_GET && request->method != HTTP_HEAD)
        return exchange_error(x, 405, "", false);
    struct leat_room room = { path, sizeof(path) };
    unsigned refused = http_target_parse(request->target, room, &x->target);
    if (refused != 0)
        return exchange_error(x, refused, "", false);
    if (x->target.steps == 0 && is_text(x->target.outer, "-/metrics"))
        return send_metrics(x);
    return answer_path(x);
}

/* Pass by a body that the request brought and nobody wants. Who is slow to send it may wait for the
 * answer first, and who never sends all of it still gets one. */
static enum leat_status body_skip(struct exchange *x)
{
    uint64_t done;
    const uint64_t body_len = x->request.content_length;
    if (!x->keeps || body_len == 0)
        return LEAT_OK;
    if (body_len > (uint64_t)(x->r->end - x->r->pos)) {
        enum leat_status status = leat_flush(x->w, LEAT_FLUSH_PUSH);
        if (status != LEAT_OK)
            return status;
    }
    /* It is small, and has as long as a head has. */
    struct leat_scope scope;
    leat_scope_open(&scope, x->site->fibers);
    leat_scope_deadline(&scope, head_deadline(x->site));
    enum leat_status status = leat_skip(x->r, body_len, &done);
    leat_scope_close(&scope);
    x->keeps = status == LEAT_OK;
    return LEAT_OK;
}

/* Say that nothing more comes, and hear the client out for a moment. */
static void linger(struct exchange *x)
{
    struct leat_scope scope;
    uint64_t done;
    if (leat_flush(x->w, LEAT_FLUSH_FINISH) != LEAT_OK)
        return;
    leat_scope_open(&scope, x->site->fibers);
    leat_scope_deadline(&scope, leat_loop_clock(x->site->loop) + LINGER_NS);
    enum leat_status status = leat_skip(x->r, LINGER_BYTES_MAX, &done);
    (void)status; /* the end, a fault or too much: it is closed */
    leat_scope_close(&scope);
}

/* One request and its answer. KEEP: there may be another. */
static enum leat_served exchange_one(struct exchange *x)
{
    unsigned refused = 400;
    enum reading reading = head_parse(x, &refused);
    if (reading == READ_OVER)
        return LEAT_SERVED_CLOSE;
    date_set(x);
    x->site->counts.requests++;
    if (reading == READ_REFUSED) {
        /* Nothing of it is trusted but that a HEAD wants no body. */
        x->request = (struct http_request){ .method = x->request.method, .version_minor = 1 };
        if (exchange_error(x, refused, "", true) == LEAT_OK)
            linger(x);
        return LEAT_SERVED_CLOSE;
    }
    struct http_request *request = &x->request;
    bool too_long = request->chunked || request->content_length > BODY_SKIPPED_MAX;
    x->keeps = request->keep_alive && !too_long && !request->expects_continue;
    for (unsigned i = 0; i < x->site->listeners_len; i++)
        x->keeps = x->keeps && !leat_server_stops(x->site->servers[i]);
    enum leat_status status = answer(x);
    if (status == LEAT_OK)
        status = body_skip(x);
    if (status != LEAT_OK) {
        x->site->counts.broken++;
        /* What there was of an archive that is cut goes out, and then the cut shows. */
        if (leat_writer_fault(x->w) == NULL)
            (void)!leat_flush(x->w, LEAT_FLUSH_PUSH);
        return LEAT_SERVED_CLOSE;
    }
    if (!x->keeps)
        linger(x);
    return x->keeps ? LEAT_SERVED_KEEP : LEAT_SERVED_CLOSE;
}

enum leat_served exchange_handle(struct leat_connection *connection, void *user)
{
    struct leat_reader *r = leat_connection_reader(connection);
    struct leat_writer *w = leat_connection_writer(connection);
    enum leat_served served;
    do {
        struct exchange x = { .site = user, .connection = connection, .r = r, .w = w };
        served = exchange_one(&x);
    } while (served == LEAT_SERVED_KEEP && r->end > r->pos);
    return served;
}
