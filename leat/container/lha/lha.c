#include "leat/container/lha/lha.h"

#include "leat/container/lha/crc16.h"
#include "leat/container/lha/method.h"
#include "leat/container/lha/name.h"
#include "leat/container/lha/start.h"
#include "leat/container/member.h"
#include "leat/container/program.h"
#include "leat/container/scan.h"
#include "leat/core/load.h"
#include "leat/stage/hash/hash.h"

struct lha;

/* One step towards the next entry: OK and the step after it is set, or why not. All of a step's
 * progress is in the struct, so one that must wait is simply called again. */
typedef enum leat_status lha_step(struct lha *self);

struct lha {
    struct leat_container container;
    struct leat_member member; /* an entry's bytes in the source, which the entry does not own */
    struct lha_packed packed;  /* the same, for what unpacks them */
    struct leat_limit lead;    /* what lies before the archive, in the source */
    lha_step *step;            /* NULL: between two entries */
    uint64_t origin;           /* where the source stood; marks count from there */
    uint64_t start;            /* of the archive, in the source, as are all that follow */
    uint64_t header_at;
    uint64_t data_at;
    uint64_t next_at;
    bool summed;
    uint16_t crc; /* of the entry's bytes */
    struct leat_gather name, scratch;
    struct leat_entry entry;
};

static lha_step step_find, step_enter, step_scan, step_skip, step_header;

static enum leat_status lha_fails(struct lha *self, enum leat_fault_code code, const char *reason)
{
    return leat_container_fails(&self->container, code, reason, self->header_at);
}

/* The input ended where more was due. */
static enum leat_status lha_truncated(struct lha *self)
{
    struct leat_reader *src = self->container.src;
    return leat_container_fails(&self->container, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                src->end_offset);
}

/* --- What a header means --- */

enum { TYPE_MASK = 0170000, TYPE_LINK = 0120000, PERMISSIONS = 07777, WRITABLE = 0222 };

static bool is_folder(const struct lha_header *header, struct leat_span name)
{
    if (header->method[3] == 'd')
        return true;
    /* As an LHA of the Amiga has them. */
    return header->size == 0 && name.len > 0 && name.data[name.len - 1] == '/';
}

static uint32_t mode_of(const struct lha_header *header, bool folder)
{
    enum { READ_ONLY = 1 };
    if (header->has_mode)
        return header->mode & PERMISSIONS;
    uint32_t mode = folder ? 0777 : 0666;
    return (header->attributes & READ_ONLY) != 0 ? mode & ~(uint32_t)WRITABLE : mode;
}

/* A link's name goes on behind a bar with whereto. */
static void entry_links(struct lha *self)
{
    struct leat_entry *entry = &self->entry;
    struct leat_span whole = entry->name;
    const uint8_t *bar = leat_bytes_find(whole.data, whole.len, '|');
    entry->kind = LEAT_ENTRY_LINK;
    entry->size = 0;
    if (bar == NULL) {
        leat_entry_fails(&self->container, entry, LEAT_FAULT_CORRUPT, "a link without a target");
        return;
    }
    entry->name.len = (size_t)(bar - whole.data);
    entry->target = (struct leat_span){ .data = bar + 1, .len = whole.len - entry->name.len - 1 };
}

static void entry_ready(struct lha *self, const struct lha_header *header)
{
    struct leat_span name = leat_gather_span(&self->name);
    const struct lha_method *method = leat_lha_method(header);
    bool folder = is_folder(header, name);
    struct leat_entry *entry = &self->entry;
    *entry = (struct leat_entry){
        .name = name,
        .kind = folder ? LEAT_ENTRY_FOLDER : LEAT_ENTRY_FILE,
        .method = method->name,
        .size = folder ? 0 : header->size,
        .packed_size = header->packed_size,
        .offset = self->header_at,
        .mtime_s = header->mtime_s,
        .mtime_ns = header->mtime_ns,
        .mode = mode_of(header, folder),
    };
    self->packed = (struct lha_packed){ method, header->packed_size, header->size };
    self->summed = header->summed;
    self->crc = header->crc;
    if (header->has_mode && (header->mode & TYPE_MASK) == TYPE_LINK)
        entry_links(self);
    else if (!folder && !method->stored && method->decoder == NULL)
        leat_entry_fails(&self->container, entry, LEAT_FAULT_UNSUPPORTED,
                         "packed by a method that is not known");
    self->step = NULL;
}

