#include "apps/flags/program.h"

#include <assert.h>

#include "apps/flags/suggest.h"

static enum flags_status unknown_command(const struct flags_program *program, const char *name,
                                         struct term_buffer *ret_text)
{
    const char *near = flags_suggest_command(program, name);
    if (near != NULL)
        flags_put_wrong(ret_text, program->self, "unknown command %s; did you mean %s?", name,
                        near);
    else
        flags_put_wrong(ret_text, program->self, "unknown command %s; see leat -h", name);
    return FLAGS_WRONG;
}

/* The program's flags are read: what do they ask for? */
static enum flags_status decide(const struct flags_program *program,
                                const struct flags_program_options *options,
                                const struct flags_command **ret_command,
                                struct term_buffer *ret_text)
{
    const char *name = options->operands.count > 0 ? options->operands.items[0] : NULL;
    if (options->shell != FLAGS_SHELL_NONE) {
        flags_put_completions(ret_text, program, options->shell);
        return FLAGS_SHOWN;
    }
    if (name == NULL && !options->man) {
        flags_put_wrong(ret_text, program->self, "no command given; see leat -h");
        return FLAGS_WRONG;
    }
    const struct flags_command *command =
        name != NULL ? flags_command_find(program, name) : program->self;
    if (command == NULL)
        return unknown_command(program, name, ret_text);
    if (options->man) {
        flags_put_man(ret_text, program, command);
        return FLAGS_SHOWN;
    }
    *ret_command = command;
    return FLAGS_RUN;
}

enum flags_status flags_start(const struct flags_program *program, int argc, char *const *argv,
                              const struct flags_command **ret_command, int *ret_first,
                              struct term_buffer *ret_text)
{
    assert(program->self->options_size == sizeof(struct flags_program_options));
    assert(program->self->stops_at_operand);
    struct flags_program_options options = { 0 };
    enum flags_status status = flags_parse(program, program->self, argc, argv, &options, ret_text);
    if (status == FLAGS_RUN)
        status = decide(program, &options, ret_command, ret_text);
    /* The operands are the command's name and all that follows it. */
    if (status == FLAGS_RUN)
        *ret_first = argc - (int)options.operands.count;
    flags_release(program->self, &options);
    return status;
}
