/* Command lines and what they come to: a table of good ones, a table of wrong ones with the line
 * each is answered by, and random hostile ones, which must come to one or the other. */

#include "apps/flags/program.h"
#include "apps/term/check.h"

enum mode { MODE_ZERO, MODE_ONE, MODE_TWO };

struct options {
    bool on, deep;
    enum mode mode, when;
    unsigned less;
    struct flags_number number, size;
    const char *string;
    struct flags_list list, operands;
};

#define AT(field) .at = offsetof(struct options, field)

static const struct flags_flag flags[] = {
    { .letter = 'o', .name = "on", .negation = "no-on", .kind = FLAGS_SWITCH, AT(on) },
    { .name = "deep", .negation = "no-deep", .kind = FLAGS_SWITCH, AT(deep) },
    { .letter = '1', .name = "one", .kind = FLAGS_SET, AT(mode), .on = MODE_ONE },
    { .letter = '2',
      .name = "two",
      .negation = "no-two",
      .kind = FLAGS_SET,
      AT(mode),
      .on = MODE_TWO,
      .off = MODE_ONE },
    { .letter = 'u',
      .name = "less",
      .kind = FLAGS_COUNT,
      AT(less),
      .max = 2,
      .stands_for = (const char *const[]){ "--on", "--deep", NULL } },
    { .letter = 'A',
      .name = "after-context",
      .negation = "no-after-context",
      .placeholder = "NUM",
      .kind = FLAGS_NUMBER,
      AT(number),
      .min = 1,
      .max = 99 },
    { .name = "size", .placeholder = "SIZE", .kind = FLAGS_SIZE, AT(size), .max = UINT64_MAX },
    { .name = "color",
      .placeholder = "WHEN",
      .kind = FLAGS_CHOICE,
      AT(when),
      .choices = (const char *const[]){ "auto", "never", "always", NULL } },
    { .letter = 'E',
      .name = "encoding",
      .negation = "no-encoding",
      .placeholder = "NAME",
      .kind = FLAGS_STRING,
      AT(string) },
    { .letter = 'e',
      .name = "regexp",
      .negation = "no-regexp",
      .placeholder = "PATTERN",
      .kind = FLAGS_LIST,
      AT(list) },
    { .letter = 'p',
      .name = "pretty",
      .kind = FLAGS_ALIAS,
      .stands_for = (const char *const[]){ "--color=always", "--two", NULL } },
};

static const struct flags_command command = {
    .name = "try",
    .summary = "try",
    .usage = (const char *const[]){ NULL },
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct options),
    .operands = offsetof(struct options, operands),
};

static const struct flags_flag self_flags[] = {
    { .name = "man", .kind = FLAGS_SWITCH, .at = offsetof(struct flags_program_options, man) },
};

static const struct flags_command self = {
    .summary = "self",
    .usage = (const char *const[]){ NULL },
    .flags = self_flags,
    .flag_count = 1,
    .options_size = sizeof(struct flags_program_options),
    .operands = offsetof(struct flags_program_options, operands),
    .stops_at_operand = true,
};

static const struct flags_program program = {
    .self = &self,
    .commands = (const struct flags_command *const[]){ &command, NULL },
    .version = "1.2",
    .date = "2000-01-01",
};

#define ARGS_MAX 12

static int count(const char *const *args)
{
    int argc = 0;
    while (args[argc] != NULL)
        argc++;
    return argc;
}

static enum flags_status parse(const char *const *args, struct options *options,
                               struct term_buffer *text)
{
    char *argv[ARGS_MAX + 1] = { 0 };
    int argc = count(args);
    check(argc <= ARGS_MAX);
    memcpy(argv, args, (size_t)argc * sizeof(argv[0]));
    return flags_parse(&program, &command, argc, argv, options, text);
}

static void put_list(struct term_buffer *buffer, const char *name, const struct flags_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        term_printf(buffer, " %s:%s", name, list->items[i]);
}

