#include "leat/container/zip/member.h"

#include "leat/container/zip/crypt.h"
#include "leat/container/zip/fields.h"
#include "leat/container/zip/method.h"
#include "leat/core/bytes.h"
#include "leat/core/view.h"
#include "leat/stage/hash/crc32.h"

/* --- The packed bytes --- */

struct body {
    struct leat_reader reader;
    struct zip_shared shared;
    uint8_t header[ZIP_LOCAL_LEN];
    size_t header_len;   /* so far */
    uint64_t name_left;  /* of the name; this and the next count once the header is there */
    uint64_t extra_left; /* of what follows it */
    uint32_t name_crc;   /* so far */
    bool started;
};

/* Take the header, and of the name behind it what it digests to, however their bytes come. */
static enum leat_status body_header(struct body *self, struct leat_reader *below)
{
    while (self->header_len < ZIP_LOCAL_LEN || self->name_left > 0) {
        struct leat_span window;
        enum leat_status status = leat_peek(below, 1, &window);
        if (status != LEAT_OK)
            return status;
        bool named = self->header_len == ZIP_LOCAL_LEN;
        size_t some = named ? (size_t)self->name_left : ZIP_LOCAL_LEN - self->header_len;
        if (some > window.len)
            some = window.len;
        if (named) {
            self->name_crc = leat_crc32(self->name_crc, window.data, some);
            self->name_left -= some;
        } else {
            leat_bytes_copy(NULL, LEAT_CAUSE_SEAM, self->header + self->header_len, window.data,
                            some);
            self->header_len += some;
        }
        leat_consume(below, some);
        if (!named && self->header_len == ZIP_LOCAL_LEN) {
            if (zip_u32(self->header) != ZIP_LOCAL)
                return LEAT_OK;
            self->name_left = zip_u16(self->header + ZIP_LOCAL_NAME_LEN);
            self->extra_left = zip_u16(self->header + ZIP_LOCAL_EXTRA_LEN);
        }
    }
    return LEAT_OK;
}

/* The directory has the last word; a header that says otherwise is a trap or damage. Lengths and
 * checksum may be missing from it, or be in zip64. */
static bool body_header_agrees(const struct body *self)
{
    const struct zip_member *member = &self->shared.member;
    const uint8_t *header = self->header;
    uint16_t flags = zip_u16(header + ZIP_LOCAL_FLAGS);
    uint32_t crc = zip_u32(header + ZIP_LOCAL_CRC);
    uint32_t packed = zip_u32(header + ZIP_LOCAL_PACKED);
    uint32_t size = zip_u32(header + ZIP_LOCAL_SIZE);
    if (zip_u16(header + ZIP_LOCAL_METHOD) != member->packed_by ||
        (flags & ZIP_FLAG_ENCRYPTED) != (member->flags & ZIP_FLAG_ENCRYPTED) ||
        zip_u16(header + ZIP_LOCAL_NAME_LEN) != member->name_len ||
        self->name_crc != member->name_crc)
        return false;
    bool unknown = (flags & ZIP_FLAG_DESCRIPTOR) || (crc == 0 && packed == 0);
    return unknown ||
           (crc == member->crc && (packed == UINT32_MAX || packed == member->packed_size) &&
            (size == UINT32_MAX || size == member->size));
}

static enum leat_status body_start(struct body *self, struct leat_reader *below)
{
    struct leat_reader *r = &self->reader;
    enum leat_status status = body_header(self, below);
    if (status == LEAT_OK && zip_u32(self->header) != ZIP_LOCAL)
        return leat_reader_fails(r, LEAT_FAULT_CORRUPT, "no local header where it should be",
                                 self->shared.member.header_at);
    uint64_t done = 0;
    if (status == LEAT_OK)
        status = leat_skip(below, self->extra_left, &done);
    self->extra_left -= done;
    self->started = status == LEAT_OK;
    self->shared.differs = self->started && !body_header_agrees(self);
    return status;
}

static enum leat_status body_fill(struct leat_reader *r, size_t min)
{
    struct body *self = (struct body *)r;
    uint64_t packed_size = self->shared.member.packed_size;
    enum leat_status status = LEAT_OK;
    if (!self->started) {
        status = body_start(self, leat_view_unlock(r));
        leat_view_lock(r);
        leat_view_show(r, 0);
    }
    if (status == LEAT_OK)
        status = leat_view_fill(r, min, packed_size - leat_tell(r));
    if (status == LEAT_END && (!self->started || r->end_offset < packed_size))
        return leat_reader_fails(r, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                 r->below->end_offset);
    return status;
}

struct leat_reader *leat_zip_body(struct leat_reader *src, const struct zip_member *member,
                                  struct zip_shared **ret)
{
    static const struct leat_reader_ops ops = {
        .name = "zip",
        .self_size = sizeof(struct body),
        .view = true,
        .fill = body_fill,
        .share = leat_view_share,
    };
    struct body *self = leat_view_over(src, &ops);
    *ret = NULL;
    if (self == NULL)
        return src;
    self->shared.member = *member;
    *ret = &self->shared;
    return &self->reader;
}

