#ifndef LEAT_CONTAINER_ZIP_END_H
#define LEAT_CONTAINER_ZIP_END_H

#include "leat/container/zip/fields.h"

/* The end of an archive: where its central directory is. */

enum {
    /* The longest comment, the record before it, and what stands before that in zip64. */
    ZIP_TAIL_MAX = UINT16_MAX + ZIP_END_LEN + ZIP_LOCATOR_LEN + ZIP_END64_LEN,
};

struct zip_end {
    uint64_t at;            /* of the record itself, in the input */
    uint64_t directory_at;  /* as it is claimed: without what was put before the archive */
    uint64_t directory_len; /* bytes */
    uint64_t entries;       /* in zip without 64, only the lower 16 bits count */
    uint64_t directory_end; /* where it must end, in the input, if nothing stands between */
    bool zip64;
    bool split; /* over several files */
    bool cut;   /* its comment goes on behind the input's end */
};

/* Find the last record of the end before `*scan`, in the last bytes of an archive: `tail`, whose
 * first byte is at `tail_at` in the input. Goes down through what only looks like one.
 *
 * scan   an offset in the tail, its length to begin with; where the record was found
 * exact  only where its comment reaches just to the tail's end
 * ret    untouched when there is none */
bool leat_zip_end_find(struct leat_span tail, uint64_t tail_at, size_t *scan, bool exact,
                       struct zip_end *ret);

#endif
