#ifndef APPS_TERM_COLOUR_H
#define APPS_TERM_COLOUR_H

#include "apps/term/buffer.h"

/* Colours of what is printed, as ripgrep's defaults are, escape sequence for escape sequence, so
 * that the two outputs can be compared as they are. */

/* When to colour. The order is that of --color's choices; automatic comes first, as the zeroed
 * option. */
enum term_when { TERM_AUTO, TERM_NEVER, TERM_ALWAYS, TERM_ANSI };

/* What is coloured. Separators are not. */
enum term_colour {
    TERM_PATH,   /* magenta */
    TERM_LINE,   /* line numbers: green */
    TERM_COLUMN, /* columns and byte offsets: the terminal's own colour, but set as such */
    TERM_MATCH,  /* bold red */
};

/* How one output is printed to: asked once, then passed along. */
struct term_style {
    bool colour;
    bool escape; /* the output is a terminal: names go through term_put_escaped */
};

/* The style for a descriptor. Automatic colour needs a terminal, TERM set to anything but `dumb`,
 * and no NO_COLOR. */
struct term_style term_style_of(int fd, enum term_when when);

/* The escape sequence that begins a colour. A constant string. */
const char *term_colour_sequence(enum term_colour colour);

/* Begin and end a coloured piece; nothing where the style has no colour. */
static inline void term_colour_begin(struct term_buffer *buffer, struct term_style style,
                                     enum term_colour colour)
{
    if (style.colour)
        term_puts(buffer, term_colour_sequence(colour));
}

static inline void term_colour_end(struct term_buffer *buffer, struct term_style style)
{
    if (style.colour)
        term_put(buffer, "\x1b[0m", 4);
}

#endif
