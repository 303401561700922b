#include "leat/container/placed.h"
#include "leat/container/sevenz/chain.h"
#include "leat/container/sevenz/checked.h"
#include "leat/container/sevenz/index.h"
#include "leat/container/sevenz/sevenz.h"
#include "leat/container/sevenz/start.h"
#include "leat/container/utf16.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/hash/crc32.h"
#include "leat/stage/limit/limit.h"
#include "leat/stage/spool/spool.h"

/* Headers that are packed, one in the other; programs pack one. */
enum { HEADER_LAYERS_MAX = 4 };

/* Windows' attributes of a file, and where p7zip puts the mode of POSIX. */
enum { ATTRIBUTE_FOLDER = 0x10, ATTRIBUTE_POSIX = 0x8000, MODE_SHIFT = 16 };

/* POSIX's file types. */
enum { TYPE_MASK = 0170000, TYPE_LINK = 0120000 };

/* From 1601, where Windows' time begins, to 1970. */
#define SECONDS_TO_1970 INT64_C(11644473600)

struct sevenz;

/* One step towards the entries: OK and the step after it is set, or why not. All of a step's
 * progress is in the struct, so one that must wait is simply called again. */
typedef enum leat_status sevenz_step(struct sevenz *self);

/* How far the entries were gone through, before a file that begins a folder: the header's lists,
 * and how much of each is left. */
struct sz_place {
    struct sz_index index;
    uint64_t packed_at;  /* of the next folder's streams */
    uint64_t file;       /* the next one's number */
    uint64_t empty_file; /* the same, of those without a stream */
};

struct sevenz {
    struct leat_container container;
    struct leat_reader shell;        /* what the decoder stands on */
    struct leat_reader member_shell; /* what an entry's reader stands on: the decoder */
    sevenz_step *step;               /* NULL: the header was read */
    bool strayed;                    /* the decoder moved the source, or left a fault in it */
    uint64_t size;                   /* of the input */
    bool forks;                      /* the source does */
    uint64_t start_at;               /* of the archive, behind a program perhaps */

    uint64_t header_at;
    uint64_t header_size;
    uint32_t header_crc;
    bool header_has_crc;
    unsigned header_layers;
    struct leat_gather start;
    struct leat_gather header;
    struct leat_gather unpacked; /* the next header, while it is read */

    struct sz_chain chain;
    struct leat_reader *decoder; /* of the chain; NULL: not opened */
    uint64_t files_left;         /* in the folder */
    uint64_t folder_pos;         /* of the next file, in what the folder unpacks to */
    bool folder_has_crc;         /* which is that of its only file */
    uint32_t folder_crc;

    struct sz_place place;  /* the next file's */
    struct sz_place first;  /* the same, of the first file */
    struct sz_place marked; /* of the one that resume went to last, and mostly goes back to */
    struct sz_member member;
    struct leat_gather name;
};

static sevenz_step step_size, step_find, step_start, step_blank, step_header, step_parse,
    step_unpack, step_spool;

static enum leat_status sevenz_fails(struct sevenz *self, enum leat_fault_code code,
                                     const char *reason, uint64_t offset)
{
    return leat_container_fails(&self->container, code, reason, offset);
}

static enum leat_status header_broken(struct sevenz *self)
{
    return sevenz_fails(self, LEAT_FAULT_CORRUPT, "bad header", self->header_at);
}

/* --- Folders --- */

static struct leat_span password_of(const struct leat_ctx *ctx)
{
    if (ctx->keys == NULL || ctx->keys->password.data == NULL)
        return (struct leat_span){ .data = (const uint8_t *)"", .len = 0 };
    return ctx->keys->password;
}

static void decoder_close(struct sevenz *self)
{
    leat_sz_chain_close(&self->chain, self->decoder);
    self->decoder = NULL;
}

/* A folder of one stream reads it from the source itself; several are read at once, by forks. */
static void decoder_open(struct sevenz *self)
{
    struct sz_chain *chain = &self->chain;
    struct leat_container *c = &self->container;
    struct leat_reader *srcs[SZ_CODERS_MAX];
    uint32_t streams = chain->folder.packed_len;
    self->strayed = true;
    if (streams == 1)
        srcs[0] = leat_placed_entry(c, c->ctx, &self->shell, chain->packed[0].at);
    for (uint32_t i = 0; i < streams && streams > 1; i++)
        srcs[i] = leat_placed_fork(c, c->ctx, chain->packed[i].at);
    self->decoder = leat_sz_chain_open(chain, srcs);
}

