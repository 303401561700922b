#ifndef APPS_CP_ARCHIVE_H
#define APPS_CP_ARCHIVE_H

#include "apps/cp/ending.h"
#include "apps/cp/sink.h"

/* The output to an archive: each item becomes an entry. Owns `sink`. NULL without memory, told. */
struct output *output_to_archive(struct cp *cp, struct sink *sink, const struct ending *ending);

#endif
