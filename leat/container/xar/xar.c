#include "leat/container/xar/xar.h"

#include "leat/container/placed.h"
#include "leat/container/xar/checked.h"
#include "leat/container/xar/start.h"
#include "leat/container/xar/value.h"
#include "leat/core/bytes.h"
#include "leat/stage/limit/limit.h"

/* POSIX's file types. */
enum {
    TYPE_PIPE = 0010000,
    TYPE_CHARACTERS = 0020000,
    TYPE_BLOCKS = 0060000,
    TYPE_SOCKET = 0140000
};

struct xar {
    struct leat_container container;
    struct xar_start start;
    size_t at;     /* of the next entry */
    uint64_t held; /* bytes of the heap that those before it take, shared ones for each */
    struct leat_gather path;
    struct leat_gather target;
};

/* --- Entries --- */

/* POSIX's type of what is neither file, folder nor link; 0: not known. */
static uint32_t special_of(enum xar_type type)
{
    switch (type) {
    case XAR_TYPE_PIPE:
        return TYPE_PIPE;
    case XAR_TYPE_CHARACTERS:
        return TYPE_CHARACTERS;
    case XAR_TYPE_BLOCKS:
        return TYPE_BLOCKS;
    case XAR_TYPE_SOCKET:
        return TYPE_SOCKET;
    default:
        return 0;
    }
}

static enum leat_entry_kind kind_of(const struct xar_file *file)
{
    switch (file->type) {
    case XAR_TYPE_UNSAID:
        return file->folder ? LEAT_ENTRY_FOLDER : LEAT_ENTRY_FILE;
    case XAR_TYPE_FILE:
        return LEAT_ENTRY_FILE;
    case XAR_TYPE_FOLDER:
        return LEAT_ENTRY_FOLDER;
    case XAR_TYPE_SYMLINK:
        return LEAT_ENTRY_LINK;
    case XAR_TYPE_HARD_LINK:
        return LEAT_ENTRY_HARD_LINK;
    default:
        return LEAT_ENTRY_OTHER;
    }
}

/* The name of the file that the hard link is another name of. */
static enum leat_status entry_links(struct xar *self, const struct xar_file *file,
                                    struct leat_entry *entry)
{
    size_t original;
    if (!leat_xar_table_original(&self->start.table, file->links_to, &original)) {
        leat_entry_fails(&self->container, entry, LEAT_FAULT_CORRUPT, "links to no file");
        return LEAT_OK;
    }
    enum leat_status status = leat_xar_table_path(&self->start.table, original, &self->target);
    entry->target = leat_gather_span(&self->target);
    return status;
}

/* How much of what the file is said to take lies in the archive. Places fit: the table is short. */
static uint64_t held_of(const struct xar *self, const struct xar_file *file)
{
    uint64_t heap_len =
        self->start.size > self->start.heap_at ? self->start.size - self->start.heap_at : 0;
    if (kind_of(file) != LEAT_ENTRY_FILE || file->offset >= heap_len)
        return 0;
    uint64_t left = heap_len - file->offset;
    return file->length < left ? file->length : left;
}

static void held_adds(struct xar *self, uint64_t held)
{
    if (__builtin_add_overflow(self->held, held, &self->held))
        self->held = UINT64_MAX;
}

/* Where the bytes of a file lie, and what is known against them. */
static void entry_lies(struct xar *self, const struct xar_file *file, struct leat_entry *entry)
{
    const struct leat_container *c = &self->container;
    uint64_t held = held_of(self, file);
    entry->method = file->method->name;
    entry->size = file->size;
    entry->packed_size = file->length;
    held_adds(self, held);
    if (held > 0)
        entry->offset = self->start.heap_at + file->offset;
    if (file->broken)
        leat_entry_fails(c, entry, LEAT_FAULT_CORRUPT, "bad number in the table of contents");
    if (held == 0 && file->length > 0)
        leat_entry_fails(c, entry, LEAT_FAULT_CORRUPT, "lies outside of the archive");
    if (!file->method->stored && file->method->decoder == NULL)
        leat_entry_fails(c, entry, LEAT_FAULT_UNSUPPORTED, file->method->refused);
    /* Files that are the same may share their bytes; but not without a bound. */
    if (self->held / c->ctx->limits.ratio_max > self->start.size)
        leat_entry_fails(c, entry, LEAT_FAULT_BOUND, "entries overlap");
}

static enum leat_status xar_entry(struct xar *self, const struct xar_file *file,
                                  struct leat_entry *ret)
{
    enum leat_status status = leat_xar_table_path(&self->start.table, self->at, &self->path);
    *ret = (struct leat_entry){
        .name = leat_gather_span(&self->path),
        .kind = kind_of(file),
        .method = "stored",
        .offset = self->start.table_at,
        .mtime_s = file->mtime_s,
        .mode = file->mode & 07777,
        .special = special_of(file->type),
    };
    if (ret->special == TYPE_CHARACTERS || ret->special == TYPE_BLOCKS) {
        ret->special_major = file->major;
        ret->special_minor = file->minor;
    }
    if (ret->kind == LEAT_ENTRY_FILE)
        entry_lies(self, file, ret);
    if (ret->kind == LEAT_ENTRY_LINK)
        ret->target = leat_xar_table_text(&self->start.table, file->target);
    if (status == LEAT_OK && ret->kind == LEAT_ENTRY_HARD_LINK)
        status = entry_links(self, file, ret);
    return status;
}

