#include "apps/grep/literals.h"
#include "apps/grep/rarity.h"

#include <assert.h>
#include <string.h>

enum {
    DEPTH_MAX = 24,  /* of groups; deeper, nothing is known. Each takes some 16 KiB of stack */
    CLASS_MAX = 8,   /* the largest class spelled out */
    EXPAND_MAX = 8,  /* the largest x{n} spelled out */
    RARITY_MIN = 56, /* a hit every 128 bytes pays no more */
    RARITY_ENOUGH = 240,
    LONG_S = 0x17f,
    KELVIN = 0x212a,
};

/* What is known of a part of the pattern. */
enum known {
    KNOWN_NOTHING,
    KNOWN_NEEDED,   /* a match of the part holds one of the set */
    KNOWN_REPEATED, /* it begins with one of the set, and ends with one */
    KNOWN_EXACT,    /* it is one of the set */
};

struct part {
    enum known known;
    struct literals set;
};

struct walk {
    const struct regex *regex;
    size_t at;
    unsigned depth;
    bool ignore_case;
    bool folded; /* a letter stands for both its cases */
    bool heeded; /* a letter stands for itself alone */
    bool looks;  /* there is more to a match than its literals */
    bool lost;   /* too deep, or a parenthesis is missing */
};

static void set_empty_literal(struct part *part)
{
    part->known = KNOWN_EXACT;
    part->set.len = 1;
    part->set.items[0].len = 0;
}

static bool is_letter(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Blocks of Unicode without letter case; not all of them, but the big ones. */
static bool has_no_case(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } blocks[] = {
        { 0x00, 0x7f },     { 0x0590, 0x109f }, { 0x2e80, 0xa63f },
        { 0xac00, 0xd7ff }, { 0xf900, 0xfaff }, { 0x1f000, 0x3ffff },
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        if (c >= blocks[i].first && c <= blocks[i].last)
            return !is_letter(c);
    return false;
}

static bool add_literal(struct literals *set, const uint8_t *bytes, size_t len)
{
    if (set->len == LITERALS_MAX || len > LITERAL_BYTES_MAX)
        return false;
    struct literal *to = &set->items[set->len++];
    to->len = (uint8_t)len;
    memcpy(to->bytes, bytes, len);
    return true;
}

static bool add_code_point(struct literals *set, uint32_t c)
{
    uint8_t bytes[4];
    return add_literal(set, bytes, regex_encode(c, bytes));
}

/* Add every form of a character; false when they are not known, or too many. */
static bool add_char(struct walk *walk, struct literals *set, uint32_t c)
{
    if (!walk->ignore_case) {
        walk->heeded |= is_letter(c);
        return add_code_point(set, c);
    }
    if (!is_letter(c))
        return has_no_case(c) && add_code_point(set, c);
    walk->folded = true;
    c |= 0x20;
    return add_code_point(set, c) && (c != 's' || add_code_point(set, LONG_S)) &&
           (c != 'k' || add_code_point(set, KELVIN));
}

static bool add_class(struct walk *walk, struct literals *set, const struct regex_token *token)
{
    const struct regex_item *items = walk->regex->items + token->items;
    uint32_t total = 0;
    if (token->negated)
        return false;
    for (uint32_t i = 0; i < token->items_len; i++) {
        if (items[i].kind != REGEX_RANGE || items[i].last - items[i].first >= CLASS_MAX)
            return false;
        total += items[i].last - items[i].first + 1;
        if (total > CLASS_MAX || (items[i].first <= '\n' && items[i].last >= '\n'))
            return false;
    }
    for (uint32_t i = 0; i < token->items_len; i++)
        for (uint32_t c = items[i].first; c <= items[i].last; c++)
            if (!add_char(walk, set, c))
                return false;
    return true;
}

/* set := each of `set` followed by each of `tail`, in the order a backtracking search would try
 * them; false, and nothing done, when that is too much. */
static bool multiply(struct literals *set, const struct literals *tail)
{
    struct literals product = { 0 };
    for (unsigned i = 0; i < set->len; i++) {
        for (unsigned k = 0; k < tail->len; k++) {
            uint8_t bytes[2 * LITERAL_BYTES_MAX];
            const size_t len = set->items[i].len;
            memcpy(bytes, set->items[i].bytes, len);
            memcpy(bytes + len, tail->items[k].bytes, tail->items[k].len);
            if (!add_literal(&product, bytes, len + tail->items[k].len))
                return false;
        }
    }
    *set = product;
    return true;
}

static bool append(struct literals *set, const struct literals *more)
{
    for (unsigned i = 0; i < more->len; i++)
        if (!add_literal(set, more->items[i].bytes, more->items[i].len))
            return false;
    return true;
}

unsigned literals_rarity(const struct literals *set, bool fold)
{
    unsigned worst = RARITY_ENOUGH;
    for (unsigned i = 0; i < set->len; i++) {
        unsigned rarity = 0;
        for (unsigned k = 0; k < set->items[i].len; k++)
            rarity += rarity_of(set->items[i].bytes[k], fold);
        worst = rarity < worst ? rarity : worst;
    }
    /* Twice as many literals are met twice as often, and cost more to look for. */
    for (unsigned n = set->len; n > 1 && worst >= 12; n /= 2)
        worst -= 12;
    return worst;
}

/* Keep the rarer of what is needed anyway. */
static void consider(struct part *best, const struct literals *set, bool fold)
{
    const unsigned rarity = literals_rarity(set, fold);
    if (rarity < RARITY_MIN)
        return;
    if (best->known == KNOWN_NEEDED && literals_rarity(&best->set, fold) >= rarity)
        return;
    best->known = KNOWN_NEEDED;
    best->set = *set;
}

static void walk_alternatives(struct walk *walk, struct part *ret);

static void walk_group(struct walk *walk, const struct regex_token *token, struct part *ret)
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
    walk->looks |= token->kind != REGEX_OPEN;
    if (token->kind == REGEX_LOOK)
        set_empty_literal(ret);
}

