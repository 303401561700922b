#include "apps/serve/body.h"

#include "apps/http/parts.h"

/* --- Several ranges in one body --- */

static enum leat_status put(struct exchange *x, struct term_buffer *text)
{
    size_t done;
    enum leat_status status =
        text->cut ? LEAT_FAULT : leat_write(x->w, text->data, text->len, &done);
    term_buffer_clear(text);
    return status;
}

static enum leat_status send_parts(struct exchange *x, struct body *body,
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
        .content_type = body->media,
        .size = body->size,
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
        status = put(x, &text);
        if (status == LEAT_OK)
            status = body->ops->send(x, body, ranges->list[i]);
    }
    http_put_parts_end(&text, &parts);
    if (status == LEAT_OK)
        status = put(x, &text);
    term_buffer_fini(&text);
    return status;
}

/* --- Ranges --- */

static bool reaches(struct exchange *x, struct body *body, struct http_range range)
{
    return body->ops->reach == NULL || body->ops->reach(x, body, range);
}

static enum leat_status send_unreadable(struct exchange *x, const struct body *body)
{
    return exchange_error(x, 502, body->why, false);
}

static enum leat_status send_ranges(struct exchange *x, struct body *body,
                                    const struct http_ranges *ranges,
                                    struct http_response *response)
{
    if (!reaches(x, body, ranges->list[0]))
        return send_unreadable(x, body);
    response->status = 206;
    if (ranges->count > 1)
        return send_parts(x, body, ranges, response);
    response->range = ranges->list[0];
    response->range_size = body->size;
    response->content_length = ranges->list[0].len;
    enum leat_status status = exchange_head(x, response);
    return status == LEAT_OK ? body->ops->send(x, body, ranges->list[0]) : status;
}

static enum leat_status send_whole(struct exchange *x, struct body *body,
                                   struct http_response *response)
{
    const struct http_range all = { 0, body->size };
    if (!reaches(x, body, all))
        return send_unreadable(x, body);
    enum leat_status status = exchange_head(x, response);
    return status == LEAT_OK && x->request.method != HTTP_HEAD && all.len > 0
               ? body->ops->send(x, body, all)
               : status;
}

static bool are_in_order(const struct http_ranges *ranges)
{
    for (size_t i = 1; i < ranges->count; i++) {
        if (ranges->list[i].first < ranges->list[i - 1].first)
            return false;
    }
    return true;
}

/* Which ranges are to be heard: RFC 9110 section 14.2. */
static enum http_range_verdict judge_ranges(const struct exchange *x, const struct body *body,
                                            struct http_ranges *ret)
{
    const struct http_request *request = &x->request;
    if (request->method != HTTP_GET || body->size == BODY_SIZE_UNKNOWN ||
        !http_request_has(request, HTTP_RANGE) || !http_condition_range(request, &body->validators))
        return HTTP_RANGE_IGNORE;
    enum http_range_verdict verdict =
        http_range_judge(request->fields[HTTP_RANGE], body->size, ret);
    if (verdict == HTTP_RANGE_PARTIAL && body->ops->forward && !are_in_order(ret))
        return HTTP_RANGE_IGNORE;
    return verdict;
}

/* --- All --- */

static enum http_body form_of(const struct exchange *x, const struct body *body)
{
    if (body->size != BODY_SIZE_UNKNOWN)
        return HTTP_BODY_LENGTH;
    return x->request.version_minor == 0 ? HTTP_BODY_CLOSE : HTTP_BODY_CHUNKED;
}

bool body_is_spared(const struct exchange *x, const struct http_validators *validators)
{
    return http_condition_judge(&x->request, validators) != HTTP_PROCEED;
}

enum leat_status body_send(struct exchange *x, struct body *body)
{
    struct http_response response = {
        .status = 200,
        .body = form_of(x, body),
        .content_length = body->size,
        .content_type = body->media,
        .accept_ranges = body->size != BODY_SIZE_UNKNOWN,
        .has_modified = body->validators.has_modified,
        .modified = body->validators.modified,
        .tag = body->validators.tag,
    };
    switch (http_condition_judge(&x->request, &body->validators)) {
    case HTTP_NOT_MODIFIED:
        response.status = 304;
        response.body = HTTP_BODY_NONE;
        return exchange_head(x, &response);
    case HTTP_PRECONDITION_FAILED:
        return exchange_error(x, 412, "", false);
    case HTTP_PROCEED:
        break;
    }
    struct http_ranges ranges;
    switch (judge_ranges(x, body, &ranges)) {
    case HTTP_RANGE_PARTIAL:
        return send_ranges(x, body, &ranges, &response);
    case HTTP_RANGE_UNSATISFIABLE: {
        struct http_response none = { .status = 416, .range_size = body->size };
        return exchange_text(x, &none, (struct leat_span){ 0 });
    }
    case HTTP_RANGE_IGNORE:
        break;
    }
    return send_whole(x, body, &response);
}
