#include "leat/container/cpio/cpio.h"
#include "leat/container/cpio/header.h"
#include "leat/container/first.h"
#include "leat/container/gather.h"
#include "leat/container/member.h"
#include "leat/container/scan.h"
#include "leat/core/load.h"
#include "leat/stage/hash/hash.h"

struct cpio;

/* One step towards the next entry: OK and the step after it is set, or why not. All of a step's
 * progress is in the struct, so one that must wait is simply called again. */
typedef enum leat_status cpio_step(struct cpio *self);

struct cpio {
    struct leat_container container;
    struct leat_member member; /* an entry's bytes in the source, which the entry does not own */
    cpio_step *step;           /* NULL: between two entries */
    uint64_t start;            /* of the archive, in the source */
    uint64_t header_at;        /* in the source, as are the next two */
    uint64_t data_at;
    uint64_t next_at; /* what follows the entry; UINT64_MAX: it goes on to the end */
    bool led;         /* what lies before the first whole header was given; tell of it */
    struct cpio_header header;
    struct leat_gather name;
    struct leat_entry entry;
};

static cpio_step step_scan, step_skip, step_header, step_name, step_padding, step_rest;

static enum leat_status cpio_fails(struct cpio *self, enum leat_fault_code code, const char *reason)
{
    return leat_container_fails(&self->container, code, reason, self->header_at);
}

/* The input ended where more was due. */
static enum leat_status cpio_truncated(struct cpio *self)
{
    struct leat_reader *src = self->container.src;
    return leat_container_fails(&self->container, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                src->end_offset);
}

/* --- What a header means --- */

static enum leat_entry_kind kind_of(const struct cpio_header *header)
{
    bool bytes_elsewhere =
        header->form->last_link_has_data && header->links > 1 && header->size == 0;
    switch (header->mode >> 12) {
    case 0: /* nothing but permissions */
        return LEAT_ENTRY_FILE;
    case 010:
        return bytes_elsewhere ? LEAT_ENTRY_HARD_LINK : LEAT_ENTRY_FILE;
    case 004:
        return LEAT_ENTRY_FOLDER;
    case 012:
        return LEAT_ENTRY_LINK;
    default:
        return LEAT_ENTRY_OTHER;
    }
}

static bool has_bytes(const struct leat_entry *entry)
{
    return entry->kind == LEAT_ENTRY_FILE || entry->kind == LEAT_ENTRY_LINK;
}

static void entry_ready(struct cpio *self, struct leat_span name)
{
    const struct cpio_header *header = &self->header;
    struct leat_entry *entry = &self->entry;
    *entry = (struct leat_entry){
        .name = name,
        .kind = kind_of(header),
        .method = "stored",
        .packed_size = header->size,
        .offset = self->header_at,
        .mtime_s = header->mtime_s,
        .mode = header->mode & 07777,
    };
    entry->size = has_bytes(entry) ? header->size : 0;
    if (header->form->last_link_has_data && (header->mode >> 12) == 010) {
        entry->links = header->links;
        entry->inode = header->inode;
    }
    if (entry->kind == LEAT_ENTRY_OTHER) {
        entry->special = header->mode & 0170000;
        entry->special_major = header->special_major;
        entry->special_minor = header->special_minor;
    }
    self->step = NULL;
}

/* The name up to its NUL, which is to end it. */
static struct leat_span name_text(const struct leat_gather *name)
{
    struct leat_span text = leat_gather_span(name);
    const uint8_t *nul = leat_bytes_find(text.data, text.len, 0);
    if (nul != NULL)
        text.len = (size_t)(nul - text.data);
    return text;
}

static bool is_trailer(struct leat_span name)
{
    return name.len == sizeof(CPIO_TRAILER) - 1 &&
           leat_bytes_equal(name.data, CPIO_TRAILER, name.len);
}

/* --- Steps --- */

