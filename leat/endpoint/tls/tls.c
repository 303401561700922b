#include "leat/endpoint/tls/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <errno.h>

#include "leat/endpoint/handle.h"
#include "leat/endpoint/tls/parts.h"
#include "leat/engine/loop.h"

/* How long one naps at most before he looks again by himself: he is roused before. */
#define NAP_NS ((uint64_t)60 * 1000000000)

/* --- Faults --- */

struct leat_fault leat_tls_fault_of_queue(long verify_result)
{
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);
    struct leat_fault fault = { .code = LEAT_FAULT_CORRUPT, .part = "tls" };
    fault.reason = ERR_reason_error_string(error); /* static, as OpenSSL's tables are */
    if (reason == ERR_R_MALLOC_FAILURE) {
        fault.code = LEAT_FAULT_MEMORY;
        fault.reason = NULL;
    } else if (ERR_SYSTEM_ERROR(error)) {
        fault = leat_fault_of_system("tls", reason != 0 ? reason : EIO);
    } else if (ERR_GET_LIB(error) != ERR_LIB_SSL) {
        fault.reason = fault.reason != NULL ? fault.reason : "OpenSSL gave no reason";
    } else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        fault.code = LEAT_FAULT_SYSTEM;
        fault.system_code = EACCES;
        if (verify_result != X509_V_OK)
            fault.reason = X509_verify_cert_error_string(verify_result);
    } else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
        fault.code = LEAT_FAULT_SYSTEM;
        fault.system_code = EACCES;
    } else if (reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
        fault.code = LEAT_FAULT_SYSTEM; /* an alert: it is the other side that gave up */
        fault.system_code = ECONNABORTED;
    } else if (reason == SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC ||
               reason == SSL_R_DIGEST_CHECK_FAILED) {
        fault.code = LEAT_FAULT_CHECKSUM;
    }
    ERR_clear_error();
    return fault;
}

enum leat_status leat_tls_fails(struct leat_tls *tls, enum leat_tls_side side,
                                const struct leat_fault *fault)
{
    leat_assert(fault->code != LEAT_FAULT_NONE);
    struct leat_fault *to =
        side == LEAT_TLS_READS ? &tls->reader.reader.fault : &tls->writer.writer.fault;
    if (to->code == LEAT_FAULT_NONE)
        *to = *fault;
    return LEAT_FAULT;
}

/* The session is over: for both directions. */
static enum leat_status session_fails(struct leat_tls *tls, enum leat_tls_side side,
                                      struct leat_fault fault)
{
    if (tls->fault.code == LEAT_FAULT_NONE) {
        fault.name = leat_reader_label(tls->in);
        fault.offset = leat_tell(tls->in);
        tls->fault = fault;
    }
    return leat_tls_fails(tls, side, &tls->fault);
}

enum leat_status leat_tls_stands(struct leat_tls *tls, enum leat_tls_side side)
{
    if (leat_likely(tls->fault.code == LEAT_FAULT_NONE)) {
        if (leat_likely(tls->sent.by != LEAT_TLS_BY_KERNEL || !leat_tls_renews(tls)))
            return LEAT_OK;
        tls->sent.alert[0] = SSL3_AL_FATAL;
        tls->sent.alert[1] = SSL_AD_INTERNAL_ERROR;
        leat_tls_kernel_alerts(tls);
        return session_fails(tls, side,
                             (struct leat_fault){
                                 .code = LEAT_FAULT_UNSUPPORTED,
                                 .part = "tls",
                                 .reason = "new keys were asked for, and the kernel has the old",
                             });
    }
    return leat_tls_fails(tls, side, &tls->fault);
}

/* --- Two fibers and one transport --- */

/* The other side is done with an end of the transport, or with more of the handshake. */
static void rouse(struct leat_tls *tls, enum leat_tls_side side)
{
    struct leat_op *nap = tls->naps[side];
    if (nap == NULL)
        return;
    tls->roused[side] = true;
    if (nap->loop != NULL)
        leat_loop_cancel(nap->loop, nap);
}

