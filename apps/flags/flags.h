#ifndef APPS_FLAGS_FLAGS_H
#define APPS_FLAGS_FLAGS_H

#include "apps/term/buffer.h"

/* The command line as data. One constant table of flags for each command makes its parser, its
 * short and long help, its man page and its shell completions, so that none of them can say
 * something that another does not know. */

#define FLAGS_PROGRAM "leat"

/* The version that was built. */
extern const char flags_version[];

/* What a flag does with the field of the options struct that it names. */
enum flags_kind {
    FLAGS_SWITCH,  /* bool: true; false by the negation */
    FLAGS_SET,     /* an enum: `on`; `off` by the negation */
    FLAGS_COUNT,   /* unsigned: one more, up to `max`; the n-th use stands for stands_for[n-1] */
    FLAGS_ALIAS,   /* no field: stands for all of `stands_for` */
    FLAGS_NUMBER,  /* struct flags_number, from `min` to `max` */
    FLAGS_SIZE,    /* the same, in bytes, written with K, M, G or T for powers of 1024 */
    FLAGS_CHOICE,  /* an enum: `on` plus the index of one of `choices` */
    FLAGS_STRING,  /* const char *: the argument itself, borrowed from argv */
    FLAGS_LIST,    /* struct flags_list: every argument, in the order given */
    FLAGS_HELP,    /* no field: show the help, short by the letter and long by the name */
    FLAGS_VERSION, /* no field: show the version */
};

struct flags_number {
    uint64_t value;
    bool set; /* false: the flag was not given, and the command's own default holds */
};

static inline uint64_t flags_number_or(struct flags_number number, uint64_t otherwise)
{
    return number.set ? number.value : otherwise;
}

/* Strings borrowed from argv; the array itself is ours until flags_release. */
struct flags_list {
    const char **items;
    size_t count;
};

/* Texts are short paragraphs with an empty line between them. A line that starts with four spaces
 * is shown as it is, and what stands in `backquotes` is set in bold where there is bold. */
struct flags_flag {
    char letter;             /* 0: none */
    const char *name;        /* without its dashes; every flag has one */
    const char *negation;    /* the name that takes it back: `no-hidden`. NULL: none */
    const char *section;     /* the heading it stands under; flags of one section are neighbours */
    const char *placeholder; /* of the argument, as NUM. NULL: it takes none */
    enum flags_kind kind;
    size_t at;                     /* where it lands in the options struct; see FLAGS_FIELD */
    int on, off;                   /* SET; `on` also CHOICE */
    uint64_t min;                  /* NUMBER, SIZE */
    uint64_t max;                  /* NUMBER, SIZE, COUNT */
    const char *const *choices;    /* CHOICE: their names, then NULL */
    const char *const *stands_for; /* COUNT, ALIAS: long flags with their dashes, then NULL */
    const char *brief;             /* one line for -h, with a full stop */
    const char *text;              /* for --help and the man page */
};

struct flags_example {
    const char *does; /* "Search every layer of an archive:" */
    const char *line; /* what to type */
};

struct flags_exit {
    const char *status; /* "0" */
    const char *when;   /* "Something matched." */
};

struct flags_command {
    const char *name;         /* as typed after the program's; NULL for the program itself */
    const char *summary;      /* one line, no full stop, as the NAME of a man page has it */
    const char *const *usage; /* what may follow the name, a line each, then NULL */
    const char *description;  /* for --help and the man page */
    const struct flags_flag *flags;
    size_t flag_count;
    size_t options_size;   /* of the options struct */
    size_t operands;       /* where the struct flags_list of what is no flag lands in it */
    bool stops_at_operand; /* what follows the first operand is for another command */
    const struct flags_example *examples; /* until one without a line; NULL: none */
    const struct flags_exit *exits;       /* until one without a status */
    const char *notes;                    /* a last section of the man page. NULL: none */
};

struct flags_program {
    const struct flags_command *self;            /* the flags before a command's name */
    const struct flags_command *const *commands; /* then NULL */
    const char *version;
    const char *date; /* of the man pages, as 2026-11-23 */
};

/* An offset, if a fact holds that is known at compile time; else it does not compile. */
#define FLAGS_CHECKED(offset, fact) ((offset) + 0 * sizeof(char[(fact) ? 1 : -1]))

/* The offset of a field, checked to be of the type that the flag's kind needs. */
#define FLAGS_FIELD(type, field, field_type)                                                       \
    FLAGS_CHECKED(offsetof(type, field),                                                           \
                  __builtin_types_compatible_p(__typeof__(((type *)0)->field), field_type))

/* The same for an enum, whose type may be any that is as wide as int. */
#define FLAGS_ENUM_FIELD(type, field)                                                              \
    FLAGS_CHECKED(offsetof(type, field), sizeof(((type *)0)->field) == sizeof(int))

enum flags_status {
    FLAGS_RUN,   /* the options are set: go on */
    FLAGS_SHOWN, /* what was asked for is in the text: print it to standard output, exit with 0 */
    FLAGS_WRONG, /* what is wrong is in the text, one line: print it to standard error, exit 2 */
};

/* Parse a command's arguments into its options.
 *
 * Flags may stand anywhere before `--`; where two disagree, the last one wins. An argument follows
 * its letter (-A3, -A=3, -A 3) or its name (--after-context=3, --after-context 3), whatever it
 * begins with; letters without arguments may be clustered.
 *
 * argv      argv[0] is the command's own name and is not looked at; borrowed by the options
 * options   zeroed, or set to the command's defaults; flags_release frees what it comes to hold
 * ret_text  what to print, for SHOWN and WRONG
 * Status    RUN, SHOWN, WRONG (no memory is WRONG too) */
LEAT_MUST_USE enum flags_status flags_parse(const struct flags_program *program,
                                            const struct flags_command *command, int argc,
                                            char *const *argv, void *options,
                                            struct term_buffer *ret_text);

/* Free the lists in the options. They must have been zeroed or come from flags_parse. */
void flags_release(const struct flags_command *command, void *options);

/* Put one line about a wrong command line, as the parser does: `leat grep: no pattern`. For what
 * a table cannot say. */
void flags_put_wrong(struct term_buffer *buffer, const struct flags_command *command,
                     const char *format, ...) LEAT_PRINTF(3, 4);

/* What the command takes: its own flags, then those that every command has. */
size_t flags_count(const struct flags_command *command);
const struct flags_flag *flags_get(const struct flags_command *command, size_t index);

/* Put what the table is for: the help that fits a screen, the help that says everything, and the
 * page for man(1), in roff. */
void flags_put_help(struct term_buffer *buffer, const struct flags_program *program,
                    const struct flags_command *command);
void flags_put_long_help(struct term_buffer *buffer, const struct flags_program *program,
                         const struct flags_command *command);
void flags_put_man(struct term_buffer *buffer, const struct flags_program *program,
                   const struct flags_command *command);

/* Put a completion script for all commands of the program. */
enum flags_shell { FLAGS_SHELL_NONE, FLAGS_BASH, FLAGS_ZSH, FLAGS_FISH };
void flags_put_completions(struct term_buffer *buffer, const struct flags_program *program,
                           enum flags_shell shell);

/* The command of this name, or NULL. */
const struct flags_command *flags_command_find(const struct flags_program *program,
                                               const char *name);

#endif
