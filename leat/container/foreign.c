#include "leat/container/foreign.h"
#include "leat/container/libarchive.h"

#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/scan.h"

/* --- What is wrong --- */

/* What stands for most of what libarchive says, whichever the format. */
static const struct leat_foreign_reason any[] = {
    { "Can't allocate", LEAT_FAULT_MEMORY, NULL },
    { "Couldn't allocate", LEAT_FAULT_MEMORY, NULL },
    { "Could not allocate", LEAT_FAULT_MEMORY, NULL },
    { "Unable to allocate", LEAT_FAULT_MEMORY, NULL },
    { "Out of memory", LEAT_FAULT_MEMORY, NULL },
    { "No memory", LEAT_FAULT_MEMORY, NULL },
    { "Not enough memory", LEAT_FAULT_MEMORY, NULL },
    { "Truncated", LEAT_FAULT_TRUNCATED, "unexpected end of input" },
    { "Unrecognized archive format", LEAT_FAULT_CORRUPT, "bad header" },
    { NULL, LEAT_FAULT_NONE, NULL },
};

static const struct leat_foreign_reason *reason_in(const struct leat_foreign_reason *reasons,
                                                   const char *said)
{
    for (; reasons->begins != NULL; reasons++) {
        if (strncmp(said, reasons->begins, strlen(reasons->begins)) == 0)
            return reasons;
    }
    return NULL;
}

uint64_t leat_foreign_tell(const struct leat_foreign *self)
{
    const struct leat_foreign_flow *flow = &self->flow;
    int64_t at =
        flow->archive != NULL ? leat_libarchive()->archive_filter_bytes(flow->archive, 0) : 0;
    return self->input_at + (at > 0 ? (uint64_t)at : 0);
}

struct leat_fault leat_foreign_fault(const struct leat_foreign *self)
{
    const struct leat_container *c = &self->container;
    const struct leat_foreign_flow *flow = &self->flow;
    struct leat_fault fault = {
        .code = LEAT_FAULT_CORRUPT,
        .part = c->ops->name,
        .reason = "libarchive cannot read it",
        .name = leat_reader_label(c->src),
        .offset = leat_foreign_tell(self),
    };
    if (flow->source == LEAT_FAULT && leat_reader_fault(c->src) != NULL)
        return *leat_reader_fault(c->src);
    const char *said =
        flow->archive != NULL ? leat_libarchive()->archive_error_string(flow->archive) : NULL;
    if (said == NULL)
        said = "";
    const struct leat_foreign_reason *reason = reason_in(self->kind->reasons, said);
    if (reason == NULL)
        reason = reason_in(any, said);
    if (reason != NULL) {
        fault.code = reason->code;
        fault.reason = reason->reason;
    } else if (flow->archive == NULL || leat_libarchive()->archive_errno(flow->archive) == ENOMEM) {
        fault.code = LEAT_FAULT_MEMORY;
        fault.reason = NULL;
    } else if (flow->source == LEAT_END) {
        fault.code = LEAT_FAULT_TRUNCATED;
        fault.reason = "unexpected end of input";
    }
    return fault;
}

/* libarchive will give no more entries: as often as it is asked. */
static enum leat_status foreign_broken(struct leat_foreign *self, const struct leat_fault *fault)
{
    self->broken = *fault;
    self->container.fault = *fault;
    return LEAT_FAULT;
}

static enum leat_status foreign_no_stack(struct leat_foreign *self)
{
    return leat_container_fails(&self->container, LEAT_FAULT_MEMORY, "no memory for a stack",
                                self->input_at);
}

/* --- Names --- */

/* A name of libarchive's, in its own memory, good until the next header. */
static struct leat_span name_of(const char *text, const char *utf8)
{
    if (text == NULL)
        text = utf8 != NULL ? utf8 : "";
    return (struct leat_span){ .data = (const uint8_t *)text, .len = strlen(text) };
}

