#ifndef APPS_HTTP_RANGE_H
#define APPS_HTTP_RANGE_H

#include "apps/term/buffer.h"
#include "leat/core/span.h"

/* Which bytes of a file a Range field asks for: RFC 9110 section 14. */

/* More ranges in one field are ignored, and all is sent (RFC 9110 section 14.2 permits it): who
 * asks for many means to make the server work. */
#define HTTP_RANGES_MAX 16

struct http_range {
    uint64_t first; /* offset of the first byte */
    uint64_t len;   /* 1 or more */
};

/* Ranges within the file, no two of which meet, in the order of the first asked for of each: those
 * that overlap or touch are one (RFC 9110 section 15.3.7.2). So never more than the file is sent.
 */
struct http_ranges {
    size_t count;
    struct http_range list[HTTP_RANGES_MAX];
};

enum http_range_verdict {
    HTTP_RANGE_IGNORE,        /* answer as if there was no Range: 200 */
    HTTP_RANGE_PARTIAL,       /* 206 with one or more ranges */
    HTTP_RANGE_UNSATISFIABLE, /* 416 */
};

/* Judge the value of a Range field against a file of `size` bytes. `*ret` is set when PARTIAL. */
LEAT_MUST_USE enum http_range_verdict http_range_judge(struct leat_span value, uint64_t size,
                                                       struct http_ranges *ret);

/* Put the value of a Content-Range field, as "bytes 0-9/100": RFC 9110 section 14.4. */
void http_put_content_range(struct term_buffer *buffer, struct http_range range, uint64_t size);

#endif
