#ifndef APPS_WALK_GLOB_PATTERN_H
#define APPS_WALK_GLOB_PATTERN_H

#include "apps/walk/glob.h"

/* One plain pattern (no braces), compiled to the cheapest test that decides it. */

enum glob_kind {
    GLOB_ANYTHING,      /* `**` */
    GLOB_NAME,          /* `foo`: the last component is this text */
    GLOB_EXTENSION,     /* `*.o`: the last component's last dot begins this text */
    GLOB_NAME_SUFFIX,   /* `*~`, `*.tar.gz`: the last component ends so */
    GLOB_NAME_PREFIX,   /* `.*`, `foo*`: the last component begins so */
    GLOB_NAME_PROGRAM,  /* `[ab]?.c`: a program over the last component */
    GLOB_WHOLE,         /* `/a/b`: the path is this text */
    GLOB_WHOLE_PROGRAM, /* `a/b*`: a program over the path */
};

/* An instruction is a byte to match (0..255), one of these, or GLOB_OP_CLASS and the index of a
 * class above it. */
enum {
    GLOB_OP_ANY = 256, /* `?`: one byte but `/` */
    GLOB_OP_STAR,      /* `*`: any bytes but `/` */
    GLOB_OP_LEADING,   /* `**` and `/` at the start: nothing, or whole components with their `/` */
    GLOB_OP_BETWEEN,   /* `/`, `**`, `/`: a `/`, then the same */
    GLOB_OP_BELOW,     /* `/` and `**` at the end: a `/` and anything */
    GLOB_OP_CLASS = 512,
};

/* The bytes that a `[...]` lets through. */
struct glob_class {
    uint64_t bits[4];
};

struct glob_pattern {
    enum glob_kind kind;
    bool negated;      /* the line began with `!` */
    bool folders_only; /* the line ended with `/` */
    uint32_t rank;     /* the line's place in its set: the highest that matches decides */
    uint32_t next;     /* the next in a chain of equal hash, plus one; 0 ends it */
    uint32_t len;      /* bytes of text */
    uint32_t ops_count;
    uint32_t class_count;
    char *text;    /* for the kinds with text; owned */
    uint16_t *ops; /* for the kinds with a program; owned */
    struct glob_class *classes;
};

/* Where the `]` is that closes the class whose `[` is at `at`, or NULL when nothing before `end`
 * does. A `]` in the first place stands for itself. */
const char *glob_class_end(const char *at, const char *end);

/* Compile `len` bytes of pattern, without `!` and the closing `/`. `anywhere`: the line had no
 * `/` but at its end, so that it holds at any depth. Fills all but rank and next; on failure
 * nothing is owned. */
LEAT_MUST_USE enum glob_added glob_pattern_init(struct glob_pattern *pattern, const char *text,
                                                size_t len, bool anywhere, enum glob_source source);

void glob_pattern_fini(struct glob_pattern *pattern);

/* Bytes of memory that the pattern owns. */
size_t glob_pattern_bytes(const struct glob_pattern *pattern);

/* Does the pattern, whatever its folders_only says, match? Time is bounded by the product of both
 * lengths for each `**`, whatever the pattern. */
bool glob_pattern_match(const struct glob_pattern *pattern, const struct glob_path *path);

#endif
