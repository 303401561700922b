#ifndef LEAT_STAGE_XZ_UNXZ_H
#define LEAT_STAGE_XZ_UNXZ_H

#include "leat/core/format.h"
#include "leat/stage/xz/coder.h"

/* The decoder of .xz, between its two files. Not installed. */

enum leat_unxz_place {
    LEAT_UNXZ_AT_STREAM, /* header, */
    LEAT_UNXZ_AT_BLOCK,  /* then a block's header and data as often as there are blocks, */
    LEAT_UNXZ_AT_DATA,
    LEAT_UNXZ_AT_INDEX, /* then the index and the stream's footer, */
    LEAT_UNXZ_AT_FOOTER,
    LEAT_UNXZ_AT_NEXT, /* then padding, another stream, or what is not ours. */
    LEAT_UNXZ_AT_TORN_INDEX,
    LEAT_UNXZ_PLACES,

    LEAT_UNXZ_IN_SEARCH, /* for a mark, and nowhere to step */
};

struct leat_unxz {
    struct leat_codec codec;
    struct leat_lzma_coder coder;
    enum leat_unxz_place place;
    lzma_stream_flags flags; /* this stream's; before any, as most are */
    lzma_block block;
    lzma_index_hash *index; /* of the blocks of this stream */
    uint64_t block_end;     /* where this block ends, if its header says: else 0 */
    uint64_t index_at;      /* where this stream's index begins */
    uint64_t lost_to;       /* where a damaged block ends, if its header says */
    uint64_t unchecked_at;  /* the flags of the first stream with an unknown check */
    bool joined;            /* a whole stream came before */
    bool torn;              /* of this stream, not all blocks were seen */
    bool unchecked;
};

/* Whether these first bytes, 1 or more, are a whole header of a stream. MORE while there are too
 * few bytes to tell. */
enum leat_match leat_unxz_is_stream(const uint8_t *data, size_t len);

/* Whether the header's own checksum, its last four bytes, is that of the rest. */
bool leat_unxz_crc_fits(const uint8_t *header, size_t len);

enum leat_status leat_unxz_resync(struct leat_codec *codec, struct leat_reader *in);

/* The step at LEAT_UNXZ_AT_TORN_INDEX: find this stream's footer, or else the next stream. */
enum leat_status leat_unxz_leaves_index(struct leat_unxz *self, struct leat_reader *in,
                                        struct leat_writer *out);

#endif
