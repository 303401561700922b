#include "leat/core/bytes.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/layer/behind.h"
#include "leat/layer/keep.h"
#include "leat/layer/walk.h"
#include "leat/stage/spool/spool.h"

enum { LEVELS_MAX = 64 };

/* What is kept of a program or a script that cannot be gone back in, to be entered if it ends with
 * an archive: of a larger one that is told. */
#define KEPT_LEN_MAX (256 * LEAT_MIB)

/* What stands between the places of a container and of its entry. */
#define SEPARATOR '!'

enum walk_state {
    WALK_LOOK,    /* the leaf is open: what is it? */
    WALK_READ,    /* the leaf was given out */
    WALK_TRAILED, /* and what followed it was told */
    WALK_ENTERED, /* the container on top was given out */
    WALK_LEADS,   /* what lies before it is next */
    WALK_BROKEN,  /* the container on top met a fault, which was told */
    WALK_ON,      /* to the next entry of the container on top */
    WALK_OVER,
};

/* One container around where the walk is. */
struct level {
    struct leat_container *container;
    bool behind;            /* something may lie before it */
    struct leat_slice kept; /* what it stands on, if that was kept */
    size_t place_len;       /* of its own place, in walk->place */
    size_t name_at;
};

static const struct leat_peeled nothing_peeled;

struct leat_walk {
    struct leat_ctx *ctx;
    struct leat_walk_options options;
    enum walk_state state;
    bool skips;
    uint8_t *place;
    size_t place_len;
    size_t place_size;
    size_t name_at;
    struct leat_reader *leaf; /* open, and not a container's yet */
    struct leat_peel_options leaf_options;
    bool leaf_peels;           /* it is a peel: there is something to come off */
    bool leaf_keeps;           /* and around that, or alone, a keep: an archive may be behind it */
    struct leat_peeled hidden; /* that was */
    const struct leat_peeled *peeled;
    struct leat_entry entry; /* where the walk is, when levels_len > 0 or a leaf is open */
    bool has_entry;
    struct leat_fault fault;
    struct leat_fault met; /* the last that was told, or shown by a leaf, since the last entry */
    uint64_t until;        /* entries of the outermost container before this one are this walk's */
    unsigned levels_len;
    struct level levels[LEVELS_MAX];
};

/* --- Places --- */

static bool place_reserve(struct leat_walk *walk, size_t size)
{
    if (size <= walk->place_size)
        return true;
    uint8_t *place = leat_allocate(&walk->ctx->alloc, size * 2);
    if (place == NULL)
        return false;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, place, walk->place, walk->place_len);
    leat_deallocate(&walk->ctx->alloc, walk->place);
    walk->place = place;
    walk->place_size = size * 2;
    return true;
}

/* Put `name` behind what is left of the place. */
static bool place_add(struct leat_walk *walk, struct leat_span name)
{
    if (!place_reserve(walk, walk->place_len + 1 + name.len))
        return false;
    if (walk->levels_len > 0)
        walk->place[walk->place_len++] = SEPARATOR;
    walk->name_at = walk->place_len;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, walk->place + walk->place_len, name.data, name.len);
    walk->place_len += name.len;
    return true;
}

/* --- Steps --- */

static enum leat_status step(struct leat_walk *walk, enum leat_step_kind kind,
                             struct leat_step *ret)
{
    *ret = (struct leat_step){
        .kind = kind,
        .depth = walk->levels_len,
        .place = { .data = walk->place, .len = walk->place_len },
        .name_at = walk->name_at,
        .entry = walk->has_entry ? &walk->entry : NULL,
        .peeled = walk->peeled,
        .reader = kind == LEAT_STEP_LEAF ? walk->leaf : NULL,
        .fault = kind == LEAT_STEP_FAULT ? &walk->fault : NULL,
    };
    return LEAT_OK;
}

static enum leat_status step_fault(struct leat_walk *walk, const struct leat_fault *fault,
                                   struct leat_step *ret)
{
    walk->fault = *fault;
    walk->met = *fault;
    return step(walk, LEAT_STEP_FAULT, ret);
}

