#ifndef LEAT_CONTAINER_WARC_HEADER_H
#define LEAT_CONTAINER_WARC_HEADER_H

#include "leat/core/format.h"
#include "leat/stage/hash/digest.h"

/* The header of a record: where one begins, and what its fields say. ISO 28500:2017, and IIPC's
 * text of it, "The WARC Format 1.1", chapters "File and record model" and "Named fields". */

/* A version's line and the name of a field, as long as either is taken for one. */
enum { WARC_PROBE_MAX = 80 };

/* What a header says. Its spans are loans of the header's bytes. */
struct warc_header {
    struct leat_span type;
    struct leat_span uri; /* without the brackets that WARC 1.0 has around it; empty: none */
    uint64_t length;      /* of the block */
    bool has_length;
    bool is_http; /* the block is a message of HTTP */
    bool is_part; /* of what was cut up, or cut off */
    int64_t mtime_s;
    uint32_t mtime_ns;
    struct leat_digest block; /* kind NULL: none that can be compared */
    struct leat_digest payload;
};

/* Whether a record's header begins here: asked of any bytes, as a format's probe is, and never MORE
 * of WARC_PROBE_MAX. */
enum leat_match leat_warc_probe(const uint8_t *data, size_t len);

/* Look for the end of a header in the window that begins with it.
 *
 * io_passed  bytes of the window that were looked at, and are the header's
 * Returns    whether its blank line is there, and *io_passed is its length */
bool leat_warc_header_ends(struct leat_span window, size_t *io_passed);

/* Read a whole header. Of a field that comes twice the first counts, of a folded value its first
 * line. What makes no sense counts as not said. */
void leat_warc_header(struct leat_span bytes, struct warc_header *ret);

/* What the block is to be compared with, or NULL.
 *
 * ret_of_body  not the whole block counts, but the body of its HTTP message */
const struct leat_digest *leat_warc_expected(const struct warc_header *header, bool *ret_of_body);

#endif
