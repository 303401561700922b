#include "apps/grep/grep_flags.h"

/* A flag's kind and the field it lands in, as one phrase of the table. */
#define FIELD(field, type) .at = FLAGS_FIELD(struct grep_options, field, type)
#define SWITCH(field)      .kind = FLAGS_SWITCH, FIELD(field, bool)
#define STRING(field)      .kind = FLAGS_STRING, FIELD(field, const char *)
#define LIST(field)        .kind = FLAGS_LIST, FIELD(field, struct flags_list)
#define ENUM(field)        .at = FLAGS_ENUM_FIELD(struct grep_options, field)
#define SET(field, value)  .kind = FLAGS_SET, ENUM(field), .on = (value)
#define CHOICE(field)      .kind = FLAGS_CHOICE, ENUM(field)
#define NUMBER(field, least, most)                                                                 \
    .kind = FLAGS_NUMBER, FIELD(field, struct flags_number), .min = (least), .max = (most)
#define SIZE(field, least)                                                                         \
    .kind = FLAGS_SIZE, FIELD(field, struct flags_number), .min = (least), .max = UINT64_MAX

#define PATTERNS "Patterns"
#define FILES    "Files"
#define LAYERS   "Layers"
#define OUTPUT   "Output"

static const struct flags_flag flags[] = {
    { .letter = 'e',
      .name = "regexp",
      .section = PATTERNS,
      .placeholder = "PATTERN",
      LIST(patterns),
      .brief = "A pattern to search for; may be repeated.",
      .text =
          "A pattern to search for. Given more than once, a line matches when any of the patterns "
          "does. With this flag, or with `-f`, every argument that is not a flag is a path.\n\n"
          "It is also the way to search for a pattern that begins with a dash:\n\n"
          "    leat grep -e -foo" },
    { .letter = 'f',
      .name = "file",
      .section = PATTERNS,
      .placeholder = "FILE",
      LIST(pattern_files),
      .brief = "Read patterns from FILE, one a line.",
      .text =
          "Read patterns from FILE, one a line; `-` is standard input. May be repeated, and "
          "combined with `-e`: a line matches when any of all the patterns does. An empty line is "
          "a pattern that matches everything; an empty file holds no pattern, and matches "
          "nothing." },
    { .letter = 'F',
      .name = "fixed-strings",
      .negation = "no-fixed-strings",
      .section = PATTERNS,
      SWITCH(fixed_strings),
      .brief = "Take patterns as plain text.",
      .text = "Take every pattern as plain text, in which no character is special." },
    { .letter = 'i',
      .name = "ignore-case",
      .section = PATTERNS,
      SET(case_mode, GREP_CASE_IGNORE),
      .brief = "Upper and lower case match each other.",
      .text = "Let upper and lower case match each other, in all of Unicode. A pattern can take "
              "itself out with `(?-i)`. Overrides `-s` and `-S`." },
    { .letter = 's',
      .name = "case-sensitive",
      .section = PATTERNS,
      SET(case_mode, GREP_CASE_SENSITIVE),
      .brief = "Case must match (default).",
      .text = "Upper case matches upper case only. This is the default; the flag overrides an "
              "earlier `-i` or `-S`." },
    { .letter = 'S',
      .name = "smart-case",
      .section = PATTERNS,
      SET(case_mode, GREP_CASE_SMART),
      .brief = "Ignore case unless a pattern has upper case.",
      .text =
          "Ignore case, as `-i` does, when the patterns hold letters and none of them is upper "
          "case; otherwise case must match. What belongs to the syntax, as the S of `\\S`, does "
          "not count. Overrides `-i` and `-s`." },
    { .letter = 'v',
      .name = "invert-match",
      .negation = "no-invert-match",
      .section = PATTERNS,
      SWITCH(invert),
      .brief = "Select the lines that do not match.",
      .text = "Select the lines that do not match instead of those that do. With `-l` this lists "
              "files with at least one line that does not match, which is not what "
              "`--files-without-match` lists." },
    { .letter = 'w',
      .name = "word-regexp",
      .section = PATTERNS,
      SET(boundary, GREP_WORD),
      .brief = "Match whole words only.",
      .text = "A match must begin and end where a word does: no letter, digit or underscore may "
              "touch it. Overrides `-x`." },
    { .letter = 'x',
      .name = "line-regexp",
      .section = PATTERNS,
      SET(boundary, GREP_LINE),
      .brief = "Match whole lines only.",
      .text = "A match must be a whole line, as if every pattern stood between `^` and `$`. "
              "Overrides `-w`." },
    { .letter = 'm',
      .name = "max-count",
      .section = PATTERNS,
      .placeholder = "NUM",
      NUMBER(max_count, 0, UINT64_MAX),
      .brief = "Stop a file after NUM matching lines.",
      .text =
          "Stop reading a file after NUM matching lines. Context after the last of them is still "
          "shown. Each file inside an archive counts for itself. With 0 nothing is searched." },

    { .letter = 'g',
      .name = "glob",
      .section = FILES,
      .placeholder = "GLOB",
      LIST(globs),
      .brief = "Search only names that match, or with ! do not.",
      .text =
          "Search only files whose name matches GLOB or, when it begins with `!`, only those whose "
          "name does not. May be repeated; of several globs that match a name, the last decides. "
          "Globs are written as in a .gitignore file, and are stronger than ignore files.\n\n"
          "Names inside archives are tested in the same way: `-g '*.c'` finds the C files of a "
          "tree and of the tar files in it. An archive itself is opened even if its own name does "
          "not match, unless a glob with `!` excludes it." },
    { .letter = '.',
      .name = "hidden",
      .negation = "no-hidden",
      .section = FILES,
      SWITCH(hidden),
      .brief = "Search hidden files and folders too.",
      .text = "Search files and folders whose name begins with a dot. Those named on the command "
              "line are always searched." },
    { .name = "no-ignore",
      .negation = "ignore",
      .section = FILES,
      SWITCH(no_ignore),
      .brief = "Do not obey .gitignore and its like.",
      .text = "Search what .gitignore, .ignore and .rgignore files would leave out." },
    { .letter = 'u',
      .name = "unrestricted",
      .section = FILES,
      .kind = FLAGS_COUNT,
      FIELD(unrestricted, unsigned),
      .max = 3,
      .stands_for = (const char *const[]){ "--no-ignore", "--hidden", "--binary", NULL },
      .brief = "Leave out less: -u, -uu or -uuu.",
      .text = "Leave out less. Once, this is `--no-ignore`; twice, `--hidden` too; three times, "
              "`--binary` too. `leat grep -uuu foo` looks into everything there is." },
    { .name = "follow",
      .negation = "no-follow",
      .section = FILES,
      SWITCH(follow),
      .brief = "Follow symbolic links.",
      .text =
          "Follow symbolic links while walking folders. A link that leads back to where it came "
          "from is reported and not followed. Links named on the command line are always "
          "followed. This flag has no short form: see `-L`." },
    { .letter = 'd',
      .name = "max-depth",
      .section = FILES,
      .placeholder = "NUM",
      NUMBER(max_depth, 0, UINT64_MAX),
      .brief = "Walk at most NUM folders deep.",
      .text = "Walk at most NUM levels of folders below the paths given. With 0 only the paths "
              "themselves are searched, and folders among them not at all; with 1, the files right "
              "inside them. Layers inside files do not count; see `--limit-depth`." },
    { .letter = 'a',
      .name = "text",
      .negation = "no-text",
      .section = FILES,
      SET(binary, GREP_BINARY_TEXT),
      .brief = "Search binary files as if they were text.",
      .text =
          "Search and show files with NUL bytes as if they were text. What is shown may then hold "
          "sequences that a terminal obeys. Overrides `--binary`." },
    { .name = "binary",
      .negation = "no-binary",
      .section = FILES,
      SET(binary, GREP_BINARY_SEARCH),
      .brief = "Search binary files, but do not show them.",
      .text =
          "Search files with NUL bytes to the first match, and say that there is one instead of "
          "showing it. Without this flag, a file found by walking is given up at its first NUL "
          "byte; one named on the command line is always searched as with this flag. Overrides "
          "`-a`." },
    { .name = "sort",
      .section = FILES,
      .placeholder = "ORDER",
      CHOICE(sort),
      .choices = (const char *const[]){ "none", "path", NULL },
      .brief = "Print files in an order: none or path.",
      .text = "Print files in an order. With `none`, the default, each is printed as soon as it is "
              "searched; with `path`, in the order of their names, byte by byte, which is the same "
              "in every run." },
    { .letter = 'j',
      .name = "threads",
      .section = FILES,
      .placeholder = "NUM",
      NUMBER(threads, 0, GREP_THREADS_MAX),
      .brief = "Use NUM threads; 0 means one a core.",
      .text = "Use about NUM threads, at most 256. With 0, the default, as many as there are cores "
              "for this process." },

    { .name = "no-layers",
      .negation = "layers",
      .section = LAYERS,
      SWITCH(no_layers),
      .brief = "Search files as they are; peel nothing.",
      .text = "Search the bytes of files as they are: archives are not opened, nothing is "
              "decompressed. Encodings are still recognised; see `--encoding`." },
    { .letter = 'E',
      .name = "encoding",
      .negation = "no-encoding",
      .section = LAYERS,
      .placeholder = "NAME",
      STRING(encoding),
      .brief = "Read text in this encoding.",
      .text =
          "Read every text in the encoding NAME, such as `utf-16le`. With `auto`, the default, "
          "UTF-16 and UTF-32 are recognised by their byte-order mark, or by their zeros where "
          "a text begins without one, and all else is searched as it is, as UTF-8. With `none`, "
          "the raw bytes of all are searched.\n\n"
          "With `guess`, text that is not UTF-8 is read in the encoding that a detector finds it "
          "in, as windows-1251, Shift_JIS or GB 18030; where that is not sure it is searched as "
          "it is. A text is judged by up to 16 KiB from the first character on that is not "
          "ASCII, which must come within the first MiB, and lines that stream in are held back "
          "so long. `auto` does the same in files where a pattern names a character that is not "
          "ASCII, as in an older encoding it would never be found. `utf-8` does it nowhere.\n\n"
          "A name is a label of the WHATWG Encoding Standard, so that `latin1` is "
          "windows-1252, or any that iconv(1) lists. A byte-order mark outdoes it. What is "
          "invalid in the encoding is searched as U+FFFD." },
    RUN_KEY_FLAGS(struct grep_options),
    RUN_LIMIT_FLAGS(struct grep_options),

    { .letter = 'c',
      .name = "count",
      .section = OUTPUT,
      SET(mode, GREP_COUNT),
      .brief = "Print how many lines match, for each file.",
      .text = "Print only how many lines match, for each file with any. With `-o` this is "
              "`--count-matches`. Overrides `-l`, `-L` and `--count-matches`." },
    { .name = "count-matches",
      .section = OUTPUT,
      SET(mode, GREP_COUNT_MATCHES),
      .brief = "Print how many matches, for each file.",
      .text =
          "Print only how many matches there are, for each file with any; a line may hold several. "
          "Overrides `-c`, `-l` and `-L`." },
    { .letter = 'l',
      .name = "files-with-matches",
      .section = OUTPUT,
      SET(mode, GREP_FILES_WITH),
      .brief = "Print only the names of files that match.",
      .text =
          "Print only the names of files with a match, each read no further than its first. A file "
          "inside an archive has the name `archive.tar!file`. Overrides `-c`, `-L` and "
          "`--count-matches`." },
    { .letter = 'L',
      .name = "files-without-match",
      .section = OUTPUT,
      SET(mode, GREP_FILES_WITHOUT),
      .brief = "Print only the names of files without one.",
      .text =
          "Print only the names of files without a match. Overrides `-c`, `-l` and "
          "`--count-matches`.\n\n"
          "The letter is that of GNU grep, where it stands beside `-l`. In ripgrep, `-L` follows "
          "symbolic links; here that is `--follow`." },
    { .letter = 'o',
      .name = "only-matching",
      .section = OUTPUT,
      SWITCH(only_matching),
      .brief = "Print only what matches, not its line.",
      .text = "Print only the part of a line that matches, each match on a line of its own." },
    { .letter = 'q',
      .name = "quiet",
      .section = OUTPUT,
      SWITCH(quiet),
      .brief = "Print nothing; the exit status tells.",
      .text =
          "Print nothing to standard output, and stop at the first match in any file. The exit "
          "status says whether there was one: with a match it is 0, whatever could not be read." },
    { .letter = 'A',
      .name = "after-context",
      .section = OUTPUT,
      .placeholder = "NUM",
      NUMBER(after, 0, GREP_CONTEXT_MAX),
      .brief = "Show NUM lines after each match.",
      .text =
          "Show NUM lines after each match. Between pieces that do not touch stands a line `--`. "
          "Stronger than `-C`." },
    { .letter = 'B',
      .name = "before-context",
      .section = OUTPUT,
      .placeholder = "NUM",
      NUMBER(before, 0, GREP_CONTEXT_MAX),
      .brief = "Show NUM lines before each match.",
      .text =
          "Show NUM lines before each match. Between pieces that do not touch stands a line `--`. "
          "Stronger than `-C`." },
    { .letter = 'C',
      .name = "context",
      .section = OUTPUT,
      .placeholder = "NUM",
      NUMBER(context, 0, GREP_CONTEXT_MAX),
      .brief = "Show NUM lines before and after each match.",
      .text = "Show NUM lines before and after each match: `-A` and `-B` in one. Where one of "
              "those is given too, it decides for its side." },
    { .letter = 'n',
      .name = "line-number",
      .section = OUTPUT,
      SET(line_numbers, GREP_ON),
      .brief = "Print line numbers.",
      .text = "Print the number of each line, from 1. This is the default on a terminal." },
    { .letter = 'N',
      .name = "no-line-number",
      .section = OUTPUT,
      SET(line_numbers, GREP_OFF),
      .brief = "Print no line numbers.",
      .text = "Print no line numbers. This is the default when the output is not a terminal." },
    { .name = "column",
      .negation = "no-column",
      .section = OUTPUT,
      SWITCH(column),
      .brief = "Print the column of the first match.",
      .text = "Print the column of the first match in each line, in bytes, from 1. Unless `-N` is "
              "given, line numbers are printed too." },
    { .letter = 'b',
      .name = "byte-offset",
      .negation = "no-byte-offset",
      .section = OUTPUT,
      SWITCH(byte_offset),
      .brief = "Print the offset of each line, in bytes.",
      .text =
          "Print how many bytes stand before each line in its file; with `-o`, before each match. "
          "Inside layers this counts the bytes that come out of the innermost, and text in another "
          "encoding as UTF-8; see `--source-offset`." },
    { .name = "source-offset",
      .negation = "no-source-offset",
      .section = OUTPUT,
      SWITCH(source_offset),
      .brief = "With -b, count bytes as they are in the file.",
      .text =
          "With `-b`, count the bytes of text as they are before it is decoded, from the file's "
          "first, a byte-order mark included: so the offsets of text in UTF-16 or in a code "
          "page are those of the file. Encodings that shift from one state to another, as "
          "ISO-2022-JP, are counted as UTF-8, and so is what follows a character that was "
          "replaced, where characters take several bytes." },
    { .letter = 'H',
      .name = "with-filename",
      .section = OUTPUT,
      SET(file_names, GREP_ON),
      .brief = "Print file names.",
      .text = "Print the name of the file with each match. This is the default when more than one "
              "file may be searched." },
    { .letter = 'I',
      .name = "no-filename",
      .section = OUTPUT,
      SET(file_names, GREP_OFF),
      .brief = "Print no file names.",
      .text = "Print no file names. This is the default when a single file is searched. The letter "
              "is ripgrep's; `-h` is the help." },
    { .name = "heading",
      .negation = "no-heading",
      .section = OUTPUT,
      SET(heading, GREP_ON),
      .off = GREP_OFF,
      .brief = "Print a file's name once, above its matches.",
      .text =
          "Print the name of a file once, on a line above its matches, instead of with each. This "
          "is the default on a terminal." },
    { .letter = 'p',
      .name = "pretty",
      .section = OUTPUT,
      .kind = FLAGS_ALIAS,
      .stands_for = (const char *const[]){ "--color=always", "--heading", "--line-number", NULL },
      .brief = "Print as on a terminal, wherever it goes.",
      .text = "Print as on a terminal, for instance when the output goes to a pager. Stands for "
              "`--color always --heading --line-number`." },
    { .name = "color",
      .section = OUTPUT,
      .placeholder = "WHEN",
      CHOICE(colour),
      .choices = (const char *const[]){ "auto", "never", "always", "ansi", NULL },
      .brief = "Use colours: auto, never, always or ansi.",
      .text =
          "When to use colours. With `auto`, the default, on a terminal, unless TERM is `dumb` or "
          "NO_COLOR is set; `never` and `always` do what they say, and `ansi` is the same as "
          "`always`." },
    { .letter = '0',
      .name = "null",
      .section = OUTPUT,
      SWITCH(null),
      .brief = "Put a NUL byte after file names.",
      .text =
          "Put a NUL byte after each file name in place of what else would stand there, as `xargs "
          "-0` wants it with `-l`, `-L` and `-c`." },
    { .name = "no-messages",
      .negation = "messages",
      .section = OUTPUT,
      SWITCH(no_messages),
      .brief = "Say nothing of files that cannot be read.",
      .text =
          "Say nothing of files and layers that cannot be opened or read to their end. The exit "
          "status is 2 all the same." },
    { .name = "stats",
      .negation = "no-stats",
      .section = OUTPUT,
      SWITCH(stats),
      .brief = "Print totals at the end.",
      .text = "Print totals at the end: matches, lines, files, bytes, and the time it took. See "
              "also `leat explain`, which says where the time went." },
};

