#ifndef LEAT_CONTAINER_GATHER_H
#define LEAT_CONTAINER_GATHER_H

#include "leat/container/container.h"

/* Headers and names, collected from a source however it hands them out: whole, in pieces, or
 * waiting in between. Small and copied; an entry's bytes never come here. */
struct leat_gather {
    uint8_t *data;
    size_t len;  /* collected so far; set it to 0 to begin anew */
    size_t size; /* of the allocation */
};

LEAT_BEGIN_DECLS

/* Read on in the source of `c` until `gather` holds `want` bytes. Memory grows with what is there,
 * not with what is claimed. Status  OK, AGAIN and END (fewer; all of them kept), FAULT. */
LEAT_MUST_USE enum leat_status leat_gather_read(struct leat_gather *gather,
                                                struct leat_container *c, size_t want);

/* Append `len` bytes. Status  OK, FAULT (no memory, recorded in `c`). */
LEAT_MUST_USE enum leat_status leat_gather_add(struct leat_gather *gather, struct leat_container *c,
                                               const void *data, size_t len);

/* All of it; `data` is never NULL. Good until more is added. */
static inline struct leat_span leat_gather_span(const struct leat_gather *gather)
{
    return (struct leat_span){
        .data = gather->data != NULL ? gather->data : (const uint8_t *)"",
        .len = gather->len,
    };
}

/* Free what was collected. A zeroed gather is fine. */
void leat_gather_fini(struct leat_gather *gather, struct leat_container *c);

LEAT_END_DECLS

#endif
