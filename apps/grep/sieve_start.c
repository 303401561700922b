/* From a pattern's tokens to the bytes its matches begin with. Every step errs on one side: a set
 * may hold a byte that no match has there, never lack one. */

#include "apps/grep/sieve_plan.h"

#include <assert.h>

enum {
    DEPTH_MAX = 24, /* of groups. Each takes some 4 KiB of stack */
    TOKENS_MAX = 1000,
    ASCII_MAX = 0x7f,
    UNICODE_MAX = 0x10ffff,
    LONG_S = 0x17f,
    KELVIN = 0x212a,
};

struct walk {
    const struct regex *regex;
    size_t at;
    unsigned depth;
    uint32_t last; /* the largest character looked at: ASCII_MAX or UNICODE_MAX */
    bool ignore_case;
    bool line;       /* the end of the pattern is a line's end anyway */
    bool all_start;  /* every alternative so far begins a line */
    bool some_start; /* one does */
    bool lost;       /* too deep, or a parenthesis is missing */
};

/* A '\n', as a byte of the match. */
static const struct sieve_part line_end = {
    .at = { { .bits = { UINT64_C(1) << '\n' } } },
    .lengths = 2,
    .exact = true,
};

static void set_add(struct sieve_set *set, unsigned first, unsigned last)
{
    assert(first <= last && last <= 0xff);
    for (unsigned byte = first; byte <= last; byte++)
        set->bits[byte / 64] |= UINT64_C(1) << byte % 64;
}

static void set_join(struct sieve_set *set, const struct sieve_set *more)
{
    for (unsigned i = 0; i < 4; i++)
        set->bits[i] |= more->bits[i];
}

static unsigned length_min(const struct sieve_part *part)
{
    assert(part->lengths);
    return (unsigned)__builtin_ctz(part->lengths);
}

static void part_set_empty(struct sieve_part *part)
{
    *part = (struct sieve_part){ .lengths = 1, .exact = true };
}

/* to := a match of `to`, then one of `next`. */
static void part_append(struct sieve_part *to, const struct sieve_part *next)
{
    const uint32_t longest = UINT32_C(1) << SIEVE_BYTES_MAX;
    uint64_t lengths = 0;
    if (to->lengths == 0 || next->lengths == 0) {
        to->lengths = 0;
        return;
    }
    /* With several lengths in front, the sets behind are unions of what does not go together. */
    const bool single = (to->lengths & (to->lengths - 1)) == 0;
    to->exact = to->exact && next->exact && (single || length_min(next) == 0);
    for (unsigned n = 0; n <= SIEVE_BYTES_MAX; n++) {
        if (!(to->lengths >> n & 1))
            continue;
        lengths |= (uint64_t)next->lengths << n;
        for (unsigned i = n; i < SIEVE_BYTES_MAX; i++)
            set_join(&to->at[i], &next->at[i - n]);
    }
    to->lengths = (uint32_t)(lengths & (longest - 1)) | (lengths >= longest ? longest : 0);
}

/* to := a match of `to`, or one of `other`. */
static void part_join(struct sieve_part *to, const struct sieve_part *other)
{
    if (other->lengths == 0)
        return;
    if (to->lengths == 0) {
        *to = *other;
        return;
    }
    const unsigned a = length_min(to), b = length_min(other);
    to->exact = a == 1 && b == 1 ? to->exact && other->exact
                                 : (a == 0 && to->exact) || (b == 0 && other->exact);
    to->lengths |= other->lengths;
    for (unsigned i = 0; i < SIEVE_BYTES_MAX; i++)
        set_join(&to->at[i], &other->at[i]);
}

/* part := a match of `part`, then up to `max` of `once`. */
static void part_append_some(struct sieve_part *part, const struct sieve_part *once, uint32_t max)
{
    struct sieve_part some = *once;
    some.lengths |= 1;
    some.exact = true;
    /* Any number: twice as many each time, until it does not matter. */
    for (unsigned n = 1; n < SIEVE_BYTES_MAX && max >= SIEVE_BYTES_MAX; n *= 2) {
        const struct sieve_part half = some;
        part_append(&some, &half);
    }
    for (uint32_t n = 0; n < (max < SIEVE_BYTES_MAX ? max : 1); n++)
        part_append(part, &some);
}

