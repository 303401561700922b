#include "apps/test/test_flags.h"

#include "apps/walk/pool.h"

#define OUTPUT "Output"

static const struct flags_flag flags[] = {
    { .name = "json",
      .negation = "no-json",
      .section = OUTPUT,
      .kind = FLAGS_SWITCH,
      .at = FLAGS_FIELD(struct test_options, json, bool),
      .brief = "Print an object of JSON on each line.",
      .text = "Print an object of JSON on each line, for other programs: one for each problem, "
              "with its place, part, reason and offset, and one for each file, with its verdict. "
              "Names that are not UTF-8 are marked as such." },
    { .letter = 'v',
      .name = "verbose",
      .section = OUTPUT,
      .kind = FLAGS_SET,
      .at = FLAGS_ENUM_FIELD(struct test_options, told),
      .on = TEST_TELLS_ALL,
      .brief = "Name each thing that was read, too.",
      .text = "Print a line for everything that was read inside, with how large it is, and for "
              "files that have nothing around them to be checked." },
    { .letter = 'q',
      .name = "quiet",
      .section = OUTPUT,
      .kind = FLAGS_SET,
      .at = FLAGS_ENUM_FIELD(struct test_options, told),
      .on = TEST_TELLS_PROBLEMS,
      .brief = "Print only what is wrong.",
      .text = "Print only what is wrong, and nothing where all is well." },
    { .letter = 'j',
      .name = "threads",
      .section = OUTPUT,
      .placeholder = "NUM",
      .kind = FLAGS_NUMBER,
      .at = FLAGS_FIELD(struct test_options, threads, struct flags_number),
      .max = POOL_THREADS_MAX,
      .brief = "Use about NUM threads (as many as cores).",
      .text = "Use about NUM threads, at most 256, for several files at once. With 0, the default, "
              "as many as there are cores." },
    RUN_KEY_FLAGS(struct test_options),
    RUN_LIMIT_FLAGS(struct test_options),
};

const struct flags_command test_command = {
    .name = "test",
    .summary = "check everything inside files: checksums, structure, limits",
    .usage = (const char *const[]){ "[FLAGS] PATH...", NULL },
    .description =
        "Read each PATH through every layer, to the last byte, as `gzip -t`, `xz -t`, `zip -T` and "
        "the like do for their one format, and print what is wrong in it, with its place, and a "
        "verdict. A folder is tested with all that is below it. Where the format allows it, the "
        "test goes on behind damage, so that all of it is told and not only the first.\n\n"
        "Without a path, or where it is `-`, standard input is read.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct test_options),
    .operands = FLAGS_FIELD(struct test_options, operands, struct flags_list),
    .examples =
        (const struct flags_example[]){
            { "See whether last night's backups can be read:", "leat test -q /backups" }, { 0 } },
    .exits =
        (const struct flags_exit[]){ { "0", "All is well." },
                                     { "2", "Something is damaged, or the command line is wrong." },
                                     { 0 } },
};
