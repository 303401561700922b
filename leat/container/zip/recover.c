#include "leat/container/zip/recover.h"

#include "leat/container/placed.h"
#include "leat/container/scan.h"
#include "leat/container/zip/descriptor.h"
#include "leat/container/zip/fields.h"
#include "leat/container/zip/method.h"
#include "leat/container/zip/record.h"
#include "leat/core/bytes.h"
#include "leat/stage/limit/limit.h"

enum place {
    AT_START,  /* the first local header is looked for */
    AT_HEADER, /* the source stands at one, or within it */
    AT_DATA,   /* an entry was given: its reader is where it is */
    AT_BEHIND, /* its bytes were passed, or should have been */
};

struct recover {
    struct leat_container container; /* first */
    struct leat_reader shell;
    struct leat_limit limit;
    enum place place;
    bool told; /* that the directory is not used */
    struct leat_gather header;
    struct leat_gather name;
    struct zip_shared shared; /* by the entry's readers */
    struct leat_reader *open; /* that the descriptor of an entry of unknown length is behind */
    size_t descriptor_len;    /* of the one that was found */
    uint64_t header_at;
    uint64_t data_at;
    bool sized; /* the header knows how much is packed */
};

static enum leat_status fails(struct recover *self, enum leat_fault_code code, const char *reason)
{
    struct leat_container *c = &self->container;
    return leat_container_fails(c, code, reason, leat_tell(c->src));
}

/* --- Marks --- */

/* A local header whose fixed fields may be: the signature, a version and a method that there are,
 * flags that are in use (4.4.4), a date that there is, and a name. */
