/* Files that are copied through TLS, by the kernel where it encrypts and by OpenSSL where it does
 * not: what arrives is the same by every engine, each way round, with each cipher, between bytes
 * and slices; whatever is said is on its way after a flush; the end, alerts and new keys are what
 * they are without the kernel. With LEAT_TEST_KTLS in the environment the kernel must do it. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leat/core/copy.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/file/file.h"
#include "leat/endpoint/socket/connection.h"
#include "leat/endpoint/tls/certificates_test.h"
#include "leat/endpoint/tls/parts.h"
#include "leat/engine/polled.h"
#include "leat/fiber/fiber.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

/* What is said: a head, a file, bytes, a slice, what comes through a pipe, the file again. */
enum {
    HEAD_LEN = 100,
    FILE_LEN = 1500000,
    BYTES_LEN = 5000,
    SLICE_LEN = 40000,
    PIPE_LEN = 30000,
    TEXT_LEN = HEAD_LEN + FILE_LEN + BYTES_LEN + SLICE_LEN + PIPE_LEN + FILE_LEN,
};

static struct identity authority, server_identity;
static struct leat_tls_context *contexts[2]; /* by role */
static uint8_t text[TEXT_LEN];
static char file_path[] = "/tmp/leat-ktls-XXXXXX";
static bool has_kernel;

/* --- A pair of sockets that the kernel could encrypt for --- */

