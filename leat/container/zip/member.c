#include "leat/container/zip/fields.h"
#include "leat/container/zip/member.h"
#include "leat/core/bytes.h"
#include "leat/core/view.h"
#include "leat/stage/hash/crc32.h"

/* --- The packed bytes --- */

struct body {
    struct leat_reader reader;
    struct zip_member member;
    bool sought;
    uint8_t header[ZIP_LOCAL_LEN];
    size_t header_len;  /* so far */
    uint64_t skip_left; /* of the name and what follows it; counts once the header is there */
    bool started;
};

/* Read the header, however its bytes come. */
static enum leat_status body_header(struct body *self, struct leat_reader *below)
{
    while (self->header_len < ZIP_LOCAL_LEN) {
        struct leat_span window;
        enum leat_status status = leat_peek(below, 1, &window);
        if (status != LEAT_OK)
            return status;
        size_t some = ZIP_LOCAL_LEN - self->header_len;
        if (some > window.len)
            some = window.len;
        leat_bytes_copy(NULL, LEAT_CAUSE_SEAM, self->header + self->header_len, window.data, some);
        leat_consume(below, some);
        self->header_len += some;
        if (self->header_len == ZIP_LOCAL_LEN)
            self->skip_left = (uint64_t)zip_u16(self->header + ZIP_LOCAL_NAME_LEN) +
                              zip_u16(self->header + ZIP_LOCAL_EXTRA_LEN);
    }
    return LEAT_OK;
}

/* The directory has the last word; a header that says otherwise is a trap or damage. Lengths and
 * checksum may be missing from it, or be in zip64. */
static bool body_header_agrees(const struct body *self)
{
    const uint8_t *header = self->header;
    uint16_t flags = zip_u16(header + ZIP_LOCAL_FLAGS);
    uint32_t crc = zip_u32(header + ZIP_LOCAL_CRC);
    uint32_t packed = zip_u32(header + ZIP_LOCAL_PACKED);
    if (zip_u16(header + ZIP_LOCAL_METHOD) != self->member.method ||
        (flags & ZIP_FLAG_ENCRYPTED) != (self->member.flags & ZIP_FLAG_ENCRYPTED))
        return false;
    bool unknown = (flags & ZIP_FLAG_DESCRIPTOR) || (crc == 0 && packed == 0);
    return unknown || (crc == self->member.crc &&
                       (packed == UINT32_MAX || packed == self->member.packed_size));
}

static enum leat_status body_start(struct body *self, struct leat_reader *below)
{
    struct leat_reader *r = &self->reader;
    uint64_t at = self->member.header_at;
    if (!self->sought) {
        enum leat_status status = leat_seek(below, at);
        if (status == LEAT_UNSUPPORTED && leat_reader_fault(below) == NULL)
            return leat_reader_fails(r, LEAT_FAULT_UNSUPPORTED, "needs a source that seeks", at);
        if (status != LEAT_OK)
            return LEAT_FAULT;
        self->sought = true;
    }
    enum leat_status status = body_header(self, below);
    if (status == LEAT_OK && zip_u32(self->header) != ZIP_LOCAL)
        return leat_reader_fails(r, LEAT_FAULT_CORRUPT, "no local header where it should be", at);
    if (status == LEAT_OK && !body_header_agrees(self))
        return leat_reader_fails(r, LEAT_FAULT_CORRUPT, "local header differs from the directory",
                                 at);
    uint64_t done = 0;
    if (status == LEAT_OK)
        status = leat_skip(below, self->skip_left, &done);
    self->skip_left -= done;
    self->started = status == LEAT_OK;
    return status;
}

static enum leat_status body_fill(struct leat_reader *r, size_t min)
{
    struct body *self = (struct body *)r;
    enum leat_status status = LEAT_OK;
    if (!self->started) {
        status = body_start(self, leat_view_unlock(r));
        leat_view_lock(r);
        leat_view_show(r, 0);
    }
    if (status == LEAT_OK)
        status = leat_view_fill(r, min, self->member.packed_size - leat_tell(r));
    if (status == LEAT_END && (!self->started || r->end_offset < self->member.packed_size))
        return leat_reader_fails(r, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                 r->below->end_offset);
    return status;
}

struct leat_reader *leat_zip_body(struct leat_reader *src, const struct zip_member *member)
{
    static const struct leat_reader_ops ops = {
        .name = "zip",
        .self_size = sizeof(struct body),
        .view = true,
        .fill = body_fill,
        .share = leat_view_share,
    };
    struct body *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->member = *member;
    return &self->reader;
}

/* --- The checked bytes --- */

struct checked {
    struct leat_reader reader;
    struct zip_member member;
    uint64_t summed; /* bytes of the entry that `crc` covers */
    uint32_t crc;
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

static enum leat_status checked_fill(struct leat_reader *r, size_t min)
{
    struct checked *self = (struct checked *)r;
    uint64_t size = self->member.size;
    enum leat_status status = leat_view_fill(r, min, UINT64_MAX);
    if (r->end_offset > size) {
        leat_view_show(r, size - leat_tell(r));
        if ((size_t)(r->end - r->pos) >= min)
            return LEAT_OK;
        return leat_reader_fails(r, LEAT_FAULT_CORRUPT, "more bytes than the directory says",
                                 self->member.header_at);
    }
    if (status != LEAT_END)
        return status;
    if (r->end_offset < size)
        return leat_reader_fails(r, LEAT_FAULT_CORRUPT, "fewer bytes than the directory says",
                                 self->member.header_at);
    checked_sums(self, r->end, r->end_offset);
    if (self->crc != self->member.crc)
        return leat_reader_fails(r, LEAT_FAULT_CHECKSUM, "wrong checksum", self->member.header_at);
    return LEAT_END;
}

struct leat_reader *leat_zip_checked(struct leat_reader *src, const struct zip_member *member)
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
    self->member = *member;
    return &self->reader;
}
