#include "leat/stage/progress/progress.h"

struct progress {
    struct leat_reader reader;
    leat_progress_report *report;
    void *user;
    uint64_t every;
    uint64_t unreported;
};

static void note(struct progress *self, uint64_t more)
{
    self->unreported += more;
    if (self->unreported < self->every)
        return;
    self->unreported = 0;
    self->report(self->user, leat_tell(&self->reader));
}

static void progress_settle(struct leat_reader *r)
{
    size_t owed = leat_view_owes(r);
    leat_view_settle(r);
    note((struct progress *)r, owed);
}

static enum leat_status progress_fill(struct leat_reader *r, size_t min)
{
    return leat_view_fill(r, min, UINT64_MAX);
}

static enum leat_status progress_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    enum leat_status status = leat_view_skip(r, n, UINT64_MAX, ret_done);
    note((struct progress *)r, *ret_done);
    return status;
}

static enum leat_status progress_seek(struct leat_reader *r, uint64_t offset)
{
    enum leat_status status = leat_seek(leat_view_unlock(r), offset);
    leat_view_lock(r);
    if (status == LEAT_OK) {
        r->pos = r->end = r->below->pos;
        r->end_offset = offset;
        ((struct progress *)r)->unreported = 0;
    }
    leat_view_show(r, UINT64_MAX);
    return status;
}

static enum leat_status progress_size(struct leat_reader *r, uint64_t *ret)
{
    enum leat_status status = leat_size(leat_view_unlock(r), ret);
    leat_view_lock(r);
    leat_view_show(r, UINT64_MAX);
    return status;
}

static void progress_stop(struct leat_reader *r)
{
    const struct progress *self = (const struct progress *)r;
    if (self->unreported > 0)
        self->report(self->user, leat_tell(r));
}

struct leat_reader *leat_progress(struct leat_reader *src, uint64_t every,
                                  leat_progress_report *report, void *user)
{
    static const struct leat_reader_ops ops = {
        .name = "progress",
        .self_size = sizeof(struct progress),
        .view = true,
        .fill = progress_fill,
        .settle = progress_settle,
        .skip = progress_skip,
        .share = leat_view_share,
        .seek = progress_seek,
        .size = progress_size,
        .stop = progress_stop,
    };
    leat_assert(every > 0);
    leat_assert(report != NULL);
    struct progress *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->reader.end_offset = leat_tell(src);
    self->reader.origin = self->reader.end_offset;
    self->every = every;
    self->report = report;
    self->user = user;
    return &self->reader;
}
