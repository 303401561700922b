#ifndef LEAT_CONTAINER_CONTAINER_H
#define LEAT_CONTAINER_CONTAINER_H

#include "leat/core/ctx.h"

/* A container is an iterator of entries, each a name and a reader. */

enum leat_entry_kind {
    LEAT_ENTRY_FILE,
    LEAT_ENTRY_FOLDER,
    LEAT_ENTRY_LINK,      /* symbolic: `target` says whereto; where the format keeps that among the
                             bytes (zip), it is empty and the reader has them */
    LEAT_ENTRY_HARD_LINK, /* another name of the entry that `target` names */
    LEAT_ENTRY_OTHER,     /* a device, a pipe, a label: no bytes */
};

#define LEAT_SIZE_UNKNOWN UINT64_MAX

/* A stretch of a sparse file that holds data. */
struct leat_piece {
    uint64_t offset;
    uint64_t len;
};

/* What stands in a container under a name. The spans are loans until the next leat_next; all of it
 * is as stored, and hostile: never open anything by `name`, never print it unescaped. */
struct leat_entry {
    struct leat_span name;
    struct leat_span target;
    enum leat_entry_kind kind;
    const char *method;   /* how it is packed: static text, "stored" when it is not */
    uint64_t size;        /* bytes unpacked, or LEAT_SIZE_UNKNOWN */
    uint64_t packed_size; /* bytes it takes in the container, or LEAT_SIZE_UNKNOWN */
    uint64_t offset;      /* of its header, in the container's input */
    uint64_t index;       /* 0, 1, 2 ... */
    int64_t mtime_s;      /* seconds since 1970, UTC where the format says so */
    uint32_t mtime_ns;    /* and nanoseconds, where it has them */
    uint32_t mode;        /* POSIX permission bits; 0 when not known */
    /* Of OTHER, where it is a device, a pipe or a socket: POSIX's type bits (S_IFMT), and of a
     * device its numbers. Else 0. */
    uint32_t special;
    uint32_t special_major, special_minor;
    /* Of a FILE or a HARD_LINK: how many names the file has, here or elsewhere, and which file it
     * is, where the format tells that by a number: names of one file have the same. Else 0. */
    uint32_t links;
    uint64_t inode;
    /* Of a FILE that is packed (pack.h), and may have holes: where its data is, in order, without
     * overlaps, within its size. The rest is zeros. NULL: anywhere. */
    const struct leat_piece *pieces;
    size_t pieces_len;
    bool plain; /* the container's own words about an entry: no layer, whatever they look like */
    /* Why its reader can only fail, where that is known without reading: encrypted, a method that
     * is not there, a broken map. Code NONE: nothing is known against it. */
    struct leat_fault fault;
};

/* Whether it only points to another name. */
static inline bool leat_entry_links(const struct leat_entry *entry)
{
    return entry->kind == LEAT_ENTRY_LINK || entry->kind == LEAT_ENTRY_HARD_LINK;
}

struct leat_container;

/* A place between two entries, where another container of the same bytes can go on. All zero: the
 * place before the first. */
struct leat_mark {
    uint64_t index;   /* of the entry that follows */
    uint64_t offset;  /* the part's: where that begins, counted from the first */
    uint64_t carried; /* the part's: what it must know of the entries before */
};

struct leat_container_ops {
    const char *name; /* static text: "tar" */
    size_t self_size; /* of the part's struct, whose first member is the leat_container */

    /* Go to the next entry, past what is unread of this one. OK, AGAIN, END, or FAULT (recorded
     * with leat_container_fails, or the source's). Resumes where it was after AGAIN. */
    enum leat_status (*next)(struct leat_container *c, struct leat_entry *ret);

    /* A reader of the entry that next gave last; like every constructor it never fails and never
     * waits. Not called for an entry that carries a fault. Where the container is parallel it
     * stands in `ctx` and touches nothing of the container's any more; else it borrows the source,
     * and so has the source's ctx. */
    struct leat_reader *(*open)(struct leat_container *c, const struct leat_entry *entry,
                                struct leat_ctx *ctx);

    /* A reader of the bytes that lie before the archive's own, which is behind a program or a
     * script: asked before the first entry, of what was not told by its first bytes. It borrows
     * what an entry's reader does. OK, AGAIN (call again), END (there are none), or FAULT as next.
     * Left out: there never are any. */
    enum leat_status (*lead)(struct leat_container *c, struct leat_reader **ret);

    /* Fill in offset and carried for the place after the entry that next gave last. False when
     * there is more to know of what came before than fits. Left out: always. */
    bool (*mark)(const struct leat_container *c, struct leat_mark *ret);

    /* Go to a place that mark told, whatever was met before, faults too. Mandatory with mark.
     * OK, AGAIN, UNSUPPORTED where the source cannot seek, or FAULT. */
    enum leat_status (*resume)(struct leat_container *c, const struct leat_mark *mark);