/* Past what is unread of the entry. */
static enum leat_status step_skip(struct cpio *self)
{
    struct leat_reader *src = self->container.src;
    uint64_t tell = leat_tell(src);
    uint64_t done;
    leat_assert(tell <= self->next_at);
    enum leat_status status = leat_skip(src, self->next_at - tell, &done);
    if (status == LEAT_END)
        return self->next_at == UINT64_MAX ? LEAT_END : cpio_truncated(self);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

static enum leat_status step_header(struct cpio *self)
{
    struct leat_container *c = &self->container;
    struct leat_span window;
    size_t want = 1;
    enum leat_match match = LEAT_MATCH_MORE;
    self->header_at = leat_tell(c->src);
    while (match == LEAT_MATCH_MORE) {
        enum leat_status status = leat_scan_peek(c, want, &window);
        if (status == LEAT_END)
            return cpio_truncated(self);
        if (status != LEAT_OK)
            return status;
        match = leat_cpio_probe(window.data, window.len);
        want = window.len + 1;
    }
    if (match == LEAT_MATCH_NO)
        return cpio_fails(self, LEAT_FAULT_CORRUPT, "bad header");
    leat_cpio_header(window.data, &self->header);
    if (self->header.name_len - CPIO_NAME_LEN_MIN > c->ctx->limits.name_max)
        return cpio_fails(self, LEAT_FAULT_BOUND, "a name longer than the limit allows");
    leat_consume(c->src, self->header.form->header_len);
    self->name.len = 0;
    self->step = step_name;
    return LEAT_OK;
}

/* The name, and what fills it up. */
static enum leat_status step_name(struct cpio *self)
{
    const struct cpio_form *form = self->header.form;
    uint64_t data_in = leat_cpio_aligned(form, form->header_len + (uint64_t)self->header.name_len);
    enum leat_status status =
        leat_gather_read(&self->name, &self->container, (size_t)(data_in - form->header_len));
    if (status == LEAT_END)
        return cpio_truncated(self);
    if (status != LEAT_OK)
        return status;
    self->data_at = self->header_at + data_in;
    self->next_at = self->header_at + leat_cpio_aligned(form, data_in + self->header.size);
    struct leat_span name = name_text(&self->name);
    if (is_trailer(name))
        self->step = step_padding;
    else
        entry_ready(self, name);
    return LEAT_OK;
}

/* After a trailer: through zeros, to another archive, the end, or something else. */
static enum leat_status step_padding(struct cpio *self)
{
    struct leat_container *c = &self->container;
    struct leat_span window;
    enum leat_status status = leat_scan_peek(c, 1, &window);
    if (status != LEAT_OK)
        return status;
    size_t zeros = 0;
    while (zeros < window.len && window.data[zeros] == 0)
        zeros++;
    leat_consume(c->src, zeros);
    if (zeros < window.len)
        self->step = step_rest;
    return LEAT_OK;
}

static enum leat_status step_rest(struct cpio *self)
{
    struct leat_container *c = &self->container;
    struct leat_span window;
    enum leat_status status = leat_scan_peek(c, CPIO_HEADER_MAX, &window);
    if (status == LEAT_AGAIN || status == LEAT_FAULT)
        return status;
    if (leat_cpio_probe(window.data, window.len) != LEAT_MATCH_NO) {
        self->step = step_header;
        return LEAT_OK;
    }
    self->header_at = self->data_at = leat_tell(c->src);
    self->next_at = UINT64_MAX;
    self->header.summed = false;
    self->entry = (struct leat_entry){
        .name = { .data = (const uint8_t *)LEAT_CPIO_REST, .len = sizeof(LEAT_CPIO_REST) - 1 },
        .kind = LEAT_ENTRY_FILE,
        .method = "stored",
        .size = LEAT_SIZE_UNKNOWN,
        .packed_size = LEAT_SIZE_UNKNOWN,
        .offset = self->header_at,
    };
    self->step = NULL;
    return LEAT_OK;
}

/* --- Behind damage --- */

/* To the next header, at any byte behind the last one. */
static enum leat_status step_scan(struct cpio *self)
{
    enum leat_status status =
        leat_scan(&self->container, self->header_at + 1, leat_cpio_anywhere, CPIO_HEADER_MAX);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

static enum leat_status cpio_resync(struct leat_container *c)
{
    struct cpio *self = (struct cpio *)c;
    self->member.holed = false;
    return step_scan(self);
}

/* --- The container --- */

/* The last entry was given: begin with what follows it. */
static void cpio_begin(struct cpio *self)
{
    self->step = self->member.holed ? step_scan : step_skip;
    self->member.holed = false;
}

static const struct leat_first first = {
    .probe = leat_cpio_first,
    .judge = leat_cpio_anywhere,
    .header_len = CPIO_HEADER_MAX,
    .step = 1,
};

static enum leat_status cpio_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct cpio *self = (struct cpio *)c;
    enum leat_status status = leat_first_lead(&first, c, &self->member.limit, ret);
    self->led = status == LEAT_OK;
    return status;
}

static enum leat_status cpio_next(struct leat_container *c, struct leat_entry *ret)
{
    struct cpio *self = (struct cpio *)c;
    if (self->led) {
        self->led = false;
        self->header_at = self->start;
        return cpio_fails(self, LEAT_FAULT_CORRUPT, "bad header");
    }
    if (self->step == NULL)
        cpio_begin(self);
    while (self->step != NULL) {
        enum leat_status status = self->step(self);
        if (status != LEAT_OK)
            return status;
    }
    *ret = self->entry;
    return LEAT_OK;
}

static bool cpio_mark(const struct leat_container *c, struct leat_mark *ret)
{
    const struct cpio *self = (const struct cpio *)c;
    if (self->step != NULL || self->next_at == UINT64_MAX)
        return false;
    ret->offset = self->next_at - self->start;
    return true;
}

static enum leat_status cpio_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct cpio *self = (struct cpio *)c;
    enum leat_status status = leat_seek(c->src, self->start + mark->offset);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

/* The check of the crc form: the bytes' sum. */

static enum leat_fault_code sum_start(struct leat_digester *sum)
{
    sum->number = 0;
    return LEAT_FAULT_NONE;
}

static void sum_update(struct leat_digester *sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum->number += data[i];
}

static void sum_finish(struct leat_digester *sum, uint8_t *ret)
{
    leat_store_u32be(ret, (uint32_t)sum->number);
}

static const struct leat_digest_kind sum_kind = {
    .name = "cpio",
    .len = sizeof(uint32_t),
    .start = sum_start,
    .update = sum_update,
    .finish = sum_finish,
};

static struct leat_reader *summed(struct leat_reader *r, uint32_t sum)
{
    struct leat_digest expected = { .kind = &sum_kind };
    leat_store_u32be(expected.bytes, sum);
    return leat_hash_expect(r, &expected);
}

static const struct leat_member_kind member_kind = {
    .part = "cpio",
    .judge = leat_cpio_anywhere,
    .header_len = CPIO_HEADER_MAX,
};

static struct leat_reader *cpio_open(struct leat_container *c, const struct leat_entry *entry,
                                     struct leat_ctx *ctx)
{
    struct cpio *self = (struct cpio *)c;
    leat_assert(ctx == c->ctx);
    leat_assert(leat_tell(c->src) == self->data_at);
    if (self->next_at == UINT64_MAX)
        return leat_limit_borrow(&self->member.limit, c->src, UINT64_MAX, false);
    struct leat_reader *r = leat_member(&self->member, c->src, entry->size, &member_kind);
    if (self->header.summed && entry->kind == LEAT_ENTRY_FILE)
        r = summed(r, self->header.sum);
    return r;
}

static void cpio_stop(struct leat_container *c)
{
    leat_gather_fini(&((struct cpio *)c)->name, c);
}

struct leat_container *leat_cpio(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "cpio",
        .self_size = sizeof(struct cpio),
        .next = cpio_next,
        .open = cpio_open,
        .lead = cpio_lead,
        .mark = cpio_mark,
        .resume = cpio_resume,
        .resync = cpio_resync,
        .stop = cpio_stop,
    };
    struct cpio *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    self->start = self->next_at = leat_tell(src);
    return &self->container;
}

static enum leat_match probe_within(const uint8_t *data, size_t len, uint64_t size)
{
    return leat_first_probe(&first, data, len, size);
}

static const char *const endings[] = { ".cpio", NULL };

const struct leat_format leat_format_cpio = {
    .name = "cpio",
    .summary = "cpio archives: newc, odc and the old binary form; newc is written",
    .endings = endings,
    .probe = leat_cpio_first,
    .probe_max = CPIO_HEADER_MAX,
    .probe_within = probe_within,
    .probe_within_max = LEAT_FIRST_MAX,
    .unpack = leat_cpio,
    .pack = leat_cpio_pack,
};
