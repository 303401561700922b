/* Encryption by the system (kTLS): from the first file on that a copy could hand over, the kernel
 * encrypts what is written, so that sendfile and splice go on working where TLS is between.
 *
 * OpenSSL would hand its keys over by itself, but only to a socket that it writes to by itself, and
 * in the midst of a handshake. So the keys are made here a second time: from the secret that
 * OpenSSL tells to whoever wants to log it, by the derivation of RFC 8446, section 7.3. The records
 * that OpenSSL has written with them are counted, for the kernel goes on from there.
 *
 * From then on OpenSSL only reads. What it writes even so was encrypted with a number that the
 * kernel has used as well, and goes nowhere; an alert is written again, by the kernel. */

#include <errno.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <string.h>
#include <sys/socket.h>

#include "leat/core/bytes.h"
#include "leat/endpoint/sink.h"
#include "leat/endpoint/tls/parts.h"

enum { NONCE_LEN = 12, KEY_LEN_MAX = 32, NUMBER_LEN = 8 };

/* --- What OpenSSL tells --- */

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* A line of a key log: what it is, the client's random bytes, the secret; each in hex. */
static void secret_told(const SSL *ssl, const char *line)
{
    struct leat_tls *tls = SSL_get_app_data(ssl);
    struct leat_tls_sent *sent = &tls->sent;
    const char *label = tls->context->role == LEAT_TLS_CLIENT ? "CLIENT_TRAFFIC_SECRET_0 "
                                                              : "SERVER_TRAFFIC_SECRET_0 ";
    if (strncmp(line, label, strlen(label)) != 0)
        return;
    const char *hex = strrchr(line, ' ') + 1;
    size_t len = strlen(hex) / 2;
    if (len > sizeof(sent->secret))
        return;
    for (size_t i = 0; i < len; i++)
        sent->secret[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    sent->secret_len = len;
    sent->records = 0;
}

/* A record, or a message in one, was made. */
static void message_told(int writes, int version, int type, const void *data, size_t len, SSL *ssl,
                         void *arg)
{
    struct leat_tls *tls = SSL_get_app_data(ssl);
    const uint8_t *bytes = data;
    (void)version;
    (void)arg;
    if (!writes)
        return;
    if (type == SSL3_RT_HEADER)
        tls->sent.records++;
    else if (type == SSL3_RT_ALERT && len == sizeof(tls->sent.alert))
        leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, tls->sent.alert, bytes, len);
    else if (type == SSL3_RT_HANDSHAKE && len > 0 && bytes[0] == SSL3_MT_KEY_UPDATE)
        tls->sent.renewed = true;
}

void leat_tls_kernel_listens(SSL_CTX *context)
{
    SSL_CTX_set_keylog_callback(context, secret_told);
    SSL_CTX_set_msg_callback(context, message_told);
}

void leat_tls_kernel_forgets(struct leat_tls *tls)
{
    OPENSSL_cleanse(tls->sent.secret, sizeof(tls->sent.secret));
    tls->sent.secret_len = 0;
}

/* --- Keys --- */

