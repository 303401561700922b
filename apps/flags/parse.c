#include "apps/flags/flags.h"

#include <assert.h>

#include "apps/flags/number.h"
#include "apps/flags/suggest.h"

/* One command line on its way into one options struct. */
struct parser {
    const struct flags_program *program;
    const struct flags_command *command;
    char *const *argv;
    int argc;
    int next; /* the argument not looked at yet */
    uint8_t *options;
    struct term_buffer *text;
    bool inside; /* in what another flag stands for */
};

/* A flag as it was typed. */
struct use {
    const struct flags_flag *flag;
    bool negated;
    const char *value; /* NULL: it takes none */
    char shown[FLAGS_NAME_MAX + 3];
};

static enum flags_status parse_long(struct parser *parser, const char *argument);

static bool takes_value(const struct flags_flag *flag, bool negated)
{
    return flag->placeholder != NULL && !negated;
}

static enum flags_status add(struct parser *parser, struct flags_list *list, const char *item)
{
    assert(item != NULL);
    /* Doubled at each power of two: the count alone says how much room there is. */
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count == 0 ? 1 : 2 * list->count;
        const char **items = realloc(list->items, room * sizeof(*items));
        if (items == NULL) {
            flags_put_wrong(parser->text, parser->command, "out of memory");
            return FLAGS_WRONG;
        }
        list->items = items;
    }
    list->items[list->count++] = item;
    return FLAGS_RUN;
}

static enum flags_status set_number(struct parser *parser, const struct use *use,
                                    struct flags_number *field)
{
    const struct flags_flag *flag = use->flag;
    bool is_size = flag->kind == FLAGS_SIZE;
    uint64_t number;
    bool read =
        is_size ? flags_read_size(use->value, &number) : flags_read_number(use->value, &number);
    if (!read) {
        flags_put_wrong(parser->text, parser->command, "%s needs %s, not %s", use->shown,
                        is_size ? "a size such as 512, 64K, 10M or 2G" : "a number", use->value);
        return FLAGS_WRONG;
    }
    if (number < flag->min || number > flag->max) {
        bool low = number < flag->min;
        flags_put_wrong(parser->text, parser->command, "%s needs a %s of at %s %llu, not %s",
                        use->shown, is_size ? "size" : "number", low ? "least" : "most",
                        (unsigned long long)(low ? flag->min : flag->max), use->value);
        return FLAGS_WRONG;
    }
    *field = (struct flags_number){ .value = number, .set = true };
    return FLAGS_RUN;
}

static enum flags_status set_choice(struct parser *parser, const struct use *use, int *field)
{
    const char *const *choices = use->flag->choices;
    assert(choices != NULL && choices[0] != NULL);
    assert(use->value != NULL);
    for (int i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], use->value) == 0) {
            *field = use->flag->on + i;
            return FLAGS_RUN;
        }
    }
    struct term_buffer names = { 0 };
    for (int i = 0; choices[i] != NULL; i++) {
        if (i > 0)
            term_puts(&names, choices[i + 1] == NULL ? " or " : ", ");
        term_puts(&names, choices[i]);
    }
    flags_put_wrong(parser->text, parser->command, "%s needs %.*s, not %s", use->shown,
                    (int)names.len, names.len > 0 ? names.data : "", use->value);
    term_buffer_fini(&names);
    return FLAGS_WRONG;
}

/* Apply what a flag stands for: one flag of a count, all of an alias. Such a flag stands for
 * others but not for such as itself, so this goes one deep. */
static enum flags_status expand(struct parser *parser, const char *const *stands_for, size_t count)
{
    assert(!parser->inside);
    enum flags_status status = FLAGS_RUN;
    parser->inside = true;
    for (size_t i = 0; i < count && stands_for[i] != NULL && status == FLAGS_RUN; i++)
        status = parse_long(parser, stands_for[i]);
    parser->inside = false;
    return status;
}

static enum flags_status count_up(struct parser *parser, const struct use *use, unsigned *field)
{
    const struct flags_flag *flag = use->flag;
    if (*field >= flag->max) {
        flags_put_wrong(parser->text, parser->command, "%s may be given at most %u times",
                        use->shown, (unsigned)flag->max);
        return FLAGS_WRONG;
    }
    unsigned nth = (*field)++;
    return flag->stands_for == NULL ? FLAGS_RUN : expand(parser, flag->stands_for + nth, 1);
}

