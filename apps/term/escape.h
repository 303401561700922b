#ifndef APPS_TERM_ESCAPE_H
#define APPS_TERM_ESCAPE_H

#include "apps/term/buffer.h"

/* Names and texts from outside may hold anything: sequences that clear the screen or type
 * commands, bytes that are not UTF-8, characters that turn the reading order around. These put
 * them so that a terminal shows them and obeys none of them. */

/* Put text with what a terminal must not see shown instead: control characters below U+0080 and
 * bytes that are not UTF-8 as \xNN; control characters above it, line and paragraph separators,
 * and invisible format characters (those that change direction, join, or hide) as \u{NNNN}.
 * A backslash stays as it is: this is for the eye, not for reading back. */
void term_put_escaped(struct term_buffer *buffer, const char *text, size_t len);

/* What stands in HTML and XML for a byte that would be markup, or NULL. */
const char *term_entity_of(char byte);

/* Put a name: escaped where `escape`, which is set when the output is a terminal, and otherwise
 * byte for byte, so that another program can open it. */
static inline void term_put_path(struct term_buffer *buffer, bool escape, const char *path,
                                 size_t len)
{
    if (escape)
        term_put_escaped(buffer, path, len);
    else
        term_put(buffer, path, len);
}

#endif
