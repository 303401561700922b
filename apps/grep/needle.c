#include "apps/grep/needle_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_BITS_FEW = 12,
    KEY_BITS_MANY = 16,
    /* The last starts of a text are searched in a copy with zeros behind it: what is left over from
     * the whole blocks, and what the scan reads past it. */
    TAIL_BYTES = 2 * NEEDLE_VECTOR_MAX + 2 * (NEEDLE_OFFSET_MAX + 1),
};

static void copy_literals(struct needle_set *set, const struct needle_options *options)
{
    uint8_t *to = set->bytes;
    set->len_min = SIZE_MAX;
    for (size_t i = 0; i < options->literals_len; i++) {
        const struct leat_span literal = options->literals[i];
        assert(literal.len > 0);
        for (size_t k = 0; k < literal.len; k++)
            to[k] = set->fold ? needle_fold_byte(literal.data[k]) : literal.data[k];
        set->needles[i] = (struct needle){ .data = to, .len = literal.len };
        to += literal.len;
        if (literal.len < set->len_min)
            set->len_min = literal.len;
    }
    set->window = set->len_min < NEEDLE_WINDOW_MAX ? set->len_min : NEEDLE_WINDOW_MAX;
}

/* Chain the literals by key. From the last to the first, so that a chain is in order. */
static void chain_literals(struct needle_set *set)
{
    memset(set->heads, 0xff, sizeof(*set->heads) << set->key_bits);
    for (uint32_t i = set->needles_len; i-- > 0;) {
        uint32_t *head = &set->heads[needle_key(set, set->needles[i].data)];
        set->needles[i].next = *head;
        *head = i;
    }
}

struct needle_set *needle_set_create(const struct needle_options *options)
{
    assert(options && options->literals_len > 0);
    assert(options->literals_len < NEEDLE_NONE);
    size_t bytes_len = 0;
    for (size_t i = 0; i < options->literals_len; i++)
        bytes_len += options->literals[i].len;

    struct needle_set *set = calloc(1, sizeof(*set));
    if (!set)
        return NULL;
    set->fold = options->fold;
    set->needles_len = (uint32_t)options->literals_len;
    set->key_bits = set->needles_len <= NEEDLE_NIBBLES_MAX ? KEY_BITS_FEW : KEY_BITS_MANY;
    set->needles = calloc(set->needles_len, sizeof(*set->needles));
    set->bytes = malloc(bytes_len);
    set->heads = malloc(sizeof(*set->heads) << set->key_bits);
    bool made = set->needles && set->bytes && set->heads;
    if (made) {
        copy_literals(set, options);
        chain_literals(set);
        made = needle_vector_plan(set, options->kernel) || needle_shift_plan(set);
    }
    if (!made) {
        needle_set_destroy(set);
        return NULL;
    }
    assert(set->scan && set->block > 0);
    assert(set->reach <= NEEDLE_WINDOW_MAX);
    return set;
}

void needle_set_destroy(struct needle_set *set)
{
    if (!set)
        return;
    free(set->needles);
    free(set->bytes);
    free(set->heads);
    free(set->jumps);
    free(set);
}

static bool equal(const struct needle_set *set, const struct needle *needle, const uint8_t *text)
{
    if (!set->fold)
        return memcmp(needle->data, text, needle->len) == 0;
    for (size_t i = 0; i < needle->len; i++)
        if (needle->data[i] != needle_fold_byte(text[i]))
            return false;
    return true;
}

/* The first literal of the chain that begins with `index` that is really at `start`. */
static bool compare_chain(const struct needle_set *set, struct leat_span text, size_t start,
                          uint32_t index, struct needle_hit *ret)
{
    for (; index != NEEDLE_NONE; index = set->needles[index].next) {
        assert(index < set->needles_len);
        const struct needle *needle = &set->needles[index];
        if (needle->len > text.len - start || !equal(set, needle, text.data + start))
            continue;
        *ret = (struct needle_hit){ .start = start, .len = needle->len, .index = index };
        return true;
    }
    return false;
}

static bool compare_block(const struct needle_set *set, struct leat_span text, size_t at,
                          uint32_t mask, struct needle_hit *ret)
{
    for (; mask; mask &= mask - 1) {
        const size_t start = at + (size_t)__builtin_ctz(mask);
        if (start > text.len || text.len - start < set->len_min)
            return false;
        const uint32_t head = set->heads[needle_key(set, text.data + start)];
        if (compare_chain(set, text, start, head, ret))
            return true;
    }
    return false;
}

static bool find_in_tail(const struct needle_set *set, struct leat_span text, size_t from,
                         struct needle_hit *ret)
{
    uint8_t tail[TAIL_BYTES] = { 0 };
    const size_t len = text.len - from;
    const size_t starts = (len + set->block - 1) / set->block * set->block;
    assert(len < set->block + set->reach);
    assert(starts + set->reach <= sizeof(tail));
    memcpy(tail, text.data + from, len);
    uint32_t mask;
    for (size_t at = 0; set->scan(set, tail, starts, &at, &mask); at += set->block)
        if (compare_block(set, text, from + at, mask, ret))
            return true;
    return false;
}

bool needle_set_find(const struct needle_set *set, struct leat_span text, size_t from,
                     struct needle_hit *ret)
{
    assert(set && ret);
    assert(from <= text.len);
    const size_t starts = text.len > set->reach ? text.len - set->reach : 0;
    uint32_t mask;
    size_t at = from;
    for (; set->scan(set, text.data, starts, &at, &mask); at += set->block)
        if (compare_block(set, text, at, mask, ret))
            return true;
    if (at > text.len || text.len - at < set->len_min)
        return false;
    return find_in_tail(set, text, at, ret);
}

bool needle_set_find_other(const struct needle_set *set, struct leat_span text,
                           struct needle_hit *hit)
{
    assert(set && hit);
    assert(hit->index < set->needles_len);
    return compare_chain(set, text, hit->start, set->needles[hit->index].next, hit);
}
