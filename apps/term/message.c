#include "apps/term/message.h"

#include <assert.h>

#include "apps/term/escape.h"

/* Room for each piece, escaped, dots included. Together with the words between them they fit. */
#define PROGRAM_MAX 64
#define PLACE_MAX   2560
#define PART_MAX    64
#define REASON_MAX  1024

_Static_assert(PROGRAM_MAX + PLACE_MAX + PART_MAX + REASON_MAX + 128 <= TERM_MESSAGE_MAX,
               "a message of the longest pieces fits a line");

static void put_piece(struct term_buffer *buffer, const char *text, size_t len, size_t max)
{
    static const char dots[] = "...";
    char shown[PLACE_MAX];
    assert(max <= sizeof(shown) && max > sizeof(dots));
    struct term_buffer piece = term_buffer_fixed(shown, max - (sizeof(dots) - 1));
    term_put_escaped(&piece, text, len);
    term_put(buffer, piece.data, piece.len);
    if (piece.cut)
        term_puts(buffer, dots);
}

void term_put_message(struct term_buffer *buffer, const struct term_message *message)
{
    assert(message->program != NULL && message->reason != NULL);
    put_piece(buffer, message->program, strlen(message->program), PROGRAM_MAX);
    term_puts(buffer, ": ");
    if (message->place != NULL) {
        put_piece(buffer, message->place, message->place_len, PLACE_MAX);
        term_puts(buffer, ": ");
    }
    if (message->part != NULL) {
        put_piece(buffer, message->part, strlen(message->part), PART_MAX);
        term_puts(buffer, ": ");
    }
    put_piece(buffer, message->reason, strlen(message->reason), REASON_MAX);
    if (message->has_offset) {
        term_puts(buffer, ", at input offset ");
        term_put_number(buffer, message->input_offset);
    }
    term_putc(buffer, '\n');
}

void term_message(struct term_output *output, const struct term_message *message)
{
    char line[TERM_MESSAGE_MAX];
    struct term_buffer buffer = term_buffer_fixed(line, sizeof(line));
    term_put_message(&buffer, message);
    assert(!buffer.cut);
    assert(buffer.len > 0 && line[buffer.len - 1] == '\n');
    enum term_status status = term_flush(output, &buffer);
    (void)status;
}