/* The options that are not zero, in words. */
static void describe(struct term_buffer *buffer, const struct options *options)
{
    term_puts(buffer, options->on ? " on" : "");
    term_puts(buffer, options->deep ? " deep" : "");
    if (options->mode != MODE_ZERO)
        term_printf(buffer, " mode:%d", (int)options->mode);
    if (options->when != MODE_ZERO)
        term_printf(buffer, " when:%d", (int)options->when);
    if (options->less > 0)
        term_printf(buffer, " less:%u", options->less);
    if (options->number.set)
        term_printf(buffer, " number:%llu", (unsigned long long)options->number.value);
    if (options->size.set)
        term_printf(buffer, " size:%llu", (unsigned long long)options->size.value);
    if (options->string != NULL)
        term_printf(buffer, " string:%s", options->string);
    put_list(buffer, "list", &options->list);
    put_list(buffer, "operand", &options->operands);
}

static const struct {
    const char *args[ARGS_MAX];
    const char *options;
} good[] = {
    { { "try" }, "" },
    { { "try", "a", "-", "", "b" }, " operand:a operand:- operand: operand:b" },
    { { "try", "-o" }, " on" },
    { { "try", "-o", "--no-on" }, "" },
    { { "try", "--no-on", "a", "--on" }, " on operand:a" },
    { { "try", "-12" }, " mode:2" },
    { { "try", "-21" }, " mode:1" },
    { { "try", "--no-two" }, " mode:1" },
    { { "try", "-o1A3" }, " on mode:1 number:3" },
    { { "try", "-o1A", "3" }, " on mode:1 number:3" },
    { { "try", "-A=3" }, " number:3" },
    { { "try", "--after-context=3" }, " number:3" },
    { { "try", "--after-context", "3" }, " number:3" },
    { { "try", "-A1", "-A", "99" }, " number:99" },
    { { "try", "-A1", "--no-after-context" }, "" },
    { { "try", "--size", "2K" }, " size:2048" },
    { { "try", "--size=0" }, " size:0" },
    { { "try", "--color", "never" }, " when:1" },
    { { "try", "--color=always", "--color=auto" }, "" },
    { { "try", "-e", "-o", "-e--", "--regexp=" }, " list:-o list:-- list:" },
    { { "try", "-e", "a", "-e", "b", "-e", "c", "-ed", "-e=e" },
      " list:a list:b list:c list:d list:e" },
    { { "try", "-e", "a", "--no-regexp", "-e", "b" }, " list:b" },
    { { "try", "--regexp", "a=b", "--encoding=x=y" }, " string:x=y list:a=b" },
    { { "try", "-Ex", "--no-encoding" }, "" },
    { { "try", "--", "-o", "--" }, " operand:-o operand:--" },
    { { "try", "-e", "--", "-o" }, " on list:--" },
    { { "try", "-u" }, " on less:1" },
    { { "try", "-uu" }, " on deep less:2" },
    { { "try", "-uu", "--no-on" }, " deep less:2" },
    { { "try", "-p" }, " mode:2 when:2" },
    { { "try", "-p1", "--color=never" }, " mode:1 when:1" },
    { { "try", "-1", "--color=never", "--pretty" }, " mode:2 when:2" },
};

static void test_good(void)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct options options = { 0 };
        struct term_buffer text = { 0 }, told = { 0 };
        enum flags_status status = parse(good[i].args, &options, &text);
        check_text("no complaint", &text, "");
        check(status == FLAGS_RUN);
        describe(&told, &options);
        check_text(good[i].args[1] != NULL ? good[i].args[1] : "no flags", &told, good[i].options);
        flags_release(&command, &options);
        check(options.list.items == NULL && options.operands.items == NULL);
        term_buffer_fini(&told);
        term_buffer_fini(&text);
    }
}

