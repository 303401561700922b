#include "apps/grep/regex_translate.h"

#include "apps/grep/word.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_ITEMS                                                                                 \
    "0-9A-Za-z_\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{200c}\\x{200d}\\x{24b6}-\\x{24e9}"             \
    "\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}"
#define SPACE_ITEMS_ASCII "\\t\\x0b\\x0c\\r\\x20"
/* White_Space, without '\n'. */
#define SPACE_ITEMS                                                                                \
    SPACE_ITEMS_ASCII "\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}"               \
                      "\\x{202f}\\x{205f}\\x{3000}"

enum { ASCII_MAX = 0x7f };

static bool make_room(struct regex_text *text, size_t more)
{
    if (text->room - text->len >= more)
        return true;
    const size_t room = (text->len + more) * 2 + 64;
    uint8_t *data = text->failed ? NULL : realloc(text->data, room);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->room = room;
    return true;
}

void regex_text_add_span(struct regex_text *text, struct leat_span span)
{
    if (span.len == 0 || !make_room(text, span.len))
        return;
    memcpy(text->data + text->len, span.data, span.len);
    text->len += span.len;
}

void regex_text_add(struct regex_text *text, const char *format, ...)
{
    char piece[256];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(piece, sizeof(piece), format, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof(piece));
    regex_text_add_span(text, (struct leat_span){ (const uint8_t *)piece, (size_t)len });
}

void regex_text_fini(struct regex_text *text)
{
    free(text->data);
    *text = (struct regex_text){ 0 };
}

const char *regex_word_class(bool ascii)
{
    return ascii ? "\\w" : "[" WORD_ITEMS "]";
}

static bool is_plain(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static void add_char(struct regex_text *text, uint32_t c, bool ascii)
{
    if (is_plain(c))
        regex_text_add(text, "%c", (int)c);
    else if (ascii && c > ASCII_MAX)
        regex_text_add(text, "(?!)");
    else
        regex_text_add(text, "\\x{%x}", (unsigned)c);
}

static void add_range(struct regex_text *text, uint32_t first, uint32_t last, bool ascii)
{
    if (ascii && last > ASCII_MAX)
        last = ASCII_MAX;
    if (first <= '\n' && last >= '\n') {
        if (first < '\n')
            regex_text_add(text, "\\x{%x}-\\x09", (unsigned)first);
        first = '\n' + 1;
    }
    /* Surrogates are no characters, and PCRE2 does not let a range end in them. */
    if (first <= last)
        regex_text_add(text, "\\x{%x}-\\x{%x}", (unsigned)first, (unsigned)last);
}

/* The names PCRE2 knows only by their short forms. */
static void add_property(struct regex_text *text, struct leat_span name, bool negated)
{
    static const char *const names[][2] = {
        { "Letter", "L" },
        { "Lowercase_Letter", "Ll" },
        { "Uppercase_Letter", "Lu" },
        { "Titlecase_Letter", "Lt" },
        { "Modifier_Letter", "Lm" },
        { "Other_Letter", "Lo" },
        { "Mark", "M" },
        { "Number", "N" },
        { "Decimal_Number", "Nd" },
        { "Punctuation", "P" },
        { "Symbol", "S" },
        { "Currency_Symbol", "Sc" },
        { "Math_Symbol", "Sm" },
        { "Separator", "Z" },
        { "Other", "C" },
        { "Control", "Cc" },
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i][0]) == name.len && memcmp(names[i][0], name.data, name.len) == 0)
            name = (struct leat_span){ (const uint8_t *)names[i][1], strlen(names[i][1]) };
    regex_text_add(text, negated ? "\\P{" : "\\p{");
    regex_text_add_span(text, name);
    regex_text_add(text, "}");
}

static void add_item(struct regex_text *text, const struct regex_item *item, bool ascii)
{
    switch (item->kind) {
    case REGEX_RANGE:
        add_range(text, item->first, item->last, ascii);
        break;
    case REGEX_DIGIT:
        regex_text_add(text, item->negated ? "\\D" : "\\d");
        break;
    case REGEX_SPACE:
        regex_text_add(text, item->negated ? "\\S" : ascii ? SPACE_ITEMS_ASCII : SPACE_ITEMS);
        break;
    case REGEX_WORD:
        regex_text_add(text, item->negated ? "\\W" : ascii ? "\\w" : WORD_ITEMS);
        break;
    case REGEX_PROPERTY:
        add_property(text, item->name, item->negated);
        break;
    }
}

static void add_class(struct regex_text *text, const struct regex *regex,
                      const struct regex_token *token, bool ascii)
{
    const struct regex_item *items = regex->items + token->items;
    assert(token->items + token->items_len <= regex->items_len);
    if (!token->negated && token->items_len == 1 && items->kind == REGEX_PROPERTY) {
        /* Twice negated, so that the line's end can be left out whatever the property. */
        regex_text_add(text, "[^\\n");
        add_property(text, items->name, !items->negated);
        regex_text_add(text, "]");
        return;
    }
    const size_t start = text->len;
    regex_text_add(text, token->negated ? "[^\\n" : "[");
    const size_t empty = text->len;
    for (size_t i = 0; i < token->items_len; i++)
        add_item(text, &items[i], ascii);
    if (text->len == empty && !token->negated && !text->failed) {
        text->len = start;
        regex_text_add(text, "(?!)");
        return;
    }
    regex_text_add(text, "]");
}

