/* What sessions have in common: certificates, trust, what is allowed. */

#include <openssl/err.h>
#include <openssl/pem.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leat/core/bytes.h"
#include "leat/endpoint/tls/parts.h"

/* PEM in memory: certificates of one file. */
enum { CERTIFICATES_MAX = 4096 };

static BIO *pem_open(struct leat_span pem)
{
    leat_assert(pem.len <= INT32_MAX);
    return BIO_new_mem_buf(pem.data, (int)pem.len);
}

/* A key with a pass phrase would have somebody asked at a terminal. */
static int no_pass_phrase(char *to, int size, int writes, void *user)
{
    (void)to;
    (void)size;
    (void)writes;
    (void)user;
    return -1;
}

/* The end of a list of certificates is an error to OpenSSL. */
static bool is_end_of_pem(void)
{
    unsigned long error = ERR_peek_last_error();
    bool is_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (is_end)
        ERR_clear_error();
    return is_end;
}

static bool chain_use(SSL_CTX *ssl, BIO *pem)
{
    X509 *own = PEM_read_bio_X509(pem, NULL, no_pass_phrase, NULL);
    bool ok = own != NULL && SSL_CTX_use_certificate(ssl, own) == 1;
    X509_free(own);
    for (unsigned i = 0; ok && i < CERTIFICATES_MAX; i++) {
        X509 *next = PEM_read_bio_X509(pem, NULL, no_pass_phrase, NULL);
        if (next == NULL)
            return is_end_of_pem();
        ok = SSL_CTX_add0_chain_cert(ssl, next) == 1;
        if (!ok)
            X509_free(next);
    }
    return ok;
}

static bool key_use(SSL_CTX *ssl, BIO *pem)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_pass_phrase, NULL);
    bool ok = key != NULL && SSL_CTX_use_PrivateKey(ssl, key) == 1;
    EVP_PKEY_free(key);
    return ok;
}

static bool authorities_use(SSL_CTX *ssl, BIO *pem)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    bool ok = true;
    for (unsigned i = 0; ok && i < CERTIFICATES_MAX; i++) {
        X509 *next = PEM_read_bio_X509(pem, NULL, no_pass_phrase, NULL);
        if (next == NULL)
            return i > 0 && is_end_of_pem();
        ok = X509_STORE_add_cert(store, next) == 1;
        X509_free(next);
    }
    return ok;
}

static bool from_memory(SSL_CTX *ssl, struct leat_span pem, bool (*use)(SSL_CTX *ssl, BIO *pem))
{
    BIO *bio = pem_open(pem);
    bool ok = bio != NULL && use(ssl, bio);
    BIO_free(bio);
    return ok;
}

/* On failure, `ret_name` is the file that it was about. */
static bool identity_use(SSL_CTX *ssl, const struct leat_tls_options *options,
                         const char **ret_name)
{
    SSL_CTX_set_default_passwd_cb(ssl, no_pass_phrase);
    *ret_name = options->certificate_path;
    if (options->certificate_path != NULL &&
        SSL_CTX_use_certificate_chain_file(ssl, options->certificate_path) != 1)
        return false;
    if (options->certificate.len > 0 && !from_memory(ssl, options->certificate, chain_use))
        return false;
    *ret_name = options->key_path;
    if (options->key_path != NULL &&
        SSL_CTX_use_PrivateKey_file(ssl, options->key_path, SSL_FILETYPE_PEM) != 1)
        return false;
    if (options->key.len > 0 && !from_memory(ssl, options->key, key_use))
        return false;
    bool has_one = options->certificate_path != NULL || options->certificate.len > 0;
    return !has_one || SSL_CTX_check_private_key(ssl) == 1;
}

static bool trust_use(SSL_CTX *ssl, const struct leat_tls_options *options, const char **ret_name)
{
    *ret_name = options->authorities_path;
    if (options->authorities_path != NULL)
        return SSL_CTX_load_verify_file(ssl, options->authorities_path) == 1;
    if (options->authorities.len > 0)
        return from_memory(ssl, options->authorities, authorities_use);
    bool verifies = SSL_CTX_get_verify_mode(ssl) != SSL_VERIFY_NONE;
    return !verifies || SSL_CTX_set_default_verify_paths(ssl) == 1;
}

/* --- Protocols --- */

