/* TLS between two ends in memory, of both versions: all lengths, cut anywhere, with waits anywhere;
 * and with everybody that is not to be trusted. */

#include <errno.h>
#include <openssl/err.h>

#include "leat/endpoint/tls/pair_test.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

/* --- What goes well --- */

static void test_sizes(void)
{
    static const size_t lens[] = { 0, 1, 2, 100, 16384, 16385, 40000, PAIR_TEXT_LEN };
    struct split_plan plan = { .piece_max = 65536 };
    for (unsigned i = 0; i < 2 * sizeof(lens) / sizeof(lens[0]); i++) {
        struct pair pair;
        check_says("case", i);
        pair_init(&pair, lens[i / 2], &plan);
        pair.client.gives = pair.server.gives = i % 2;
        pair_runs_well(&pair);
        check_text(leat_tls_version(pair.client.tls),
                   pair_version_max == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2");
        pair_fini(&pair);
    }
    check_forgets_after("test");
}

static void test_cuttings(void)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random random = { seed };
        struct split_plan plan = split_plan_of(seed);
        struct pair pair;
        check_says("seed", seed);
        if (seed % 4 == 0)
            plan.piece_max = 1 + seed / 4;
        pair_init(&pair, random_len(&random, 20000), &plan);
        pair.client.gives = seed % 3 == 0;
        pair.to_server.unread_max = seed % 5 == 0 ? 1 : 1000;
        pair.to_client.unread_max = seed % 7 == 0 ? 1 : 1000;
        pair_runs_well(&pair);
        pair_fini(&pair);
    }
    check_forgets_after("test");
}

static void test_handshake_alone(void)
{
    struct split_plan plan = { .piece_max = 100, .again_percent = 20, .seed = 3 };
    struct pair pair;
    enum leat_status a = LEAT_AGAIN, b = LEAT_AGAIN;
    pair_init(&pair, PAIR_SHORT_LEN, &plan);
    for (unsigned i = 0; i < 1000 && (a != LEAT_OK || b != LEAT_OK); i++) {
        a = leat_tls_handshake(pair.client.tls);
        if (a == LEAT_AGAIN)
            check_status(leat_arm(leat_tls_reader(pair.client.tls), &pair_bell), LEAT_OK);
        b = leat_tls_handshake(pair.server.tls);
        if (b == LEAT_AGAIN)
            check_status(leat_arm(leat_tls_reader(pair.server.tls), &pair_bell), LEAT_OK);
    }
    check_status(a, LEAT_OK);
    check_status(b, LEAT_OK);
    pair_runs_well(&pair);
    pair_fini(&pair);
}

/* Keys change under way, for both directions at once, also while a write waits for room. */
static void test_new_keys(void)
{
    if (pair_version_max != TLS1_3_VERSION)
        return;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct split_plan plan = { .seed = seed, .piece_max = 500, .again_percent = 20 };
        struct pair pair;
        check_says("seed", seed);
        pair_init(&pair, 30000, &plan);
        pair.to_client.unread_max = 100;
        for (unsigned times = 0; times < 5; times++) {
            (void)pair_runs(&pair, 30 + (unsigned)seed * 3);
            SSL *ssl = times % 2 == 0 ? pair.client.tls->ssl : pair.server.tls->ssl;
            (void)SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED); /* refused while it writes */
            ERR_clear_error();
        }
        pair_runs_well(&pair);
        pair_fini(&pair);
    }
    check_forgets_after("test");
}

/* One end of a session may be closed before the other. */
static void test_halves(void)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    pair_init(&pair, 1000, &plan);
    leat_reader_close(leat_tls_reader(pair.client.tls));
    pair.client.reads = LEAT_END;
    pair.server.says_len = 0;
    check(pair_runs(&pair, PAIR_STEPS_MAX));
    check_status(pair.server.reads, LEAT_END);
    pair_heard_is(&pair.server, &pair.client);
    leat_writer_close(leat_tls_writer(pair.server.tls));
    pair_fini(&pair);
}

static void test_protocols(void)
{
    static const char *const theirs[] = { "h2", "http/1.1", NULL };
    static const char *const ours[] = { "http/1.1", "h3", NULL };
    static const char *const others[] = { "spdy/1", NULL };
    struct leat_tls_options of_client = pair_client_options();
    struct leat_tls_options of_server = pair_server_options(&pair_server);
    struct split_plan plan = { 0 };
    struct pair pair;
    of_client.protocols = theirs;
    of_server.protocols = ours;
    pair_contexts_set(&of_client, &of_server);
    pair_init(&pair, PAIR_SHORT_LEN, &plan);
    pair_runs_well(&pair);
    struct leat_span chosen = leat_tls_protocol(pair.client.tls);
    check_bytes(chosen.data, chosen.len, "http/1.1", 8);
    chosen = leat_tls_protocol(pair.server.tls);
    check_bytes(chosen.data, chosen.len, "http/1.1", 8);
    pair_fini(&pair);
    of_server.protocols = others;
    pair_contexts_set(&of_client, &of_server);
    pair_init(&pair, PAIR_SHORT_LEN, &plan);
    (void)pair_runs(&pair, PAIR_STEPS_MAX);
    check_equal(pair_fault(&pair.client)->system_code, ECONNABORTED);
    check_text(pair_fault(&pair.client)->reason, "tlsv1 alert no application protocol");
    pair_fini(&pair);
    pair_contexts_reset();
}

