/* Scopes: who must end before whom, and who is told to. */

#include "leat/fiber/fibers.h"

#include <errno.h>

/* --- Standing in one --- */

static void scope_leave(struct leat_fiber *fiber)
{
    *fiber->member_link = fiber->member;
    if (fiber->member != NULL)
        fiber->member->member_link = fiber->member_link;
}

void leat_scope_move(struct leat_fiber *fiber, struct leat_scope *to)
{
    if (fiber->scope != NULL)
        scope_leave(fiber);
    fiber->scope = to;
    if (to == NULL)
        return;
    fiber->member = to->members;
    fiber->member_link = &to->members;
    if (fiber->member != NULL)
        fiber->member->member_link = &fiber->member;
    to->members = fiber;
}

void leat_scope_lost(struct leat_scope *scope)
{
    leat_assert(scope->spawned > 0);
    leat_scope_move(scope->fibers->running, NULL);
    scope->spawned--;
    if (scope->spawned == 0 && scope->joiner != NULL) {
        struct leat_fiber *joiner = scope->joiner;
        scope->joiner = NULL;
        leat_fiber_resume(joiner);
    }
}

/* --- Opening and closing --- */

static void deadline_passes(struct leat_timer *timer);

void leat_scope_open(struct leat_scope *scope, struct leat_fibers *fibers)
{
    struct leat_fiber *opener = fibers->running;
    *scope = (struct leat_scope){
        .fibers = fibers,
        .opener = opener,
        .parent = opener != NULL ? opener->scope : NULL,
        .cancelled = opener != NULL ? opener->scope->cancelled : 0,
        .deadline = { .fire = deadline_passes },
    };
    if (opener == NULL)
        return;
    scope->next = scope->parent->child;
    scope->link = &scope->parent->child;
    if (scope->next != NULL)
        scope->next->link = &scope->next;
    scope->parent->child = scope;
    leat_scope_move(opener, scope);
}

/* Whoever waits for children is not to be hurried: they are. */
static void join_goes_on(struct leat_suspension *suspension)
{
    (void)suspension;
}

void leat_scope_join(struct leat_scope *scope)
{
    if (scope->spawned == 0)
        return;
    leat_assert(scope->fibers->running != NULL);
    leat_assert(scope->joiner == NULL);
    struct leat_suspension suspension = { .cancel = join_goes_on };
    scope->joiner = scope->fibers->running;
    leat_fiber_suspend(scope->fibers, &suspension);
    leat_assert(scope->spawned == 0);
}

void leat_scope_close(struct leat_scope *scope)
{
    struct leat_fiber *opener = scope->opener;
    leat_assert(scope->fibers->running == opener);
    leat_scope_join(scope);
    leat_assert(scope->child == NULL);
    leat_loop_timer_stop(scope->fibers->loop, &scope->deadline);
    if (opener == NULL)
        return;
    leat_assert(opener->scope == scope);
    leat_scope_move(opener, scope->parent);
    *scope->link = scope->next;
    if (scope->next != NULL)
        scope->next->link = scope->link;
}

/* --- Cancelling --- */

/* A suspension is told once: it may take its fiber some time to come back. */
static void members_cancel(struct leat_scope *scope)
{
    for (struct leat_fiber *fiber = scope->members; fiber != NULL; fiber = fiber->member) {
        struct leat_suspension *suspension = fiber->suspension;
        if (fiber->state != LEAT_FIBER_SUSPENDED || suspension == NULL)
            continue;
        fiber->suspension = NULL;
        suspension->cancel(suspension);
    }
}

/* Cancelling runs nobody's code but suspensions', which start nothing, so the tree holds still. */
static void cancel(struct leat_scope *top, int code)
{
    struct leat_scope *scope = top;
    if (top->cancelled != 0)
        return;
    for (;;) {
        bool enters = scope->cancelled == 0;
        if (enters) {
            scope->cancelled = code;
            members_cancel(scope);
        }
        if (enters && scope->child != NULL) {
            scope = scope->child;
            continue;
        }
        while (scope != top && scope->next == NULL)
            scope = scope->parent;
        if (scope == top)
            return;
        scope = scope->next;
    }
}

void leat_scope_cancel(struct leat_scope *scope)
{
    cancel(scope, ECANCELED);
}

static void deadline_passes(struct leat_timer *timer)
{
    cancel(LEAT_CONTAINER_OF(timer, struct leat_scope, deadline), ETIMEDOUT);
}

void leat_scope_deadline(struct leat_scope *scope, uint64_t at_ns)
{
    struct leat_loop *loop = scope->fibers->loop;
    leat_loop_timer_stop(loop, &scope->deadline);
    if (at_ns != LEAT_NEVER)
        leat_loop_timer_start(loop, &scope->deadline, at_ns);
}

bool leat_scope_is_cancelled(const struct leat_scope *scope)
{
    return scope->cancelled != 0;
}
