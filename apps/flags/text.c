#include "apps/flags/text.h"

#include <assert.h>

static const char literal_mark[] = "    ";
#define LITERAL_INDENT (sizeof(literal_mark) - 1)

static bool is_literal(const char *line)
{
    return strncmp(line, literal_mark, LITERAL_INDENT) == 0;
}

/* The end of the line: its newline, or the end of the text. */
static const char *line_end(const char *line)
{
    return line + strcspn(line, "\n");
}

bool flags_block_next(const char **text, struct flags_block *ret_block)
{
    assert(text != NULL && *text != NULL);
    const char *start = *text + strspn(*text, "\n");
    if (*start == '\0')
        return false;
    bool literal = is_literal(start);
    const char *end = line_end(start);
    while (*end != '\0' && end[1] != '\0' && end[1] != '\n' && is_literal(end + 1) == literal)
        end = line_end(end + 1);
    *ret_block = (struct flags_block){ start, (size_t)(end - start), literal };
    *text = end;
    assert(ret_block->len > 0);
    return true;
}

bool flags_line_next(struct flags_block *block, struct flags_block *ret_line)
{
    assert(block->literal);
    if (block->len == 0)
        return false;
    const char *newline = memchr(block->text, '\n', block->len);
    size_t len = newline != NULL ? (size_t)(newline - block->text) : block->len;
    assert(len >= LITERAL_INDENT);
    *ret_line = (struct flags_block){ block->text + LITERAL_INDENT, len - LITERAL_INDENT, true };
    size_t taken = newline != NULL ? len + 1 : len;
    block->text += taken;
    block->len -= taken;
    return true;
}

static void put_literal(struct term_buffer *buffer, struct flags_block block, size_t indent)
{
    struct flags_block line;
    while (flags_line_next(&block, &line)) {
        term_put_repeat(buffer, ' ', indent + LITERAL_INDENT);
        term_put(buffer, line.text, line.len);
        term_putc(buffer, '\n');
    }
}

/* Put a word without its backquotes. */
static void put_word(struct term_buffer *buffer, const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (word[i] != '`')
            term_putc(buffer, word[i]);
    }
}

static size_t word_width(const char *word, size_t len)
{
    size_t width = 0;
    for (size_t i = 0; i < len; i++)
        width += word[i] != '`' && ((unsigned char)word[i] & 0xC0) != 0x80;
    return width;
}

static void put_paragraph(struct term_buffer *buffer, struct flags_block block, size_t indent)
{
    size_t column = 0; /* 0: the line has not begun */
    const char *end = block.text + block.len;
    for (const char *word = block.text; word < end;) {
        size_t len = strcspn(word, " \n");
        if (len > (size_t)(end - word))
            len = (size_t)(end - word);
        size_t width = word_width(word, len);
        if (column > 0 && column + 1 + width > FLAGS_WIDTH) {
            term_putc(buffer, '\n');
            column = 0;
        }
        term_put_repeat(buffer, ' ', column == 0 ? indent : 1);
        put_word(buffer, word, len);
        column += (column == 0 ? indent : 1) + width;
        word += len;
        word += strspn(word, " \n");
    }
    term_putc(buffer, '\n');
}

void flags_put_wrapped(struct term_buffer *buffer, const char *text, size_t indent)
{
    assert(indent < FLAGS_WIDTH);
    struct flags_block block;
    for (bool first = true; flags_block_next(&text, &block); first = false) {
        if (!first)
            term_putc(buffer, '\n');
        if (block.literal)
            put_literal(buffer, block, indent);
        else
            put_paragraph(buffer, block, indent);
    }
}

void flags_put_title(struct term_buffer *buffer, const struct flags_command *command,
                     const char *between)
{
    term_puts(buffer, FLAGS_PROGRAM);
    if (command->name == NULL)
        return;
    term_puts(buffer, between);
    term_puts(buffer, command->name);
}
