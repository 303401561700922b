/* The transport as OpenSSL sees it: what is in the reader's window, and the writer's room. Neither
 * ever waits in here. */

#include "leat/core/bytes.h"
#include "leat/endpoint/tls/parts.h"

static int bio_read(BIO *bio, char *to, size_t size, size_t *ret_len)
{
    struct leat_tls *tls = BIO_get_data(bio);
    struct leat_span window = { NULL, 0 };
    BIO_clear_retry_flags(bio);
    if (!tls->busy[LEAT_TLS_READS])
        (void)!leat_peek(tls->in, 0, &window);
    size_t len = window.len < size ? window.len : size;
    *ret_len = len;
    if (len == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    leat_bytes_copy(&tls->reader.reader.counts, LEAT_CAUSE_CODEC, to, window.data, len);
    leat_consume(tls->in, len);
    return 1;
}

/* Move what was said into the room. */
static void spill_moves(struct leat_tls *tls, struct leat_room *room)
{
    size_t len = tls->spill_len < room->len ? tls->spill_len : room->len;
    struct leat_counts *counts = &tls->writer.writer.counts;
    leat_bytes_copy(counts, LEAT_CAUSE_CODEC, room->data, tls->spill, len);
    leat_commit(tls->out, len);
    tls->spill_len -= len;
    leat_bytes_move(counts, LEAT_CAUSE_CODEC, tls->spill, tls->spill + len, tls->spill_len);
    room->data += len;
    room->len -= len;
}

enum leat_status leat_tls_spill_drains(struct leat_tls *tls)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && tls->spill_len > 0) {
        struct leat_room room;
        status = leat_reserve(tls->out, 1, &room);
        if (status == LEAT_OK)
            spill_moves(tls, &room);
    }
    return status;
}

static int bio_write(BIO *bio, const char *from, size_t size, size_t *ret_len)
{
    struct leat_tls *tls = BIO_get_data(bio);
    struct leat_counts *counts = &tls->writer.writer.counts;
    struct leat_room room = { tls->spill, 0 };
    bool speaks = tls->speaks || !SSL_is_init_finished(tls->ssl);
    BIO_clear_retry_flags(bio);
    *ret_len = size;
    /* What the session wants to say after its end is heard by nobody; and once the kernel encrypts,
     * it was encrypted with a number that is taken. */
    if (tls->finished || tls->sent.by == LEAT_TLS_BY_KERNEL)
        return 1;
    if (!tls->busy[LEAT_TLS_WRITES])
        (void)!leat_reserve(tls->out, 0, &room);
    if (tls->spill_len > 0)
        spill_moves(tls, &room);
    size_t len = room.len < size ? room.len : size;
    if (len > 0) {
        leat_bytes_copy(counts, LEAT_CAUSE_CODEC, room.data, from, len);
        leat_commit(tls->out, len);
    } else if (speaks && tls->spill_len == 0 && size <= sizeof(tls->spill)) {
        len = tls->spill_len = size;
        leat_bytes_copy(counts, LEAT_CAUSE_CODEC, tls->spill, from, len);
    } else {
        *ret_len = 0;
        BIO_set_retry_write(bio);
        return -1; /* 0 would pass for success where an alert is sent */
    }
    *ret_len = len;
    tls->owes |= speaks;
    return 1;
}

/* A flush is the session's own business, outside of OpenSSL. */
static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *leat_tls_method_create(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "leat");
    if (method == NULL)
        return NULL;
    BIO_meth_set_read_ex(method, bio_read);
    BIO_meth_set_write_ex(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
}

BIO *leat_tls_bio_create(struct leat_tls *tls)
{
    BIO *bio = BIO_new(tls->context->method);
    if (bio != NULL)
        BIO_set_data(bio, tls);
    return bio;
}
