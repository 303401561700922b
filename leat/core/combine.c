#include "leat/core/combine.h"

/* The source's next item, and its fault as ours. */
static enum leat_status from(struct leat_iter *it, struct leat_iter *source, struct leat_span *ret)
{
    enum leat_status status = leat_iter_next(source, ret);
    if (status == LEAT_FAULT)
        it->fault = source->fault;
    return status;
}

static enum leat_status rewind_source(struct leat_iter *it, struct leat_iter *source)
{
    enum leat_status status = leat_iter_rewind(source);
    if (status == LEAT_FAULT)
        it->fault = source->fault;
    return status;
}

/* --- skip --- */

static enum leat_status skip_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_skip *self = (struct leat_iter_skip *)it;
    for (; self->left > 0; self->left--) {
        struct leat_span item;
        enum leat_status status = from(it, self->source, &item);
        if (status != LEAT_OK)
            return status;
    }
    return from(it, self->source, ret);
}

static enum leat_status skip_rewind(struct leat_iter *it)
{
    struct leat_iter_skip *self = (struct leat_iter_skip *)it;
    enum leat_status status = rewind_source(it, self->source);
    if (status == LEAT_OK)
        self->left = self->n;
    return status;
}

void leat_iter_skip_init(struct leat_iter_skip *it, struct leat_iter *source, uint64_t n)
{
    static const struct leat_iter_ops ops = { .next = skip_next, .rewind = skip_rewind };
    *it = (struct leat_iter_skip){ .iter.ops = &ops, .source = source, .n = n, .left = n };
}

/* --- take --- */

static enum leat_status take_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_take *self = (struct leat_iter_take *)it;
    if (self->left == 0)
        return LEAT_END;
    enum leat_status status = from(it, self->source, ret);
    self->left -= status == LEAT_OK;
    return status;
}

static enum leat_status take_rewind(struct leat_iter *it)
{
    struct leat_iter_take *self = (struct leat_iter_take *)it;
    enum leat_status status = rewind_source(it, self->source);
    if (status == LEAT_OK)
        self->left = self->n;
    return status;
}

void leat_iter_take_init(struct leat_iter_take *it, struct leat_iter *source, uint64_t n)
{
    static const struct leat_iter_ops ops = { .next = take_next, .rewind = take_rewind };
    *it = (struct leat_iter_take){ .iter.ops = &ops, .source = source, .n = n, .left = n };
}

/* --- step --- */

static enum leat_status step_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_step *self = (struct leat_iter_step *)it;
    for (; self->left > 0; self->left--) {
        struct leat_span item;
        enum leat_status status = from(it, self->source, &item);
        if (status != LEAT_OK)
            return status;
    }
    enum leat_status status = from(it, self->source, ret);
    if (status == LEAT_OK)
        self->left = self->n - 1;
    return status;
}

static enum leat_status step_rewind(struct leat_iter *it)
{
    struct leat_iter_step *self = (struct leat_iter_step *)it;
    enum leat_status status = rewind_source(it, self->source);
    if (status == LEAT_OK)
        self->left = 0;
    return status;
}

void leat_iter_step_init(struct leat_iter_step *it, struct leat_iter *source, uint64_t n)
{
    static const struct leat_iter_ops ops = { .next = step_next, .rewind = step_rewind };
    leat_assert(n > 0);
    *it = (struct leat_iter_step){ .iter.ops = &ops, .source = source, .n = n };
}

/* --- filter --- */

static enum leat_status filter_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_filter *self = (struct leat_iter_filter *)it;
    struct leat_span item;
    enum leat_status status;
    do {
        status = from(it, self->source, &item);
    } while (status == LEAT_OK && !self->keep(self->user, item));
    if (status == LEAT_OK)
        *ret = item;
    return status;
}

static enum leat_status filter_rewind(struct leat_iter *it)
{
    return rewind_source(it, ((struct leat_iter_filter *)it)->source);
}

void leat_iter_filter_init(struct leat_iter_filter *it, struct leat_iter *source,
                           leat_iter_keep *keep, void *user)
{
    static const struct leat_iter_ops ops = { .next = filter_next, .rewind = filter_rewind };
    leat_assert(keep != NULL);
    *it = (struct leat_iter_filter){ { .ops = &ops }, source, keep, user };
}

/* --- map --- */

static enum leat_status map_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_map *self = (struct leat_iter_map *)it;
    struct leat_span item;
    enum leat_status status = from(it, self->source, &item);
    if (status == LEAT_OK)
        *ret = self->change(self->user, item);
    return status;
}

static enum leat_status map_rewind(struct leat_iter *it)
{
    return rewind_source(it, ((struct leat_iter_map *)it)->source);
}

void leat_iter_map_init(struct leat_iter_map *it, struct leat_iter *source,
                        leat_iter_change *change, void *user)
{
    static const struct leat_iter_ops ops = { .next = map_next, .rewind = map_rewind };
    leat_assert(change != NULL);
    *it = (struct leat_iter_map){ { .ops = &ops }, source, change, user };
}

/* --- flatten --- */

static enum leat_status flatten_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_flatten *self = (struct leat_iter_flatten *)it;
    for (;;) { /* each round takes an item of the source, or ends */
        if (self->inner != NULL) {
            enum leat_status status = from(it, self->inner, ret);
            if (status != LEAT_END)
                return status;
            self->inner = NULL;
        }
        struct leat_span item;
        enum leat_status status = from(it, self->source, &item);
        if (status != LEAT_OK)
            return status;
        self->inner = self->open(self->user, item);
    }
}