static const struct {
    const char *args[ARGS_MAX];
    const char *line;
} wrong[] = {
    { { "try", "--colr" }, "leat try: unknown flag --colr; did you mean --color?\n" },
    { { "try", "--colour=never" }, "leat try: unknown flag --colour; did you mean --color?\n" },
    { { "try", "--after" }, "leat try: unknown flag --after; did you mean --after-context?\n" },
    { { "try", "--no-encodng" },
      "leat try: unknown flag --no-encodng; did you mean "
      "--no-encoding?\n" },
    { { "try", "--hlep" }, "leat try: unknown flag --hlep; did you mean --help?\n" },
    { { "try", "--xyzzy" }, "leat try: unknown flag --xyzzy\n" },
    { { "try", "--=x" }, "leat try: unknown flag --\n" },
    { { "try", "---on" }, "leat try: unknown flag ---on; did you mean --on?\n" },
    { { "try", "-oX" }, "leat try: unknown flag -X\n" },
    { { "try", "-\xc3\xbc" }, "leat try: unknown flag -\xc3\xbc\n" },
    { { "try", "-\xff" }, "leat try: unknown flag -\\xff\n" },
    { { "try", "-\x1b[2J" }, "leat try: unknown flag -\\x1b\n" },
    { { "try", "--a\nb\x1b[2J" }, "leat try: unknown flag --a\\x0ab\\x1b[2J\n" },
    { { "try", "-A" }, "leat try: -A needs a value: -A NUM\n" },
    { { "try", "--regexp" }, "leat try: --regexp needs a value: --regexp PATTERN\n" },
    { { "try", "-A", "x" }, "leat try: -A needs a number, not x\n" },
    { { "try", "-A=" }, "leat try: -A needs a number, not \n" },
    { { "try", "-A-3" }, "leat try: -A needs a number, not -3\n" },
    { { "try", "--after-context=0" },
      "leat try: --after-context needs a number of at least 1, "
      "not 0\n" },
    { { "try", "-A100" }, "leat try: -A needs a number of at most 99, not 100\n" },
    { { "try", "--size", "10Q" },
      "leat try: --size needs a size such as 512, 64K, 10M or 2G, not "
      "10Q\n" },
    { { "try", "--color=red" }, "leat try: --color needs auto, never or always, not red\n" },
    { { "try", "--on=1" }, "leat try: --on takes no value\n" },
    { { "try", "--no-regexp=1" }, "leat try: --no-regexp takes no value\n" },
    { { "try", "-uuu" }, "leat try: -u may be given at most 2 times\n" },
    { { "try", "a", "--on", "-e", "b", "--color" },
      "leat try: --color needs a value: --color "
      "WHEN\n" },
};

static void test_wrong(void)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct options options = { 0 };
        struct term_buffer text = { 0 };
        check(parse(wrong[i].args, &options, &text) == FLAGS_WRONG);
        check_text(wrong[i].args[1], &text, wrong[i].line);
        flags_release(&command, &options);
        term_buffer_fini(&text);
    }
}

/* Random arguments out of pieces that mean something, and bytes that do not. */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void make_argument(char *argument, size_t size, uint64_t *state)
{
    static const char *const pieces[] = {
        "-",     "--",   "=",       "o",
        "A",     "e",    "u",       "p",
        "3",     "on",   "no-",     "regexp",
        "color", "size", "less",    "18446744073709551616",
        "K",     "\xff", "\x1b[2J", "\xe2\x80\xae",
        "%s%n",  "\n",   "a",
    };
    struct term_buffer buffer = term_buffer_fixed(argument, size - 1);
    for (uint64_t left = next_random(state) % 6; left > 0; left--)
        term_puts(&buffer, pieces[next_random(state) % (sizeof(pieces) / sizeof(pieces[0]))]);
    argument[buffer.len] = '\0';
}

