/* Any command line, to each command's own table: what is wrong with it is one line that a terminal
 * may see, what is right is within what the table says, and nothing is left behind.
 *
 *     which command, arguments with 0 between them */

#include "apps/main/leat_flags.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS_MAX = 64, OPTIONS_MAX = 4096, LINE_MAX = 8192 };

static void check_line(const struct term_buffer *text)
{
    check(!text->cut);
    check(text->len > 1 && text->len <= LINE_MAX);
    check(text->data[text->len - 1] == '\n');
    for (size_t i = 0; i + 1 < text->len; i++)
        check((unsigned char)text->data[i] >= 0x20 && text->data[i] != 0x7f);
}

static size_t choices_len(const struct flags_flag *flag)
{
    size_t len = 0;
    while (flag->choices[len] != NULL)
        len++;
    return len;
}

/* A field is as zeroed, or as the table lets it be. */
static void check_field(const struct flags_flag *flag, const uint8_t *options)
{
    const void *field = options + flag->at;
    struct flags_number number;
    int choice;
    unsigned count;
    switch (flag->kind) {
    case FLAGS_NUMBER:
    case FLAGS_SIZE:
        memcpy(&number, field, sizeof(number));
        check(!number.set || (number.value >= flag->min && number.value <= flag->max));
        break;
    case FLAGS_CHOICE:
        memcpy(&choice, field, sizeof(choice));
        check(choice == 0 || choice >= flag->on);
        check(choice < flag->on + (int)choices_len(flag) || choice == 0);
        break;
    case FLAGS_COUNT:
        memcpy(&count, field, sizeof(count));
        check(count <= flag->max);
        break;
    default:
        break;
    }
}

/* Lists borrow from the arguments: each item is the end of one of them. */
static void check_list(const struct flags_list *list, int argc, char *const *argv)
{
    for (size_t i = 0; i < list->count; i++) {
        bool borrowed = false;
        for (int k = 1; k < argc && !borrowed; k++)
            borrowed = list->items[i] >= argv[k] && list->items[i] <= argv[k] + strlen(argv[k]);
        check(borrowed);
    }
    check(list->count < (size_t)argc);
}

static void parse(const struct flags_command *command, int argc, char *const *argv)
{
    static _Alignas(max_align_t) uint8_t options[OPTIONS_MAX];
    check(command->options_size <= sizeof(options));
    memset(options, 0, command->options_size);
    struct term_buffer text = { 0 };
    const enum flags_status status =
        flags_parse(&leat_program, command, argc, argv, options, &text);
    check(status != FLAGS_SHOWN || text.len > 0);
    check(status != FLAGS_RUN || text.len == 0);
    if (status == FLAGS_WRONG)
        check_line(&text);
    for (size_t i = 0; i < command->flag_count; i++) {
        const struct flags_flag *flag = &command->flags[i];
        check_field(flag, options);
        if (flag->kind == FLAGS_LIST)
            check_list((void *)(options + flag->at), argc, argv);
    }
    check_list((void *)(options + command->operands), argc, argv);
    flags_release(command, options);
    term_buffer_fini(&text);
}

/* From the program's name on, as main does it. */
static void start(int argc, char *const *argv)
{
    struct term_buffer text = { 0 };
    const struct flags_command *command = NULL;
    int first = 0;
    const enum flags_status status =
        flags_start(&leat_program, argc, argv, &command, &first, &text);
    if (status == FLAGS_WRONG)
        check_line(&text);
    check(status != FLAGS_SHOWN || text.len > 0);
    if (status == FLAGS_RUN) {
        check(command != NULL && first > 0 && first < argc);
        check(strcmp(argv[first], command->name) == 0);
    }
    term_buffer_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *copy = malloc(size);
    char *argv[ARGUMENTS_MAX + 1];
    int argc = 0;
    check(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = '\0';
    argv[argc++] = copy + size - 1;
    for (size_t at = 0; at < size - 1 && argc < ARGUMENTS_MAX; at += strlen(copy + at) + 1)
        argv[argc++] = copy + at;
    argv[argc] = NULL;

    size_t commands = 0;
    while (leat_program.commands[commands] != NULL)
        commands++;
    const size_t which = data[0] % (commands + 1);
    if (which < commands)
        parse(leat_program.commands[which], argc, argv);
    else
        start(argc, argv);
    free(copy);
    return 0;
}