/* HKDF-Expand-Label(secret, label, "", len). */
static bool expands(const struct leat_tls_sent *sent, const EVP_MD *digest, const char *label,
                    uint8_t *ret, size_t len)
{
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                         (char *)(uintptr_t)EVP_MD_get0_name(digest), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)sent->secret,
                                          sent->secret_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, (char[]){ "tls13 " }, 6),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, (void *)(uintptr_t)label,
                                          strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_3_KDF, NULL);
    EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = ctx != NULL && EVP_KDF_derive(ctx, ret, len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

/* What the kernel is told: each cipher has a struct of its own. */
union told {
    struct tls_crypto_info info;
    struct tls12_crypto_info_aes_gcm_128 aes_128;
    struct tls12_crypto_info_aes_gcm_256 aes_256;
    struct tls12_crypto_info_chacha20_poly1305 chacha20;
    uint8_t bytes[1];
};

/* Where what is in it. The nonce is in two pieces, salt and iv; the first may be empty. */
static const struct cipher {
    uint16_t id, type; /* for TLS, and for the kernel */
    size_t len;
    size_t key, key_len, salt, salt_len, iv, number;
} ciphers[] = {
#define CIPHER(of_id, of_type, of)                                                                 \
    {                                                                                              \
        .id = (of_id)&0xffff, .type = (of_type), .len = sizeof(struct of),                         \
        .key = offsetof(struct of, key), .key_len = sizeof(((struct of *)NULL)->key),              \
        .salt = offsetof(struct of, salt), .salt_len = sizeof(((struct of *)NULL)->salt),          \
        .iv = offsetof(struct of, iv), .number = offsetof(struct of, rec_seq),                     \
    }
    CIPHER(TLS1_3_CK_AES_128_GCM_SHA256, TLS_CIPHER_AES_GCM_128, tls12_crypto_info_aes_gcm_128),
    CIPHER(TLS1_3_CK_AES_256_GCM_SHA384, TLS_CIPHER_AES_GCM_256, tls12_crypto_info_aes_gcm_256),
    CIPHER(TLS1_3_CK_CHACHA20_POLY1305_SHA256, TLS_CIPHER_CHACHA20_POLY1305,
           tls12_crypto_info_chacha20_poly1305),
#undef CIPHER
};

/* The one of the session; NULL: the kernel has no such one. */
static const struct cipher *cipher_of(const struct leat_tls *tls)
{
    uint16_t id = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(tls->ssl));
    for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
        if (ciphers[i].id == id)
            return &ciphers[i];
    }
    return NULL;
}

static void put(union told *told, size_t at, const void *from, size_t len)
{
    leat_assert(at + len <= sizeof(*told));
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, told->bytes + at, from, len);
}

/* False: OpenSSL could not. */
static bool told_make(const struct leat_tls *tls, const struct cipher *cipher, union told *ret)
{
    const EVP_MD *digest = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(tls->ssl));
    uint8_t key[KEY_LEN_MAX], nonce[NONCE_LEN], number[NUMBER_LEN];
    leat_assert(cipher->key_len <= sizeof(key));
    bool ok = expands(&tls->sent, digest, "key", key, cipher->key_len) &&
              expands(&tls->sent, digest, "iv", nonce, sizeof(nonce));
    for (unsigned i = 0; i < NUMBER_LEN; i++)
        number[i] = (uint8_t)(tls->sent.records >> (8 * (NUMBER_LEN - 1 - i)));
    *ret = (union told){ .info = { TLS_1_3_VERSION, cipher->type } };
    if (ok) {
        put(ret, cipher->key, key, cipher->key_len);
        put(ret, cipher->salt, nonce, cipher->salt_len);
        put(ret, cipher->iv, nonce + cipher->salt_len, sizeof(nonce) - cipher->salt_len);
        put(ret, cipher->number, number, sizeof(number));
    }
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(nonce, sizeof(nonce));
    return ok;
}

/* --- Handing over --- */

/* The socket below; -1: there is something else, which the kernel does not write to. */
static int descriptor_of(const struct leat_tls *tls)
{
    const struct leat_sink *sink = leat_sink_of(tls->out);
    return sink != NULL && sink->sends ? sink->handle->socket.fd : -1;
}

static bool suits(const struct leat_tls *tls)
{
    return SSL_version(tls->ssl) == TLS1_3_VERSION && tls->sent.secret_len > 0 &&
           !leat_tls_renews(tls) && descriptor_of(tls) >= 0;
}