/* Of more repetitions than are looked at bytes, the others change nothing. Nor does it matter that
 * one is possessive: before what must still match, `exact` allows a single length only. */
static void part_repeat(struct sieve_part *part, const struct regex_token *token)
{
    const struct sieve_part once = *part;
    part_set_empty(part);
    for (uint32_t n = 0; n < token->min && n < SIEVE_BYTES_MAX; n++)
        part_append(part, &once);
    part_append_some(part, &once, token->max - token->min);
}

/* Add the characters of a range that have one length in UTF-8. */
static void add_encoded(struct sieve_part *part, uint32_t first, uint32_t last)
{
    uint8_t from[4], to[4];
    const size_t len = regex_encode(first, from);
    bool same = true;
    assert(first <= last && regex_encode(last, to) == len);
    regex_encode(last, to);
    part->lengths |= UINT32_C(1) << len;
    for (size_t i = 0; i < len; i++) {
        set_add(&part->at[i], same ? from[i] : 0x80, same ? to[i] : 0xbf);
        same = same && from[i] == to[i];
    }
}

static void add_range(const struct walk *walk, struct sieve_part *part, uint32_t first,
                      uint32_t last)
{
    static const uint32_t lasts[] = { ASCII_MAX, 0x7ff, 0xffff, UNICODE_MAX };
    for (unsigned i = 0; i < 4 && lasts[i] <= walk->last; i++) {
        if (first <= lasts[i] && first <= last)
            add_encoded(part, first, last < lasts[i] ? last : lasts[i]);
        if (first <= lasts[i])
            first = lasts[i] + 1;
    }
}

/* The range without '\n', which nothing matches. */
static void add_line_range(const struct walk *walk, struct sieve_part *part, uint32_t first,
                           uint32_t last)
{
    if (first <= '\n' && last >= '\n') {
        if (first < '\n')
            add_range(walk, part, first, '\n' - 1);
        first = '\n' + 1;
    }
    if (first <= last)
        add_range(walk, part, first, last);
}

/* Add the other forms of the characters of a range. Beyond ASCII only two have one within, and what
 * the others have is not known here. */
static void add_other_case(const struct walk *walk, struct sieve_part *part, uint32_t first,
                           uint32_t last)
{
    for (uint32_t c = 'a'; c <= 'z'; c++) {
        const uint32_t upper = c - 'a' + 'A';
        const uint32_t other = c == 's' ? LONG_S : c == 'k' ? KELVIN : upper;
        const bool named = (c >= first && c <= last) || (upper >= first && upper <= last) ||
                           (other >= first && other <= last);
        if (!named)
            continue;
        add_range(walk, part, c, c);
        add_range(walk, part, upper, upper);
        add_range(walk, part, other, other);
    }
    if (last > ASCII_MAX)
        add_range(walk, part, ASCII_MAX + 1, UNICODE_MAX);
}

static void add_named(const struct walk *walk, struct sieve_part *part, uint32_t first,
                      uint32_t last)
{
    add_line_range(walk, part, first, last);
    if (walk->ignore_case)
        add_other_case(walk, part, first, last);
}

/* Within ASCII, what \d, \s and \w are, in ranges. */
static const char *ranges_of(enum regex_item_kind kind)
{
    return kind == REGEX_DIGIT ? "09" : kind == REGEX_SPACE ? "\t\r  " : "09AZ__az";
}

