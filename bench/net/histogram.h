#ifndef BENCH_NET_HISTOGRAM_H
#define BENCH_NET_HISTOGRAM_H

#include <stdint.h>

/* Durations in buckets that grow with them: each is exact to 1/128 of itself. */

#define HISTOGRAM_STEPS   128
#define HISTOGRAM_DOUBLES 40
#define HISTOGRAM_BUCKETS (HISTOGRAM_DOUBLES * HISTOGRAM_STEPS)

struct histogram {
    uint64_t count, sum;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

static inline void histogram_add(struct histogram *self, uint64_t value)
{
    unsigned bits = 63 - (unsigned)__builtin_clzll(value | HISTOGRAM_STEPS);
    unsigned shift = bits - 7;
    uint64_t bucket = shift * HISTOGRAM_STEPS + (value >> shift);
    self->buckets[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
    self->count++;
    self->sum += value;
}

/* The least value that `share` of all, 0 to 1, do not pass. */
static inline uint64_t histogram_at(const struct histogram *self, double share)
{
    uint64_t wanted = (uint64_t)((double)self->count * share), seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += self->buckets[i];
        if (seen > wanted || (seen == self->count && seen > 0)) {
            unsigned shift = i < 2 * HISTOGRAM_STEPS ? 0 : i / HISTOGRAM_STEPS - 1;
            return (uint64_t)(i - shift * HISTOGRAM_STEPS) << shift;
        }
    }
    return 0;
}

#endif
