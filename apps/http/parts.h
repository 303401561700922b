#ifndef APPS_HTTP_PARTS_H
#define APPS_HTTP_PARTS_H

#include "apps/http/range.h"

/* Several ranges in one body, multipart/byteranges: RFC 9110 section 14.6.
 *
 *     http_put_part, the bytes of the range, http_put_part, ..., http_put_parts_end */

/* What all parts of one body share. */
struct http_parts {
    struct leat_span boundary; /* at most 70 letters and digits (RFC 2046 section 5.1.1), which
                                  must not come up in the file: so random, and long */
    const char *content_type;  /* of the file */
    uint64_t size;             /* of the file */
};

/* Put what stands before the bytes of a range. */
void http_put_part(struct term_buffer *buffer, const struct http_parts *parts,
                   struct http_range range);

/* Put what stands behind the last. */
void http_put_parts_end(struct term_buffer *buffer, const struct http_parts *parts);

/* Put the media type of the whole body. */
void http_put_parts_type(struct term_buffer *buffer, const struct http_parts *parts);

/* How long the whole body is: the ranges' bytes, and all that is put between them. */
uint64_t http_parts_len(const struct http_parts *parts, const struct http_ranges *ranges);

#endif
