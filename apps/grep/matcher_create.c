#include "apps/grep/lines.h"
#include "apps/grep/literals.h"
#include "apps/grep/matcher_plan.h"
#include "apps/grep/rarity.h"
#include "apps/grep/regex_translate.h"
#include "apps/grep/word.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is gathered from the patterns on the way to a matcher. */
struct build {
    const struct matcher_options *options;
    struct matcher_error *error;
    struct regex *regexes;
    bool ignore_case;
    bool exotic;

    /* The literals of all patterns: bytes one after the other, and how many each has. */
    struct regex_text bytes;
    struct regex_text lens; /* of uint32_t */
    bool needed;            /* every pattern needs one of its own */
    bool exact, fold, empty;
    size_t literals_len;
};

static bool fail(struct build *build, const char *text)
{
    snprintf(build->error->text, sizeof(build->error->text), "%s", text);
    return false;
}

static bool read_patterns(struct build *build)
{
    static const char *const why[] = {
        [REGEX_NO_MEMORY] = "out of memory",
        [REGEX_NEWLINE] = "a pattern names a line's end (\\n), which no line holds",
        [REGEX_INVALID_UTF8] = "a pattern is not valid UTF-8",
        [REGEX_SET_OPERATION] = "a pattern has && or ~~ in a class, which is not supported",
    };
    const struct matcher_options *options = build->options;
    build->regexes = calloc(options->patterns_len, sizeof(*build->regexes));
    if (!build->regexes)
        return fail(build, why[REGEX_NO_MEMORY]);
    for (size_t i = 0; i < options->patterns_len; i++) {
        const enum regex_status status =
            regex_init(&build->regexes[i], options->patterns[i], options->fixed);
        if (status != REGEX_OK)
            return fail(build, why[status]);
        build->exotic |= build->regexes[i].exotic;
    }
    return true;
}

/* Properties of characters are there to ask for more than ASCII; an exotic pattern is asked for its
 * bytes alone. */
static bool names_ascii(const struct build *build)
{
    bool ascii = true;
    for (size_t i = 0; i < build->options->patterns_len && ascii; i++) {
        const struct regex *regex = &build->regexes[i];
        ascii = regex->exotic ? lines_are_ascii(regex->source) : regex_is_ascii(regex);
        for (size_t k = 0; !regex->exotic && k < regex->items_len; k++)
            ascii = ascii && regex->items[k].kind != REGEX_PROPERTY;
    }
    return ascii;
}

/* Without machine code: enough to know whether PCRE2 takes the text. */
static pcre2_code *compile_only(struct leat_span text, uint32_t options, int *ret_code,
                                size_t *ret_at)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) {
        *ret_code = PCRE2_ERROR_NOMEMORY;
        return NULL;
    }
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    /* The last line may be empty: ^ must match there too. */
    options |= PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX | PCRE2_DUPNAMES | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *code = pcre2_compile(text.data ? text.data : (PCRE2_SPTR) "", text.len, options,
                                     ret_code, ret_at, context);
    pcre2_compile_context_free(context);
    return code;
}

