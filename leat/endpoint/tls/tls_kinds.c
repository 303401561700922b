#include "leat/endpoint/tls/tls.h"

#include <linux/sockios.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "leat/endpoint/socket/connection.h"
#include "leat/endpoint/tls/certificates_test.h"
#include "tests/kinds/ends.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"

/* The near end is a session over a connection, and the far one OpenSSL by itself over the other
 * socket. */

/* What a record has beside its bytes, in either version. */
enum { RECORD_MORE_LEN = 32 };

/* What all have in common; made once. */
static struct {
    bool made;
    struct leat_tls_context *client, *server;
    SSL_CTX *far_client, *far_server;
} common;

static void far_server_make(const struct identity *identity)
{
    common.far_server = SSL_CTX_new(TLS_server_method());
    check(SSL_CTX_use_certificate(common.far_server, identity->x509) == 1);
    check(SSL_CTX_use_PrivateKey(common.far_server, identity->pkey) == 1);
    check(SSL_CTX_set_num_tickets(common.far_server, 0) == 1);
    SSL_CTX_set_mode(common.far_server, SSL_MODE_ENABLE_PARTIAL_WRITE);
}

static void common_make(void)
{
    struct identity authority, identity;
    struct leat_fault fault;
    if (common.made)
        return;
    identity_authority(&authority, "authority");
    identity_signed(&identity, &authority, "server", "DNS:leat.example", -60, 3600);
    common.client = leat_tls_context_create(
        &(struct leat_tls_options){ .authorities = identity_certificate(&authority) }, &fault);
    common.server = leat_tls_context_create(
        &(struct leat_tls_options){ .role = LEAT_TLS_SERVER,
                                    .certificate = identity_certificate(&identity),
                                    .key = identity_key(&identity) },
        &fault);
    check(common.client != NULL && common.server != NULL);
    common.far_client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(common.far_client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    far_server_make(&identity);
    identity_fini(&authority);
    identity_fini(&identity);
    common.made = true;
}

/* --- Both ends --- */

struct ends {
    bool is_client; /* the near one */
    SSL *far;
    bool shaken;
    struct leat_connection *connection;
    struct leat_tls *tls;
};

static void make(struct kind_end *end, bool is_client, int version)
{
    struct ends *ends = calloc(1, sizeof(*ends));
    common_make();
    ends_socket(end);
    end->own = ends;
    ends->is_client = is_client;
    ends->far = SSL_new(is_client ? common.far_server : common.far_client);
    check(SSL_set_fd(ends->far, end->far_fd) == 1);
    check(SSL_set_max_proto_version(ends->far, version) == 1);
    if (is_client)
        SSL_set_accept_state(ends->far);
    else
        SSL_set_connect_state(ends->far);
}

static void make_client_1_3(struct kind_end *end)
{
    make(end, true, TLS1_3_VERSION);
}

static void make_server_1_3(struct kind_end *end)
{
    make(end, false, TLS1_3_VERSION);
}

static void make_client_1_2(struct kind_end *end)
{
    make(end, true, TLS1_2_VERSION);
}

static void make_server_1_2(struct kind_end *end)
{
    make(end, false, TLS1_2_VERSION);
}

/* False: there is no memory. */
static bool session_opens(struct kind_end *end)
{
    struct ends *ends = end->own;
    ends->connection = leat_connection_of(end->ctx, end->near_fd, NULL, NULL);
    if (ends->connection == NULL)
        return false;
    ends->tls = leat_tls_over(
        leat_connection_reader(ends->connection), leat_connection_writer(ends->connection),
        ends->is_client ? common.client : common.server, ends->is_client ? "leat.example" : NULL);
    return ends->tls != NULL;
}

static struct leat_reader *open_reader(struct kind_end *end)
{
    bool opens = session_opens(end);
    return opens ? leat_tls_reader(((struct ends *)end->own)->tls) : &end->ctx->no_reader;
}

static struct leat_writer *open_writer(struct kind_end *end)
{
    bool opens = session_opens(end);
    return opens ? leat_tls_writer(((struct ends *)end->own)->tls) : &end->ctx->no_writer;
}

static void unmake(struct kind_end *end)
{
    struct ends *ends = end->own;
    leat_tls_close(ends->tls);
    leat_connection_close(ends->connection);
    SSL_free(ends->far);
    free(ends);
    end->own = NULL;
    ends_unmake(end);
}

/* --- Shaking hands --- */

static bool answers(struct kind_end *end)
{
    struct ends *ends = end->own;
    if (ends->shaken || end->far_fd < 0)
        return ends->shaken;
    ERR_clear_error();
    ends->shaken = SSL_do_handshake(ends->far) == 1;
    return ends->shaken;
}

static void begins(struct kind_end *end)
{
    const struct ends *ends = end->own;
    enum leat_status status;
    while ((status = leat_tls_handshake(ends->tls)) == LEAT_AGAIN)
        drive_wait(leat_tls_reader(ends->tls));
    check_status(status, LEAT_OK);
}

static const struct kind_talk handshake = { answers, begins };

/* --- The far end --- */

/* So much room that a record need never be put off, nor the end. */
static bool has_room(int fd)
{
    int unread, size;
    socklen_t size_len = sizeof(size);
    check(ioctl(fd, SIOCOUTQ, &unread) == 0);
    check(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &size_len) == 0);
    return unread < size / 2;
}

static size_t feed(struct kind_end *end, const void *data, size_t len)
{
    const struct ends *ends = end->own;
    size_t done = 0;
    if (!has_room(end->far_fd))
        return 0;
    ERR_clear_error();
    return SSL_write_ex(ends->far, data, len, &done) == 1 ? done : 0;
}

static void finish(struct kind_end *end)
{
    const struct ends *ends = end->own;
    ERR_clear_error();
    (void)SSL_shutdown(ends->far);
    ends_finish(end);
}

static size_t take(struct kind_end *end, struct leat_writer *w, void *to, size_t len)
{
    const struct ends *ends = end->own;
    size_t done = 0;
    (void)w;
    if (end->far_fd < 0)
        return 0;
    ERR_clear_error();
    return SSL_read_ex(ends->far, to, len, &done) == 1 ? done : 0;
}

/* --- Rows --- */

#define SOURCE(of, do_make)                                                                        \
    {                                                                                              \
        .name = (of), .promises = KIND_STREAM | KIND_SHARES | KIND_OVER, .talk = &handshake,       \
        .frame_bytes = RECORD_MORE_LEN, .make = (do_make), .feed = feed, .finish = finish,         \
        .open = open_reader, .unmake = unmake                                                      \
    }

static const struct kind_source sources[] = {
    SOURCE("client of TLS 1.3", make_client_1_3),
    SOURCE("server of TLS 1.2", make_server_1_2),
    { 0 },
};

#define SINK(of, do_make)                                                                          \
    {                                                                                              \
        .name = (of), .promises = KIND_STREAM | KIND_OVER, .talk = &handshake, .make = (do_make),  \
        .open = open_writer, .take = take, .refuse = ends_hang_up, .refusal = LEAT_FAULT_SYSTEM,   \
        .refusal_code = EPIPE, .unmake = unmake                                                    \
    }

static const struct kind_sink sinks[] = {
    SINK("server of TLS 1.3", make_server_1_3),
    SINK("client of TLS 1.2", make_client_1_2),
    { 0 },
};

const struct kinds kinds_tls = { .name = "tls", .sources = sources, .sinks = sinks };