/* --- Entries --- */

static enum leat_entry_kind kind_of(struct archive_entry *header)
{
    if (leat_libarchive()->archive_entry_hardlink(header) != NULL)
        return LEAT_ENTRY_HARD_LINK;
    switch (leat_libarchive()->archive_entry_filetype(header)) {
    case 0: /* nothing but permissions */
    case AE_IFREG:
        return LEAT_ENTRY_FILE;
    case AE_IFDIR:
        return LEAT_ENTRY_FOLDER;
    case AE_IFLNK:
        return LEAT_ENTRY_LINK;
    default:
        return LEAT_ENTRY_OTHER;
    }
}

static void entry_names(const struct leat_foreign *self, struct leat_entry *entry)
{
    struct archive_entry *header = self->flow.entry;
    entry->name = name_of(leat_libarchive()->archive_entry_pathname(header),
                          leat_libarchive()->archive_entry_pathname_utf8(header));
    if (entry->kind == LEAT_ENTRY_LINK)
        entry->target = name_of(leat_libarchive()->archive_entry_symlink(header),
                                leat_libarchive()->archive_entry_symlink_utf8(header));
    else if (entry->kind == LEAT_ENTRY_HARD_LINK)
        entry->target = name_of(leat_libarchive()->archive_entry_hardlink(header),
                                leat_libarchive()->archive_entry_hardlink_utf8(header));
}

static void entry_of(struct leat_foreign *self, struct leat_entry *ret)
{
    struct archive *archive = self->flow.archive;
    struct archive_entry *header = self->flow.entry;
    int64_t at = leat_libarchive()->archive_read_header_position(archive);
    int64_t size = leat_libarchive()->archive_entry_size_is_set(header)
                       ? leat_libarchive()->archive_entry_size(header)
                       : -1;
    enum leat_entry_kind kind = kind_of(header);
    bool bytes = kind == LEAT_ENTRY_FILE;
    uint64_t file_size = size >= 0 ? (uint64_t)size : LEAT_SIZE_UNKNOWN;
    self->header_at = self->input_at + (at > 0 ? (uint64_t)at : 0);
    *ret = (struct leat_entry){
        .kind = kind,
        .method = self->kind->method(leat_libarchive()->archive_format_name(archive)),
        .size = bytes ? file_size : 0,
        .packed_size = LEAT_SIZE_UNKNOWN,
        .offset = self->header_at,
        .mtime_s = leat_libarchive()->archive_entry_mtime(header),
        .mtime_ns = (uint32_t)leat_libarchive()->archive_entry_mtime_nsec(header),
        .mode = leat_libarchive()->archive_entry_perm(header),
    };
    entry_names(self, ret);
    if (leat_libarchive()->archive_entry_is_encrypted(header))
        leat_entry_fails(&self->container, ret, LEAT_FAULT_UNSUPPORTED, "encrypted");
}

/* --- The container --- */

/* What stands in the thread's locale is put together from libarchive's own, which ends the process
 * when that fails and errno is ENOMEM: also where that was another's. */
static void entry_told(struct leat_foreign *self, struct leat_entry *ret)
{
    locale_t before = uselocale(leat_foreign_locale());
    int errno_before = errno;
    errno = 0;
    entry_of(self, ret);
    errno = errno_before;
    uselocale(before);
}

/* Whether libarchive gave the same header again. */
static bool foreign_circles(struct leat_foreign *self)
{
    uint64_t given_before = self->given_at;
    self->given_at = leat_foreign_tell(self);
    return self->kind->headers_apart && self->given_at == given_before;
}

