#ifndef APPS_CP_ENDING_H
#define APPS_CP_ENDING_H

#include "apps/cp/item.h"
#include "leat/core/format.h"

/* Encoders around one another. */
enum { ENCODERS_MAX = 4 };

/* What is to be done with bytes on their way out, as a name's ending and the flags say. */
struct ending {
    const struct leat_format *archive;                /* or NULL */
    const struct leat_format *encoders[ENCODERS_MAX]; /* the outermost first: ".zst.age" */
    unsigned encoders_len;
};

/* What the ending of `name` says: ".tar.zst", ".tgz", ".gz", ".zip". */
struct ending ending_of(struct leat_span name);

/* The same for what is to be written, where flags count more. False, told: a flag names nothing
 * that can be written here. */
bool ending_wanted(struct cp *cp, struct leat_span name, struct ending *ret);

/* Whether both are encoded alike. */
bool ending_encodes_as(const struct ending *a, const struct ending *b);

#endif
