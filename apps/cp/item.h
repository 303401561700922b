#ifndef APPS_CP_ITEM_H
#define APPS_CP_ITEM_H

#include "apps/cp/cp_flags.h"
#include "apps/cp/identity.h"
#include "apps/cp/progress.h"
#include "apps/run/run.h"
#include "leat/container/container.h"
#include "leat/core/format.h"
#include "leat/stage/age/age.h"

/* What goes from a source to an output: sources (tree.h, inside.h) make items one after another,
 * outputs (folder.h, archive.h, stream.h) take them. Neither knows the other. */

struct item {
    struct leat_span name;      /* where it goes, below the output: "docs/a.txt"; hostile */
    struct leat_span place;     /* where it comes from, for messages; hostile too */
    struct leat_entry about;    /* kind, target, size, mode, mtime; its name is not used */
    struct leat_reader *reader; /* of a file's bytes: the source's; NULL for all else. With a hard
                                   link, perhaps, for outputs that have none */
    int descriptor;             /* of an ordinary file that `reader` is all of; else -1 */
    struct identity from;       /* the file that it is read from: of a member, the archive */
    bool holes;                 /* the descriptor's file has some */
    bool dated;                 /* `about` has a time */
    bool hostile;               /* out of an archive: whoever made that may have meant harm */
};

/* The command's own state, shared by all that takes part. */
struct cp {
    struct run *run;
    struct cp_options flags;
    struct leat_ctx ctx;
    struct leat_level_options level; /* of encoders that have some */
    struct leat_age_options age;     /* whom to encrypt to, where that was said */
    const char **recipients;         /* of these; ours */
    struct progress progress;
    unsigned umask;
    uint64_t unshared_device; /* files of it were found to share no blocks with the copies; */
    bool unshared;            /* if so */
    bool failed;              /* something was not copied, and was told */
    bool stopped;             /* and nothing more can be */
    /* What is being written must not be read into itself: by the name of today, by that of now,
     * which what is replaced has, and below the folder of this path. */
    struct identity written, replaced;
    const char *out_folder; /* NULL: no folder is written to */
};

struct output;
struct output_ops {
    /* Take an item; what goes wrong is told here, and sets cp->failed or cp->stopped. */
    void (*put)(struct output *out, const struct item *item);
    /* No more come: what is written becomes whole. */
    void (*finish)(struct output *out);
    /* Let go, of what is not whole too. */
    void (*close)(struct output *out);
};
struct output {
    const struct output_ops *ops;
    struct cp *cp;
};

/* Say what went wrong with a place, in one line, and remember that something did. */
void cp_tell(struct cp *cp, struct leat_span place, const char *reason);
void cp_tell_code(struct cp *cp, struct leat_span place, int code);
void cp_tell_fault(struct cp *cp, struct leat_span place, const struct leat_fault *fault);
void cp_tell_memory(struct cp *cp);

/* Whether this file is being written, and so not to be read: then that is told. */
bool cp_is_written(struct cp *cp, struct leat_span place, struct identity file);

/* With --verbose: say where an item went, and by which route. `route` may be NULL. */
void cp_say(struct cp *cp, const struct item *item, struct leat_span to, const char *route);

static inline struct leat_span cp_text(const char *text)
{
    return (struct leat_span){ .data = (const uint8_t *)text, .len = strlen(text) };
}

#endif
