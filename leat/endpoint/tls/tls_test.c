/* TLS between two ends in memory, stepped in turn: cut anywhere, with waits anywhere, each byte
 * flipped, cut after each byte, closed after each step, without memory at each allocation, and with
 * everybody that is not to be trusted. Never are other bytes shown than were sent. */

#include "leat/endpoint/tls/tls.h"

#include <errno.h>
#include <string.h>

#include "leat/endpoint/tls/certificates_test.h"
#include "leat/endpoint/tls/link_test.h"
#include "leat/endpoint/tls/parts.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

enum { STEPS_MAX = 1 << 20, TEXT_LEN = 300000, SHORT_LEN = 40 };

static struct identity authority, stranger, server_identity, client_identity, old_identity;
static struct leat_tls_context *client, *server;
static struct memory memory;
static struct leat_ctx ctx;
static uint8_t text[TEXT_LEN];
static int version_max = TLS1_3_VERSION;

/* --- Parties --- */

struct party {
    struct leat_tls *tls;
    const uint8_t *says;
    size_t says_len, said;
    uint8_t *heard;
    size_t heard_len;
    bool gives;                     /* slices, and not bytes */
    enum leat_status reads, writes; /* OK, AGAIN, FULL: goes on; DONE: finished; END; FAULT */
};

static void ring(struct leat_wake *wake)
{
    (void)wake;
}

static struct leat_wake bell = { ring };

static bool is_over(enum leat_status status)
{
    return status == LEAT_FAULT || status == LEAT_END || status == LEAT_DONE;
}

static enum leat_status gives(struct party *party, struct leat_writer *w)
{
    size_t len = party->says_len - party->said;
    struct leat_slice slice = { party->says + party->said, len < 5000 ? len : 5000, NULL };
    size_t slice_len = slice.len;
    enum leat_status status = leat_give(w, &slice);
    party->said += status == LEAT_OK ? slice_len : 0;
    return status;
}

static void party_writes(struct party *party)
{
    struct leat_writer *w = leat_tls_writer(party->tls);
    size_t done = 0;
    if (party->said < party->says_len && party->gives) {
        party->writes = gives(party, w);
    } else if (party->said < party->says_len) {
        party->writes =
            leat_write(w, party->says + party->said, party->says_len - party->said, &done);
        party->said += done;
    } else {
        party->writes = leat_flush(w, LEAT_FLUSH_FINISH);
        if (party->writes == LEAT_OK)
            party->writes = LEAT_DONE;
    }
    if (party->writes == LEAT_FULL)
        check_status(leat_writer_arm(w, &bell), LEAT_OK);
}

static void party_reads(struct party *party)
{
    struct leat_reader *r = leat_tls_reader(party->tls);
    struct leat_span window;
    party->reads = leat_peek(r, 1, &window);
    if (window.len > 0) {
        check(party->heard_len + window.len <= TEXT_LEN);
        memcpy(party->heard + party->heard_len, window.data, window.len);
        party->heard_len += window.len;
        leat_consume(r, window.len);
    }
    if (party->reads == LEAT_AGAIN)
        check_status(leat_arm(r, &bell), LEAT_OK);
}

static bool party_steps(struct party *party)
{
    if (!is_over(party->writes))
        party_writes(party);
    if (!is_over(party->reads))
        party_reads(party);
    return is_over(party->writes) && is_over(party->reads);
}

/* --- Two of them --- */

struct pair {
    struct link to_server, to_client;
    struct party client, server;
};

static void party_init(struct party *party, struct link *in, struct link *out,
                       struct leat_tls_context *context, const char *name,
                       const struct split_plan *plan)
{
    struct leat_reader *r = link_reader(in, &ctx, plan);
    party->heard = memory_get(TEXT_LEN);
    party->tls = leat_tls_over(r, link_writer(out, &ctx, plan), context, name);
}

static void pair_init_named(struct pair *pair, size_t len, const struct split_plan *plan,
                            const char *name)
{
    *pair = (struct pair){ .client = { .says = text, .says_len = len } };
    link_init(&pair->to_server);
    link_init(&pair->to_client);
    pair->server.says = text + len / 3;
    pair->server.says_len = len - len / 3;
    party_init(&pair->client, &pair->to_client, &pair->to_server, client, name, plan);
    party_init(&pair->server, &pair->to_server, &pair->to_client, server, NULL, plan);
}