/* The places of the folder's packed streams, which follow one another. */
static bool folder_places(struct sevenz *self)
{
    struct sz_streams *streams = &self->place.index.streams;
    const struct sz_folder *folder = &self->chain.folder;
    self->chain.outside = false;
    for (uint32_t i = 0; i < folder->packed_len; i++) {
        if (streams->packed_left == 0)
            return false;
        streams->packed_left--;
        uint64_t size = sz_number(&streams->packed_sizes);
        self->chain.packed[i] = (struct sz_packed){ .at = self->place.packed_at, .size = size };
        if (self->place.packed_at > self->size || size > self->size - self->place.packed_at) {
            self->chain.outside = true;
            self->place.packed_at = UINT64_MAX;
        } else {
            self->place.packed_at += size;
        }
    }
    return true;
}

/* Go on to the next folder. False when there is none, or the header contradicts itself. */
static bool folder_next(struct sevenz *self)
{
    struct sz_streams *streams = &self->place.index.streams;
    struct sz_folder *folder = &self->chain.folder;
    decoder_close(self);
    if (streams->folders_left == 0 || !leat_sz_folder_read(&streams->folders, folder))
        return false;
    streams->folders_left--;
    for (uint32_t i = 0; i < folder->coders_len; i++)
        folder->coders[i].size = sz_number(&streams->unpack_sizes);
    if (!folder_places(self))
        return false;
    self->files_left = streams->has_counts ? sz_number(&streams->counts) : 1;
    self->folder_pos = 0;
    self->folder_has_crc = leat_sz_digest(&streams->folder_digests, &self->folder_crc);
    leat_sz_chain_judge(&self->chain, password_of(self->container.ctx));
    return true;
}

/* Begin with the first folder of the index. */
static void folders_begin(struct sevenz *self)
{
    uint64_t at = self->place.index.streams.packed_at;
    self->place.packed_at = at > self->size ? UINT64_MAX : self->start_at + SZ_START_LEN + at;
    self->place.file = self->place.empty_file = 0;
    self->files_left = 0;
}

/* --- The header --- */

static enum leat_status step_size(struct sevenz *self)
{
    enum leat_status status = leat_placed_begin(&self->container, &self->size);
    if (status == LEAT_OK) {
        /* Entries share a decoder. */
        self->forks = self->container.parallel;
        self->container.parallel = false;
        self->strayed = true;
        self->step = step_find;
    }
    return status;
}

/* Where nothing is found the archive begins at once, and is damaged. */
static enum leat_status step_find(struct sevenz *self)
{
    size_t want = SZ_START_LEN, at = 0;
    size_t most = self->size < SZ_PREFIX_MAX ? (size_t)self->size : SZ_PREFIX_MAX;
    enum leat_match match = LEAT_MATCH_MORE;
    for (; match == LEAT_MATCH_MORE; want = most) {
        enum leat_status status =
            leat_gather_at(&self->start, &self->container, 0, want, &self->strayed);
        if (status != LEAT_OK)
            return status;
        match = leat_sz_start_find(self->start.data, want, self->size, &at);
    }
    self->start_at = at;
    self->start.len = 0;
    self->step = step_start;
    return LEAT_OK;
}

static enum leat_status step_start(struct sevenz *self)
{
    enum leat_status status = leat_gather_at(&self->start, &self->container, self->start_at,
                                             SZ_START_LEN, &self->strayed);
    if (status != LEAT_OK)
        return status;
    const uint8_t *start = self->start.data;
    uint64_t offset = leat_load_u64le(start + SZ_START_OFFSET);
    uint64_t rest = self->size - self->start_at - SZ_START_LEN;
    self->header_size = leat_load_u64le(start + SZ_START_SIZE);
    self->header_crc = leat_load_u32le(start + SZ_START_HEADER_CRC);
    self->header_has_crc = true;
    if (leat_sz_start_is_blank(start)) {
        self->step = step_blank;
        return LEAT_OK;
    }
    if (leat_crc32(0, start + SZ_START_OFFSET, SZ_START_LEN - SZ_START_OFFSET) !=
        leat_load_u32le(start + SZ_START_CRC))
        return sevenz_fails(self, LEAT_FAULT_CHECKSUM, "wrong checksum of the start",
                            self->start_at);
    if (self->header_size > self->container.ctx->limits.window_max)
        return sevenz_fails(self, LEAT_FAULT_BOUND, "a header longer than the limit allows",
                            self->start_at);
    if (offset > rest || self->header_size > rest - offset)
        return sevenz_fails(self, LEAT_FAULT_TRUNCATED, "unexpected end of input", self->size);
    self->header_at = self->start_at + SZ_START_LEN + offset;
    self->step = self->header_size > 0 ? step_header : NULL;
    return LEAT_OK;
}