_Static_assert(TERM_AUTO == 0 && TERM_NEVER == 1 && TERM_ALWAYS == 2 && TERM_ANSI == 3,
               "--color's choices are in the order of enum term_when");
_Static_assert(GREP_SORT_NONE == 0 && GREP_SORT_PATH == 1,
               "--sort's choices are in the order of enum grep_sort");

const struct flags_command grep_command = {
    .name = "grep",
    .summary = "search files for patterns, through every layer around the text",
    .usage = (const char *const[]){ "[FLAGS] PATTERN [PATH...]", "[FLAGS] -e PATTERN [PATH...]",
                                    "[FLAGS] -f FILE [PATH...]", NULL },
    .description =
        "Search files for lines that match a pattern, and folders for such files. Without a path, "
        "the current folder is searched, or standard input when something is piped in; `-` is "
        "standard input too. Files named in .gitignore, hidden files and binary files are left "
        "out of folders; see `-u`.\n\n"
        "Archives and compressed files are searched through all of their layers, whatever their "
        "names. A match inside is printed with the whole way to it:\n\n"
        "    backup.tar.gz!src.zip!main.c:12:int main(void)\n\n"
        "Patterns are Perl's regular expressions, with Unicode.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
    .options_size = sizeof(struct grep_options),
    .operands = FLAGS_FIELD(struct grep_options, operands, struct flags_list),
    .examples =
        (const struct flags_example[]){
            { "Search the current folder, and all that is packed in it:", "leat grep 'fn \\w+'" },
            { "List the C files of an archive that call malloc:",
              "leat grep -l -g '*.c' -w malloc linux.tar.zst" },
            { "Search a backup on its way through a pipe:",
              "ssh host cat backup.tar.gz | leat grep -i password" },
            { 0 } },
    .exits = (const struct flags_exit[]){ { "0", "Something matched." },
                                          { "1", "Nothing matched." },
                                          { "2", "Something could not be read to its end, or the "
                                                 "command line is wrong." },
                                          { 0 } },
    .notes =
        "Flags have the meaning that they have in ripgrep, with these differences: layers are "
        "searched unless `--no-layers` is given, and `-L` is `--files-without-match`, as in GNU "
        "grep, while `--follow` has no letter.\n\n"
        "Expressions are matched by PCRE2, which backtracks: one that can match the same text in "
        "many ways, like `(\\w+,)+\\d`, may take long on a line of 100 KB or more, and is given "
        "up where it takes too many steps from one place.",
};
