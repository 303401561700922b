#include "apps/main/leat_flags.h"

#include "apps/cat/cat_flags.h"
#include "apps/cp/cp_flags.h"
#include "apps/explain/explain_flags.h"
#include "apps/formats/formats_flags.h"
#include "apps/grep/grep_flags.h"
#include "apps/ls/ls_flags.h"
#include "apps/serve/serve_flags.h"
#include "apps/test/test_flags.h"

static const struct flags_flag flags[] = {
    { .name = "man",
      .section = "Documents",
      .kind = FLAGS_SWITCH,
      .at = FLAGS_FIELD(struct flags_program_options, man, bool),
      .brief = "Print the manual page of COMMAND, or of leat.",
      .text = "Print the manual page of COMMAND or, without one, of leat itself, for man(1) to "
              "show:\n\n"
              "    leat --man grep | man -l -" },
    { .name = "completions",
      .section = "Documents",
      .placeholder = "SHELL",
      .kind = FLAGS_CHOICE,
      .at = FLAGS_ENUM_FIELD(struct flags_program_options, shell),
      .on = FLAGS_BASH,
      .choices = (const char *const[]){ "bash", "zsh", "fish", NULL },
      .brief = "Print completions for bash, zsh or fish.",
      .text = "Print a script that teaches a shell to complete the flags of leat: `bash`, `zsh` or "
              "`fish`. For bash, in ~/.bashrc:\n\n"
              "    eval \"$(leat --completions bash)\"" },
};

_Static_assert(FLAGS_ZSH == FLAGS_BASH + 1 && FLAGS_FISH == FLAGS_BASH + 2,
               "the choices are in the order of enum flags_shell");

static const struct flags_command self = {
    .summary = "carry bytes from where they are to where they are used",
    .usage = (const char *const[]){ "COMMAND [FLAGS] [ARGUMENT...]", "COMMAND -h",
                                    "--man [COMMAND]", "--completions SHELL", NULL },
    .description =
        "Search, list and read files through every layer around them: compression, archives and "
        "encodings, one inside the other, in one process and without unpacking anything.\n\n"
        "A path may lead inside a file. Each `!` is a step into an archive:\n\n"
        "    backup.tar.zst!mail/3.eml\n\n"
        "Messages go to standard error, a line each: the place, the part that met the problem, "
        "what it is, and where in the part's input it stands.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct flags_program_options),
    .operands = FLAGS_FIELD(struct flags_program_options, operands, struct flags_list),
    .stops_at_operand = true,
    .exits = (const struct flags_exit[]){ { "2", "The command line is wrong." },
                                          { "else", "What the command gives." },
                                          { 0 } },
};

const struct flags_program leat_program = {
    .self = &self,
    .commands = (const struct flags_command *const[]){ &grep_command, &cat_command, &cp_command,
                                                       &ls_command, &test_command, &serve_command,
                                                       &explain_command, &formats_command, NULL },
    .version = flags_version,
    .date = "2026-11-23",
};
