#ifndef LEAT_CONTAINER_PROGRAM_H
#define LEAT_CONTAINER_PROGRAM_H

#include <stdbool.h>

#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* Whether the bytes begin as a program does, or a script: what may be put before any archive. */
enum leat_match leat_program_begins(const uint8_t *data, size_t len);

/* Whether the first `len` bytes, of an input that has `size`, are those of a program which goes on
 * to the input's end by its own header, so that no archive stands behind it. False where that is
 * not known: of all but ELF. */
bool leat_program_fills(const uint8_t *data, size_t len, uint64_t size);

LEAT_END_DECLS

#endif
