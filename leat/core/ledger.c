#include "leat/core/ledger.h"
#include "leat/core/assert.h"

static const char *const cause_names[] = {
    [LEAT_CAUSE_TAIL] = "tail",   [LEAT_CAUSE_GROW] = "grow",       [LEAT_CAUSE_SEAM] = "seam",
    [LEAT_CAUSE_TAKE] = "take",   [LEAT_CAUSE_HISTORY] = "history", [LEAT_CAUSE_KERNEL] = "kernel",
    [LEAT_CAUSE_CODEC] = "codec", [LEAT_CAUSE_USER] = "user",
};
_Static_assert(sizeof(cause_names) / sizeof(cause_names[0]) == LEAT_CAUSES, "a name for each");

const char *leat_cause_name(enum leat_cause cause)
{
    leat_assert(cause < LEAT_CAUSES);
    return cause_names[cause];
}

void leat_counts_add(struct leat_counts *sum, const struct leat_counts *more)
{
    sum->moved += more->moved;
    sum->fills += more->fills;
    sum->waits += more->waits;
    sum->time_ns += more->time_ns;
    sum->allocations += more->allocations;
    sum->allocated += more->allocated;
    sum->replaced += more->replaced;
    for (unsigned i = 0; i < LEAT_CAUSES; i++)
        sum->copied[i] += more->copied[i];
}

void leat_counts_add_inside(struct leat_counts *sum, const struct leat_counts *inside)
{
    sum->allocations += inside->allocations;
    sum->allocated += inside->allocated;
    for (unsigned i = 0; i < LEAT_CAUSES; i++)
        sum->copied[i] += inside->copied[i];
}

uint64_t leat_counts_copied(const struct leat_counts *counts)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < LEAT_CAUSES; i++)
        sum += counts->copied[i];
    return sum;
}
