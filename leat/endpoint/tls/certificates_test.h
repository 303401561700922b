#ifndef LEAT_ENDPOINT_TLS_CERTIFICATES_TEST_H
#define LEAT_ENDPOINT_TLS_CERTIFICATES_TEST_H

#include "leat/core/span.h"

/* Certificates for tests, made as they are asked for. */

/* A certificate and its key, as PEM. */
struct identity {
    char certificate[4096];
    char key[2048];
    void *x509, *pkey; /* OpenSSL's own */
};

/* An authority of the name `name`. */
void identity_authority(struct identity *ret, const char *name);

/* One of `name`, signed by `authority`; `names` as OpenSSL writes alternative names, such as
 * "DNS:a.example,IP:127.0.0.1". Valid from `from_s` to `to_s` after now. */
void identity_signed(struct identity *ret, const struct identity *authority, const char *name,
                     const char *names, long from_s, long to_s);

/* One that vouches for itself and is the same in each run, byte by byte: of a key that everybody
 * knows, whose signatures have one length and follow from what is signed. Valid until 2099. */
void identity_fixed(struct identity *ret, const char *name, const char *names);

void identity_fini(struct identity *identity);

struct leat_span identity_certificate(const struct identity *identity);
struct leat_span identity_key(const struct identity *identity);

#endif
