#ifndef LEAT_CONTAINER_WARC_WARC_H
#define LEAT_CONTAINER_WARC_WARC_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The records of a web archive, versions 0.17 to 1.1 (ISO 28500), in its order, from `src`, which
 * it owns and only ever reads forward. A .warc.gz has a gzip member for each record, and is this
 * behind that layer.
 *
 * Each record, of whatever type, is two entries: its header as it stands, version and blank line
 * with it, since what it says is text of its own; and its block. A crawl has many records of one
 * URI, and some of none, so a name begins with the record's type and number, from 1 on:
 *
 *     response/3/header
 *     response/3/http://example.com/index.html
 *     warcinfo/1/header
 *     warcinfo/1/block
 *
 * What stands in folders is one type then, or one record; and the URI stands last, so that its
 * ending is the name's. One that is longer than names may be is in the header alone. A record that
 * was lost to damage has no number.
 *
 * The time is WARC-Date. A block is compared with its WARC-Block-Digest where leat knows the
 * algorithm, when it is read past its last byte; without one, its payload is with
 * WARC-Payload-Digest, where all of that is in the block: not of segments, of what was truncated or
 * revisited, nor of HTTP in a transfer coding, which some writers digest with it and some without.
 *
 * A record without a length has a fault for its block, and ends where the next one is found.
 *
 * Behind a block are two line ends; more, or fewer, are no fault before another record. A source
 * that ends before them is TRUNCATED: for the reader of the block that it cuts, after what there
 * was of it, and then for leat_next.
 *
 * Where the first header is damaged, what lies before the next one within 1 MiB is the lead. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_warc(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_warc;

LEAT_END_DECLS

#endif
