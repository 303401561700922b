/* Candidates by safe jumps (Wu and Manber, 1994): the last two bytes of the window say how far the
 * window may move before any literal can match. Needs no vectors, and does not mind thousands of
 * literals. */

#include "apps/grep/needle_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool needle_shift_plan(struct needle_set *set)
{
    assert(set->window >= 1 && set->window <= NEEDLE_WINDOW_MAX);
    assert(!set->jumps);
    const size_t keys = (size_t)1 << set->key_bits;
    const size_t block = set->window > 1 ? 2 : 1;
    set->jumps = malloc(keys);
    if (!set->jumps)
        return false;
    memset(set->jumps, (int)(set->window - block + 1), keys);
    for (uint32_t i = 0; i < set->needles_len; i++) {
        for (size_t jump = 0; jump + block <= set->window; jump++) {
            /* The bytes that lie `jump` before the end of the literal's window. */
            const uint8_t *last = set->needles[i].data + set->window - 1 - jump;
            const uint32_t key = needle_hash(set->key_bits, block > 1 ? last[-1] : 0, *last);
            if (set->jumps[key] > jump)
                set->jumps[key] = (uint8_t)jump;
        }
    }
    set->scan = needle_shift_scan;
    set->block = 1;
    set->reach = set->window - 1;
    return true;
}

bool needle_shift_scan(const struct needle_set *set, const uint8_t *text, size_t starts, size_t *at,
                       uint32_t *ret_mask)
{
    assert(set->jumps);
    size_t start = *at;
    while (start < starts) {
        const size_t jump = set->jumps[needle_key(set, text + start)];
        if (jump == 0)
            break;
        start += jump;
    }
    *at = start;
    *ret_mask = 1;
    return start < starts;
}
