#include "leat/endpoint/socket/dial.h"

#include <errno.h>

#include "leat/endpoint/socket/parts.h"

#define HEAD_START_NS ((uint64_t)250000000)

struct attempt {
    struct race *race;
    const struct leat_address *to;
};

/* The attempts under way, each a fiber of the scope. */
struct race {
    struct leat_ctx *ctx;
    struct leat_fibers *fibers;
    const struct leat_dial_options *options;
    struct leat_scope scope;
    struct leat_op head_start; /* of the last attempt: the caller's fiber sleeps in it */
    unsigned live;
    bool gave_way; /* an attempt has failed since the last was begun */
    int failed;    /* the first failure */
    struct leat_connection *won;
    struct attempt attempts[LEAT_RESOLVED_MAX];
};

/* --- One attempt --- */

static void loses(struct race *race, int code)
{
    race->gave_way = true;
    if (race->failed == 0)
        race->failed = code;
    leat_loop_cancel(leat_fibers_loop(race->fibers), &race->head_start);
}

static void attempt_runs(void *arg)
{
    const struct attempt *attempt = arg;
    struct race *race = attempt->race;
    struct leat_connection *connection =
        leat_connection_to(race->ctx, attempt->to, &race->options->connection);
    struct leat_io io = { .status = LEAT_FAULT, .code = ENOMEM };
    if (connection != NULL)
        io = leat_connection_opens(connection);
    leat_assert(io.status == LEAT_OK || io.status == LEAT_FAULT);
    race->live--;
    if (io.status == LEAT_OK && race->won == NULL) {
        race->won = connection;
        leat_scope_cancel(&race->scope);
        return;
    }
    leat_connection_close(connection);
    if (io.status == LEAT_FAULT)
        loses(race, io.code);
}

/* --- All of them --- */

/* The addresses, in their order but that families take turns as long as there are both. */
static void take_turns(struct race *race, const struct leat_address *addresses, unsigned len)
{
    bool taken[LEAT_RESOLVED_MAX] = { false };
    sa_family_t family = addresses[0].any.sa_family;
    for (unsigned i = 0; i < len; i++) {
        unsigned next = len;
        for (unsigned at = 0; at < len; at++) {
            if (taken[at])
                continue;
            if (next == len)
                next = at;
            if ((addresses[at].any.sa_family == family) == (i % 2 == 0)) {
                next = at;
                break;
            }
        }
        taken[next] = true;
        race->attempts[i] = (struct attempt){ race, &addresses[next] };
    }
}

/* Give the last attempt its head start, which ends early when one fails. */
static void head_start(struct race *race)
{
    uint64_t len_ns = race->options->head_start_ns;
    struct leat_engine *engine = leat_fibers_engine(race->fibers);
    race->head_start = (struct leat_op){
        .code = LEAT_OP_SLEEP,
        .deadline_ns = engine->ops->now_ns(engine) + (len_ns != 0 ? len_ns : HEAD_START_NS),
    };
    (void)leat_engine_run(engine, &race->head_start);
}

static void race_runs(struct race *race, unsigned len)
{
    leat_scope_open(&race->scope, race->fibers);
    for (unsigned i = 0; i < len && leat_fiber_cancelled(race->fibers) == 0; i++) {
        race->gave_way = false;
        enum leat_status status = leat_scope_spawn(&race->scope, attempt_runs, &race->attempts[i]);
        if (status != LEAT_OK) {
            /* Those that are under way may still do. */
            race->failed = race->failed != 0 ? race->failed : ENOMEM;
            break;
        }
        race->live++;
        if (i + 1 < len && !race->gave_way)
            head_start(race);
    }
    leat_scope_close(&race->scope);
    leat_assert(race->live == 0);
}

enum leat_status leat_connection_dial_any(struct leat_ctx *ctx, struct leat_fibers *fibers,
                                          const struct leat_address *addresses, unsigned len,
                                          const struct leat_dial_options *options,
                                          struct leat_connection **ret,
                                          struct leat_fault *ret_fault)
{
    static const struct leat_dial_options none;
    leat_assert(len > 0);
    leat_assert(len <= LEAT_RESOLVED_MAX);
    leat_assert(leat_engine_of(ctx) == leat_fibers_engine(fibers));
    struct race race = { .ctx = ctx,
                         .fibers = fibers,
                         .options = options != NULL ? options : &none };
    take_turns(&race, addresses, len);
    race_runs(&race, len);
    if (race.won != NULL) {
        *ret = race.won;
        return LEAT_OK;
    }
    int code = leat_fiber_cancelled(fibers);
    leat_assert(code != 0 || race.failed != 0);
    *ret_fault = leat_fault_of_system("dial", code != 0 ? code : race.failed);
    return LEAT_FAULT;
}

enum leat_status leat_connection_dial(struct leat_ctx *ctx, struct leat_fibers *fibers,
                                      const char *host, unsigned port,
                                      const struct leat_dial_options *options,
                                      struct leat_connection **ret, struct leat_fault *ret_fault)
{
    struct leat_resolved resolved;
    enum leat_status status =
        leat_resolve(fibers, host, port, options != NULL ? &options->resolve : NULL, &resolved);
    if (status != LEAT_OK) {
        *ret_fault = resolved.fault;
        return status;
    }
    status = leat_connection_dial_any(ctx, fibers, resolved.addresses, resolved.len, options, ret,
                                      ret_fault);
    if (status == LEAT_FAULT)
        ret_fault->name = host;
    return status;
}
