#ifndef APPS_SERVE_BODY_H
#define APPS_SERVE_BODY_H

#include "apps/serve/site.h"

/* What a file holds as an answer, wherever its bytes are from: whole, in part, or not at all where
 * the client has it. */

#define BODY_SIZE_UNKNOWN UINT64_MAX

struct body;

struct body_ops {
    /* Come to where a range begins, before the head is sent, so that what cannot be read is said
     * and not cut off. False: it cannot, and `why` says so. Left out: it always can. */
    bool (*reach)(struct exchange *x, struct body *body, struct http_range range);

    /* Send a range, or all of what has no size known. OK, or FAULT: fewer came out, and the
     * connection is of no more use. */
    enum leat_status (*send)(struct exchange *x, struct body *body, struct http_range range);

    /* It goes forward alone: ranges that come in another order are not heard. */
    bool forward;
};

/* The first member of what its ops know. */
struct body {
    const struct body_ops *ops;
    const char *media; /* static text */
    uint64_t size;     /* or BODY_SIZE_UNKNOWN: then there are no ranges of it */
    struct http_validators validators;
    const char *why; /* it could not be reached */
};

/* Answer with it: conditions are judged, and then ranges. */
enum leat_status body_send(struct exchange *x, struct body *body);

/* Whether the conditions of the request are such that none of its bytes are needed. */
bool body_is_spared(const struct exchange *x, const struct http_validators *validators);

#endif
