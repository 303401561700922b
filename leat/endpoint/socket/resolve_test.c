/* Names are looked up at a name server of this test's own, a fiber beside the lookups: one that
 * answers, is slow, cuts its answers, lies, is broken, says nothing. On every kind of loop. */

#include <errno.h>
#include <string.h>

#include "leat/endpoint/datagram/datagrams.h"
#include "leat/endpoint/socket/listener.h"
#include "leat/endpoint/socket/resolve.h"
#include "tests/support/over.h"
#include "tests/support/check.h"

#define MS ((uint64_t)1000000)
enum { HEADER_LEN = 12, MESSAGE_MAX = 512, NAME_MAX_LEN = 64, TYPE_A = 1, TYPE_AAAA = 28 };

static struct leat_ctx ctx;
static struct leat_fibers *fibers;
static struct leat_datagrams server;
static struct leat_listener stream_server;
static char server_text[LEAT_ADDRESS_TEXT_MAX];
static unsigned asked;

/* --- The server --- */

struct message {
    uint8_t bytes[MESSAGE_MAX];
    size_t len;
};

/* The first label of the question: what the server is to do. Returns the end of the question. */
static size_t question_parse(const struct message *message, char *ret_name, unsigned *ret_type)
{
    size_t at = HEADER_LEN, name_len = 0;
    check(message->len > HEADER_LEN);
    for (bool is_first = true; message->bytes[at] != 0; is_first = false) {
        size_t len = message->bytes[at];
        check(at + 1 + len < message->len);
        for (size_t i = 0; i < len && is_first && name_len < NAME_MAX_LEN - 1; i++)
            ret_name[name_len++] = (char)message->bytes[at + 1 + i];
        at += 1 + len;
    }
    ret_name[name_len] = '\0';
    *ret_type = message->bytes[at + 2];
    return at + 5;
}

static void put(struct message *message, const void *bytes, size_t len)
{
    check(message->len + len <= MESSAGE_MAX);
    memcpy(message->bytes + message->len, bytes, len);
    message->len += len;
}

/* One address, of the name that was asked for. */
static void put_answer(struct message *message, unsigned type, uint8_t last)
{
    const uint8_t head[] = { 0xc0, HEADER_LEN, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0 };
    const uint8_t four[] = { 4, 192, 0, 2, last };
    const uint8_t six[] = { 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last };
    put(message, head, sizeof(head));
    if (type == TYPE_A)
        put(message, four, sizeof(four));
    else
        put(message, six, sizeof(six));
    message->bytes[7]++;
}

/* Turn a question into its answer. False: there is none. `by_stream`: it came over TCP. */
static bool answer(struct message *message, bool by_stream)
{
    char name[NAME_MAX_LEN];
    unsigned type;
    message->len = question_parse(message, name, &type);
    asked++;
    message->bytes[2] = 0x81; /* an answer, recursion desired */
    message->bytes[3] = 0x80;
    message->bytes[10] = message->bytes[11] = 0; /* no additional records */
    if (strcmp(name, "silent") == 0 || (strcmp(name, "lossy") == 0 && asked <= 2))
        return false;
    if (strcmp(name, "missing") == 0) {
        message->bytes[3] |= 3;
    } else if (strcmp(name, "failing") == 0) {
        message->bytes[3] |= 2;
    } else if (strcmp(name, "refusing") == 0) {
        message->bytes[3] |= 5;
    } else if (strcmp(name, "broken") == 0) {
        put_answer(message, type, 1);
        message->len -= 3;
    } else if (strcmp(name, "loops") == 0) {
        const uint8_t itself[] = {
            0xc0, (uint8_t)message->len, 0, (uint8_t)type, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4
        };
        put(message, itself, sizeof(itself));
        message->bytes[7]++;
    } else if (strcmp(name, "liar") == 0) {
        message->bytes[0] ^= 0xff; /* the answer to some other question */
        put_answer(message, type, 66);
    } else if (strcmp(name, "cut") == 0 && !by_stream) {
        message->bytes[2] |= 2;
    } else if (strcmp(name, "four") == 0 ? type == TYPE_A : strcmp(name, "empty") != 0) {
        put_answer(message, type, 1);
        put_answer(message, type, 2);
    }
    return true;
}

