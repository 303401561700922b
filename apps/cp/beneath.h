#ifndef APPS_CP_BENEATH_H
#define APPS_CP_BENEATH_H

#include "apps/term/buffer.h"

/* Folders below one folder, opened part by part and never through a link: whatever stands there, or
 * is put there meanwhile, nothing is reached that does not lie below. */

struct beneath {
    int root;                /* the caller's */
    int fd;                  /* of the folder that was opened last, or -1 */
    struct term_buffer path; /* of that, with a NUL */
};

void beneath_init(struct beneath *beneath, int root);
void beneath_fini(struct beneath *beneath);

/* Open the folder that the clean path `name` lies in; with `make`, what is missing on the way is
 * made. Many names one after another lie in one, so it is kept.
 *
 * ret_folder  the descriptor: good until the next call
 * ret_base    the last part of the name
 * 0, or the system's error number: ELOOP or ENOTDIR where a link or a file stands in the way */
int beneath_open(struct beneath *beneath, const char *name, bool make, int *ret_folder,
                 const char **ret_base);

#endif
