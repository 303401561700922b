/* Which positions of a match are looked at, by which sets, and the search with them. */

#include "apps/grep/rarity.h"
#include "apps/grep/sieve_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_BYTES = 16 };

/* A sieve through which more than this share of all bytes passes saves nothing. */
static const double hits_max = 1.0 / 8;
/* With fewer hits than this it does not pay to look at more bytes of each match: the fewer, the
 * more starts there are in a block. */
static const double hits_few = 1.0 / 1024;

/* The positions of a plan, in order, with what may be there. */
struct positions {
    unsigned len;
    struct sieve_set at[SIEVE_POSITIONS_MAX];
};

/* A set, where it stands, and how much it lets through. */
struct choice {
    const struct sieve_set *set;
    uint32_t positions; /* bit i: at position i */
    double hits;
};

/* How often one of the set's bytes is met. */
static double share_of(const struct sieve_set *set)
{
    double share = 0;
    for (unsigned byte = 0; byte < 256; byte++)
        if (sieve_set_has(set, (uint8_t)byte))
            share += rarity_share(rarity_of_byte[byte]);
    return share < 1 ? share : 1;
}

/* Like bytes stand together: after a letter another is likelier than elsewhere. */
static double hits_of(const struct choice *choice)
{
    const double share = share_of(choice->set);
    double hits = share;
    for (int n = __builtin_popcount(choice->positions); n > 1; n--)
        hits *= (1 + share) / 2;
    return hits;
}

static unsigned choose(const struct positions *positions, struct choice *ret)
{
    unsigned len = 0;
    for (unsigned i = 0; i < positions->len; i++) {
        unsigned n = 0;
        while (n < len && memcmp(ret[n].set, &positions->at[i], sizeof(*ret[n].set)) != 0)
            n++;
        if (n == len)
            ret[len++] = (struct choice){ .set = &positions->at[i] };
        ret[n].positions |= UINT32_C(1) << i;
    }
    for (unsigned n = 0; n < len; n++)
        ret[n].hits = hits_of(&ret[n]);
    return len;
}

static int compare_choices(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    return (left->hits > right->hits) - (left->hits < right->hits);
}

static void make_probe(const struct choice *choice, struct sieve_probe *ret)
{
    *ret = (struct sieve_probe){ 0 };
    for (unsigned byte = 0; byte < 256; byte++) {
        if (!sieve_set_has(choice->set, (uint8_t)byte))
            continue;
        if (byte < 0x80)
            ret->rows[byte & 15] |= (uint8_t)(1u << (byte >> 4));
        else
            ret->beyond = UINT64_MAX;
    }
    for (unsigned i = 0; i < SIEVE_POSITIONS_MAX; i++) {
        if (!(choice->positions >> i & 1))
            continue;
        if (i == 0 || !(choice->positions >> (i - 1) & 1))
            ret->runs[ret->runs_len++].first = (uint8_t)i;
        ret->runs[ret->runs_len - 1].len++;
    }
}

/* Returns about how many hits there will be for each byte. */
static double make_plan(const struct positions *positions, struct sieve_plan *ret)
{
    struct choice choices[SIEVE_POSITIONS_MAX];
    const unsigned len = choose(positions, choices);
    double hits = 1;
    *ret = (struct sieve_plan){ 0 };
    qsort(choices, len, sizeof(choices[0]), compare_choices);
    ret->probes_len = len < SIEVE_SETS_MAX ? len : SIEVE_SETS_MAX;
    for (unsigned n = 0; n < ret->probes_len; n++) {
        make_probe(&choices[n], &ret->probes[n]);
        hits *= choices[n].hits;
    }
    for (unsigned byte = 0; byte < 256; byte++)
        for (unsigned i = 0; i < positions->len; i++)
            if (sieve_set_has(&positions->at[i], (uint8_t)byte))
                ret->positions_of[byte] |= UINT32_C(1) << i;
    return hits;
}

/* Take the first `len` bytes of a match. */
static void list_positions(const struct sieve_part *part, unsigned len, bool before,
                           struct positions *ret)
{
    *ret = (struct positions){ .len = len + before };
    if (before)
        ret->at[0].bits[0] = UINT64_C(1) << '\n';
    for (unsigned i = 0; i < len; i++)
        ret->at[i + before] = part->at[i];
}

/* How many bytes each match of the part has, up to the most that are looked at. */
static unsigned bytes_of(const struct sieve_part *part)
{
    return part->lengths ? (unsigned)__builtin_ctz(part->lengths) : 0;
}