static void serves(void *unused)
{
    struct leat_datagram question;
    (void)unused;
    while (leat_datagrams_receive(&server, &question) == LEAT_OK) {
        struct message message = { .len = question.slice.len };
        check(question.slice.len <= MESSAGE_MAX);
        memcpy(message.bytes, question.slice.data, message.len);
        leat_slice_release(&question.slice);
        char name[NAME_MAX_LEN];
        unsigned type;
        (void)question_parse(&message, name, &type);
        if (strcmp(name, "slow") == 0 && leat_fiber_sleep(fibers, 20 * MS) != LEAT_OK)
            break;
        if (answer(&message, false))
            check_status(leat_datagrams_send(&server,
                                             (struct leat_span){ message.bytes, message.len },
                                             &question.from),
                         LEAT_OK);
    }
    check(server.fault.code == LEAT_FAULT_CANCELLED);
}

/* One question over TCP, whose answer comes in two pieces. */
static void streams(struct leat_connection *connection)
{
    struct leat_reader *r = leat_connection_reader(connection);
    struct leat_writer *w = leat_connection_writer(connection);
    struct leat_span window;
    while (leat_peek(r, 2, &window) == LEAT_OK) {
        size_t len = (size_t)window.data[0] << 8 | window.data[1], done;
        struct message message = { .len = len };
        check(len <= MESSAGE_MAX);
        if (leat_peek(r, 2 + len, &window) != LEAT_OK)
            break;
        memcpy(message.bytes, window.data + 2, len);
        leat_consume(r, 2 + len);
        check(answer(&message, true));
        uint8_t prefix[] = { (uint8_t)(message.len >> 8), (uint8_t)message.len };
        check_status(leat_write(w, prefix, 1, &done), LEAT_OK);
        check_status(leat_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
        if (leat_fiber_sleep(fibers, MS) != LEAT_OK)
            break;
        check_status(leat_write(w, prefix + 1, 1, &done), LEAT_OK);
        check_status(leat_write(w, message.bytes, message.len, &done), LEAT_OK);
        if (leat_flush(w, LEAT_FLUSH_PUSH) != LEAT_OK)
            break;
    }
    leat_connection_close(connection);
}

static void streams_serve(void *unused)
{
    struct leat_connection *connection;
    (void)unused;
    while (leat_listener_accept(&stream_server, NULL, &connection) == LEAT_OK)
        streams(connection);
}

/* --- The lookups --- */

static enum leat_status look_up(const char *host, struct leat_resolved *ret)
{
    struct leat_resolve_options options = { .servers = server_text,
                                            .try_timeout_ns = 50 * MS,
                                            .tries = 2 };
    asked = 0;
    check_says_text("host", host);
    return leat_resolve(fibers, host, 80, &options, ret);
}

static unsigned count_of(const struct leat_resolved *resolved, sa_family_t family)
{
    unsigned count = 0;
    for (unsigned i = 0; i < resolved->len; i++) {
        check_equal(leat_address_port(&resolved->addresses[i]), 80);
        count += resolved->addresses[i].any.sa_family == family;
    }
    return count;
}

static void finds(const char *host, unsigned fours, unsigned sixes)
{
    struct leat_resolved resolved;
    check_status(look_up(host, &resolved), LEAT_OK);
    check_equal(count_of(&resolved, AF_INET), fours);
    check_equal(count_of(&resolved, AF_INET6), sixes);
}

static void finds_not(const char *host, const char *reason)
{
    struct leat_resolved resolved;
    check_status(look_up(host, &resolved), LEAT_FAULT);
    check_text(resolved.fault.reason, reason);
    check_text(resolved.fault.name, host);
    check_equal(resolved.len, 0);
}

static void test_found(void)
{
    finds("both.example", 2, 2);
    finds("four.example", 2, 0);
    finds("slow.example", 2, 2);
    finds("lossy.example", 2, 2);
}

static void test_no_question(void)
{
    finds("192.0.2.7", 1, 0);
    check_equal(asked, 0);
    finds("2001:db8::1", 0, 1);
    finds("[2001:db8::1]", 0, 1);
    check_equal(asked, 0);
    struct leat_resolved resolved;
    check_status(look_up("localhost", &resolved), LEAT_OK);
    check_equal(asked, 0);
}

static void test_cut(void)
{
    finds("cut.example", 2, 2);
}

static void test_not_found(void)
{
    finds_not("missing.example", "no such host");
    finds_not("empty.example", "the host has no address");
    finds_not("failing.example", "no name server gives an answer");
    finds_not("refusing.example", "no name server gives an answer");
    finds_not("silent.example", "the name servers do not answer");
    finds_not("liar.example", "the name servers do not answer");
}

/* What is no answer is never an address. */
static void test_broken(void)
{
    struct leat_resolved resolved;
    check_status(look_up("broken.example", &resolved), LEAT_FAULT);
    check_status(look_up("loops.example", &resolved), LEAT_FAULT);
    check_status(look_up("..", &resolved), LEAT_FAULT);
    char long_name[600];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    check_status(look_up(long_name, &resolved), LEAT_FAULT);
}

static void test_deadline(void)
{
    struct leat_resolved resolved;
    struct leat_scope scope;
    leat_scope_open(&scope, fibers);
    leat_scope_deadline(&scope, leat_loop_clock(leat_fibers_loop(fibers)) + 10 * MS);
    check_status(look_up("silent.example", &resolved), LEAT_FAULT);
    check_equal(resolved.fault.system_code, ETIMEDOUT);
    check_text(resolved.fault.reason, "Connection timed out");
    check_status(look_up("both.example", &resolved), LEAT_FAULT);
    leat_scope_close(&scope);
}

static void looks_in_vain(void *arg)
{
    struct leat_resolved resolved;
    check_status(look_up("silent.example", &resolved), LEAT_FAULT);
    check(resolved.fault.code == LEAT_FAULT_CANCELLED);
    *(bool *)arg = true;
}

static void test_cancel(void)
{
    struct leat_scope scope;
    bool ended = false;
    leat_scope_open(&scope, fibers);
    check(leat_scope_spawn(&scope, looks_in_vain, &ended) == LEAT_OK);
    check(leat_fiber_sleep(fibers, 3 * MS) == LEAT_OK);
    check(!ended);
    leat_scope_cancel(&scope);
    leat_scope_close(&scope);
    check(ended);
}

static void looks(void *arg)
{
    struct leat_resolved resolved;
    struct leat_resolve_options options = { .servers = server_text };
    check_status(leat_resolve(fibers, arg, 80, &options, &resolved), LEAT_OK);
    check_equal(resolved.len, 4);
}

static void test_many(void)
{
    struct leat_scope scope;
    char name[] = "both.example";
    leat_scope_open(&scope, fibers);
    for (unsigned i = 0; i < 50; i++)
        check(leat_scope_spawn(&scope, looks, name) == LEAT_OK);
    leat_scope_close(&scope);
}

static void test_servers(void)
{
    struct leat_resolved resolved;
    struct leat_resolve_options options = { .servers = "no address" };
    check_status(leat_resolve(fibers, "both.example", 80, &options, &resolved), LEAT_FAULT);
    check_text(resolved.fault.reason, "the list of name servers is malformed");
}

/* One port for both, which the system knows of one kind alone whether it is free. */
static void servers_open(const struct leat_address *any)
{
    enum leat_status status = LEAT_FAULT;
    for (unsigned tries = 0; tries < 100 && status != LEAT_OK; tries++) {
        check_status(leat_datagrams_open(&server, &ctx, any, NULL, NULL), LEAT_OK);
        status = leat_listener_open(&stream_server, &ctx, &server.address, NULL);
        if (status != LEAT_OK)
            leat_datagrams_close(&server);
    }
    check_status(status, LEAT_OK);
}

static void run(void *unused)
{
    struct leat_address any;
    struct leat_scope scope;
    (void)unused;
    check_status(leat_address_parse("127.0.0.1:0", &any), LEAT_OK);
    servers_open(&any);
    leat_address_format(&server.address, server_text, sizeof(server_text));
    leat_scope_open(&scope, fibers);
    check(leat_scope_spawn(&scope, serves, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, streams_serve, NULL) == LEAT_OK);
    check_run(test_found);
    check_run(test_no_question);
    check_run(test_cut);
    check_run(test_not_found);
    check_run(test_broken);
    check_run(test_deadline);
    check_run(test_cancel);
    check_run(test_many);
    check_run(test_servers);
    leat_scope_cancel(&scope);
    leat_scope_close(&scope);
    leat_listener_close(&stream_server);
    leat_datagrams_close(&server);
}

static struct over over;

static void test_all(void)
{
    fibers = over.fibers;
    struct leat_ctx_options in = leat_fibers_ctx(fibers);
    leat_ctx_init(&ctx, &in);
    over_run(&over, run, NULL);
    leat_ctx_fini(&ctx);
}

int main(void)
{
    return over_kinds(&over, test_all);
}
