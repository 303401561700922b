/* For a build without zlib streams. */

#include "leat/container/iso9660/zisofs.h"

const char *leat_iso_zisofs_refused(const struct iso_zisofs *zisofs)
{
    leat_assert(zisofs->version != ISO_ZISOFS_NONE);
    return "packed by a method that is not there";
}

struct leat_reader *leat_iso_unzisofs(struct leat_reader *src, const struct iso_zisofs *zisofs)
{
    (void)zisofs;
    return src; /* never asked for */
}
