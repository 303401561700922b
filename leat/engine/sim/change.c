/* Names in folders, and which of their changes are on the disk: those are kept in order, as a
 * journal does, so that after a crash the last ones were never made. */

#include "leat/core/assert.h"
#include "leat/engine/sim/state.h"

/* With so many the disk is written to by itself. */
enum { CHANGES_MAX = 1024 };

/* Of so many changes, one has all of them written. */
enum { KEEPS_ONE_IN = 16 };

void leat_sim_entry_add(struct sim_entry *entry)
{
    leat_assert(entry->folder->is_folder);
    entry->next = entry->folder->entries;
    entry->folder->entries = entry;
    if (entry->node->is_folder)
        entry->node->parent = entry->folder;
}

void leat_sim_entry_remove(struct sim_entry *entry)
{
    struct sim_entry **link = &entry->folder->entries;
    while (*link != entry) {
        leat_assert(*link != NULL);
        link = &(*link)->next;
    }
    *link = entry->next;
    entry->next = NULL;
}

void leat_sim_entry_destroy(struct sim *sim, struct sim_entry *entry)
{
    if (entry == NULL)
        return;
    leat_sim_node_release(sim, entry->node);
    leat_deallocate(&sim->loop.alloc, entry);
}

static bool touches(const struct sim_change *change, const struct sim_node *folder)
{
    if (change->added != NULL && change->added->folder == folder)
        return true;
    for (unsigned i = 0; i < 2; i++) {
        if (change->removed[i] != NULL && change->removed[i]->folder == folder)
            return true;
    }
    return false;
}

static void keep_first(struct sim *sim)
{
    struct sim_change *change = sim->changes;
    leat_assert(change != NULL && sim->changes_len > 0);
    sim->changes = change->after;
    if (sim->changes != NULL)
        sim->changes->before = NULL;
    else
        sim->changes_last = NULL;
    sim->changes_len--;
    for (unsigned i = 0; i < 2; i++)
        leat_sim_entry_destroy(sim, change->removed[i]);
    leat_deallocate(&sim->loop.alloc, change);
}

void leat_sim_changes_keep(struct sim *sim, const struct sim_node *folder)
{
    unsigned keep = 0, n = 0;
    for (const struct sim_change *c = sim->changes; c != NULL; c = c->after) {
        n++;
        if (folder == NULL || touches(c, folder))
            keep = n;
    }
    for (; keep > 0; keep--)
        keep_first(sim);
}

void leat_sim_change_add(struct sim *sim, struct sim_change *change)
{
    change->before = sim->changes_last;
    change->after = NULL;
    if (sim->changes_last != NULL)
        sim->changes_last->after = change;
    else
        sim->changes = change;
    sim->changes_last = change;
    sim->changes_len++;
    if (leat_sim_below(sim, KEEPS_ONE_IN) == 0)
        leat_sim_changes_keep(sim, NULL);
    if (sim->changes_len > CHANGES_MAX)
        keep_first(sim);
}

/* As if it had not been. */
static void undo_last(struct sim *sim)
{
    struct sim_change *change = sim->changes_last;
    leat_assert(change != NULL);
    sim->changes_last = change->before;
    if (sim->changes_last != NULL)
        sim->changes_last->after = NULL;
    else
        sim->changes = NULL;
    sim->changes_len--;
    if (change->added != NULL) {
        leat_sim_entry_remove(change->added);
        leat_sim_entry_destroy(sim, change->added);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (change->removed[i] != NULL)
            leat_sim_entry_add(change->removed[i]);
    }
    leat_deallocate(&sim->loop.alloc, change);
}

void leat_sim_crash(struct leat_loop *loop)
{
    struct sim *sim = sim_of(loop);
    size_t sector = leat_sim_below(sim, 2) == 0 ? 512 : 4096;
    uint64_t undone = leat_sim_below(sim, (uint64_t)sim->changes_len + 1);
    leat_sim_says(sim, "crash", "", sector, undone, sim->changes_len);
    for (uint64_t i = 0; i < undone; i++)
        undo_last(sim);
    leat_sim_changes_keep(sim, NULL);
    for (unsigned i = 0; i < leat_sim_table_used(sim); i++) {
        struct sim_descriptor *d = &sim->table[i];
        d->stale = d->stale || d->what == SIM_FILE || d->what == SIM_FOLDER;
    }
    for (struct sim_node *node = sim->nodes; node != NULL; node = node->next) {
        if (!node->is_folder)
            leat_sim_node_crash(sim, node, sector);
    }
}