/* Look at `bytes` bytes of each match. */
static void plan(struct sieve *sieve, const struct sieve_start *start, unsigned bytes)
{
    struct positions positions;
    sieve->before = start->at_line_start;
    sieve->positions = bytes + sieve->before;
    sieve->exact =
        start->ascii.exact && bytes_of(&start->ascii) == bytes && bytes < SIEVE_BYTES_MAX;
    list_positions(&start->any, bytes, start->at_line_start, &positions);
    const double hits_any = make_plan(&positions, &sieve->any);
    list_positions(&start->ascii, bytes, start->at_line_start, &positions);
    const double hits_ascii = make_plan(&positions, &sieve->ascii);
    /* None among ASCII: then it matters what the other bytes let through. */
    sieve->hits = hits_ascii > 0 ? hits_ascii : hits_any;
    assert(sieve->positions <= SIEVE_POSITIONS_MAX);
}

struct sieve *sieve_create(const struct sieve_options *options)
{
    assert(options);
    struct sieve_start start;
    if (!sieve_start_find(options, &start))
        return NULL;
    const unsigned bytes = bytes_of(&start.any);
    struct sieve *sieve = bytes ? calloc(1, sizeof(*sieve)) : NULL;
    if (!sieve)
        return NULL;
    plan(sieve, &start, bytes < FEW_BYTES ? bytes : FEW_BYTES);
    if (bytes > FEW_BYTES && sieve->hits > hits_few)
        plan(sieve, &start, bytes);
    if (sieve->hits > hits_max && !sieve->exact) {
        sieve_destroy(sieve);
        return NULL;
    }
#if defined(__x86_64__)
    if (options->kernel == SIEVE_KERNEL_BEST && __builtin_cpu_supports("avx2"))
        sieve->scan = sieve_scan_avx2;
#endif
    return sieve;
}

void sieve_destroy(struct sieve *sieve)
{
    free(sieve);
}

double sieve_hits(const struct sieve *sieve)
{
    return sieve->hits;
}

/* Whether every byte is where it must be, if a match begins at `at`: `ret` says how. Around the
 * text there are lines' ends. */
static bool passes(const struct sieve *sieve, struct leat_span text, size_t at,
                   struct sieve_hit *ret)
{
    uint32_t any = 1, ascii = 1;
    uint8_t seen = 0;
    for (unsigned i = 0; i < sieve->positions && any; i++) {
        const size_t k = at + i - sieve->before; /* wraps before the text */
        const uint8_t byte = k < text.len ? text.data[k] : '\n';
        any &= sieve->any.positions_of[byte] >> i;
        ascii &= sieve->ascii.positions_of[byte] >> i;
        seen |= byte;
    }
    const bool beyond = seen & 0x80;
    if (!(beyond ? any : ascii))
        return false;
    *ret = (struct sieve_hit){ .start = at, .sure = !beyond && sieve->exact };
    return true;
}

/* Search starts [from, end) a byte at a time: bit i of `state` says that the bytes up to here may
 * be positions 0 to i (Baeza-Yates and Gonnet, 1992, shift-and). */
static bool find_by_bytes(const struct sieve *sieve, struct leat_span text, size_t from, size_t end,
                          struct sieve_hit *ret)
{
    const unsigned last = sieve->positions - 1;
    uint32_t state = 0;
    for (size_t i = from; i < end + last; i++) {
        const size_t k = i - sieve->before;
        const uint8_t byte = k < text.len ? text.data[k] : '\n';
        state = (state << 1 | 1) & sieve->any.positions_of[byte];
        if ((state >> last & 1) && passes(sieve, text, i - last, ret))
            return true;
    }
    return false;
}

bool sieve_find(const struct sieve *sieve, struct leat_span text, size_t from,
                struct sieve_hit *ret)
{
    assert(sieve && ret);
    assert(from <= text.len);
    /* Behind the last '\n' there is no line; behind what lacks it the line's end can be met. */
    const size_t starts = text.len > 0 && text.data[text.len - 1] == '\n' ? text.len : text.len + 1;
    if (sieve->scan && from < sieve->before && text.len >= SIEVE_BLOCK) {
        if (passes(sieve, text, from, ret))
            return true;
        from++;
    }
    if (sieve->scan && text.len >= SIEVE_BLOCK) {
        uint64_t mask;
        const size_t end = text.len - SIEVE_BLOCK + 1;
        size_t at = from - sieve->before;
        for (; sieve->scan(sieve, text.data, end, &at, &mask);
             at += SIEVE_BLOCK + 1 - sieve->positions) {
            for (; mask; mask &= mask - 1) {
                const size_t start = at + (size_t)__builtin_ctzll(mask) + sieve->before;
                if (passes(sieve, text, start, ret))
                    return true;
            }
        }
        from = at + sieve->before;
    }
    return from < starts && find_by_bytes(sieve, text, from, starts, ret);
}