static pcre2_code *compile(struct leat_span text, uint32_t options, int *ret_code, size_t *ret_at)
{
    pcre2_code *code = compile_only(text, options, ret_code, ret_at);
    /* Without JIT (not built in, or no executable memory) the interpreter does the same. */
    if (code)
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

/* Whether a lookahead may ask for a letter in one case, and what follows it in either. */
static bool looks_and_folds(const struct build *build)
{
    bool looks = false, folds = false;
    for (size_t i = 0; i < build->options->patterns_len; i++) {
        const struct regex *regex = &build->regexes[i];
        for (size_t k = 0; k < regex->tokens_len; k++) {
            looks |= regex->tokens[k].kind == REGEX_LOOK;
            folds |= regex->tokens[k].letter_case != REGEX_CASE_KEEP;
        }
    }
    return looks && folds;
}

static uint32_t compile_options(const struct build *build, bool ascii)
{
    uint32_t options = build->ignore_case ? PCRE2_CASELESS : 0;
    /* To find where a match may start, PCRE2 10.42 then asks for that letter twice. */
    if (looks_and_folds(build))
        options |= PCRE2_NO_START_OPTIMIZE;
    if (!ascii)
        options |= PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF;
    return options;
}

/* Say what is wrong with the pattern as the user wrote it, if that is where it can be seen. */
static bool fail_compile(struct build *build, int code, size_t at)
{
    unsigned char why[160];
    struct leat_span pattern = { 0 };
    for (size_t i = 0; i < build->options->patterns_len && !build->options->fixed; i++) {
        int own_code;
        size_t own_at;
        pcre2_code *own = compile_only(build->options->patterns[i], compile_options(build, false),
                                       &own_code, &own_at);
        pcre2_code_free(own);
        if (own)
            continue;
        pattern = build->options->patterns[i];
        code = own_code;
        at = own_at;
        break;
    }
    if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
        snprintf((char *)why, sizeof(why), "PCRE2 error %d", code);
    if (pattern.data && pattern.len <= 60)
        snprintf(build->error->text, sizeof(build->error->text), "pattern %.*s: %s, at byte %zu",
                 (int)pattern.len, (const char *)pattern.data, (const char *)why, at);
    else
        snprintf(build->error->text, sizeof(build->error->text), "pattern: %s", (const char *)why);
    return false;
}

static bool is_upper_beyond_ascii(const struct regex_text *text)
{
    static const char upper[] = "\\p{Lu}|[\\x{2160}-\\x{216f}\\x{24b6}-\\x{24cf}]";
    int error;
    size_t at;
    pcre2_code *code = compile((struct leat_span){ (const uint8_t *)upper, sizeof(upper) - 1 },
                               PCRE2_UTF | PCRE2_UCP, &error, &at);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    const bool found =
        code && data && pcre2_match(code, text->data, text->len, 0, 0, data, NULL) >= 0;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return found;
}

static void add_char(struct regex_text *text, uint32_t c)
{
    uint8_t bytes[4] = { 0 };
    size_t len = regex_encode(c, bytes);
    regex_text_add_span(text, (struct leat_span){ bytes, len });
}

/* Add the literal characters of a pattern, the ends of ranges among them. Of an exotic pattern,
 * everything that is not escaped. */
static void add_literal_chars(const struct regex *regex, struct regex_text *text)
{
    for (size_t i = 0; regex->exotic && i < regex->source.len; i++) {
        if (regex->source.data[i] == '\\')
            i++;
        else
            regex_text_add_span(text, (struct leat_span){ regex->source.data + i, 1 });
    }
    for (size_t i = 0; !regex->exotic && i < regex->tokens_len; i++)
        if (regex->tokens[i].kind == REGEX_CHAR)
            add_char(text, regex->tokens[i].c);
    for (size_t i = 0; !regex->exotic && i < regex->items_len; i++) {
        if (regex->items[i].kind != REGEX_RANGE || regex->items[i].named)
            continue;
        add_char(text, regex->items[i].first);
        add_char(text, regex->items[i].last);
    }
}

/* One answer for all patterns, as ripgrep gives. */
static bool smart_ignore_case(const struct build *build)
{
    struct regex_text text = { 0 };
    for (size_t i = 0; i < build->options->patterns_len; i++)
        add_literal_chars(&build->regexes[i], &text);
    bool upper = text.failed, ascii = true;
    for (size_t i = 0; i < text.len; i++) {
        upper |= text.data[i] >= 'A' && text.data[i] <= 'Z';
        ascii &= text.data[i] < 0x80;
    }
    if (!upper && !ascii)
        upper = is_upper_beyond_ascii(&text);
    const bool ignore_case = text.len > 0 && !upper;
    regex_text_fini(&text);
    return ignore_case;
}

static void add_literal(struct build *build, struct leat_span literal)
{
    const uint32_t len = (uint32_t)literal.len;
    build->empty |= len == 0;
    build->literals_len++;
    regex_text_add_span(&build->bytes, literal);
    regex_text_add_span(&build->lens, (struct leat_span){ (const uint8_t *)&len, sizeof(len) });
}

static bool is_text(const struct regex *regex)
{
    for (size_t i = 0; i < regex->tokens_len; i++)
        if (regex->tokens[i].kind != REGEX_CHAR)
            return false;
    return !regex->exotic;
}

/* A pattern that is text, of any length, case heeded: no need to take it apart. */
static bool add_plain(struct build *build, const struct regex *regex)
{
    if (build->ignore_case || !is_text(regex))
        return false;
    struct regex_text text = { 0 };
    add_literal_chars(regex, &text);
    build->bytes.failed |= text.failed;
    add_literal(build, (struct leat_span){ text.data, text.len });
    regex_text_fini(&text);
    return true;
}

static void gather_literals(struct build *build)
{
    struct literals_found found;
    bool fold_any = false, fold_all = true;
    build->needed = build->exact = true;
    for (size_t i = 0; i < build->options->patterns_len && build->needed; i++) {
        if (add_plain(build, &build->regexes[i])) {
            fold_all = false;
            continue;
        }
        literals_find(&build->regexes[i], build->ignore_case, &found);
        build->needed = found.any;
        build->exact &= found.exact;
        fold_any |= found.fold;
        fold_all &= found.fold;
        for (unsigned n = 0; n < found.set.len && found.any; n++)
            add_literal(build,
                        (struct leat_span){ found.set.items[n].bytes, found.set.items[n].len });
    }
    build->fold = fold_any;
    build->exact &= build->needed && fold_any == fold_all;
}

static bool make_needles(struct build *build, struct matcher *matcher)
{
    if (!build->needed || build->empty)
        return true;
    if (!build->exact && build->literals_len > LITERALS_MAX)
        return true;
    struct leat_span *spans = calloc(build->literals_len, sizeof(*spans));
    if (!spans || build->bytes.failed || build->lens.failed) {
        free(spans);
        return fail(build, "out of memory");
    }
    const uint8_t *at = build->bytes.data;
    for (size_t i = 0; i < build->literals_len; i++) {
        uint32_t len;
        memcpy(&len, build->lens.data + i * sizeof(len), sizeof(len));
        spans[i] = (struct leat_span){ at, len };
        at += len;
    }
    const struct needle_options options = { .literals = spans,
                                            .literals_len = build->literals_len,
                                            .fold = build->fold };
    matcher->needles = needle_set_create(&options);
    matcher->exact = matcher->needles && build->exact;
    free(spans);
    return matcher->needles || fail(build, "out of memory");
}

/* About how many hits of the literals there are for each byte of a text. */
static double literal_hits(const struct build *build)
{
    const uint8_t *byte = build->bytes.data;
    double hits = 0;
    for (size_t i = 0; i < build->literals_len; i++) {
        uint32_t len;
        memcpy(&len, build->lens.data + i * sizeof(len), sizeof(len));
        double share = 1;
        for (uint32_t n = 0; n < len; n++)
            share *= rarity_share(rarity_of(*byte++, build->fold));
        hits += share;
    }
    return hits;
}

/* Where literals are missing or met often, a sieve may leave fewer lines to PCRE2. */
static void make_sieve(const struct build *build, struct matcher *matcher)
{
    static const double often = 1.0 / 4096; /* what PCRE2 then does is little next to the rest */
    static const double worth = 1.0 / 4;
    static const double seldom = 1.0 / 32;
    const struct sieve_options options = { .regexes = build->regexes,
                                           .regexes_len = build->options->patterns_len,
                                           .ignore_case = build->ignore_case,
                                           .word = build->options->word,
                                           .line = build->options->line };
    const double hits = matcher->needles ? literal_hits(build) : 1 / worth;
    struct sieve *sieve = hits > often ? sieve_create(&options) : NULL;
    if (!sieve)
        return;
    if (sieve_hits(sieve) > hits * worth) {
        sieve_destroy(sieve);
        return;
    }
    needle_set_destroy(matcher->needles);
    matcher->needles = NULL;
    matcher->sieve = sieve;
    matcher->selective = sieve_hits(sieve) < seldom;
}

/* The patterns as alternatives, with what a word or a line asks around them. An exotic pattern
 * alone stays as it stands: verbs must come first. */
static void write_pattern(const struct build *build, bool ascii, struct regex_text *text)
{
    const struct matcher_options *options = build->options;
    const bool bare = options->patterns_len == 1 && !options->word && !options->line;
    if (options->line)
        regex_text_add(text, "^");
    else if (options->word)
        regex_add_edge(text, REGEX_WORD_START_HALF, ascii);
    if (options->line || options->word)
        regex_text_add(text, "(?:");
    for (size_t i = 0; i < options->patterns_len; i++) {
        if (!bare)
            regex_text_add(text, i ? "|(?:" : "(?:");
        if (build->regexes[i].exotic)
            regex_text_add_span(text, build->regexes[i].source);
        else
            regex_translate(&build->regexes[i], ascii, text);
        if (!bare)
            regex_text_add(text, ")");
    }
    if (options->line || options->word)
        regex_text_add(text, ")");
    if (options->line)
        regex_text_add(text, "$");
    else if (options->word)
        regex_add_edge(text, REGEX_WORD_END_HALF, ascii);
}

static bool compile_patterns(struct build *build, bool ascii, pcre2_code **ret)
{
    struct regex_text text = { 0 };
    int code = PCRE2_ERROR_NOMEMORY;
    size_t at = 0;
    write_pattern(build, ascii, &text);
    if (!text.failed)
        *ret = compile((struct leat_span){ text.data, text.len }, compile_options(build, ascii),
                       &code, &at);
    regex_text_fini(&text);
    return *ret || fail_compile(build, code, at);
}

static bool nests(const struct regex *regex)
{
    size_t depth = 0;
    for (size_t i = 0; i < regex->tokens_len; i++) {
        const enum regex_kind kind = regex->tokens[i].kind;
        if (kind == REGEX_CLOSE && depth-- == 0)
            return false;
        depth += kind == REGEX_OPEN || kind == REGEX_ATOMIC || kind == REGEX_LOOK;
    }
    return depth == 0;
}

/* Joined, `a)(b` would be sound; apart, each must be. */
static bool check_apart(struct build *build)
{
    for (size_t i = 0; i < build->options->patterns_len; i++) {
        const struct regex *regex = &build->regexes[i];
        int code;
        size_t at;
        if (!regex->exotic && !nests(regex))
            return fail(build, "a pattern has a parenthesis without its other half");
        if (!regex->exotic)
            continue;
        pcre2_code *own = compile_only(regex->source, compile_options(build, false), &code, &at);
        pcre2_code_free(own);
        if (!own)
            return fail_compile(build, code, at);
    }
    return true;
}

/* A second program for text that is ASCII pays where nothing else keeps PCRE2 from seeing it all.
 */
static bool make_code(struct build *build, struct matcher *matcher)
{
    if (!check_apart(build) || !compile_patterns(build, false, &matcher->code))
        return false;
    enum { LINE_MIN = 32 };
    uint32_t empty = 1, chars_min = 0;
    (void)pcre2_pattern_info(matcher->code, PCRE2_INFO_MATCHEMPTY, &empty);
    (void)pcre2_pattern_info(matcher->code, PCRE2_INFO_MINLENGTH, &chars_min);
    matcher->empty = empty;
    /* In any text many lines have a few characters. */
    if (!matcher->needles && !matcher->sieve && !matcher->by_line && chars_min >= LINE_MIN)
        matcher->line_min = chars_min;
    bool ascii = !build->exotic && !matcher->needles;
    bool folds = build->ignore_case;
    for (size_t i = 0; i < build->options->patterns_len; i++) {
        const struct regex *regex = &build->regexes[i];
        for (size_t k = 0; k < regex->tokens_len; k++)
            folds |= regex->tokens[k].letter_case == REGEX_CASE_IGNORE;
        ascii = ascii && (!folds || regex_is_ascii(regex));
    }
    /* Of other items, it may be too large where the first is not: then it is done without. */
    if (ascii)
        (void)compile_patterns(build, true, &matcher->code_ascii);
    return true;
}

/* It is for PCRE2 to say what is wrong with a pattern, even where the needles are all that is
 * searched for. With plain text nothing can be. */
static bool check_syntax(struct build *build)
{
    for (size_t i = 0; i < build->options->patterns_len; i++) {
        if (is_text(&build->regexes[i]))
            continue;
        struct regex_text text = { 0 };
        int code = PCRE2_ERROR_NOMEMORY;
        size_t at = 0;
        regex_translate(&build->regexes[i], false, &text);
        pcre2_code *own = text.failed ? NULL
                                      : compile_only((struct leat_span){ text.data, text.len },
                                                     compile_options(build, false), &code, &at);
        regex_text_fini(&text);
        pcre2_code_free(own);
        if (!own)
            return fail_compile(build, code, at);
    }
    return true;
}

/* Where the pattern, or the options, ask what stands beside a word. */
static bool make_word(struct build *build, struct matcher *matcher)
{
    bool edges = matcher->word;
    for (size_t i = 0; i < build->options->patterns_len; i++)
        for (size_t k = 0; k < build->regexes[i].tokens_len; k++)
            edges |= regex_is_edge(build->regexes[i].tokens[k].kind);
    if (!edges)
        return true;
    matcher->code_word = word_create();
    return matcher->code_word || fail(build, "out of memory");
}

static bool fill_in(struct build *build, struct matcher *matcher, bool plain)
{
    const struct matcher_options *options = build->options;
    matcher->line = options->line;
    matcher->word = options->word && !options->line;
    matcher->never = options->patterns_len == 0;
    matcher->ascii = true;
    if (matcher->never)
        return true;
    if (!read_patterns(build))
        return false;
    matcher->ascii = names_ascii(build);
    build->ignore_case = options->ignore_case || (options->smart_case && smart_ignore_case(build));
    matcher->by_line = build->exotic || plain;
    if (!make_word(build, matcher))
        return false;
    if (plain)
        return check_apart(build) && compile_patterns(build, false, &matcher->code);
    gather_literals(build);
    matcher->every = build->exact && build->empty && !options->word && !options->line;
    if (!make_needles(build, matcher))
        return false;
    if (matcher->exact)
        return check_syntax(build);
    make_sieve(build, matcher);
    return make_code(build, matcher);
}

bool matcher_names_ascii(const struct matcher *matcher)
{
    return matcher->ascii;
}

static bool create(const struct matcher_options *options, bool plain, struct matcher **ret,
                   struct matcher_error *ret_error)
{
    assert(options && ret && ret_error);
    assert(options->patterns || options->patterns_len == 0);
    struct build build = { .options = options, .error = ret_error };
    struct matcher *matcher = calloc(1, sizeof(*matcher));
    bool made = matcher ? fill_in(&build, matcher, plain) : fail(&build, "out of memory");
    for (size_t i = 0; build.regexes && i < options->patterns_len; i++)
        regex_fini(&build.regexes[i]);
    free(build.regexes);
    regex_text_fini(&build.bytes);
    regex_text_fini(&build.lens);
    if (made)
        *ret = matcher;
    else
        matcher_destroy(matcher);
    return made;
}

bool matcher_create(const struct matcher_options *options, struct matcher **ret,
                    struct matcher_error *ret_error)
{
    return create(options, false, ret, ret_error);
}

bool matcher_create_plain(const struct matcher_options *options, struct matcher **ret,
                          struct matcher_error *ret_error)
{
    return create(options, true, ret, ret_error);
}

void matcher_destroy(struct matcher *matcher)
{
    if (!matcher)
        return;
    needle_set_destroy(matcher->needles);
    sieve_destroy(matcher->sieve);
    pcre2_code_free(matcher->code);
    pcre2_code_free(matcher->code_ascii);
    pcre2_code_free(matcher->code_word);
    free(matcher);
}
