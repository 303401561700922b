#ifndef LEAT_CORE_SPAN_H
#define LEAT_CORE_SPAN_H

#include "leat/core/compiler.h"

/* A loan of bytes: who lends them says until when. `data` is not NULL-terminated, and may be NULL
 * only when `len` is 0. */
struct leat_span {
    const uint8_t *data;
    size_t len;
};

/* Room to write into: the same, for the other direction. */
struct leat_room {
    uint8_t *data;
    size_t len;
};

#endif
