#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include "leat/core/assert.h"

/* Numbers from a seed, the same everywhere: splitmix64 (Steele, Lea, Flood, 2014). */
struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* One of 0 .. n - 1; n > 0. */
static inline uint64_t random_below(struct random *random, uint64_t n)
{
    leat_assert(n > 0);
    return random_next(random) % n;
}

/* True that many times out of a hundred. */
static inline bool random_percent(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

/* 1 .. max, small ones more often: each order of magnitude is as likely as the next. */
static inline size_t random_len(struct random *random, size_t max)
{
    leat_assert(max > 0);
    size_t top = max >> random_below(random, 64 - (unsigned)__builtin_clzll(max));
    return 1 + (size_t)random_below(random, top);
}

#endif
