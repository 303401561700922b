#include "leat/container/squashfs/file.h"
#include "leat/core/buffer.h"

/* A ratio is judged only past this much output, as of a stage. */
#define RATIO_FROM (64 * LEAT_MIB)

enum { WORD_LEN = 4 };

struct file {
    struct leat_reader reader;
    struct leat_buffer buffer;
    struct sqfs_image image;
    struct sqfs_place place;
    struct sqfs_meta meta;     /* of the list, then of the fragments */
    struct sqfs_record record; /* of the list, so far */
    bool listed;               /* how long the next block is is known: */
    uint32_t word;
    uint64_t at; /* of the next block, in the image */
    struct sqfs_fragment fragment;
    bool in_place;          /* the window lies in that */
    enum leat_status ended; /* OK, until END or FAULT follows the window */
};

static size_t shown(const struct leat_reader *r)
{
    return (size_t)(r->end - r->pos);
}

static uint64_t bytes_left(const struct file *self)
{
    return self->place.inode.size - self->reader.end_offset;
}

/* How long the next block is, unpacked: 0 where there is none, or what is left is in a fragment. */
static size_t block_next(const struct file *self)
{
    uint32_t block_size = self->place.super.block_size;
    uint64_t left = bytes_left(self);
    if (left >= block_size)
        return block_size;
    return self->place.inode.fragment == SQFS_NO_FRAGMENT ? (size_t)left : 0;
}

/* --- What comes out --- */

/* `added` bytes joined the window. Where they are too many, just as many stay as are allowed. */
static enum leat_status file_bounds(struct file *self, size_t added)
{
    struct leat_reader *r = &self->reader;
    const struct leat_limits *limits = &r->ctx->limits;
    r->ctx->spent.bytes += added;
    if (r->end_offset > limits->bytes_max) {
        uint64_t excess = r->end_offset - limits->bytes_max;
        leat_assert(excess <= added);
        r->end -= excess;
        r->end_offset -= excess;
        return leat_sqfs_fails(&self->image, LEAT_FAULT_BOUND, "more output than the limit allows",
                               self->at);
    }
    if (r->ctx->spent.bytes > r->ctx->spent.bytes_max)
        return leat_sqfs_fails(&self->image, LEAT_FAULT_BOUND,
                               "more output in all than the limit allows", self->at);
    if (r->end_offset >= RATIO_FROM && r->end_offset / limits->ratio_max > self->image.size)
        return leat_sqfs_fails(&self->image, LEAT_FAULT_BOUND, "expands more than the limit allows",
                               self->at);
    return LEAT_OK;
}

/* Room behind the window, with what a decoder wants free behind it. */
static enum leat_status file_room(struct file *self, size_t min, size_t len, struct leat_room *ret)
{
    uint64_t two_blocks = 2 * (uint64_t)self->place.super.block_size;
    uint64_t size = self->place.inode.size;
    size_t ring_len = (size_t)(size < two_blocks ? size : two_blocks) + LEAT_UNPACK_SLACK;
    return leat_buffer_room(&self->buffer, &self->reader, min, len + LEAT_UNPACK_SLACK, ring_len,
                            ret);
}

/* --- Blocks --- */

/* Read the list on to the next block. */
static enum leat_status block_lists(struct file *self)
{
    struct sqfs_image *image = &self->image;
    if (self->listed)
        return LEAT_OK;
    enum leat_status status = leat_sqfs_meta_take(&self->meta, image, &self->record, WORD_LEN);
    if (status != LEAT_OK)
        return status;
    self->record.len = 0;
    self->word = leat_load_u32le(self->record.data);
    if (self->word != 0 && !leat_sqfs_is_block(self->word, self->place.super.block_size))
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "bad length of a block", self->meta.at);
    self->listed = true;
    return LEAT_OK;
}

static enum leat_status hole_reads(struct file *self, size_t min, size_t len)
{
    struct leat_room room;
    enum leat_status status = file_room(self, min, len, &room);
    if (status != LEAT_OK)
        return status;
    leat_bytes_zero(room.data, len);
    leat_buffer_add(&self->reader, len);
    return file_bounds(self, len);
}

static enum leat_status block_reads(struct file *self, size_t min, size_t len)
{
    struct sqfs_image *image = &self->image;
    struct leat_span packed;
    struct leat_room room;
    size_t made;
    enum leat_status status =
        leat_sqfs_bytes(image, self->at, leat_sqfs_block_len(self->word), &packed);
    if (status == LEAT_OK)
        status = file_room(self, min, len, &room);
    if (status != LEAT_OK)
        return status;
    status = leat_sqfs_unpack(image, packed, leat_sqfs_block_is_stored(self->word), self->at,
                              room.data, len, &made);
    leat_buffer_add(&self->reader, made);
    if (status == LEAT_OK && made < len)
        status = leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "less than a block holds", self->at);
    enum leat_status bounds = file_bounds(self, made);
    return status == LEAT_OK ? bounds : status;
}

