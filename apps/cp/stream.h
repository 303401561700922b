#ifndef APPS_CP_STREAM_H
#define APPS_CP_STREAM_H

#include "apps/cp/sink.h"

/* The output to one stream of bytes: the bytes of files one after another, and of nothing else.
 * Owns `sink`. NULL without memory, told. */
struct output *output_to_stream(struct cp *cp, struct sink *sink);

#endif
