/* What the seed draws: what kind of machine it is, how long things take, and what fails. */

#include <errno.h>

#include "leat/core/assert.h"
#include "leat/engine/sim/state.h"

enum { US = 1000, MS = 1000 * US, S = 1000 * MS };

enum { ALWAYS = 1000 };

/* The longest that an operation takes, by itself and when it is slow. */
#define DELAY_NS_MAX ((uint64_t)200 * US)
#define SLOW_NS_MAX  ((uint64_t)2 * S)

/* A message between machines takes from half to one and a half times what the machine's seed says;
 * inside of one, next to nothing. */
#define LATENCY_NS_MIN ((uint64_t)10 * US)
#define LATENCY_NS_MAX ((uint64_t)20 * MS)
#define NEAR_NS_MAX    ((uint64_t)5 * US)
#define RESEND_NS      ((uint64_t)200 * MS)

/* How often each fault comes at most, where the seed decides. */
static const uint16_t mix_max[LEAT_SIM_FAULTS] = {
    [LEAT_SIM_SHORT] = 900,   [LEAT_SIM_SLOW] = 50,      [LEAT_SIM_LOST] = 50,
    [LEAT_SIM_RESET] = 20,    [LEAT_SIM_REFUSED] = 50,   [LEAT_SIM_IO] = 20,
    [LEAT_SIM_NO_SPACE] = 20, [LEAT_SIM_NO_MEMORY] = 10, [LEAT_SIM_NO_DESCRIPTOR] = 20,
    [LEAT_SIM_NO_MOVE] = 500, [LEAT_SIM_JUMP] = 2,       [LEAT_SIM_TWICE] = 50,
};

