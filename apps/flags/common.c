#include "apps/flags/flags.h"

#include <assert.h>
#include <stdio.h>

#include "apps/term/message.h"

#define COMMON "Other flags"

const char flags_version[] = LEAT_VERSION;

/* What every command takes, after its own. */
static const struct flags_flag common[] = {
    { .letter = 'h',
      .name = "help",
      .section = COMMON,
      .kind = FLAGS_HELP,
      .brief = "Show this; --help says more.",
      .text = "Show the flags and stop: in one line each by `-h`, in full by `--help`." },
    { .letter = 'V',
      .name = "version",
      .section = COMMON,
      .kind = FLAGS_VERSION,
      .brief = "Show leat's version.",
      .text = "Show the version of leat and stop." },
};

#define COMMON_COUNT (sizeof(common) / sizeof(common[0]))

size_t flags_count(const struct flags_command *command)
{
    return command->flag_count + COMMON_COUNT;
}

const struct flags_flag *flags_get(const struct flags_command *command, size_t index)
{
    assert(index < flags_count(command));
    return index < command->flag_count ? &command->flags[index]
                                       : &common[index - command->flag_count];
}

const struct flags_command *flags_command_find(const struct flags_program *program,
                                               const char *name)
{
    assert(program != NULL && name != NULL);
    for (size_t i = 0; program->commands[i] != NULL; i++) {
        if (strcmp(program->commands[i]->name, name) == 0)
            return program->commands[i];
    }
    return NULL;
}

static const char *title(const struct flags_command *command, char *space, size_t size)
{
    if (command->name == NULL)
        return FLAGS_PROGRAM;
    struct term_buffer buffer = term_buffer_fixed(space, size - 1);
    term_puts(&buffer, FLAGS_PROGRAM " ");
    term_puts(&buffer, command->name);
    space[buffer.len] = '\0';
    return space;
}

void flags_put_wrong(struct term_buffer *buffer, const struct flags_command *command,
                     const char *format, ...)
{
    assert(command != NULL && format != NULL);
    char name[64], *reason = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&reason, format, args) < 0)
        reason = NULL;
    va_end(args);
    term_put_message(buffer, &(struct term_message){
                                 .program = title(command, name, sizeof(name)),
                                 .reason = reason != NULL ? reason : "out of memory",
                             });
    free(reason);
}