static enum leat_status step_bound(struct leat_walk *walk, enum leat_fault_code code,
                                   const char *reason, struct leat_step *ret)
{
    struct leat_fault fault = { .code = code, .part = "walk", .reason = reason };
    return step_fault(walk, &fault, ret);
}

static void leaf_open(struct leat_walk *walk, struct leat_reader *leaf,
                      const struct leat_peel_options *options)
{
    walk->leaf = leaf;
    walk->leaf_options = *options;
    walk->leaf_options.name = (struct leat_span){
        .data = walk->place + walk->name_at,
        .len = walk->place_len - walk->name_at,
    };
    walk->leaf_peels = false;
    walk->leaf_keeps = false;
    walk->state = WALK_LOOK;
}

static void leaf_close(struct leat_walk *walk)
{
    const struct leat_fault *fault = leat_reader_fault(walk->leaf);
    if (fault != NULL)
        walk->met = *fault;
    leat_reader_close(walk->leaf);
    walk->leaf = NULL;
    walk->peeled = NULL;
}

/* --- Containers --- */

/* What the leaf holds is entered: the container owns its reader from here on. */
static enum leat_status enter(struct leat_walk *walk, struct leat_step *ret)
{
    const struct leat_format *format = walk->peeled->container;
    struct leat_reader *src = walk->leaf;
    unsigned depth_max = walk->ctx->limits.depth_max;
    if (walk->levels_len >= LEVELS_MAX || walk->levels_len >= depth_max) {
        walk->state = WALK_ON;
        leaf_close(walk);
        return step_bound(walk, LEAT_FAULT_BOUND, "more layers than the limit allows", ret);
    }
    uint64_t size;
    bool recovers = walk->ctx->recover && (format->traits & LEAT_FORMAT_RECOVERS);
    bool behind = walk->peeled->behind;
    enum leat_status sized = leat_size(src, &size);
    if (walk->levels_len == 0 && sized == LEAT_OK)
        leat_ctx_spends_of(walk->ctx, size);
    if ((format->traits & LEAT_FORMAT_SEEKS) && (!recovers || behind) && sized == LEAT_UNSUPPORTED)
        src = leat_spool(src, 0);
    walk->leaf = NULL;
    struct leat_container *container = format->unpack(src);
    if (container == NULL) {
        walk->state = WALK_ON;
        walk->peeled = NULL;
        return step_bound(walk, LEAT_FAULT_MEMORY, NULL, ret);
    }
    enum leat_status status = step(walk, LEAT_STEP_ENTER, ret);
    walk->levels[walk->levels_len++] = (struct level){
        .container = container,
        .behind = behind,
        .place_len = walk->place_len,
        .name_at = walk->name_at,
    };
    walk->state = WALK_ENTERED;
    return status;
}

/* The container on top is over: back to the one around it. */
static enum leat_status leave(struct leat_walk *walk, struct leat_step *ret)
{
    leat_assert(walk->levels_len > 0);
    struct level *level = &walk->levels[--walk->levels_len];
    leat_container_close(level->container);
    leat_slice_release(&level->kept);
    walk->place_len = level->place_len;
    walk->name_at = level->name_at;
    walk->has_entry = false;
    walk->peeled = NULL;
    walk->state = WALK_ON;
    return step(walk, LEAT_STEP_LEAVE, ret);
}

/* Damage far down is met by each container above it, and by the entry where it lies: it is told
 * once. */
static bool was_met(const struct leat_walk *walk, const struct leat_fault *fault)
{
    return leat_fault_same(&walk->met, fault);
}

/* The container on top ended with a fault: on to what is behind it, if that was damage. */
static enum leat_status goes_on(struct leat_walk *walk, struct leat_step *ret)
{
    struct leat_container *container = walk->levels[walk->levels_len - 1].container;
    enum leat_status status = leat_container_resync(container);
    if (status == LEAT_AGAIN)
        return status;
    if (status == LEAT_FAULT)
        return step_fault(walk, leat_container_fault(container), ret);
    if (status != LEAT_OK)
        return leave(walk, ret);
    walk->state = WALK_ON;
    return LEAT_DONE;
}

