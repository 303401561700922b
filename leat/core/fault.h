#ifndef LEAT_CORE_FAULT_H
#define LEAT_CORE_FAULT_H

#include "leat/core/status.h"

/* What kind of thing went wrong. */
enum leat_fault_code {
    LEAT_FAULT_NONE = 0,
    LEAT_FAULT_SYSTEM,      /* the system refused; system_code says why */
    LEAT_FAULT_MEMORY,      /* an allocation failed */
    LEAT_FAULT_CORRUPT,     /* the bytes break their format's rules */
    LEAT_FAULT_CHECKSUM,    /* the bytes are not those that were written */
    LEAT_FAULT_TRUNCATED,   /* the input ended in the middle */
    LEAT_FAULT_BOUND,       /* a limit was reached: a bomb, an endless line, a depth */
    LEAT_FAULT_CHANGED,     /* the source was cut or replaced while it was read */
    LEAT_FAULT_CANCELLED,   /* the owner gave the operation up */
    LEAT_FAULT_UNSUPPORTED, /* the format is known, this feature of it is not */
};

/* Why a call came back with LEAT_FAULT. A plain value: copy it to keep it.
 *
 * `part` and `reason` are static text. `name` belongs to the endpoint it names and is good until
 * that is closed. `offset` counts the input bytes of `part`, from its start. */
struct leat_fault {
    enum leat_fault_code code;
    int system_code;
    const char *part;
    const char *reason;
    const char *name;
    uint64_t offset;
};

LEAT_BEGIN_DECLS

/* The kind in a word or two: static text, never NULL. */
LEAT_API const char *leat_fault_code_name(enum leat_fault_code code);

/* Whether it is damage, behind which there may be more to read: see leat_resync. */
LEAT_API bool leat_fault_is_damage(const struct leat_fault *fault);

/* Whether both say the same of the same place: one that was met twice, on two layers. */
LEAT_API bool leat_fault_same(const struct leat_fault *a, const struct leat_fault *b);

/* Write `fault` as one line without its end: "gzip: wrong checksum, at input offset 12, in x.gz".
 *
 * text, size  where to, and its room; always NUL-terminated when size > 0, cut when too short
 * ret         the length of the whole text, whether or not it fitted */
LEAT_API size_t leat_fault_format(const struct leat_fault *fault, char *text, size_t size);

LEAT_END_DECLS

#endif
