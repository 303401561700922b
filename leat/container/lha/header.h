#ifndef LEAT_CONTAINER_LHA_HEADER_H
#define LEAT_CONTAINER_LHA_HEADER_H

#include "leat/core/format.h"

/* Bytes after which it is known whether they are a header. */
enum { LHA_PROBE_MAX = 257 };

LEAT_BEGIN_DECLS

/* Whether the header of an entry begins here: its method, its level, and what that has of sizes and
 * checksums in the first bytes. */
enum leat_match leat_lha_probe(const uint8_t *data, size_t len);

LEAT_END_DECLS

#endif
