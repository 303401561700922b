#include "apps/formats/formats_flags.h"

const struct flags_command formats_command = {
    .name = "formats",
    .summary = "list the formats that this build knows",
    .usage = (const char *const[]){ "", NULL },
    .description =
        "Print the formats that this build knows, a line each: its name, whether it is read (r) "
        "and written (w), the endings of file names that go with it, and what it is. Layers are "
        "told by their content; an ending alone decides nothing but what `-g` opens.\n\n"
        "Formats that were left out, because the build did not find a library, come last.",
    .options_size = sizeof(struct formats_options),
    .operands = FLAGS_FIELD(struct formats_options, operands, struct flags_list),
    .exits = (const struct flags_exit[]){ { "0", "The list was printed." },
                                          { "2", "Writing failed, or the command line is wrong." },
                                          { 0 } },
};
