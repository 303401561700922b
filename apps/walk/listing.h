#ifndef APPS_WALK_LISTING_H
#define APPS_WALK_LISTING_H

#include "leat/core/compiler.h"

#include <dirent.h>

/* What is in a folder, read from its descriptor in pieces as large as the buffer. */

enum {
    LISTING_BYTES = 1 << 16,    /* of entries at a time: some 2,000 */
    LISTING_ROOM_MIN = 1 << 12, /* less is not worth another call */
};

struct listing {
    size_t len;  /* bytes of entries that are there */
    bool is_end; /* no entry comes after these */
    int code;    /* an errno value that ended it, or 0 */
    _Alignas(struct dirent64) char entries[LISTING_BYTES];
};

/* Forget what is there, before a folder's first listing_fill(). */
void listing_reset(struct listing *listing);

/* Read the next piece; false when nothing is left. Blocks as the file system does. */
LEAT_MUST_USE bool listing_fill(struct listing *listing, int folder_fd);

/* The entry at *at, moving it on, without `.` and `..`; NULL behind the last. The entry may be
 * written to. */
struct dirent64 *listing_next(struct listing *listing, size_t *at);

#endif
