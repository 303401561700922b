#ifndef LEAT_STAGE_GZIP_GZIP_H
#define LEAT_STAGE_GZIP_GZIP_H

#include "leat/core/format.h"

/* gzip (RFC 1952), zlib (RFC 1950) and raw deflate (RFC 1951), by ISA-L.
 *
 * Input is read where it stands. ISA-L keeps the last 32 KiB of its output and, on each call,
 * decodes up to that much by way of a buffer of its own; both are in the ledger as codec copies,
 * and large output windows keep them small.
 *
 * All that can be decoded before damage, or before a cut, comes out. */

/* How to compress; all zero: the defaults. Must outlive what it was given to. */
struct leat_gzip_options {
    /* 1 (fastest) .. LEAT_GZIP_LEVEL_MAX (smallest, about gzip -4); 0: the default, 3. What is
     * outside is taken as the nearest. */
    int level;
};

#define LEAT_GZIP_LEVEL_MAX 4

/* What is known of raw deflate data from elsewhere: leat_pull(src, &leat_stage_inflate, &known). It
 * need not be true, and must outlive the reader. Where all of the input is in one window, and there
 * is room for all of the output, that is decoded at once, by libdeflate where that is to be had:
 * faster, but to load it costs 0.1 ms, and gains that with the first 500 KB or so. */
struct leat_inflate_options {
    uint64_t packed_len; /* of the input, where the stream may end earlier */
    uint64_t len;        /* of the output */
};

LEAT_BEGIN_DECLS

/* A reader of what gzip packed into `src`, which it owns. Members one after another read as one;
 * header, data and length are checked for each. Zeros behind the last member are dropped to the
 * end of `src`; anything else there stays in `src`, unread, and the reader is at its END. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_gunzip(struct leat_reader *src);

/* A reader of the one zlib stream at the start of `src`, which it owns. What follows stays there.
 * A preset dictionary is UNSUPPORTED. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unzlib(struct leat_reader *src);

/* A reader of the one raw deflate stream at the start of `src`, which it owns. Nothing in it tells
 * whether its bytes are right; the caller's checksum must. What follows stays there. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_inflate(struct leat_reader *src);

/* Writers that compress into `sink`, which they own; `options` may be NULL. PUSH makes all that was
 * written decodable; FINISH writes the trailer. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_gzip(struct leat_writer *sink,
                                                     const struct leat_gzip_options *options);
LEAT_API LEAT_MUST_USE struct leat_writer *leat_zlib(struct leat_writer *sink,
                                                     const struct leat_gzip_options *options);
LEAT_API LEAT_MUST_USE struct leat_writer *leat_deflate(struct leat_writer *sink,
                                                        const struct leat_gzip_options *options);

/* The stages themselves, for leat_pull and leat_push; their options are those above, or NULL. */
LEAT_API extern const struct leat_stage leat_stage_gunzip;
LEAT_API extern const struct leat_stage leat_stage_gzip;
LEAT_API extern const struct leat_stage leat_stage_unzlib;
LEAT_API extern const struct leat_stage leat_stage_zlib;
LEAT_API extern const struct leat_stage leat_stage_inflate;
LEAT_API extern const struct leat_stage leat_stage_deflate;

/* For the catalogue. zlib's first bytes may be text, so it is told by its ending as well; raw
 * deflate has no probe. */
LEAT_API extern const struct leat_format leat_format_gzip;
LEAT_API extern const struct leat_format leat_format_zlib;
LEAT_API extern const struct leat_format leat_format_deflate;

LEAT_END_DECLS

#endif
