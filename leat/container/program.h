#ifndef LEAT_CONTAINER_PROGRAM_H
#define LEAT_CONTAINER_PROGRAM_H

#include <stdbool.h>

#include "leat/core/format.h"

/* How many bytes are looked at for an archive behind a program; those that unpack one are shorter.
 */
#define LEAT_PROGRAM_MAX ((size_t)1 << 20)

/* How an archive is told that may stand behind a program. */
struct leat_start {
    uint8_t first; /* byte of its signature */

    /* Whether the bytes begin with its signature, of up to 8: at the very first byte that is
     * enough, whatever else there is. */
    enum leat_match (*signature)(const uint8_t *data, size_t len);

    /* Whether they begin with one and with a header behind it, which is hard to meet by chance. */
    enum leat_match (*begins)(const uint8_t *data, size_t len);
};

LEAT_BEGIN_DECLS

/* Whether the bytes begin as a program does, or a script: what may be put before any archive. */
enum leat_match leat_program_begins(const uint8_t *data, size_t len);

/* Where the program that begins with these bytes ends, by its own header. 0: that is not known, as
 * of all but ELF. */
uint64_t leat_program_end(const uint8_t *data, size_t len);

/* Whether the first `len` bytes, of an input that has `size`, are those of a program which goes on
 * to the input's end by its own header, so that no archive stands behind it. False where that is
 * not known: of all but ELF. */
bool leat_program_fills(const uint8_t *data, size_t len, uint64_t size);

/* Look for where an archive begins in the first `len` bytes, at most LEAT_PROGRAM_MAX, which are
 * `all` there are or not.
 *
 * Returns  YES (at *ret_at), NO (0), or MORE: further bytes may tell another */
enum leat_match leat_start_find(const struct leat_start *start, const uint8_t *data, size_t len,
                                bool all, size_t *ret_at);

/* The same for leat_format, of an input that has `size`: NO as well where the program says of
 * itself that nothing is behind it. */
enum leat_match leat_start_probe(const struct leat_start *start, const uint8_t *data, size_t len,
                                 uint64_t size);

LEAT_END_DECLS

#endif