static enum leat_want wants(const struct leat_walk *walk)
{
    const struct leat_walk_options *options = &walk->options;
    if (options->wants == NULL)
        return LEAT_WANT_LAYERS;
    struct leat_span place = { .data = walk->place, .len = walk->place_len };
    return options->wants(options->user, place, &walk->entry);
}

/* Whether the container on top has a next entry for this walk. */
static enum leat_status turn(struct leat_walk *walk)
{
    const struct leat_walk_options *options = &walk->options;
    struct leat_container *container = walk->levels[walk->levels_len - 1].container;
    if (walk->levels_len > 1 || options->turn == NULL || container->entries < walk->until)
        return LEAT_OK;
    return options->turn(options->user, container, &walk->until);
}

/* What lies before the container on top, for the walk that has its first entry. */
static enum leat_status lead(struct leat_walk *walk, struct leat_step *ret)
{
    struct level *level = &walk->levels[walk->levels_len - 1];
    struct leat_reader *leading;
    enum leat_status status = turn(walk);
    if (status == LEAT_OK)
        status = level->container->entries == 0 ? leat_container_lead(level->container, &leading)
                                                : LEAT_END;
    if (status == LEAT_AGAIN)
        return status;
    walk->state = WALK_ON;
    if (status != LEAT_OK)
        return LEAT_DONE; /* a fault is met again by whoever goes on to the first entry */
    walk->leaf = leading;
    walk->leaf_peels = false;
    walk->leaf_keeps = false;
    walk->peeled = &nothing_peeled;
    walk->state = WALK_READ;
    status = step(walk, LEAT_STEP_LEAF, ret);
    ret->depth--;
    ret->leads = true;
    return status;
}

/* Whether the entry is one of bytes: a file, or a link whose target is among them where that is
 * what is wanted. Of what is neither, but is known to be broken, a leaf says so. */
static bool has_leaf(const struct leat_walk *walk, enum leat_want want)
{
    const struct leat_entry *entry = &walk->entry;
    if (entry->kind == LEAT_ENTRY_FILE)
        return true;
    if (entry->kind != LEAT_ENTRY_FOLDER && entry->fault.code != LEAT_FAULT_NONE)
        return true;
    return want == LEAT_WANT_TARGETS && entry->kind == LEAT_ENTRY_LINK && entry->target.len == 0;
}

/* The next entry of the container on top. LEAT_DONE: nothing to tell yet, go on. */
static enum leat_status next_entry(struct leat_walk *walk, struct leat_step *ret)
{
    struct level *level = &walk->levels[walk->levels_len - 1];
    walk->place_len = level->place_len;
    walk->name_at = level->name_at;
    walk->has_entry = false;
    enum leat_status status = turn(walk);
    if (status == LEAT_OK)
        status = leat_next(level->container, &walk->entry);
    if (status == LEAT_AGAIN)
        return status;
    if (status == LEAT_END)
        return leave(walk, ret);
    if (status == LEAT_FAULT) {
        walk->state = WALK_BROKEN;
        const struct leat_fault *fault = leat_container_fault(level->container);
        return was_met(walk, fault) ? LEAT_DONE : step_fault(walk, fault, ret);
    }
    walk->met = (struct leat_fault){ 0 };
    if (!place_add(walk, walk->entry.name)) {
        walk->state = WALK_BROKEN;
        return step_bound(walk, LEAT_FAULT_MEMORY, NULL, ret);
    }
    walk->has_entry = true;
    enum leat_want want = wants(walk);
    if (want == LEAT_WANT_NONE)
        return LEAT_DONE;
    if (want == LEAT_WANT_ENTRY || !has_leaf(walk, want))
        return step(walk, LEAT_STEP_ENTRY, ret);
    static const struct leat_peel_options nothing = { .keep_text = true, .keep_layers = true };
    leaf_open(walk, leat_entry_open(level->container, &walk->entry, walk->ctx),
              want != LEAT_WANT_LAYERS || walk->entry.plain ? &nothing : &walk->options.peel);
    return LEAT_DONE;
}

