#ifndef LEAT_ENDPOINT_TLS_PARTS_H
#define LEAT_ENDPOINT_TLS_PARTS_H

#include <openssl/ssl.h>

#include "leat/core/buffer.h"
#include "leat/endpoint/tls/tls.h"
#include "leat/engine/op.h"

/* What the files of a session share. */

enum { LEAT_TLS_PROTOCOLS_LEN_MAX = 1024, LEAT_TLS_SPILL_MAX = 256, LEAT_TLS_SECRET_MAX = 48 };

struct leat_tls_context {
    uint32_t refs; /* one of the owner, one of each session; atomic */
    SSL_CTX *ssl;
    BIO_METHOD *method;
    enum leat_tls_role role;
    bool names;                                          /* the other side's name is verified */
    unsigned char protocols[LEAT_TLS_PROTOCOLS_LEN_MAX]; /* each behind its length */
    unsigned protocols_len;
};

/* Who asks, and what is waited for: the transport's two ends, by the same numbers. */
enum leat_tls_side { LEAT_TLS_READS, LEAT_TLS_WRITES, LEAT_TLS_SIDES };

/* The transport's end is armed once, whoever waits for it. */
struct leat_tls_armed {
    struct leat_wake wake;
    struct leat_tls *tls;
    bool armed;
};

struct leat_tls_reader {
    struct leat_reader reader;
    struct leat_buffer buffer;
    bool closed;
};

/* As the sink of a connection: what is committed waits in a block, and one slice behind it. */
struct leat_tls_writer {
    struct leat_writer writer;
    struct leat_block *block; /* NULL: nothing is pending */
    uint8_t *from;
    struct leat_slice slice;
    bool notified; /* close_notify was handed over */
    bool pulled;   /* the kernel may hold a part of a record, in hope of more */
    bool closed;
};

/* Who encrypts what is written. The kernel is asked when the first file could go through it. */
enum leat_tls_by {
    LEAT_TLS_BY_OPENSSL_YET,
    LEAT_TLS_BY_OPENSSL, /* for good: the kernel was asked, or is not to be */
    LEAT_TLS_BY_KERNEL,
};

/* What the kernel has to know to go on where OpenSSL stopped. */
struct leat_tls_sent {
    uint8_t by;                          /* enum leat_tls_by */
    bool renewed;                        /* the first keys are not the present ones */
    uint8_t alert[2];                    /* the last one that OpenSSL made: level, what */
    uint8_t secret[LEAT_TLS_SECRET_MAX]; /* that the keys of what is written are made from */
    size_t secret_len;                   /* 0: not known */
    uint64_t records;                    /* written with those keys */
};

struct leat_tls {
    struct leat_tls_reader reader;
    struct leat_tls_writer writer;
    struct leat_reader *in;
    struct leat_writer *out;
    SSL *ssl;
    struct leat_tls_context *context;
    struct leat_fault fault; /* of the session: both directions have it */
    struct leat_tls_sent sent;

    /* A fiber waits inside this end of the transport: nobody else may use it meanwhile. */
    bool busy[LEAT_TLS_SIDES];
    struct leat_op *naps[LEAT_TLS_SIDES]; /* who waits for the other to be done with it */
    bool roused[LEAT_TLS_SIDES];

    /* What the session says when there is no room: an alert, which OpenSSL writes once and in a
     * call that then fails. It goes out before all else. */
    uint8_t spill[LEAT_TLS_SPILL_MAX];
    size_t spill_len;

    bool owes;     /* the session itself wrote what the other side waits for */
    bool speaks;   /* what is written now is nobody's plaintext */
    bool finished; /* `out` takes nothing more */

    enum leat_tls_side needs[LEAT_TLS_SIDES]; /* by who asks: what it waits for */
    struct leat_wake *wakes[LEAT_TLS_SIDES];  /* by who asks: to be fired */
    struct leat_tls_armed armed[LEAT_TLS_SIDES];
};

void leat_tls_context_release(struct leat_tls_context *context);

/* The kind of BIO, and one over the transport of `tls`, for both directions; NULL without memory.
 */
BIO_METHOD *leat_tls_method_create(void);
BIO *leat_tls_bio_create(struct leat_tls *tls);

/* Put what was spilled into the transport. OK (nothing is left), FULL, FAULT (of the transport). */
enum leat_status leat_tls_spill_drains(struct leat_tls *tls);

/* What OpenSSL's queue of errors says, and whether it is about trust, an alert, or bytes. */
struct leat_fault leat_tls_fault_of_queue(long verify_result);

/* A call of OpenSSL returned `result`, which is no success: wait for what it needs.
 * OK (call it again), AGAIN, FULL (to be waited for: leat_tls_arm), END (close_notify),
 * FAULT (recorded where `side` is told of it) */
enum leat_status leat_tls_waits(struct leat_tls *tls, enum leat_tls_side side, int result);

/* Flush the transport, once the other side is done with it. OK, FULL, FAULT (recorded). */
enum leat_status leat_tls_flushes(struct leat_tls *tls, enum leat_tls_side side,
                                  enum leat_flush level);

/* Whether the session goes on. OK, FAULT (recorded where `side` is told of it). */
enum leat_status leat_tls_stands(struct leat_tls *tls, enum leat_tls_side side);

/* Shake hands, for the writer. OK (done), FULL, FAULT (recorded). */
enum leat_status leat_tls_shakes(struct leat_tls *tls);

enum leat_status leat_tls_arm(struct leat_tls *tls, enum leat_tls_side side,
                              struct leat_wake *wake);

/* Record a fault for who asks; it is both sides' when it is the session's. Returns FAULT. */
enum leat_status leat_tls_fails(struct leat_tls *tls, enum leat_tls_side side,
                                const struct leat_fault *fault);

/* Whether the keys of what is written are not the first, or are not to be those of the next record:
 * the other side asked for new ones, which OpenSSL sees to when it writes. */
static inline bool leat_tls_renews(const struct leat_tls *tls)
{
    return tls->sent.renewed || SSL_get_key_update_type(tls->ssl) != SSL_KEY_UPDATE_NONE;
}

/* --- kernel.c, or kernel_missing.c where the system has no such thing --- */

/* Have the sessions of `context` note in `sent` what there is to know. */
void leat_tls_kernel_listens(SSL_CTX *context);

/* Forget the secret. */
void leat_tls_kernel_forgets(struct leat_tls *tls);

/* Nothing is pending: have the kernel encrypt from here on. OK (it does), FULL, FAULT (recorded),
 * UNSUPPORTED (it never will). */
enum leat_status leat_tls_kernel_takes(struct leat_tls *tls);

/* All of these once it does, and while nothing is pending in `out`. What was written as part of
 * more to come makes a record now; the close_notify; the fatal alert that OpenSSL made, if there is
 * room for it. OK, FULL, FAULT (recorded). */
enum leat_status leat_tls_kernel_ends_record(struct leat_tls *tls);
enum leat_status leat_tls_kernel_notifies(struct leat_tls *tls);
void leat_tls_kernel_alerts(struct leat_tls *tls);

void leat_tls_reader_init(struct leat_tls *tls, struct leat_ctx *ctx);
void leat_tls_writer_init(struct leat_tls *tls, struct leat_ctx *ctx);

#endif
