#ifndef LEAT_ENGINE_TASK_H
#define LEAT_ENGINE_TASK_H

#include "leat/core/assert.h"

/* Something to be run from a loop's step, in the order it came: the callback of an operation, the
 * run queue of fibers. In its owner's memory; in one list at a time. */
struct leat_task {
    struct leat_task *next;
    void (*run)(struct leat_task *task);
};

/* A queue of them. Zeroed: empty. */
struct leat_tasks {
    struct leat_task *first, *last;
};

static inline void leat_tasks_add(struct leat_tasks *tasks, struct leat_task *task)
{
    task->next = NULL;
    if (tasks->first == NULL)
        tasks->first = task;
    else
        tasks->last->next = task;
    tasks->last = task;
}

/* The first, taken out; NULL when there is none. */
static inline struct leat_task *leat_tasks_take(struct leat_tasks *tasks)
{
    struct leat_task *task = tasks->first;
    if (task != NULL)
        tasks->first = task->next;
    return task;
}

#endif
