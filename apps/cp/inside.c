#include "apps/cp/inside.h"

#include <string.h>
#include <unistd.h>

#include "apps/cp/peel.h"

enum { LEVELS_MAX = 64 };

struct inside {
    struct cp *cp;
    struct output *out;
    const struct run_place *place;
    const char *name;
    struct identity from; /* the file that all is in */
    struct links *links;
    bool found;
    bool lost; /* something was damaged, and bytes may be missing */
    struct term_buffer item_name;
    struct term_buffer target;    /* of a hard link, as the item's name is: below the output */
    size_t marks[LEVELS_MAX];     /* where in places the names inside of each container begin */
    uint64_t devices[LEVELS_MAX]; /* of the files in each; there is one whose files are met now: */
    unsigned depth;
};

/* --- Names --- */

/* Where the name of what the place names begins, before `end`, which is where it ends. */
static size_t last_part(struct leat_span met, size_t end)
{
    while (end > 0 && met.data[end - 1] == '/')
        end--;
    while (end > 0 && met.data[end - 1] != '/' && met.data[end - 1] != '!')
        end--;
    return end;
}

/* What of the place that was met is the item's name: all from `*ret_from` on, behind the name that
 * was given, where there is one. */
static void put_name(struct inside *self, struct leat_span met, size_t *ret_from)
{
    size_t end = run_place_end(self->place, met);
    leat_assert(end > 0);
    bool all = met.data[end - 1] == '!';
    *ret_from = self->name != NULL || all ? end : last_part(met, end);
    term_buffer_clear(&self->item_name);
    if (self->name == NULL)
        return;
    term_puts(&self->item_name, self->name);
    if (*ret_from < met.len && met.data[*ret_from] != '/')
        term_putc(&self->item_name, '/');
}

/* Name the item: as the place is called, and then as it lies below that. Names inside of archives
 * that lie below are those of files in a folder. */
static bool names(struct inside *self, const struct leat_step *step, struct item *item,
                  size_t *ret_from)
{
    struct leat_span met = step->place;
    put_name(self, met, ret_from);
    size_t base = self->item_name.len;
    term_put(&self->item_name, met.data + *ret_from, met.len - *ret_from);
    if (self->item_name.cut) {
        cp_tell_memory(self->cp);
        return false;
    }
    for (unsigned i = 0; i < step->depth && i < LEVELS_MAX; i++) {
        if (self->marks[i] >= *ret_from && self->marks[i] < met.len)
            self->item_name.data[base + self->marks[i] - *ret_from] = '/';
    }
    item->name = (struct leat_span){ (uint8_t *)self->item_name.data, self->item_name.len };
    return true;
}

/* A hard link names another entry as the archive does; here that is called as the item itself is,
 * with the same bytes before it, or without the same. */
static bool renames_target(struct inside *self, const struct leat_step *step, struct item *item,
                           size_t from)
{
    struct leat_span target = item->about.target;
    const uint8_t *name = step->place.data + step->name_at;
    size_t name_len = step->place.len - step->name_at;
    size_t cut = from > step->name_at ? from - step->name_at : 0;
    if (target.len < cut || memcmp(target.data, name, cut) != 0) {
        cp_tell(self->cp, step->place, "a link to what is not copied with it: not made");
        return false;
    }
    term_buffer_clear(&self->target);
    term_put(&self->target, item->name.data, item->name.len - (name_len - cut));
    term_put(&self->target, target.data + cut, target.len - cut);
    item->about.target = (struct leat_span){ (uint8_t *)self->target.data, self->target.len };
    return !self->target.cut;
}

/* --- Steps --- */

/* In a zip, the target of a link is its bytes. */
static bool reads_target(struct inside *self, const struct leat_step *step, struct item *item)
{
    struct leat_span target;
    enum leat_status status = leat_peek(step->reader, 4096, &target);
    if (status == LEAT_FAULT) {
        cp_tell_fault(self->cp, step->place, leat_reader_fault(step->reader));
        return false;
    }
    item->about.target = target;
    return true;
}

/* Whether it is a name of a file with several, which the archive tells by a number. */
static bool is_one_of_several(const struct inside *self, const struct leat_entry *entry)
{
    return entry != NULL && entry->links > 1 && entry->inode != 0 && self->depth < LEVELS_MAX;
}