static void add_shorthand(const struct walk *walk, struct sieve_part *part,
                          const struct regex_item *item)
{
    static const uint32_t spaces[][2] = {
        { 0x85, 0x85 },     { 0xa0, 0xa0 },     { 0x1680, 0x1680 }, { 0x2000, 0x200a },
        { 0x2028, 0x2029 }, { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 },
    };
    uint32_t next = 0;
    for (const char *range = ranges_of(item->kind); *range; range += 2) {
        const uint32_t first = (uint8_t)range[0], last = (uint8_t)range[1];
        if (!item->negated)
            add_line_range(walk, part, first, last);
        else if (next < first)
            add_line_range(walk, part, next, first - 1);
        next = last + 1;
    }
    if (item->negated)
        add_line_range(walk, part, next, ASCII_MAX);
    if (item->negated || item->kind != REGEX_SPACE) {
        add_range(walk, part, ASCII_MAX + 1, UNICODE_MAX);
        return;
    }
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        add_range(walk, part, spaces[i][0], spaces[i][1]);
}

static void add_class(const struct walk *walk, struct sieve_part *part,
                      const struct regex_token *token)
{
    struct sieve_part named = { .exact = true };
    for (uint32_t i = 0; i < token->items_len; i++) {
        const struct regex_item *item = &walk->regex->items[token->items + i];
        if (item->kind == REGEX_RANGE)
            add_named(walk, &named, item->first, item->last);
        else if (item->kind != REGEX_PROPERTY)
            add_shorthand(walk, &named, item);
        else
            named.exact = false;
        /* Of a property nothing is known: it takes nothing out, or lets everything in. */
        if (item->kind == REGEX_PROPERTY && !token->negated)
            add_line_range(walk, &named, 0, UNICODE_MAX);
    }
    if (!token->negated) {
        *part = named;
        return;
    }
    *part = (struct sieve_part){ .exact = named.exact };
    for (uint32_t c = 0; c <= ASCII_MAX; c++)
        if (c != '\n' && !sieve_set_has(&named.at[0], (uint8_t)c))
            add_range(walk, part, c, c);
    add_range(walk, part, ASCII_MAX + 1, UNICODE_MAX);
}

/* What has no ASCII character ends what is known of the match among them, and not the match: there
 * are no bytes from there on, and those before stay. */
static void end_ascii(const struct walk *walk, struct sieve_part *part)
{
    if (part->lengths == 0 && walk->last == ASCII_MAX)
        part->lengths = UINT32_C(1) << SIEVE_BYTES_MAX;
}

static void walk_alternatives(struct walk *walk, struct sieve_part *ret);

static void walk_group(struct walk *walk, const struct regex_token *token, struct sieve_part *ret)
{
    const bool ignore_case = walk->ignore_case;
    if (token->letter_case != REGEX_CASE_KEEP)
        walk->ignore_case = token->letter_case == REGEX_CASE_IGNORE;
    if (++walk->depth > DEPTH_MAX)
        walk->lost = true;
    else
        walk_alternatives(walk, ret);
    walk->depth--;
    if (walk->at == walk->regex->tokens_len)
        walk->lost = true;
    else
        walk->at++; /* the closing parenthesis */
    walk->ignore_case = ignore_case;
    if (token->kind == REGEX_LOOK)
        part_set_empty(ret);
    ret->exact = ret->exact && token->kind == REGEX_OPEN;
}

/* One atom with what repeats it. */
static void walk_atom(struct walk *walk, struct sieve_part *ret)
{
    const struct regex_token *token = &walk->regex->tokens[walk->at++];
    *ret = (struct sieve_part){ .exact = true };
    switch (token->kind) {
    case REGEX_CHAR:
        add_named(walk, ret, token->c, token->c);
        end_ascii(walk, ret);
        break;
    case REGEX_ANY:
        add_line_range(walk, ret, 0, UNICODE_MAX);
        break;
    case REGEX_CLASS:
        add_class(walk, ret, token);
        end_ascii(walk, ret);
        break;
    case REGEX_OPEN:
    case REGEX_ATOMIC:
    case REGEX_LOOK:
        walk_group(walk, token, ret);
        break;
    case REGEX_FLAGS:
        if (token->letter_case != REGEX_CASE_KEEP)
            walk->ignore_case = token->letter_case == REGEX_CASE_IGNORE;
        part_set_empty(ret);
        break;
    case REGEX_REPEAT: /* of nothing: PCRE2 refuses it */
        walk->lost = true;
        break;
    default: /* an edge */
        part_set_empty(ret);
        ret->exact = false;
        break;
    }
    while (walk->at < walk->regex->tokens_len && walk->regex->tokens[walk->at].kind == REGEX_REPEAT)
        part_repeat(ret, &walk->regex->tokens[walk->at++]);
}

