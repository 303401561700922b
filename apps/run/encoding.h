#ifndef APPS_RUN_ENCODING_H
#define APPS_RUN_ENCODING_H

#include "apps/run/run.h"

/* What `--encoding` says. */
enum run_decoding {
    RUN_DECODES_MARKED,  /* "auto": by a mark, or by zeros */
    RUN_DECODES_GUESSED, /* "guess": as that, and what is neither UTF-8 by a detector */
    RUN_DECODES_NAMED,   /* an encoding's name */
    RUN_DECODES_NOTHING, /* "none" */
};

/* Read it; NULL is "auto". False, and it was said, where nobody knows the name, or where nothing
 * can be guessed. */
LEAT_MUST_USE bool run_encoding_read(struct run *run, const char *text, enum run_decoding *ret);

#endif