static enum leat_status foreign_header(struct leat_foreign *self, struct leat_entry *ret)
{
    struct leat_foreign_flow *flow = &self->flow;
    enum leat_status status = leat_foreign_flow_does(flow, LEAT_FOREIGN_HEADER);
    if (status != LEAT_OK)
        return status == LEAT_FAULT ? foreign_no_stack(self) : status;
    if (flow->said == ARCHIVE_EOF && flow->source != LEAT_FAULT)
        return LEAT_END;
    struct leat_fault fault = leat_foreign_fault(self);
    if (flow->said != ARCHIVE_OK && flow->said != ARCHIVE_WARN && flow->said != ARCHIVE_FAILED)
        return foreign_broken(self, &fault);
    if (foreign_circles(self)) {
        fault.code = LEAT_FAULT_CORRUPT;
        fault.reason = "an entry without a header";
        return foreign_broken(self, &fault);
    }
    entry_told(self, ret);
    self->behind = (struct leat_fault){ 0 };
    self->unread = true;
    if (flow->said == ARCHIVE_FAILED)
        leat_entry_fails(&self->container, ret, fault.code, fault.reason);
    if (self->kind->told != NULL)
        self->kind->told(self, ret);
    return LEAT_OK;
}

enum leat_status leat_foreign_block(struct leat_foreign *self)
{
    enum leat_status status = leat_foreign_flow_does(&self->flow, LEAT_FOREIGN_BLOCK);
    leat_assert(status == LEAT_OK || status == LEAT_AGAIN); /* it has its stack since `next` */
    if (status != LEAT_OK)
        return status;
    self->unread = self->flow.said == ARCHIVE_OK;
    if (self->flow.said == ARCHIVE_FATAL)
        self->broken = leat_foreign_fault(self);
    return LEAT_OK;
}

/* Past what is unread of an entry; where libarchive does that itself, only to the end of what was
 * begun and had to wait. OK, AGAIN, FAULT. */
static enum leat_status foreign_passes(struct leat_foreign *self)
{
    const struct leat_ctx *ctx = self->container.ctx;
    while (self->flow.job == LEAT_FOREIGN_BLOCK || (self->unread && self->kind->reads_past)) {
        if (ctx->breathe != NULL)
            ctx->breathe(ctx);
        enum leat_status status = leat_foreign_block(self);
        if (status != LEAT_OK)
            return status;
    }
    return self->broken.code == LEAT_FAULT_NONE ? LEAT_OK : foreign_broken(self, &self->broken);
}

/* Have libarchive begin, once. */
static enum leat_status foreign_begins(struct leat_foreign *self)
{
    struct leat_foreign_flow *flow = &self->flow;
    if (flow->archive != NULL && flow->job != LEAT_FOREIGN_BEGIN)
        return LEAT_OK;
    enum leat_status status = leat_foreign_flow_does(flow, LEAT_FOREIGN_BEGIN);
    if (status != LEAT_OK)
        return status == LEAT_FAULT ? foreign_no_stack(self) : status;
    if (flow->said == ARCHIVE_OK || flow->said == ARCHIVE_WARN)
        return LEAT_OK;
    struct leat_fault fault = leat_foreign_fault(self);
    return foreign_broken(self, &fault);
}

/* --- Behind a program --- */

/* Where nothing is found the archive begins at once, and is damaged. */
static enum leat_status foreign_finds(struct leat_foreign *self)
{
    enum { SIGNATURE_MAX = 8 };
    struct leat_container *c = &self->container;
    size_t at = 0;
    const struct leat_start *start = self->kind->start;
    enum leat_match match = start != NULL ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
    for (size_t want = SIGNATURE_MAX; match == LEAT_MATCH_MORE; want = LEAT_PROGRAM_MAX) {
        struct leat_span window;
        enum leat_status status = leat_scan_peek(c, want, &window);
        if (status == LEAT_AGAIN)
            return status;
        size_t len = window.len < LEAT_PROGRAM_MAX ? window.len : LEAT_PROGRAM_MAX;
        match = leat_start_find(start, window.data, len, status != LEAT_OK, &at);
    }
    self->start_at = leat_tell(c->src) + at;
    self->found = true;
    return LEAT_OK;
}

