#include "apps/flags/flags.h"

#include <assert.h>

#include "apps/flags/text.h"

/* Labels longer than this push their line of help to the right. */
#define LABEL_WIDTH_MAX 32

/* Names of commands are at most about this long. */
#define COMMAND_WIDTH 9

/* Where the text of a flag starts in the long help. */
#define FULL_INDENT 10

/* The flag as one types it: `-A, --after-context=NUM`. */
static void put_label(struct term_buffer *buffer, const struct flags_flag *flag)
{
    if (flag->letter != 0)
        term_printf(buffer, "  -%c, ", flag->letter);
    else
        term_puts(buffer, "      ");
    term_printf(buffer, "--%s", flag->name);
    if (flag->placeholder != NULL)
        term_printf(buffer, "=%s", flag->placeholder);
}

static size_t label_width(const struct flags_flag *flag)
{
    size_t argument = flag->placeholder != NULL ? 1 + strlen(flag->placeholder) : 0;
    return strlen("  -A, --") + strlen(flag->name) + argument;
}

static size_t widest_label(const struct flags_command *command)
{
    size_t widest = 0;
    for (size_t i = 0; i < flags_count(command); i++) {
        size_t width = label_width(flags_get(command, i));
        if (width > widest && width <= LABEL_WIDTH_MAX)
            widest = width;
    }
    return widest;
}

static void put_name_and_usage(struct term_buffer *buffer, const struct flags_program *program,
                               const struct flags_command *command)
{
    flags_put_title(buffer, command, " ");
    if (command->name == NULL)
        term_printf(buffer, " %s", program->version);
    term_printf(buffer, ": %s\n\nUSAGE:\n", command->summary);
    for (size_t i = 0; command->usage[i] != NULL; i++) {
        term_puts(buffer, "  ");
        flags_put_title(buffer, command, " ");
        term_printf(buffer, " %s\n", command->usage[i]);
    }
}

/* The commands, where the command is the program itself. */
static void put_commands(struct term_buffer *buffer, const struct flags_program *program,
                         const struct flags_command *command)
{
    if (command != program->self)
        return;
    term_puts(buffer, "\nCOMMANDS:\n");
    for (size_t i = 0; program->commands[i] != NULL; i++) {
        const struct flags_command *each = program->commands[i];
        term_printf(buffer, "  %-*s  %s.\n", COMMAND_WIDTH, each->name, each->summary);
    }
}

/* The heading of a section, in capitals, where the flag is the first of it. */
static void put_section(struct term_buffer *buffer, const struct flags_command *command,
                        size_t index)
{
    const char *section = flags_get(command, index)->section;
    if (index > 0 && strcmp(flags_get(command, index - 1)->section, section) == 0)
        return;
    term_putc(buffer, '\n');
    for (const char *letter = section; *letter != '\0'; letter++) {
        bool small = *letter >= 'a' && *letter <= 'z';
        term_putc(buffer, (char)(small ? *letter - 'a' + 'A' : *letter));
    }
    term_puts(buffer, ":\n");
}

void flags_put_help(struct term_buffer *buffer, const struct flags_program *program,
                    const struct flags_command *command)
{
    assert(program != NULL && command != NULL);
    put_name_and_usage(buffer, program, command);
    put_commands(buffer, program, command);
    size_t widest = widest_label(command);
    for (size_t i = 0; i < flags_count(command); i++) {
        const struct flags_flag *flag = flags_get(command, i);
        size_t width = label_width(flag);
        put_section(buffer, command, i);
        put_label(buffer, flag);
        term_put_repeat(buffer, ' ', width < widest ? widest - width : 0);
        term_printf(buffer, "  %s\n", flag->brief);
    }
}

static void put_flag_in_full(struct term_buffer *buffer, const struct flags_flag *flag)
{
    put_label(buffer, flag);
    term_putc(buffer, '\n');
    flags_put_wrapped(buffer, flag->text, FULL_INDENT);
    if (flag->negation != NULL)
        term_printf(buffer, "\n%*sThis can be taken back with --%s.\n", FULL_INDENT, "",
                    flag->negation);
}

static void put_examples_and_exits(struct term_buffer *buffer, const struct flags_command *command)
{
    const struct flags_example *example = command->examples;
    if (example != NULL && example->line != NULL)
        term_puts(buffer, "\nEXAMPLES:\n");
    for (size_t i = 0; example != NULL && example[i].line != NULL; i++)
        term_printf(buffer, "%s  %s\n\n      %s\n", i > 0 ? "\n" : "", example[i].does,
                    example[i].line);
    const struct flags_exit *exits = command->exits;
    if (exits != NULL && exits->status != NULL)
        term_puts(buffer, "\nEXIT STATUS:\n");
    for (size_t i = 0; exits != NULL && exits[i].status != NULL; i++)
        term_printf(buffer, "  %-4s  %s\n", exits[i].status, exits[i].when);
}

void flags_put_long_help(struct term_buffer *buffer, const struct flags_program *program,
                         const struct flags_command *command)
{
    assert(program != NULL && command != NULL);
    put_name_and_usage(buffer, program, command);
    term_putc(buffer, '\n');
    flags_put_wrapped(buffer, command->description, 0);
    put_commands(buffer, program, command);
    for (size_t i = 0; i < flags_count(command); i++) {
        put_section(buffer, command, i);
        if (i > 0 &&
            strcmp(flags_get(command, i - 1)->section, flags_get(command, i)->section) == 0)
            term_putc(buffer, '\n');
        put_flag_in_full(buffer, flags_get(command, i));
    }
    put_examples_and_exits(buffer, command);
    if (command->notes != NULL) {
        term_puts(buffer, "\nNOTES:\n");
        flags_put_wrapped(buffer, command->notes, 2);
    }
}
