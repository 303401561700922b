#ifndef APPS_GREP_SIEVE_PLAN_H
#define APPS_GREP_SIEVE_PLAN_H

/* The inside of a sieve, shared by the files that derive it, plan it and search with it. */

#include "apps/grep/sieve.h"

enum {
    SIEVE_BYTES_MAX = 31,                      /* of a match that are looked at */
    SIEVE_POSITIONS_MAX = SIEVE_BYTES_MAX + 1, /* with the one before it */
    SIEVE_BLOCK = 64,                          /* bytes whose masks fit one word */
    SIEVE_SETS_MAX = 4,                        /* that the vectors look for */
};

/* A set of bytes. */
struct sieve_set {
    uint64_t bits[4];
};

static inline bool sieve_set_has(const struct sieve_set *set, uint8_t byte)
{
    return set->bits[byte / 64] >> byte % 64 & 1;
}

/* How the matches of a part of the pattern look. */
struct sieve_part {
    struct sieve_set at[SIEVE_BYTES_MAX]; /* what may stand there, in a match that is so long */
    uint32_t lengths; /* bit n: a match may have n bytes, or more for the last; 0: none matches */
    bool exact; /* any bytes out of the sets, as many as the shortest match has, are a match */
};

/* What is known of a match's first bytes. */
struct sieve_start {
    /* Among ASCII alone, and among any bytes. The first tells more: where \w is one byte long it is
     * clear what must follow three of it. */
    struct sieve_part ascii, any;
    bool at_line_start; /* a match begins a line */
};

/* sieve_start.c: read that out of the patterns. At a line's end a part goes on with a '\n', whether
 * or not the text has it. Returns false when they are exotic, or too large. */
bool sieve_start_find(const struct sieve_options *options, struct sieve_start *ret);

/* A set that the vectors look for, and at which positions: in runs of neighbours. */
struct sieve_probe {
    uint8_t rows[16]; /* bit h of [x]: the ASCII byte whose halves are h and x is in the set */
    uint64_t beyond;  /* all ones when some byte beyond ASCII is: then all are taken to be */
    unsigned runs_len;
    struct {
        uint8_t first, len;
    } runs[SIEVE_POSITIONS_MAX / 2 + 1];
};

struct sieve_plan {
    uint32_t positions_of[256]; /* bit i: the byte may be at position i */
    unsigned probes_len;
    struct sieve_probe probes[SIEVE_SETS_MAX]; /* the most telling one first */
};

/* Find the next block that may hold hits.
 *
 * text     a block can be read at each place below `end`
 * at       in: where the first block begins; out: where the block that was found does, or the first
 *          that was not looked at
 * ret      bit i says that position 0 of a hit may be at `at` + i; of the block's last positions,
 *          nothing
 * Returns false when there is none before `end`. */
typedef bool sieve_scan_fn(const struct sieve *sieve, const uint8_t *text, size_t end, size_t *at,
                           uint64_t *ret_mask);

struct sieve {
    sieve_scan_fn *scan; /* NULL: no vectors */
    unsigned positions;  /* that are looked at: 1 .. SIEVE_POSITIONS_MAX */
    unsigned before;     /* 1 when position 0 is the byte before the match, otherwise 0 */
    bool exact;
    double hits;
    struct sieve_plan ascii, any; /* the first for blocks of nothing else */
};

#if defined(__x86_64__)
sieve_scan_fn sieve_scan_avx2;
#endif

#endif