static void pair_init(struct pair *pair, size_t len, const struct split_plan *plan)
{
    pair_init_named(pair, len, plan, "leat.example");
}

static void party_close(struct party *party)
{
    leat_tls_close(party->tls);
    party->tls = NULL;
}

static void pair_fini(struct pair *pair)
{
    party_close(&pair->client);
    party_close(&pair->server);
    memory_put(pair->client.heard);
    memory_put(pair->server.heard);
    link_fini(&pair->to_server);
    link_fini(&pair->to_client);
}

/* Step both until both are over, or neither gets on (a step moves nothing where one waits for
 * bytes that were lost). True when both are over. */
static bool pair_runs(struct pair *pair, unsigned steps_max)
{
    unsigned idle = 0;
    for (unsigned step = 0; step < steps_max; step++) {
        size_t before = pair->to_server.len + pair->to_client.len + pair->to_server.taken +
                        pair->to_client.taken + pair->client.heard_len + pair->server.heard_len;
        bool client_over = party_steps(&pair->client);
        bool server_over = party_steps(&pair->server);
        if (client_over && server_over)
            return true;
        size_t after = pair->to_server.len + pair->to_client.len + pair->to_server.taken +
                       pair->to_client.taken + pair->client.heard_len + pair->server.heard_len;
        idle = after == before ? idle + 1 : 0;
        /* Who has failed hangs up, and the other hears of it. */
        if (idle > 1000 && pair->client.reads == LEAT_FAULT)
            pair->to_server.finished = true;
        if (idle > 1000 && pair->server.reads == LEAT_FAULT)
            pair->to_client.finished = true;
        if (idle > 3000)
            return false;
    }
    return false;
}

/* What was heard is what was said, or begins like it; all of it where it ended well. */
static void heard_is(const struct party *party, const struct party *other)
{
    check(party->heard_len <= other->says_len);
    check_bytes(party->heard, party->heard_len, other->says, party->heard_len);
    if (party->reads == LEAT_END)
        check_equal(party->heard_len, other->says_len);
}

static const struct leat_fault *fault_of(const struct party *party)
{
    return leat_reader_fault(leat_tls_reader(party->tls));
}

static void all_is_well(struct pair *pair)
{
    check(pair_runs(pair, STEPS_MAX));
    if (fault_of(&pair->client) != NULL)
        check_text(fault_of(&pair->client)->reason, "");
    if (fault_of(&pair->server) != NULL)
        check_text(fault_of(&pair->server)->reason, "");
    heard_is(&pair->client, &pair->server);
    heard_is(&pair->server, &pair->client);
    check_status(pair->client.reads, LEAT_END);
    check_status(pair->server.reads, LEAT_END);
    check_status(pair->client.writes, LEAT_DONE);
    check_status(pair->server.writes, LEAT_DONE);
}

/* --- Contexts --- */

static struct leat_tls_context *context_of(const struct leat_tls_options *options)
{
    struct leat_fault fault = { 0 };
    struct leat_tls_context *context = leat_tls_context_create(options, &fault);
    if (context == NULL)
        check_text(fault.reason, "");
    check(SSL_CTX_set_max_proto_version(context->ssl, version_max) == 1);
    return context;
}

static struct leat_tls_options client_options(void)
{
    return (struct leat_tls_options){ .authorities = identity_certificate(&authority) };
}

static struct leat_tls_options server_options(const struct identity *identity)
{
    return (struct leat_tls_options){ .role = LEAT_TLS_SERVER,
                                      .certificate = identity_certificate(identity),
                                      .key = identity_key(identity),
                                      .authorities = identity_certificate(&authority) };
}

/* Use these from here on. */
static void contexts_set(const struct leat_tls_options *of_client,
                         const struct leat_tls_options *of_server)
{
    leat_tls_context_destroy(client);
    leat_tls_context_destroy(server);
    client = context_of(of_client);
    server = context_of(of_server);
}

static void contexts_reset(void)
{
    struct leat_tls_options of_client = client_options();
    struct leat_tls_options of_server = server_options(&server_identity);
    contexts_set(&of_client, &of_server);
}

/* --- What goes well --- */