/* What ripgrep asks of the characters before and after an edge: that it be a word's (W), that it be
 * none (N), or that it be another or the line's end (O). Bytes that are no character are N, not O.
 */
#define WORD      "[" WORD_ITEMS "]"
#define OTHER     "[^" WORD_ITEMS "]"
#define AFTER_BAD "(?<!(?s:.))"
#define BEFORE_W  "(?:(?<=" WORD ")|" AFTER_BAD "(?C253))"
#define BEFORE_N  "(?:^|(?<=" OTHER ")|" AFTER_BAD "(?C254))"
#define BEFORE_O  "(?:^|(?<=" OTHER ")|" AFTER_BAD "(?C255))"
#define AFTER_W   "(?=" WORD ")"
#define AFTER_N   "(?!" WORD ")"
#define AFTER_O   "(?:$|(?=" OTHER "))"

_Static_assert(WORD_CALLOUT_WORD == 253 && WORD_CALLOUT_NOT_WORD == 254 &&
                   WORD_CALLOUT_OTHER == 255,
               "the patterns here call out by these numbers");

void regex_add_edge(struct regex_text *text, enum regex_kind kind, bool ascii)
{
    static const char *const edges[][2] = {
        [REGEX_WORD_EDGE] = { "(?:" AFTER_W BEFORE_N "|" AFTER_N BEFORE_W ")", "\\b" },
        [REGEX_WORD_INSIDE] = { "(?:" AFTER_W BEFORE_W "|" AFTER_O BEFORE_O ")", "\\B" },
        [REGEX_WORD_START] = { "(?:" AFTER_W BEFORE_N ")", "(?:\\b(?=\\w))" },
        [REGEX_WORD_END] = { "(?:" AFTER_N BEFORE_W ")", "(?:\\b(?<=\\w))" },
        [REGEX_WORD_START_HALF] = { BEFORE_O, "(?<!\\w)" },
        [REGEX_WORD_END_HALF] = { AFTER_O, "(?!\\w)" },
    };
    assert(regex_is_edge(kind));
    const char *edge = edges[kind][ascii];
    regex_text_add_span(text, (struct leat_span){ (const uint8_t *)edge, strlen(edge) });
}

static void add_group(struct regex_text *text, const struct regex_token *token)
{
    static const char *const flags[] = { "", "i", "-i" };
    if (token->kind == REGEX_LOOK)
        regex_text_add_span(text, token->source);
    else if (token->kind == REGEX_ATOMIC)
        regex_text_add(text, "(?>");
    else if (token->kind == REGEX_OPEN)
        regex_text_add(text, "(?%s:", flags[token->letter_case]);
    else if (token->letter_case != REGEX_CASE_KEEP)
        regex_text_add(text, "(?%s)", flags[token->letter_case]);
}

static void add_token(struct regex_text *text, const struct regex *regex,
                      const struct regex_token *token, bool ascii)
{
    switch (token->kind) {
    case REGEX_CHAR:
        add_char(text, token->c, ascii);
        break;
    case REGEX_CLASS:
        add_class(text, regex, token, ascii);
        break;
    case REGEX_OPEN:
    case REGEX_ATOMIC:
    case REGEX_LOOK:
    case REGEX_FLAGS:
        add_group(text, token);
        break;
    case REGEX_LINE_START:
        regex_text_add(text, "^");
        break;
    case REGEX_LINE_END:
        regex_text_add(text, "$");
        break;
    case REGEX_ANY:
        regex_text_add(text, ".");
        break;
    case REGEX_CLOSE:
    case REGEX_OR:
    case REGEX_REPEAT:
        regex_text_add_span(text, token->source);
        break;
    default:
        regex_add_edge(text, token->kind, ascii);
        break;
    }
}

void regex_translate(const struct regex *regex, bool ascii, struct regex_text *text)
{
    assert(!regex->exotic);
    for (size_t i = 0; i < regex->tokens_len; i++) {
        const struct regex_token *token = &regex->tokens[i];
        /* PCRE2 repeats a group that matches nothing, but neither ^ nor \b. */
        const bool grouped = token->kind >= REGEX_LINE_START && i + 1 < regex->tokens_len &&
                             token[1].kind == REGEX_REPEAT;
        if (grouped)
            regex_text_add(text, "(?:");
        add_token(text, regex, token, ascii);
        if (grouped)
            regex_text_add(text, ")");
    }
}

bool regex_is_ascii(const struct regex *regex)
{
    for (size_t i = 0; i < regex->tokens_len; i++)
        if (regex->tokens[i].kind == REGEX_CHAR && regex->tokens[i].c > ASCII_MAX)
            return false;
    for (size_t i = 0; i < regex->items_len; i++)
        if (regex->items[i].kind == REGEX_RANGE && regex->items[i].last > ASCII_MAX)
            return false;
    return true;
}
