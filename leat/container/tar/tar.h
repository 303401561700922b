#ifndef LEAT_CONTAINER_TAR_TAR_H
#define LEAT_CONTAINER_TAR_TAR_H

#include "leat/container/container.h"
#include "leat/container/pack.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of a tar archive, in its order, from `src`, which it owns and only ever reads
 * forward. An entry's reader shows the source's own window: nothing is copied but sparse files,
 * which come out with their holes filled.
 *
 * Understood: v7, ustar (POSIX.1-1988), pax (POSIX.1-2001) with global headers, star's prefix,
 * Solaris's extended headers, GNU's long names, base-256 numbers, and sparse files in its old
 * format and pax 0.0, 0.1 and 1.0. Volume labels and the like are entries of kind OTHER. The rest
 * of a file from another volume is read to its end, where a fault says what it is; the volume that
 * such a file begins on is TRUNCATED.
 *
 * It ends at two blocks of zeros, and reads on through the zeros that follow, as GNU tar does, so
 * that whatever is below gets to check its own end; or where the source ends after a whole entry.
 * A source that ends elsewhere is TRUNCATED: for the reader of the entry that it cuts, after what
 * there was of it, and then for leat_next.
 *
 * Where the first header is damaged, what lies before the next one within 1 MiB is the lead. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_tar(struct leat_reader *src);

/* A packer of tar archives into `sink`, which it owns: ustar, with an extended header of pax before
 * an entry whose name, target, size or time does not fit, and for one with pieces, which is written
 * as GNU tar does (GNU.sparse 1.0). Files of unknown size cannot be; owners are left out (0). Ends
 * with two blocks of zeros and fills up to 10 KiB, as tar programs do. */
LEAT_API LEAT_MUST_USE struct leat_pack *leat_tar_pack(struct leat_writer *sink,
                                                       const struct leat_pack_options *options);

LEAT_API extern const struct leat_format leat_format_tar;

LEAT_END_DECLS

#endif
