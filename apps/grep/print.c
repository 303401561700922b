#include "apps/grep/print.h"

#include "apps/term/escape.h"

/* Past this much text of one file the output is held rather than memory. */
#define GATHER_LEN_MAX (1024 * LEAT_KIB)

static const struct grep_options *flags_of(const struct print *print)
{
    return print->options->flags;
}

/* --- Pieces of a line --- */

static bool shows_name(const struct print *print)
{
    return print->options->names || print->named;
}

static void put_name(struct print *print)
{
    const struct print_options *options = print->options;
    term_colour_begin(&print->buffer, options->style, TERM_PATH);
    term_put_path(&print->buffer, options->style.escape, print->place, print->place_len);
    term_colour_end(&print->buffer, options->style);
}

static void put_number(struct print *print, enum term_colour colour, uint64_t number,
                       char separator)
{
    term_colour_begin(&print->buffer, print->options->style, colour);
    term_put_number(&print->buffer, number);
    term_colour_end(&print->buffer, print->options->style);
    term_putc(&print->buffer, separator);
}

/* What stands before the text from `start` on. `column` is 0 when there is none to show. */
static void put_prelude(struct print *print, const struct search_line *line, uint64_t column,
                        size_t start)
{
    char separator = line->matched ? ':' : '-';
    if (shows_name(print) && !print->options->heading) {
        put_name(print);
        term_putc(&print->buffer, flags_of(print)->null ? '\0' : separator);
    }
    if (line->number > 0)
        put_number(print, TERM_LINE, line->number, separator);
    if (column > 0)
        put_number(print, TERM_COLUMN, column, separator);
    if (flags_of(print)->byte_offset)
        put_number(print, TERM_COLUMN, search_line_offset(line, start), separator);
}

static void put_coloured(struct print *print, const uint8_t *text, size_t len)
{
    term_colour_begin(&print->buffer, print->options->style, TERM_MATCH);
    term_put(&print->buffer, text, len);
    term_colour_end(&print->buffer, print->options->style);
}

/* The line's text with its matches in colour, those that touch as one. */
static void put_highlighted(struct print *print, struct leat_span text)
{
    struct matcher_cursor cursor = { 0 };
    size_t from = 0, to = 0; /* what is coloured next; all before it is out */
    size_t start, end;
    while (matcher_in_line(print->matcher, print->scratch, text, &cursor, &start, &end) ==
           MATCHER_FOUND) {
        if (start > to) {
            if (to > from)
                put_coloured(print, text.data + from, to - from);
            term_put(&print->buffer, text.data + to, start - to);
            from = start;
        }
        to = end;
    }
    if (to > from)
        put_coloured(print, text.data + from, to - from);
    term_put(&print->buffer, text.data + to, text.len - to);
}

static void put_text(struct print *print, const struct search_line *line)
{
    if (print->options->style.colour && line->matched && !flags_of(print)->invert)
        put_highlighted(print, line->text);
    else
        term_put(&print->buffer, line->text.data, line->text.len);
    term_putc(&print->buffer, '\n');
}

/* --- Lines --- */

static void print_only_matching(struct print *print, const struct search_line *line)
{
    struct matcher_cursor cursor = { 0 };
    size_t start, end;
    while (matcher_in_line(print->matcher, print->scratch, line->text, &cursor, &start, &end) ==
           MATCHER_FOUND) {
        put_prelude(print, line, flags_of(print)->column ? start + 1 : 0, start);
        if (end > start)
            put_coloured(print, line->text.data + start, end - start);
        term_putc(&print->buffer, '\n');
    }
}

static void print_whole(struct print *print, const struct search_line *line)
{
    uint64_t column = 0;
    if (flags_of(print)->column && line->matched && !flags_of(print)->invert) {
        struct matcher_cursor cursor = { 0 };
        size_t start, end;
        if (matcher_in_line(print->matcher, print->scratch, line->text, &cursor, &start, &end) ==
            MATCHER_FOUND)
            column = start + 1;
    }
    put_prelude(print, line, column, 0);
    put_text(print, line);
}

static void count_matches(struct print *print, const struct search_line *line)
{
    struct matcher_cursor cursor = { 0 };
    size_t start, end;
    while (matcher_in_line(print->matcher, print->scratch, line->text, &cursor, &start, &end) ==
           MATCHER_FOUND)
        print->matches++;
}

/* --- Out --- */

static void note_status(struct print *print, enum term_status status)
{
    if (status != TERM_OK)
        print->closed = true;
}

/* What sets this file's lines apart from the last one's. Under the lock. */
static void put_out_separator(struct print *print)
{
    const struct print_options *options = print->options;
    bool lines = flags_of(print)->mode == GREP_LINES;
    if (*print->separates && lines && (options->heading || options->context)) {
        char text[4];
        struct term_buffer buffer = term_buffer_fixed(text, sizeof(text));
        term_puts(&buffer, options->heading ? "\n" : "--\n");
        note_status(print, term_flush_locked(print->output, &buffer));
    }
    *print->separates = true;
}

/* Put out the first `len` bytes of the buffer, and hold the output until the file's end. */
static void put_out(struct print *print, size_t len)
{
    leat_assert(len <= print->buffer.len);
    if (!print->holds) {
        term_output_lock(print->output);
        print->holds = true;
        put_out_separator(print);
    }
    struct term_buffer first = term_buffer_fixed(print->buffer.data, len);
    first.len = len;
    first.cut = print->buffer.cut;
    note_status(print, term_flush_locked(print->output, &first));
    print->buffer.len -= len;
    memmove(print->buffer.data, print->buffer.data + len, print->buffer.len);
    print->bytes += len;
    print->out += len;
}

