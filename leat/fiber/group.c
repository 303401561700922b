/* Groups: which of them is next. One alone is asked for nothing here. */

#include "leat/fiber/group.h"

#include "leat/fiber/fibers.h"

/* Virtual time is in parts of a nanosecond, so that small charges to large shares are not lost. */
enum { VIRTUAL_SCALE = 1024 };

void leat_group_init(struct leat_group *group, struct leat_fibers *fibers, const char *name,
                     uint32_t shares)
{
    leat_assert(name != NULL);
    leat_assert(shares > 0);
    leat_assert(shares <= LEAT_GROUP_SHARES_MAX);
    *group = (struct leat_group){ .name = name, .shares = shares, .fibers = fibers };
}

void leat_group_fini(struct leat_group *group)
{
    leat_assert(group->members == 0);
    leat_assert(group->first == NULL);
}

struct leat_group *leat_group_main(struct leat_fibers *fibers)
{
    return &fibers->main;
}

/* --- In play --- */

static void play_changes(struct leat_fibers *fibers)
{
    bool was_sole = fibers->sole != NULL;
    struct leat_group *first = fibers->groups;
    if (first == NULL)
        fibers->sole = &fibers->main;
    else
        fibers->sole = first->next == NULL ? first : NULL;
    if (was_sole && fibers->sole == NULL)
        fibers->since_ns = leat_loop_clock(fibers->loop);
}

/* A group that has something to run again begins where the others are. */
static void catch_up(struct leat_group *group)
{
    uint64_t least_ns = group->fibers->virtual_ns;
    if ((int64_t)(least_ns - group->virtual_ns) > 0)
        group->virtual_ns = least_ns;
}

void leat_group_begins(struct leat_group *group)
{
    struct leat_fibers *fibers = group->fibers;
    if (fibers->groups != NULL)
        catch_up(group);
    group->next = fibers->groups;
    group->link = &fibers->groups;
    if (group->next != NULL)
        group->next->link = &group->next;
    fibers->groups = group;
    play_changes(fibers);
}

void leat_group_ends(struct leat_group *group)
{
    leat_assert(group->first == NULL);
    *group->link = group->next;
    if (group->next != NULL)
        group->next->link = group->link;
    play_changes(group->fibers);
}

/* --- Turns --- */

void leat_groups_charge(struct leat_fibers *fibers)
{
    leat_assert(fibers->running != NULL);
    struct leat_group *group = fibers->running->group;
    uint64_t now_ns = leat_loop_clock(fibers->loop);
    uint64_t ran_ns = now_ns - fibers->since_ns;
    fibers->since_ns = now_ns;
    group->ran_ns += ran_ns;
    if (ran_ns > group->longest_ns)
        group->longest_ns = ran_ns;
    /* Something at least, so that a coarse clock does not let one group run for ever. */
    group->virtual_ns += (ran_ns + 1) * VIRTUAL_SCALE / group->shares;
}

void leat_group_wakes(struct leat_group *group)
{
    struct leat_fibers *fibers = group->fibers;
    if (fibers->running == NULL || fibers->running->group != group)
        catch_up(group);
}

struct leat_group *leat_groups_choose(struct leat_fibers *fibers)
{
    struct leat_group *least = NULL;
    for (struct leat_group *group = fibers->groups; group != NULL; group = group->next) {
        if (group->first == NULL)
            continue;
        if (least == NULL || (int64_t)(group->virtual_ns - least->virtual_ns) < 0)
            least = group;
    }
    if (least != NULL)
        fibers->virtual_ns = least->virtual_ns;
    return least;
}

/* --- Moving --- */

struct leat_group *leat_group_enter(struct leat_group *group)
{
    struct leat_fibers *fibers = group->fibers;
    struct leat_fiber *self = fibers->running;
    leat_assert(self != NULL);
    struct leat_group *before = self->group;
    if (group == before)
        return before;
    if (fibers->sole == NULL)
        leat_groups_charge(fibers);
    leat_group_adds(group);
    self->group = group;
    leat_group_loses(before);
    return before;
}

enum leat_status leat_group_spawn(struct leat_group *group, struct leat_scope *scope,
                                  void (*entry)(void *arg), void *arg)
{
    leat_assert(group->fibers == scope->fibers);
    return leat_fibers_spawn(scope, group, entry, arg);
}
