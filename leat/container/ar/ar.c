#include "leat/container/ar/ar.h"
#include "leat/container/ar/header.h"
#include "leat/container/gather.h"
#include "leat/container/member.h"
#include "leat/container/scan.h"

/* Names for more members than a linker could take. */
#define NAMES_MAX (64 * LEAT_MIB)

struct ar;

/* One step towards the next member: OK and the step after it is set, or why not. All of a step's
 * progress is in the struct, so one that must wait is simply called again. */
typedef enum leat_status ar_step(struct ar *self);

struct ar {
    struct leat_container container;
    struct leat_member member; /* a member's bytes in the source, which it does not own */
    ar_step *step;             /* NULL: between two members */
    uint64_t start;            /* of the archive, in the source */
    uint64_t names_at;  /* of the header of the table of names, as all in it; 0: none was met */
    uint64_t resume_at; /* where to go on, once that table was read again; 0: nowhere */
    uint64_t header_at; /* in the source, as are the next two */
    uint64_t data_end;
    uint64_t next_at;    /* behind the byte that fills up the data */
    uint64_t gather_len; /* of what a step gathers: a name or the table of names */
    bool began;          /* the magic was read */
    bool thin;
    struct leat_gather names;
    struct leat_gather name;
    struct leat_entry entry;
};

static ar_step step_magic, step_scan, step_skip, step_return, step_header, step_names, step_name;

static enum leat_status ar_fails(struct ar *self, enum leat_fault_code code, const char *reason)
{
    return leat_container_fails(&self->container, code, reason, self->header_at);
}

/* The input ended where more was due. */
static enum leat_status ar_truncated(struct ar *self)
{
    struct leat_reader *src = self->container.src;
    return leat_container_fails(&self->container, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                src->end_offset);
}

/* --- What a header means --- */

static void entry_ready(struct ar *self, struct leat_span name)
{
    self->entry.name = name;
    self->entry.packed_size = self->thin ? 0 : self->entry.size;
    if (self->thin)
        leat_entry_fails(&self->container, &self->entry, LEAT_FAULT_UNSUPPORTED,
                         "in a file of its own, of which a thin archive has the name alone");
    self->step = NULL;
}

/* A name as it is, without the slash behind it. */
static struct leat_span plain_name(struct leat_span name)
{
    if (name.len > 1 && name.data[name.len - 1] == '/')
        name.len--;
    return name;
}

static enum leat_status entry_named(struct ar *self, struct leat_span name)
{
    self->name.len = 0;
    enum leat_status status = leat_gather_add(&self->name, &self->container, name.data, name.len);
    entry_ready(self, leat_gather_span(&self->name));
    return status;
}

static enum leat_status gathers(struct ar *self, struct leat_gather *gather, uint64_t len,
                                ar_step *step)
{
    gather->len = 0;
    self->gather_len = len;
    self->step = step;
    return LEAT_OK;
}

/* Whether a member's bytes follow its header: in a thin archive those of the tables alone. */
static bool has_bytes(const struct ar *self, enum ar_kind kind)
{
    return !self->thin || kind == AR_SYMBOLS || kind == AR_NAMES;
}

/* What the member's name says, behind the header. */
static enum leat_status header_name(struct ar *self, struct leat_span name)
{
    uint64_t number = 0;
    uint64_t size = self->entry.size;
    enum ar_kind kind = leat_ar_kind(name, &number);
    self->data_end = self->header_at + AR_HEADER_LEN + (has_bytes(self, kind) ? size : 0);
    self->next_at = self->data_end + (self->data_end - self->header_at) % 2;
    if (kind == AR_NAME_DATA && self->thin)
        kind = AR_PLAIN;
    switch (kind) {
    case AR_SYMBOLS:
        self->step = step_skip;
        return LEAT_OK;
    case AR_NAMES:
        if (size > NAMES_MAX)
            return ar_fails(self, LEAT_FAULT_BOUND, "a table of names larger than allowed");
        self->names_at = 0; /* until it is whole */
        return gathers(self, &self->names, size, step_names);
    case AR_NAME_DATA:
        if (number > size)
            return ar_fails(self, LEAT_FAULT_CORRUPT, "a name longer than its member");
        if (number > self->container.ctx->limits.name_max)
            return ar_fails(self, LEAT_FAULT_BOUND, "a name longer than the limit allows");
        self->entry.size -= number;
        return gathers(self, &self->name, number, step_name);
    case AR_NAME_AT: {
        struct leat_span found = leat_ar_long_name(leat_gather_span(&self->names), number);
        return entry_named(self, found.len > 0 ? found : name);
    }
    default:
        return entry_named(self, plain_name(name));
    }
}