/* The start says nothing. */
static enum leat_status step_blank(struct sevenz *self)
{
    uint64_t rest = self->size - self->start_at - SZ_START_LEN;
    size_t len = rest < SZ_TAIL_MAX ? (size_t)rest : SZ_TAIL_MAX;
    size_t at;
    self->header_at = self->size - len;
    enum leat_status status =
        leat_gather_at(&self->header, &self->container, self->header_at, len, &self->strayed);
    if (status != LEAT_OK)
        return status;
    if (!leat_sz_header_find(self->header.data, len, &at))
        return sevenz_fails(self, LEAT_FAULT_CHECKSUM, "wrong checksum of the start",
                            self->start_at);
    self->header.len = 0;
    self->header_at += at;
    self->header_size = len - at;
    self->header_has_crc = false;
    self->step = step_header;
    return LEAT_OK;
}

static enum leat_status step_header(struct sevenz *self)
{
    enum leat_status status = leat_gather_at(&self->header, &self->container, self->header_at,
                                             (size_t)self->header_size, &self->strayed);
    if (status == LEAT_OK)
        self->step = step_parse;
    return status;
}

/* The whole header is there. */
static enum leat_status step_parse(struct sevenz *self)
{
    struct leat_span header = leat_gather_span(&self->header);
    if (self->header_has_crc && leat_crc32(0, header.data, header.len) != self->header_crc)
        return sevenz_fails(self, LEAT_FAULT_CHECKSUM, "wrong checksum of the header",
                            self->header_at);
    self->step = NULL;
    switch (leat_sz_index_read(header, &self->place.index)) {
    case SZ_PARSED:
        folders_begin(self);
        self->first = self->marked = self->place;
        /* Some folder has several streams, which are read at once. */
        if (!self->forks &&
            self->place.index.streams.packed_left > self->place.index.streams.folders_left)
            self->step = step_spool;
        return LEAT_OK;
    case SZ_PARSED_PACKED:
        break;
    case SZ_PARSED_UNKNOWN:
        return sevenz_fails(self, LEAT_FAULT_UNSUPPORTED, "a header in several places",
                            self->header_at);
    case SZ_PARSED_BROKEN:
        return header_broken(self);
    }
    folders_begin(self);
    if (++self->header_layers > HEADER_LAYERS_MAX || !folder_next(self))
        return header_broken(self);
    if (self->chain.refused != LEAT_FAULT_NONE)
        return sevenz_fails(self, self->chain.refused, self->chain.reason, self->header_at);
    self->header_size = leat_sz_chain_size(&self->chain);
    if (self->header_size > self->container.ctx->limits.window_max)
        return sevenz_fails(self, LEAT_FAULT_BOUND, "a header longer than the limit allows",
                            self->header_at);
    decoder_open(self);
    self->step = step_unpack;
    return LEAT_OK;
}

/* Have a source that forks. */
static enum leat_status step_spool(struct sevenz *self)
{
    struct leat_container *c = &self->container;
    enum leat_status status = leat_seek(c->src, 0);
    leat_assert(status != LEAT_UNSUPPORTED || leat_reader_fault(c->src) != NULL);
    if (status != LEAT_OK)
        return status == LEAT_UNSUPPORTED ? LEAT_FAULT : status;
    c->src = leat_spool(c->src, 0);
    self->strayed = true;
    self->step = NULL;
    return LEAT_OK;
}

/* The header could not be unpacked. */
static enum leat_status unpack_fails(struct sevenz *self, enum leat_status status)
{
    const struct leat_fault *fault = leat_reader_fault(self->decoder);
    leat_assert(status == LEAT_FAULT || status == LEAT_END);
    if (self->chain.encrypted && (status == LEAT_END || fault->code == LEAT_FAULT_CORRUPT ||
                                  fault->code == LEAT_FAULT_TRUNCATED))
        return sevenz_fails(self, LEAT_FAULT_CHECKSUM, "wrong password, or damage",
                            self->header_at);
    if (status == LEAT_END)
        return header_broken(self);
    return sevenz_fails(self, fault->code, fault->reason, self->header_at);
}

