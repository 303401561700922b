#include "leat/container/zip/descriptor.h"

#include "leat/container/zip/fields.h"
#include "leat/core/bytes.h"
#include "leat/core/view.h"

/* The length of what begins with a checksum, or 0. */
static size_t lengths_fit(struct leat_span data, uint64_t packed_size, uint64_t size)
{
    if (data.len >= 20 && zip_u64(data.data + 4) == packed_size && zip_u64(data.data + 12) == size)
        return 20;
    if (data.len >= 12 && zip_u32(data.data + 4) == (uint32_t)packed_size &&
        zip_u32(data.data + 8) == (uint32_t)size)
        return 12;
    return 0;
}

size_t leat_zip_descriptor_len(struct leat_span data, uint64_t packed_size, uint64_t size,
                               uint32_t *ret_crc)
{
    size_t mark_len = data.len >= 4 && zip_u32(data.data) == ZIP_DESCRIPTOR ? 4 : 0;
    struct leat_span rest = { .data = data.data + mark_len, .len = data.len - mark_len };
    size_t len = lengths_fit(rest, packed_size, size);
    if (len == 0)
        return 0;
    *ret_crc = zip_u32(rest.data);
    return mark_len + len;
}

/* --- Stored, and of unknown length --- */

/* What must be seen behind a byte before it is known not to begin a descriptor. */
enum { AHEAD = ZIP_DESCRIPTOR_LEN_MAX - 1 };

struct open_ended {
    struct leat_reader reader;
    struct zip_member *member;
    size_t *descriptor_len;
    uint64_t scanned; /* no descriptor begins before this offset */
    bool found;       /* one does, at `scanned` */
};

/* Look through the whole window, of which nothing may be left out: `all` says that no more comes.
 */
static void scan(struct open_ended *self, bool all)
{
    struct leat_reader *r = &self->reader;
    uint64_t start = leat_tell(r);
    leat_assert(self->scanned >= start);
    const uint8_t *at = r->pos + (self->scanned - start);
    const uint8_t *end = r->end;
    if (!all)
        end -= (size_t)(r->end - at) < AHEAD ? (size_t)(r->end - at) : AHEAD;
    for (; at < end; at++) {
        const uint8_t *mark = leat_bytes_find(at, (size_t)(end - at), 'P');
        at = mark != NULL ? mark : end;
        uint64_t offset = start + (uint64_t)(at - r->pos);
        struct leat_span left = { .data = at, .len = (size_t)(r->end - at) };
        if (left.len < 4 || zip_u32(at) != ZIP_DESCRIPTOR)
            continue;
        *self->descriptor_len = leat_zip_descriptor_len(left, offset, offset, &self->member->crc);
        if (*self->descriptor_len > 0) {
            self->member->size = offset;
            self->found = true;
            break;
        }
    }
    self->scanned = start + (uint64_t)((at < end ? at : end) - r->pos);
}

static enum leat_status open_ended_fill(struct leat_reader *r, size_t min)
{
    struct open_ended *self = (struct open_ended *)r;
    enum leat_status status = leat_view_fill(r, self->found ? min : min + AHEAD, UINT64_MAX);
    if (!self->found)
        scan(self, status == LEAT_END || status == LEAT_FAULT);
    leat_view_show(r, self->scanned - leat_tell(r));
    if ((size_t)(r->end - r->pos) >= min)
        return LEAT_OK;
    leat_assert(status != LEAT_OK || self->found);
    return self->found ? LEAT_END : status;
}

struct leat_reader *leat_zip_open_ended(struct leat_reader *src, struct zip_member *member,
                                        size_t *descriptor_len)
{
    static const struct leat_reader_ops ops = {
        .name = "zip",
        .self_size = sizeof(struct open_ended),
        .view = true,
        .fill = open_ended_fill,
        .share = leat_view_share,
    };
    struct open_ended *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    leat_assert(src->window_max > AHEAD);
    self->reader.window_max = src->window_max - AHEAD;
    self->member = member;
    self->descriptor_len = descriptor_len;
    return &self->reader;
}
