#include "leat/endpoint/tls/pair_test.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/random.h"

struct identity pair_authority, pair_stranger, pair_server, pair_client, pair_old;
struct memory pair_memory;
int pair_version_max;
static struct leat_tls_context *client, *server;
static struct leat_ctx ctx;
static uint8_t text[PAIR_TEXT_LEN];

/* --- Parties --- */

static void ring(struct leat_wake *wake)
{
    (void)wake;
}

struct leat_wake pair_bell = { ring };

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
        check_status(leat_writer_arm(w, &pair_bell), LEAT_OK);
}

static void party_reads(struct party *party)
{
    struct leat_reader *r = leat_tls_reader(party->tls);
    struct leat_span window;
    party->reads = leat_peek(r, 1, &window);
    if (window.len > 0) {
        check(party->heard_len + window.len <= PAIR_TEXT_LEN);
        memcpy(party->heard + party->heard_len, window.data, window.len);
        party->heard_len += window.len;
        leat_consume(r, window.len);
    }
    if (party->reads == LEAT_AGAIN)
        check_status(leat_arm(r, &pair_bell), LEAT_OK);
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

static void party_init(struct party *party, struct link *in, struct link *out,
                       struct leat_tls_context *context, const char *name,
                       const struct split_plan *plan)
{
    struct leat_reader *r = link_reader(in, &ctx, plan);
    party->heard = memory_get(PAIR_TEXT_LEN);
    party->tls = leat_tls_over(r, link_writer(out, &ctx, plan), context, name);
}

void pair_init_named(struct pair *pair, size_t len, const struct split_plan *plan, const char *name)
{
    *pair = (struct pair){ .client = { .says = text, .says_len = len } };
    link_init(&pair->to_server);
    link_init(&pair->to_client);
    pair->server.says = text + len / 3;
    pair->server.says_len = len - len / 3;
    party_init(&pair->client, &pair->to_client, &pair->to_server, client, name, plan);
    party_init(&pair->server, &pair->to_server, &pair->to_client, server, NULL, plan);
}

void pair_init(struct pair *pair, size_t len, const struct split_plan *plan)
{
    pair_init_named(pair, len, plan, "leat.example");
}

static void party_close(struct party *party)
{
    leat_tls_close(party->tls);
    party->tls = NULL;
}

void pair_fini(struct pair *pair)
{
    party_close(&pair->client);
    party_close(&pair->server);
    memory_put(pair->client.heard);
    memory_put(pair->server.heard);
    link_fini(&pair->to_server);
    link_fini(&pair->to_client);
}

bool pair_runs(struct pair *pair, unsigned steps_max)
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
        if (idle > 200 && pair->client.reads == LEAT_FAULT)
            pair->to_server.finished = true;
        if (idle > 200 && pair->server.reads == LEAT_FAULT)
            pair->to_client.finished = true;
        if (idle > 600)
            return false;
    }
    return false;
}

void pair_heard_is(const struct party *party, const struct party *other)
{
    check(party->heard_len <= other->says_len);
    check_bytes(party->heard, party->heard_len, other->says, party->heard_len);
    if (party->reads == LEAT_END)
        check_equal(party->heard_len, other->says_len);
}

const struct leat_fault *pair_fault(const struct party *party)
{
    return leat_reader_fault(leat_tls_reader(party->tls));
}

void pair_runs_well(struct pair *pair)
{
    check(pair_runs(pair, PAIR_STEPS_MAX));
    if (pair_fault(&pair->client) != NULL)
        check_text(pair_fault(&pair->client)->reason, "");
    if (pair_fault(&pair->server) != NULL)
        check_text(pair_fault(&pair->server)->reason, "");
    pair_heard_is(&pair->client, &pair->server);
    pair_heard_is(&pair->server, &pair->client);
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
    check_text(context != NULL ? "" : fault.reason, "");
    check(SSL_CTX_set_max_proto_version(context->ssl, pair_version_max) == 1);
    return context;
}

struct leat_tls_options pair_client_options(void)
{
    return (struct leat_tls_options){ .authorities = identity_certificate(&pair_authority) };
}

struct leat_tls_options pair_server_options(const struct identity *identity)
{
    return (struct leat_tls_options){ .role = LEAT_TLS_SERVER,
                                      .certificate = identity_certificate(identity),
                                      .key = identity_key(identity),
                                      .authorities = identity_certificate(&pair_authority) };
}

void pair_contexts_set(const struct leat_tls_options *of_client,
                       const struct leat_tls_options *of_server)
{
    leat_tls_context_destroy(client);
    leat_tls_context_destroy(server);
    client = context_of(of_client);
    server = context_of(of_server);
}

void pair_contexts_reset(void)
{
    struct leat_tls_options of_client = pair_client_options();
    struct leat_tls_options of_server = pair_server_options(&pair_server);
    pair_contexts_set(&of_client, &of_server);
}

/* --- Everything --- */

static void identities_make(void)
{
    identity_authority(&pair_authority, "authority");
    identity_authority(&pair_stranger, "stranger");
    identity_signed(&pair_server, &pair_authority, "server",
                    "DNS:leat.example,DNS:*.wild.example,IP:127.0.0.1", -60, 3600);
    identity_signed(&pair_client, &pair_authority, "client", "DNS:client.example", -60, 3600);
    identity_signed(&pair_old, &pair_authority, "old", "DNS:leat.example", -3600, -60);
}

static void identities_fini(void)
{
    identity_fini(&pair_authority);
    identity_fini(&pair_stranger);
    identity_fini(&pair_server);
    identity_fini(&pair_client);
    identity_fini(&pair_old);
}

void pair_tests(void (*tests)(void))
{
    static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };
    struct random random = { 1 };
    for (size_t i = 0; i < PAIR_TEXT_LEN; i++)
        text[i] = (uint8_t)random_next(&random);
    identities_make();
    memory_init(&pair_memory);
    memory_ctx_init(&ctx, &pair_memory);
    for (unsigned i = 0; i < 2; i++) {
        pair_version_max = versions[i];
        check_says("version", (uint64_t)pair_version_max);
        pair_contexts_reset();
        tests();
        leat_tls_context_destroy(client);
        leat_tls_context_destroy(server);
        client = server = NULL;
    }
    memory_ctx_fini(&ctx, &pair_memory);
    identities_fini();
}
