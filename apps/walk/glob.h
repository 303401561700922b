#ifndef APPS_WALK_GLOB_H
#define APPS_WALK_GLOB_H

#include "leat/core/compiler.h"

/* Patterns in the language of .gitignore, compiled once and asked often.
 *
 * The language is that of gitignore(5) with ripgrep's `{a,b}` alternates. `?` and classes match one
 * byte, never a `/`. */

enum {
    GLOB_LINE_MAX = 4096,        /* bytes in one pattern */
    GLOB_ALTERNATES_MAX = 256,   /* plain patterns that one line with braces may stand for */
    GLOB_EXPANDED_MAX = 1 << 18, /* bytes of all texts made on the way to those */
    GLOB_PATTERNS_MAX = 1 << 16, /* plain patterns in one set */
    GLOB_BYTES_MAX = 1 << 24,    /* bytes that the patterns of one set may own */
};

/* What came of adding a line. */
enum glob_added {
    GLOB_ADDED = 0,
    GLOB_MALFORMED, /* braces that do not pair, a range backwards, a `\` at the end, a `[` open */
    GLOB_TOO_MUCH,  /* one of the bounds above */
    GLOB_NO_MEMORY,
};

/* What a set says of a path: nothing, that its last match is a plain pattern, or one with `!`. */
enum glob_verdict { GLOB_UNMATCHED = 0, GLOB_MATCHED, GLOB_NEGATED };

/* A path as the matcher wants it: `name` is where its last component starts. */
struct glob_path {
    const char *text;
    size_t len;
    size_t name;
    bool is_folder;
};

/* Where patterns are from: in a file, a `[` that nothing closes stands for itself; in an argument,
 * whose author is there to be told, it is malformed. */
enum glob_source { GLOB_FROM_FILE, GLOB_FROM_ARGUMENT };

struct glob_set;

/* An empty set, or NULL without memory. Destroy it with glob_set_destroy(). */
LEAT_MUST_USE struct glob_set *glob_set_create(enum glob_source source);

/* Give a set's memory back. NULL is fine. */
void glob_set_destroy(struct glob_set *set);

/* Add one line of an ignore file: `len` bytes without the newline. Blank lines and comments add
 * nothing. Later lines win over earlier ones. On anything but GLOB_ADDED the set is as before. */
LEAT_MUST_USE enum glob_added glob_set_add(struct glob_set *set, const char *line, size_t len);

/* What is wrong with a line that was not added, in a few words: static text. */
const char *glob_added_text(enum glob_added added);

/* How many patterns the set holds, counting alternates apart. */
size_t glob_set_size(const struct glob_set *set);

/* What the last line that matches says of this path, relative to where the patterns are from.
 * Allocates nothing; any number of threads may ask at once. */
enum glob_verdict glob_set_match(const struct glob_set *set, const struct glob_path *path);

/* The meaning of `-g`: GLOB_MATCHED if the globs ask for this path, GLOB_NEGATED if they refuse
 * it, because a `!` pattern was the last to match or because it is a file and some pattern without
 * `!` exists but none matches it, GLOB_UNMATCHED if they leave it to other rules. */
enum glob_verdict glob_set_override(const struct glob_set *set, const struct glob_path *path);

/* Do these -g globs let a file of this relative name through, as a walk down to it would? The form
 * for names inside archives, where no other rules apply: `!doc` refuses `doc/a.txt` too. A NULL or
 * empty set lets everything through. */
bool glob_set_selects(const struct glob_set *set, const char *path, size_t len);

/* Does a `!` pattern refuse such a file, or a folder above it? What is not selected need not be
 * refused: it may be looked into. */
bool glob_set_refuses(const struct glob_set *set, const char *path, size_t len);

#endif