/* --- Leaves --- */

/* Put a peel around the leaf where something comes off; and where that has to be waited for, as a
 * peel goes on with what it has seen. */
static void leaf_peel(struct leat_walk *walk)
{
    const struct leat_format *format;
    if (walk->leaf_peels)
        return;
    enum leat_status status = leat_peel_finds(walk->leaf, &walk->leaf_options, &format);
    walk->leaf_peels = status != LEAT_OK || format != NULL;
    if (walk->leaf_peels)
        walk->leaf = leat_peel(walk->leaf, &walk->leaf_options);
}

/* Put a keep around the leaf where it may end with an archive and could not be asked for its end.
 * OK, AGAIN. */
static enum leat_status leaf_keep(struct leat_walk *walk)
{
    enum leat_match match = LEAT_MATCH_MORE;
    struct leat_span head = { 0 };
    struct leat_reader *fork;
    while (match == LEAT_MATCH_MORE) {
        enum leat_status status = leat_peek(walk->leaf, head.len + 1, &head);
        if (status != LEAT_OK)
            return status == LEAT_AGAIN ? status : LEAT_OK;
        match = leat_behind_may(&walk->leaf_options, head);
    }
    if (match == LEAT_MATCH_NO)
        return LEAT_OK;
    enum leat_status status = leat_fork(walk->leaf, NULL, &fork);
    if (status == LEAT_OK)
        leat_reader_close(fork);
    if (status == LEAT_UNSUPPORTED) {
        size_t max = walk->ctx->limits.spool_max;
        walk->leaf = leat_keep(walk->leaf, max < KEPT_LEN_MAX ? max : KEPT_LEN_MAX);
        walk->leaf_keeps = true;
    }
    return status == LEAT_AGAIN ? status : LEAT_OK;
}

static enum leat_status look(struct leat_walk *walk, struct leat_step *ret)
{
    walk->peeled = &nothing_peeled;
    leaf_peel(walk);
    enum leat_status status = LEAT_OK;
    if (walk->leaf_peels)
        status = leat_peel_look(walk->leaf, &walk->peeled);
    if (status == LEAT_AGAIN)
        return status;
    if (status == LEAT_OK && walk->peeled->container != NULL)
        return enter(walk, ret);
    /* A fault is met again by whoever reads the leaf. */
    if (leaf_keep(walk) == LEAT_AGAIN)
        return LEAT_AGAIN;
    walk->state = WALK_READ;
    return step(walk, LEAT_STEP_LEAF, ret);
}

/* What follows the leaf's end in a layer that came off. */
static enum leat_status leaf_trailing(struct leat_walk *walk, struct leat_fault *ret)
{
    struct leat_reader *leaf = walk->leaf;
    if (!walk->leaf_peels || leaf->tail != LEAT_TAIL_END)
        return LEAT_END;
    if (!walk->leaf_keeps)
        return leat_peel_trailing(leaf, ret);
    enum leat_status status = leat_peel_trailing(leat_view_unlock(leaf), ret);
    leat_view_lock(leaf);
    return status;
}

/* Enter what the leaf ends with, if that is an archive. LEAT_DONE: it is not. */
static enum leat_status leaf_hid(struct leat_walk *walk, struct leat_step *ret)
{
    struct leat_slice kept;
    bool all = leat_keep_take(walk->leaf, &kept);
    struct leat_span tail = { .data = kept.data, .len = kept.len };
    const struct leat_format *format = leat_behind_told(tail, all);
    leaf_close(walk);
    walk->state = WALK_ON;
    if (format == NULL || !all) {
        leat_slice_release(&kept);
        return format == NULL ? LEAT_DONE
                              : step_bound(walk, LEAT_FAULT_BOUND,
                                           "ends with an archive, behind more than is kept", ret);
    }
    walk->hidden = (struct leat_peeled){ .container = format };
    walk->peeled = &walk->hidden;
    walk->leaf = leat_memory(walk->ctx, kept.data, kept.len);
    enum leat_status status = enter(walk, ret);
    if (walk->state != WALK_ENTERED) {
        leat_slice_release(&kept);
        return status;
    }
    walk->levels[walk->levels_len - 1].kept = kept;
    ret->leads = true;
    return status;
}

