/* What will happen, in order of time: a pairing heap (Fredman, Sedgewick, Sleator, Tarjan, 1986),
 * whose nodes lie in what they are about, so that to schedule cannot fail. */

#include "leat/core/assert.h"
#include "leat/engine/sim/state.h"

static bool comes_first(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

/* Make one heap of two; either may be NULL. */
static struct sim_event *meld(struct sim_event *a, struct sim_event *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    if (comes_first(b, a)) {
        struct sim_event *first = b;
        b = a;
        a = first;
    }
    b->before = a;
    b->next = a->child;
    if (b->next != NULL)
        b->next->before = b;
    a->child = b;
    a->next = NULL;
    a->before = NULL;
    return a;
}

/* Make one heap of siblings: by pairs from the left, then all of them from the right. */
static struct sim_event *meld_all(struct sim_event *event)
{
    struct sim_event *pairs = NULL;
    while (event != NULL) {
        struct sim_event *second = event->next;
        struct sim_event *rest = second != NULL ? second->next : NULL;
        struct sim_event *pair = meld(event, second);
        pair->next = pairs;
        pairs = pair;
        event = rest;
    }
    struct sim_event *all = NULL;
    while (pairs != NULL) {
        struct sim_event *rest = pairs->next;
        pairs->next = NULL;
        all = meld(all, pairs);
        pairs = rest;
    }
    if (all != NULL)
        all->before = NULL;
    return all;
}

void leat_sim_schedule(struct sim *sim, struct sim_event *event, uint64_t after_ns)
{
    leat_assert(!event->scheduled);
    leat_assert(event->fire != NULL);
    event->at_ns = sim->now_ns + after_ns;
    event->order = ++sim->events;
    event->child = event->next = event->before = NULL;
    event->scheduled = true;
    sim->first = meld(sim->first, event);
}

void leat_sim_unschedule(struct sim *sim, struct sim_event *event)
{
    if (!event->scheduled)
        return;
    event->scheduled = false;
    struct sim_event *below = meld_all(event->child);
    if (event == sim->first) {
        sim->first = below;
        return;
    }
    leat_assert(event->before != NULL);
    if (event->before->child == event)
        event->before->child = event->next;
    else
        event->before->next = event->next;
    if (event->next != NULL)
        event->next->before = event->before;
    sim->first = meld(sim->first, below);
}
