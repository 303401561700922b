/* A file as an answer: out of memory, or from the file to the socket. */

#include "apps/serve/body.h"

/* Up to this, copying a body behind its head costs less than sending two pieces. */
enum { COPIED_MAX = 4 * LEAT_KIB };

/* What is read at once where the system cannot move a file to a socket by itself. */
enum { PIECE_LEN = 16 * LEAT_KIB };

/* The head promised so many bytes: a file that has fewer by now can only be cut off. */
static enum leat_status by_hand(struct exchange *x, const struct file *file,
                                struct http_range range)
{
    struct leat_engine *engine = leat_engine_of(file->ctx);
    while (range.len > 0) {
        struct leat_room room;
        enum leat_status status = leat_reserve(x->w, 1, &room);
        if (status != LEAT_OK)
            return status;
        size_t len = room.len < PIECE_LEN ? room.len : PIECE_LEN;
        len = len < range.len ? len : (size_t)range.len;
        struct leat_io io =
            leat_engine_read(engine, file->fd, room.data, len, (int64_t)range.first);
        if (io.status != LEAT_OK)
            return LEAT_FAULT;
        leat_commit(x->w, io.bytes);
        x->site->counts.body_bytes += io.bytes;
        range.first += io.bytes;
        range.len -= io.bytes;
    }
    return LEAT_OK;
}

static enum leat_status from_file(struct exchange *x, struct file *file, struct http_range range)
{
    struct leat_offer offer = {
        .kind = LEAT_OFFER_DESCRIPTOR,
        .descriptor = file->fd,
        .seekable = true,
        .offset = range.first,
        .len = range.len,
    };
    uint64_t done;
    enum leat_status status = leat_writer_pull(x->w, &offer, range.len, &done);
    range.first += done;
    range.len -= done;
    x->site->counts.body_bytes += done;
    if (status == LEAT_UNSUPPORTED)
        status = by_hand(x, file, range);
    else if (status == LEAT_OK && range.len > 0)
        status = LEAT_FAULT;
    if (status != LEAT_OK)
        files_forget(&x->site->files, file);
    return status;
}

static enum leat_status from_memory(struct exchange *x, const struct file *file,
                                    struct http_range range)
{
    size_t done;
    x->site->counts.body_bytes += range.len;
    if (range.len <= COPIED_MAX)
        return leat_write(x->w, file->body->data + range.first, (size_t)range.len, &done);
    struct leat_slice slice = { file->body->data + range.first, (size_t)range.len,
                                leat_block_take(file->body) };
    enum leat_status status = leat_give(x->w, &slice);
    leat_slice_release(&slice);
    return status;
}

struct file_body {
    struct body body;
    struct file *file;
};

static enum leat_status file_send(struct exchange *x, struct body *body, struct http_range range)
{
    struct file *file = ((struct file_body *)body)->file;
    return file->body != NULL ? from_memory(x, file, range) : from_file(x, file, range);
}

enum leat_status send_file(struct exchange *x, struct file *file)
{
    static const struct body_ops ops = { .send = file_send };
    struct file_body self = {
        .body = { .ops = &ops,
                  .media = file->media,
                  .size = file->stat.size,
                  .validators = file_validators(file, x->now_s) },
        .file = file,
    };
    return body_send(x, &self.body);
}
