#ifndef LEAT_CONTAINER_ZIP_ZIP_H
#define LEAT_CONTAINER_ZIP_ZIP_H

#include "leat/container/container.h"
#include "leat/container/pack.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of a zip archive, in the order of its central directory, from `src`, which it owns
 * and which must seek and know its size (leat_spool gives that to any source); else the first
 * leat_next is a fault UNSUPPORTED. Where `src` forks, entries may be read in parallel.
 *
 * The directory at the end is the truth: what it does not list is not there. It is found behind a
 * program that unpacks itself, and before bytes that were appended; zip64 is understood. Names come
 * out in UTF-8: as they are where they are valid, else from code page 437. The target of a link is
 * what its reader has.
 *
 * An entry's reader checks length and CRC-32 when it is read past its last byte, and then that the
 * local header is what the directory says. What is encrypted opens by ctx->keys->password, by
 * PKWARE's traditional encryption or WinZip's AES. What is packed by an unknown method, split,
 * broken, or more in sum than the archive can hold (entries that overlap: a bomb) is that entry's
 * fault, and the others go on. Behind a damaged record, resync goes on at the next one.
 *
 * With ctx->recover the directory is not used: the entries are those of the local headers, found
 * again behind damage, in any `src`; behind the last is a fault CORRUPT that says so. Sizes may be
 * LEAT_SIZE_UNKNOWN and modes are 0 then, and what was deleted from the directory is there. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_zip(struct leat_reader *src);

/* A packer of zip archives into `sink`, which it owns and writes only forward: each file deflated,
 * or stored where the options say so, with its sizes and its CRC-32 in a descriptor behind it.
 * Names are said to be UTF-8 where they are, and more than ASCII; modes are POSIX's; times are in
 * UTC, and to the second in a field of their own. zip64 where something is too large without, and
 * for files of unknown size. The directory is kept in memory until leat_pack_finish. */
LEAT_API LEAT_MUST_USE struct leat_pack *leat_zip_pack(struct leat_writer *sink,
                                                       const struct leat_pack_options *options);

LEAT_API extern const struct leat_format leat_format_zip;

LEAT_END_DECLS

#endif
