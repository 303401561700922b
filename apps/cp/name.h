#ifndef APPS_CP_NAME_H
#define APPS_CP_NAME_H

#include "apps/term/buffer.h"
#include "leat/core/span.h"

/* Names that come from archives, before anything is made by them. */

enum name_kind {
    NAME_GOOD,
    NAME_ABSOLUTE, /* taken without the slashes before it */
    NAME_EMPTY,    /* the folder itself */
    NAME_LEAVES,   /* `..`: it may lead out of the folder */
    NAME_BROKEN,   /* a NUL in it */
};

/* Put `name` as a path below a folder: its parts with one slash between them, without `.`, and a
 * NUL. `to` is cleared first; `to->len` does not count the NUL. */
enum name_kind name_clean(struct term_buffer *to, struct leat_span name);

/* Whether a link in a folder that lies `depth` folders deep (0: at the top) stays in it: `target`
 * is relative, and has no more `..` than that, all of them first. Behind a name another link may
 * stand, and `..` lead anywhere. */
bool name_link_stays(struct leat_span target, size_t depth);

/* How many folders deep a clean name lies: its slashes. */
size_t name_depth(const char *name);

#endif