static void put_step(struct inside *self, const struct leat_step *step)
{
    struct item item = {
        .place = step->place,
        .descriptor = -1,
        .from = self->from,
        .hostile = true,
    };
    if (step->entry != NULL)
        item.about = *step->entry;
    else
        item.about = (struct leat_entry){ .size = LEAT_SIZE_UNKNOWN };
    item.dated = item.about.mtime_s != 0;
    if (step->reader != NULL && step->peeled != NULL && step->peeled->decoded_len > 0)
        item.about.size = LEAT_SIZE_UNKNOWN;
    size_t from;
    if (!names(self, step, &item, &from))
        return;
    bool several = is_one_of_several(self, step->entry);
    if (item.about.kind == LEAT_ENTRY_HARD_LINK && !several &&
        !renames_target(self, step, &item, from))
        return;
    if (step->reader != NULL && item.about.kind == LEAT_ENTRY_LINK) {
        if (!reads_target(self, step, &item))
            return;
    } else {
        item.reader = step->reader;
    }
    if (self->cp->flags.layers && step->peeled != NULL)
        peel_name(&item, step->peeled);
    if (several)
        links_put(self->links, self->devices[self->depth], &item, self->out);
    else
        self->out->ops->put(self->out, &item);
}

static void pass(struct inside *self, const struct leat_step *step)
{
    const struct leat_fault *blocked =
        step->kind == LEAT_STEP_LEAF ? run_place_blocked(step) : NULL;
    if (blocked != NULL)
        cp_tell_fault(self->cp, step->place, blocked);
}

/* Into a container, or out of it to the one around. */
static void passes_border(struct inside *self, struct leat_walk *walk, const struct leat_step *step)
{
    bool enters = step->kind == LEAT_STEP_ENTER;
    /* What is entered is no file any more, and has no other names. */
    if (enters && is_one_of_several(self, step->entry))
        links_pass(self->links, self->devices[self->depth], step->entry, self->out);
    if (enters && step->leads && run_place_covers(self->place, step->place)) {
        leat_walk_skip(walk); /* as the leaf it was, it was copied whole */
        return;
    }
    self->depth = enters ? step->depth : step->depth - (step->depth > 0);
    if (!enters || step->depth >= LEVELS_MAX)
        return;
    self->marks[step->depth] = step->place.len;
    self->devices[step->depth] = links_device(self->links);
}

static void meet(struct inside *self, struct leat_walk *walk, const struct leat_step *step)
{
    self->lost = self->lost || step->kind == LEAT_STEP_FAULT;
    if (step->kind == LEAT_STEP_FAULT)
        cp_tell_fault(self->cp, step->place, step->fault);
    else if (step->kind == LEAT_STEP_ENTER || step->kind == LEAT_STEP_LEAVE)
        passes_border(self, walk, step);
    else if (step->leads)
        return;
    else if (run_place_covers(self->place, step->place))
        put_step(self, step);
    else
        pass(self, step);
}

static enum leat_want wants(void *user, struct leat_span met, const struct leat_entry *entry)
{
    struct inside *self = user;
    switch (run_place_lies(self->place, met)) {
    case RUN_ON_THE_WAY:
        return LEAT_WANT_LAYERS;
    case RUN_THERE:
    case RUN_BELOW:
        self->found = true;
        /* No layer comes off a link. */
        return self->cp->flags.layers && entry->kind != LEAT_ENTRY_LINK ? LEAT_WANT_LAYERS
                                                                        : LEAT_WANT_TARGETS;
    case RUN_ELSEWHERE:
        if (is_one_of_several(self, entry))
            links_pass(self->links, self->devices[self->depth], entry, self->out);
        break;
    }
    return LEAT_WANT_NONE;
}

/* The file outside, where there is one that can be asked; whether it can be read is seen later. */
static struct identity identity_outside(const struct run_place *place)
{
    struct stat about;
    int failed =
        strcmp(place->path, "-") == 0 ? fstat(STDIN_FILENO, &about) : stat(place->path, &about);
    return failed == 0 ? identity_of(&about) : (struct identity){ 0 };
}

void inside_copy(struct cp *cp, const struct run_place *place, const char *name,
                 struct links *links, struct output *out)
{
    struct inside self = {
        .cp = cp,
        .out = out,
        .place = place,
        .name = name,
        .links = links,
        .from = identity_outside(place),
    };
    struct leat_span all = { .data = (const uint8_t *)place->all, .len = place->len };
    if (cp_is_written(cp, all, self.from))
        return;
    struct leat_walk_options options = {
        .wants = wants,
        .user = &self,
        .peel = { .keep_text = true },
    };
    struct leat_walk *walk =
        leat_walk_open(run_open(&cp->ctx, place->path), cp_text(place->path), &options);
    bool failed_before = cp->failed;
    if (walk == NULL)
        cp_tell_memory(cp);
    struct leat_step step;
    while (walk != NULL && !cp->stopped && leat_walk_next(walk, &step) == LEAT_OK)
        meet(&self, walk, &step);
    leat_walk_close(walk);
    if (!cp->stopped)
        links_finish(links, self.lost, out);
    if (!self.found && cp->failed == failed_before)
        cp_tell(cp, all, "nothing of this name is inside");
    term_buffer_fini(&self.item_name);
    term_buffer_fini(&self.target);
}
