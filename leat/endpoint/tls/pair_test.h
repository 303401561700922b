#ifndef LEAT_ENDPOINT_TLS_PAIR_TEST_H
#define LEAT_ENDPOINT_TLS_PAIR_TEST_H

#include "leat/endpoint/tls/certificates_test.h"
#include "leat/endpoint/tls/link_test.h"
#include "leat/endpoint/tls/parts.h"
#include "tests/support/memory.h"

/* Two ends of a session in memory, stepped in turn. What they stand on is made by pair_tests. */

enum { PAIR_STEPS_MAX = 1 << 20, PAIR_TEXT_LEN = 300000, PAIR_SHORT_LEN = 40 };

struct party {
    struct leat_tls *tls;
    const uint8_t *says;
    size_t says_len, said;
    uint8_t *heard;
    size_t heard_len;
    bool gives;                     /* slices, and not bytes */
    enum leat_status reads, writes; /* OK, AGAIN, FULL: goes on; DONE: finished; END; FAULT */
};

struct pair {
    struct link to_server, to_client;
    struct party client, server;
};

extern struct identity pair_authority, pair_stranger, pair_server, pair_client, pair_old;
extern struct memory pair_memory;
extern int pair_version_max;
extern struct leat_wake pair_bell; /* armed by whoever does not care when it rings */

/* Run `tests` once for each version of TLS, with the usual contexts. */
void pair_tests(void (*tests)(void));

/* Two ends that say `len` bytes together, the client to a server of `name`. */
void pair_init(struct pair *pair, size_t len, const struct split_plan *plan);
void pair_init_named(struct pair *pair, size_t len, const struct split_plan *plan,
                     const char *name);
void pair_fini(struct pair *pair);

/* Step both until both are over, or neither gets on (a step moves nothing where one waits for
 * bytes that were lost). True when both are over. */
bool pair_runs(struct pair *pair, unsigned steps_max);

/* The same, and all went well. */
void pair_runs_well(struct pair *pair);

/* What was heard is what was said, or begins like it; all of it where it ended well. */
void pair_heard_is(const struct party *party, const struct party *other);

const struct leat_fault *pair_fault(const struct party *party);

/* The usual options, and others from here on. */
struct leat_tls_options pair_client_options(void);
struct leat_tls_options pair_server_options(const struct identity *identity);
void pair_contexts_set(const struct leat_tls_options *of_client,
                       const struct leat_tls_options *of_server);
void pair_contexts_reset(void);

#endif
