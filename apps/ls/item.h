#ifndef APPS_LS_ITEM_H
#define APPS_LS_ITEM_H

#include "apps/term/colour.h"
#include "leat/layer/walk.h"

/* One line of a listing: what is known of a thing met on the way. */
struct item {
    struct leat_span place;
    size_t name_at;
    unsigned depth;
    const char *kind;                 /* "file", "folder", "link", "other" */
    const struct leat_entry *entry;   /* NULL for what a path names */
    const struct leat_peeled *peeled; /* NULL where nothing was looked into */
    uint64_t size;                    /* of what is inside all layers, or LEAT_SIZE_UNKNOWN */
};

/* Put the item as one line of a tree: size, how it is packed, and the indented name. */
void item_put_text(struct term_buffer *buffer, struct term_style style, const struct item *item);

/* Put what is wrong below an item. */
void item_put_fault(struct term_buffer *buffer, unsigned depth, const struct leat_fault *fault);

/* Put either as one object of JSON on a line. */
void item_put_json(struct term_buffer *buffer, const struct item *item);
void item_put_fault_json(struct term_buffer *buffer, struct leat_span place, unsigned depth,
                         const struct leat_fault *fault);

#endif