static enum leat_status flatten_rewind(struct leat_iter *it)
{
    struct leat_iter_flatten *self = (struct leat_iter_flatten *)it;
    enum leat_status status = rewind_source(it, self->source);
    if (status == LEAT_OK)
        self->inner = NULL;
    return status;
}

void leat_iter_flatten_init(struct leat_iter_flatten *it, struct leat_iter *source,
                            leat_iter_open *open, void *user)
{
    static const struct leat_iter_ops ops = { .next = flatten_next, .rewind = flatten_rewind };
    leat_assert(open != NULL);
    *it = (struct leat_iter_flatten){ { .ops = &ops }, source, open, user, NULL };
}

/* --- peekable --- */

enum leat_status leat_iter_peek(struct leat_iter_peekable *it, struct leat_span *ret)
{
    if (!it->held) {
        enum leat_status status = from(&it->iter, it->source, &it->seen);
        if (status != LEAT_OK)
            return status;
        it->held = true;
    }
    *ret = it->seen;
    return LEAT_OK;
}

static enum leat_status peekable_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_peekable *self = (struct leat_iter_peekable *)it;
    enum leat_status status = leat_iter_peek(self, ret);
    self->held = false;
    return status;
}

static enum leat_status peekable_rewind(struct leat_iter *it)
{
    struct leat_iter_peekable *self = (struct leat_iter_peekable *)it;
    enum leat_status status = rewind_source(it, self->source);
    if (status == LEAT_OK)
        self->held = false;
    return status;
}

void leat_iter_peekable_init(struct leat_iter_peekable *it, struct leat_iter *source)
{
    static const struct leat_iter_ops ops = { .next = peekable_next, .rewind = peekable_rewind };
    *it = (struct leat_iter_peekable){ .iter.ops = &ops, .source = source };
}

/* --- chain --- */

static enum leat_status chain_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_chain *self = (struct leat_iter_chain *)it;
    if (!self->crossed) {
        enum leat_status status = from(it, self->first, ret);
        if (status != LEAT_END)
            return status;
        self->crossed = true;
    }
    return from(it, self->second, ret);
}

static enum leat_status chain_rewind(struct leat_iter *it)
{
    struct leat_iter_chain *self = (struct leat_iter_chain *)it;
    enum leat_status status = self->crossed ? rewind_source(it, self->second) : LEAT_OK;
    if (status == LEAT_OK)
        status = rewind_source(it, self->first);
    if (status == LEAT_OK)
        self->crossed = false;
    return status;
}

void leat_iter_chain_init(struct leat_iter_chain *it, struct leat_iter *first,
                          struct leat_iter *second)
{
    static const struct leat_iter_ops ops = { .next = chain_next, .rewind = chain_rewind };
    leat_assert(first != second);
    *it = (struct leat_iter_chain){ .iter.ops = &ops, .first = first, .second = second };
}

/* --- cycle --- */

static enum leat_status cycle_round(struct leat_iter_cycle *self)
{
    enum leat_status status = rewind_source(&self->iter, self->source);
    if (status == LEAT_UNSUPPORTED) {
        self->iter.fault = (struct leat_fault){
            .code = LEAT_FAULT_UNSUPPORTED,
            .part = "cycle",
            .reason = "the source cannot begin again",
        };
        status = LEAT_FAULT;
    }
    if (status == LEAT_OK) {
        self->any = false;
        self->left -= self->left != UINT64_MAX;
    }
    return status;
}

static enum leat_status cycle_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_cycle *self = (struct leat_iter_cycle *)it;
    while (self->left > 0) { /* a second round only after an item */
        enum leat_status status = from(it, self->source, ret);
        if (status == LEAT_OK)
            self->any = true;
        if (status != LEAT_END)
            return status;
        if (!self->any || self->left == 1)
            break;
        status = cycle_round(self);
        if (status != LEAT_OK)
            return status;
    }
    return LEAT_END;
}

static enum leat_status cycle_rewind(struct leat_iter *it)
{
    struct leat_iter_cycle *self = (struct leat_iter_cycle *)it;
    enum leat_status status = rewind_source(it, self->source);
    if (status == LEAT_OK) {
        self->left = self->rounds;
        self->any = false;
    }
    return status;
}

void leat_iter_cycle_init(struct leat_iter_cycle *it, struct leat_iter *source, uint64_t rounds)
{
    static const struct leat_iter_ops ops = { .next = cycle_next, .rewind = cycle_rewind };
    *it = (struct leat_iter_cycle){
        .iter.ops = &ops, .source = source, .rounds = rounds, .left = rounds
    };
}

/* --- enumerate --- */

static enum leat_status enumerate_next(struct leat_iter *it, struct leat_span *ret)
{
    struct leat_iter_enumerate *self = (struct leat_iter_enumerate *)it;
    enum leat_status status = from(it, self->source, ret);
    if (status == LEAT_OK)
        self->index = self->count++;
    return status;
}

static enum leat_status enumerate_rewind(struct leat_iter *it)
{
    struct leat_iter_enumerate *self = (struct leat_iter_enumerate *)it;
    enum leat_status status = rewind_source(it, self->source);
    if (status == LEAT_OK)
        self->index = self->count = 0;
    return status;
}

void leat_iter_enumerate_init(struct leat_iter_enumerate *it, struct leat_iter *source)
{
    static const struct leat_iter_ops ops = { .next = enumerate_next, .rewind = enumerate_rewind };
    *it = (struct leat_iter_enumerate){ .iter.ops = &ops, .source = source };
}
