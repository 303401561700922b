#include "leat/container/gather.h"
#include "leat/container/member.h"
#include "leat/container/scan.h"
#include "leat/container/tar/header.h"
#include "leat/container/tar/pax.h"
#include "leat/container/tar/sparse.h"
#include "leat/container/tar/start.h"
#include "leat/container/tar/tar.h"

/* Far more than any name or map needs; attributes in extended headers may be large. */
#define EXTENDED_MAX (8 * LEAT_MIB)

struct tar;

/* One step towards the next entry: OK and the step after it is set, or why not. All of a step's
 * progress is in the struct, so one that must wait is simply called again. */
typedef enum leat_status tar_step(struct tar *self);

struct tar {
    struct leat_container container;
    struct leat_member member; /* an entry's bytes in the source, which the entry does not own */
    tar_step *step;            /* NULL: the entry is ready */
    uint64_t start;            /* of the archive, in the source */
    uint64_t next_at;          /* where the next header begins, in the source */
    uint64_t data_left;        /* of the entry: bytes stored for it, past its map */
    bool extended;             /* something was said of an entry whose header is still to come */
    bool holed;                /* the source has lost bytes since the last header */
    bool is_rest;              /* the entry is what another volume had no room for */
    bool led;                  /* what lies before the first whole header was given; tell of it */

    uint64_t block_at;       /* in the source: a header, or a block of a sparse map */
    struct leat_gather body; /* of a header that is about the next one */
    struct leat_gather name;
    struct leat_gather link;
    struct leat_gather long_name; /* GNU's */
    struct leat_gather long_link;
    struct tar_pax local;
    struct tar_pax global;
    struct tar_map map;
    struct tar_map_text map_text;

    struct leat_entry entry;
    uint64_t body_len;
    char body_type;
};

static tar_step step_scan, step_skip, step_header, step_body, step_sparse_block, step_data_map,
    step_padding;

/* The input ended where more was due. */
static enum leat_status tar_truncated(struct tar *self)
{
    struct leat_reader *src = self->container.src;
    return leat_container_fails(&self->container, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                src->end_offset);
}

/* See a block, in place: until block_done. OK, AGAIN, FAULT, or END where there is none: with a
 * part of one, a fault. */
static enum leat_status tar_block(struct tar *self, const uint8_t **ret)
{
    struct leat_span window;
    self->block_at = leat_tell(self->container.src);
    enum leat_status status = leat_scan_peek(&self->container, TAR_BLOCK, &window);
    *ret = window.data;
    return status == LEAT_END && window.len > 0 ? tar_truncated(self) : status;
}

/* Let go of the block: what follows it is next. */
static void block_done(struct tar *self)
{
    leat_consume(self->container.src, TAR_BLOCK);
}

/* What is wrong with the header that is seen, at its offset. */
static enum leat_status header_fails(struct tar *self, enum leat_fault_code code,
                                     const char *reason)
{
    return leat_container_fails(&self->container, code, reason, self->block_at);
}