/* --- Steps --- */

/* To where the archive begins, which may be behind a program. Elsewhere it begins at once, and may
 * be damaged there. */
static enum leat_status step_find(struct lha *self)
{
    struct leat_container *c = &self->container;
    size_t at = 0;
    enum leat_match match = LEAT_MATCH_MORE;
    for (size_t want = LHA_PROBE_MAX; match == LEAT_MATCH_MORE; want = LEAT_PROGRAM_MAX) {
        struct leat_span window;
        enum leat_status status = leat_scan_peek(c, want, &window);
        if (status == LEAT_AGAIN)
            return status;
        size_t len = window.len < LEAT_PROGRAM_MAX ? window.len : LEAT_PROGRAM_MAX;
        bool all = status != LEAT_OK;
        match = LEAT_MATCH_NO;
        if (leat_program_begins(window.data, len) == LEAT_MATCH_YES)
            match = leat_lha_start_find(window.data, len, all, &at);
    }
    self->start = leat_tell(c->src) + at;
    self->step = step_enter;
    return LEAT_OK;
}

/* Past what is unread of what lies before it. */
static enum leat_status step_enter(struct lha *self)
{
    struct leat_reader *src = self->container.src;
    uint64_t done;
    enum leat_status status = leat_skip(src, self->start - leat_tell(src), &done);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

/* Past what is unread of the entry. */
static enum leat_status step_skip(struct lha *self)
{
    struct leat_reader *src = self->container.src;
    uint64_t tell = leat_tell(src);
    uint64_t done;
    leat_assert(tell <= self->next_at);
    enum leat_status status = leat_skip(src, self->next_at - tell, &done);
    if (status == LEAT_END)
        return lha_truncated(self);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

/* Nothing follows: a 0 stands where a header would, or the input has ended. An archive has one
 * entry at least. */
static enum leat_status header_lacks(struct lha *self, bool ended)
{
    if (self->header_at > self->start)
        return LEAT_END;
    return ended ? lha_truncated(self) : lha_fails(self, LEAT_FAULT_CORRUPT, "bad header");
}

/* Have a whole header in the window. It stays in the source until it is read: it may be none, and
 * others lie in what it takes for its own. OK, AGAIN, END (there are no more), FAULT. */
static enum leat_status header_shows(struct lha *self, struct leat_span *ret)
{
    struct leat_container *c = &self->container;
    size_t want = 1;
    do {
        enum leat_status status = leat_scan_peek(c, want, ret);
        if (ret->len == 0 ? status == LEAT_END : ret->data[0] == 0)
            return header_lacks(self, ret->len == 0);
        if (status == LEAT_END)
            return lha_truncated(self);
        if (status != LEAT_OK)
            return status;
        enum leat_match match = leat_lha_probe(ret->data, ret->len);
        want = ret->len + 1;
        if (match == LEAT_MATCH_YES)
            want = leat_lha_header_len(ret->data, ret->len);
        if (match == LEAT_MATCH_NO || want > LHA_HEADER_MAX)
            return lha_fails(self, LEAT_FAULT_CORRUPT, "bad header");
    } while (ret->len < want);
    ret->len = want;
    return LEAT_OK;
}

static enum leat_status step_header(struct lha *self)
{
    struct leat_container *c = &self->container;
    struct leat_span bytes;
    struct lha_header header;
    self->header_at = leat_tell(c->src);
    enum leat_status status = header_shows(self, &bytes);
    if (status != LEAT_OK)
        return status;
    enum leat_fault_code code = leat_lha_header(bytes.data, bytes.len, &header);
    if (code == LEAT_FAULT_NONE && header.packed_size > INT64_MAX)
        code = LEAT_FAULT_CORRUPT;
    if (code == LEAT_FAULT_CHECKSUM)
        return lha_fails(self, code, "wrong checksum of a header");
    if (code != LEAT_FAULT_NONE)
        return lha_fails(self, code, "bad header");
    if (leat_lha_name(&self->name, &self->scratch, c, &header) != LEAT_OK)
        return LEAT_FAULT;
    entry_ready(self, &header);
    leat_consume(c->src, bytes.len);
    self->data_at = self->header_at + bytes.len;
    self->next_at = self->data_at + header.packed_size;
    return LEAT_OK;
}

/* --- Behind damage --- */

/* To the next header, at any byte behind the last one. */
static enum leat_status step_scan(struct lha *self)
{
    enum leat_status status =
        leat_scan(&self->container, self->header_at + 1, leat_lha_probe, LHA_PROBE_MAX);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

static enum leat_status lha_resync(struct leat_container *c)
{
    struct lha *self = (struct lha *)c;
    self->member.holed = false;
    return step_scan(self);
}

/* --- The container --- */

/* The last entry was given: begin with what follows it. */
static void lha_begin(struct lha *self)
{
    self->step = self->member.holed ? step_scan : step_skip;
    self->member.holed = false;
}

static enum leat_status lha_next(struct leat_container *c, struct leat_entry *ret)
{
    struct lha *self = (struct lha *)c;
    if (self->step == NULL)
        lha_begin(self);
    while (self->step != NULL) {
        enum leat_status status = self->step(self);
        if (status != LEAT_OK)
            return status;
    }
    *ret = self->entry;
    return LEAT_OK;
}

static enum leat_status lha_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct lha *self = (struct lha *)c;
    enum leat_status status = self->step == step_find ? step_find(self) : LEAT_OK;
    if (status != LEAT_OK)
        return status;
    uint64_t tell = leat_tell(c->src);
    if (self->step != step_enter || self->start == tell)
        return LEAT_END;
    *ret = leat_limit_borrow(&self->lead, c->src, self->start - tell, true);
    return LEAT_OK;
}

static bool lha_mark(const struct leat_container *c, struct leat_mark *ret)
{
    const struct lha *self = (const struct lha *)c;
    ret->offset = self->step == NULL ? self->next_at - self->origin : 0;
    return self->step == NULL || c->entries == 0;
}

static enum leat_status lha_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct lha *self = (struct lha *)c;
    enum leat_status status = leat_seek(c->src, self->origin + mark->offset);
    if (status == LEAT_OK)
        self->step = mark->offset == 0 ? step_find : step_header;
    return status;
}

static struct leat_reader *lha_open(struct leat_container *c, const struct leat_entry *entry,
                                    struct leat_ctx *ctx)
{
    static const struct leat_member_kind member_kind = {
        .part = "lha",
        .judge = leat_lha_probe,
        .header_len = LHA_PROBE_MAX,
    };
    struct lha *self = (struct lha *)c;
    bool is_file = entry->kind == LEAT_ENTRY_FILE;
    leat_assert(ctx == c->ctx);
    leat_assert(leat_tell(c->src) == self->data_at);
    uint64_t len = is_file ? entry->packed_size : 0;
    struct leat_reader *r = leat_member(&self->member, c->src, len, &member_kind);
    if (!is_file)
        return r;
    if (!self->packed.method->stored)
        r = leat_pull(r, self->packed.method->decoder, &self->packed);
    struct leat_digest expected = { .kind = &leat_digest_crc16 };
    leat_store_u16be(expected.bytes, self->crc);
    return self->summed ? leat_hash_expect(r, &expected) : r;
}

static void lha_stop(struct leat_container *c)
{
    struct lha *self = (struct lha *)c;
    leat_gather_fini(&self->name, c);
    leat_gather_fini(&self->scratch, c);
}

struct leat_container *leat_lha(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "lha",
        .self_size = sizeof(struct lha),
        .next = lha_next,
        .open = lha_open,
        .lead = lha_lead,
        .mark = lha_mark,
        .resume = lha_resume,
        .resync = lha_resync,
        .stop = lha_stop,
    };
    struct lha *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    self->origin = leat_tell(src);
    self->step = step_find;
    return &self->container;
}

static const char *const endings[] = { ".lzh", ".lha", ".lzs", ".pma", NULL };

const struct leat_format leat_format_lha = {
    .name = "lha",
    .summary = "LHA archives",
    .endings = endings,
    .probe = leat_lha_probe,
    .probe_max = LHA_PROBE_MAX,
    .probe_within = leat_lha_start_probe,
    .probe_within_max = LEAT_PROGRAM_MAX,
    .unpack = leat_lha,
};
