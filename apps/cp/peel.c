#include "apps/cp/peel.h"

#include "leat/layer/ending.h"

void peel_name(struct item *item, const struct leat_peeled *peeled)
{
    for (unsigned i = 0; i < peeled->decoded_len; i++)
        item->name.len -= leat_format_ending(peeled->decoded[i], item->name);
}

void peel_item(struct item *item)
{
    struct leat_peel_options options = { .keep_text = true, .name = item->name };
    const struct leat_peeled *peeled;
    item->reader = leat_peel(item->reader, &options);
    /* A fault comes out where the bytes are read. */
    if (leat_peel_look(item->reader, &peeled) != LEAT_OK || peeled->decoded_len == 0)
        return;
    item->descriptor = -1;
    item->about.size = LEAT_SIZE_UNKNOWN;
    peel_name(item, peeled);
}