static enum leat_status header_entry(struct ar *self, const struct ar_header *header)
{
    uint64_t mtime, mode, size;
    bool sized = leat_ar_number(header->size, sizeof(header->size), 10, &size);
    leat_assert(sized);
    bool timed = leat_ar_number(header->mtime, sizeof(header->mtime), 10, &mtime);
    bool moded = leat_ar_number(header->mode, sizeof(header->mode), 8, &mode);
    self->entry = (struct leat_entry){
        .kind = LEAT_ENTRY_FILE,
        .method = "stored",
        .size = size,
        .offset = self->header_at,
        .mtime_s = timed ? (int64_t)mtime : 0,
        .mode = moded ? (uint32_t)(mode & 07777) : 0,
    };
    return header_name(self, leat_ar_name(header));
}

/* --- Steps --- */

static enum leat_status step_magic(struct ar *self)
{
    struct leat_container *c = &self->container;
    struct leat_span window;
    enum leat_status status = leat_scan_peek(c, AR_MAGIC_LEN, &window);
    if (status == LEAT_END)
        return ar_truncated(self);
    if (status != LEAT_OK)
        return status;
    self->thin = leat_bytes_equal(window.data, AR_MAGIC_THIN, AR_MAGIC_LEN);
    if (!self->thin && !leat_bytes_equal(window.data, AR_MAGIC, AR_MAGIC_LEN))
        return ar_fails(self, LEAT_FAULT_CORRUPT, "no archive");
    leat_consume(c->src, AR_MAGIC_LEN);
    self->began = true;
    self->step = step_header;
    return LEAT_OK;
}