static enum leat_match header_probe(const uint8_t *data, size_t len)
{
    static const uint8_t magic[] = { 'P', 'K', 3, 4 };
    enum { VERSION_MAX = 100, FLAGS_UNUSED = 0xd780, NAME_MAX_LEN = 8192 };
    enum leat_match match = leat_match_magic(data, len, magic, sizeof(magic));
    if (match != LEAT_MATCH_YES)
        return match;
    if (len < ZIP_LOCAL_LEN)
        return LEAT_MATCH_MORE;
    const struct zip_method *method = leat_zip_method(zip_u16(data + ZIP_LOCAL_METHOD));
    uint16_t date = zip_u16(data + ZIP_LOCAL_DATE);
    uint16_t name_len = zip_u16(data + ZIP_LOCAL_NAME_LEN);
    bool dated = date == 0 || ((date >> 5 & 15) >= 1 && (date >> 5 & 15) <= 12 && (date & 31) > 0);
    bool may_be = data[4] <= VERSION_MAX && (method->number != 0 || method->stored) && dated &&
                  (zip_u16(data + ZIP_LOCAL_FLAGS) & FLAGS_UNUSED) == 0 && name_len > 0 &&
                  name_len <= NAME_MAX_LEN;
    return may_be ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* What follows the last entry. */
static bool is_directory(struct leat_span data)
{
    if (data.len < 4)
        return false;
    uint32_t mark = zip_u32(data.data);
    return mark == ZIP_RECORD || mark == ZIP_EXTRA_DATA || mark == ZIP_END64 || mark == ZIP_END;
}

/* --- Behind an entry --- */

/* Pass its descriptor, if there is one: what it says must be what is known. */
static enum leat_status pass_descriptor(struct recover *self)
{
    struct leat_container *c = &self->container;
    const struct zip_member *member = &self->shared.member;
    if (self->descriptor_len == 0 && (member->flags & ZIP_FLAG_DESCRIPTOR)) {
        struct leat_span span;
        uint32_t crc;
        enum leat_status status = leat_scan_peek(c, ZIP_DESCRIPTOR_LEN_MAX, &span);
        if (status == LEAT_AGAIN || status == LEAT_FAULT)
            return status;
        self->descriptor_len =
            leat_zip_descriptor_len(span, member->packed_size, member->size, &crc);
    }
    uint64_t done;
    enum leat_status status = leat_skip(c->src, self->descriptor_len, &done);
    self->descriptor_len -= (size_t)done;
    return status == LEAT_END ? LEAT_OK : status;
}

/* Where the entry's bytes end, as far as that is known; a decoder that came to its own end stands
 * there. */
static uint64_t data_end(const struct recover *self)
{
    const struct zip_member *member = &self->shared.member;
    bool decoded =
        !leat_zip_method(member->method)->stored && !(member->flags & ZIP_FLAG_ENCRYPTED);
    if (self->shared.ended && decoded)
        return leat_tell(self->container.src);
    return self->data_at + (self->sized ? member->packed_size : member->size);
}

/* Go there. OK: there, or where it should be. */
static enum leat_status pass_data(struct recover *self)
{
    struct leat_container *c = &self->container;
    uint64_t at = leat_tell(c->src);
    if (!self->sized && self->descriptor_len == 0)
        return leat_scan(c, at, header_probe, ZIP_LOCAL_LEN);
    uint64_t end = data_end(self);
    uint64_t done;
    enum leat_status status = at < end ? leat_skip(c->src, end - at, &done) : LEAT_OK;
    return status == LEAT_OK ? pass_descriptor(self) : status;
}

/* What stands there is none of what may: perhaps the length was wrong, so look from the start. */
static enum leat_status lost(struct recover *self)
{
    struct leat_container *c = &self->container;
    if (!self->shared.ended && self->sized) {
        enum leat_status status = leat_seek(c->src, self->data_at);
        if (status == LEAT_AGAIN || status == LEAT_FAULT)
            return status;
    }
    return fails(self, LEAT_FAULT_CORRUPT, "no local header where the next entry should be");
}

/* What follows an entry? OK: another. */
static enum leat_status judge_next(struct recover *self)
{
    struct leat_container *c = &self->container;
    struct leat_span span;
    enum leat_status status = leat_scan_peek(c, ZIP_LOCAL_LEN, &span);
    if (status == LEAT_AGAIN || (status == LEAT_FAULT && span.len == 0))
        return status;
    if (header_probe(span.data, span.len) == LEAT_MATCH_YES) {
        self->place = AT_HEADER;
        return LEAT_OK;
    }
    bool passed = !self->sized || self->shared.ended ||
                  leat_tell(c->src) >= self->data_at + self->shared.member.packed_size;
    if (!is_directory(span) && (span.len > 0 || !passed))
        return lost(self);
    if (self->told)
        return LEAT_END;
    self->told = true;
    return fails(self, LEAT_FAULT_CORRUPT, "read by its local headers, not by its directory");
}

static enum leat_status behind(struct recover *self)
{
    if (self->place == AT_DATA) {
        enum leat_status status = pass_data(self);
        if (status != LEAT_OK && status != LEAT_END)
            return status;
        self->place = AT_BEHIND;
    }
    return judge_next(self);
}

/* --- Entries --- */

static enum leat_status find_first(struct recover *self)
{
    struct leat_container *c = &self->container;
    enum leat_status status = leat_scan(c, 0, header_probe, ZIP_LOCAL_LEN);
    if (status == LEAT_OK)
        self->place = AT_HEADER;
    return status == LEAT_END ? fails(self, LEAT_FAULT_TRUNCATED, "no local header") : status;
}

/* What was passed on the way to the first header, where a fork can go back. */
static enum leat_status recover_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct recover *self = (struct recover *)c;
    struct leat_reader *fork;
    enum leat_status status = self->place == AT_START ? find_first(self) : LEAT_OK;
    if (status != LEAT_OK)
        return status;
    uint64_t len = leat_tell(c->src);
    status = len > 0 ? leat_fork(c->src, NULL, &fork) : LEAT_END;
    if (status == LEAT_UNSUPPORTED)
        return LEAT_END;
    if (status == LEAT_OK)
        *ret = leat_limit(leat_placed(fork, 0), len, true);
    return status;
}

/* Gather a local header whole; it is consumed meanwhile. */
static enum leat_status header_gather(struct recover *self)
{
    struct leat_container *c = &self->container;
    if (self->header.len == 0)
        self->header_at = leat_tell(c->src);
    enum leat_status status = LEAT_OK;
    if (self->header.len < ZIP_LOCAL_LEN)
        status = leat_gather_read(&self->header, c, ZIP_LOCAL_LEN);
    if (status == LEAT_OK)
        status = leat_gather_read(&self->header, c, leat_zip_local_len(self->header.data));
    if (status == LEAT_END)
        return fails(self, LEAT_FAULT_TRUNCATED, "unexpected end of input");
    return status;
}