static enum leat_status step_unpack(struct sevenz *self)
{
    struct leat_gather *unpacked = &self->unpacked;
    while (unpacked->len < self->header_size) {
        struct leat_span window;
        enum leat_status status = leat_peek(self->decoder, 1, &window);
        if (status == LEAT_AGAIN)
            return status;
        if (status != LEAT_OK)
            return unpack_fails(self, status);
        size_t want = (size_t)self->header_size - unpacked->len;
        size_t some = window.len < want ? window.len : want;
        status = leat_gather_add(unpacked, &self->container, window.data, some);
        if (status != LEAT_OK)
            return status;
        leat_consume(self->decoder, some);
    }
    decoder_close(self);
    self->header_has_crc = self->folder_has_crc;
    self->header_crc = self->folder_crc;
    struct leat_gather header = self->header;
    self->header = *unpacked;
    *unpacked = header;
    unpacked->len = 0;
    self->step = step_parse;
    return LEAT_OK;
}

/* All steps to the first entry. What fails begins anew if it is asked again. */
static enum leat_status header_read(struct sevenz *self)
{
    enum leat_status status = LEAT_OK;
    while (self->step != NULL && status == LEAT_OK)
        status = self->step(self);
    if (status == LEAT_FAULT) {
        decoder_close(self);
        self->start.len = self->header.len = self->unpacked.len = 0;
        self->header_layers = 0;
        self->place.file = 0;
        self->step = step_size;
    }
    return status;
}

/* --- Entries --- */

static enum leat_status entry_name(struct sevenz *self)
{
    struct sz_cursor *names = &self->place.index.names;
    struct leat_span stored = { .data = names->at };
    self->name.len = 0;
    if (!self->place.index.has_names)
        return LEAT_OK;
    for (;;) {
        struct leat_span unit = sz_bytes(names, 2);
        if (unit.len == 0)
            return header_broken(self);
        if (leat_load_u16le(unit.data) == 0)
            break;
        stored.len += 2;
    }
    return leat_gather_utf16(&self->name, &self->container, stored, false);
}

/* What the archive knows beside name and bytes. Returns the attributes. */
static uint32_t entry_values(struct sevenz *self, struct leat_entry *entry)
{
    struct sz_index *index = &self->place.index;
    uint32_t attributes = 0;
    if (sz_bit(&index->attributes.defined, self->place.file))
        attributes = sz_u32(&index->attributes.values);
    if (attributes & ATTRIBUTE_POSIX)
        entry->mode = attributes >> MODE_SHIFT & 07777;
    if (sz_bit(&index->mtimes.defined, self->place.file)) {
        uint64_t time = sz_u64(&index->mtimes.values); /* in steps of 100 ns */
        entry->mtime_s = (int64_t)(time / 10000000) - SECONDS_TO_1970;
        entry->mtime_ns = (uint32_t)(time % 10000000 * 100);
    }
    return attributes;
}

/* A file without bytes, a folder, or something to be deleted. */
static void entry_empty(struct sevenz *self, struct leat_entry *entry)
{
    uint64_t i = self->place.empty_file++;
    entry->kind = sz_bit(&self->place.index.empty_file, i) ? LEAT_ENTRY_FILE : LEAT_ENTRY_FOLDER;
    if (sz_bit(&self->place.index.anti, i))
        entry->kind = LEAT_ENTRY_OTHER;
    entry->packed_size = 0;
    self->member = (struct sz_member){ 0 };
}

/* Where the next file is within its folder. False when the header contradicts itself. */
static bool member_next(struct sevenz *self)
{
    struct sz_streams *streams = &self->place.index.streams;
    while (self->files_left == 0) {
        if (!folder_next(self))
            return false;
    }
    bool first = self->folder_pos == 0;
    bool last = self->files_left == 1;
    uint64_t left = leat_sz_chain_size(&self->chain) - self->folder_pos;
    self->member = (struct sz_member){
        .at = self->folder_pos,
        .size = last ? left : sz_number(&streams->sizes),
        .encrypted = self->chain.encrypted,
    };
    bool alone = first && last && self->folder_has_crc;
    self->member.has_crc = alone || leat_sz_digest(&streams->digests, &self->member.crc);
    if (alone)
        self->member.crc = self->folder_crc;
    if (self->member.size > left)
        return false;
    self->folder_pos += self->member.size;
    self->files_left--;
    return true;
}

