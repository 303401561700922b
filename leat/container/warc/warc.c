#include "leat/container/warc/warc.h"
#include "leat/container/first.h"
#include "leat/container/gather.h"
#include "leat/container/member.h"
#include "leat/container/scan.h"
#include "leat/container/warc/check.h"
#include "leat/container/warc/header.h"
#include "leat/core/widen.h"

/* Behind a block. */
enum { LINE_ENDS = 2 };

/* Digits of a record's number, and the slashes around them. */
enum { NUMBER_LEN_MAX = 20 + 2 };

struct warc;

/* One step towards the next entry: OK and the step after it is set, or why not. All of a step's
 * progress is in the struct, so one that must wait is simply called again. */
typedef enum leat_status warc_step(struct warc *self);

struct warc {
    struct leat_container container;
    struct leat_member member; /* an entry's bytes in the source, which it does not own */
    warc_step *step;           /* NULL: between two entries */
    uint64_t start;            /* of the archive, in the source */
    uint64_t header_at;        /* in the source, as are the next two */
    uint64_t block_at;
    uint64_t next_at;
    size_t header_passed;        /* bytes of the window that were looked at for the header's end */
    unsigned line_ends;          /* that are still due before the source may end */
    bool block_due;              /* the header was given, or is not to be */
    bool of_body;                /* what the digest is of */
    bool has_length;             /* else the record ends where the next is found */
    bool led;                    /* what lies before the first whole header was given; tell of it */
    struct leat_digest expected; /* kind NULL: nothing is */
    struct leat_gather name;     /* of the block */
    struct leat_gather header_name; /* of the header */
    struct leat_entry entry;
};

static warc_step step_scan, step_skip, step_line_ends, step_start, step_header, step_block;

static enum leat_status warc_fails(struct warc *self, enum leat_fault_code code, const char *reason)
{
    return leat_container_fails(&self->container, code, reason, self->header_at);
}

/* The input ended where more was due. */
static enum leat_status warc_truncated(struct warc *self)
{
    struct leat_reader *src = self->container.src;
    return leat_container_fails(&self->container, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                src->end_offset);
}

/* --- What a header means --- */

/* The record's type and number: what both names begin with. Each record before it was two entries,
 * and so its number is the same whoever comes to it, by a mark too. */
static enum leat_status name_begins(struct warc *self, struct leat_gather *name,
                                    struct leat_span type)
{
    struct leat_container *c = &self->container;
    char digits[NUMBER_LEN_MAX];
    size_t at = sizeof(digits);
    name->len = 0;
    enum leat_status status = type.len > 0 ? leat_gather_add(name, c, type.data, type.len)
                                           : leat_gather_add(name, c, "record", 6);
    digits[--at] = '/';
    for (uint64_t number = c->entries / 2 + 1; number > 0; number /= 10)
        digits[--at] = (char)('0' + number % 10);
    digits[--at] = '/';
    return status == LEAT_OK ? leat_gather_add(name, c, digits + at, sizeof(digits) - at) : status;
}

static enum leat_status names_made(struct warc *self, const struct warc_header *header)
{
    struct leat_container *c = &self->container;
    enum leat_status status = name_begins(self, &self->header_name, header->type);
    if (status == LEAT_OK)
        status = leat_gather_add(&self->header_name, c, "header", 6);
    if (status == LEAT_OK)
        status = name_begins(self, &self->name, header->type);
    if (status != LEAT_OK)
        return status;
    if (header->uri.len == 0 || header->uri.len + self->name.len > c->ctx->limits.name_max)
        return leat_gather_add(&self->name, c, "block", 5);
    return leat_gather_add(&self->name, c, header->uri.data, header->uri.len);
}

/* The entry of the header: its own words, and nothing else, though they look like an archive. */
static void header_ready(struct warc *self)
{
    struct leat_entry *entry = &self->entry;
    entry->name = leat_gather_span(&self->header_name);
    entry->size = entry->packed_size = self->block_at - self->header_at;
    entry->offset = self->header_at;
    entry->plain = true;
    self->step = NULL;
}

static void block_ready(struct warc *self)
{
    struct leat_entry *entry = &self->entry;
    entry->name = leat_gather_span(&self->name);
    entry->size = entry->packed_size = self->next_at - self->block_at;
    entry->offset = self->block_at;
    entry->plain = false;
    self->block_due = false;
    self->line_ends = LINE_ENDS;
    self->step = NULL;
    if (self->has_length)
        return;
    entry->size = entry->packed_size = LEAT_SIZE_UNKNOWN;
    leat_entry_fails(&self->container, entry, LEAT_FAULT_CORRUPT, "a record without a length");
    self->member.holed = true; /* where it ends, the next one shows */
}

