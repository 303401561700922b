#ifndef LEAT_LAYER_PEEL_H
#define LEAT_LAYER_PEEL_H

#include "leat/core/format.h"

/* Taking layers off by what the bytes look like. */

/* Every file and every entry is looked at by a peel, so it is kept small. */
enum { LEAT_PEEL_LAYERS_MAX = 32 };

struct leat_peel_options {
    bool keep_text;   /* leave text encodings as they are; zero: UTF-16 and UTF-32 become UTF-8 */
    bool keep_layers; /* leave all other formats as they are */
    /* What the file is called, for the formats that show in nothing else (LEAT_FORMAT_NAMED): with
     * each layer goes its ending. A loan until the peel has looked; empty: they are not told. */
    struct leat_span name;
};

/* What a peel found, once it has looked. */
struct leat_peeled {
    const struct leat_format *decoded[LEAT_PEEL_LAYERS_MAX]; /* outermost first */
    unsigned decoded_len;
    const struct leat_format *container; /* what the bytes are now, or NULL: just bytes */
    bool behind; /* the container was not told by its first bytes: others may lie before it */
};

LEAT_BEGIN_DECLS

/* A reader of what is inside `src`, which it owns: on the first fill it looks at the first bytes
 * and stacks decoders until nothing more comes off, or a container is reached. Asks for no more
 * bytes than it takes to tell, so a terminal's first line is shown at once. A view: it copies
 * nothing, unless `src` cannot show that many at once. `options` may be NULL, and is copied.
 *
 * More than ctx->limits.depth_max layers are a fault with code BOUND. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_peel(struct leat_reader *src,
                                                     const struct leat_peel_options *options);

/* What a peel of `src` would come upon first, for those who make one only where there is something:
 * most of what is read is just bytes. An end or a fault in the first bytes is met again by whoever
 * reads them. `options` may be NULL. Nothing is consumed.
 *
 * ret      the format, or NULL
 * Status   OK, AGAIN (call again), LIMIT (`src` cannot show as many bytes at once as it takes to
 *          tell, or others further on have to be waited for: a peel gathers the ones, and keeps
 *          what it has of the others) */
LEAT_API LEAT_MUST_USE enum leat_status leat_peel_finds(struct leat_reader *src,
                                                        const struct leat_peel_options *options,
                                                        const struct leat_format **ret);

/* Look now, for those who must know before they read; `peel` comes from leat_peel.
 *
 * ret      good until `peel` is closed
 * Status   OK, AGAIN (call again), FAULT (a reader's memory or depth_max; more faults may come
 *          with the bytes) */
LEAT_API LEAT_MUST_USE enum leat_status leat_peel_look(struct leat_reader *peel,
                                                       const struct leat_peeled **ret);

/* Once `peel` was read to its END: whether bytes follow the end of one of the layers that came
 * off, which no reader has shown.
 *
 * ret     CORRUPT, with that layer's name and the offset in its input
 * Status  OK (there are), END (none), AGAIN */
LEAT_API LEAT_MUST_USE enum leat_status leat_peel_trailing(struct leat_reader *peel,
                                                           struct leat_fault *ret);

LEAT_END_DECLS

#endif
