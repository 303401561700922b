#include "apps/flags/flags.h"

#include <assert.h>

#include "apps/flags/text.h"

/* The man page, in the man(7) macros that groff and mandoc both know. */

/* Put text so that roff shows each character as itself: its escapes begin with a backslash, and
 * it would set dashes, quotes and accents as typographers do, not as one types them. */
static void put_roff(struct term_buffer *buffer, const char *text, size_t len)
{
    if (len > 0 && (text[0] == '.' || text[0] == '\''))
        term_puts(buffer, "\\&");
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '\\':
            term_puts(buffer, "\\e");
            break;
        case '-':
            term_puts(buffer, "\\-");
            break;
        case '\'':
            term_puts(buffer, "\\(aq");
            break;
        case '^':
            term_puts(buffer, "\\(ha");
            break;
        case '~':
            term_puts(buffer, "\\(ti");
            break;
        default:
            term_putc(buffer, text[i]);
        }
    }
}

static void put_roff_string(struct term_buffer *buffer, const char *text)
{
    put_roff(buffer, text, strlen(text));
}

/* Put a paragraph as one line of roff, what is in backquotes in bold. */
static void put_paragraph(struct term_buffer *buffer, struct flags_block block)
{
    bool bold = false;
    for (size_t at = 0; at < block.len;) {
        size_t len = strcspn(block.text + at, "`\n");
        if (len > block.len - at)
            len = block.len - at;
        put_roff(buffer, block.text + at, len);
        at += len;
        if (at == block.len)
            break;
        if (block.text[at] == '`')
            bold = !bold;
        term_puts(buffer, block.text[at] == '\n' ? " " : bold ? "\\fB" : "\\fR");
        at++;
    }
    assert(!bold);
    term_putc(buffer, '\n');
}

/* .RS counts from the margin of the section, and so from left of a list's text. */
static void put_literal(struct term_buffer *buffer, struct flags_block block, bool in_list)
{
    struct flags_block line;
    term_puts(buffer, in_list ? ".sp\n.RS 8\n.nf\n" : ".PP\n.RS 4\n.nf\n");
    while (flags_line_next(&block, &line)) {
        put_roff(buffer, line.text, line.len);
        term_putc(buffer, '\n');
    }
    term_puts(buffer, ".fi\n.RE\n");
}

/* Put a text of several paragraphs, as the body of a section or of a list's item. */
static void put_text(struct term_buffer *buffer, const char *text, bool in_list)
{
    struct flags_block block;
    for (bool first = true; flags_block_next(&text, &block); first = false) {
        if (block.literal) {
            put_literal(buffer, block, in_list);
        } else {
            if (!first)
                term_puts(buffer, in_list ? ".IP\n" : ".PP\n");
            put_paragraph(buffer, block);
        }
    }
}

static void put_flag(struct term_buffer *buffer, const struct flags_flag *flag)
{
    term_puts(buffer, ".TP 4\n");
    if (flag->letter != 0) {
        term_printf(buffer, "\\fB\\-%c\\fR", flag->letter);
        if (flag->placeholder != NULL)
            term_printf(buffer, " \\fI%s\\fR", flag->placeholder);
        term_puts(buffer, ", ");
    }
    term_puts(buffer, "\\fB\\-\\-");
    put_roff_string(buffer, flag->name);
    term_puts(buffer, "\\fR");
    if (flag->placeholder != NULL)
        term_printf(buffer, "=\\fI%s\\fR", flag->placeholder);
    term_putc(buffer, '\n');
    put_text(buffer, flag->text, true);
    if (flag->negation != NULL) {
        term_puts(buffer, ".IP\nThis can be taken back with \\fB\\-\\-");
        put_roff_string(buffer, flag->negation);
        term_puts(buffer, "\\fR.\n");
    }
}

