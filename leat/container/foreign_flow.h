#ifndef LEAT_CONTAINER_FOREIGN_FLOW_H
#define LEAT_CONTAINER_FOREIGN_FLOW_H

#include <locale.h>

#include "leat/container/container.h"
#include "leat/fiber/stack.h"
#include "leat/fiber/switch.h"

/* libarchive on a stack of its own, over a reader.
 *
 * It asks for bytes by a callback, from the midst of its work, and cannot be told that they have to
 * be waited for. So the callback leaves that stack. Whoever had it work then peeks into the source
 * on his own, perhaps says AGAIN to his caller, and comes back when there is an answer.
 *
 *      leat_foreign_flow_does ──▶ archive_read_data_block ──▶ callback: bytes are wanted ─┐
 *             ▲        ▲                                                                  │ leaves
 *             │        └── peeks into the source; goes back with the window ◀─────────────┤
 *             └── AGAIN: the flow stands where it is, and the same job goes on later ◀────┘
 *
 * All calls of libarchive but the questions about its state are made there, one at a time. */

struct archive;
struct archive_entry;

/* Usable bytes of its stack. What its formats are read with goes 8 KiB deep, and loading one of
 * iconv's converters deeper; pages that are not touched take no memory. */
#define LEAT_FOREIGN_STACK_SIZE (256 * LEAT_KIB)

/* What makes libarchive read one format and no other. */
struct leat_foreign_setup {
    void (*support)(struct archive *archive);

    /* Say how much of `window`, which stands at `offset` of the source of `c`, libarchive is to be
     * given at once: not 0 where it is `all` there will be. 0: `ret_min` bytes are needed to tell.
     * So a part sees headers whole, and libarchive never reads past the one that it gives. Left
     * out: all of it. */
    size_t (*lends)(struct leat_container *c, struct leat_span window, uint64_t offset, bool all,
                    size_t *ret_min);
};

enum leat_foreign_job {
    LEAT_FOREIGN_NOTHING, /* to do: the flow stands between two jobs */
    LEAT_FOREIGN_BEGIN,
    LEAT_FOREIGN_HEADER, /* of the next entry, past what is unread of this one */
    LEAT_FOREIGN_BLOCK,  /* of this entry's bytes */
    LEAT_FOREIGN_LEAVE,  /* let go of all */
};

struct leat_foreign_flow {
    struct leat_container *c; /* whose source it reads */
    const struct leat_foreign_setup *setup;
    struct leat_stacks stacks;
    struct leat_stack *stack; /* NULL: not begun */
    struct leat_switch outside;
    struct leat_switch inside;

    enum leat_foreign_job job;
    struct archive *archive;     /* NULL: none, for lack of memory */
    struct archive_entry *entry; /* filled by HEADER */
    int said;                    /* what libarchive returned for the last job */
    struct leat_span block;      /* from BLOCK; good until the next job */
    uint64_t block_at;           /* in the entry */

    struct leat_span prelude; /* to be read before the source */

    /* What libarchive finds at an offset behind the source, where it looks before it has read any
     * of that, and then comes back. No data: it finds no such place, and cannot seek. */
    struct leat_span trailer;
    uint64_t trailer_at;
    uint64_t source_at;     /* where it comes back to; the source has so many bytes, and behind */
    uint64_t source_len;    /* them there is something as well, which it does not look at */
    struct leat_span ahead; /* of the trailer, to be read next */
    uint64_t passed;        /* bytes of the source that were consumed: there is no way back */

    bool wants;              /* a callback has left, and stands until it is answered */
    uint64_t wants_past;     /* so many bytes skipped; 0: a window */
    int64_t answer;          /* bytes; negative: the source has a fault */
    size_t lent;             /* of the source's window, until more is wanted */
    enum leat_status source; /* OK until its END or FAULT */
};

LEAT_BEGIN_DECLS

/* The locale that libarchive runs in, and what it has found is asked for: one for the process, made
 * on first use and never freed. Each would be read from its file again, and the C library changes
 * what they share under a lock of which thread sanitizer knows nothing. 0: the system has none, and
 * names that are not ASCII may be lost. Any thread. */
locale_t leat_foreign_locale(void);

/* Make a flow in the caller's memory, which `setup` must outlive. Neither maps nor allocates. */
void leat_foreign_flow_init(struct leat_foreign_flow *flow, struct leat_container *c,
                            const struct leat_foreign_setup *setup);

/* Have `job` done: one of BEGIN, HEADER, BLOCK. After AGAIN the same again, until it is done.
 *
 * Status     OK (flow->said has what libarchive made of it), AGAIN, FAULT (no memory for a stack)
 * Blocks     as the engine does.   Allocates  a mapping, the first time; inside libarchive */
LEAT_MUST_USE enum leat_status leat_foreign_flow_does(struct leat_foreign_flow *flow,
                                                      enum leat_foreign_job job);

/* Let go of all, from wherever it stands; never waits. A zeroed one, or one let go, is fine. */
void leat_foreign_flow_fini(struct leat_foreign_flow *flow);

LEAT_END_DECLS

#endif