static bool keys_pass(const struct leat_tls *tls)
{
    const struct cipher *cipher = cipher_of(tls);
    int fd = descriptor_of(tls);
    union told told;
    bool ok = cipher != NULL && told_make(tls, cipher, &told) &&
              setsockopt(fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls")) == 0 &&
              setsockopt(fd, SOL_TLS, TLS_TX, &told, (socklen_t)cipher->len) == 0;
    OPENSSL_cleanse(&told, sizeof(told));
    return ok;
}

enum leat_status leat_tls_kernel_takes(struct leat_tls *tls)
{
    if (tls->sent.by == LEAT_TLS_BY_KERNEL)
        return LEAT_OK;
    if (tls->sent.by == LEAT_TLS_BY_OPENSSL)
        return LEAT_UNSUPPORTED;
    /* All that OpenSSL wrote must be in the socket: what comes behind it there is encrypted. */
    enum leat_status status = leat_tls_shakes(tls);
    if (status == LEAT_OK && suits(tls))
        status = leat_tls_flushes(tls, LEAT_TLS_WRITES, LEAT_FLUSH_PUSH);
    if (status != LEAT_OK)
        return status;
    bool passed = suits(tls) && keys_pass(tls);
    leat_tls_kernel_forgets(tls);
    tls->sent.by = passed ? LEAT_TLS_BY_KERNEL : LEAT_TLS_BY_OPENSSL;
    return passed ? LEAT_OK : LEAT_UNSUPPORTED;
}

/* --- Records that are not bytes of the stream --- */

static ssize_t record_send(int fd, uint8_t type, struct leat_span bytes)
{
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(type))];
    } control = { .head = { .cmsg_level = SOL_TLS,
                            .cmsg_type = TLS_SET_RECORD_TYPE,
                            .cmsg_len = CMSG_LEN(sizeof(type)) } };
    struct iovec iov = { (void *)(uintptr_t)bytes.data, bytes.len };
    struct msghdr message = { .msg_iov = &iov,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof(control.space) };
    *CMSG_DATA(&control.head) = type;
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static enum leat_status fails(struct leat_tls *tls, int code)
{
    struct leat_writer *w = &tls->writer.writer;
    return leat_writer_fails_system(w, code, leat_writer_tell(w));
}

/* Wait for room, as long as the connection's sends do. */
static enum leat_status waits_for_room(struct leat_tls *tls)
{
    struct leat_engine *engine = leat_engine_of(tls->out->ctx);
    const struct leat_sink *sink = leat_sink_of(tls->out);
    int64_t timeout_ns = sink->timeout_ns != 0 ? (int64_t)sink->timeout_ns : LEAT_TIMEOUT_NONE;
    struct leat_io io = leat_engine_wait(engine, descriptor_of(tls), LEAT_READY_WRITE, timeout_ns);
    if (io.status == LEAT_FAULT)
        return fails(tls, io.code);
    if (io.status == LEAT_OK)
        return LEAT_OK;
    /* An engine that waits was told how long; another is asked again when it is armed for that. */
    if (engine->ops->arm == NULL)
        return fails(tls, ETIMEDOUT);
    tls->needs[LEAT_TLS_WRITES] = LEAT_TLS_WRITES;
    return LEAT_FULL;
}

/* Send one. OK, FULL, FAULT (recorded). */
static enum leat_status record_sends(struct leat_tls *tls, uint8_t type, struct leat_span bytes)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && record_send(descriptor_of(tls), type, bytes) < 0)
        status = errno == EAGAIN || errno == EINTR ? waits_for_room(tls) : fails(tls, errno);
    return status;
}

enum leat_status leat_tls_kernel_ends_record(struct leat_tls *tls)
{
    return record_sends(tls, SSL3_RT_APPLICATION_DATA, (struct leat_span){ NULL, 0 });
}

enum leat_status leat_tls_kernel_notifies(struct leat_tls *tls)
{
    static const uint8_t close_notify[] = { SSL3_AL_WARNING, SSL_AD_CLOSE_NOTIFY };
    enum leat_status status =
        record_sends(tls, SSL3_RT_ALERT, (struct leat_span){ close_notify, sizeof(close_notify) });
    if (status == LEAT_OK)
        SSL_set_shutdown(tls->ssl, SSL_get_shutdown(tls->ssl) | SSL_SENT_SHUTDOWN);
    return status;
}

void leat_tls_kernel_alerts(struct leat_tls *tls)
{
    struct leat_span alert = { tls->sent.alert, sizeof(tls->sent.alert) };
    if (tls->sent.alert[0] == SSL3_AL_FATAL)
        (void)!record_send(descriptor_of(tls), SSL3_RT_ALERT, alert);
}