/* A whole header is in the window. */
static enum leat_status header_read(struct warc *self, struct leat_span bytes)
{
    struct warc_header header;
    leat_warc_header(bytes, &header);
    self->block_at = self->header_at + bytes.len;
    self->has_length = header.has_length && header.length <= INT64_MAX - self->block_at;
    self->next_at = self->block_at + (self->has_length ? header.length : 0);
    const struct leat_digest *expected = leat_warc_expected(&header, &self->of_body);
    self->expected = expected != NULL ? *expected : (struct leat_digest){ 0 };
    self->entry = (struct leat_entry){
        .kind = LEAT_ENTRY_FILE,
        .method = "stored",
        .mtime_s = header.mtime_s,
        .mtime_ns = header.mtime_ns,
    };
    return names_made(self, &header);
}

/* --- Steps --- */

/* Past what is unread of the block. */
static enum leat_status step_skip(struct warc *self)
{
    struct leat_reader *src = self->container.src;
    uint64_t tell = leat_tell(src);
    uint64_t done;
    leat_assert(tell <= self->next_at);
    enum leat_status status = leat_skip(src, self->next_at - tell, &done);
    if (status == LEAT_END)
        return warc_truncated(self);
    if (status == LEAT_OK)
        self->step = step_line_ends;
    return status;
}

/* What separates records, as much of it as there is. */
static enum leat_status step_line_ends(struct warc *self)
{
    struct leat_reader *src = self->container.src;
    struct leat_span window;
    size_t passed = 0;
    enum leat_status status = leat_peek(src, 1, &window);
    if (status == LEAT_END && self->line_ends > 0)
        return warc_truncated(self);
    if (status != LEAT_OK)
        return status;
    for (; passed < window.len; passed++) {
        uint8_t byte = window.data[passed];
        if (byte != '\r' && byte != '\n')
            break;
        self->line_ends -= byte == '\n' && self->line_ends > 0;
    }
    leat_consume(src, passed);
    if (passed < window.len)
        self->step = step_start;
    return LEAT_OK;
}

/* See at least `min` bytes from a header's beginning on, and in place, so that it can be read as an
 * entry. A window that is too small for that is widened once, for all headers. */
static enum leat_status header_peek(struct warc *self, size_t min, struct leat_span *ret)
{
    struct leat_container *c = &self->container;
    if (c->src->window_max < min)
        c->src = leat_widen(c->src, c->ctx->limits.header_max);
    return leat_scan_peek(c, min, ret);
}

static enum leat_status header_misses(struct warc *self)
{
    return warc_fails(self, LEAT_FAULT_CORRUPT, "no header where one is due");
}

/* Whether a header begins here. */
static enum leat_status step_start(struct warc *self)
{
    struct leat_container *c = &self->container;
    struct leat_span window = { 0 };
    enum leat_match match = LEAT_MATCH_MORE;
    self->header_at = leat_tell(c->src);
    while (match == LEAT_MATCH_MORE) {
        enum leat_status status = header_peek(self, window.len + 1, &window);
        if (status == LEAT_END)
            return warc_truncated(self);
        if (status != LEAT_OK)
            return status;
        match = leat_warc_probe(window.data, window.len);
    }
    if (match == LEAT_MATCH_NO)
        return header_misses(self);
    self->header_passed = 0;
    self->step = step_header;
    return LEAT_OK;
}

/* The header, up to its blank line. */
static enum leat_status step_header(struct warc *self)
{
    size_t max = self->container.ctx->limits.header_max;
    struct leat_span window;
    bool ends = false;
    while (!ends) {
        enum leat_status status = header_peek(self, self->header_passed + 1, &window);
        if (status == LEAT_END)
            return warc_truncated(self);
        if (status != LEAT_OK)
            return status;
        ends = leat_warc_header_ends(window, &self->header_passed);
        if (self->header_passed > max || (self->header_passed == max && !ends))
            return warc_fails(self, LEAT_FAULT_BOUND, "a header larger than the limit allows");
    }
    window.len = self->header_passed;
    enum leat_status status = header_read(self, window);
    if (status != LEAT_OK)
        return status;
    if (self->block_due)
        self->step = step_block;
    else
        header_ready(self);
    self->block_due = true;
    return LEAT_OK;
}

