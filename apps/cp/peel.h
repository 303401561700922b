#ifndef APPS_CP_PEEL_H
#define APPS_CP_PEEL_H

#include "apps/cp/item.h"
#include "leat/layer/peel.h"

/* Take the layers off an item's reader: compression and encryption, up to an archive or to plain
 * bytes; encodings of text stay. Where something came off, the item's size is not known any more,
 * no descriptor stands for its bytes, and its name loses the endings. */
void peel_item(struct item *item);

/* Take from the item's name the endings of what came off. */
void peel_name(struct item *item, const struct leat_peeled *peeled);

#endif
