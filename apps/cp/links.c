#include "apps/cp/links.h"

#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"

/* A name that waits for the bytes of its file. */
struct waiting {
    struct waiting *next;
    char *name, *place;
    struct leat_entry about;
    bool dated;
};

/* --- The table --- */

static struct link *slot_of(const struct links *links, uint64_t device, uint64_t number)
{
    uint64_t hash = (number ^ device << 32) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = (size_t)(hash >> 32);; i++) {
        struct link *slot = &links->slots[i & (links->size - 1)];
        if (slot->serial == 0 || (slot->device == device && slot->number == number))
            return slot;
    }
}

static bool grows(struct links *links)
{
    struct links larger = *links;
    larger.size = links->size > 0 ? links->size * 2 : 64;
    larger.slots = calloc(larger.size, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < links->size; i++) {
        const struct link *old = &links->slots[i];
        if (old->serial != 0)
            *slot_of(&larger, old->device, old->number) = *old;
    }
    free(links->slots);
    *links = larger;
    return true;
}

/* Text with its end behind it, as it has none where it comes from. NULL without memory. */
static char *copy_of(struct leat_span text)
{
    char *copy = malloc(text.len + 1);
    if (copy == NULL)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

struct link *links_find(struct links *links, uint64_t device, uint64_t number)
{
    /* Never more than half full, so that there is a free one to be met. */
    if (links->len * 2 >= links->size && !grows(links))
        return NULL;
    struct link *slot = slot_of(links, device, number);
    if (slot->serial == 0)
        *slot = (struct link){ .device = device, .number = number, .serial = ++links->len };
    return slot;
}

bool link_named(struct link *link, struct leat_span name)
{
    leat_assert(link->name == NULL);
    link->name = copy_of(name);
    return link->name != NULL;
}

uint64_t links_device(struct links *links)
{
    /* The kernel's are small. */
    return UINT64_MAX - links->devices++;
}

/* --- Names that wait --- */

static void waiting_free(struct waiting *waiting)
{
    free(waiting->name);
    free(waiting->place);
    free(waiting);
}

/* The one that came first, which waits no more. NULL: none does. */
static struct waiting *link_takes(struct link *link)
{
    if (link->last == NULL)
        return NULL;
    struct waiting *first = link->last->next;
    link->last->next = first->next;
    if (first == link->last)
        link->last = NULL;
    return first;
}

static bool link_waits(struct link *link, const struct item *item)
{
    struct waiting *waiting = malloc(sizeof(*waiting));
    if (waiting == NULL)
        return false;
    *waiting = (struct waiting){
        .next = waiting,
        .name = copy_of(item->name),
        .place = copy_of(item->place),
        .about = item->about,
        .dated = item->dated,
    };
    if (waiting->name == NULL || waiting->place == NULL) {
        waiting_free(waiting);
        return false;
    }
    if (link->last != NULL) {
        waiting->next = link->last->next;
        link->last->next = waiting;
    }
    link->last = waiting;
    return true;
}

static struct item item_of(const struct waiting *waiting, const struct link *link)
{
    struct item item = {
        .name = cp_text(waiting->name),
        .place = cp_text(waiting->place),
        .about = waiting->about,
        .dated = waiting->dated,
        .descriptor = -1,
        .hostile = true,
    };
    item.about.inode = link->serial;
    item.about.target = cp_text(link->name != NULL ? link->name : "");
    return item;
}

static void put_link(const struct link *link, const struct item *item, struct output *out)
{
    if (link->name[0] != '\0')
        out->ops->put(out, item);
    else
        cp_tell(out->cp, item->place, "a link to what is not copied with it: not made");
}

/* The file has its name, and those that waited for it become links to that. */
static void put_waiting(struct link *link, struct output *out)
{
    for (struct waiting *waiting; (waiting = link_takes(link)) != NULL;) {
        struct item item = item_of(waiting, link);
        put_link(link, &item, out);
        waiting_free(waiting);
    }
}

/* --- Out of archives --- */

void links_put(struct links *links, uint64_t device, const struct item *given, struct output *out)
{
    struct link *link = links_find(links, device, given->about.inode);
    struct item item = *given;
    bool waits = item.about.kind == LEAT_ENTRY_HARD_LINK;
    bool begins = link != NULL && link->name == NULL && !waits;
    if (link == NULL || (begins && !link_named(link, item.name)) ||
        (waits && link->name == NULL && !link_waits(link, &item))) {
        cp_tell_memory(out->cp);
        return;
    }
    item.about.inode = link->serial;
    if (!waits)
        out->ops->put(out, &item);
    if (begins)
        put_waiting(link, out);
    if (!waits || link->name == NULL)
        return;
    item.about.target = cp_text(link->name);
    put_link(link, &item, out);
}

void links_pass(struct links *links, uint64_t device, const struct leat_entry *entry,
                struct output *out)
{
    if (entry->kind != LEAT_ENTRY_FILE)
        return;
    struct link *link = links_find(links, device, entry->inode);
    if (link == NULL || (link->name == NULL && !link_named(link, cp_text(""))))
        cp_tell_memory(out->cp);
    else
        put_waiting(link, out);
}

/* Without any bytes none of the names is the one that has them: the first becomes the file. */
static void put_empty(struct link *link, struct output *out)
{
    struct waiting *first = link_takes(link);
    struct item item = item_of(first, link);
    item.about.kind = LEAT_ENTRY_FILE;
    item.about.size = 0;
    item.reader = leat_memory(&out->cp->ctx, "", 0);
    out->ops->put(out, &item);
    leat_reader_close(item.reader);
    if (link_named(link, item.name))
        put_waiting(link, out);
    else
        cp_tell_memory(out->cp);
    waiting_free(first);
}

void links_finish(struct links *links, bool lost, struct output *out)
{
    for (size_t i = 0; i < links->size; i++) {
        struct link *link = &links->slots[i];
        if (link->last == NULL)
            continue;
        if (!lost)
            put_empty(link, out);
        else if (link_named(link, cp_text("")))
            put_waiting(link, out);
    }
}

void links_fini(struct links *links)
{
    for (size_t i = 0; i < links->size; i++) {
        struct link *link = &links->slots[i];
        for (struct waiting *waiting; (waiting = link_takes(link)) != NULL;)
            waiting_free(waiting);
        free(link->name);
    }
    free(links->slots);
    *links = (struct links){ 0 };
}