/* Once a leaf was read to its end: what nobody was shown. */
static enum leat_status leaf_over(struct leat_walk *walk, struct leat_step *ret)
{
    struct leat_fault fault;
    uint64_t done;
    enum leat_status status = LEAT_END;
    bool skips = walk->state == WALK_READ && walk->leaf_keeps;
    if (skips && leat_reader_fault(walk->leaf) == NULL)
        status = leat_skip(walk->leaf, UINT64_MAX, &done);
    if (status == LEAT_FAULT) {
        walk->state = WALK_TRAILED;
        return step_fault(walk, leat_reader_fault(walk->leaf), ret);
    }
    if (walk->state == WALK_READ && status == LEAT_END)
        status = leaf_trailing(walk, &fault);
    if (status == LEAT_AGAIN)
        return status;
    if (walk->state == WALK_READ) {
        walk->state = WALK_TRAILED;
        if (status == LEAT_OK)
            return step_fault(walk, &fault, ret);
    }
    if (walk->leaf_keeps && walk->leaf->tail == LEAT_TAIL_END)
        return leaf_hid(walk, ret);
    leaf_close(walk);
    walk->state = WALK_ON;
    return LEAT_DONE;
}

enum leat_status leat_walk_next(struct leat_walk *walk, struct leat_step *ret)
{
    enum leat_status status = LEAT_DONE;
    while (status == LEAT_DONE) {
        switch (walk->state) {
        case WALK_LOOK:
            status = look(walk, ret);
            break;
        case WALK_READ:
        case WALK_TRAILED:
            status = leaf_over(walk, ret);
            break;
        case WALK_ENTERED:
            walk->state = walk->levels[walk->levels_len - 1].behind ? WALK_LEADS : WALK_ON;
            if (walk->skips)
                status = leave(walk, ret);
            walk->skips = false;
            break;
        case WALK_LEADS:
            status = lead(walk, ret);
            break;
        case WALK_BROKEN:
            status = goes_on(walk, ret);
            break;
        case WALK_ON:
            if (walk->levels_len == 0)
                walk->state = WALK_OVER;
            else
                status = next_entry(walk, ret);
            break;
        case WALK_OVER:
            return LEAT_END;
        }
    }
    return status;
}

enum leat_status leat_walk_arm(struct leat_walk *walk, struct leat_wake *wake)
{
    if (walk->leaf != NULL)
        return leat_arm(walk->leaf, wake);
    if (walk->levels_len == 0)
        return LEAT_UNSUPPORTED;
    return leat_arm(walk->levels[walk->levels_len - 1].container->src, wake);
}

void leat_walk_skip(struct leat_walk *walk)
{
    leat_assert(walk->state == WALK_ENTERED);
    walk->skips = true;
}

struct leat_walk *leat_walk_open(struct leat_reader *src, struct leat_span place,
                                 const struct leat_walk_options *options)
{
    struct leat_ctx *ctx = src->ctx;
    struct leat_walk *walk = leat_allocate(&ctx->alloc, sizeof(*walk));
    if (walk == NULL) {
        leat_reader_close(src);
        return NULL;
    }
    walk->ctx = ctx;
    leat_ctx_spends_anew(ctx);
    if (options != NULL)
        walk->options = *options;
    if (!place_add(walk, place)) {
        leat_reader_close(src);
        leat_deallocate(&ctx->alloc, walk);
        return NULL;
    }
    leaf_open(walk, src, &walk->options.peel);
    return walk;
}

void leat_walk_close(struct leat_walk *walk)
{
    if (walk == NULL)
        return;
    struct leat_ctx *ctx = walk->ctx;
    leat_reader_close(walk->leaf);
    while (walk->levels_len > 0) {
        struct level *level = &walk->levels[--walk->levels_len];
        leat_container_close(level->container);
        leat_slice_release(&level->kept);
    }
    leat_deallocate(&ctx->alloc, walk->place);
    leat_deallocate(&ctx->alloc, walk);
}
