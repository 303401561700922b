/* A file as an answer: whole, in part, or not at all where the client has it. */

#include <errno.h>

#include "apps/http/parts.h"
#include "apps/serve/site.h"

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

static enum leat_status send_range(struct exchange *x, struct file *file, struct http_range range)
{
    if (range.len == 0)
        return LEAT_OK;
    return file->body != NULL ? from_memory(x, file, range) : from_file(x, file, range);
}

/* --- Several ranges in one body --- */

static enum leat_status send_put(struct exchange *x, struct term_buffer *text)
{
    size_t done;
    enum leat_status status =
        text->cut ? LEAT_FAULT : leat_write(x->w, text->data, text->len, &done);
    term_buffer_clear(text);
    return status;
}

static enum leat_status send_parts(struct exchange *x, struct file *file,
                                   const struct http_ranges *ranges, struct http_response *response)
{
    enum { BOUNDARY_LEN = 16 };
    static const char digits[] = "0123456789abcdef";
    uint8_t boundary[BOUNDARY_LEN];
    uint64_t number = x->site->boundary++;
    for (unsigned i = 0; i < BOUNDARY_LEN; i++, number >>= 4)
        boundary[i] = (uint8_t)digits[number & 15];
    struct http_parts parts = {
        .boundary = { boundary, BOUNDARY_LEN },
        .content_type = file->media,
        .size = file->stat.size,
    };
    struct term_buffer text = { 0 };
    http_put_parts_type(&text, &parts);
    term_putc(&text, '\0');
    response->content_type = text.data;
    response->content_length = http_parts_len(&parts, ranges);
    enum leat_status status = text.cut ? LEAT_FAULT : exchange_head(x, response);
    term_buffer_clear(&text);
    for (size_t i = 0; i < ranges->count && status == LEAT_OK; i++) {
        http_put_part(&text, &parts, ranges->list[i]);
        status = send_put(x, &text);
        if (status == LEAT_OK)
            status = send_range(x, file, ranges->list[i]);
    }
    http_put_parts_end(&text, &parts);
    if (status == LEAT_OK)
        status = send_put(x, &text);
    term_buffer_fini(&text);
    return status;
}

/* --- All --- */

static enum leat_status send_ranges(struct exchange *x, struct file *file,
                                    const struct http_ranges *ranges,
                                    struct http_response *response)
{
    response->status = 206;
    if (ranges->count > 1)
        return send_parts(x, file, ranges, response);
    response->range = ranges->list[0];
    response->range_size = file->stat.size;
    response->content_length = ranges->list[0].len;
    enum leat_status status = exchange_head(x, response);
    return status == LEAT_OK ? send_range(x, file, ranges->list[0]) : status;
}

enum leat_status send_file(struct exchange *x, struct file *file)
{
    const struct http_request *request = &x->request;
    int64_t modified = file->stat.modified_ns / 1000000000;
    struct http_validators validators = {
        .tag = { (const uint8_t *)file->tag, file->tag_len },
        .has_modified = modified <= x->now_s,
        .modified = modified,
        .now = x->now_s,
    };
    struct http_response response = {
        .status = 200,
        .body = HTTP_BODY_LENGTH,
        .content_length = file->stat.size,
        .content_type = file->media,
        .accept_ranges = true,
        .has_modified = validators.has_modified,
        .modified = modified,
        .tag = validators.tag,
    };
    switch (http_condition_judge(request, &validators)) {
    case HTTP_NOT_MODIFIED:
        response.status = 304;
        response.body = HTTP_BODY_NONE;
        return exchange_head(x, &response);
    case HTTP_PRECONDITION_FAILED:
        return exchange_error(x, 412, "", false);
    case HTTP_PROCEED:
        break;
    }
    if (request->method == HTTP_HEAD)
        return exchange_head(x, &response);
    if (http_request_has(request, HTTP_RANGE) && http_condition_range(request, &validators)) {
        struct http_ranges ranges;
        enum http_range_verdict verdict =
            http_range_judge(request->fields[HTTP_RANGE], file->stat.size, &ranges);
        if (verdict == HTTP_RANGE_PARTIAL)
            return send_ranges(x, file, &ranges, &response);
        if (verdict == HTTP_RANGE_UNSATISFIABLE) {
            struct http_response none = { .status = 416, .range_size = file->stat.size };
            return exchange_text(x, &none, (struct leat_span){ 0 });
        }
    }
    enum leat_status status = exchange_head(x, &response);
    struct http_range all = { 0, file->stat.size };
    return status == LEAT_OK ? send_range(x, file, all) : status;
}