static void put_head(struct term_buffer *buffer, const struct flags_program *program,
                     const struct flags_command *command)
{
    term_puts(buffer, ".TH \"");
    flags_put_title(buffer, command, "\\-");
    term_printf(buffer, "\" 1 \"%s\" \"leat %s\" \"leat manual\"\n", program->date,
                program->version);
    term_puts(buffer, ".nh\n.ad l\n.SH NAME\n");
    flags_put_title(buffer, command, "\\-");
    term_puts(buffer, " \\- ");
    put_roff_string(buffer, command->summary);
    term_puts(buffer, "\n.SH SYNOPSIS\n");
    for (size_t i = 0; command->usage[i] != NULL; i++) {
        term_puts(buffer, i > 0 ? ".br\n\\fB" : "\\fB");
        flags_put_title(buffer, command, " ");
        term_puts(buffer, "\\fR ");
        put_roff_string(buffer, command->usage[i]);
        term_putc(buffer, '\n');
    }
    term_puts(buffer, ".SH DESCRIPTION\n");
    put_text(buffer, command->description, false);
}

static void put_commands(struct term_buffer *buffer, const struct flags_program *program)
{
    term_puts(buffer, ".SH COMMANDS\n");
    for (size_t i = 0; program->commands[i] != NULL; i++) {
        const struct flags_command *each = program->commands[i];
        term_printf(buffer, ".TP 4\n\\fB" FLAGS_PROGRAM "\\-%s\\fR(1)\n", each->name);
        put_roff_string(buffer, each->summary);
        term_puts(buffer, ".\n");
    }
}

static void put_flags(struct term_buffer *buffer, const struct flags_command *command)
{
    term_puts(buffer, ".SH OPTIONS\n");
    const char *section = "";
    for (size_t i = 0; i < flags_count(command); i++) {
        const struct flags_flag *flag = flags_get(command, i);
        if (strcmp(flag->section, section) != 0)
            term_printf(buffer, ".SS %s\n", flag->section);
        section = flag->section;
        put_flag(buffer, flag);
    }
}

static void put_exits_and_examples(struct term_buffer *buffer, const struct flags_command *command)
{
    const struct flags_exit *exits = command->exits;
    if (exits != NULL && exits->status != NULL)
        term_puts(buffer, ".SH EXIT STATUS\n");
    for (size_t i = 0; exits != NULL && exits[i].status != NULL; i++) {
        term_printf(buffer, ".TP 4\n\\fB%s\\fR\n", exits[i].status);
        put_roff_string(buffer, exits[i].when);
        term_putc(buffer, '\n');
    }
    const struct flags_example *examples = command->examples;
    if (examples != NULL && examples->line != NULL)
        term_puts(buffer, ".SH EXAMPLES\n");
    for (size_t i = 0; examples != NULL && examples[i].line != NULL; i++) {
        term_puts(buffer, i > 0 ? ".PP\n" : "");
        put_roff_string(buffer, examples[i].does);
        term_puts(buffer, "\n.PP\n.RS 4\n.nf\n");
        put_roff_string(buffer, examples[i].line);
        term_puts(buffer, "\n.fi\n.RE\n");
    }
}

static void put_see_also(struct term_buffer *buffer, const struct flags_program *program,
                         const struct flags_command *command)
{
    term_puts(buffer, ".SH SEE ALSO\n");
    if (command != program->self)
        term_puts(buffer, "\\fB" FLAGS_PROGRAM "\\fR(1)");
    bool first = command == program->self;
    for (size_t i = 0; program->commands[i] != NULL; i++) {
        if (program->commands[i] == command)
            continue;
        term_printf(buffer, "%s\\fB" FLAGS_PROGRAM "\\-%s\\fR(1)", first ? "" : ",\n",
                    program->commands[i]->name);
        first = false;
    }
    term_putc(buffer, '\n');
}

void flags_put_man(struct term_buffer *buffer, const struct flags_program *program,
                   const struct flags_command *command)
{
    assert(program != NULL && command != NULL);
    put_head(buffer, program, command);
    if (command == program->self)
        put_commands(buffer, program);
    put_flags(buffer, command);
    put_exits_and_examples(buffer, command);
    if (command->notes != NULL) {
        term_puts(buffer, ".SH NOTES\n");
        put_text(buffer, command->notes, false);
    }
    put_see_also(buffer, program, command);
}
