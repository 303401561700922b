#include "apps/term/colour.h"

#include <assert.h>
#include <unistd.h>

const char *term_colour_sequence(enum term_colour colour)
{
    static const char *const sequences[] = {
        [TERM_PATH] = "\x1b[0m\x1b[35m",
        [TERM_LINE] = "\x1b[0m\x1b[32m",
        [TERM_COLUMN] = "\x1b[0m",
        [TERM_MATCH] = "\x1b[0m\x1b[1m\x1b[31m",
    };
    assert((size_t)colour < sizeof(sequences) / sizeof(sequences[0]));
    return sequences[colour];
}

static bool wants_colour(bool terminal)
{
    const char *name = getenv("TERM");
    return terminal && name != NULL && strcmp(name, "dumb") != 0 && getenv("NO_COLOR") == NULL;
}

struct term_style term_style_of(int fd, enum term_when when)
{
    assert(fd >= 0);
    bool terminal = isatty(fd) == 1;
    bool colour = when == TERM_AUTO ? wants_colour(terminal) : when != TERM_NEVER;
    return (struct term_style){ .colour = colour, .escape = terminal };
}
