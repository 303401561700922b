#include "apps/flags/flags.h"

#include <assert.h>

/* Completion scripts, made from the tables: each shell's own way of saying the same. */

/* Put text inside single quotes, with a backslash before each of `special`. */
static void put_quoted(struct term_buffer *buffer, const char *text, const char *special,
                       const char *quote)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            term_puts(buffer, quote);
            continue;
        }
        if (strchr(special, *text) != NULL)
            term_putc(buffer, '\\');
        term_putc(buffer, *text);
    }
}

static void put_choices(struct term_buffer *buffer, const struct flags_flag *flag)
{
    for (size_t i = 0; flag->choices[i] != NULL; i++)
        term_printf(buffer, "%s%s", i > 0 ? " " : "", flag->choices[i]);
}

static bool takes_file(const struct flags_flag *flag)
{
    return flag->placeholder != NULL &&
           (strcmp(flag->placeholder, "FILE") == 0 || strcmp(flag->placeholder, "PATH") == 0);
}

/* bash: a list of words for each command, and of what may follow a flag. */

static void put_bash_words(struct term_buffer *buffer, const struct flags_command *command)
{
    for (size_t i = 0; i < flags_count(command); i++) {
        const struct flags_flag *flag = flags_get(command, i);
        if (flag->letter != 0)
            term_printf(buffer, " -%c", flag->letter);
        term_printf(buffer, " --%s", flag->name);
        if (flag->negation != NULL)
            term_printf(buffer, " --%s", flag->negation);
    }
}

static void put_bash_command(struct term_buffer *buffer, const struct flags_command *command)
{
    term_printf(buffer, "    %s)\n        words='", command->name);
    put_bash_words(buffer, command);
    term_puts(buffer, "'\n        case $prev in\n");
    for (size_t i = 0; i < flags_count(command); i++) {
        const struct flags_flag *flag = flags_get(command, i);
        if (flag->placeholder == NULL)
            continue;
        term_puts(buffer, "        ");
        if (flag->letter != 0)
            term_printf(buffer, "-%c|", flag->letter);
        term_printf(buffer, "--%s) ", flag->name);
        if (flag->kind == FLAGS_CHOICE) {
            term_puts(buffer, "words='");
            put_choices(buffer, flag);
            term_puts(buffer, "' follows=choice ;;\n");
        } else {
            term_puts(buffer, "return ;;\n");
        }
    }
    term_puts(buffer, "        esac ;;\n");
}

static void put_bash(struct term_buffer *buffer, const struct flags_program *program)
{
    term_puts(buffer, "# bash completion for leat; made by leat --completions bash\n"
                      "_leat() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                      "    local words='' follows=''\n"
                      "    COMPREPLY=()\n"
                      "    # bash takes --flag=value for three words.\n"
                      "    if [[ $cur == '=' ]]; then\n"
                      "        cur=''\n"
                      "    elif [[ $prev == '=' && $COMP_CWORD -ge 2 ]]; then\n"
                      "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                      "    fi\n"
                      "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
                      "        words='");
    for (size_t i = 0; program->commands[i] != NULL; i++)
        term_printf(buffer, "%s%s", i > 0 ? " " : "", program->commands[i]->name);
    put_bash_words(buffer, program->self);
    term_puts(buffer, "'\n        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                      "        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; program->commands[i] != NULL; i++)
        put_bash_command(buffer, program->commands[i]);
    term_puts(buffer, "    --man)\n        words='");
    for (size_t i = 0; program->commands[i] != NULL; i++)
        term_printf(buffer, "%s%s", i > 0 ? " " : "", program->commands[i]->name);
    term_puts(buffer, "' follows=choice ;;\n"
                      "    --completions) words='bash zsh fish' follows=choice ;;\n"
                      "    esac\n"
                      "    if [[ $cur == -* || -n $follows ]]; then\n"
                      "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                      "    fi\n"
                      "}\n"
                      "complete -o bashdefault -o default -F _leat leat\n");
}

/* zsh: a line for _arguments for each flag. */

static void put_zsh_flag(struct term_buffer *buffer, const struct flags_flag *flag)
{
    bool value = flag->placeholder != NULL;
    bool repeats = flag->kind == FLAGS_LIST || flag->kind == FLAGS_COUNT;
    term_puts(buffer, repeats ? "            '*'" : "            ");
    if (flag->letter != 0)
        term_printf(buffer, "{-%c%s,--%s%s}", flag->letter, value ? "+" : "", flag->name,
                    value ? "=" : "");
    else
        term_printf(buffer, "--%s%s", flag->name, value ? "=" : "");
    term_puts(buffer, "'[");
    put_quoted(buffer, flag->brief, "[]:\\", "'\\''");
    term_puts(buffer, "]");
    if (value) {
        term_printf(buffer, ":%s:", flag->placeholder);
        if (flag->kind == FLAGS_CHOICE) {
            term_putc(buffer, '(');
            put_choices(buffer, flag);
            term_putc(buffer, ')');
        } else {
            term_puts(buffer, takes_file(flag) ? "_files" : " ");
        }
    }
    term_puts(buffer, "' \\\n");
    if (flag->negation != NULL)
        term_printf(buffer, "            '--%s[Take back --%s.]' \\\n", flag->negation, flag->name);
}