/* Put out all of the buffer, and let go of the output. */
static void put_out_all(struct print *print)
{
    if (print->buffer.len > 0 || print->buffer.cut)
        put_out(print, print->buffer.len);
    print->buffer.cut = false;
    if (print->holds)
        term_output_unlock(print->output);
    print->holds = false;
}

static struct search_mark mark(const struct search_sink *sink)
{
    const struct print *print = (const struct print *)sink;
    return (struct search_mark){ .text = print->out + print->buffer.len,
                                 .matches = print->matches };
}

static void forget(struct search_sink *sink, struct search_mark to)
{
    struct print *print = (struct print *)sink;
    leat_assert(to.text >= print->out);
    print->buffer.len = (size_t)(to.text - print->out);
    print->matches = to.matches;
}

static void keep(struct search_sink *sink, struct search_mark to)
{
    struct print *print = (struct print *)sink;
    leat_assert(to.text >= print->out);
    size_t len = (size_t)(to.text - print->out);
    if (len > (print->streams ? 0 : GATHER_LEN_MAX) && !print->gathers)
        put_out(print, len);
}

void print_begin(struct print *print, const char *place, size_t place_len, bool named,
                 const struct search_result *result)
{
    print->place = place;
    print->place_len = place_len;
    print->named = named;
    print->result = result;
    print->matches = 0;
    print->out = 0;
}

/* Above a file's first line. */
static void put_heading(struct print *print)
{
    if (!print->options->heading || !shows_name(print) || print->gathers || print->holds ||
        print->buffer.len > 0)
        return;
    put_name(print);
    term_putc(&print->buffer, flags_of(print)->null ? '\0' : '\n');
}

static bool show_line(struct search_sink *sink, const struct search_line *line)
{
    struct print *print = (struct print *)sink;
    const struct grep_options *flags = flags_of(print);
    if (line->matched && (flags->stats || flags->mode == GREP_COUNT_MATCHES))
        count_matches(print, line);
    if (flags->quiet)
        return flags->stats;
    if (flags->mode == GREP_FILES_WITH || flags->mode == GREP_FILES_WITHOUT)
        return false;
    if (flags->mode != GREP_LINES)
        return !print->closed;
    if (print->result->binary)
        return false;
    put_heading(print);
    if (line->gap && print->options->context)
        term_puts(&print->buffer, "--\n");
    if (flags->only_matching && line->matched && !flags->invert)
        print_only_matching(print, line);
    else
        print_whole(print, line);
    return !print->closed;
}

void print_init(struct print *print, const struct print_options *options,
                const struct matcher *matcher, struct matcher_scratch *scratch,
                struct term_output *output, bool *separates)
{
    *print = (struct print){
        .sink = { .line = show_line, .mark = mark, .forget = forget, .keep = keep },
        .options = options,
        .matcher = matcher,
        .scratch = scratch,
        .output = output,
        .separates = separates,
    };
}

struct print print_piece(const struct print *print, struct matcher_scratch *scratch,
                         const struct search_result *result)
{
    /* Not a copy of the whole: its owner goes on printing meanwhile. */
    struct print piece;
    print_init(&piece, print->options, print->matcher, scratch, print->output, print->separates);
    print_begin(&piece, print->place, print->place_len, print->named, result);
    piece.gathers = true;
    return piece;
}

void print_add(struct print *print, const struct print *piece)
{
    print->matches += piece->matches;
    if (piece->buffer.len == 0 && !piece->buffer.cut)
        return;
    put_heading(print);
    term_put(&print->buffer, piece->buffer.data, piece->buffer.len);
    print->buffer.cut |= piece->buffer.cut;
    if (print->buffer.len > GATHER_LEN_MAX)
        put_out(print, print->buffer.len);
}

static void put_counted(struct print *print, uint64_t count)
{
    if (shows_name(print)) {
        put_name(print);
        term_putc(&print->buffer, flags_of(print)->null ? '\0' : ':');
    }
    term_put_number(&print->buffer, count);
    term_putc(&print->buffer, '\n');
}

static void put_listed(struct print *print)
{
    put_name(print);
    term_putc(&print->buffer, flags_of(print)->null ? '\0' : '\n');
}

/* Lines of a binary file are told of, not shown. */
static void put_binary(struct print *print, bool walked)
{
    bool stopped = walked && flags_of(print)->binary == GREP_BINARY_AUTO;
    if (print->options->heading && (print->buffer.len > 0 || print->holds)) {
        if (stopped)
            put_name(print), term_puts(&print->buffer, ": ");
    } else if (shows_name(print)) {
        put_name(print);
        term_puts(&print->buffer, ": ");
    }
    term_printf(&print->buffer, "%s (found \"\\0\" byte around offset %llu)\n",
                stopped ? "WARNING: stopped searching binary file after match"
                        : "binary file matches",
                (unsigned long long)print->result->binary_offset);
}

bool print_end(struct print *print, bool walked)
{
    const struct grep_options *flags = flags_of(print);
    const struct search_result *result = print->result;
    bool matched = result->lines > 0;
    bool squashed = result->binary && walked && flags->binary == GREP_BINARY_AUTO;
    if (squashed && flags->mode != GREP_LINES)
        matched = false;
    if (!flags->quiet) {
        if (flags->mode == GREP_LINES && matched && result->binary)
            put_binary(print, walked);
        else if (flags->mode == GREP_COUNT && matched)
            put_counted(print, result->lines);
        else if (flags->mode == GREP_COUNT_MATCHES && matched)
            put_counted(print, print->matches);
        else if (flags->mode == GREP_FILES_WITH && matched)
            put_listed(print);
        else if (flags->mode == GREP_FILES_WITHOUT && !matched && !squashed)
            put_listed(print);
    }
    put_out_all(print);
    return flags->mode == GREP_FILES_WITHOUT ? !matched : matched;
}
