#include "apps/serve/member.h"

#include "apps/http/media.h"
#include "apps/serve/body.h"
#include "leat/container/container.h"
#include "leat/core/copy.h"

/* Bytes of unknown number go out in chunks of up to this, of which the length takes some digits. */
enum { CHUNK_MAX = 16 * LEAT_KIB, CHUNK_DIGITS = 4, CHUNK_HEAD = CHUNK_DIGITS + 2 };

/* A fault is told in so many bytes. */
enum { WHY_MAX = 512 };

struct member {
    struct body body;
    struct leat_reader *r;
    uint64_t at; /* how far it was read */
    char why[WHY_MAX];
};

/* --- Of no size that is known --- */

/* One chunk of what is in the window: RFC 9112 section 7.1. */
static enum leat_status send_chunk(struct exchange *x, struct leat_span bytes)
{
    static const char digits[] = "0123456789abcdef";
    struct leat_room room;
    enum leat_status status = leat_reserve(x->w, CHUNK_HEAD + CHUNK_MAX + 2, &room);
    if (status != LEAT_OK)
        return status;
    for (unsigned i = 0; i < CHUNK_DIGITS; i++)
        room.data[i] = (uint8_t)digits[bytes.len >> 4 * (CHUNK_DIGITS - 1 - i) & 15];
    leat_commit(x->w, CHUNK_DIGITS);
    size_t done;
    status = leat_write(x->w, "\r\n", 2, &done);
    if (status == LEAT_OK)
        status = leat_write(x->w, bytes.data, bytes.len, &done);
    x->site->counts.body_bytes += bytes.len;
    return status == LEAT_OK ? leat_write(x->w, "\r\n", 2, &done) : status;
}

/* A fault of the archive leaves the body without its end, so that the client knows. */
static enum leat_status send_chunks(struct exchange *x, struct leat_reader *r)
{
    struct leat_span span;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &span)) == LEAT_OK) {
        if (span.len >= CHUNK_MAX)
            span.len = CHUNK_MAX - 1;
        status = send_chunk(x, span);
        if (status != LEAT_OK)
            return status;
        leat_consume(r, span.len);
        leat_fiber_breathe(x->site->fibers);
    }
    size_t done;
    return status == LEAT_END ? leat_write(x->w, "0\r\n\r\n", 5, &done) : LEAT_FAULT;
}

/* To a client of HTTP/1.0, all until the connection is closed. */
static enum leat_status send_until_closed(struct exchange *x, struct leat_reader *r)
{
    uint64_t done;
    enum leat_status status = leat_copy(x->w, r, UINT64_MAX, &done);
    x->site->counts.body_bytes += done;
    return status == LEAT_END || status == LEAT_OK ? LEAT_OK : LEAT_FAULT;
}

/* --- Ranges --- */

/* What lies before is unpacked and dropped, unless the format can go there. */
static enum leat_status go_to(struct member *self, uint64_t offset)
{
    uint64_t done;
    leat_assert(self->at <= offset);
    enum leat_status status = leat_skip(self->r, offset - self->at, &done);
    self->at += done;
    return status;
}

static bool member_reach(struct exchange *x, struct body *body, struct http_range range)
{
    struct member *self = (struct member *)body;
    struct leat_span span;
    leat_assert(self->r != NULL);
    (void)x;
    enum leat_status status = go_to(self, range.first);
    if (status == LEAT_OK)
        status = leat_peek(self->r, 1, &span);
    const bool may_end = range.len == 0 || body->size == BODY_SIZE_UNKNOWN;
    if ((status == LEAT_OK && range.len > 0) || (status == LEAT_END && may_end))
        return true;
    self->body.why = status == LEAT_OK ? "There is more of it than the archive says."
                                       : "There is less of it than the archive says.";
    if (status == LEAT_FAULT) {
        leat_fault_format(leat_reader_fault(self->r), self->why, sizeof(self->why));
        self->body.why = self->why;
    }
    return false;
}

static enum leat_status copy(struct exchange *x, struct member *self, uint64_t len)
{
    uint64_t done;
    enum leat_status status = leat_copy(x->w, self->r, len, &done);
    self->at += done;
    x->site->counts.body_bytes += done;
    return (status == LEAT_OK || status == LEAT_END) && done == len ? LEAT_OK : LEAT_FAULT;
}

/* The last byte goes out when all is known to be right, checksums too: without it the client sees
 * that it has not everything. */
static enum leat_status send_last(struct exchange *x, struct member *self)
{
    struct leat_span last;
    if (leat_peek(self->r, 2, &last) != LEAT_END || last.len != 1)
        return LEAT_FAULT;
    return copy(x, self, 1);
}

static enum leat_status member_range(struct exchange *x, struct body *body, struct http_range range)
{
    struct member *self = (struct member *)body;
    if (body->size == BODY_SIZE_UNKNOWN)
        return x->request.version_minor == 0 ? send_until_closed(x, self->r)
                                             : send_chunks(x, self->r);
    const bool ends = range.first + range.len == body->size;
    enum leat_status status = go_to(self, range.first);
    if (status == LEAT_OK)
        status = copy(x, self, range.len - ends);
    if (status == LEAT_OK && ends)
        status = send_last(x, self);
    return status == LEAT_OK ? LEAT_OK : LEAT_FAULT;
}

enum leat_status member_send(struct exchange *x, struct leat_span name, uint64_t size,
                             struct leat_reader *r, const struct http_validators *validators)
{
    static const struct body_ops ops = {
        .reach = member_reach,
        .send = member_range,
        .forward = true,
    };
    _Static_assert(LEAT_SIZE_UNKNOWN == BODY_SIZE_UNKNOWN, "one is passed on as the other");
    struct member self = {
        .body = { .ops = &ops,
                  .media = http_media_type(name),
                  .size = size,
                  .validators = *validators },
        .r = r,
    };
    return body_send(x, &self.body);
}
