#ifndef LEAT_CORE_RECORDS_H
#define LEAT_CORE_RECORDS_H

#include "leat/core/iter.h"

/* Records whose length is found by looking at them: the caller says how. */

/* How long the record at the front of `window` is.
 *
 * ret      OK: the record's length, at least 1, which may be more than is shown.
 *          AGAIN: how many bytes to show before asking again; more than are shown now.
 * Status   OK, AGAIN, or FAULT: this is no record. */
typedef enum leat_status leat_measure(void *user, struct leat_span window, size_t *ret);

struct leat_records {
    struct leat_cursor cursor;
    leat_measure *measure;
    void *user;
    size_t len_max;
};

LEAT_BEGIN_DECLS

/* Iterate what `measure` finds.
 *
 * len_max  of a record, in bytes; 0: as the reader's window allows. A longer one is a fault with
 * code BOUND at its offset, before its bytes are asked for; one that `measure` refuses is CORRUPT
 *          there; one that the input's end cuts is TRUNCATED at that end. */
LEAT_API void leat_records_init(struct leat_records *records, struct leat_reader *reader,
                                leat_measure *measure, void *user, size_t len_max);

/* The next record. Status  OK, AGAIN, END, FAULT. Blocks as the reader does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_records_next(struct leat_records *records,
                                                          struct leat_span *ret);

LEAT_END_DECLS

#endif
