#ifndef LEAT_CONTAINER_FOREIGN_H
#define LEAT_CONTAINER_FOREIGN_H

#include "leat/container/container.h"
#include "leat/container/foreign_flow.h"
#include "leat/container/program.h"
#include "leat/core/buffer.h"
#include "leat/core/format.h"
#include "leat/stage/limit/limit.h"

/* Containers that libarchive reads, for the formats that are rare: a part says which one, and what
 * its faults mean. The rest is here.
 *
 * libarchive is given the source's own window, and an entry's reader shows libarchive's own blocks:
 * bytes are copied here only where a peek wants more of them together than one block has. It runs
 * on a stack of its own and leaves it for every byte it wants (foreign_flow.h), so a source may
 * wait as on any other container.
 *
 * What libarchive and the libraries under it allocate is not the ctx's, and none of its limits
 * count there. Names are libarchive's, as UTF-8 where the format says how they are encoded, else
 * as stored. Times that have no zone are taken for the process's (TZ). */

/* What libarchive says, by how it begins, and what that is called here. */
struct leat_foreign_reason {
    const char *begins;
    enum leat_fault_code code;
    const char *reason; /* static text; NULL: the code's own */
};

struct leat_foreign;

struct leat_foreign_kind {
    struct leat_foreign_setup setup;
    const struct leat_foreign_reason *reasons; /* up to one that begins with NULL */

    /* How it is told where it stands behind a program. Goes with leat_foreign_lead. NULL: it begins
     * at once. */
    const struct leat_start *start;

    /* How an entry is packed, as static text: from what libarchive calls its format, "CAB 1.3
     * (MSZIP)". */
    const char *(*method)(const char *format);

    /* An entry's unread bytes are unpacked and dropped: libarchive cannot be told to skip them, for
     * it then compares checksums of a cabinet's blocks with sums of a part of them. */
    bool reads_past;

    /* Each entry has a header of its own in the input. Where libarchive gives one without having
     * read anything, it goes round in circles, and does not end by itself. */
    bool headers_apart;

    /* Add what the part itself knows of an entry. Left out: nothing. */
    void (*told)(struct leat_foreign *self, struct leat_entry *entry);

    /* Whether the header of an entry begins here, asked at any byte behind damage, as a probe is
     * (leat_scan). Goes with the container's resync, and prelude. */
    enum leat_match (*judge)(const uint8_t *data, size_t len);
    size_t header_max; /* bytes after which judge never says MORE */

    /* What libarchive is to read before a header that was found, as if an archive began there. */
    struct leat_span (*prelude)(struct leat_foreign *self, struct leat_span header);
};

/* The reader of the entry that was given last: one at a time, so it lies in the container. */
struct leat_foreign_entry {
    struct leat_reader reader;
    struct leat_buffer buffer;
    struct leat_span block; /* what libarchive gave and is not shown yet */
    uint64_t zeros;         /* of a hole before that */
    uint64_t size;          /* that the header promises, or LEAT_SIZE_UNKNOWN */
    uint64_t in_start;      /* where libarchive stood in its input */
    uint64_t came;          /* bytes out of libarchive, holes included */
    bool in_place;          /* the window is libarchive's memory */
    bool ends;              /* nothing more comes, but what the next says of it */
    struct leat_fault fault;
};

struct leat_foreign {
    struct leat_container container;
    const struct leat_foreign_kind *kind;
    struct leat_foreign_flow flow;
    struct leat_foreign_entry entry;
    struct leat_limit lead;   /* what lies before the archive, in the source */
    bool found;               /* where it begins is known */
    bool entered;             /* and it is read from there on */
    uint64_t start_at;        /* in the source */
    struct leat_fault broken; /* libarchive will not go on: why */
    struct leat_fault behind; /* follows the bytes of the entry given last, whatever is said then */
    uint64_t behind_len;      /* if so many came: else they are cut */
    bool unread;              /* there may be more of the entry given last */
    uint64_t header_at;       /* of the entry given last, in the source */
    uint64_t given_at;        /* where libarchive stood behind that header; 0: none was given */
    uint64_t input_at;        /* in the source, of the first byte that libarchive was given */
};

LEAT_BEGIN_DECLS

/* The container of `src`, which it owns, whose ops are made of the functions below. NULL without
 * memory. */
LEAT_MUST_USE struct leat_container *leat_foreign(struct leat_reader *src,
                                                  const struct leat_container_ops *ops,
                                                  const struct leat_foreign_kind *kind);

/* The ops of each: `lead` for a kind that has a start, `resync` for one that has a judge. */
enum leat_status leat_foreign_next(struct leat_container *c, struct leat_entry *ret);
struct leat_reader *leat_foreign_open(struct leat_container *c, const struct leat_entry *entry,
                                      struct leat_ctx *ctx);
enum leat_status leat_foreign_lead(struct leat_container *c, struct leat_reader **ret);
enum leat_status leat_foreign_resync(struct leat_container *c);
void leat_foreign_stop(struct leat_container *c);

/* --- Between the container and the reader --- */

/* What is wrong, after libarchive refused what was asked of it last. */
LEAT_MUST_USE struct leat_fault leat_foreign_fault(const struct leat_foreign *self);

/* Have libarchive give the next block of the entry. OK, also when it did not: flow.said; AGAIN. */
LEAT_MUST_USE enum leat_status leat_foreign_block(struct leat_foreign *self);

/* Where libarchive stands, in the source. */
LEAT_MUST_USE uint64_t leat_foreign_tell(const struct leat_foreign *self);

/* Begin the reader of an entry. */
LEAT_MUST_USE struct leat_reader *leat_foreign_entry(struct leat_foreign *self,
                                                     const struct leat_entry *of);

LEAT_END_DECLS

#endif