static void sockets_make(int ret[2])
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(listener, (struct sockaddr *)&address, len) == 0 && listen(listener, 1) == 0);
    check(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    ret[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(connect(ret[0], (struct sockaddr *)&address, len) == 0);
    ret[1] = accept4(listener, (struct sockaddr *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    check(ret[1] >= 0 && fcntl(ret[0], F_SETFL, O_NONBLOCK) == 0);
    close(listener);
}

static void kernel_is_looked_for(void)
{
    int fds[2];
    sockets_make(fds);
    has_kernel = setsockopt(fds[0], SOL_TCP, TCP_ULP, "tls", sizeof("tls")) == 0;
    close(fds[0]);
    close(fds[1]);
    check(has_kernel || getenv("LEAT_TEST_KTLS") == NULL);
}

/* --- One end --- */

struct end {
    struct memory memory;
    struct leat_ctx ctx;
    struct leat_connection *connection;
    struct leat_tls *tls;
    unsigned act;
    uint64_t done; /* of the act */
    struct leat_reader *source;
    struct leat_slice slice;
    size_t heard;
};

static void end_open(struct end *end, int fd, enum leat_tls_role role, struct leat_engine *engine)
{
    *end = (struct end){ 0 };
    memory_init(&end->memory);
    struct leat_ctx_options options = { .alloc = end->memory.alloc, .engine = engine };
    leat_ctx_init(&end->ctx, &options);
    end->connection = leat_connection_of(&end->ctx, fd, NULL, NULL);
    check(end->connection != NULL);
    end->tls = leat_tls_over(leat_connection_reader(end->connection),
                             leat_connection_writer(end->connection), contexts[role],
                             role == LEAT_TLS_CLIENT ? "leat.example" : NULL);
    check(end->tls != NULL);
}

static void end_close(struct end *end)
{
    leat_tls_close(end->tls);
    leat_connection_close(end->connection);
    leat_ctx_fini(&end->ctx);
    memory_fini(&end->memory);
}

/* Read up to `len` of what is said. OK (so many were heard), END, AGAIN, FAULT. */
static enum leat_status hears(struct end *end, size_t len)
{
    struct leat_reader *r = leat_tls_reader(end->tls);
    while (end->heard < len) {
        struct leat_span window;
        enum leat_status status = leat_peek(r, 1, &window);
        if (status != LEAT_OK)
            return status;
        check(window.len <= TEXT_LEN - end->heard);
        check(memcmp(window.data, text + end->heard, window.len) == 0);
        end->heard += window.len;
        leat_consume(r, window.len);
    }
    return LEAT_OK;
}

/* --- The other end, a thread that blocks: hears all, answers one byte, hears the end --- */

struct peer {
    int fd;
    enum leat_tls_role role;
    void (*after)(struct end *end); /* of the answer; may be NULL */
    enum leat_status end;           /* how it is to end */
    pthread_t thread;
};

static void *peer_runs(void *arg)
{
    struct peer *self = arg;
    struct end end;
    size_t done;
    end_open(&end, self->fd, self->role, &leat_engine_blocking);
    check_status(hears(&end, TEXT_LEN), LEAT_OK);
    if (self->after != NULL)
        self->after(&end);
    struct leat_writer *w = leat_tls_writer(end.tls);
    check_status(leat_write(w, "k", 1, &done), LEAT_OK);
    check_status(leat_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
    check_status(hears(&end, TEXT_LEN + 1), self->end);
    if (self->end == LEAT_FAULT)
        check_equal(leat_reader_fault(leat_tls_reader(end.tls))->system_code, ECONNABORTED);
    check_status(leat_flush(w, LEAT_FLUSH_FINISH), self->end == LEAT_END ? LEAT_OK : LEAT_FAULT);
    end_close(&end);
    return NULL;
}

static int peer_start(struct peer *peer, enum leat_tls_role role)
{
    int fds[2];
    sockets_make(fds);
    peer->role = role;
    peer->fd = fds[0];
    check(pthread_create(&peer->thread, NULL, peer_runs, peer) == 0);
    return fds[1];
}

/* --- What is said, one act after the other; each may have to wait, and is then called again --- */

static enum leat_status says(struct end *end, size_t from, size_t len)
{
    size_t some;
    enum leat_status status = leat_write(leat_tls_writer(end->tls), text + from + end->done,
                                         len - (size_t)end->done, &some);
    end->done += some;
    return status;
}

static enum leat_status says_head(struct end *end)
{
    return says(end, 0, HEAD_LEN);
}

static enum leat_status says_bytes(struct end *end)
{
    return says(end, HEAD_LEN + FILE_LEN, BYTES_LEN);
}

static enum leat_status says_slice(struct end *end)
{
    if (end->slice.len == 0)
        end->slice = (struct leat_slice){ text + HEAD_LEN + FILE_LEN + BYTES_LEN, SLICE_LEN, NULL };
    return leat_give(leat_tls_writer(end->tls), &end->slice);
}

static enum leat_status copies(struct end *end)
{
    uint64_t some;
    enum leat_status status = leat_copy(leat_tls_writer(end->tls), end->source, UINT64_MAX, &some);
    end->done += some;
    if (status != LEAT_END)
        return status;
    leat_reader_close(end->source);
    end->source = NULL;
    return LEAT_OK;
}

static enum leat_status copies_file(struct end *end)
{
    if (end->source == NULL)
        end->source = leat_file(&end->ctx, file_path);
    return copies(end);
}

static enum leat_status copies_pipe(struct end *end)
{
    if (end->source == NULL) {
        int fds[2];
        check(pipe2(fds, O_CLOEXEC) == 0);
        check(write(fds[1], text + TEXT_LEN - FILE_LEN - PIPE_LEN, PIPE_LEN) == PIPE_LEN);
        close(fds[1]);
        end->source = leat_descriptor(&end->ctx, fds[0], true, NULL);
    }
    return copies(end);
}

static enum leat_status pushes(struct end *end)
{
    return leat_flush(leat_tls_writer(end->tls), LEAT_FLUSH_PUSH);
}

/* The peer has heard all of it, though nothing else was said. */
static enum leat_status is_answered(struct end *end)
{
    struct leat_span window;
    return leat_peek(leat_tls_reader(end->tls), 1, &window);
}

static enum leat_status finishes(struct end *end)
{
    return leat_flush(leat_tls_writer(end->tls), LEAT_FLUSH_FINISH);
}

static enum leat_status (*const acts[])(struct end *end) = {
    says_head,   copies_file, says_bytes,  says_slice, copies_pipe,
    copies_file, pushes,      is_answered, finishes,
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]), ACTS_WITHOUT_END = ACTS - 1 };

/* Go on to the act before `to`. OK (it is reached), or what one of them waits for. */
static enum leat_status acts_up_to(struct end *end, unsigned to)
{
    while (end->act < to) {
        enum leat_status status = acts[end->act](end);
        if (status != LEAT_OK)
            return status;
        end->act++;
        end->done = 0;
    }
    return LEAT_OK;
}

static void check_by(const struct end *end)
{
    check_equal(end->tls->sent.by, has_kernel ? LEAT_TLS_BY_KERNEL : LEAT_TLS_BY_OPENSSL);
}

/* --- By each engine --- */

static enum leat_tls_role role_now;
static const char *ciphers_now;

/* All of it, where waiting is the engine's. */
static void talks(struct leat_engine *engine)
{
    struct peer peer = { .end = LEAT_END };
    struct end end;
    int fd = peer_start(&peer, role_now == LEAT_TLS_CLIENT ? LEAT_TLS_SERVER : LEAT_TLS_CLIENT);
    end_open(&end, fd, role_now, engine);
    if (ciphers_now != NULL)
        check(SSL_set_ciphersuites(end.tls->ssl, ciphers_now) == 1);
    check_status(acts_up_to(&end, ACTS), LEAT_OK);
    check_by(&end);
    leat_consume(leat_tls_reader(end.tls), 1);
    end.heard = 1;
    check_status(hears(&end, TEXT_LEN), LEAT_END);
    check(pthread_join(peer.thread, NULL) == 0);
    end_close(&end);
}

static void test_blocking(void)
{
    static const char *const ciphers[] = { NULL, "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                           "TLS_CHACHA20_POLY1305_SHA256" };
    for (unsigned i = 0; i < 8; i++) {
        check_says("case", i);
        role_now = i % 2 == 0 ? LEAT_TLS_SERVER : LEAT_TLS_CLIENT;
        ciphers_now = ciphers[i / 2];
        talks(&leat_engine_blocking);
    }
    ciphers_now = NULL;
    check_forgets_after("test");
}

static void hear(struct leat_wake *wake)
{
    (void)wake;
}

static void test_polled(void)
{
    struct leat_wake wake = { hear };
    struct leat_polled polled;
    struct peer peer = { .end = LEAT_END };
    struct end end;
    enum leat_status status;
    leat_polled_init(&polled);
    int fd = peer_start(&peer, LEAT_TLS_CLIENT);
    end_open(&end, fd, LEAT_TLS_SERVER, &polled.engine);
    while ((status = acts_up_to(&end, ACTS)) != LEAT_OK) {
        check(status == LEAT_FULL || status == LEAT_AGAIN);
        check_status(status == LEAT_FULL ? leat_writer_arm(leat_tls_writer(end.tls), &wake)
                                         : leat_arm(leat_tls_reader(end.tls), &wake),
                     LEAT_OK);
        check_status(leat_polled_turn(&polled, LEAT_TIMEOUT_NONE), LEAT_OK);
    }
    check_by(&end);
    check(pthread_join(peer.thread, NULL) == 0);
    end_close(&end);
}

static struct leat_fibers *fibers;

static void fiber_talks(void *arg)
{
    (void)arg;
    talks(leat_fibers_engine(fibers));
}

static void test_fibers(void)
{
    for (unsigned i = 0; leat_loop_kinds[i] != NULL; i++) {
        struct leat_loop_options options = { .kind = leat_loop_kinds[i]->name };
        struct leat_loop *loop =
            leat_loop_kinds[i]->only_by_name ? NULL : leat_loop_create(&options, NULL);
        if (loop == NULL)
            continue;
        check_says_text("loop", options.kind);
        fibers = leat_fibers_create(loop, NULL);
        role_now = LEAT_TLS_SERVER;
        check(leat_fibers_run(fibers, fiber_talks, NULL) == LEAT_OK);
        leat_fibers_destroy(fibers);
        leat_loop_destroy(loop);
    }
    check_forgets_after("test");
}

/* --- What else a session says --- */

/* Bytes that are no record of this session. */
static void damages(struct end *end)
{
    static const uint8_t record[] = { 23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8,
                                      9,  9, 9, 9, 9,  9, 9, 9, 9, 9, 9, 9 };
    size_t done;
    struct leat_writer *w = leat_connection_writer(end->connection);
    check_status(leat_write(w, record, sizeof(record), &done), LEAT_OK);
    check_status(leat_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
}

/* What is damaged is told to the other side, through the kernel. */
static void test_alert(void)
{
    struct peer peer = { .after = damages, .end = LEAT_FAULT };
    struct end end;
    int fd = peer_start(&peer, LEAT_TLS_CLIENT);
    end_open(&end, fd, LEAT_TLS_SERVER, &leat_engine_blocking);
    check_status(acts_up_to(&end, ACTS_WITHOUT_END), LEAT_FAULT);
    check_by(&end);
    check(leat_reader_fault(leat_tls_reader(end.tls))->code == LEAT_FAULT_CHECKSUM);
    check_status(finishes(&end), LEAT_FAULT);
    check(leat_writer_fault(leat_tls_writer(end.tls))->code == LEAT_FAULT_CHECKSUM);
    check(pthread_join(peer.thread, NULL) == 0);
    end_close(&end);
}

static void asks_for_new_keys(struct end *end)
{
    check(SSL_key_update(end->tls->ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
}

/* The kernel keeps the keys that it was given: a session with new ones is one of OpenSSL's, and who
 * wants new ones later is told that there are none. */
static void test_new_keys_before(void)
{
    struct peer peer = { .end = LEAT_END };
    struct end end;
    int fd = peer_start(&peer, LEAT_TLS_CLIENT);
    end_open(&end, fd, LEAT_TLS_SERVER, &leat_engine_blocking);
    check_status(leat_tls_handshake(end.tls), LEAT_OK);
    check(SSL_key_update(end.tls->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    check_status(acts_up_to(&end, ACTS), LEAT_OK);
    check_equal(end.tls->sent.by, LEAT_TLS_BY_OPENSSL);
    check(pthread_join(peer.thread, NULL) == 0);
    end_close(&end);
}

static void test_new_keys_after(void)
{
    struct peer peer = { .after = asks_for_new_keys, .end = has_kernel ? LEAT_FAULT : LEAT_END };
    struct end end;
    int fd = peer_start(&peer, LEAT_TLS_CLIENT);
    end_open(&end, fd, LEAT_TLS_SERVER, &leat_engine_blocking);
    check_status(acts_up_to(&end, ACTS), has_kernel ? LEAT_FAULT : LEAT_OK);
    check_by(&end);
    if (has_kernel) {
        check_text(leat_reader_fault(leat_tls_reader(end.tls))->reason,
                   "new keys were asked for, and the kernel has the old");
        check_status(finishes(&end), LEAT_FAULT);
    }
    check(pthread_join(peer.thread, NULL) == 0);
    end_close(&end);
}

/* --- All --- */

static void contexts_make(void)
{
    struct leat_fault fault;
    struct leat_tls_options of_client = { .authorities = identity_certificate(&authority) };
    struct leat_tls_options of_server = { .role = LEAT_TLS_SERVER,
                                          .certificate = identity_certificate(&server_identity),
                                          .key = identity_key(&server_identity) };
    contexts[LEAT_TLS_CLIENT] = leat_tls_context_create(&of_client, &fault);
    contexts[LEAT_TLS_SERVER] = leat_tls_context_create(&of_server, &fault);
    check(contexts[0] != NULL && contexts[1] != NULL);
}

static void text_make(void)
{
    struct random random = { 1 };
    for (size_t i = 0; i < TEXT_LEN - FILE_LEN; i++)
        text[i] = (uint8_t)random_next(&random);
    memcpy(text + TEXT_LEN - FILE_LEN, text + HEAD_LEN, FILE_LEN);
    int fd = mkstemp(file_path);
    check(fd >= 0 && write(fd, text + HEAD_LEN, FILE_LEN) == FILE_LEN);
    close(fd);
}

int main(void)
{
    text_make();
    identity_authority(&authority, "authority");
    identity_signed(&server_identity, &authority, "server", "DNS:leat.example", -60, 3600);
    contexts_make();
    kernel_is_looked_for();
    check_run(test_blocking);
    check_run(test_polled);
    check_run(test_fibers);
    check_run(test_alert);
    check_run(test_new_keys_before);
    check_run(test_new_keys_after);
    leat_tls_context_destroy(contexts[0]);
    leat_tls_context_destroy(contexts[1]);
    identity_fini(&authority);
    identity_fini(&server_identity);
    unlink(file_path);
    printf("the kernel %s\n", has_kernel ? "encrypts" : "does not encrypt here");
    return 0;
}