static void test_sizes(void)
{
    static const size_t lens[] = { 0, 1, 2, 100, 16384, 16385, 40000, TEXT_LEN };
    struct split_plan plan = { .piece_max = 65536 };
    for (unsigned i = 0; i < 2 * sizeof(lens) / sizeof(lens[0]); i++) {
        struct pair pair;
        check_says("case", i);
        pair_init(&pair, lens[i / 2], &plan);
        pair.client.gives = pair.server.gives = i % 2;
        all_is_well(&pair);
        check_text(leat_tls_version(pair.client.tls),
                   version_max == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2");
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
        all_is_well(&pair);
        pair_fini(&pair);
    }
    check_forgets_after("test");
}

static void test_handshake_alone(void)
{
    struct split_plan plan = { .piece_max = 100, .again_percent = 20, .seed = 3 };
    struct pair pair;
    enum leat_status a = LEAT_AGAIN, b = LEAT_AGAIN;
    pair_init(&pair, SHORT_LEN, &plan);
    for (unsigned i = 0; i < 1000 && (a != LEAT_OK || b != LEAT_OK); i++) {
        a = leat_tls_handshake(pair.client.tls);
        if (a == LEAT_AGAIN)
            check_status(leat_arm(leat_tls_reader(pair.client.tls), &bell), LEAT_OK);
        b = leat_tls_handshake(pair.server.tls);
        if (b == LEAT_AGAIN)
            check_status(leat_arm(leat_tls_reader(pair.server.tls), &bell), LEAT_OK);
    }
    check_status(a, LEAT_OK);
    check_status(b, LEAT_OK);
    all_is_well(&pair);
    pair_fini(&pair);
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
    check(pair_runs(&pair, STEPS_MAX));
    check_status(pair.server.reads, LEAT_END);
    heard_is(&pair.server, &pair.client);
    leat_writer_close(leat_tls_writer(pair.server.tls));
    pair_fini(&pair);
}

static void test_protocols(void)
{
    static const char *const theirs[] = { "h2", "http/1.1", NULL };
    static const char *const ours[] = { "http/1.1", "h3", NULL };
    static const char *const others[] = { "spdy/1", NULL };
    struct leat_tls_options of_client = client_options();
    struct leat_tls_options of_server = server_options(&server_identity);
    struct split_plan plan = { 0 };
    struct pair pair;
    of_client.protocols = theirs;
    of_server.protocols = ours;
    contexts_set(&of_client, &of_server);
    pair_init(&pair, SHORT_LEN, &plan);
    all_is_well(&pair);
    struct leat_span chosen = leat_tls_protocol(pair.client.tls);
    check_bytes(chosen.data, chosen.len, "http/1.1", 8);
    chosen = leat_tls_protocol(pair.server.tls);
    check_bytes(chosen.data, chosen.len, "http/1.1", 8);
    pair_fini(&pair);
    of_server.protocols = others;
    contexts_set(&of_client, &of_server);
    pair_init(&pair, SHORT_LEN, &plan);
    (void)pair_runs(&pair, STEPS_MAX);
    check_equal(fault_of(&pair.client)->system_code, ECONNABORTED);
    check_text(fault_of(&pair.client)->reason, "tlsv1 alert no application protocol");
    pair_fini(&pair);
    contexts_reset();
}

/* --- Who is trusted --- */

/* The session comes to nothing; who refused has `reason`, and the other was told. */
static void refuses(const struct leat_tls_options *of_client,
                    const struct leat_tls_options *of_server, const char *name, bool client_refuses,
                    const char *reason)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    contexts_set(of_client, of_server);
    pair_init_named(&pair, SHORT_LEN, &plan, name);
    (void)pair_runs(&pair, STEPS_MAX);
    const struct party *who = client_refuses ? &pair.client : &pair.server;
    const struct party *told = client_refuses ? &pair.server : &pair.client;
    check_equal(who->heard_len, 0);
    check_status(who->reads, LEAT_FAULT);
    check_status(who->writes, LEAT_FAULT);
    check_text(fault_of(who)->reason, reason);
    check(fault_of(who)->code == LEAT_FAULT_SYSTEM);
    check_equal(fault_of(who)->system_code, EACCES);
    check_equal(told->heard_len, 0);
    check_status(told->reads, LEAT_FAULT);
    check_equal(fault_of(told)->system_code, ECONNABORTED);
    pair_fini(&pair);
}

