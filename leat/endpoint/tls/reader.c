/* The reading end: OpenSSL decrypts into our room. */

#include <openssl/err.h>

#include "leat/endpoint/tls/parts.h"

/* A record has 16 KiB at most; the ring takes two. */
#define RECORD_LEN (16 * LEAT_KIB)
#define RING_LEN   (32 * LEAT_KIB)

static struct leat_tls *tls_of(struct leat_reader *r)
{
    return (struct leat_tls *)(void *)r; /* its first member */
}

static size_t have(const struct leat_reader *r)
{
    return (size_t)(r->end - r->pos);
}

/* One record, or what of it fits. OK, or what leat_tls_waits came to. */
static enum leat_status reads(struct leat_tls *tls, size_t min)
{
    struct leat_reader *r = &tls->reader.reader;
    struct leat_room room;
    size_t len;
    enum leat_status status =
        leat_buffer_room(&tls->reader.buffer, r, min, RECORD_LEN, RING_LEN, &room);
    if (status != LEAT_OK)
        return status;
    ERR_clear_error();
    tls->speaks = true;
    int result = SSL_read_ex(tls->ssl, room.data, room.len, &len);
    tls->speaks = false;
    if (result == 1) {
        leat_buffer_add(r, len);
        r->counts.copied[LEAT_CAUSE_CODEC] += len; /* out of OpenSSL's own buffer */
        return LEAT_OK;
    }
    /* Nothing is held while it is waited for more. */
    if (have(r) == 0)
        leat_buffer_fini(&tls->reader.buffer, r);
    return leat_tls_waits(tls, LEAT_TLS_READS, result);
}

static enum leat_status reader_fill(struct leat_reader *r, size_t min)
{
    struct leat_tls *tls = tls_of(r);
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && have(r) < min) {
        status = leat_tls_stands(tls, LEAT_TLS_READS);
        if (status == LEAT_OK)
            status = reads(tls, min);
    }
    return status == LEAT_FULL ? LEAT_AGAIN : status;
}

static enum leat_status reader_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    return leat_buffer_share(&tls_of(r)->reader.buffer, r, n, ret);
}

static enum leat_status reader_arm(struct leat_reader *r, struct leat_wake *wake)
{
    return leat_tls_arm(tls_of(r), LEAT_TLS_READS, wake);
}

static void reader_stop(struct leat_reader *r)
{
    struct leat_tls *tls = tls_of(r);
    tls->wakes[LEAT_TLS_READS] = NULL;
    r->end_offset = leat_tell(r);
    r->end = r->pos;
    leat_buffer_fini(&tls->reader.buffer, r);
    tls->reader.closed = true;
}

void leat_tls_reader_init(struct leat_tls *tls, struct leat_ctx *ctx)
{
    static const struct leat_reader_ops ops = {
        .name = "tls",
        .self_size = sizeof(struct leat_tls_reader),
        .fill = reader_fill,
        .share = reader_share,
        .arm = reader_arm,
        .stop = reader_stop,
    };
    leat_reader_init(&tls->reader.reader, ctx, &ops);
    tls->reader.reader.label = leat_reader_label(tls->in);
}

/* The handshake ended like that: it stays so for the reader. */
static enum leat_status shaken(struct leat_tls *tls, enum leat_status status)
{
    struct leat_reader *r = &tls->reader.reader;
    const struct leat_fault closed = {
        .code = LEAT_FAULT_TRUNCATED,
        .part = "tls",
        .reason = "the other side has closed the session",
        .name = leat_reader_label(tls->in),
        .offset = leat_tell(tls->in),
    };
    if (status == LEAT_FULL)
        return LEAT_AGAIN;
    if (status == LEAT_END)
        status = leat_tls_fails(tls, LEAT_TLS_READS, &closed);
    if (status == LEAT_FAULT)
        r->tail = LEAT_TAIL_FAULT;
    return status;
}

enum leat_status leat_tls_handshake(struct leat_tls *tls)
{
    enum leat_status status = LEAT_OK;
    if (leat_reader_fault(&tls->reader.reader) != NULL)
        return LEAT_FAULT;
    while (status == LEAT_OK) {
        status = leat_tls_stands(tls, LEAT_TLS_READS);
        if (status != LEAT_OK)
            break;
        ERR_clear_error();
        int result = SSL_do_handshake(tls->ssl);
        if (result == 1)
            break;
        status = leat_tls_waits(tls, LEAT_TLS_READS, result);
    }
    /* The last word may be ours. */
    if (status == LEAT_OK && tls->owes)
        status = leat_tls_flushes(tls, LEAT_TLS_READS, LEAT_FLUSH_PUSH);
    return shaken(tls, status);
}