static enum leat_status file_block(struct file *self, size_t min, size_t len)
{
    enum leat_status status = block_lists(self);
    if (status == LEAT_OK && self->word == 0)
        status = hole_reads(self, min, len);
    else if (status == LEAT_OK)
        status = block_reads(self, min, len);
    if (status != LEAT_OK)
        return status;
    self->at += leat_sqfs_block_len(self->word);
    self->listed = false;
    return LEAT_OK;
}

/* --- The end, in a fragment --- */

/* Show the fragment's bytes where they are, or, where others stand before them, behind those. */
static enum leat_status tail_shows(struct file *self, size_t min, const uint8_t *data, size_t len)
{
    struct leat_reader *r = &self->reader;
    struct leat_room room;
    if (shown(r) == 0) {
        r->pos = data;
        r->end = data + len;
        r->end_offset += len;
        self->in_place = true;
        return file_bounds(self, len);
    }
    enum leat_status status = file_room(self, min, len, &room);
    if (status != LEAT_OK)
        return status;
    leat_bytes_copy(&r->counts, LEAT_CAUSE_SEAM, room.data, data, len);
    leat_buffer_add(r, len);
    return file_bounds(self, len);
}

static enum leat_status file_tail(struct file *self, size_t min)
{
    struct sqfs_image *image = &self->image;
    struct sqfs_fragment *fragment = &self->fragment;
    size_t want = (size_t)bytes_left(self);
    if (fragment->number >= image->super.fragments)
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "no such fragment", self->place.list_at);
    enum leat_status status =
        leat_sqfs_fragment_load(fragment, self->place.kept, image, &self->meta);
    if (fragment->block == NULL)
        return status;
    size_t offset = self->place.inode.offset;
    size_t there = offset < fragment->len ? fragment->len - offset : 0;
    if (there < want && status == LEAT_OK)
        status = leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "lies outside of its fragment",
                                 self->place.list_at);
    size_t len = there < want ? there : want;
    if (len == 0)
        return status;
    enum leat_status shows = tail_shows(self, min, fragment->data + offset, len);
    return status == LEAT_OK ? shows : status;
}

/* --- The reader --- */

/* OK: there is more in the window. END, or FAULT: that is what follows. AGAIN. */
static enum leat_status file_more(struct file *self, size_t min)
{
    size_t len = block_next(self);
    if (bytes_left(self) == 0)
        return LEAT_END;
    return len > 0 ? file_block(self, min, len) : file_tail(self, min);
}

/* Remember what follows the window. */
static enum leat_status file_ends(struct file *self, enum leat_status status)
{
    struct leat_reader *r = &self->reader;
    if (status == LEAT_FAULT && r->fault.code == LEAT_FAULT_NONE)
        r->fault = self->image.fault;
    if (status == LEAT_FAULT || status == LEAT_END)
        self->ended = status;
    return status;
}

static enum leat_status file_fill(struct leat_reader *r, size_t min)
{
    struct file *self = (struct file *)r;
    if (r->ctx->breathe != NULL)
        r->ctx->breathe(r->ctx);
    enum leat_status status = self->ended;
    while (status == LEAT_OK && shown(r) < min)
        status = file_ends(self, file_more(self, min));
    return shown(r) >= min ? LEAT_OK : status;
}

static enum leat_status file_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    struct file *self = (struct file *)r;
    if (!self->in_place)
        return leat_buffer_share(&self->buffer, r, n, ret);
    *ret = (struct leat_slice){
        .data = r->pos,
        .len = n,
        .block = leat_block_take(self->fragment.block),
    };
    return LEAT_OK;
}

static void file_stop(struct leat_reader *r)
{
    struct file *self = (struct file *)r;
    leat_buffer_fini(&self->buffer, r);
    leat_block_release(self->fragment.block);
    leat_sqfs_meta_fini(&self->meta, r->ctx);
    leat_sqfs_image_fini(&self->image);
}

struct leat_reader *leat_sqfs_file(struct leat_reader *src, const struct sqfs_place *place)
{
    static const struct leat_reader_ops ops = {
        .name = "squashfs",
        .self_size = sizeof(struct file),
        .fill = file_fill,
        .share = file_share,
        .stop = file_stop,
    };
    struct file *self = leat_reader_over(src, &ops);
    if (self == NULL)
        return src;
    self->place = *place;
    self->at = place->inode.start;
    self->fragment.number = place->inode.fragment;
    self->image = (struct sqfs_image){
        .src = src,
        .counts = &self->reader.counts,
        .method = leat_sqfs_method(place->super.compression),
        .super = place->super,
        .base = place->image_base,
        .size = place->image_size,
        .strayed = true,
    };
    leat_sqfs_meta_go(&self->meta, place->list_at, place->list_offset,
                      place->super.directory_table);
    return &self->reader;
}