static void run_random(uint64_t seed)
{
    uint64_t state = seed;
    char space[ARGS_MAX][64];
    const char *args[ARGS_MAX + 1] = { "try" };
    size_t argc = 1 + next_random(&state) % (ARGS_MAX - 1);
    for (size_t i = 1; i < argc; i++) {
        make_argument(space[i], sizeof(space[i]), &state);
        args[i] = space[i];
    }
    struct options options = { 0 };
    struct term_buffer text = { 0 };
    enum flags_status status = parse(args, &options, &text);
    check((status == FLAGS_RUN) == (text.len == 0));
    if (status == FLAGS_WRONG)
        check(memchr(text.data, '\n', text.len) == text.data + text.len - 1);
    for (size_t i = 0; i < text.len; i++)
        check(text.data[i] == '\n' || (unsigned char)text.data[i] >= 0x20);
    check(options.less <= 2 && options.mode <= MODE_TWO && options.when <= MODE_TWO);
    check(options.operands.count + options.list.count < argc);
    flags_release(&command, &options);
    term_buffer_fini(&text);
}

/* One argument longer than any line of text. */
static void test_long(void)
{
    static char argument[1 << 20];
    static const char *const starts[] = { "--", "-o", "-A", "--size=", "--color=", "-" };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        memset(argument, 'o', sizeof(argument) - 1);
        memcpy(argument, starts[i], strlen(starts[i]));
        struct options options = { 0 };
        struct term_buffer text = { 0 };
        enum flags_status status =
            parse((const char *const[]){ "try", argument, NULL }, &options, &text);
        check(status == (argument[1] == 'o' ? FLAGS_RUN : FLAGS_WRONG));
        check(text.len < 4096);
        flags_release(&command, &options);
        term_buffer_fini(&text);
    }
}

static enum flags_status start(const char *const *args, const struct flags_command **ret_command,
                               int *ret_first, struct term_buffer *text)
{
    char *argv[ARGS_MAX + 1] = { 0 };
    int argc = count(args);
    memcpy(argv, args, (size_t)argc * sizeof(argv[0]));
    return flags_start(&program, argc, argv, ret_command, ret_first, text);
}

static void test_program(void)
{
    static const struct {
        const char *args[ARGS_MAX];
        enum flags_status status;
        const char *text; /* the whole, or where it is long its beginning */
    } lines[] = {
        { { "leat", "try", "-o", "--man" }, FLAGS_RUN, "" },
        { { "leat", "--", "try", "-h" }, FLAGS_RUN, "" },
        { { "leat" }, FLAGS_WRONG, "leat: no command given; see leat -h\n" },
        { { "leat", "tyr" }, FLAGS_WRONG, "leat: unknown command tyr; did you mean try?\n" },
        { { "leat", "\n" }, FLAGS_WRONG, "leat: unknown command \\x0a; see leat -h\n" },
        { { "leat", "-V" }, FLAGS_SHOWN, "leat 1.2\n" },
        { { "leat", "--man", "nothing" }, FLAGS_WRONG, "leat: unknown command nothing" },
        { { "leat", "-x" }, FLAGS_WRONG, "leat: unknown flag -x\n" },
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const struct flags_command *found = NULL;
        int first = 0;
        struct term_buffer text = { 0 };
        check(start(lines[i].args, &found, &first, &text) == lines[i].status);
        check(text.len >= strlen(lines[i].text));
        check(text.len == 0 || memcmp(text.data, lines[i].text, strlen(lines[i].text)) == 0);
        check((found == &command) == (lines[i].status == FLAGS_RUN));
        check(found == NULL || strcmp(lines[i].args[first], "try") == 0);
        term_buffer_fini(&text);
    }
}

int main(void)
{
    test_good();
    test_wrong();
    for (uint64_t seed = 1; seed <= 50000; seed++)
        run_random(seed * UINT64_C(0x9E3779B97F4A7C15));
    test_long();
    test_program();
    return 0;
}