static void accepts(const struct leat_tls_options *of_client,
                    const struct leat_tls_options *of_server, const char *name)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    contexts_set(of_client, of_server);
    pair_init_named(&pair, SHORT_LEN, &plan, name);
    all_is_well(&pair);
    pair_fini(&pair);
}

static void test_trust(void)
{
    struct leat_tls_options c = client_options(), s = server_options(&server_identity);
    accepts(&c, &s, "leat.example");
    accepts(&c, &s, "a.wild.example");
    accepts(&c, &s, "127.0.0.1");
    refuses(&c, &s, "other.example", true, "hostname mismatch");
    refuses(&c, &s, "a.b.wild.example", true, "hostname mismatch");
    refuses(&c, &s, "127.0.0.2", true, "IP address mismatch");
    struct leat_tls_options old = server_options(&old_identity);
    refuses(&c, &old, "leat.example", true, "certificate has expired");
    c.authorities = identity_certificate(&stranger);
    refuses(&c, &s, "leat.example", true, "unable to get local issuer certificate");
    c.verify = LEAT_TLS_VERIFY_NONE;
    accepts(&c, &s, NULL);
    c = client_options();
    c.verify = LEAT_TLS_VERIFY_CHAIN;
    accepts(&c, &s, "other.example");
    contexts_reset();
}

static void test_trust_of_clients(void)
{
    struct leat_tls_options c = client_options(), s = server_options(&server_identity);
    s.verify = LEAT_TLS_VERIFY_CHAIN;
    refuses(&c, &s, "leat.example", false, "peer did not return a certificate");
    c.certificate = identity_certificate(&client_identity);
    c.key = identity_key(&client_identity);
    accepts(&c, &s, "leat.example");
    s.authorities = identity_certificate(&stranger);
    refuses(&c, &s, "leat.example", false, "unable to get local issuer certificate");
    contexts_reset();
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
    struct leat_tls_options s = server_options(&server_identity);
    s.key = identity_key(&client_identity);
    context_fails(&s, NULL);
    s = server_options(&server_identity);
    s.certificate.len /= 2;
    context_fails(&s, NULL);
    s = server_options(&server_identity);
    s.key.len = 10;
    context_fails(&s, NULL);
    struct leat_tls_options c = { .authorities_path = "/nowhere/at/all" };
    context_fails(&c, "/nowhere/at/all");
    c = (struct leat_tls_options){ .authorities = { (const uint8_t *)"none", 4 } };
    context_fails(&c, NULL);
    /* What was refused leaves no error behind for the next. */
    contexts_reset();
}

/* --- What is damaged --- */

/* How many bytes go each way, so that each may be hurt. */
static void lens_find(size_t *ret_to_server, size_t *ret_to_client)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    pair_init(&pair, SHORT_LEN, &plan);
    all_is_well(&pair);
    *ret_to_server = pair.to_server.len;
    *ret_to_client = pair.to_client.len;
    pair_fini(&pair);
}

static void flip(bool to_server, size_t at, uint8_t flips)
{
    struct split_plan plan = { .piece_max = 65536 };
    struct pair pair;
    pair_init(&pair, SHORT_LEN, &plan);
    struct link *link = to_server ? &pair.to_server : &pair.to_client;
    link->flips_at = at;
    link->flips = flips;
    (void)pair_runs(&pair, STEPS_MAX);
    heard_is(&pair.client, &pair.server);
    heard_is(&pair.server, &pair.client);
    pair_fini(&pair);
}

static void test_flips(void)
{
    size_t lens[2];
    lens_find(&lens[0], &lens[1]);
    for (unsigned way = 0; way < 2; way++) {
        for (size_t at = 0; at < lens[way]; at++) {
            check_says("way", way);
            check_says("at", at);
            flip(way == 0, at, (uint8_t)(1u << at % 8));
        }
    }
    check_forgets_after("test");
}

