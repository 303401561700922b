#include "leat/endpoint/descriptor/descriptor.h"

#include <unistd.h>

#include "leat/endpoint/sink.h"
#include "leat/endpoint/source.h"

/* What a pipe holds at most, unless it was made larger. */
#define STREAM_LEN (64 * LEAT_KIB)
#define FILE_LEN   (256 * LEAT_KIB)

static const struct leat_reader_ops descriptor_ops = {
    .name = "descriptor",
    .self_size = sizeof(struct leat_source),
    .fill = leat_source_fill,
    .skip = leat_source_skip,
    .share = leat_source_share,
    .seek = leat_source_seek,
    .fork = leat_source_fork,
    .size = leat_source_size,
    .offer = leat_source_offer,
    .pulled = leat_source_pulled,
    .arm = leat_source_arm,
    .stop = leat_source_stop,
};

struct leat_reader *leat_descriptor(struct leat_ctx *ctx, int fd, bool own, const char *label)
{
    leat_assert(fd >= 0);
    struct leat_source *self = leat_reader_at(ctx, &descriptor_ops);
    if (self == NULL) {
        if (own)
            leat_engine_close(leat_engine_of(ctx), fd);
        return &ctx->no_reader;
    }
    off_t start = lseek(fd, 0, SEEK_CUR);
    self->stream = start < 0;
    self->start = start > 0 ? (uint64_t)start : 0;
    self->returns = !own && !self->stream;
    struct leat_source_blocks blocks = {
        .first = STREAM_LEN,
        .rest = self->stream ? STREAM_LEN : FILE_LEN,
    };
    struct leat_handle *handle = leat_handle_of(ctx, fd, own, label);
    if (handle == NULL)
        self->returns = false;
    return leat_source_init(self, handle, &blocks);
}

struct leat_reader *leat_descriptor_at(struct leat_ctx *ctx, int fd, uint64_t start,
                                       const char *label)
{
    leat_assert(fd >= 0);
    struct leat_source *self = leat_reader_at(ctx, &descriptor_ops);
    if (self == NULL)
        return &ctx->no_reader;
    self->start = start;
    struct leat_source_blocks blocks = { .first = STREAM_LEN, .rest = FILE_LEN };
    return leat_source_init(self, leat_handle_of(ctx, fd, false, label), &blocks);
}

struct leat_writer *leat_descriptor_writer(struct leat_ctx *ctx, int fd, bool own,
                                           const char *label)
{
    static const struct leat_writer_ops ops = {
        .name = "descriptor",
        .self_size = sizeof(struct leat_sink),
        .drain = leat_sink_drain,
        .flush = leat_sink_flush,
        .give = leat_sink_give,
        .pull = leat_sink_pull,
        .arm = leat_sink_arm,
        .stop = leat_sink_stop,
    };
    leat_assert(fd >= 0);
    struct leat_sink *self = leat_writer_at(ctx, &ops);
    if (self == NULL) {
        if (own)
            leat_engine_close(leat_engine_of(ctx), fd);
        return &ctx->no_writer;
    }
    return leat_sink_init(self, leat_handle_of(ctx, fd, own, label));
}

const char *leat_descriptor_route(const struct leat_writer *w)
{
    static const char *const names[] = {
        [LEAT_MOVE_COPY_RANGE] = "copy_file_range",
        [LEAT_MOVE_SENDFILE] = "sendfile",
        [LEAT_MOVE_SPLICE] = "splice",
        [LEAT_MOVE_WAYS] = "memory",
    };
    bool is_sink = w->ops->stop == leat_sink_stop;
    return names[is_sink ? ((const struct leat_sink *)w)->way : LEAT_MOVE_WAYS];
}
