#ifndef LEAT_CONTAINER_SEVENZ_FOLDER_H
#define LEAT_CONTAINER_SEVENZ_FOLDER_H

#include "leat/container/sevenz/cursor.h"

/* How one folder is unpacked: coders, of which each takes the output of another or a packed
 * stream, down to one output that is used by nobody. */

enum { SZ_CODERS_MAX = 32 };

struct sz_coder {
    uint64_t id;
    uint32_t inputs; /* how many; outputs are always one */
    uint32_t input;  /* the number of its first */
    struct leat_span properties;
    uint64_t size; /* of its output; not part of the definition */
};

struct sz_folder {
    uint32_t coders_len;
    uint32_t inputs_len; /* of all coders */
    uint32_t packed_len; /* packed streams */
    uint32_t main;       /* the coder whose output is the folder's */
    struct sz_coder coders[SZ_CODERS_MAX];
    /* For each input: the coder it comes from, or SZ_CODERS_MAX + the number of a packed stream. */
    uint8_t sources[SZ_CODERS_MAX];
};

/* Read a definition. False where it breaks the format's rules, or has more coders than are bounded
 * here; the cursor is behind it, unless it is broken. */
bool leat_sz_folder_read(struct sz_cursor *cursor, struct sz_folder *ret);

#endif
