#include "apps/ls/ls_flags.h"

static const struct flags_flag flags[] = {
    { .name = "depth",
      .section = "Output",
      .placeholder = "NUM",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct ls_options, depth, struct flags_number),
      .max = LS_DEPTH_MAX,
      .brief = "Open at most NUM layers below each path.",
      .text =
          "Open at most NUM layers below each path. With 0 nothing is opened; with 1 an archive is "
          "listed, but not the archives in it. Without this flag all of them are." },
    { .name = "json",
      .negation = "no-json",
      .section = "Output",
      .kind = FLAGS_SWITCH,
      .at = FLAGS_FIELD(struct ls_options, json, bool),
      .brief = "Print an object of JSON on each line.",
      .text = "Print an object of JSON on each line, one for each entry, as it is found: for other "
              "programs. Names that are not UTF-8 are marked as such." },
    RUN_KEY_FLAGS(struct ls_options),
    RUN_LIMIT_FLAGS(struct ls_options),
};

const struct flags_command ls_command = {
    .name = "ls",
    .summary = "list what is inside files, through every layer",
    .usage = (const char *const[]){ "[FLAGS] PATH...", NULL },
    .description =
        "Print the tree of what is inside each PATH: names, sizes, how each is packed, and what is "
        "wrong with it. A path may itself go inside, as `backup.tar!old.zip`. Names are escaped "
        "on a terminal.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct ls_options),
    .operands = FLAGS_FIELD(struct ls_options, operands, struct flags_list),
    .examples =
        (const struct flags_example[]){
            { "See what a download holds before it is unpacked:", "leat ls --depth 1 app.tar.gz" },
            { 0 } },
    .exits = (const struct flags_exit[]){ { "0", "All was listed." },
                                          { "2", "Something could not be read to its end, or the "
                                                 "command line is wrong." },
                                          { 0 } },
};
