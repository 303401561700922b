#ifndef TESTS_SIM_SESSIONS_H
#define TESTS_SIM_SESSIONS_H

#include "leat/endpoint/tls/tls.h"

/* What sessions of TLS need to be the same in each run: one identity, whose signatures have one
 * length and follow from what is signed, and random numbers that follow from a seed. */

/* The server's name. */
#define SESSIONS_NAME "leat.example"

/* Random numbers of OpenSSL's follow from `seed` from here on. */
void sessions_seed(uint64_t seed);

/* Contexts of either version, made once; TLS 1.2 where asked for, else 1.3. */
struct leat_tls_context *sessions_context(enum leat_tls_role role, enum leat_tls_version version);
void sessions_contexts_destroy(void);

#endif
