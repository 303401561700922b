#ifndef LEAT_LAYER_WALK_H
#define LEAT_LAYER_WALK_H

#include "leat/container/container.h"
#include "leat/layer/peel.h"

/* Walking everything inside a source: layers come off, containers are entered, and what is left
 * comes out as leaves, each with its place: "backup.tar.zst!mail/3.eml". */

struct leat_walk;

enum leat_step_kind {
    LEAT_STEP_LEAF,  /* bytes to read: `reader`; of a container as well, where it is behind a
                        program or a script: then `leads` */
    LEAT_STEP_ENTER, /* a container; what is inside comes next, unless leat_walk_skip. `leads`: its
                        bytes, with what lies before it, were the leaf before: where the source
                        cannot go back, an archive behind others is told by its end alone */
    LEAT_STEP_LEAVE, /* its end */
    LEAT_STEP_ENTRY, /* an entry without its bytes: a folder, a link, a device, or a file of which
                        no more was wanted */
    LEAT_STEP_FAULT, /* something could not be read: `fault`. The walk goes on behind it */
};

/* One thing met on the way; everything in it is good until the next call. */
struct leat_step {
    enum leat_step_kind kind;
    unsigned depth;                   /* containers around it: 0 for the source itself */
    struct leat_span place;           /* raw, hostile: escape it before showing it */
    size_t name_at;                   /* where in `place` the innermost name begins */
    const struct leat_entry *entry;   /* as its container has it; NULL for the source itself */
    const struct leat_peeled *peeled; /* LEAF and ENTER: what came off */
    struct leat_reader *reader;       /* LEAF: the walk's; read it, or not */
    bool leads;                       /* LEAF: what lies before the archive that was just entered:
                                         place, depth and entry are those of the ENTER. ENTER: of
                                         the leaf before it */
    const struct leat_fault *fault;
};

/* What is wanted of an entry. */
enum leat_want {
    LEAT_WANT_NONE,    /* not even a step */
    LEAT_WANT_ENTRY,   /* a step without a reader: its bytes are passed by unread */
    LEAT_WANT_BYTES,   /* a leaf, with every layer still around it */
    LEAT_WANT_TARGETS, /* the same, also of a symbolic link that has its target among its bytes */
    LEAT_WANT_LAYERS,  /* what is inside */
};

struct leat_walk_options {
    /* Judge an entry by its place, before any of its bytes are read. NULL: LAYERS for all. The
     * source itself is not asked about. */
    enum leat_want (*wants)(void *user, struct leat_span place, const struct leat_entry *entry);
    /* Asked in the outermost container, where several walks over the same source share its
     * entries, before the first and whenever those this walk was to have are done: which are next?
     * It may go about in `c` with leat_next and leat_container_resume, and leaves it before them.
     * NULL: all are this walk's.
     *
     * ret_until  index behind the last of them
     * Status     OK, AGAIN, or END: there are no more for this walk, and it leaves the container */
    enum leat_status (*turn)(void *user, struct leat_container *c, uint64_t *ret_until);
    void *user;
    struct leat_peel_options peel; /* what is left as it is */
};

LEAT_BEGIN_DECLS

/* Begin a walk of `src`, which it owns, under the name `place` (copied). NULL without memory, and
 * then `src` is closed. `options` may be NULL, and is copied; what its `user`
 * points to must outlive the walk. */
LEAT_API LEAT_MUST_USE struct leat_walk *leat_walk_open(struct leat_reader *src,
                                                        struct leat_span place,
                                                        const struct leat_walk_options *options);

/* Go on to the next step; the last one's reader is closed.
 *
 * Status  OK (a step), AGAIN (call again), END (all was walked)
 * Blocks  as the engine does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_walk_next(struct leat_walk *walk,
                                                       struct leat_step *ret);

/* After AGAIN: fire `wake` once when a retry can make progress. Status  OK, UNSUPPORTED. */
LEAT_API LEAT_MUST_USE enum leat_status leat_walk_arm(struct leat_walk *walk,
                                                      struct leat_wake *wake);

/* After LEAT_STEP_ENTER: do not go inside. */
LEAT_API void leat_walk_skip(struct leat_walk *walk);

/* End it, wherever it is. NULL is fine. */
LEAT_API void leat_walk_close(struct leat_walk *walk);

LEAT_END_DECLS

#endif