/* The kind of the token after the next `skip`; at the end that of an alternative's end. */
static enum regex_kind kind_at(const struct walk *walk, size_t skip)
{
    const size_t at = walk->at + skip;
    return at < walk->regex->tokens_len ? walk->regex->tokens[at].kind : REGEX_OR;
}

/* Pass the line's start that an alternative of the whole pattern begins with. */
static void walk_line_start(struct walk *walk)
{
    const bool found = kind_at(walk, 0) == REGEX_LINE_START && kind_at(walk, 1) != REGEX_REPEAT;
    walk->at += found;
    walk->all_start = walk->all_start && found;
    walk->some_start = walk->some_start || found;
}

/* Pass the line's end that it ends with. Elsewhere an end is no '\n' to be counted on: after one of
 * them there may be another, at the same place. */
static bool walk_line_end(struct walk *walk, struct sieve_part *part)
{
    if (kind_at(walk, 0) != REGEX_LINE_END || kind_at(walk, 1) != REGEX_OR)
        return false;
    walk->at++;
    if (!walk->line)
        part_append(part, &line_end);
    return true;
}

static void walk_sequence(struct walk *walk, struct sieve_part *ret)
{
    struct sieve_part atom;
    part_set_empty(ret);
    while (walk->depth == 0 && kind_at(walk, 0) == REGEX_FLAGS)
        walk_atom(walk, &atom);
    if (walk->depth == 0)
        walk_line_start(walk);
    while (!walk->lost && kind_at(walk, 0) != REGEX_OR && kind_at(walk, 0) != REGEX_CLOSE) {
        if (walk->depth == 0 && walk_line_end(walk, ret))
            continue;
        walk_atom(walk, &atom);
        part_append(ret, &atom);
    }
}

static void walk_alternatives(struct walk *walk, struct sieve_part *ret)
{
    struct sieve_part branch;
    walk_sequence(walk, ret);
    while (walk->at < walk->regex->tokens_len && !walk->lost && kind_at(walk, 0) == REGEX_OR) {
        walk->at++;
        walk_sequence(walk, &branch);
        part_join(ret, &branch);
    }
}

/* Read the patterns, among characters up to `last`. */
static bool find_part(const struct sieve_options *options, uint32_t last, struct sieve_part *ret,
                      bool *ret_at_line_start)
{
    bool all_start = true, some_start = false;
    *ret = (struct sieve_part){ 0 };
    for (size_t i = 0; i < options->regexes_len; i++) {
        struct walk walk = { .regex = &options->regexes[i],
                             .ignore_case = options->ignore_case,
                             .last = last,
                             .line = options->line,
                             .all_start = all_start,
                             .some_start = some_start };
        struct sieve_part own;
        walk_alternatives(&walk, &own);
        if (walk.lost || walk.at < walk.regex->tokens_len)
            return false;
        part_join(ret, &own);
        all_start = walk.all_start;
        some_start = walk.some_start;
    }
    *ret_at_line_start = all_start || options->line;
    if (options->line)
        part_append(ret, &line_end);
    /* That only some alternatives begin a line is not looked at. */
    ret->exact = ret->exact && !options->word && (*ret_at_line_start || !some_start);
    return true;
}

bool sieve_start_find(const struct sieve_options *options, struct sieve_start *ret)
{
    assert(options && ret);
    assert(options->regexes_len > 0);
    size_t tokens_len = 0;
    for (size_t i = 0; i < options->regexes_len; i++) {
        tokens_len += options->regexes[i].tokens_len;
        if (options->regexes[i].exotic || tokens_len > TOKENS_MAX)
            return false;
    }
    return find_part(options, ASCII_MAX, &ret->ascii, &ret->at_line_start) &&
           find_part(options, UNICODE_MAX, &ret->any, &ret->at_line_start);
}
