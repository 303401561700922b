#ifndef LEAT_CORE_STATUS_H
#define LEAT_CORE_STATUS_H

#include "leat/core/compiler.h"

/* What came of a call. Each value has one meaning everywhere, and none is ever folded into a
 * count: waiting for input, waiting for room, the end, a demand too large and a fault are five
 * different things. */
enum leat_status {
    LEAT_OK = 0,      /* done as asked */
    LEAT_AGAIN,       /* input is missing and would have to be waited for */
    LEAT_FULL,        /* output has no room and would have to be waited for */
    LEAT_END,         /* no more bytes will come */
    LEAT_DONE,        /* a stage reached its own logical end; its input may go on */
    LEAT_LIMIT,       /* more was asked for at once than the object can ever show */
    LEAT_FAULT,       /* something went wrong; the object's leat_fault says what */
    LEAT_UNSUPPORTED, /* this object cannot do that; nothing was changed */
};

LEAT_BEGIN_DECLS

/* The status in a word, for messages and tests: static text, never NULL. */
LEAT_API const char *leat_status_name(enum leat_status status);

LEAT_END_DECLS

#endif
