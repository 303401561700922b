/* The pair scan, written once for every width of vector. The file that includes this defines:
 *
 *   PAIRS_SCAN     the name of the function made
 *   VECTOR         the type, VECTOR_BYTES its size, VECTOR_TARGET its attributes
 *   v_load, v_all, v_or, v_and, v_equal, v_mask
 *
 * Guarded by nothing: it is a template. */

struct PAIRS_LANE {
    VECTOR byte[2], fold[2];
    size_t offset[2];
};

/* The starts in one vector at `at` where both bytes of one of the `n` literals are in place. */
VECTOR_TARGET static inline VECTOR pairs_probe(const struct PAIRS_LANE *lanes, unsigned n,
                                               bool fold, const uint8_t *at)
{
    VECTOR any = v_all(0);
#pragma GCC unroll 4
    for (unsigned i = 0; i < n; i++) {
        VECTOR a = v_load(at + lanes[i].offset[0]);
        VECTOR b = v_load(at + lanes[i].offset[1]);
        if (fold) {
            a = v_or(a, lanes[i].fold[0]);
            b = v_or(b, lanes[i].fold[1]);
        }
        const VECTOR both = v_and(v_equal(a, lanes[i].byte[0]), v_equal(b, lanes[i].byte[1]));
        any = i == 0 ? both : v_or(any, both);
    }
    return any;
}

/* Inlined with `n` and `fold` constant, so that the lanes live in registers. Four vectors share one
 * branch; the second loop finds which of them it was, and takes what is left at the end. */
VECTOR_TARGET static inline bool pairs_scan(const struct needle_set *set, unsigned n, bool fold,
                                            const uint8_t *text, size_t starts, size_t *at,
                                            uint32_t *ret_mask)
{
    struct PAIRS_LANE lanes[NEEDLE_PAIRS_MAX];
#pragma GCC unroll 4
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < 2; k++) {
            lanes[i].byte[k] = v_all((char)set->pairs[i].byte[k]);
            lanes[i].fold[k] = v_all((char)set->pairs[i].fold[k]);
            lanes[i].offset[k] = set->pairs[i].offset[k];
        }
    }
    size_t i = *at;
    for (; i + 4 * VECTOR_BYTES <= starts; i += 4 * VECTOR_BYTES) {
        const VECTOR a = pairs_probe(lanes, n, fold, text + i);
        const VECTOR b = pairs_probe(lanes, n, fold, text + i + VECTOR_BYTES);
        const VECTOR c = pairs_probe(lanes, n, fold, text + i + 2 * VECTOR_BYTES);
        const VECTOR d = pairs_probe(lanes, n, fold, text + i + 3 * VECTOR_BYTES);
        if (leat_unlikely(v_mask(v_or(v_or(a, b), v_or(c, d))) != 0))
            break;
    }
    for (; i + VECTOR_BYTES <= starts; i += VECTOR_BYTES) {
        const uint32_t mask = v_mask(pairs_probe(lanes, n, fold, text + i));
        if (mask == 0)
            continue;
        *ret_mask = mask;
        *at = i;
        return true;
    }
    *at = i;
    return false;
}

VECTOR_TARGET bool PAIRS_SCAN(const struct needle_set *set, const uint8_t *text, size_t starts,
                              size_t *at, uint32_t *ret_mask)
{
    assert(set->pairs_len >= 1 && set->pairs_len <= NEEDLE_PAIRS_MAX);
    assert(set->block == VECTOR_BYTES);
    switch (set->pairs_len * 2 + set->fold) {
    case 2:
        return pairs_scan(set, 1, false, text, starts, at, ret_mask);
    case 3:
        return pairs_scan(set, 1, true, text, starts, at, ret_mask);
    case 4:
        return pairs_scan(set, 2, false, text, starts, at, ret_mask);
    case 5:
        return pairs_scan(set, 2, true, text, starts, at, ret_mask);
    case 6:
        return pairs_scan(set, 3, false, text, starts, at, ret_mask);
    case 7:
        return pairs_scan(set, 3, true, text, starts, at, ret_mask);
    case 8:
        return pairs_scan(set, 4, false, text, starts, at, ret_mask);
    default:
        return pairs_scan(set, 4, true, text, starts, at, ret_mask);
    }
}