/* Past what is unread of the member. The byte that fills it up may be missing at the very end. */
static enum leat_status step_skip(struct ar *self)
{
    struct leat_reader *src = self->container.src;
    uint64_t tell = leat_tell(src);
    uint64_t done;
    leat_assert(tell <= self->next_at);
    enum leat_status status = leat_skip(src, self->next_at - tell, &done);
    if (status == LEAT_END && leat_tell(src) < self->data_end)
        return ar_truncated(self);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

static enum leat_status step_header(struct ar *self)
{
    struct leat_container *c = &self->container;
    struct leat_span window;
    self->header_at = leat_tell(c->src);
    enum leat_status status = leat_scan_peek(c, AR_HEADER_LEN, &window);
    if (status == LEAT_END && window.len > 0)
        return ar_truncated(self);
    if (status != LEAT_OK)
        return status;
    if (leat_ar_header_can_be(window.data, window.len) != LEAT_MATCH_YES)
        return ar_fails(self, LEAT_FAULT_CORRUPT, "bad header");
    status = header_entry(self, (const struct ar_header *)window.data);
    if (status == LEAT_OK)
        leat_consume(c->src, AR_HEADER_LEN);
    return status;
}

/* The table of long names. */
static enum leat_status step_names(struct ar *self)
{
    enum leat_status status =
        leat_gather_read(&self->names, &self->container, (size_t)self->gather_len);
    if (status == LEAT_OK) {
        self->names_at = self->header_at;
        self->step = self->resume_at > 0 ? step_return : step_skip;
    }
    return status == LEAT_END ? ar_truncated(self) : status;
}

/* The table of names was read again: on to where it was wanted. */
static enum leat_status step_return(struct ar *self)
{
    enum leat_status status = leat_seek(self->container.src, self->resume_at);
    leat_assert(status != LEAT_UNSUPPORTED || leat_reader_fault(self->container.src) != NULL);
    if (status != LEAT_OK)
        return status == LEAT_UNSUPPORTED ? LEAT_FAULT : status;
    self->resume_at = 0;
    self->step = step_header;
    return LEAT_OK;
}

/* A name before the data, with NULs behind it. */
static enum leat_status step_name(struct ar *self)
{
    enum leat_status status =
        leat_gather_read(&self->name, &self->container, (size_t)self->gather_len);
    if (status == LEAT_END)
        return ar_truncated(self);
    if (status != LEAT_OK)
        return status;
    struct leat_span name = leat_gather_span(&self->name);
    while (name.len > 0 && name.data[name.len - 1] == '\0')
        name.len--;
    if (leat_ar_is_symbols(name))
        self->step = step_skip;
    else
        entry_ready(self, name);
    return LEAT_OK;
}

/* --- Behind damage --- */

/* To the next header, at any byte behind the last one. */
static enum leat_status step_scan(struct ar *self)
{
    enum leat_status status =
        leat_scan(&self->container, self->header_at + 1, leat_ar_anywhere, AR_HEADER_LEN);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

static enum leat_status ar_resync(struct leat_container *c)
{
    struct ar *self = (struct ar *)c;
    self->began = true;
    self->member.holed = false;
    return step_scan(self);
}

/* --- The container --- */

/* The last member was given: begin with what follows it. */
static void ar_begin(struct ar *self)
{
    self->step = !self->began ? step_magic : self->member.holed ? step_scan : step_skip;
    self->member.holed = false;
}

static enum leat_status ar_next(struct leat_container *c, struct leat_entry *ret)
{
    struct ar *self = (struct ar *)c;
    if (self->step == NULL)
        ar_begin(self);
    while (self->step != NULL) {
        enum leat_status status = self->step(self);
        if (status != LEAT_OK)
            return status;
    }
    *ret = self->entry;
    return LEAT_OK;
}

/* What is carried: where the table of names is, and whether the archive is thin. */
static bool ar_mark(const struct leat_container *c, struct leat_mark *ret)
{
    const struct ar *self = (const struct ar *)c;
    if (self->step != NULL)
        return false;
    ret->offset = self->began ? self->next_at - self->start : 0;
    ret->carried = (self->names_at > 0 ? self->names_at - self->start : 0) << 1 | self->thin;
    return true;
}

static enum leat_status ar_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct ar *self = (struct ar *)c;
    uint64_t names = mark->carried >> 1, at = self->start + mark->offset;
    bool reads = names > 0 && self->names_at != self->start + names;
    enum leat_status status = leat_seek(c->src, reads ? self->start + names : at);
    if (status != LEAT_OK)
        return status;
    self->member.holed = false;
    self->began = mark->offset > 0;
    self->thin = mark->carried & 1;
    self->resume_at = reads ? at : 0;
    if (names == 0)
        self->names_at = self->names.len = 0;
    self->step = self->began ? step_header : step_magic;
    return LEAT_OK;
}

static const struct leat_member_kind member_kind = {
    .part = "ar",
    .judge = leat_ar_anywhere,
    .header_len = AR_HEADER_LEN,
};

static struct leat_reader *ar_open(struct leat_container *c, const struct leat_entry *entry,
                                   struct leat_ctx *ctx)
{
    struct ar *self = (struct ar *)c;
    leat_assert(ctx == c->ctx);
    leat_assert(!self->thin);
    leat_assert(leat_tell(c->src) + entry->size == self->data_end);
    return leat_member(&self->member, c->src, entry->size, &member_kind);
}

static void ar_stop(struct leat_container *c)
{
    struct ar *self = (struct ar *)c;
    leat_gather_fini(&self->names, c);
    leat_gather_fini(&self->name, c);
}

struct leat_container *leat_ar(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "ar",
        .self_size = sizeof(struct ar),
        .next = ar_next,
        .open = ar_open,
        .mark = ar_mark,
        .resume = ar_resume,
        .resync = ar_resync,
        .stop = ar_stop,
    };
    struct ar *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    self->start = self->header_at = leat_tell(src);
    return &self->container;
}

static enum leat_match probe(const uint8_t *data, size_t len)
{
    enum leat_match match = leat_match_magic(data, len, AR_MAGIC, AR_MAGIC_LEN);
    return match == LEAT_MATCH_NO ? leat_match_magic(data, len, AR_MAGIC_THIN, AR_MAGIC_LEN)
                                  : match;
}

static const char *const endings[] = { ".ar", ".a", ".deb", ".udeb", NULL };

const struct leat_format leat_format_ar = {
    .name = "ar",
    .summary = "ar archives: libraries and Debian's packages",
    .endings = endings,
    .probe = probe,
    .probe_max = AR_MAGIC_LEN,
    .unpack = leat_ar,
    .pack = leat_ar_pack,
};
