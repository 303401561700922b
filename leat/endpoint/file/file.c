#include "leat/endpoint/file/file.h"

#include <fcntl.h>

#include "leat/endpoint/source.h"

/* The first read takes most files whole; later ones are at the best size for the cache (see
 * leat_file_strategy). */
static const struct leat_source_blocks strategy_blocks[] = {
    [LEAT_FILE_SEQUENTIAL] = { .first = 64 * LEAT_KIB, .rest = 256 * LEAT_KIB },
    [LEAT_FILE_NONE] = { .first = 16 * LEAT_KIB, .rest = 16 * LEAT_KIB },
    [LEAT_FILE_EXACT] = { .exact = true },
};

struct leat_reader *leat_file_at(struct leat_ctx *ctx, int folder, const char *name,
                                 const char *label, const struct leat_file_options *options)
{
    static const struct leat_reader_ops ops = {
        .name = "file",
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
    static const struct leat_file_options defaults = { 0 };
    if (options == NULL)
        options = &defaults;
    leat_assert(name != NULL);
    leat_assert(options->strategy <= LEAT_FILE_EXACT);
    struct leat_source *self = leat_reader_at(ctx, &ops);
    if (self == NULL)
        return &ctx->no_reader;
    struct leat_source_blocks blocks = strategy_blocks[options->strategy];
    blocks.short_is_end = options->ordinary;
    return leat_source_init(self, leat_handle_at(&ctx->alloc, folder, name, label), &blocks);
}

struct leat_reader *leat_file(struct leat_ctx *ctx, const char *path)
{
    return leat_file_at(ctx, AT_FDCWD, path, NULL, NULL);
}
