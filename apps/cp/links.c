#include "apps/cp/links.h"

#include <stdlib.h>
#include <string.h>

struct link {
    uint64_t device, number;
    char *name; /* NULL: the slot is free */
};

static struct link *slot_of(const struct links *links, uint64_t device, uint64_t number)
{
    uint64_t hash = (number ^ device << 32) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = (size_t)(hash >> 32);; i++) {
        struct link *slot = &links->slots[i & (links->size - 1)];
        if (slot->name == NULL || (slot->device == device && slot->number == number))
            return slot;
    }
}

static bool grows(struct links *links)
{
    struct links larger = { .len = links->len, .size = links->size > 0 ? links->size * 2 : 64 };
    larger.slots = calloc(larger.size, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < links->size; i++) {
        const struct link *old = &links->slots[i];
        if (old->name != NULL)
            *slot_of(&larger, old->device, old->number) = *old;
    }
    free(links->slots);
    *links = larger;
    return true;
}

/* The name with its end behind it, as it has none where it comes from. NULL without memory. */
static char *copy_of(struct leat_span name)
{
    char *copy = malloc(name.len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, name.data, name.len);
    copy[name.len] = '\0';
    return copy;
}

const char *links_find(struct links *links, const struct stat *stat, struct leat_span name,
                       bool *ret_failed)
{
    *ret_failed = false;
    /* Never more than half full, so that there is a free one to be met. */
    if (links->len * 2 >= links->size && !grows(links)) {
        *ret_failed = true;
        return NULL;
    }
    struct link *slot = slot_of(links, stat->st_dev, stat->st_ino);
    if (slot->name != NULL)
        return slot->name;
    *slot = (struct link){
        .device = stat->st_dev,
        .number = stat->st_ino,
        .name = copy_of(name),
    };
    *ret_failed = slot->name == NULL;
    links->len += slot->name != NULL;
    return NULL;
}

void links_fini(struct links *links)
{
    for (size_t i = 0; i < links->size; i++)
        free(links->slots[i].name);
    free(links->slots);
    *links = (struct links){ 0 };
}
