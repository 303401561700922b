#ifndef APPS_SERVE_FILES_H
#define APPS_SERVE_FILES_H

#include "apps/http/condition.h"
#include "leat/engine/engine.h"

/* The files that were asked for lately, kept open: most requests are for few files. A file is
 * looked at again when it was not for a while, and is then either the same, or another with what
 * comes with it: its descriptor, its tag and its bytes always belong together. */

/* Files up to this are kept in memory. */
#define FILE_BODY_MAX (16 * LEAT_KIB)

enum { FILES_SLOTS = 1024 };

struct file {
    struct leat_ctx *ctx;
    unsigned refs;
    int fd;
    struct leat_stat stat;
    struct leat_block *body; /* all of its bytes; NULL: they are read when they are sent */
    char tag[HTTP_TAG_MAX];
    size_t tag_len;
    const char *media;   /* static text */
    uint64_t checked_ns; /* of the engine's clock */
    uint64_t hash;
    size_t path_len;
    char path[]; /* relative to the folder that is served; ended by a NULL */
};

struct files {
    struct leat_ctx *ctx;
    int root;
    uint64_t fresh_ns;
    unsigned kept; /* how many slots are taken */
    struct file *slots[FILES_SLOTS];
};

/* Begin with none; `root` stays the caller's. */
/* A number that is another for another path, but for accidents. */
uint64_t path_hash(struct leat_span path);

void files_init(struct files *files, struct leat_ctx *ctx, int root, uint64_t fresh_ns);

/* Let go of those that are kept. All that were taken must be given back. */
void files_fini(struct files *files);

/* Take a file or folder by its path ("" is the root); give it back with file_release.
 *
 * io      OK, or FAULT with the system's error number: ENOENT, EXDEV (it leads out of the root) ...
 * Blocks  the fiber */
LEAT_MUST_USE struct leat_io files_take(struct files *files, struct leat_span path,
                                        struct file **ret);
void file_release(struct file *file);

/* What a client may ask by whether it has the file; it lives as long as that. */
struct http_validators file_validators(const struct file *file, int64_t now_s);

/* Forget a file, so that the next look is a new one. */
void files_forget(struct files *files, const struct file *file);

/* Let go of those that were not looked at for so long. */
void files_sweep(struct files *files, uint64_t kept_ns);

#endif
