#include "apps/http/condition.h"

#include "apps/http/date.h"
#include "apps/http/text.h"
#include "leat/core/assert.h"

static size_t put_hex(char *to, uint64_t number)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 1;
    while (len < 16 && number >> (4 * len) != 0)
        len++;
    for (size_t i = len; i-- > 0; number >>= 4)
        to[i] = digits[number & 15];
    return len;
}

size_t http_tag_format(uint64_t size, int64_t mtime_ns, uint64_t inode, bool weak,
                       char ret[HTTP_TAG_MAX])
{
    size_t len = 0;
    if (weak) {
        ret[len++] = 'W';
        ret[len++] = '/';
    }
    ret[len++] = '"';
    len += put_hex(ret + len, size);
    ret[len++] = '-';
    len += put_hex(ret + len, (uint64_t)mtime_ns);
    ret[len++] = '-';
    len += put_hex(ret + len, inode);
    leat_assert(len < HTTP_TAG_MAX);
    ret[len] = '"';
    return len + 1;
}

size_t http_tag_within(struct leat_span tag, uint64_t which, char ret[HTTP_TAG_MAX])
{
    leat_assert(tag.len > 2 && tag.len + 1 + 16 <= HTTP_TAG_MAX && tag.data[tag.len - 1] == '"');
    size_t len = tag.len - 1;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, ret, tag.data, len);
    ret[len++] = '-';
    len += put_hex(ret + len, which);
    ret[len++] = '"';
    return len;
}

/* An entity tag taken apart: RFC 9110 section 8.8.3. */
struct tag {
    bool weak;
    struct leat_span opaque; /* with its quotes; empty: there is none */
};

/* Take a tag off the start of a text. Without one the text stays as it is. */
static struct tag take_tag(struct leat_span *text)
{
    struct tag tag = { 0 };
    const size_t start = text->len > 2 && text->data[0] == 'W' && text->data[1] == '/' ? 2 : 0;
    if (text->len < start + 2 || text->data[start] != '"')
        return tag;
    size_t end = start + 1;
    while (end < text->len && text->data[end] != '"' && text->data[end] > 0x20 &&
           text->data[end] != 0x7f)
        end++;
    if (end == text->len || text->data[end] != '"')
        return tag;
    tag.weak = start > 0;
    tag.opaque = (struct leat_span){ text->data + start, end + 1 - start };
    *text = (struct leat_span){ text->data + end + 1, text->len - end - 1 };
    return tag;
}

/* RFC 9110 section 8.8.3.2: a weak comparison takes no notice of who is weak. */
static bool is_same(const struct tag *a, const struct tag *b, bool strong)
{
    return a->opaque.len > 0 && a->opaque.len == b->opaque.len &&
           leat_bytes_equal(a->opaque.data, b->opaque.data, a->opaque.len) &&
           !(strong && (a->weak || b->weak));
}

/* Past white space and commas. */
static void skip_commas(struct leat_span *list)
{
    while (list->len > 0 && (http_is_space(list->data[0]) || list->data[0] == ','))
        list->data++, list->len--;
}

/* Whether the value of If-Match or If-None-Match names this tag. "*" names whatever there is. */
static bool names_tag(struct leat_span value, struct leat_span tag_text, bool strong)
{
    const struct tag ours = take_tag(&tag_text);
    leat_assert(tag_text.len == 0);
    if (value.len == 1 && value.data[0] == '*')
        return true;
    for (skip_commas(&value); value.len > 0; skip_commas(&value)) {
        const struct tag theirs = take_tag(&value);
        if (theirs.opaque.len == 0)
            return false;
        const struct leat_span rest = http_trim(value);
        if (rest.len > 0 && rest.data[0] != ',')
            return false;
        if (is_same(&theirs, &ours, strong))
            return true;
    }
    return false;
}

/* Read the date of a field. False: it is not there, or not one. */
static bool read_date(const struct http_request *request, enum http_field field, int64_t now,
                      int64_t *ret)
{
    return http_request_has(request, field) && http_date_parse(request->fields[field], now, ret);
}

enum http_condition http_condition_judge(const struct http_request *request,
                                         const struct http_validators *validators)
{
    const struct leat_span *fields = request->fields;
    const struct leat_span tag = validators->tag;
    const int64_t now = validators->now;
    const bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    int64_t date;

    if (http_request_has(request, HTTP_IF_MATCH)) {
        if (!names_tag(fields[HTTP_IF_MATCH], tag, true))
            return HTTP_PRECONDITION_FAILED;
    } else if (validators->has_modified &&
               read_date(request, HTTP_IF_UNMODIFIED_SINCE, now, &date) &&
               validators->modified > date) {
        return HTTP_PRECONDITION_FAILED;
    }
    if (http_request_has(request, HTTP_IF_NONE_MATCH)) {
        if (names_tag(fields[HTTP_IF_NONE_MATCH], tag, false))
            return reads ? HTTP_NOT_MODIFIED : HTTP_PRECONDITION_FAILED;
    } else if (reads && validators->has_modified &&
               read_date(request, HTTP_IF_MODIFIED_SINCE, now, &date) &&
               validators->modified <= date) {
        return HTTP_NOT_MODIFIED;
    }
    return HTTP_PROCEED;
}

bool http_condition_is_known(const struct http_request *request,
                             const struct http_validators *validators)
{
    const struct leat_span value = request->fields[HTTP_IF_NONE_MATCH];
    const bool any = value.len == 1 && value.data[0] == '*';
    return http_request_has(request, HTTP_IF_NONE_MATCH) && !any &&
           names_tag(value, validators->tag, false);
}

bool http_condition_range(const struct http_request *request,
                          const struct http_validators *validators)
{
    if (!http_request_has(request, HTTP_IF_RANGE))
        return true;
    struct leat_span value = request->fields[HTTP_IF_RANGE], tag_text = validators->tag;
    const struct tag theirs = take_tag(&value), ours = take_tag(&tag_text);
    if (theirs.opaque.len > 0)
        return value.len == 0 && is_same(&theirs, &ours, true);
    /* RFC 9110 section 8.8.2.2: of what changed within the last second, the date says too little,
     * since it may change again within it. */
    int64_t date;
    return validators->has_modified && validators->modified < validators->now &&
           read_date(request, HTTP_IF_RANGE, validators->now, &date) &&
           date == validators->modified;
}