static uint64_t in_blocks(uint64_t len)
{
    return (len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* --- What a header means --- */

/* The name in the header itself, with what POSIX puts before it. */
static enum leat_status header_name(struct tar *self, const struct tar_header *header)
{
    struct leat_container *c = &self->container;
    struct leat_span name = leat_tar_text(header->name, sizeof(header->name));
    struct leat_span prefix = leat_tar_prefix(header);
    enum leat_status status = LEAT_OK;
    if (prefix.len > 0) {
        status = leat_gather_add(&self->name, c, prefix.data, prefix.len);
        if (status == LEAT_OK)
            status = leat_gather_add(&self->name, c, "/", 1);
    }
    return status == LEAT_OK ? leat_gather_add(&self->name, c, name.data, name.len) : status;
}

/* What the entry is called and points to: pax before GNU before the header. */
static enum leat_status entry_names(struct tar *self, const struct tar_header *header)
{
    const struct tar_pax *path = leat_tar_pax_pick(&self->local, &self->global, TAR_PAX_PATH);
    const struct tar_pax *link = leat_tar_pax_pick(&self->local, &self->global, TAR_PAX_LINK);
    enum leat_status status = LEAT_OK;
    if (path != NULL) {
        self->entry.name = leat_gather_span(&path->path);
    } else if (self->long_name.len > 0) {
        self->entry.name = leat_gather_span(&self->long_name);
    } else {
        status = header_name(self, header);
        self->entry.name = leat_gather_span(&self->name);
    }
    if (!leat_entry_links(&self->entry) || status != LEAT_OK)
        return status;
    if (link != NULL) {
        self->entry.target = leat_gather_span(&link->link);
    } else if (self->long_link.len > 0) {
        self->entry.target = leat_gather_span(&self->long_link);
    } else {
        struct leat_span text = leat_tar_text(header->link, sizeof(header->link));
        status = leat_gather_add(&self->link, &self->container, text.data, text.len);
        self->entry.target = leat_gather_span(&self->link);
    }
    return status;
}

/* For these the size says nothing about bytes that follow; v7 wrote what it liked. A hard link
 * has bytes only where pax says so. */
static bool has_no_data(const struct tar *self, char type)
{
    return (type >= '2' && type <= '6') || (type == '1' && !(self->local.seen & TAR_PAX_SIZE));
}

/* How many bytes are stored for the entry. */
static enum leat_status entry_size(struct tar *self, const struct tar_header *header, uint64_t *ret)
{
    const struct tar_pax *pax = leat_tar_pax_pick(&self->local, &self->global, TAR_PAX_SIZE);
    int64_t size;
    if (has_no_data(self, header->type)) {
        *ret = 0;
    } else if (pax != NULL) {
        *ret = pax->size;
    } else if (leat_tar_number(header->size, sizeof(header->size), &size) && size >= 0) {
        *ret = (uint64_t)size;
    } else {
        return header_fails(self, LEAT_FAULT_CORRUPT, "bad size in a header");
    }
    if (*ret > (uint64_t)INT64_MAX - 2 * TAR_BLOCK - self->block_at)
        return header_fails(self, LEAT_FAULT_CORRUPT, "bad size in a header");
    return LEAT_OK;
}

static void entry_mtime(struct tar *self, const struct tar_header *header)
{
    const struct tar_pax *pax = leat_tar_pax_pick(&self->local, &self->global, TAR_PAX_MTIME);
    int64_t mtime_s;
    if (pax != NULL) {
        self->entry.mtime_s = pax->mtime_s;
        self->entry.mtime_ns = pax->mtime_ns;
    } else if (leat_tar_number(header->mtime, sizeof(header->mtime), &mtime_s)) {
        self->entry.mtime_s = mtime_s;
    }
}

/* The pairs of numbers of GNU's old sparse format in a block. */
static enum leat_status block_map(struct tar *self, const void *block, size_t at, size_t pairs)
{
    leat_assert(at + pairs * 2 * TAR_SPARSE_FIELD <= TAR_BLOCK);
    for (size_t i = 0; i < pairs * 2; i++) {
        const char *field = (const char *)block + at + i * TAR_SPARSE_FIELD;
        if (field[0] == '\0')
            break;
        int64_t number = 0;
        if (!leat_tar_number(field, TAR_SPARSE_FIELD, &number) || number < 0)
            self->map.broken = true;
        if (leat_tar_map_add(&self->map, &self->container, (uint64_t)number) != LEAT_OK)
            return LEAT_FAULT;
    }
    return LEAT_OK;
}

/* The entry is known as far as its data: is what was said of its holes sound? */
static void entry_ready(struct tar *self)
{
    bool is_sparse = self->entry.method != NULL;
    if (is_sparse) {
        self->entry.size = self->map.file_size;
        if (!leat_tar_map_holds(&self->map, self->data_left))
            leat_entry_fails(&self->container, &self->entry, LEAT_FAULT_CORRUPT,
                             "bad map of a sparse file");
    } else {
        self->entry.method = "stored";
    }
    self->step = NULL;
    self->extended = false;
}

/* A sparse file's map comes first: in the header and blocks after it, or before the data. */
static enum leat_status entry_sparse(struct tar *self, const struct tar_header *header)
{
    bool more = false;
    self->entry.method = "sparse";
    if (header->type == 'S') {
        const char *bytes = (const char *)header;
        int64_t size = -1;
        if (!leat_tar_number(bytes + TAR_SPARSE_SIZE_AT, TAR_SPARSE_FIELD, &size) || size < 0)
            self->map.broken = true;
        self->map.file_size = (uint64_t)size;
        more = bytes[TAR_SPARSE_MORE_AT] != '\0';
        if (block_map(self, header, TAR_SPARSE_AT, TAR_SPARSE_PAIRS) != LEAT_OK)
            return LEAT_FAULT;
    }
    if (more) {
        self->step = step_sparse_block;
    } else if (self->local.map_in_data) {
        self->map_text = (struct tar_map_text){ 0 };
        self->step = step_data_map;
    } else {
        entry_ready(self);
    }
    return LEAT_OK;
}

static enum leat_status header_entry(struct tar *self, const struct tar_header *header)
{
    struct leat_entry *entry = &self->entry;
    int64_t mode;
    self->name.len = self->link.len = 0;
    entry->kind = leat_tar_kind(header->type);
    self->is_rest = header->type == 'M';
    enum leat_status status = entry_names(self, header);
    if (status == LEAT_OK)
        status = entry_size(self, header, &self->data_left);
    if (status != LEAT_OK)
        return status;
    self->next_at = self->block_at + TAR_BLOCK + in_blocks(self->data_left);
    entry->packed_size = self->data_left;
    entry->size = entry->kind == LEAT_ENTRY_FILE || leat_entry_links(entry) ? self->data_left : 0;
    entry_mtime(self, header);
    if (entry->kind == LEAT_ENTRY_OTHER)
        leat_tar_special(header, entry);
    if (leat_tar_number(header->mode, sizeof(header->mode), &mode))
        entry->mode = (uint32_t)(mode & 07777);
    if (entry->kind == LEAT_ENTRY_FILE && entry->name.len > 0 &&
        entry->name.data[entry->name.len - 1] == '/')
        entry->kind = LEAT_ENTRY_FOLDER;
    if (header->type == 'S' || (self->local.seen & TAR_PAX_SPARSE))
        return entry_sparse(self, header);
    entry_ready(self);
    return LEAT_OK;
}

/* A header whose body is about the entry after it. */
static enum leat_status header_extends(struct tar *self, const struct tar_header *header)
{
    int64_t size;
    if (!leat_tar_number(header->size, sizeof(header->size), &size) || size < 0)
        return header_fails(self, LEAT_FAULT_CORRUPT, "bad size in a header");
    if ((uint64_t)size > EXTENDED_MAX)
        return header_fails(self, LEAT_FAULT_BOUND, "an extended header larger than allowed");
    self->body.len = 0;
    self->body_len = (uint64_t)size;
    self->body_type = header->type;
    self->next_at = self->block_at + TAR_BLOCK + in_blocks((uint64_t)size);
    self->step = step_body;
    return LEAT_OK;
}

/* --- Steps --- */

/* Past what is unread of the entry, or of the last block of a header's body. */
static enum leat_status step_skip(struct tar *self)
{
    struct leat_reader *src = self->container.src;
    uint64_t tell = leat_tell(src);
    uint64_t done;
    leat_assert(tell <= self->next_at);
    enum leat_status status = leat_skip(src, self->next_at - tell, &done);
    if (status == LEAT_END)
        return tar_truncated(self);
    if (status == LEAT_OK)
        self->step = step_header;
    return status;
}

/* After one block of zeros: another, or the end of the input. */
static enum leat_status step_second_zero(struct tar *self)
{
    const uint8_t *block;
    enum leat_status status = tar_block(self, &block);
    if (status != LEAT_OK)
        return status;
    if (!leat_tar_block_is_zero(block)) {
        self->block_at -= TAR_BLOCK;
        return header_fails(self, LEAT_FAULT_CORRUPT, "a lone zero block");
    }
    block_done(self);
    self->step = step_padding;
    return LEAT_OK;
}

/* What a block says where a header is due. OK and the step after it is set, or FAULT. */
static enum leat_status header_read(struct tar *self, const uint8_t *block)
{
    const struct tar_header *header = (const struct tar_header *)block;
    if (leat_tar_block_is_zero(block)) {
        self->step = step_second_zero;
        return LEAT_OK;
    }
    if (!leat_tar_checksum_holds(header))
        return header_fails(self, LEAT_FAULT_CORRUPT, "bad header checksum");
    if (!self->extended)
        self->entry.offset = self->block_at;
    switch (header->type) {
    case 'L': /* GNU: a long name, a long link */
    case 'K':
    case 'x': /* pax; X is Solaris's from before */
    case 'X':
        self->extended = true;
        return header_extends(self, header);
    case 'g':
        return header_extends(self, header);
    default:
        return header_entry(self, header);
    }
}

static enum leat_status step_header(struct tar *self)
{
    const uint8_t *block;
    enum leat_status status = tar_block(self, &block);
    if (status == LEAT_END && self->extended)
        return tar_truncated(self);
    if (status == LEAT_OK)
        status = header_read(self, block);
    if (status == LEAT_OK)
        block_done(self);
    return status;
}

static enum leat_status step_body(struct tar *self)
{
    struct leat_container *c = &self->container;
    uint64_t at = self->next_at - in_blocks(self->body_len) - TAR_BLOCK;
    enum leat_status status = leat_gather_read(&self->body, c, (size_t)self->body_len);
    if (status == LEAT_END)
        return tar_truncated(self);
    if (status != LEAT_OK)
        return status;
    struct leat_span body = leat_gather_span(&self->body);
    struct leat_span text = leat_tar_text((const char *)body.data, body.len);
    if (self->body_type == 'L' || self->body_type == 'K') {
        struct leat_gather *to = self->body_type == 'L' ? &self->long_name : &self->long_link;
        to->len = 0;
        status = leat_gather_add(to, c, text.data, text.len);
    } else if (self->body_type == 'g') {
        status = leat_tar_pax_read(&self->global, NULL, c, body, at);
    } else {
        status = leat_tar_pax_read(&self->local, &self->map, c, body, at);
    }
    self->step = step_skip;
    return status;
}

/* More pairs of GNU's old sparse format, in a block of their own. */
static enum leat_status step_sparse_block(struct tar *self)
{
    const uint8_t *block;
    enum leat_status status = tar_block(self, &block);
    if (status == LEAT_END)
        return tar_truncated(self);
    if (status != LEAT_OK)
        return status;
    self->next_at += TAR_BLOCK;
    bool more = block[TAR_SPARSE_BLOCK_MORE_AT] != 0;
    status = block_map(self, block, 0, TAR_SPARSE_BLOCK_PAIRS);
    block_done(self);
    if (!more)
        entry_ready(self);
    return status;
}

static enum leat_status step_data_map(struct tar *self)
{
    if (self->data_left < TAR_BLOCK) {
        self->map.broken = true;
        entry_ready(self);
        return LEAT_OK;
    }
    const uint8_t *block;
    enum leat_status status = tar_block(self, &block);
    if (status == LEAT_END)
        return tar_truncated(self);
    if (status != LEAT_OK)
        return status;
    self->data_left -= TAR_BLOCK;
    status = leat_tar_map_text(&self->map_text, &self->map, &self->container,
                               (struct leat_span){ .data = block, .len = TAR_BLOCK });
    block_done(self);
    if (leat_tar_map_text_ends(&self->map_text, &self->map))
        entry_ready(self);
    return status;
}

/* Past the end, through the zeros that fill up the last record. */
static enum leat_status step_padding(struct tar *self)
{
    struct leat_reader *src = self->container.src;
    struct leat_span window;
    enum leat_status status = leat_peek(src, 1, &window);
    if (status != LEAT_OK)
        return status;
    size_t zeros = 0;
    while (zeros < window.len && window.data[zeros] == 0)
        zeros++;
    leat_consume(src, zeros);
    return zeros < window.len ? LEAT_END : LEAT_OK;
}

/* The last entry was given: begin with what follows it. */
static void tar_begin(struct tar *self)
{
    leat_assert(!self->extended);
    leat_tar_pax_clear(&self->local);
    leat_tar_map_clear(&self->map);
    self->long_name.len = self->long_link.len = 0;
    self->entry = (struct leat_entry){ 0 };
    self->holed = self->holed || self->member.holed;
    self->member.holed = false;
    self->step = self->holed ? step_scan : step_skip;
}

/* --- Behind damage --- */

/* Behind a damaged header, where blocks still lie in steps of their length. */
static enum leat_status scan_blocks(struct tar *self)
{
    uint64_t passed = leat_tell(self->container.src) - self->block_at;
    uint64_t from = self->block_at + (passed > 0 ? in_blocks(passed) : TAR_BLOCK);
    return leat_tar_start_scan(&self->container, from);
}

/* Behind a hole in the source, where a header may stand at any byte. */
static enum leat_status step_scan(struct tar *self)
{
    enum leat_status status = leat_scan(&self->container, 0, leat_tar_anywhere, TAR_BLOCK);
    if (status == LEAT_OK) {
        self->holed = false;
        self->step = step_header;
    }
    return status;
}

static enum leat_status tar_resync(struct leat_container *c)
{
    struct tar *self = (struct tar *)c;
    self->extended = false;
    tar_begin(self);
    if (leat_reader_fault(c->src) != NULL)
        self->holed = true;
    enum leat_status status = self->holed ? step_scan(self) : scan_blocks(self);
    if (status == LEAT_FAULT)
        self->holed = true;
    self->step = step_header;
    return status;
}

/* --- The container --- */

static enum leat_status tar_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct tar *self = (struct tar *)c;
    enum leat_status status = leat_first_lead(&leat_tar_first, c, &self->member.limit, ret);
    self->led = status == LEAT_OK;
    return status;
}

static enum leat_status tar_next(struct leat_container *c, struct leat_entry *ret)
{
    struct tar *self = (struct tar *)c;
    if (self->led) {
        self->led = false;
        self->block_at = self->start;
        return header_fails(self, LEAT_FAULT_CORRUPT, "bad header checksum");
    }
    if (self->step == NULL)
        tar_begin(self);
    while (self->step != NULL) {
        enum leat_status status = self->step(self);
        if (status != LEAT_OK)
            return status;
    }
    *ret = self->entry;
    return LEAT_OK;
}

/* A global header bears on all that follows it: there, nobody else can go on. */
static bool tar_mark(const struct leat_container *c, struct leat_mark *ret)
{
    const struct tar *self = (const struct tar *)c;
    if (self->step != NULL || self->global.seen != 0)
        return false;
    ret->offset = self->next_at - self->start;
    return true;
}

static enum leat_status tar_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct tar *self = (struct tar *)c;
    uint64_t at = self->start + mark->offset;
    enum leat_status status = leat_seek(c->src, at);
    if (status != LEAT_OK)
        return status;
    self->extended = self->holed = self->member.holed = false;
    self->next_at = at;
    tar_begin(self);
    return LEAT_OK;
}

