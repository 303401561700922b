#ifndef APPS_CP_SINK_H
#define APPS_CP_SINK_H

#include "apps/cp/ending.h"
#include "apps/cp/target.h"

/* Where one stream of bytes goes, whatever it is made of: a new file, or what is there and is no
 * file (a pipe, a device, standard output), through an encoder where there is one. */
struct sink {
    struct cp *cp;
    const char *label;
    struct leat_writer *writer; /* until it is taken over by a packer, which closes it */
    struct target target;       /* its `folder` is owned here; -1: it is no new file */
};

/* Open standard output: `path` is "-"; or what `path` names below `folder`, which is owned, as
 * `name`. False, told: it cannot be written to; then there is nothing to close. */
bool sink_open(struct sink *sink, struct cp *cp, int folder, const char *name, const char *path,
               const struct ending *ending);

/* All was written and finished: check it, and give it its name. `item`, or NULL, is what it is a
 * copy of. */
void sink_completes(struct sink *sink, const struct item *item);

/* The writer failed: say so, unless it is only that nobody reads any more. Nothing more is copied.
 */
void sink_fails(struct sink *sink, const struct leat_fault *fault);

/* Let go. What is not whole is removed. */
void sink_close(struct sink *sink);

#endif