/* --- The checked bytes --- */

struct checked {
    struct leat_reader reader;
    struct zip_shared *shared;
    uint64_t summed; /* bytes of the entry that `crc` covers */
    uint32_t crc;
    bool behind; /* something follows what was unpacked, where all has been said to be */
};

/* Sum the bytes before `end`, of which the last one is at `end_offset` - 1, that are not yet. */
static void checked_sums(struct checked *self, const uint8_t *end, uint64_t end_offset)
{
    if (end_offset <= self->summed)
        return;
    uint64_t len = end_offset - self->summed;
    self->crc = leat_crc32(self->crc, end - len, len);
    self->summed = end_offset;
}

static void checked_settle(struct leat_reader *r)
{
    checked_sums((struct checked *)r, r->pos, leat_tell(r));
    leat_view_settle(r);
}

static enum leat_status checked_fails(struct checked *self, enum leat_fault_code code,
                                      const char *reason)
{
    return leat_reader_fails(&self->reader, code, reason, self->shared->member.header_at);
}

/* Look behind the packed data: what is encrypted has a code there, which the decoder had no need to
 * read; else there is nothing, where its length is known. */
static enum leat_status packed_end(struct checked *self)
{
    const struct zip_shared *shared = self->shared;
    bool encrypted = (shared->member.flags & ZIP_FLAG_ENCRYPTED) != 0;
    uint64_t done;
    if (shared->packed == NULL || (!encrypted && shared->learn != NULL))
        return LEAT_END;
    enum leat_status status = leat_skip(shared->packed, encrypted ? UINT64_MAX : 1, &done);
    self->behind = self->behind || (done > 0 && shared->learn == NULL);
    if (status == LEAT_FAULT)
        self->reader.fault = *leat_reader_fault(shared->packed);
    return status == LEAT_OK ? LEAT_END : status;
}

/* All bytes came. */
static enum leat_status checked_end(struct checked *self)
{
    struct leat_reader *r = &self->reader;
    struct zip_shared *shared = self->shared;
    const struct zip_member *member = &shared->member;
    shared->ended = true;
    enum leat_status status = packed_end(self);
    if (status != LEAT_END)
        return status;
    if (shared->learn != NULL) {
        status = shared->learn(shared, r->end_offset);
        if (status == LEAT_END)
            return checked_fails(self, LEAT_FAULT_TRUNCATED, "no data descriptor");
        if (status != LEAT_OK)
            return status;
    }
    if (r->end_offset < member->size)
        return checked_fails(self, LEAT_FAULT_CORRUPT, "fewer bytes than the directory says");
    if (r->end_offset > member->size)
        return checked_fails(self, LEAT_FAULT_CORRUPT, "more bytes than the directory says");
    checked_sums(self, r->end, r->end_offset);
    if (!member->unsummed && self->crc != member->crc)
        return checked_fails(self, LEAT_FAULT_CHECKSUM, "wrong checksum");
    if (self->behind)
        return checked_fails(self, LEAT_FAULT_CORRUPT, "bytes behind the packed data");
    if (shared->differs)
        return checked_fails(self, LEAT_FAULT_CORRUPT, "local header differs from the directory");
    return LEAT_END;
}

/* Whatever comes is shown, past the size that the directory says as well: a fault is behind it. */
static enum leat_status checked_fill(struct leat_reader *r, size_t min)
{
    enum leat_status status = leat_view_fill(r, min, UINT64_MAX);
    return status == LEAT_END ? checked_end((struct checked *)r) : status;
}

static struct leat_reader *checked(struct leat_reader *src, struct zip_shared *shared)
{
    static const struct leat_reader_ops ops = {
        .name = "zip",
        .self_size = sizeof(struct checked),
        .view = true,
        .fill = checked_fill,
        .settle = checked_settle,
        .share = leat_view_share,
    };
    struct checked *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->shared = shared;
    return &self->reader;
}

struct leat_reader *leat_zip_unpacked(struct leat_reader *packed, struct zip_shared *shared)
{
    const struct zip_member *member = &shared->member;
    const struct zip_method *method = leat_zip_method(member->method);
    struct leat_reader *r = packed;
    leat_assert(method->stored || method->decoder != NULL);
    if (member->flags & ZIP_FLAG_ENCRYPTED)
        r = leat_pull(r, member->aes_strength > 0 ? &leat_zip_stage_aes : &leat_zip_stage_crypto,
                      member);
    if (!method->stored) {
        shared->packed = r;
        const void *sized = method->sized ? &shared->known : NULL;
        r = leat_pull(r, method->decoder, method->asks ? (const void *)member : sized);
    }
    return checked(r, shared);
}
