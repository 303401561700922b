#include "apps/cat/cat_flags.h"

static const struct flags_flag flags[] = {
    { .name = "layers",
      .negation = "no-layers",
      .section = "Layers",
      .kind = FLAGS_SWITCH,
      .at = FLAGS_FIELD(struct cat_options, layers, bool),
      .brief = "Peel off the layers around what is written.",
      .text =
          "Peel off every layer around what is written: a .gz is decompressed, and of an archive "
          "every file inside is written, one after another. Without this flag, only the layers "
          "that the path itself goes through are opened, and what lies at its end is written as "
          "it is." },
    { .letter = 'E',
      .name = "encoding",
      .negation = "no-encoding",
      .section = "Layers",
      .kind = FLAGS_STRING,
      .at = FLAGS_FIELD(struct cat_options, encoding, const char *),
      .placeholder = "NAME",
      .brief = "Write text in this encoding as UTF-8.",
      .text = "Write what is in the encoding NAME as UTF-8; the name is one that `leat grep "
              "--encoding` knows. With `guess` a detector judges each text that is not UTF-8. With "
              "`auto`, the default, UTF-16 and UTF-32 become UTF-8 where `--layers` is given, and "
              "with `none` nothing does." },
    RUN_KEY_FLAGS(struct cat_options),
    RUN_LIMIT_FLAGS(struct cat_options),
};

const struct flags_command cat_command = {
    .name = "cat",
    .summary = "write files, and files inside files, to standard output",
    .usage = (const char *const[]){ "[FLAGS] [PATH...]", NULL },
    .description =
        "Write each PATH to standard output, one after another. A path may go inside an archive, "
        "and on inside what is found there, with `!` between the steps:\n\n"
        "    leat cat 'backup.tar.zst!mail/3.eml'\n\n"
        "Without a path, or where the path is `-`, standard input is read.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct cat_options),
    .operands = FLAGS_FIELD(struct cat_options, operands, struct flags_list),
    .examples =
        (const struct flags_example[]){
            { "Take one file out of an archive:", "leat cat 'linux.tar.xz!linux/README' > README" },
            { "Decompress whatever it is:", "leat cat --layers log.gz" },
            { 0 } },
    .exits =
        (const struct flags_exit[]){
            { "0", "All was written." },
            { "2", "Reading or writing failed, or the command line is wrong." },
            { 0 } },
};