enum leat_status leat_foreign_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct leat_foreign *self = (struct leat_foreign *)c;
    enum leat_status status = self->found ? LEAT_OK : foreign_finds(self);
    if (status != LEAT_OK)
        return status;
    uint64_t tell = leat_tell(c->src);
    if (self->entered || self->start_at == tell)
        return LEAT_END;
    *ret = leat_limit_borrow(&self->lead, c->src, self->start_at - tell, true);
    return LEAT_OK;
}

/* To the archive, past what is unread of the lead. */
static enum leat_status foreign_enters(struct leat_foreign *self)
{
    uint64_t done;
    enum leat_status status = self->found ? LEAT_OK : foreign_finds(self);
    if (status != LEAT_OK)
        return status;
    struct leat_reader *src = self->container.src; /* which finding may have widened */
    status = leat_skip(src, self->start_at - leat_tell(src), &done);
    if (status == LEAT_OK)
        self->input_at = self->start_at;
    self->entered = status == LEAT_OK;
    return status;
}

/* --- The ops --- */

enum leat_status leat_foreign_next(struct leat_container *c, struct leat_entry *ret)
{
    struct leat_foreign *self = (struct leat_foreign *)c;
    if (leat_libarchive() == NULL)
        return leat_container_fails(c, LEAT_FAULT_UNSUPPORTED, "libarchive cannot be loaded",
                                    leat_tell(c->src));
    enum leat_status status = self->entered ? LEAT_OK : foreign_enters(self);
    if (status == LEAT_OK)
        status = foreign_passes(self);
    if (status == LEAT_OK)
        status = foreign_begins(self);
    return status == LEAT_OK ? foreign_header(self, ret) : status;
}

struct leat_reader *leat_foreign_open(struct leat_container *c, const struct leat_entry *entry,
                                      struct leat_ctx *ctx)
{
    struct leat_foreign *self = (struct leat_foreign *)c;
    leat_assert(ctx == c->ctx);
    return leat_foreign_entry(self, entry);
}

/* To the next header, at any byte behind the last one and behind what libarchive has read. There
 * another archive begins for it. */
enum leat_status leat_foreign_resync(struct leat_container *c)
{
    struct leat_foreign *self = (struct leat_foreign *)c;
    uint64_t from = leat_foreign_tell(self);
    leat_assert(self->kind->judge != NULL);
    self->found = self->entered = true;
    if (self->broken.code != LEAT_FAULT_NONE) {
        self->header_at = from > self->header_at ? from : self->header_at + 1;
        self->broken = (struct leat_fault){ 0 };
        self->unread = false;
        self->given_at = 0;
        leat_foreign_flow_fini(&self->flow);
    }
    enum leat_status status =
        leat_scan(c, self->header_at, self->kind->judge, self->kind->header_max);
    if (status != LEAT_OK)
        return status;
    struct leat_span window;
    (void)!leat_peek(c->src, 0, &window);
    self->header_at = leat_tell(c->src);
    self->flow.prelude = self->kind->prelude(self, window);
    self->input_at = self->header_at - self->flow.prelude.len;
    return LEAT_OK;
}

void leat_foreign_stop(struct leat_container *c)
{
    struct leat_foreign *self = (struct leat_foreign *)c;
    leat_foreign_flow_fini(&self->flow);
}

struct leat_container *leat_foreign(struct leat_reader *src, const struct leat_container_ops *ops,
                                    const struct leat_foreign_kind *kind)
{
    leat_assert(ops->self_size >= sizeof(struct leat_foreign));
    leat_assert((ops->resync != NULL) == (kind->judge != NULL));
    struct leat_foreign *self = leat_container_over(src, ops);
    if (self == NULL)
        return NULL;
    self->kind = kind;
    leat_foreign_flow_init(&self->flow, &self->container, &kind->setup);
    return &self->container;
}
