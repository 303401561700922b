#ifndef LEAT_ENGINE_OP_LIST_H
#define LEAT_ENGINE_OP_LIST_H

#include "leat/engine/op.h"

/* Operations that wait for something, in the order in which they came. Each can be taken out from
 * anywhere, by its own `next` and `link`, and is in one list at a time. Zeroed: empty. Internal to
 * the loops. */
struct leat_op_list {
    struct leat_op *first, **last; /* `last` counts only where there is a first */
};

static inline void leat_op_list_add(struct leat_op_list *list, struct leat_op *op)
{
    leat_assert(op->link == NULL);
    op->link = list->first != NULL ? list->last : &list->first;
    op->next = NULL;
    *op->link = op;
    list->last = &op->next;
}

static inline void leat_op_list_remove(struct leat_op_list *list, struct leat_op *op)
{
    leat_assert(op->link != NULL && *op->link == op);
    *op->link = op->next;
    if (op->next != NULL)
        op->next->link = op->link;
    else
        list->last = op->link;
    op->next = NULL;
    op->link = NULL;
}

#endif