static enum leat_status nap(struct leat_tls *tls, enum leat_tls_side side)
{
    struct leat_engine *engine = leat_engine_of(tls->in->ctx);
    struct leat_op op = { .code = LEAT_OP_SLEEP,
                          .deadline_ns = engine->ops->now_ns(engine) + NAP_NS };
    tls->roused[side] = false;
    tls->naps[side] = &op;
    struct leat_io io = leat_engine_run(engine, &op);
    tls->naps[side] = NULL;
    if (io.status != LEAT_FAULT || tls->roused[side])
        return LEAT_OK;
    struct leat_fault fault = leat_fault_of_system("tls", io.code);
    return leat_tls_fails(tls, side, &fault);
}

static enum leat_tls_side other(enum leat_tls_side side)
{
    return side == LEAT_TLS_READS ? LEAT_TLS_WRITES : LEAT_TLS_READS;
}

/* --- Waiting --- */

/* The transport's fault is that of who met it. */
static enum leat_status in_came_to(struct leat_tls *tls, enum leat_tls_side side,
                                   enum leat_status status)
{
    tls->needs[side] = LEAT_TLS_READS;
    if (status == LEAT_FAULT)
        return leat_tls_fails(tls, side, leat_reader_fault(tls->in));
    if (status != LEAT_END)
        return status;
    return session_fails(tls, side,
                         (struct leat_fault){
                             .code = LEAT_FAULT_TRUNCATED,
                             .part = "tls",
                             .reason = SSL_is_init_finished(tls->ssl)
                                           ? "cut: it ended without a close_notify"
                                           : "it ended in the middle of the handshake",
                         });
}

static enum leat_status out_came_to(struct leat_tls *tls, enum leat_tls_side side,
                                    enum leat_status status)
{
    tls->needs[side] = LEAT_TLS_WRITES;
    return status == LEAT_FAULT ? leat_tls_fails(tls, side, leat_writer_fault(tls->out)) : status;
}

/* OK, FULL, FAULT (of the transport, which is not recorded here; or cancelled, which is). */
static enum leat_status flushes(struct leat_tls *tls, enum leat_tls_side side,
                                enum leat_flush level)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && tls->busy[LEAT_TLS_WRITES])
        status = nap(tls, side);
    if (status != LEAT_OK)
        return status;
    if (tls->finished) { /* meanwhile: all went out with that, and what came after never will */
        tls->owes = false;
        return status;
    }
    tls->busy[LEAT_TLS_WRITES] = true;
    bool owed = tls->owes;
    tls->owes = false; /* what is owed from here on is not in this flush */
    status = leat_tls_spill_drains(tls);
    if (status == LEAT_OK)
        status = leat_flush(tls->out, level);
    tls->busy[LEAT_TLS_WRITES] = false;
    tls->owes |= owed && status != LEAT_OK;
    rouse(tls, other(side));
    tls->needs[side] = LEAT_TLS_WRITES;
    return status;
}

enum leat_status leat_tls_flushes(struct leat_tls *tls, enum leat_tls_side side,
                                  enum leat_flush level)
{
    enum leat_status status = flushes(tls, side, level);
    return status == LEAT_FAULT && leat_writer_fault(tls->out) != NULL
               ? leat_tls_fails(tls, side, leat_writer_fault(tls->out))
               : status;
}

/* Whether an answer may come though what was owed cannot be said: the other side has hung up, and
 * has perhaps said why. */
static bool may_hear(const struct leat_tls *tls)
{
    const struct leat_fault *fault = leat_writer_fault(tls->out);
    return fault->system_code == EPIPE || fault->system_code == ECONNRESET;
}

