#include "tests/mutate/stock.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "leat/layer/catalogue.h"
#include "leat/layer/nest_test.h"
#include "tests/support/check.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

enum { ARCHIVES_MAX = 1024, NESTS = 64, NEST_DEPTH_MAX = 4, LISTED_MAX = 64 };

static void name_set(struct archive *archive, const char *name)
{
    /* The end of a long one tells more than its beginning. */
    size_t len = strlen(name);
    size_t over = len < sizeof(archive->name) ? 0 : len - sizeof(archive->name) + 1;
    snprintf(archive->name, sizeof(archive->name), "%s", name + over);
}

static void bytes_set(struct archive *archive, struct sink bytes)
{
    sink_fini(&archive->bytes);
    archive->bytes = bytes;
}

struct archive archive_copy(const struct archive *of)
{
    struct archive copy = { 0 };
    name_set(&copy, of->name);
    sink_add(&copy.bytes, of->bytes.data, of->bytes.len);
    return copy;
}

/* --- Wrapping --- */

static size_t encoders(const struct leat_format *ret[LISTED_MAX])
{
    size_t len = 0;
    for (const struct leat_format *const *at = leat_formats; *at != NULL; at++) {
        const struct leat_format *format = *at;
        if (format->encoder == NULL || format->probe == NULL ||
            (format->traits & LEAT_FORMAT_TEXT) != 0)
            continue;
        check(len < LISTED_MAX);
        ret[len++] = format;
    }
    return len;
}

static void wrap_stage(struct archive *archive, struct random *random)
{
    const struct leat_format *of[LISTED_MAX];
    size_t len = encoders(of);
    if (len == 0)
        return;
    const struct leat_format *format = of[random_below(random, len)];
    const char *ending =
        format->endings != NULL && format->endings[0] != NULL ? format->endings[0] : "";
    char name[sizeof(archive->name) + 16];
    struct sink packed = { 0 };
    codec_pack(format->encoder, NULL, &archive->bytes, &packed);
    bytes_set(archive, packed);
    snprintf(name, sizeof(name), "%s%s", archive->name, ending);
    name_set(archive, name);
}

static struct nest nest_of(const struct archive *archive)
{
    struct nest nest = { 0 };
    nest_add(&nest, archive->bytes.data, archive->bytes.len);
    return nest;
}

static void nest_take(struct archive *archive, struct nest nest, const char *name)
{
    struct sink bytes = { 0 };
    sink_add(&bytes, nest.data, nest.len);
    free(nest.data);
    bytes_set(archive, bytes);
    name_set(archive, name);
}

static void wrap_tar(struct archive *archive)
{
    struct nest tar = { 0 };
    nest_tar_add(&tar, "before", '0', nest_text("what stands before it\n"));
    nest_tar_add(&tar, archive->name, '0', nest_of(archive));
    nest_tar_add(&tar, "behind", '0', nest_text("what stands behind it\n"));
    nest_tar_end(&tar);
    nest_take(archive, tar, "nest.tar");
}

static void wrap_zip(struct archive *archive)
{
    struct nest zip = { 0 };
    struct nest directory = { 0 };
    nest_zip_add(&zip, &directory, "before", nest_text("what stands before it\n"));
    nest_zip_add(&zip, &directory, archive->name, nest_of(archive));
    nest_zip_add(&zip, &directory, "behind", nest_text("what stands behind it\n"));
    nest_zip_end(&zip, directory, 3);
    nest_take(archive, zip, "nest.zip");
}

void archive_wrap(struct archive *archive, struct random *random)
{
    switch (random_below(random, 4)) {
    case 0:
        wrap_tar(archive);
        break;
    case 1:
        wrap_zip(archive);
        break;
    default:
        wrap_stage(archive, random);
        break;
    }
}

/* --- The stock --- */

static struct archive *add(struct stock *stock)
{
    check(stock->len < ARCHIVES_MAX);
    struct archive *archive = &stock->archives[stock->len++];
    *archive = (struct archive){ 0 };
    return archive;
}

static void add_file(struct stock *stock, const FTSENT *entry)
{
    size_t len = (size_t)entry->fts_statp->st_size;
    uint8_t *data = memory_get(len);
    FILE *file = fopen(entry->fts_path, "rb");
    check(file != NULL);
    check_equal(fread(data, 1, len, file), len);
    fclose(file);
    struct archive *archive = add(stock);
    sink_add(&archive->bytes, data, len);
    name_set(archive, entry->fts_name);
    memory_put(data);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add_corpora(struct stock *stock, const char *root)
{
    char *const roots[] = { strdup(root), NULL };
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    check(tree != NULL);
    for (FTSENT *entry; (entry = fts_read(tree)) != NULL;) {
        if (entry->fts_info == FTS_F && strstr(entry->fts_path, "/corpus/") != NULL &&
            entry->fts_statp->st_size > 0 && entry->fts_statp->st_size <= (off_t)ARCHIVE_LEN_MAX)
            add_file(stock, entry);
    }
    fts_close(tree);
    free(roots[0]);
}

/* Text in up to so many layers, the same ones in every run. */
static void add_nests(struct stock *stock)
{
    struct random random = { 4 };
    for (unsigned i = 0; i < NESTS; i++) {
        struct archive *archive = add(stock);
        codec_text(&archive->bytes, random_len(&random, 8 * LEAT_KIB), i, 100);
        name_set(archive, "text");
        for (unsigned depth = 0; depth <= i % NEST_DEPTH_MAX; depth++)
            archive_wrap(archive, &random);
        check(archive->bytes.len <= ARCHIVE_LEN_MAX);
    }
}

void stock_init(struct stock *stock, const char *root)
{
    *stock = (struct stock){ .archives = memory_get(ARCHIVES_MAX * sizeof(*stock->archives)) };
    add_corpora(stock, root);
    add_nests(stock);
}

void stock_fini(struct stock *stock)
{
    for (size_t i = 0; i < stock->len; i++)
        sink_fini(&stock->archives[i].bytes);
    memory_put(stock->archives);
}
