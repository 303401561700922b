#ifndef LEAT_CONTAINER_SQUASHFS_FRAGMENT_H
#define LEAT_CONTAINER_SQUASHFS_FRAGMENT_H

#include "leat/container/squashfs/meta.h"

/* Fragments: blocks that hold the ends of several files, or small ones whole. */

/* Those that were unpacked lately, so that a block is not unpacked anew for each of the files that
 * share it: whoever needs one takes it out for a moment, on any thread. Files follow one another in
 * few of them, but copies of a file are all where the first one is: so many that /usr/include needs
 * hardly any twice. */
enum { SQFS_FRAGMENTS_KEPT = 16 };
struct sqfs_fragments {
    struct leat_block *slots[SQFS_FRAGMENTS_KEPT];
};

/* How far it is known where one is. */
enum sqfs_fragment_state { SQFS_FRAGMENT_NUMBERED, SQFS_FRAGMENT_LISTED, SQFS_FRAGMENT_FOUND };

/* One on the way to be unpacked; all zero but for `number` at first. */
struct sqfs_fragment {
    uint32_t number;
    enum sqfs_fragment_state state;
    struct sqfs_record record;
    uint64_t at;
    uint32_t word; /* how long it is, as of a file's block */

    /* What came of it, to be released; NULL: nothing. */
    struct leat_block *block;
    const uint8_t *data;
    size_t len;
};

/* Have the fragment's bytes: kept ones, or unpacked with the help of `meta`, and kept.
 * Status  OK, AGAIN, FAULT (perhaps behind bytes that are right: `block` is set) */
LEAT_MUST_USE enum leat_status leat_sqfs_fragment_load(struct sqfs_fragment *fragment,
                                                       struct sqfs_fragments *kept,
                                                       struct sqfs_image *image,
                                                       struct sqfs_meta *meta);

/* Let go of what is kept, when nobody loads any more. */
void leat_sqfs_fragments_fini(struct sqfs_fragments *kept);

#endif