static void put_zsh_command(struct term_buffer *buffer, const struct flags_command *command)
{
    term_printf(buffer, "        %s)\n        _arguments -s -S \\\n", command->name);
    for (size_t i = 0; i < flags_count(command); i++)
        put_zsh_flag(buffer, flags_get(command, i));
    term_puts(buffer, "            '*:path:_files' ;;\n");
}

static void put_zsh(struct term_buffer *buffer, const struct flags_program *program)
{
    term_puts(buffer, "#compdef leat\n"
                      "# made by leat --completions zsh\n"
                      "_leat() {\n"
                      "    local curcontext=$curcontext state line\n"
                      "    local -a commands\n"
                      "    commands=(\n");
    for (size_t i = 0; program->commands[i] != NULL; i++) {
        term_printf(buffer, "        '%s:", program->commands[i]->name);
        put_quoted(buffer, program->commands[i]->summary, ":\\", "'\\''");
        term_puts(buffer, "'\n");
    }
    term_puts(buffer, "    )\n    _arguments -C -S \\\n");
    for (size_t i = 0; i < flags_count(program->self); i++)
        put_zsh_flag(buffer, flags_get(program->self, i));
    term_puts(buffer, "            '1:command:->command' '*::argument:->argument'\n"
                      "    case $state in\n"
                      "    command) _describe command commands ;;\n"
                      "    argument)\n"
                      "        case $line[1] in\n");
    for (size_t i = 0; program->commands[i] != NULL; i++)
        put_zsh_command(buffer, program->commands[i]);
    term_puts(buffer, "        esac ;;\n"
                      "    esac\n"
                      "}\n"
                      "if [[ $funcstack[1] == _leat ]]; then\n"
                      "    _leat \"$@\"\n"
                      "else\n"
                      "    compdef _leat leat\n"
                      "fi\n");
}

/* fish: a command for each flag. */

static void put_fish_flag(struct term_buffer *buffer, const char *condition, const char *command,
                          const struct flags_flag *flag)
{
    term_printf(buffer, "complete -c leat -n '%s%s'", condition, command);
    if (flag->letter != 0)
        term_printf(buffer, " -s '%c'", flag->letter);
    term_printf(buffer, " -l %s", flag->name);
    if (flag->placeholder != NULL)
        term_puts(buffer, takes_file(flag) ? " -r" : " -x");
    if (flag->kind == FLAGS_CHOICE) {
        term_puts(buffer, " -a '");
        put_choices(buffer, flag);
        term_puts(buffer, "'");
    }
    term_puts(buffer, " -d '");
    put_quoted(buffer, flag->brief, "\\", "\\'");
    term_puts(buffer, "'\n");
    if (flag->negation != NULL)
        term_printf(buffer, "complete -c leat -n '%s%s' -l %s -d 'Take back --%s.'\n", condition,
                    command, flag->negation, flag->name);
}

static void put_fish(struct term_buffer *buffer, const struct flags_program *program)
{
    static const char none[] = "__fish_use_subcommand";
    static const char within[] = "__fish_seen_subcommand_from ";
    term_puts(buffer, "# fish completion for leat; made by leat --completions fish\n");
    for (size_t i = 0; i < flags_count(program->self); i++)
        put_fish_flag(buffer, none, "", flags_get(program->self, i));
    for (size_t i = 0; program->commands[i] != NULL; i++) {
        const struct flags_command *command = program->commands[i];
        term_printf(buffer, "complete -c leat -n %s -f -a %s -d '", none, command->name);
        put_quoted(buffer, command->summary, "\\", "\\'");
        term_puts(buffer, "'\n");
        for (size_t f = 0; f < flags_count(command); f++)
            put_fish_flag(buffer, within, command->name, flags_get(command, f));
    }
}

void flags_put_completions(struct term_buffer *buffer, const struct flags_program *program,
                           enum flags_shell shell)
{
    assert(buffer != NULL && program != NULL);
    switch (shell) {
    case FLAGS_BASH:
        put_bash(buffer, program);
        return;
    case FLAGS_ZSH:
        put_zsh(buffer, program);
        return;
    case FLAGS_FISH:
        put_fish(buffer, program);
        return;
    case FLAGS_SHELL_NONE:
        break;
    }
    assert(!"a shell nobody asked for");
}
