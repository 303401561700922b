#ifndef LEAT_CONTAINER_AR_AR_H
#define LEAT_CONTAINER_AR_AR_H

#include "leat/container/container.h"
#include "leat/container/pack.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The members of an ar archive, as libraries and Debian's packages are, in its order, from `src`,
 * which it owns and only ever reads forward. A member's reader shows the source's own window:
 * nothing is copied.
 *
 * Understood: the common form, and the long names of the BSDs, of GNU and System V, and of Windows.
 * A long name that is not where it should be stays as the header has it. Tables of symbols and of
 * names are no entries. The members of a thin archive are files of their own: each is named, and
 * its reader is a fault UNSUPPORTED.
 *
 * It ends where the source ends after a whole member. A source that ends elsewhere is TRUNCATED:
 * for the reader of the member that it cuts, after what there was of it, and then for leat_next. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_ar(struct leat_reader *src);

/* A packer of ar archives into `sink`, which it owns: names as GNU has them where they fit into a
 * header, else as 4.4BSD has them, before the bytes. Only files can be, of known size, and without
 * a table of symbols, which `ranlib` adds. Owners are left out (0). */
LEAT_API LEAT_MUST_USE struct leat_pack *leat_ar_pack(struct leat_writer *sink,
                                                      const struct leat_pack_options *options);

LEAT_API extern const struct leat_format leat_format_ar;

LEAT_END_DECLS

#endif