/* A record of bytes that were changed is a fault that says so. */
static void test_changed(void)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    size_t to_server, to_client;
    lens_find(&to_server, &to_client);
    pair_init(&pair, SHORT_LEN, &plan);
    /* The last record is the close_notify, of 24 bytes; before it is the text. */
    pair.to_server.flips_at = to_server - 24 - 20;
    pair.to_server.flips = 1;
    (void)pair_runs(&pair, STEPS_MAX);
    check_status(pair.server.reads, LEAT_FAULT);
    check(fault_of(&pair.server)->code == LEAT_FAULT_CHECKSUM);
    check_text(fault_of(&pair.server)->reason, "decryption failed or bad record mac");
    pair_fini(&pair);
}

static void cut(bool to_server, size_t at)
{
    struct split_plan plan = { .piece_max = 65536 };
    struct pair pair;
    pair_init(&pair, SHORT_LEN, &plan);
    struct link *link = to_server ? &pair.to_server : &pair.to_client;
    link->ends_at = at;
    (void)pair_runs(&pair, STEPS_MAX);
    struct party *party = to_server ? &pair.server : &pair.client;
    heard_is(&pair.client, &pair.server);
    heard_is(&pair.server, &pair.client);
    check_status(party->reads, LEAT_FAULT);
    check(fault_of(party)->code == LEAT_FAULT_TRUNCATED);
    pair_fini(&pair);
}

static void test_cuts(void)
{
    size_t lens[2];
    lens_find(&lens[0], &lens[1]);
    for (unsigned way = 0; way < 2; way++) {
        /* Signatures differ in length by a few bytes from one session to the next. */
        for (size_t at = 0; at < lens[way] - 12; at++) {
            check_says("way", way);
            check_says("at", at);
            cut(way == 0, at);
        }
    }
    check_forgets_after("test");
}

/* --- What is given up --- */

static void test_closed_at_each_step(void)
{
    struct split_plan plan = { .piece_max = 300, .again_percent = 30 };
    bool over = false;
    for (unsigned steps = 0; !over; steps++) {
        struct pair pair;
        check_says("steps", steps);
        plan.seed = steps;
        pair_init(&pair, 3000, &plan);
        over = pair_runs(&pair, steps);
        pair_fini(&pair);
    }
    check_forgets_after("test");
}

static void test_memory(void)
{
    struct split_plan plan = { 0 };
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        struct pair pair;
        check_says("allocation", n);
        uint64_t before = memory.calls;
        memory.fail_at = before + n;
        pair_init(&pair, 3000, &plan);
        if (pair.client.tls != NULL && pair.server.tls != NULL) {
            (void)pair_runs(&pair, STEPS_MAX);
            heard_is(&pair.client, &pair.server);
            heard_is(&pair.server, &pair.client);
        }
        failed = memory.calls >= memory.fail_at;
        memory.fail_at = 0;
        pair_fini(&pair);
    }
    check_forgets_after("test");
}

static void every_test(void)
{
    check_says("version", (uint64_t)version_max);
    contexts_reset();
    check_run(test_sizes);
    check_run(test_cuttings);
    check_run(test_handshake_alone);
    check_run(test_halves);
    check_run(test_protocols);
    check_run(test_trust);
    check_run(test_trust_of_clients);
    check_run(test_bad_options);
    if (version_max == TLS1_3_VERSION)
        check_run(test_changed);
    check_run(test_flips);
    check_run(test_cuts);
    check_run(test_closed_at_each_step);
    check_run(test_memory);
    leat_tls_context_destroy(client);
    leat_tls_context_destroy(server);
    client = server = NULL;
}

int main(void)
{
    struct random random = { 1 };
    for (size_t i = 0; i < TEXT_LEN; i++)
        text[i] = (uint8_t)random_next(&random);
    identity_authority(&authority, "authority");
    identity_authority(&stranger, "stranger");
    identity_signed(&server_identity, &authority, "server",
                    "DNS:leat.example,DNS:*.wild.example,IP:127.0.0.1", -60, 3600);
    identity_signed(&client_identity, &authority, "client", "DNS:client.example", -60, 3600);
    identity_signed(&old_identity, &authority, "old", "DNS:leat.example", -3600, -60);
    memory_init(&memory);
    memory_ctx_init(&ctx, &memory);
    every_test();
    version_max = TLS1_2_VERSION;
    every_test();
    identity_fini(&authority);
    identity_fini(&stranger);
    identity_fini(&server_identity);
    identity_fini(&client_identity);
    identity_fini(&old_identity);
    memory_ctx_fini(&ctx, &memory);
    return 0;
}
