#ifndef APPS_FLAGS_TEXT_H
#define APPS_FLAGS_TEXT_H

#include "apps/flags/flags.h"

/* The texts of a table, taken apart for whoever shows them; see struct flags_flag for how they
 * are written. */

/* One paragraph, or lines to be shown as they are. A piece of the text it comes from. */
struct flags_block {
    const char *text;
    size_t len;
    bool literal;
};

/* Take the next block off the front of the text. False: there is none. */
LEAT_MUST_USE bool flags_block_next(const char **text, struct flags_block *ret_block);

/* Take the next line off the front of a literal block, without its four spaces. */
LEAT_MUST_USE bool flags_line_next(struct flags_block *block, struct flags_block *ret_line);

/* Put the text in lines of at most FLAGS_WIDTH columns, each indented, with an empty line between
 * paragraphs and without the backquotes. */
#define FLAGS_WIDTH 79
void flags_put_wrapped(struct term_buffer *buffer, const char *text, size_t indent);

/* Put the command as it is typed: `leat grep`, with `between` between the two. */
void flags_put_title(struct term_buffer *buffer, const struct flags_command *command,
                     const char *between);

#endif