/* splitmix64 (Steele, Lea, Flood, 2014). */
uint64_t leat_sim_next(struct sim *sim)
{
    uint64_t z = sim->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t leat_sim_below(struct sim *sim, uint64_t below)
{
    leat_assert(below > 0);
    return leat_sim_next(sim) % below;
}

uint64_t leat_sim_upto(struct sim *sim, uint64_t max)
{
    leat_assert(max > 0);
    uint64_t top = max >> leat_sim_below(sim, 64 - (unsigned)__builtin_clzll(max));
    return 1 + leat_sim_below(sim, top);
}

bool leat_sim_permille(struct sim *sim, unsigned permille)
{
    return permille > 0 && leat_sim_below(sim, ALWAYS) < permille;
}

bool leat_sim_hits(struct sim *sim, enum leat_sim_fault fault)
{
    return leat_sim_permille(sim, sim->permille[fault]);
}

size_t leat_sim_some(struct sim *sim, size_t n)
{
    leat_assert(n > 0);
    return leat_sim_hits(sim, LEAT_SIM_SHORT) ? (size_t)leat_sim_upto(sim, n) : n;
}

uint64_t leat_sim_delay_ns(struct sim *sim)
{
    bool slow = leat_sim_hits(sim, LEAT_SIM_SLOW);
    return leat_sim_upto(sim, slow ? SLOW_NS_MAX : DELAY_NS_MAX);
}

uint64_t leat_sim_way_ns(struct sim *sim)
{
    return sim->latency_ns / 2 + leat_sim_below(sim, sim->latency_ns);
}

uint64_t leat_sim_datagram_ns(struct sim *sim)
{
    uint64_t ns = leat_sim_way_ns(sim);
    return leat_sim_hits(sim, LEAT_SIM_SLOW) ? ns + leat_sim_upto(sim, SLOW_NS_MAX) : ns;
}

uint64_t leat_sim_latency_ns(struct sim *sim, const struct sim_stream *stream)
{
    if (stream->is_near)
        return leat_sim_upto(sim, NEAR_NS_MAX);
    uint64_t ns = leat_sim_way_ns(sim);
    return leat_sim_hits(sim, LEAT_SIM_LOST) ? ns + RESEND_NS : ns;
}

/* --- What strikes an operation --- */

#define BIT(code) ((uint32_t)1 << LEAT_OP_##code)
#define OF_NAMES  (BIT(OPEN) | BIT(RENAME) | BIT(UNLINK))

/* Files only: of operations that other descriptors have as well, no other. */
static const struct {
    enum leat_sim_fault fault;
    int code;
    uint32_t ops;
    bool files_only;
} strikes[] = {
    { LEAT_SIM_NO_DESCRIPTOR, EMFILE, BIT(OPEN) | BIT(SOCKET) | BIT(ACCEPT), false },
    { LEAT_SIM_NO_MEMORY, ENOMEM,
      OF_NAMES | BIT(STAT) | BIT(MOVE) | BIT(SOCKET) | BIT(CONNECT) | BIT(RECEIVE) | BIT(SEND) |
          BIT(RECEIVE_FROM) | BIT(SEND_TO),
      false },
    { LEAT_SIM_NO_SPACE, ENOSPC, BIT(WRITE) | BIT(RENAME), true },
    { LEAT_SIM_IO, EIO, OF_NAMES | BIT(STAT) | BIT(READ) | BIT(WRITE) | BIT(MOVE), true },
};

static bool is_of_files(const struct sim *sim, const struct leat_op *op)
{
    if ((BIT(OPEN) | BIT(RENAME) | BIT(UNLINK)) & (uint32_t)1 << op->code)
        return true;
    const struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    return d != NULL && (d->what == SIM_FILE || d->what == SIM_FOLDER);
}

int leat_sim_strikes(struct sim *sim, const struct leat_op *op)
{
    leat_assert(op->code < LEAT_OPS);
    for (unsigned i = 0; i < sizeof(strikes) / sizeof(strikes[0]); i++) {
        if (!(strikes[i].ops & (uint32_t)1 << op->code))
            continue;
        if (strikes[i].files_only && !is_of_files(sim, op))
            continue;
        if (leat_sim_hits(sim, strikes[i].fault))
            return strikes[i].code;
    }
    return 0;
}

/* --- What kind of machine it is --- */

void leat_sim_chance_init(struct sim *sim, const struct leat_sim_options *options)
{
    static const uint16_t shares[] = { 0, 100, 500, 900, ALWAYS };
    enum { SHARES = sizeof(shares) / sizeof(shares[0]) };
    bool mixes = !options->calm;
    sim->random = options->seed;
    sim->at_once = shares[leat_sim_below(sim, SHARES)];
    sim->late = shares[leat_sim_below(sim, SHARES)];
    sim->latency_ns = LATENCY_NS_MIN - 1 + leat_sim_upto(sim, LATENCY_NS_MAX);
    for (unsigned i = 0; i < LEAT_SIM_FAULTS; i++) {
        leat_assert(options->permille[i] <= ALWAYS);
        mixes = mixes && options->permille[i] == 0;
    }
    for (unsigned i = 0; i < LEAT_SIM_FAULTS; i++) {
        if (mixes && leat_sim_below(sim, 2) == 0)
            sim->permille[i] = (uint16_t)leat_sim_upto(sim, mix_max[i]);
        else
            sim->permille[i] = options->calm ? 0 : options->permille[i];
    }
}

uint64_t leat_sim_random(struct leat_loop *loop, uint64_t below)
{
    return leat_sim_below(sim_of(loop), below);
}

void leat_sim_set_fault(struct leat_loop *loop, enum leat_sim_fault fault, unsigned permille)
{
    leat_assert(fault < LEAT_SIM_FAULTS);
    leat_assert(permille <= ALWAYS);
    sim_of(loop)->permille[fault] = (uint16_t)permille;
}

void leat_sim_calm(struct leat_loop *loop)
{
    for (unsigned i = 0; i < LEAT_SIM_FAULTS; i++)
        sim_of(loop)->permille[i] = 0;
}
