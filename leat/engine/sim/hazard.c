/* What a test puts on the disk, looks at there, and does to files behind a program's back. */

#include <string.h>

#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/engine/sim/state.h"

enum { FOLDER_MODE = 0755, FILE_MODE = 0644 };

/* Give `place` a new file or folder. All changes are on the disk then. */
static struct sim_node *make(struct sim *sim, const struct sim_place *place, bool is_folder)
{
    struct sim_node *node =
        leat_sim_node_create(sim, is_folder, is_folder ? FOLDER_MODE : FILE_MODE);
    if (node == NULL)
        return NULL;
    bool named = leat_sim_name(sim, place, node, NULL);
    leat_sim_node_release(sim, node);
    leat_sim_changes_keep(sim, NULL);
    return named ? node : NULL;
}

enum leat_status leat_sim_folder(struct leat_loop *loop, const char *path)
{
    struct sim *sim = sim_of(loop);
    struct sim_place place;
    if (leat_sim_find(sim, NULL, path, false, &place) != 0)
        return LEAT_FAULT;
    if (place.node != NULL)
        return place.node->is_folder ? LEAT_OK : LEAT_FAULT;
    return make(sim, &place, true) != NULL ? LEAT_OK : LEAT_FAULT;
}

/* Whether a file at `place` may have `len` bytes. */
static bool fits(const struct sim *sim, const struct sim_place *place, size_t len)
{
    uint64_t has = place->node != NULL ? place->node->cached_len : 0;
    return len <= has + sim->disk_left && (place->node == NULL || !place->node->is_folder) &&
           !place->wants_folder;
}

enum leat_status leat_sim_file_put(struct leat_loop *loop, const char *path, const void *data,
                                   size_t len)
{
    struct sim *sim = sim_of(loop);
    struct sim_place place;
    if (leat_sim_find(sim, NULL, path, false, &place) != 0 || !fits(sim, &place, len))
        return LEAT_FAULT;
    struct sim_node *node = place.node != NULL ? place.node : make(sim, &place, false);
    if (node == NULL || leat_sim_node_grow(sim, node, len) != 0)
        return LEAT_FAULT;
    leat_sim_changes_keep(sim, NULL);
    leat_sim_node_set(sim, node, (const uint8_t *)data, len);
    return LEAT_OK;
}

enum leat_status leat_sim_file_get(struct leat_loop *loop, const char *path, struct leat_span *ret)
{
    struct sim_place place;
    if (leat_sim_find(sim_of(loop), NULL, path, false, &place) != 0 || place.node == NULL ||
        place.node->is_folder)
        return LEAT_FAULT;
    *ret = (struct leat_span){ place.node->cached, place.node->cached_len };
    return LEAT_OK;
}

void leat_sim_limit_disk(struct leat_loop *loop, uint64_t bytes_left)
{
    sim_of(loop)->disk_left = bytes_left;
}

/* --- Later --- */

static void plan_destroy(struct sim *sim, struct sim_plan *plan)
{
    leat_sim_unschedule(sim, &plan->event);
    *plan->link = plan->next;
    if (plan->next != NULL)
        plan->next->link = plan->link;
    leat_deallocate(&sim->loop.alloc, plan->data);
    leat_deallocate(&sim->loop.alloc, plan);
}

static void replace(struct sim *sim, const struct sim_place *place, const struct sim_plan *plan)
{
    struct sim_node *node = leat_sim_node_create(sim, false, FILE_MODE);
    if (node == NULL)
        return;
    if (plan->len <= sim->disk_left && leat_sim_node_grow(sim, node, plan->len) == 0 &&
        leat_sim_name(sim, place, node, NULL))
        leat_sim_node_set(sim, node, plan->data, plan->len);
    leat_sim_node_release(sim, node);
}

static void plan_comes(struct sim *sim, struct sim_event *event)
{
    struct sim_plan *plan = LEAT_CONTAINER_OF(event, struct sim_plan, event);
    struct sim_place place;
    bool is_there = leat_sim_find(sim, NULL, plan->path, false, &place) == 0 &&
                    place.node != NULL && !place.node->is_folder;
    leat_sim_says(sim, plan->replaces ? "replace" : "cut", plan->path, plan->len, is_there, 0);
    if (is_there && plan->replaces)
        replace(sim, &place, plan);
    else if (is_there && plan->len < place.node->cached_len)
        leat_sim_node_set_len(sim, place.node, plan->len);
    plan_destroy(sim, plan);
}

static enum leat_status plan(struct sim *sim, const char *path, const struct sim_plan *what,
                             const void *data, uint64_t at_ns)
{
    size_t path_len = strlen(path) + 1;
    struct sim_plan *plan = leat_allocate(&sim->loop.alloc, sizeof(*plan) + path_len);
    if (plan == NULL)
        return LEAT_FAULT;
    plan->event.fire = plan_comes;
    plan->replaces = what->replaces;
    plan->len = what->len;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, plan->path, path, path_len);
    plan->next = sim->plans;
    plan->link = &sim->plans;
    if (plan->next != NULL)
        plan->next->link = &plan->next;
    sim->plans = plan;
    if (plan->replaces && plan->len > 0) {
        plan->data = leat_allocate(&sim->loop.alloc, plan->len);
        if (plan->data == NULL) {
            plan_destroy(sim, plan);
            return LEAT_FAULT;
        }
        leat_bytes_copy(NULL, LEAT_CAUSE_USER, plan->data, data, plan->len);
    }
    leat_sim_schedule(sim, &plan->event, at_ns > sim->now_ns ? at_ns - sim->now_ns : 0);
    return LEAT_OK;
}

enum leat_status leat_sim_file_cut(struct leat_loop *loop, const char *path, uint64_t len,
                                   uint64_t at_ns)
{
    const struct sim_plan what = { .len = (size_t)len };
    return plan(sim_of(loop), path, &what, NULL, at_ns);
}

enum leat_status leat_sim_file_replace(struct leat_loop *loop, const char *path, const void *data,
                                       size_t len, uint64_t at_ns)
{
    const struct sim_plan what = { .replaces = true, .len = len };
    return plan(sim_of(loop), path, &what, data, at_ns);
}

void leat_sim_plans_fini(struct sim *sim)
{
    while (sim->plans != NULL)
        plan_destroy(sim, sim->plans);
}