static enum leat_status waits_for_input(struct leat_tls *tls, enum leat_tls_side side)
{
    /* The other side waits for what the session wrote, and what we wait for is its answer; or was,
     * before that was sent: another fiber may have read it, and written more, meanwhile. */
    if (tls->owes && leat_writer_fault(tls->out) == NULL) {
        enum leat_status status = flushes(tls, side, LEAT_FLUSH_PUSH);
        if (leat_writer_fault(tls->out) == NULL)
            return status;
    }
    if (tls->owes && !may_hear(tls))
        return leat_tls_fails(tls, side, leat_writer_fault(tls->out));
    if (tls->busy[LEAT_TLS_READS])
        return nap(tls, side);
    struct leat_span window;
    tls->busy[LEAT_TLS_READS] = true;
    enum leat_status status = leat_peek(tls->in, 1, &window);
    tls->busy[LEAT_TLS_READS] = false;
    rouse(tls, other(side));
    return in_came_to(tls, side, status);
}

static enum leat_status waits_for_room(struct leat_tls *tls, enum leat_tls_side side)
{
    if (tls->busy[LEAT_TLS_WRITES])
        return nap(tls, side);
    struct leat_room room;
    tls->busy[LEAT_TLS_WRITES] = true;
    enum leat_status status = leat_reserve(tls->out, 1, &room);
    tls->busy[LEAT_TLS_WRITES] = false;
    rouse(tls, other(side));
    return out_came_to(tls, side, status);
}

/* OpenSSL gave up, and has perhaps written an alert that says why: it is sent if that needs no
 * waiting for somebody else. */
static enum leat_status gives_up(struct leat_tls *tls, enum leat_tls_side side)
{
    struct leat_fault fault = leat_tls_fault_of_queue(SSL_get_verify_result(tls->ssl));
    enum leat_status status = session_fails(tls, side, fault);
    if (tls->sent.by == LEAT_TLS_BY_KERNEL)
        leat_tls_kernel_alerts(tls);
    else if (!tls->finished && !tls->busy[LEAT_TLS_WRITES] && leat_writer_fault(tls->out) == NULL) {
        tls->busy[LEAT_TLS_WRITES] = true;
        if (leat_tls_spill_drains(tls) == LEAT_OK)
            (void)!leat_flush(tls->out, LEAT_FLUSH_PUSH);
        tls->busy[LEAT_TLS_WRITES] = false;
        tls->owes = false;
    }
    rouse(tls, other(side));
    return status;
}

enum leat_status leat_tls_waits(struct leat_tls *tls, enum leat_tls_side side, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return waits_for_input(tls, side);
    case SSL_ERROR_WANT_WRITE:
        return waits_for_room(tls, side);
    case SSL_ERROR_ZERO_RETURN:
        return LEAT_END;
    default:
        return gives_up(tls, side);
    }
}

/* --- Arming --- */

/* Whoever waits for this end may go on. A wake is forgotten before it fires, as it may arm again.
 */
static void armed_fires(struct leat_wake *wake)
{
    struct leat_tls_armed *armed = (struct leat_tls_armed *)(void *)wake;
    struct leat_tls *tls = armed->tls;
    enum leat_tls_side end =
        armed == &tls->armed[LEAT_TLS_READS] ? LEAT_TLS_READS : LEAT_TLS_WRITES;
    struct leat_wake *due[LEAT_TLS_SIDES] = { NULL, NULL };
    armed->armed = false;
    for (unsigned side = 0; side < LEAT_TLS_SIDES; side++) {
        if (tls->needs[side] != end)
            continue;
        due[side] = tls->wakes[side];
        tls->wakes[side] = NULL;
    }
    for (unsigned side = 0; side < LEAT_TLS_SIDES; side++) {
        if (due[side] != NULL)
            due[side]->fire(due[side]);
    }
}

enum leat_status leat_tls_arm(struct leat_tls *tls, enum leat_tls_side side, struct leat_wake *wake)
{
    enum leat_tls_side end = tls->needs[side];
    struct leat_tls_armed *armed = &tls->armed[end];
    tls->wakes[side] = wake;
    if (armed->armed)
        return LEAT_OK;
    armed->wake.fire = armed_fires;
    armed->tls = tls;
    armed->armed = true;
    enum leat_status status = end == LEAT_TLS_READS ? leat_arm(tls->in, &armed->wake)
                                                    : leat_writer_arm(tls->out, &armed->wake);
    if (status != LEAT_OK) {
        armed->armed = false;
        tls->wakes[side] = NULL;
    }
    return status;
}