    /* After next gave FAULT for damage (leat_fault_is_damage), of its own or of the source: find
     * the header of an entry behind it, and consume what lies before. The fault has been cleared.
     * OK (the next `next` gives it), AGAIN (call again), END (there is none), FAULT (of the source:
     * where it can go on behind that, this is called again). Each OK leaves the source further on
     * than the one before. Left out: the format has no marks. */
    enum leat_status (*resync)(struct leat_container *c);

    /* Release what is inside; the core closes the source. Left out: nothing inside. */
    void (*stop)(struct leat_container *c);
};

struct leat_container {
    const struct leat_container_ops *ops;
    struct leat_ctx *ctx;
    struct leat_reader *src; /* owned */
    uint64_t entries;        /* given so far */
    bool parallel;           /* set by the part, before its first entry */
    uint32_t damages;        /* passed by so far */
    enum leat_status ended;  /* OK until END or FAULT: sticky */
    struct leat_fault fault;
};

LEAT_BEGIN_DECLS

/* Go to the next entry.
 *
 * c        NULL, as a constructor without memory gave it: FAULT
 * ret      good until the next call; untouched unless OK
 * Status   OK, AGAIN, END, FAULT (sticky; leat_container_fault says what; a bound on entries or on
 *          a name's length is one too). What is wrong with one entry alone is not here: its reader
 *          faults, and the entries go on.
 * Blocks   as the engine does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_next(struct leat_container *c, struct leat_entry *ret);

/* After leat_next gave a FAULT that is damage: go on at the next entry behind it that can be found,
 * as leat_resync does of a reader. Entries' readers must be closed.
 *
 * Status  OK (leat_next goes on), AGAIN (call again), END (nothing more can be read), UNSUPPORTED
 *         (not after such a fault, or of a format that has no marks), FAULT (the source met another
 *         one on the way: tell it, and call again); unless OK a fault stays
 * Blocks  as the engine does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_container_resync(struct leat_container *c);

/* A reader of the bytes of `entry`, the one that leat_next gave last; once for each. Never NULL.
 * Must be closed before the container, and before leat_next unless it is parallel.
 *
 * ctx  where it is to stand when the container is parallel: perhaps that of another thread, idle
 *      during this call. Else unused, as the reader stands on the container's source. NULL: the
 *      container's. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_entry_open(struct leat_container *c,
                                                           const struct leat_entry *entry,
                                                           struct leat_ctx *ctx);

/* Before the first leat_next: a reader of what lies before the archive itself, for one that was
 * found behind other bytes (leat_peeled.behind). To be closed as an entry's is.
 *
 * ret      untouched unless OK
 * Status   OK, AGAIN, END (nothing does), FAULT (sticky, as leat_next's)
 * Blocks   as the engine does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_container_lead(struct leat_container *c,
                                                            struct leat_reader **ret);

/* Whether several entries may be open at once, each in a ctx and on a thread of its own, while
 * leat_next goes on. Known once leat_next gave an entry. */
LEAT_API bool leat_container_is_parallel(const struct leat_container *c);

/* Where the container stands, between the entry that leat_next gave last and the one after it.
 * False when no other could go on from there. */
LEAT_API LEAT_MUST_USE bool leat_container_mark(const struct leat_container *c,
                                                struct leat_mark *ret);

/* Go to a place that was marked, in this container or in another of the same bytes: the next entry
 * is the one with the mark's index. No reader of an entry may be open, unless it is parallel.
 *
 * Status  OK, AGAIN, UNSUPPORTED (the source cannot seek, or the format has no marks; nothing has
 *         changed), or FAULT, which leat_next then returns as well. An end or a fault that was met
 *         before is forgotten. */
LEAT_API LEAT_MUST_USE enum leat_status leat_container_resume(struct leat_container *c,
                                                              const struct leat_mark *mark);

/* The fault that ended the entries, or NULL. Good until it is closed. */
LEAT_API const struct leat_fault *leat_container_fault(const struct leat_container *c);

/* Close the container and its source. NULL is fine. Every entry's reader must be closed before. */
LEAT_API void leat_container_close(struct leat_container *c);

/* --- For those who write containers --- */

/* Make the struct of a container of `src`, which it owns. Without memory: NULL, which is what the
 * constructor returns, and `src` is closed. */
LEAT_API LEAT_MUST_USE void *leat_container_over(struct leat_reader *src,
                                                 const struct leat_container_ops *ops);

/* Record a fault at `offset` of the input and return LEAT_FAULT. */
LEAT_API enum leat_status leat_container_fails(struct leat_container *c, enum leat_fault_code code,
                                               const char *reason, uint64_t offset);

/* The same for one entry, which is given with it. `reason` is static text. */
LEAT_API void leat_entry_fails(const struct leat_container *c, struct leat_entry *entry,
                               enum leat_fault_code code, const char *reason);

/* A reader in `ctx` that has nothing but `fault`. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_entry_faulty(struct leat_ctx *ctx,
                                                             const struct leat_fault *fault);

LEAT_END_DECLS

#endif
