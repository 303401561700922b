#ifndef LEAT_ENDPOINT_HANDLE_H
#define LEAT_ENDPOINT_HANDLE_H

#include <pthread.h>

#include "leat/engine/engine.h"

/* A descriptor with a name and a count, for readers and their forks. Opened by the first that needs
 * it; once there are two, it is open and never changes. Internal to the endpoints. */
struct leat_handle {
    uint32_t refs;
    struct leat_socket socket; /* its descriptor, -1: not open yet; and the engine's */
    int folder;
    bool own;          /* closed with the last reference */
    const char *path;  /* relative to folder; in text; NULL when it was open from the start */
    const char *label; /* in text */
    struct leat_alloc alloc;

    /* What a reader that was closed had in memory, for the next one that reads there: entries of an
     * archive lie close together. */
    pthread_mutex_t spare_lock;
    struct leat_block *spare; /* or NULL */
    uint64_t spare_start;     /* in the file */
    size_t spare_len;
    char text[];
};

/* One that opens `path` in `folder` later. `label` is its name in faults (NULL: path). Both are
 * copied. NULL without memory. */
struct leat_handle *leat_handle_at(const struct leat_alloc *alloc, int folder, const char *path,
                                   const char *label);

/* One around an open descriptor of the engine of `ctx`; closed with it when `own`, and at once when
 * there is no memory. -1: the caller opens it later. */
struct leat_handle *leat_handle_of(const struct leat_ctx *ctx, int fd, bool own, const char *label);

/* One more reference. Across threads only once it is open, as it is not guarded. */
struct leat_handle *leat_handle_take(struct leat_handle *handle);

/* Drop a reference; the last closes it, by `engine`. NULL is fine. */
void leat_handle_release(struct leat_handle *handle, struct leat_engine *engine);

/* Leave a block behind, which shows `len` bytes from `start` on; its reference goes along. */
void leat_handle_leave(struct leat_handle *handle, struct leat_block *block, uint64_t start,
                       size_t len);

/* Take a reference to what was left, if it shows [from, to). NULL: nothing does. */
struct leat_block *leat_handle_find(struct leat_handle *handle, uint64_t from, uint64_t to,
                                    uint64_t *ret_start, size_t *ret_len);

/* Open it for reading if it is not. As LEAT_OP_OPEN. */
struct leat_io leat_handle_open(struct leat_handle *handle, struct leat_engine *engine);

/* Record the system's error as the object's fault: a reader's behind its window, a writer's at
 * `offset`, which is how many bytes the system had taken. ECANCELED and ENOMEM are faults of kinds
 * of their own, CANCELLED and MEMORY. Both return LEAT_FAULT. What is neither gets it as a value.
 */
struct leat_fault leat_fault_of_system(const char *part, int code);
enum leat_status leat_reader_fails_system(struct leat_reader *r, int code);
enum leat_status leat_writer_fails_system(struct leat_writer *w, int code, uint64_t offset);

#endif
