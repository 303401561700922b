#include "apps/grep/word.h"

#include "apps/grep/regex.h"
#include "apps/grep/regex_translate.h"

#include <assert.h>
#include <string.h>

pcre2_code *word_create(void)
{
    const char *text = regex_word_class(false);
    int code;
    size_t at;
    pcre2_code *word = pcre2_compile((PCRE2_SPTR)text, strlen(text),
                                     PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED, &code, &at, NULL);
    /* One character at a time, and seldom: not worth compiling further. */
    return word;
}

static enum word_side side_of(const pcre2_code *word, pcre2_match_data *data, struct leat_span text,
                              size_t at)
{
    uint32_t c;
    size_t after = at;
    assert(word && data && at < text.len);
    if (!regex_decode(text, &after, &c))
        return WORD_SIDE_BAD;
    bool is_word;
    if (c < 0x80)
        is_word = c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    else
        is_word = pcre2_match(word, text.data + at, after - at, 0, 0, data, NULL) >= 0;
    return is_word ? WORD_SIDE_WORD : WORD_SIDE_OTHER;
}

enum word_side word_after(const pcre2_code *word, pcre2_match_data *data, struct leat_span text,
                          size_t at)
{
    assert(at <= text.len);
    return at == text.len || text.data[at] == '\n' ? WORD_SIDE_NONE : side_of(word, data, text, at);
}

enum word_side word_before(const pcre2_code *word, pcre2_match_data *data, struct leat_span text,
                           size_t at)
{
    enum { CHARACTER_BYTES_MAX = 4 };
    assert(at <= text.len);
    if (at == 0 || text.data[at - 1] == '\n')
        return WORD_SIDE_NONE;
    size_t start = at - 1;
    while (start > 0 && at - start < CHARACTER_BYTES_MAX && (text.data[start] & 0xc0) == 0x80)
        start--;
    /* Continuation bytes that begin a line: what is before the line is not theirs. */
    return text.data[start] == '\n' ? WORD_SIDE_BAD : side_of(word, data, text, start);
}

int word_callout(pcre2_callout_block *block, void *context)
{
    const struct word_callout_context *with = context;
    const struct leat_span before = { block->subject, block->current_position };
    const enum word_side side = word_before(with->word, with->data, before, before.len);
    bool goes_on = true;
    if (block->callout_number == WORD_CALLOUT_WORD)
        goes_on = side == WORD_SIDE_WORD;
    else if (block->callout_number == WORD_CALLOUT_NOT_WORD)
        goes_on = side != WORD_SIDE_WORD;
    else if (block->callout_number == WORD_CALLOUT_OTHER)
        goes_on = side == WORD_SIDE_OTHER;
    return goes_on ? 0 : 1;
}