static enum flags_status show(struct parser *parser, const struct use *use)
{
    if (use->flag->kind == FLAGS_VERSION)
        term_printf(parser->text, FLAGS_PROGRAM " %s\n", parser->program->version);
    else if (use->shown[1] == '-')
        flags_put_long_help(parser->text, parser->program, parser->command);
    else
        flags_put_help(parser->text, parser->program, parser->command);
    return FLAGS_SHOWN;
}

/* Forget an argument that was given: the field is as if the flag had not been there. */
static enum flags_status take_back(const struct flags_flag *flag, void *field)
{
    if (flag->kind == FLAGS_STRING)
        *(const char **)field = NULL;
    else if (flag->kind == FLAGS_LIST)
        ((struct flags_list *)field)->count = 0;
    else if (flag->kind == FLAGS_CHOICE)
        *(int *)field = 0;
    else
        *(struct flags_number *)field = (struct flags_number){ .set = false };
    return FLAGS_RUN;
}

static enum flags_status apply(struct parser *parser, const struct use *use)
{
    const struct flags_flag *flag = use->flag;
    void *field = parser->options + flag->at;
    assert(flag->at < parser->command->options_size || flag->at == 0);
    assert(takes_value(flag, use->negated) == (use->value != NULL));
    if (use->negated && flag->placeholder != NULL)
        return take_back(flag, field);
    switch (flag->kind) {
    case FLAGS_SWITCH:
        *(bool *)field = !use->negated;
        return FLAGS_RUN;
    case FLAGS_SET:
        *(int *)field = use->negated ? flag->off : flag->on;
        return FLAGS_RUN;
    case FLAGS_COUNT:
        return count_up(parser, use, field);
    case FLAGS_ALIAS:
        return expand(parser, flag->stands_for, SIZE_MAX);
    case FLAGS_NUMBER:
    case FLAGS_SIZE:
        return set_number(parser, use, field);
    case FLAGS_CHOICE:
        return set_choice(parser, use, field);
    case FLAGS_STRING:
        *(const char **)field = use->value;
        return FLAGS_RUN;
    case FLAGS_LIST:
        return add(parser, field, use->value);
    case FLAGS_HELP:
    case FLAGS_VERSION:
        return show(parser, use);
    }
    assert(!"a kind the parser does not know");
    return FLAGS_WRONG;
}

/* Give the use its value: what is attached to the flag or, without that, the next argument. */
static enum flags_status find_value(struct parser *parser, struct use *use, const char *attached)
{
    use->value = attached;
    if (attached == NULL && parser->next < parser->argc && !parser->inside)
        use->value = parser->argv[parser->next++];
    if (use->value != NULL)
        return FLAGS_RUN;
    flags_put_wrong(parser->text, parser->command, "%s needs a value: %s %s", use->shown,
                    use->shown, use->flag->placeholder);
    return FLAGS_WRONG;
}

static enum flags_status unknown_long(struct parser *parser, const char *name, size_t len)
{
    /* What cannot be a name is cut short by the message; the precision only needs to fit. */
    int shown = len < TERM_BUFFER_MAX ? (int)len : (int)TERM_BUFFER_MAX;
    const char *near = flags_suggest(parser->command, name, len);
    if (near != NULL)
        flags_put_wrong(parser->text, parser->command, "unknown flag --%.*s; did you mean --%s?",
                        shown, name, near);
    else
        flags_put_wrong(parser->text, parser->command, "unknown flag --%.*s", shown, name);
    return FLAGS_WRONG;
}

static bool same_name(const char *name, const char *typed, size_t len)
{
    return name != NULL && strncmp(name, typed, len) == 0 && name[len] == '\0';
}

