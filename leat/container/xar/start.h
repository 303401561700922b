#ifndef LEAT_CONTAINER_XAR_START_H
#define LEAT_CONTAINER_XAR_START_H

#include "leat/container/xar/table.h"
#include "leat/core/format.h"

/* What is read before the first entry: the header, the table of contents, and its checksum. */

struct xar_start;

/* One step towards the entries: OK and the step after it is set, or why not. All of a step's
 * progress is in the struct, so one that must wait is simply called again. */
typedef enum leat_status xar_step(struct xar_start *self);

struct xar_start {
    struct leat_container *c; /* whose source it is in */
    struct leat_reader shell; /* what a reader stands on where the source cannot fork */
    bool strayed;             /* a reader moved the source, or left a fault in it */
    xar_step *step;           /* NULL: all was read */
    uint64_t size;            /* of the archive */

    struct leat_gather header;
    uint64_t table_at;
    uint64_t table_packed_len;
    uint64_t table_len;
    uint64_t heap_at;
    const struct leat_digest_kind *sum_kind; /* of the packed table; NULL: none that is known */
    bool sum_unknown;                        /* the header's number of it is none */
    struct leat_gather sum;                  /* which should be this */

    struct leat_reader *packed; /* the packed table, */
    struct leat_reader *reader; /* and what is read of it; NULL: not opened */
    uint64_t unpacked;          /* bytes of it so far */
    struct xar_table table;
    struct leat_fault broken; /* what follows its files; code NONE: the end */
};

/* Begin, in a struct that is zeroed, or anew: what kept the table from being read may be over. */
void leat_xar_start_begin(struct xar_start *self, struct leat_container *c);

/* Read all of it, unless that was done. What is wrong is in `broken`: what came of the table before
 * that is there as well. OK, or AGAIN. */
LEAT_MUST_USE enum leat_status leat_xar_start_read(struct xar_start *self);

void leat_xar_start_end(struct xar_start *self);

/* Whether these are an archive's first bytes: a format's probe. So many tell. */
enum { XAR_PROBE_LEN = 8 };
enum leat_match leat_xar_probe(const uint8_t *data, size_t len);

#endif
