#ifndef LEAT_FIBER_FIBERS_H
#define LEAT_FIBER_FIBERS_H

#include "leat/fiber/fiber.h"
#include "leat/fiber/group.h"
#include "leat/fiber/stack.h"
#include "leat/fiber/switch.h"

/* What the files of the scheduler share. */

enum { LEAT_FIBERS_STEP_MAX = 512 };

/* The lowest bit of leat_fibers.turn. */
enum { LEAT_TURN_RUNS = 1 };

enum leat_fiber_state {
    LEAT_FIBER_READY,     /* in the run queue */
    LEAT_FIBER_RUNS,      /* the one */
    LEAT_FIBER_SUSPENDED, /* somebody is to resume it */
    LEAT_FIBER_ENDED,
};

/* A fiber lies at the top of its own stack, so that to start one takes no memory but that. */
struct leat_fiber {
    struct leat_switch at;
    struct leat_fibers *fibers;
    struct leat_stack *stack;
    struct leat_fiber *next; /* of the run queue */
    struct leat_group *group;
    struct leat_scope *scope;
    struct leat_fiber *member, **member_link; /* of scope->members */
    struct leat_suspension *suspension;
    enum leat_fiber_state state;
    bool timed;         /* its time is asked for: */
    uint64_t others_ns; /* of the thread's, what others had since the first time */
    void (*entry)(void *arg);
    void *arg;
};

struct leat_watchdog;

struct leat_fibers {
    struct leat_engine engine; /* first: an engine of a ctx is the fibers */
    struct leat_loop *loop;
    struct leat_alloc alloc;
    struct leat_task task; /* runs the queue */
    bool deferred;         /* the task is in the loop's list */
    struct leat_fiber *running;
    struct leat_group *sole;  /* whose queue is next, while it is the only one; else NULL */
    struct leat_fiber *ended; /* its stack is free once another runs */
    struct leat_switch home;  /* the thread's own stack */
    unsigned left;            /* how many more run in this step */
    uint32_t count;
    uint64_t quantum_ns;
    uint64_t turn; /* counts by 2 when a fiber goes on; with LEAT_TURN_RUNS while one
                      does. Others may read it: atomic */
    /* Called before a fiber goes on after none did: the watchdog has dozed off. Atomic; NULL: there
     * is none, or it is awake. */
    void (*stirs)(struct leat_fibers *fibers);
    struct leat_watchdog *watchdog; /* the one, or NULL */
    uint64_t slice_end_ns;          /* when the running fiber has had its quantum */
    struct leat_stacks stacks;
    struct leat_group main;
    struct leat_group *groups; /* those that have fibers */
    uint64_t virtual_ns;       /* of the group that was chosen last */
    uint64_t since_ns;         /* the running fiber goes since then, or its last charge */
};

/* Put a fiber that is not in it at the end of the run queue. */
void leat_fibers_queue(struct leat_fibers *fibers, struct leat_fiber *fiber);

/* Start a fiber in a group. As leat_scope_spawn. */
enum leat_status leat_fibers_spawn(struct leat_scope *scope, struct leat_group *group,
                                   void (*entry)(void *arg), void *arg);

/* --- Groups --- */

/* A group has its first fiber, or lost its last. */
void leat_group_begins(struct leat_group *group);
void leat_group_ends(struct leat_group *group);

/* It has one fiber more, or fewer. */
static inline void leat_group_adds(struct leat_group *group)
{
    if (group->members++ == 0)
        leat_group_begins(group);
}

static inline void leat_group_loses(struct leat_group *group)
{
    leat_assert(group->members > 0);
    if (--group->members == 0)
        leat_group_ends(group);
}

/* The rest is for while there are several. */

/* A fiber of `group`, of which none was ready, has become so. */
void leat_group_wakes(struct leat_group *group);

/* The running fiber's group pays for its time until now. */
void leat_groups_charge(struct leat_fibers *fibers);

/* The group whose turn it is; NULL when nothing is ready. */
struct leat_group *leat_groups_choose(struct leat_fibers *fibers);

/* A fiber of `scope` has ended. */
void leat_scope_lost(struct leat_scope *scope);

/* Have a fiber stand in another scope. */
void leat_scope_move(struct leat_fiber *fiber, struct leat_scope *to);

extern const struct leat_engine_ops leat_fibers_engine_ops;

#endif