static enum leat_status xar_next(struct leat_container *c, struct leat_entry *ret)
{
    struct xar *self = (struct xar *)c;
    enum leat_status status = leat_xar_start_read(&self->start);
    if (status != LEAT_OK)
        return status;
    if (self->at < leat_xar_table_len(&self->start.table)) {
        status = xar_entry(self, leat_xar_table_file(&self->start.table, self->at), ret);
        self->at += status == LEAT_OK;
        return status;
    }
    if (self->start.broken.code == LEAT_FAULT_NONE)
        return LEAT_END;
    c->fault = self->start.broken;
    return LEAT_FAULT;
}

/* --- Their bytes --- */

/* A digest that the table tells. One that is not written as such is no bytes' digest. */
static struct leat_digest digest_of(const struct xar *self, const struct xar_sum *sum)
{
    struct leat_digest digest = { .kind = sum->kind };
    struct leat_span digits = leat_xar_table_text(&self->start.table, sum->digits);
    if (sum->kind != NULL && !leat_xar_digits(digits, digest.bytes, sum->kind->len))
        leat_bytes_zero(digest.bytes, sizeof(digest.bytes));
    return digest;
}

static struct leat_reader *xar_open(struct leat_container *c, const struct leat_entry *entry,
                                    struct leat_ctx *ctx)
{
    struct xar *self = (struct xar *)c;
    const struct xar_file *file = leat_xar_table_file(&self->start.table, self->at - 1);
    bool empty = entry->packed_size == 0 && entry->size == 0;
    bool stored = file->method->stored || empty;
    struct xar_promise packed = {
        .at = entry->offset,
        .size = entry->packed_size,
        .sum = digest_of(self, &file->packed_sum),
        .wrong = "wrong checksum of the packed bytes",
    };
    struct xar_promise unpacked = {
        .at = entry->offset,
        .size = entry->size,
        .sum = digest_of(self, &file->sum),
        .wrong = "wrong checksum",
    };
    self->start.strayed = true;
    struct leat_reader *r = leat_placed_entry(c, ctx, &self->start.shell, entry->offset);
    struct leat_reader *promised = NULL;
    r = leat_limit(r, packed.size, true);
    r->part = "xar"; /* in faults */
    if (packed.sum.kind != NULL && !(stored && leat_digest_equal(&packed.sum, &unpacked.sum)))
        r = promised = leat_xar_checked(r, &packed, NULL);
    if (stored)
        return leat_xar_checked(r, &unpacked, NULL);
    return leat_xar_checked(leat_pull(r, file->method->decoder, NULL), &unpacked, promised);
}

/* --- Marks --- */

/* There is nothing to tell but the entry's number. */
static bool xar_mark(const struct leat_container *c, struct leat_mark *ret)
{
    (void)c;
    (void)ret;
    return true;
}

static enum leat_status xar_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct xar *self = (struct xar *)c;
    if (self->start.broken.code != LEAT_FAULT_NONE && !leat_fault_is_damage(&self->start.broken))
        leat_xar_start_begin(&self->start, c);
    enum leat_status status = leat_xar_start_read(&self->start);
    if (status != LEAT_OK)
        return status;
    if (mark->index > leat_xar_table_len(&self->start.table)) {
        if (self->start.broken.code == LEAT_FAULT_NONE)
            return leat_container_fails(c, LEAT_FAULT_CORRUPT, "fewer entries than before",
                                        self->start.table_at);
        c->fault = self->start.broken;
        return LEAT_FAULT;
    }
    self->start.strayed = true;
    self->held = 0;
    for (self->at = 0; self->at < mark->index; self->at++)
        held_adds(self, held_of(self, leat_xar_table_file(&self->start.table, self->at)));
    return LEAT_OK;
}

/* --- The container --- */

static void xar_stop(struct leat_container *c)
{
    struct xar *self = (struct xar *)c;
    leat_xar_start_end(&self->start);
    leat_gather_fini(&self->path, c);
    leat_gather_fini(&self->target, c);
}

struct leat_container *leat_xar(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "xar",
        .self_size = sizeof(struct xar),
        .next = xar_next,
        .open = xar_open,
        .mark = xar_mark,
        .resume = xar_resume,
        .stop = xar_stop,
    };
    struct xar *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    leat_xar_start_begin(&self->start, &self->container);
    return &self->container;
}

static const char *const endings[] = { ".xar", ".pkg", ".xip", NULL };

const struct leat_format leat_format_xar = {
    .name = "xar",
    .summary = "eXtensible ARchives, macOS' packages",
    .endings = endings,
    .traits = LEAT_FORMAT_SEEKS,
    .probe = leat_xar_probe,
    .probe_max = XAR_PROBE_LEN,
    .unpack = leat_xar,
};
