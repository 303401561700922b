#include "apps/explain/explain_flags.h"

static const struct flags_flag flags[] = {
    { .name = "json",
      .negation = "no-json",
      .section = "Output",
      .kind = FLAGS_SWITCH,
      .at = FLAGS_FIELD(struct explain_options, json, bool),
      .brief = "Print the account as JSON.",
      .text = "Print the account as one object of JSON: for other programs." },
};

const struct flags_command explain_command = {
    .name = "explain",
    .summary = "run a command, and account for every byte it moved",
    .usage = (const char *const[]){ "[FLAGS] COMMAND [ARGUMENT...]", NULL },
    .description =
        "Run another command of leat as it would run by itself, then print to standard error how "
        "the bytes went: the pipeline as a tree and, for each part, bytes in and out, bytes copied "
        "for each byte moved and why, allocations, fills, time, and time spent waiting. The flags "
        "of explain itself stand before the command.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct explain_options),
    .operands = FLAGS_FIELD(struct explain_options, operands, struct flags_list),
    .stops_at_operand = true,
    .examples = (const struct flags_example[]){ { "See where a search spends its time:",
                                                  "leat explain grep -c foo linux.tar.gz" },
                                                { 0 } },
    .exits = (const struct flags_exit[]){ { "2", "The command line is wrong." },
                                          { "else", "What the command gives." },
                                          { 0 } },
};
