#include "apps/cp/mend.h"

#include "leat/core/view.h"

bool mend_goes_behind(struct cp *cp, const struct item *item, struct leat_reader *reader)
{
    bool wants = cp->flags.check == NULL && !cp->flags.resume;
    enum leat_status status = LEAT_FAULT;
    while (status == LEAT_FAULT) {
        cp_tell_fault(cp, item->place, leat_reader_fault(reader));
        status = wants ? leat_resync(reader) : LEAT_UNSUPPORTED;
    }
    return status == LEAT_OK;
}

/* What ends behind damage has an end, and no fault: that was told. */
static enum leat_status mend_fill(struct leat_reader *r, size_t min)
{
    struct mend *self = (struct mend *)r;
    enum leat_status status = leat_view_fill(r, min, UINT64_MAX);
    while (status == LEAT_FAULT) {
        struct leat_reader *src = leat_view_unlock(r);
        self->damaged = true;
        bool goes_on = mend_goes_behind(self->cp, self->item, src);
        leat_view_lock(r);
        if (!goes_on)
            return LEAT_END;
        gaps_add(&self->gaps, leat_tell(r));
        status = leat_view_fill(r, min, UINT64_MAX);
    }
    return status;
}

struct leat_reader *mend_item(struct mend *mend, struct cp *cp, const struct item *item)
{
    static const struct leat_reader_ops ops = {
        .name = "mend",
        .self_size = sizeof(struct mend),
        .view = true,
        .fill = mend_fill,
        .share = leat_view_share,
    };
    *mend = (struct mend){ .cp = cp, .item = item };
    leat_view_init(&mend->reader, item->reader, &ops);
    mend->reader.window_max = 1;
    return &mend->reader;
}