/* `--name`, `--name=value`, `--name value`. */
static enum flags_status parse_long(struct parser *parser, const char *argument)
{
    assert(argument[0] == '-' && argument[1] == '-');
    const char *name = argument + 2;
    size_t len = strcspn(name, "=");
    const char *attached = name[len] == '=' ? name + len + 1 : NULL;
    struct use use = { 0 };
    for (size_t i = 0; i < flags_count(parser->command) && use.flag == NULL; i++) {
        const struct flags_flag *flag = flags_get(parser->command, i);
        use.negated = same_name(flag->negation, name, len);
        if (use.negated || same_name(flag->name, name, len))
            use.flag = flag;
    }
    if (use.flag == NULL)
        return unknown_long(parser, name, len);
    assert(len <= FLAGS_NAME_MAX);
    memcpy(use.shown, argument, len + 2);
    if (takes_value(use.flag, use.negated)) {
        enum flags_status status = find_value(parser, &use, attached);
        return status == FLAGS_RUN ? apply(parser, &use) : status;
    }
    if (attached != NULL) {
        flags_put_wrong(parser->text, parser->command, "%s takes no value", use.shown);
        return FLAGS_WRONG;
    }
    return apply(parser, &use);
}

static enum flags_status unknown_letter(struct parser *parser, const char *letter)
{
    int len = 1; /* a whole character, for those who typed one outside ASCII */
    while (len < 4 && ((unsigned char)letter[len] & 0xC0) == 0x80)
        len++;
    flags_put_wrong(parser->text, parser->command, "unknown flag -%.*s", len, letter);
    return FLAGS_WRONG;
}

static const struct flags_flag *find_letter(const struct flags_command *command, char letter)
{
    assert(letter != '\0');
    for (size_t i = 0; i < flags_count(command); i++) {
        const struct flags_flag *flag = flags_get(command, i);
        if (flag->letter == letter)
            return flag;
    }
    return NULL;
}

/* `-abc`, `-A3`, `-A=3`, `-A 3`. */
static enum flags_status parse_letters(struct parser *parser, const char *argument)
{
    assert(argument[0] == '-' && argument[1] != '\0');
    enum flags_status status = FLAGS_RUN;
    bool ended = false;
    for (const char *letter = argument + 1; *letter != '\0' && !ended; letter++) {
        struct use use = { .flag = find_letter(parser->command, *letter),
                           .shown = { '-', *letter } };
        if (use.flag == NULL)
            return unknown_letter(parser, letter);
        if (takes_value(use.flag, false)) {
            const char *attached = letter[1] == '=' ? letter + 2 : letter + 1;
            status = find_value(parser, &use, letter[1] != '\0' ? attached : NULL);
            ended = true;
        }
        if (status == FLAGS_RUN)
            status = apply(parser, &use);
        ended = ended || status != FLAGS_RUN;
    }
    return status;
}

enum flags_status flags_parse(const struct flags_program *program,
                              const struct flags_command *command, int argc, char *const *argv,
                              void *options, struct term_buffer *ret_text)
{
    assert(program != NULL && command != NULL && options != NULL && ret_text != NULL);
    assert(command->operands + sizeof(struct flags_list) <= command->options_size);
    struct parser parser = { program, command, argv, argc, 1, options, ret_text, false };
    struct flags_list *operands = (void *)(parser.options + command->operands);
    bool flags_ended = false;
    enum flags_status status = FLAGS_RUN;
    while (parser.next < argc && status == FLAGS_RUN) {
        const char *argument = argv[parser.next++];
        bool is_flag = !flags_ended && argument[0] == '-' && argument[1] != '\0';
        if (!is_flag) {
            status = add(&parser, operands, argument);
            flags_ended = flags_ended || command->stops_at_operand;
        } else if (argument[1] != '-') {
            status = parse_letters(&parser, argument);
        } else if (argument[2] != '\0') {
            status = parse_long(&parser, argument);
        } else {
            flags_ended = true;
        }
    }
    assert(status == FLAGS_RUN || ret_text->len > 0 || ret_text->cut);
    return status;
}

static void free_list(struct flags_list *list)
{
    free(list->items);
    *list = (struct flags_list){ 0 };
}

void flags_release(const struct flags_command *command, void *options)
{
    assert(command != NULL && options != NULL);
    uint8_t *base = options;
    for (size_t i = 0; i < command->flag_count; i++) {
        if (command->flags[i].kind == FLAGS_LIST)
            free_list((void *)(base + command->flags[i].at));
    }
    free_list((void *)(base + command->operands));
}