static void repeat(struct walk *walk, const struct regex_token *token, struct part *part)
{
    if (token->min == 1 && token->max == 1)
        return;
    walk->looks = walk->looks || token->source.len > 1; /* lazy, possessive: another order */
    if (token->min == 0) {
        const struct literal empty = { 0 };
        const bool optional = part->known == KNOWN_EXACT && token->max == 1;
        if (!optional || !add_literal(&part->set, empty.bytes, 0))
            part->known = KNOWN_NOTHING;
    } else if (part->known == KNOWN_EXACT && token->min == token->max && token->max <= EXPAND_MAX) {
        const struct literals once = part->set;
        for (uint32_t n = 1; n < token->max; n++)
            if (!multiply(&part->set, &once))
                part->known = KNOWN_REPEATED;
    } else if (part->known == KNOWN_EXACT) {
        part->known = KNOWN_REPEATED;
    }
}

/* One atom with what repeats it. */
static void walk_atom(struct walk *walk, struct part *ret)
{
    const struct regex_token *token = &walk->regex->tokens[walk->at++];
    ret->known = KNOWN_NOTHING;
    ret->set.len = 0;
    switch (token->kind) {
    case REGEX_CHAR:
        if (add_char(walk, &ret->set, token->c))
            ret->known = KNOWN_EXACT;
        break;
    case REGEX_CLASS:
        if (add_class(walk, &ret->set, token))
            ret->known = KNOWN_EXACT;
        break;
    case REGEX_OPEN:
    case REGEX_ATOMIC:
    case REGEX_LOOK:
        walk_group(walk, token, ret);
        break;
    case REGEX_FLAGS:
        if (token->letter_case != REGEX_CASE_KEEP)
            walk->ignore_case = token->letter_case == REGEX_CASE_IGNORE;
        set_empty_literal(ret);
        break;
    case REGEX_ANY:
    case REGEX_REPEAT: /* of nothing: PCRE2 refuses it */
        break;
    default:
        walk->looks = true;
        set_empty_literal(ret);
        break;
    }
    while (walk->at < walk->regex->tokens_len && walk->regex->tokens[walk->at].kind == REGEX_REPEAT)
        repeat(walk, &walk->regex->tokens[walk->at++], ret);
}

/* A run is what the atoms so far spell out; where it must end, it is considered, and a new one
 * begins. */
static void walk_sequence(struct walk *walk, struct part *ret)
{
    struct part run, atom;
    bool exact = true;
    set_empty_literal(&run);
    ret->known = KNOWN_NOTHING;
    while (walk->at < walk->regex->tokens_len && !walk->lost) {
        const enum regex_kind kind = walk->regex->tokens[walk->at].kind;
        if (kind == REGEX_OR || kind == REGEX_CLOSE)
            break;
        walk_atom(walk, &atom);
        const bool spelled = atom.known == KNOWN_EXACT || atom.known == KNOWN_REPEATED;
        const bool joined = spelled && multiply(&run.set, &atom.set);
        if (joined && atom.known == KNOWN_EXACT)
            continue;
        exact = false;
        consider(ret, &run.set, walk->ignore_case);
        if (spelled)
            run.set = atom.set;
        else
            set_empty_literal(&run);
        if (atom.known == KNOWN_NEEDED)
            consider(ret, &atom.set, walk->ignore_case);
    }
    if (exact)
        *ret = run;
    else
        consider(ret, &run.set, walk->ignore_case);
}

static void walk_alternatives(struct walk *walk, struct part *ret)
{
    struct part branch;
    walk_sequence(walk, ret);
    while (walk->at < walk->regex->tokens_len && !walk->lost &&
           walk->regex->tokens[walk->at].kind == REGEX_OR) {
        walk->at++;
        walk_sequence(walk, &branch);
        if (branch.known != KNOWN_EXACT && ret->known == KNOWN_EXACT)
            ret->known = KNOWN_NEEDED;
        if (branch.known == KNOWN_NOTHING || !append(&ret->set, &branch.set))
            ret->known = KNOWN_NOTHING;
    }
}

void literals_find(const struct regex *regex, bool ignore_case, struct literals_found *ret)
{
    struct walk walk = { .regex = regex, .ignore_case = ignore_case };
    struct part part = { 0 };
    *ret = (struct literals_found){ 0 };
    if (regex->exotic)
        return;
    walk_alternatives(&walk, &part);
    /* Not at the end: a parenthesis too many, which PCRE2 will refuse. */
    if (walk.lost || walk.at < regex->tokens_len || part.known == KNOWN_NOTHING)
        return;
    ret->fold = walk.folded || (ignore_case && !walk.heeded);
    ret->exact = part.known == KNOWN_EXACT && !walk.looks && !(walk.folded && walk.heeded);
    ret->any = ret->exact || literals_rarity(&part.set, ret->fold) >= RARITY_MIN;
    ret->set = part.set;
}