/* Where neither header nor format tell how long it is. */
static void entry_judge(struct recover *self, struct leat_entry *entry)
{
    const struct zip_member *member = &self->shared.member;
    if (!self->sized && (member->flags & ZIP_FLAG_ENCRYPTED))
        leat_entry_fails(&self->container, entry, LEAT_FAULT_UNSUPPORTED,
                         "encrypted, and its length is in the directory");
}

static enum leat_status header_entry(struct recover *self, struct leat_entry *ret)
{
    struct leat_container *c = &self->container;
    struct zip_record record;
    leat_zip_local_read(self->header.data, self->header_at, &record);
    struct zip_member *member = &record.member;
    self->sized = !(member->flags & ZIP_FLAG_DESCRIPTOR) || member->packed_size > 0;
    if (!self->sized)
        member->size = member->packed_size = LEAT_SIZE_UNKNOWN;
    enum leat_status status = leat_zip_record_entry(&record, c, &self->name, ret);
    if (status != LEAT_OK)
        return status;
    self->shared = (struct zip_shared){ .member = *member };
    self->descriptor_len = 0;
    self->data_at = leat_tell(c->src);
    self->header.len = 0;
    self->place = AT_DATA;
    entry_judge(self, ret);
    return LEAT_OK;
}

static enum leat_status recover_next(struct leat_container *c, struct leat_entry *ret)
{
    struct recover *self = (struct recover *)c;
    enum leat_status status = LEAT_OK;
    if (self->place == AT_START)
        status = find_first(self);
    else if (self->place != AT_HEADER)
        status = behind(self);
    if (status == LEAT_OK)
        status = header_gather(self);
    return status == LEAT_OK ? header_entry(self, ret) : status;
}

/* On at the next local header. */
static enum leat_status recover_resync(struct leat_container *c)
{
    struct recover *self = (struct recover *)c;
    enum leat_status status = leat_scan(c, 0, header_probe, ZIP_LOCAL_LEN);
    self->header.len = 0;
    if (status == LEAT_OK)
        self->place = AT_HEADER;
    return status;
}

/* --- Readers --- */

/* The descriptor behind what a decoder took. */
static enum leat_status learn(struct zip_shared *shared, uint64_t size)
{
    struct recover *self = (struct recover *)((char *)shared - offsetof(struct recover, shared));
    struct zip_member *member = &shared->member;
    if (self->descriptor_len > 0)
        return LEAT_OK;
    if (self->open == NULL)
        return LEAT_END;
    uint64_t packed_size = leat_tell(self->open) - self->data_at;
    struct leat_span span;
    enum leat_status status = leat_peek(self->open, ZIP_DESCRIPTOR_LEN_MAX, &span);
    if (status == LEAT_AGAIN)
        return status;
    self->descriptor_len = leat_zip_descriptor_len(span, packed_size, size, &member->crc);
    if (self->descriptor_len == 0)
        return LEAT_END;
    member->size = size;
    return LEAT_OK;
}

static struct leat_reader *recover_open(struct leat_container *c, const struct leat_entry *entry,
                                        struct leat_ctx *ctx)
{
    struct recover *self = (struct recover *)c;
    struct zip_member *member = &self->shared.member;
    struct leat_reader *r;
    (void)ctx;
    (void)entry;
    self->open = NULL;
    if (self->sized) {
        r = leat_limit_borrow(&self->limit, c->src, member->packed_size, true);
    } else {
        self->shared.learn = learn;
        r = leat_borrow(&self->shell, c->src);
        if (leat_zip_method(member->method)->stored)
            r = leat_zip_open_ended(r, member, &self->descriptor_len);
        else
            self->open = r;
    }
    return leat_zip_unpacked(r, &self->shared);
}

static void recover_stop(struct leat_container *c)
{
    struct recover *self = (struct recover *)c;
    leat_gather_fini(&self->header, c);
    leat_gather_fini(&self->name, c);
}

struct leat_container *leat_zip_recover(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "zip",
        .self_size = sizeof(struct recover),
        .next = recover_next,
        .open = recover_open,
        .lead = recover_lead,
        .resync = recover_resync,
        .stop = recover_stop,
    };
    struct recover *self = leat_container_over(src, &ops);
    return self != NULL ? &self->container : NULL;
}
