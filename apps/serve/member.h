#ifndef APPS_SERVE_MEMBER_H
#define APPS_SERVE_MEMBER_H

#include "apps/serve/site.h"

/* Answer with what is in an archive under a name.
 *
 * name        as it is in the innermost archive
 * size        of its bytes, or LEAT_SIZE_UNKNOWN
 * r           stays the caller's; NULL where the conditions spare its bytes (body_is_spared)
 * validators  of the URL */
enum leat_status member_send(struct exchange *x, struct leat_span name, uint64_t size,
                             struct leat_reader *r, const struct http_validators *validators);

#endif