static int protocol_select(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
                           const unsigned char *theirs, unsigned theirs_len, void *user)
{
    const struct leat_tls_context *self = user;
    unsigned char *chosen = NULL;
    (void)ssl;
    if (SSL_select_next_proto(&chosen, ret_len, self->protocols, self->protocols_len, theirs,
                              theirs_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool protocols_use(struct leat_tls_context *self, const char *const *protocols)
{
    for (; protocols != NULL && *protocols != NULL; protocols++) {
        size_t len = strlen(*protocols);
        leat_assert(len > 0);
        leat_assert(len <= UINT8_MAX);
        leat_assert(self->protocols_len + 1 + len <= LEAT_TLS_PROTOCOLS_LEN_MAX);
        self->protocols[self->protocols_len++] = (unsigned char)len;
        leat_bytes_copy(NULL, LEAT_CAUSE_USER, self->protocols + self->protocols_len, *protocols,
                        len);
        self->protocols_len += (unsigned)len;
    }
    if (self->protocols_len == 0)
        return true;
    if (self->role == LEAT_TLS_CLIENT) /* 0 is success, of this call alone */
        return SSL_CTX_set_alpn_protos(self->ssl, self->protocols, self->protocols_len) == 0;
    SSL_CTX_set_alpn_select_cb(self->ssl, protocol_select, self);
    return true;
}

/* --- All of it --- */

static bool rules_use(struct leat_tls_context *self, const struct leat_tls_options *options)
{
    bool is_client = options->role == LEAT_TLS_CLIENT;
    bool verifies = options->verify == LEAT_TLS_VERIFY_CHAIN ||
                    (options->verify == LEAT_TLS_VERIFY_DEFAULT && is_client);
    self->role = options->role;
    self->names = is_client && options->verify == LEAT_TLS_VERIFY_DEFAULT;
    SSL_CTX_set_verify(
        self->ssl, verifies ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
        NULL);
    SSL_CTX_set_options(self->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(self->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(self->ssl, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(self->ssl, SSL_MODE_AUTO_RETRY);
    leat_tls_kernel_listens(self->ssl);
    return SSL_CTX_set_num_tickets(self->ssl, 0) == 1 &&
           SSL_CTX_set_min_proto_version(self->ssl, options->version_min == LEAT_TLS_1_3
                                                        ? TLS1_3_VERSION
                                                        : TLS1_2_VERSION) == 1;
}

static bool context_init(struct leat_tls_context *self, const struct leat_tls_options *options,
                         const char **ret_name)
{
    *ret_name = NULL;
    self->refs = 1;
    self->method = leat_tls_method_create();
    self->ssl =
        SSL_CTX_new(options->role == LEAT_TLS_CLIENT ? TLS_client_method() : TLS_server_method());
    return self->ssl != NULL && self->method != NULL && rules_use(self, options) &&
           protocols_use(self, options->protocols) && trust_use(self->ssl, options, ret_name) &&
           identity_use(self->ssl, options, ret_name);
}

struct leat_tls_context *leat_tls_context_create(const struct leat_tls_options *options,
                                                 struct leat_fault *ret_fault)
{
    const char *name = NULL;
    leat_assert(options->role == LEAT_TLS_CLIENT || options->certificate_path != NULL ||
                options->certificate.len > 0);
    leat_assert((options->certificate_path != NULL || options->certificate.len > 0) ==
                (options->key_path != NULL || options->key.len > 0));
    ERR_clear_error();
    struct leat_tls_context *self = OPENSSL_zalloc(sizeof(*self));
    if (self == NULL || !context_init(self, options, &name)) {
        *ret_fault = leat_tls_fault_of_queue(X509_V_OK);
        ret_fault->name = name;
        leat_tls_context_destroy(self);
        return NULL;
    }
    ERR_clear_error();
    return self;
}

void leat_tls_context_release(struct leat_tls_context *self)
{
    uint32_t before = __atomic_fetch_sub(&self->refs, 1, __ATOMIC_ACQ_REL);
    leat_assert(before > 0);
    if (before > 1)
        return;
    SSL_CTX_free(self->ssl);
    BIO_meth_free(self->method);
    OPENSSL_free(self);
}

void leat_tls_context_destroy(struct leat_tls_context *context)
{
    if (context != NULL)
        leat_tls_context_release(context);
}
