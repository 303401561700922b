#ifndef LEAT_STAGE_XZ_RAW_H
#define LEAT_STAGE_XZ_RAW_H

#include "leat/core/stage.h"

/* LZMA without a format around it, as zip and 7z hold it: what filters were used, with what
 * properties, and how long it becomes, is known from elsewhere. */

enum leat_lzma_filter_id {
    LEAT_LZMA_FILTER_LZMA1, /* five bytes of properties: lc, lp, pb, and the dictionary's size */
    LEAT_LZMA_FILTER_LZMA2, /* one: the dictionary's size, coded */
    LEAT_LZMA_FILTER_DELTA, /* one: the distance, less 1 */
    LEAT_LZMA_FILTER_X86,   /* of this and all that follow none, or four: where it begins */
    LEAT_LZMA_FILTER_POWERPC,
    LEAT_LZMA_FILTER_IA64,
    LEAT_LZMA_FILTER_ARM,
    LEAT_LZMA_FILTER_ARMTHUMB,
    LEAT_LZMA_FILTER_ARM64,
    LEAT_LZMA_FILTER_SPARC,
    LEAT_LZMA_FILTER_RISCV, /* of liblzma 5.6 and later */
    LEAT_LZMA_FILTER_IDS,
};

struct leat_lzma_filter {
    enum leat_lzma_filter_id id;
    const uint8_t *properties; /* may be NULL where there are none */
    size_t properties_len;
};

enum { LEAT_LZMA_FILTERS_MAX = 4 };

/* Must outlive the reader. */
struct leat_unlzma_raw_options {
    /* In the order in which they were used to pack: the last is LZMA1 or LZMA2. */
    struct leat_lzma_filter filters[LEAT_LZMA_FILTERS_MAX];
    size_t filters_len;

    /* How many bytes it becomes, or UINT64_MAX where that is not known: then there must be a mark
     * at its end. LZMA2 always has one. */
    uint64_t size;

    /* LZMA1 has a mark at its end although the size is known: in zip, bit 1 of an entry's flags. */
    bool marked;
};

LEAT_BEGIN_DECLS

/* A decoder for leat_pull, which must be given a leat_unlzma_raw_options: leat_pull(src,
 * &leat_stage_unlzma_raw, &options). It is done at the end of the data, and what follows stays in
 * the source. Less or more than `size` bytes is a fault, behind as many as there are of those. A
 * filter or properties that liblzma does not know are UNSUPPORTED; a dictionary that is over the
 * ctx's window_max, and that `size` does not make smaller, is a fault with code BOUND. */
LEAT_API extern const struct leat_stage leat_stage_unlzma_raw;

/* Undoes one filter alone, of what something else than LZMA packed. A decoder for leat_pull, which
 * must be given a leat_lzma_filter that is not LZMA and outlives the reader: leat_pull(src,
 * &leat_stage_lzma_unfilter, &filter). It is done at the end of `src`; a fault of `src` comes
 * behind all that came before it. What a filter has in hand, a few bytes, comes with the next ones
 * or at the end. UNSUPPORTED as above. */
LEAT_API extern const struct leat_stage leat_stage_lzma_unfilter;

LEAT_END_DECLS

#endif
