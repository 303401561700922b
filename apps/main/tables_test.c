/* The tables of all commands are sound, and each of their flags is in the help, the manual page
 * and the completions. */

#include "apps/flags/suggest.h"
#include "apps/grep/grep_flags.h"
#include "apps/main/leat_flags.h"
#include "apps/term/check.h"

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void check_unique(const struct flags_command *command, size_t index)
{
    const struct flags_flag *flag = flags_get(command, index);
    check(!same(flag->name, flag->negation));
    for (size_t i = 0; i < index; i++) {
        const struct flags_flag *other = flags_get(command, i);
        check(flag->letter == 0 || flag->letter != other->letter);
        check(!same(flag->name, other->name) && !same(flag->name, other->negation));
        check(!same(flag->negation, other->name) && !same(flag->negation, other->negation));
    }
}

/* Flags of one section are neighbours: the heading of each comes once. */
static void check_section(const struct flags_command *command, size_t index)
{
    const char *section = flags_get(command, index)->section;
    check(section != NULL);
    bool left = false;
    for (size_t i = index; i-- > 0;) {
        bool here = same(flags_get(command, i)->section, section);
        check(!here || !left);
        left = left || !here;
    }
}

static void check_flag(const struct flags_command *command, const struct flags_flag *flag)
{
    bool valued = flag->kind == FLAGS_NUMBER || flag->kind == FLAGS_SIZE ||
                  flag->kind == FLAGS_CHOICE || flag->kind == FLAGS_STRING ||
                  flag->kind == FLAGS_LIST;
    bool stands = flag->kind == FLAGS_ALIAS || (flag->kind == FLAGS_COUNT && flag->stands_for);
    check(strlen(flag->name) <= FLAGS_NAME_MAX && strpbrk(flag->name, "= '") == NULL);
    check(flag->negation == NULL || strlen(flag->negation) <= FLAGS_NAME_MAX);
    check((flag->placeholder != NULL) == valued);
    check((flag->choices != NULL) == (flag->kind == FLAGS_CHOICE));
    check((flag->stands_for != NULL) == stands);
    check(flag->at < command->options_size);
    check(flag->min <= flag->max);
    check(flag->brief[strlen(flag->brief) - 1] == '.');
    check(strlen(flag->text) > 0);
    if (flag->kind == FLAGS_COUNT && stands) {
        size_t steps = 0;
        while (flag->stands_for[steps] != NULL)
            steps++;
        check(steps == flag->max);
    }
}

static void check_contains(const struct term_buffer *buffer, const char *text)
{
    if (memmem(buffer->data, buffer->len, text, strlen(text)) != NULL)
        return;
    fprintf(stderr, "not there: %s\n%.*s", text, (int)buffer->len, buffer->data);
    exit(1);
}

/* No line of it is wider than a terminal. */
static void check_width(const struct term_buffer *buffer)
{
    size_t start = 0;
    for (size_t i = 0; i < buffer->len; i++) {
        check(buffer->data[i] == '\n' || (unsigned char)buffer->data[i] >= 0x20);
        if (buffer->data[i] != '\n')
            continue;
        if (i - start > 80) {
            fprintf(stderr, "wide: %.*s\n", (int)(i - start), buffer->data + start);
            exit(1);
        }
        start = i + 1;
    }
}

static void check_shown(const struct flags_command *command)
{
    struct term_buffer help = { 0 }, full = { 0 }, man = { 0 };
    flags_put_help(&help, &leat_program, command);
    flags_put_long_help(&full, &leat_program, command);
    flags_put_man(&man, &leat_program, command);
    check_width(&help);
    check_width(&full);
    for (size_t i = 0; i < flags_count(command); i++) {
        const struct flags_flag *flag = flags_get(command, i);
        char name[FLAGS_NAME_MAX + 8];
        snprintf(name, sizeof(name), "--%s", flag->name);
        check_contains(&help, name);
        check_contains(&help, flag->brief);
        check_contains(&full, name);
        if (flag->letter != 0) {
            snprintf(name, sizeof(name), "\n\\fB\\-%c\\fR", flag->letter);
            check_contains(&man, name);
        }
    }
    term_buffer_fini(&help);
    term_buffer_fini(&full);
    term_buffer_fini(&man);
}

static void check_completed(const struct flags_command *command)
{
    for (int shell = FLAGS_BASH; shell <= FLAGS_FISH; shell++) {
        struct term_buffer script = { 0 };
        flags_put_completions(&script, &leat_program, (enum flags_shell)shell);
        for (size_t i = 0; i < flags_count(command); i++) {
            char name[FLAGS_NAME_MAX + 8];
            snprintf(name, sizeof(name), "%s%s", shell == FLAGS_FISH ? "-l " : "--",
                     flags_get(command, i)->name);
            check_contains(&script, name);
        }
        term_buffer_fini(&script);
    }
}

static void check_command(const struct flags_command *command)
{
    check(command->usage[0] != NULL && command->summary[strlen(command->summary) - 1] != '.');
    for (size_t i = 0; i < flags_count(command); i++) {
        check_unique(command, i);
        check_section(command, i);
        check_flag(command, flags_get(command, i));
    }
    check_shown(command);
    check_completed(command);
}

/* What the letters of grep mean, where ripgrep and GNU grep disagree or one flag does several
 * things. */
static void check_grep(void)
{
    char *argv[] = { (char[]){ "grep" }, (char[]){ "-uuuLIp" }, (char[]){ "-C2" },
                     (char[]){ "-A0" },  (char[]){ "foo" },     (char[]){ "--no-heading" } };
    struct grep_options options = { 0 };
    struct term_buffer text = { 0 };
    check(flags_parse(&leat_program, &grep_command, 6, argv, &options, &text) == FLAGS_RUN);
    check(options.mode == GREP_FILES_WITHOUT && !options.follow);
    check(options.no_ignore && options.hidden && options.binary == GREP_BINARY_SEARCH);
    check(options.file_names == GREP_OFF && options.line_numbers == GREP_ON);
    check(options.colour == TERM_ALWAYS && options.heading == GREP_OFF);
    check(grep_context_after(&options) == 0 && grep_context_before(&options) == 2);
    check(options.operands.count == 1 && strcmp(options.operands.items[0], "foo") == 0);
    flags_release(&grep_command, &options);
    argv[1] = (char[]){ "-h" };
    check(flags_parse(&leat_program, &grep_command, 2, argv, &options, &text) == FLAGS_SHOWN);
    check_contains(&text, "leat grep [FLAGS] PATTERN");
    term_buffer_fini(&text);
}

int main(void)
{
    check_command(leat_program.self);
    for (size_t i = 0; leat_program.commands[i] != NULL; i++)
        check_command(leat_program.commands[i]);
    check_grep();
    return 0;
}