static const struct leat_member_kind member_kind = {
    .part = "tar",
    .judge = leat_tar_anywhere,
    .header_len = TAR_BLOCK,
};

static struct leat_reader *tar_open(struct leat_container *c, const struct leat_entry *entry,
                                    struct leat_ctx *ctx)
{
    struct tar *self = (struct tar *)c;
    leat_assert(ctx == c->ctx);
    leat_assert(leat_tell(c->src) + in_blocks(self->data_left) == self->next_at);
    bool has_bytes = entry->kind == LEAT_ENTRY_FILE || leat_entry_links(entry);
    uint64_t len = has_bytes ? self->data_left : 0;
    struct leat_reader *r = leat_member(&self->member, c->src, len, &member_kind);
    if (self->is_rest)
        self->member.lacks = "the rest of a file that begins on another volume";
    if (self->map.len > 0 || self->map.file_size > 0)
        r = leat_pull(r, &leat_tar_sparse_stage, &self->map);
    return r;
}

static void tar_stop(struct leat_container *c)
{
    struct tar *self = (struct tar *)c;
    leat_gather_fini(&self->body, c);
    leat_gather_fini(&self->name, c);
    leat_gather_fini(&self->link, c);
    leat_gather_fini(&self->long_name, c);
    leat_gather_fini(&self->long_link, c);
    leat_tar_pax_fini(&self->local, c);
    leat_tar_pax_fini(&self->global, c);
    leat_tar_map_fini(&self->map, c);
}

struct leat_container *leat_tar(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "tar",
        .self_size = sizeof(struct tar),
        .next = tar_next,
        .open = tar_open,
        .lead = tar_lead,
        .mark = tar_mark,
        .resume = tar_resume,
        .resync = tar_resync,
        .stop = tar_stop,
    };
    struct tar *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    self->start = self->next_at = leat_tell(src);
    return &self->container;
}

static const char *const endings[] = { ".tar", NULL };

const struct leat_format leat_format_tar = {
    .name = "tar",
    .summary = "tar archives: v7, ustar, pax and GNU's",
    .endings = endings,
    .probe = leat_tar_probe,
    .probe_max = TAR_BLOCK,
    .probe_early = TAR_NUMBERS_END,
    .probe_within = leat_tar_start_probe,
    .probe_within_max = LEAT_FIRST_MAX,
    .unpack = leat_tar,
    .pack = leat_tar_pack,
};
