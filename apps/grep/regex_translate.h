#ifndef APPS_GREP_REGEX_TRANSLATE_H
#define APPS_GREP_REGEX_TRANSLATE_H

#include "apps/grep/regex.h"

/* Text that grows. After `failed` (no memory) it takes no more. */
struct regex_text {
    uint8_t *data;
    size_t len, room;
    bool failed;
};

void regex_text_add(struct regex_text *text, const char *format, ...) LEAT_PRINTF(2, 3);
void regex_text_add_span(struct regex_text *text, struct leat_span span);
void regex_text_fini(struct regex_text *text);

/* A PCRE2 class of what \w is to ripgrep: PCRE2's own leaves out marks and joiners, and takes
 * numbers that are not digits. Among ASCII text both are the same, and \w it is. */
const char *regex_word_class(bool ascii);

/* Write an edge of a word, of whatever kind, as ripgrep has it. Unless `ascii`, it may call out as
 * word.h says. */
void regex_add_edge(struct regex_text *text, enum regex_kind kind, bool ascii);

/* Write the pattern as PCRE2 is to have it: no atom matches '\n', so that a whole text can be
 * searched at once and no match leaves its line; classes and words mean what they mean to ripgrep;
 * no group captures.
 *
 * ascii    for text known to be ASCII, to be compiled without PCRE2_UTF: smaller and faster
 * The regex must not be exotic. */
void regex_translate(const struct regex *regex, bool ascii, struct regex_text *text);

/* Whether every character the pattern names is ASCII. When it is not, and letters match in either
 * case, the translation for ASCII text may not be used: U+017F is an s, and U+212A a k. */
bool regex_is_ascii(const struct regex *regex);

#endif