/* --- Who is trusted --- */

/* The session comes to nothing; who refused has `reason`, and the other was told. */
static void refuses(const struct leat_tls_options *of_client,
                    const struct leat_tls_options *of_server, const char *name, bool client_refuses,
                    const char *reason)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    pair_contexts_set(of_client, of_server);
    pair_init_named(&pair, PAIR_SHORT_LEN, &plan, name);
    (void)pair_runs(&pair, PAIR_STEPS_MAX);
    const struct party *who = client_refuses ? &pair.client : &pair.server;
    const struct party *told = client_refuses ? &pair.server : &pair.client;
    check_equal(who->heard_len, 0);
    check_status(who->reads, LEAT_FAULT);
    check_status(who->writes, LEAT_FAULT);
    check_text(pair_fault(who)->reason, reason);
    check(pair_fault(who)->code == LEAT_FAULT_SYSTEM);
    check_equal(pair_fault(who)->system_code, EACCES);
    check_equal(told->heard_len, 0);
    check_status(told->reads, LEAT_FAULT);
    check_equal(pair_fault(told)->system_code, ECONNABORTED);
    pair_fini(&pair);
}

static void accepts(const struct leat_tls_options *of_client,
                    const struct leat_tls_options *of_server, const char *name)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    pair_contexts_set(of_client, of_server);
    pair_init_named(&pair, PAIR_SHORT_LEN, &plan, name);
    pair_runs_well(&pair);
    pair_fini(&pair);
}

static void test_trust(void)
{
    struct leat_tls_options c = pair_client_options(), s = pair_server_options(&pair_server);
    accepts(&c, &s, "leat.example");
    accepts(&c, &s, "a.wild.example");
    accepts(&c, &s, "127.0.0.1");
    refuses(&c, &s, "other.example", true, "hostname mismatch");
    refuses(&c, &s, "a.b.wild.example", true, "hostname mismatch");
    refuses(&c, &s, "127.0.0.2", true, "IP address mismatch");
    struct leat_tls_options old = pair_server_options(&pair_old);
    refuses(&c, &old, "leat.example", true, "certificate has expired");
    c.authorities = identity_certificate(&pair_stranger);
    refuses(&c, &s, "leat.example", true, "unable to get local issuer certificate");
    c.verify = LEAT_TLS_VERIFY_NONE;
    accepts(&c, &s, NULL);
    c = pair_client_options();
    c.verify = LEAT_TLS_VERIFY_CHAIN;
    accepts(&c, &s, "other.example");
    pair_contexts_reset();
}

static void test_trust_of_clients(void)
{
    struct leat_tls_options c = pair_client_options(), s = pair_server_options(&pair_server);
    s.verify = LEAT_TLS_VERIFY_CHAIN;
    refuses(&c, &s, "leat.example", false, "peer did not return a certificate");
    c.certificate = identity_certificate(&pair_client);
    c.key = identity_key(&pair_client);
    accepts(&c, &s, "leat.example");
    s.authorities = identity_certificate(&pair_stranger);
    refuses(&c, &s, "leat.example", false, "unable to get local issuer certificate");
    pair_contexts_reset();
}

static void context_fails(const struct leat_tls_options *options, const char *name)
{
    struct leat_fault fault = { 0 };
    check(leat_tls_context_create(options, &fault) == NULL);
    check(fault.code != LEAT_FAULT_NONE);
    if (name != NULL)
        check_text(fault.name, name);
}

static void test_bad_options(void)
{
    struct leat_tls_options s = pair_server_options(&pair_server);
    s.key = identity_key(&pair_client);
    context_fails(&s, NULL);
    s = pair_server_options(&pair_server);
    s.certificate.len /= 2;
    context_fails(&s, NULL);
    s = pair_server_options(&pair_server);
    s.key.len = 10;
    context_fails(&s, NULL);
    struct leat_tls_options c = { .authorities_path = "/nowhere/at/all" };
    context_fails(&c, "/nowhere/at/all");
    c = (struct leat_tls_options){ .authorities = { (const uint8_t *)"none", 4 } };
    context_fails(&c, NULL);
    /* What was refused leaves no error behind for the next. */
    pair_contexts_reset();
}

static void tests(void)
{
    check_run(test_sizes);
    check_run(test_cuttings);
    check_run(test_handshake_alone);
    check_run(test_new_keys);
    check_run(test_halves);
    check_run(test_protocols);
    check_run(test_trust);
    check_run(test_trust_of_clients);
    check_run(test_bad_options);
}

int main(void)
{
    pair_tests(tests);
    return 0;
}
