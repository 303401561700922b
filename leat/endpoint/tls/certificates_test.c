#include "leat/endpoint/tls/certificates_test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tests/support/check.h"

static void extension_add(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    check(extension != NULL);
    check(X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void pem_write(struct identity *identity)
{
    BIO *bio = BIO_new(BIO_s_mem());
    check(PEM_write_bio_X509(bio, identity->x509) == 1);
    int len = BIO_read(bio, identity->certificate, sizeof(identity->certificate) - 1);
    check(len > 0 && BIO_pending(bio) == 0);
    identity->certificate[len] = '\0';
    check(PEM_write_bio_PrivateKey(bio, identity->pkey, NULL, NULL, 0, NULL, NULL) == 1);
    len = BIO_read(bio, identity->key, sizeof(identity->key) - 1);
    check(len > 0 && BIO_pending(bio) == 0);
    identity->key[len] = '\0';
    BIO_free(bio);
}

/* Without its times. */
static X509 *begin_with(struct identity *identity, const char *name, EVP_PKEY *pkey, long serial)
{
    X509 *x509 = X509_new();
    identity->pkey = pkey;
    identity->x509 = x509;
    check(x509 != NULL && identity->pkey != NULL);
    check(X509_set_version(x509, 2) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
    X509_set_pubkey(x509, identity->pkey);
    check(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                                     (const unsigned char *)name, -1, -1, 0) == 1);
    return x509;
}

static X509 *begin(struct identity *identity, const char *name, long from_s, long to_s)
{
    static long serial;
    X509 *x509 = begin_with(identity, name, EVP_EC_gen("P-256"), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x509), to_s);
    return x509;
}

void identity_authority(struct identity *ret, const char *name)
{
    X509 *x509 = begin(ret, name, -3600, 3600);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    extension_add(x509, x509, NID_basic_constraints, "critical,CA:TRUE");
    extension_add(x509, x509, NID_subject_key_identifier, "hash");
    check(X509_sign(x509, ret->pkey, EVP_sha256()) > 0);
    pem_write(ret);
}

void identity_signed(struct identity *ret, const struct identity *authority, const char *name,
                     const char *names, long from_s, long to_s)
{
    X509 *x509 = begin(ret, name, from_s, to_s);
    X509_set_issuer_name(x509, X509_get_subject_name(authority->x509));
    extension_add(x509, authority->x509, NID_subject_alt_name, names);
    check(X509_sign(x509, authority->pkey, EVP_sha256()) > 0);
    pem_write(ret);
}

void identity_fixed(struct identity *ret, const char *name, const char *names)
{
    uint8_t bytes[32];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, sizeof(bytes));
    X509 *x509 = begin_with(ret, name, pkey, 1);
    check(ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20000101000000Z") == 1);
    check(ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "20991231235959Z") == 1);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    extension_add(x509, x509, NID_basic_constraints, "critical,CA:TRUE");
    extension_add(x509, x509, NID_subject_alt_name, names);
    check(X509_sign(x509, pkey, NULL) > 0); /* Ed25519 has its own digest */
    pem_write(ret);
}

void identity_fini(struct identity *identity)
{
    X509_free(identity->x509);
    EVP_PKEY_free(identity->pkey);
}

struct leat_span identity_certificate(const struct identity *identity)
{
    return (struct leat_span){ (const uint8_t *)identity->certificate,
                               strlen(identity->certificate) };
}

struct leat_span identity_key(const struct identity *identity)
{
    return (struct leat_span){ (const uint8_t *)identity->key, strlen(identity->key) };
}
