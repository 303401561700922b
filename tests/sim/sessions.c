/* The way to say where random numbers come from is old, but the one that says it for all of them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tests/sim/sessions.h"

#include <openssl/rand.h>

#include "leat/endpoint/tls/certificates_test.h"
#include "leat/endpoint/tls/parts.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

/* --- Random numbers --- */

static struct random dice;

static int draw(unsigned char *to, int len)
{
    for (int i = 0; i < len; i++)
        to[i] = (unsigned char)random_next(&dice);
    return 1;
}

static int is_seeded(void)
{
    return 1;
}

void sessions_seed(uint64_t seed)
{
    static const RAND_METHOD method = { .bytes = draw, .pseudorand = draw, .status = is_seeded };
    check(RAND_set_rand_method(&method) == 1);
    dice.state = seed;
}

/* --- Contexts --- */

static struct identity identity; /* of the server; made with the first context */
static struct leat_tls_context *contexts[2][2];

struct leat_tls_context *sessions_context(enum leat_tls_role role, enum leat_tls_version version)
{
    struct leat_tls_context **context = &contexts[role][version];
    struct leat_tls_options options = { .role = role };
    struct leat_fault fault;
    if (*context != NULL)
        return *context;
    if (identity.x509 == NULL)
        identity_fixed(&identity, "leat", "DNS:" SESSIONS_NAME);
    if (role == LEAT_TLS_CLIENT) {
        options.authorities = identity_certificate(&identity);
    } else {
        options.certificate = identity_certificate(&identity);
        options.key = identity_key(&identity);
    }
    *context = leat_tls_context_create(&options, &fault);
    check(*context != NULL);
    int most = version == LEAT_TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
    check(SSL_CTX_set_max_proto_version((*context)->ssl, most) == 1);
    return *context;
}

void sessions_contexts_destroy(void)
{
    for (unsigned i = 0; i < 4; i++) {
        leat_tls_context_destroy(contexts[i / 2][i % 2]);
        contexts[i / 2][i % 2] = NULL;
    }
    identity_fini(&identity);
    identity = (struct identity){ 0 };
}