/* Past what is unread of the header, which is in the window still. */
static enum leat_status step_block(struct warc *self)
{
    struct leat_reader *src = self->container.src;
    uint64_t tell = leat_tell(src);
    uint64_t done;
    leat_assert(tell <= self->block_at);
    enum leat_status status = leat_skip(src, self->block_at - tell, &done);
    if (status == LEAT_OK)
        block_ready(self);
    return status;
}

/* --- Behind damage --- */

/* To the next header, at any byte behind the last one. */
static enum leat_status step_scan(struct warc *self)
{
    enum leat_status status =
        leat_scan(&self->container, self->header_at + 1, leat_warc_probe, WARC_PROBE_MAX);
    if (status == LEAT_OK)
        self->step = step_start;
    return status;
}

static enum leat_status warc_resync(struct leat_container *c)
{
    struct warc *self = (struct warc *)c;
    self->member.holed = self->block_due = false;
    return step_scan(self);
}

/* --- The container --- */

/* The last entry was given: begin with what follows it. */
static void warc_begin(struct warc *self)
{
    if (self->block_due)
        self->step = step_block;
    else
        self->step = self->member.holed ? step_scan : step_skip;
    self->member.holed = false;
}

static const struct leat_first first = {
    .probe = leat_warc_probe,
    .judge = leat_warc_probe,
    .header_len = WARC_PROBE_MAX,
    .step = 1,
};

static enum leat_status warc_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct warc *self = (struct warc *)c;
    enum leat_status status = leat_first_lead(&first, c, &self->member.limit, ret);
    self->led = status == LEAT_OK;
    return status;
}

static enum leat_status warc_next(struct leat_container *c, struct leat_entry *ret)
{
    struct warc *self = (struct warc *)c;
    if (self->led) {
        self->led = false;
        self->header_at = self->start;
        return header_misses(self);
    }
    if (self->step == NULL)
        warc_begin(self);
    while (self->step != NULL) {
        enum leat_status status = self->step(self);
        if (status != LEAT_OK)
            return status;
    }
    *ret = self->entry;
    return LEAT_OK;
}

/* What is carried: whether the record there is to give its block alone. */
static bool warc_mark(const struct leat_container *c, struct leat_mark *ret)
{
    const struct warc *self = (const struct warc *)c;
    if (self->step != NULL || self->member.holed)
        return false;
    ret->offset = (self->block_due ? self->header_at : self->next_at) - self->start;
    ret->carried = self->block_due;
    return true;
}

static enum leat_status warc_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct warc *self = (struct warc *)c;
    enum leat_status status = leat_seek(c->src, self->start + mark->offset);
    if (status != LEAT_OK)
        return status;
    self->member.holed = false;
    self->block_due = mark->carried != 0;
    self->line_ends = mark->offset > 0 ? LINE_ENDS : 0;
    self->step = step_line_ends;
    return LEAT_OK;
}

static struct leat_reader *warc_open(struct leat_container *c, const struct leat_entry *entry,
                                     struct leat_ctx *ctx)
{
    static const struct leat_member_kind member_kind = {
        .part = "warc",
        .judge = leat_warc_probe,
        .header_len = WARC_PROBE_MAX,
    };
    struct warc *self = (struct warc *)c;
    leat_assert(ctx == c->ctx);
    leat_assert(leat_tell(c->src) == entry->offset);
    struct leat_reader *r = leat_member(&self->member, c->src, entry->size, &member_kind);
    if (entry->plain || self->expected.kind == NULL)
        return r;
    return leat_warc_check(r, &self->expected, self->of_body);
}

static void warc_stop(struct leat_container *c)
{
    struct warc *self = (struct warc *)c;
    leat_gather_fini(&self->name, c);
    leat_gather_fini(&self->header_name, c);
}

struct leat_container *leat_warc(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "warc",
        .self_size = sizeof(struct warc),
        .next = warc_next,
        .open = warc_open,
        .lead = warc_lead,
        .mark = warc_mark,
        .resume = warc_resume,
        .resync = warc_resync,
        .stop = warc_stop,
    };
    struct warc *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    self->start = self->next_at = leat_tell(src);
    return &self->container;
}

static enum leat_match probe_within(const uint8_t *data, size_t len, uint64_t size)
{
    return leat_first_probe(&first, data, len, size);
}

static const char *const endings[] = { ".warc", NULL };

const struct leat_format leat_format_warc = {
    .name = "warc",
    .summary = "web archives: WARC 0.17 to 1.1",
    .endings = endings,
    .probe = leat_warc_probe,
    .probe_max = WARC_PROBE_MAX,
    .probe_within = probe_within,
    .probe_within_max = LEAT_FIRST_MAX,
    .unpack = leat_warc,
};
