#ifndef APPS_GREP_GREP_FLAGS_H
#define APPS_GREP_GREP_FLAGS_H

#include "apps/flags/flags.h"
#include "apps/run/keys.h"
#include "apps/run/limits.h"
#include "apps/term/colour.h"

enum grep_case { GREP_CASE_SENSITIVE, GREP_CASE_IGNORE, GREP_CASE_SMART };
enum grep_boundary { GREP_ANYWHERE, GREP_WORD, GREP_LINE };

/* What is printed of a file. */
enum grep_mode {
    GREP_LINES,
    GREP_COUNT,
    GREP_COUNT_MATCHES,
    GREP_FILES_WITH,
    GREP_FILES_WITHOUT,
};

/* What a file with a NUL byte is to the search. */
enum grep_binary {
    GREP_BINARY_AUTO,   /* found by walking: no longer searched; named: as SEARCH */
    GREP_BINARY_SEARCH, /* searched, but matches are told, not shown */
    GREP_BINARY_TEXT,   /* as any other */
};

/* AUTO depends on whether the output is a terminal and on how many files are searched. */
enum grep_choice { GREP_AUTO, GREP_ON, GREP_OFF };

enum grep_sort { GREP_SORT_NONE, GREP_SORT_PATH };

/* What the command line says, zeroed for the defaults. Strings are borrowed from argv. */
struct grep_options {
    /* What to look for. The first operand is a pattern when both lists are empty. */
    struct flags_list patterns;
    struct flags_list pattern_files;
    enum grep_case case_mode;
    enum grep_boundary boundary;
    bool fixed_strings;
    bool invert;
    struct flags_number max_count; /* matching lines in a file; 0 searches nothing */

    /* Where. */
    struct flags_list globs; /* in order: the last that matches decides */
    bool hidden;
    bool no_ignore;
    bool follow;
    unsigned
        unrestricted; /* how often -u was given; its effects are in the fields they belong to */
    enum grep_binary binary;
    struct flags_number max_depth; /* not set: without end */
    enum grep_sort sort;
    struct flags_number threads; /* 0 or not set: as many as there are cores */

    /* Through what. */
    bool no_layers;
    const char *encoding; /* as typed; NULL: none was */
    struct run_key_files keys;
    struct run_limits limits;

    /* What to print. */
    enum grep_mode mode;
    bool only_matching;
    bool quiet;
    struct flags_number after, before, context; /* lines; see grep_context_after */
    enum grep_choice line_numbers;
    enum grep_choice file_names;
    enum grep_choice heading;
    bool column;
    bool byte_offset;
    bool source_offset;
    bool null;
    bool stats;
    bool no_messages;
    enum term_when colour;

    struct flags_list operands;
};

/* Lines to show after and before a match: -A and -B are stronger than -C, wherever they stand. */
static inline uint64_t grep_context_after(const struct grep_options *options)
{
    return flags_number_or(options->after, flags_number_or(options->context, 0));
}

static inline uint64_t grep_context_before(const struct grep_options *options)
{
    return flags_number_or(options->before, flags_number_or(options->context, 0));
}

#define GREP_CONTEXT_MAX 1000000
#define GREP_THREADS_MAX 256

extern const struct flags_command grep_command;

#endif