static enum leat_status entry_stream(struct sevenz *self, struct leat_entry *entry)
{
    bool alone = self->files_left == 0;
    if (!member_next(self))
        return header_broken(self);
    entry->method = self->chain.method;
    entry->size = self->member.size;
    entry->offset = self->chain.packed[0].at;
    if (alone && self->files_left == 0 && self->chain.folder.packed_len == 1)
        entry->packed_size = self->chain.packed[0].size;
    if (self->chain.refused != LEAT_FAULT_NONE)
        leat_entry_fails(&self->container, entry, self->chain.refused, self->chain.reason);
    return LEAT_OK;
}

/* The lists may be anywhere now: whoever resumes goes back. */
static enum leat_status place_lost(struct sevenz *self, enum leat_status status)
{
    if (status == LEAT_FAULT)
        self->place.file = UINT64_MAX;
    return status;
}

static enum leat_status sevenz_next(struct leat_container *c, struct leat_entry *ret)
{
    struct sevenz *self = (struct sevenz *)c;
    enum leat_status status = header_read(self);
    if (status != LEAT_OK)
        return status;
    if (self->place.file == self->place.index.files)
        return LEAT_END;
    if (entry_name(self) != LEAT_OK)
        return place_lost(self, LEAT_FAULT);
    *ret = (struct leat_entry){
        .name = leat_gather_span(&self->name),
        .method = "stored",
        .packed_size = LEAT_SIZE_UNKNOWN,
    };
    uint32_t attributes = entry_values(self, ret);
    if (sz_bit(&self->place.index.empty_stream, self->place.file))
        entry_empty(self, ret);
    else
        status = entry_stream(self, ret);
    if ((attributes & ATTRIBUTE_POSIX) && (attributes >> MODE_SHIFT & TYPE_MASK) == TYPE_LINK)
        ret->kind = LEAT_ENTRY_LINK;
    self->place.file++;
    return place_lost(self, status);
}

static enum leat_status sevenz_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct sevenz *self = (struct sevenz *)c;
    while (self->step == step_size || self->step == step_find) {
        enum leat_status status = self->step(self);
        if (status != LEAT_OK)
            return status;
    }
    if (self->start_at == 0)
        return LEAT_END;
    self->strayed = true;
    *ret = leat_limit(leat_placed_entry(c, c->ctx, &self->shell, 0), self->start_at, true);
    return LEAT_OK;
}

static struct leat_reader *sevenz_open(struct leat_container *c, const struct leat_entry *entry,
                                       struct leat_ctx *ctx)
{
    struct sevenz *self = (struct sevenz *)c;
    (void)ctx;
    leat_assert(entry->size == self->member.size);
    /* What has no bytes may have no folder. */
    if (entry->size == 0)
        return leat_memory(c->ctx, "", 0);
    if (self->decoder == NULL)
        decoder_open(self);
    return leat_sz_checked(leat_borrow(&self->member_shell, self->decoder), &self->member);
}

/* Only where a folder begins: who went on in the midst of one would unpack all before it again. */
static bool sevenz_mark(const struct leat_container *c, struct leat_mark *ret)
{
    const struct sevenz *self = (const struct sevenz *)c;
    (void)ret;
    return self->files_left == 0 && self->place.file == c->entries;
}

/* Through the header's lists, of which nothing but what is left of them is known at a place. */
static enum leat_status sevenz_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct sevenz *self = (struct sevenz *)c;
    struct leat_entry entry;
    if (mark->index == 0 && self->step != NULL)
        return LEAT_OK; /* what keeps from reading the header is for the next entry to tell */
    enum leat_status status = header_read(self);
    if (status != LEAT_OK)
        return status;
    decoder_close(self);
    if (mark->index < self->place.file) {
        self->place = self->marked.file <= mark->index ? self->marked : self->first;
        self->files_left = 0;
    }
    while (self->place.file < mark->index && status == LEAT_OK)
        status = sevenz_next(c, &entry);
    if (status == LEAT_OK && self->files_left == 0)
        self->marked = self->place;
    return status == LEAT_END ? header_broken(self) : status;
}

static void sevenz_stop(struct leat_container *c)
{
    struct sevenz *self = (struct sevenz *)c;
    decoder_close(self);
    leat_gather_fini(&self->start, c);
    leat_gather_fini(&self->header, c);
    leat_gather_fini(&self->unpacked, c);
    leat_gather_fini(&self->name, c);
}

struct leat_container *leat_7z(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "7z",
        .self_size = sizeof(struct sevenz),
        .next = sevenz_next,
        .open = sevenz_open,
        .lead = sevenz_lead,
        .mark = sevenz_mark,
        .resume = sevenz_resume,
        .stop = sevenz_stop,
    };
    struct sevenz *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    self->step = step_size;
    return &self->container;
}