/* --- Making and closing --- */

/* Whom a client wants to talk to: told to the server, but for addresses, and verified. */
static bool name_set(struct leat_tls *tls, const char *name)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
    if (name == NULL)
        return true;
    SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
        return true;
    ERR_clear_error(); /* it is no address */
    return SSL_set_tlsext_host_name(tls->ssl, (char *)(uintptr_t)name) == 1 &&
           (!tls->context->names || SSL_set1_host(tls->ssl, name) == 1);
}

static bool session_init(struct leat_tls *tls, const char *server_name)
{
    ERR_clear_error();
    tls->ssl = SSL_new(tls->context->ssl);
    BIO *bio = tls->ssl != NULL ? leat_tls_bio_create(tls) : NULL;
    if (bio == NULL)
        return false;
    SSL_set_bio(tls->ssl, bio, bio); /* one reference does for both */
    if (SSL_set_app_data(tls->ssl, tls) != 1)
        return false;
    if (tls->context->role == LEAT_TLS_CLIENT)
        SSL_set_connect_state(tls->ssl);
    else
        SSL_set_accept_state(tls->ssl);
    return name_set(tls, server_name);
}

struct leat_tls *leat_tls_over(struct leat_reader *in, struct leat_writer *out,
                               struct leat_tls_context *context, const char *server_name)
{
    leat_assert(in->ctx->engine == out->ctx->engine);
    leat_assert(!context->names || server_name != NULL);
    leat_assert(context->role == LEAT_TLS_CLIENT || server_name == NULL);
    struct leat_tls *tls = leat_allocate(&in->ctx->alloc, sizeof(*tls));
    if (tls == NULL) {
        leat_reader_close(in);
        leat_writer_close(out);
        return NULL;
    }
    __atomic_fetch_add(&context->refs, 1, __ATOMIC_RELAXED);
    tls->context = context;
    tls->in = in;
    tls->out = out;
    leat_tls_reader_init(tls, in->ctx);
    leat_tls_writer_init(tls, out->ctx);
    if (session_init(tls, server_name))
        return tls;
    leat_tls_close(tls);
    return NULL;
}

struct leat_reader *leat_tls_reader(struct leat_tls *tls)
{
    return &tls->reader.reader;
}

struct leat_writer *leat_tls_writer(struct leat_tls *tls)
{
    return &tls->writer.writer;
}

struct leat_span leat_tls_protocol(const struct leat_tls *tls)
{
    struct leat_span protocol = { NULL, 0 };
    unsigned len = 0;
    SSL_get0_alpn_selected(tls->ssl, &protocol.data, &len);
    protocol.len = len;
    return protocol;
}

const char *leat_tls_version(const struct leat_tls *tls)
{
    return SSL_get_version(tls->ssl);
}

void leat_tls_close(struct leat_tls *tls)
{
    if (tls == NULL)
        return;
    struct leat_ctx *ctx = tls->in->ctx;
    leat_assert(!tls->busy[LEAT_TLS_READS] && !tls->busy[LEAT_TLS_WRITES]);
    leat_assert(tls->naps[LEAT_TLS_READS] == NULL && tls->naps[LEAT_TLS_WRITES] == NULL);
    if (!tls->reader.closed)
        leat_reader_close(&tls->reader.reader);
    if (!tls->writer.closed)
        leat_writer_close(&tls->writer.writer);
    SSL_free(tls->ssl);
    leat_tls_kernel_forgets(tls);
    leat_reader_close(tls->in);
    leat_writer_close(tls->out);
    leat_tls_context_release(tls->context);
    leat_deallocate(&ctx->alloc, tls);
}
