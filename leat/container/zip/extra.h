#ifndef LEAT_CONTAINER_ZIP_EXTRA_H
#define LEAT_CONTAINER_ZIP_EXTRA_H

#include "leat/container/zip/record.h"

/* Read the extra fields (APPNOTE.TXT 4.5) of a record or a local header, whose fixed fields and
 * stored name are in `record` already: what they say better replaces what is there. A field that is
 * cut ends them. */
void leat_zip_extra_read(struct leat_span extra, struct zip_record *record);

#endif
