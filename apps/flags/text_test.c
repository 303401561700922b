/* Texts are wrapped, literal lines stay, and what comes out as help and roff is what was meant. */

#include "apps/flags/flags.h"
#include "apps/flags/text.h"
#include "apps/term/check.h"

static const struct {
    const char *text, *shown; /* indented by two */
} cases[] = {
    { "", "" },
    { "One `two` three.", "  One two three.\n" },
    { "\n\nFirst.\n\n\nSecond\nline.\n", "  First.\n\n  Second line.\n" },
    { "See:\n\n    a  `b`\n    c\n\nend", "  See:\n\n      a  `b`\n      c\n\n  end\n" },
    { "1234567 101234567 201234567 301234567 401234567 501234567 601234567 701234567 80 90",
      "  1234567 101234567 201234567 301234567 401234567 501234567 601234567 701234567\n"
      "  80 90\n" },
};

static void test_wrapping(void)
{
    struct term_buffer buffer = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        term_buffer_clear(&buffer);
        flags_put_wrapped(&buffer, cases[i].text, 2);
        check_text(cases[i].text, &buffer, cases[i].shown);
    }
    /* A word wider than the line stands alone. */
    char word[201];
    memset(word, 'w', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    term_buffer_clear(&buffer);
    flags_put_wrapped(&buffer, word, 0);
    check(buffer.len == sizeof(word) && buffer.data[buffer.len - 1] == '\n');
    term_buffer_fini(&buffer);
}

struct options {
    bool on;
    struct flags_list operands;
};

static const struct flags_flag flags[] = {
    { .letter = 'o',
      .name = "on-off",
      .negation = "no-on-off",
      .section = "Main",
      .kind = FLAGS_SWITCH,
      .brief = "Switch it on.",
      .text = "'Quoted', .dot, `bold-word`, back\\slash.\n\n    .literal" },
};

static const struct flags_command command = {
    .name = "try",
    .summary = "a command that isn't",
    .usage = (const char *const[]){ "[FLAGS]", NULL },
    .description = "Nothing.",
    .flags = flags,
    .flag_count = 1,
    .options_size = sizeof(struct options),
    .operands = offsetof(struct options, operands),
    .examples = (const struct flags_example[]){ { "Try it:", "leat try -o" }, { 0 } },
    .exits = (const struct flags_exit[]){ { "0", "Always." }, { 0 } },
};

static const struct flags_program program = {
    .self = &command,
    .commands = (const struct flags_command *const[]){ &command, NULL },
    .version = "1.2",
    .date = "2000-01-01",
};

static void test_help(void)
{
    struct flags_program other = program;
    other.self = NULL;
    struct term_buffer buffer = { 0 };
    flags_put_help(&buffer, &other, &command);
    check_text("short help", &buffer,
               "leat try: a command that isn't\n"
               "\n"
               "USAGE:\n"
               "  leat try [FLAGS]\n"
               "\n"
               "MAIN:\n"
               "  -o, --on-off   Switch it on.\n"
               "\n"
               "OTHER FLAGS:\n"
               "  -h, --help     Show this; --help says more.\n"
               "  -V, --version  Show leat's version.\n");
    term_buffer_clear(&buffer);
    flags_put_long_help(&buffer, &other, &command);
    static const char start[] = "leat try: a command that isn't\n"
                                "\n"
                                "USAGE:\n"
                                "  leat try [FLAGS]\n"
                                "\n"
                                "Nothing.\n"
                                "\n"
                                "MAIN:\n"
                                "  -o, --on-off\n"
                                "          'Quoted', .dot, bold-word, back\\slash.\n"
                                "\n"
                                "              .literal\n"
                                "\n"
                                "          This can be taken back with --no-on-off.\n"
                                "\n"
                                "OTHER FLAGS:\n";
    static const char end[] = "\n"
                              "EXAMPLES:\n"
                              "  Try it:\n"
                              "\n"
                              "      leat try -o\n"
                              "\n"
                              "EXIT STATUS:\n"
                              "  0     Always.\n";
    check(buffer.len > strlen(start) + strlen(end));
    check(memcmp(buffer.data, start, strlen(start)) == 0);
    check(memcmp(buffer.data + buffer.len - strlen(end), end, strlen(end)) == 0);
    term_buffer_fini(&buffer);
}

static void test_man(void)
{
    struct term_buffer buffer = { 0 };
    flags_put_man(&buffer, &program, &command);
    static const char *const parts[] = {
        ".TH \"leat\\-try\" 1 \"2000-01-01\" \"leat 1.2\" \"leat manual\"\n",
        ".SH NAME\nleat\\-try \\- a command that isn\\(aqt\n",
        ".TP 4\n\\fB\\-o\\fR, \\fB\\-\\-on\\-off\\fR\n"
        "\\&\\(aqQuoted\\(aq, .dot, \\fBbold\\-word\\fR, back\\eslash.\n"
        ".sp\n.RS 8\n.nf\n\\&.literal\n.fi\n.RE\n",
        "taken back with \\fB\\-\\-no\\-on\\-off\\fR.\n",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        check(memmem(buffer.data, buffer.len, parts[i], strlen(parts[i])) != NULL);
    term_buffer_fini(&buffer);
}

int main(void)
{
    test_wrapping();
    test_help();
    test_man();
    return 0;
}
