#include "apps/explain/explain_flags.h"

static const struct flags_flag flags[] = {
    { .name = "html",
      .section = "Output",
      .placeholder = "FILE",
      .kind = FLAGS_STRING,
      .at = FLAGS_FIELD(struct explain_options, html, const char *),
      .brief = "Write the account as a page to FILE.",
      .text =
          "Write the account as one page of HTML to FILE, and print none: a picture of the flows, "
          "as wide as they have bytes, a line of time for each part, and tables with every number. "
          "The page stands alone: it has no script and fetches nothing. FILE is there whole or not "
          "at all; where it cannot be written the account is printed, and the exit status is 2. It "
          "cannot be `-`: standard output is the command's own." },
    { .name = "json",
      .negation = "no-json",
      .section = "Output",
      .kind = FLAGS_SWITCH,
      .at = FLAGS_FIELD(struct explain_options, json, bool),
      .brief = "Print the account as JSON.",
      .text = "Print the account as one object of JSON: for other programs. With `--html` both are "
              "made." },
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
    .examples =
        (const struct flags_example[]){
            { "See where a search spends its time:", "leat explain grep -c foo linux.tar.gz" },
            { "See it as a picture in a browser:", "leat explain --html page.html ls a.iso" },
            { 0 } },
    .exits = (const struct flags_exit[]){ { "2", "The command line is wrong." },
                                          { "else", "What the command gives." },
                                          { 0 } },
};
