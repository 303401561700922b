#include "apps/explain/track.h"

#include <assert.h>
#include <stddef.h>

enum { SHIFT_MAX = 63 };

void track_coarsen(struct track *track, unsigned shift)
{
    assert(shift <= SHIFT_MAX);
    for (; track->shift < shift; track->shift++) {
        for (unsigned kind = 0; kind < TRACK_KINDS; kind++) {
            uint64_t *ns = track->ns[kind];
            for (size_t i = 0; i < TRACK_BUCKETS / 2; i++)
                ns[i] = ns[2 * i] + ns[2 * i + 1];
            for (size_t i = TRACK_BUCKETS / 2; i < TRACK_BUCKETS; i++)
                ns[i] = 0;
        }
    }
}

static void note_span(struct track *track, uint64_t first_ns, uint64_t last_ns)
{
    assert(first_ns < last_ns);
    if (track->last_ns == 0 || first_ns < track->first_ns)
        track->first_ns = first_ns;
    if (last_ns > track->last_ns)
        track->last_ns = last_ns;
}

void track_add(struct track *track, enum track_kind kind, uint64_t from_ns, uint64_t to_ns)
{
    assert(kind < TRACK_KINDS);
    if (to_ns <= from_ns)
        return;
    unsigned shift = track->shift;
    while ((to_ns - 1) >> shift >= TRACK_BUCKETS)
        shift++;
    track_coarsen(track, shift);
    note_span(track, from_ns, to_ns);
    track->total_ns[kind] += to_ns - from_ns;
    while (from_ns < to_ns) {
        uint64_t bucket = from_ns >> shift;
        uint64_t left_ns = (UINT64_C(1) << shift) - (from_ns - (bucket << shift));
        uint64_t some_ns = left_ns < to_ns - from_ns ? left_ns : to_ns - from_ns;
        track->ns[kind][bucket] += some_ns;
        from_ns += some_ns;
    }
}

void track_merge(struct track *track, const struct track *more)
{
    if (more->last_ns == 0)
        return;
    track_coarsen(track, more->shift);
    note_span(track, more->first_ns, more->last_ns);
    unsigned finer = track->shift - more->shift;
    for (unsigned kind = 0; kind < TRACK_KINDS; kind++) {
        track->total_ns[kind] += more->total_ns[kind];
        for (size_t i = 0; i < TRACK_BUCKETS; i++)
            track->ns[kind][i >> finer] += more->ns[kind][i];
    }
}
