#ifndef LEAT_CONTAINER_CPIO_CPIO_H
#define LEAT_CONTAINER_CPIO_CPIO_H

#include "leat/container/container.h"
#include "leat/container/pack.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of a cpio archive, in its order, from `src`, which it owns and only ever reads
 * forward. An entry's reader shows the source's own window: nothing is copied.
 *
 * Understood: newc, without and with a checksum, which is compared when an entry is read past its
 * last byte; odc; and the old form of words, in both byte orders. The target of a symbolic link is
 * what its reader has. Of a file with several names newc keeps the bytes with one, mostly the last:
 * that is a FILE, and the others are hard links with an empty target and the same inode. The
 * trailer is no entry.
 *
 * It ends at the trailer and the zeros that fill it up. Where another archive follows, its entries
 * go on, as in an image that a kernel starts from. Anything else there, as that image's compressed
 * rest, is one more entry, LEAT_CPIO_REST, so that nothing is lost. A source that ends before the
 * trailer is TRUNCATED: for the reader of the entry that it cuts, after what there was of it, and
 * then for leat_next.
 *
 * Where the first header is damaged, what lies before the next one within 1 MiB is the lead; only
 * headers in digits are found there, as behind any other damage. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_cpio(struct leat_reader *src);

/* The name of the entry for what follows the last archive and is none. */
#define LEAT_CPIO_REST "after the trailer"

/* A packer of cpio archives of the newc form into `sink`, which it owns. Files of unknown size and
 * of 4 GiB and more cannot be, nor hard links whose file's inode is not known: a link's first name
 * must be a FILE with the same one, and with `links`, and has the bytes. Owners are left out (0),
 * and times that the format has no numbers for are the nearest that it has. */
LEAT_API LEAT_MUST_USE struct leat_pack *leat_cpio_pack(struct leat_writer *sink,
                                                        const struct leat_pack_options *options);

LEAT_API extern const struct leat_format leat_format_cpio;

LEAT_END_DECLS

#endif
