#ifndef TESTS_SUPPORT_OVER_H
#define TESTS_SUPPORT_OVER_H

#include "leat/fiber/fiber.h"
#include "tests/support/check.h"

/* For tests of what fibers do: the loop and the fibers of the present kind of loop. */
struct over {
    struct leat_loop *loop;
    struct leat_fibers *fibers;
};

/* Have `test` run on every kind of loop that this system has; what a `main` returns. */
static inline int over_kinds(struct over *over, void (*test)(void))
{
    unsigned kinds = 0;
    for (unsigned i = 0; leat_loop_kinds[i] != NULL; i++) {
        if (leat_loop_kinds[i]->only_by_name)
            continue;
        check_says_text("loop", leat_loop_kinds[i]->name);
        struct leat_loop_options options = { .kind = leat_loop_kinds[i]->name };
        over->loop = leat_loop_create(&options, NULL);
        if (over->loop == NULL)
            continue;
        kinds++;
        over->fibers = leat_fibers_create(over->loop, NULL);
        check(over->fibers != NULL);
        test();
        leat_fibers_destroy(over->fibers);
        leat_loop_destroy(over->loop);
    }
    return kinds > 0 ? 0 : 77;
}

/* Run `entry` as the first fiber, and all to their ends. */
static inline void over_run(struct over *over, void (*entry)(void *arg), void *arg)
{
    check(leat_fibers_run(over->fibers, entry, arg) == LEAT_OK);
    check_equal(leat_fibers_count(over->fibers), 0);
}

#endif
