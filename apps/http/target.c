#include "apps/http/target.h"

#include "apps/http/text.h"
#include "leat/core/assert.h"

/* The names as they are written, one segment after another. */
struct writing {
    struct leat_room room;
    size_t len;
    size_t name;     /* where the name that is being written begins */
    size_t segments; /* how many it has so far */
    size_t outer_len;
    size_t steps;
    bool folder;
};

static bool put(struct writing *to, uint8_t byte)
{
    leat_assert(to->len <= to->room.len);
    if (to->len == to->room.len)
        return false;
    to->room.data[to->len++] = byte;
    return true;
}

static int hex_digit(uint8_t byte)
{
    const uint8_t lower = byte | 0x20;
    if (http_is_digit(byte))
        return byte - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Decode a segment behind what is written: RFC 3986 section 2.1. */
static unsigned put_decoded(struct writing *to, struct leat_span segment)
{
    for (size_t i = 0; i < segment.len; i++) {
        uint8_t byte = segment.data[i];
        if (byte <= 0x20 || byte == 0x7f || byte == '#')
            return 400;
        if (byte == '%') {
            const int high = segment.len - i > 2 ? hex_digit(segment.data[i + 1]) : -1;
            const int low = segment.len - i > 2 ? hex_digit(segment.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return 400;
            byte = (uint8_t)(high << 4 | low);
            i += 2;
            if (byte == '\0' || byte == '/')
                return 400;
        }
        if (!put(to, byte))
            return 414;
    }
    return 0;
}

static bool is_dots(struct leat_span segment, size_t count)
{
    return segment.len == count && segment.data[0] == '.' && segment.data[count - 1] == '.';
}

bool http_is_lost(struct leat_span segment)
{
    return segment.len == 0 || is_dots(segment, 1) || is_dots(segment, 2);
}

/* Take off the slash by which a name inside keeps such a segment. */
static bool take_slash(struct leat_span *segment)
{
    static const char slash[] = "%2f";
    const size_t len = sizeof(slash) - 1;
    if (segment->len < len ||
        !http_is_word((struct leat_span){ segment->data + segment->len - len, len }, slash))
        return false;
    segment->len -= len;
    return true;
}

/* Put one segment, unless it is one that gets lost. */
static unsigned put_segment(struct writing *to, struct leat_span segment)
{
    const size_t before = to->len;
    if (segment.len == 0)
        return 0;
    const bool keeps = to->steps > 0 && take_slash(&segment);
    if (to->segments > 0 && !put(to, '/'))
        return 414;
    const size_t start = to->len;
    const unsigned status = put_decoded(to, segment);
    if (status != 0)
        return status;
    const struct leat_span decoded = { to->room.data + start, to->len - start };
    if (keeps ? !http_is_lost(decoded) : is_dots(decoded, 2))
        return 400;
    to->folder = !keeps && is_dots(decoded, 1);
    if (to->folder)
        to->len = before;
    else
        to->segments++;
    return 0;
}

static unsigned end_name(struct writing *to)
{
    if (!put(to, '\0'))
        return 414;
    if (to->steps == 0)
        to->outer_len = to->len - 1;
    return 0;
}

/* End the name, and begin another inside it. */
static unsigned step_in(struct writing *to, size_t segment_len)
{
    if (segment_len == 0 || to->folder)
        return 404;
    leat_assert(to->segments > 0);
    const unsigned status = end_name(to);
    if (status != 0)
        return status;
    to->name = to->len;
    to->segments = 0;
    return ++to->steps > HTTP_TARGET_STEPS_MAX ? 404 : 0;
}

static unsigned put_path(struct writing *to, struct leat_span path)
{
    unsigned status = 0;
    for (size_t at = 0; at < path.len && status == 0;) {
        const uint8_t *slash = leat_bytes_find(path.data + at, path.len - at, '/');
        struct leat_span segment = { path.data + at, path.len - at };
        if (slash != NULL)
            segment.len = (size_t)(slash - segment.data);
        at += segment.len + (slash != NULL);
        const bool steps = slash != NULL && segment.len > 0 && slash[-1] == '!';
        segment.len -= steps;
        status = put_segment(to, segment);
        if (status == 0 && steps)
            status = step_in(to, segment.len);
        to->folder = to->folder || slash != NULL;
    }
    return status != 0 ? status : end_name(to);
}

/* Go past the scheme and the authority of an absolute-form: RFC 9110 section 4.2. */
static bool take_authority(struct leat_span *target, struct leat_span *ret)
{
    const size_t colon = target->len > 4 && target->data[4] == ':' ? 4 : 5;
    if (target->len < colon + 3)
        return false;
    const struct leat_span scheme = { target->data, colon };
    if (!leat_bytes_equal(target->data + colon, "://", 3) ||
        (!http_is_word(scheme, "http") && !http_is_word(scheme, "https")))
        return false;
    size_t end = colon + 3;
    while (end < target->len && http_is(target->data[end], HTTP_CHAR_HOST))
        end++;
    *ret = (struct leat_span){ target->data + colon + 3, end - colon - 3 };
    *target = (struct leat_span){ target->data + end, target->len - end };
    return ret->len > 0 && (target->len == 0 || target->data[0] == '/' || target->data[0] == '?');
}

/* Past the query, which holds no more than the path may: RFC 3986 section 3.4. */
static bool is_query(struct leat_span query)
{
    for (size_t i = 0; i < query.len; i++) {
        if (query.data[i] <= 0x20 || query.data[i] == 0x7f || query.data[i] == '#')
            return false;
    }
    return true;
}

unsigned http_target_parse(struct leat_span target, struct leat_room room, struct http_target *ret)
{
    struct http_target parsed = { 0 };
    const bool origin = target.len > 0 && target.data[0] == '/';
    if (!origin && !take_authority(&target, &parsed.authority))
        return 400;
    const uint8_t *mark = leat_bytes_find(target.data, target.len, '?');
    struct leat_span path = target;
    if (mark != NULL) {
        path.len = (size_t)(mark - target.data);
        parsed.has_query = true;
        parsed.query = (struct leat_span){ mark + 1, target.len - path.len - 1 };
    }
    if (!is_query(parsed.query))
        return 400;
    /* An absolute form may have no path, which is the same as "/". */
    struct writing to = { .room = room, .folder = path.len == 0 };
    const unsigned status = put_path(&to, path);
    if (status != 0)
        return status;
    leat_assert(to.len > 0 && to.outer_len < to.len);
    const size_t inner = to.outer_len + 1;
    parsed.outer = (struct leat_span){ room.data, to.outer_len };
    parsed.inner = (struct leat_span){ room.data + inner, to.len - inner };
    parsed.steps = to.steps;
    parsed.folder = to.folder;
    parsed.bare = to.segments == 0;
    *ret = parsed;
    return 0;
}

bool http_target_next(struct leat_span *inner, struct leat_span *ret_name)
{
    const uint8_t *end = leat_bytes_find(inner->data, inner->len, '\0');
    if (end == NULL)
        return false;
    const size_t len = (size_t)(end - inner->data);
    *ret_name = (struct leat_span){ inner->data, len };
    *inner = (struct leat_span){ end + 1, inner->len - len - 1 };
    return true;
}

void http_put_path(struct term_buffer *buffer, struct leat_span path)
{
    static const char digits[] = "0123456789ABCDEF";
    leat_assert(path.data != NULL || path.len == 0);
    for (size_t i = 0; i < path.len; i++) {
        const uint8_t byte = path.data[i];
        const char escape[3] = { '%', digits[byte >> 4], digits[byte & 15] };
        if (byte == '/' || http_is(byte, HTTP_CHAR_UNRESERVED))
            term_putc(buffer, (char)byte);
        else
            term_put(buffer, escape, sizeof(escape));
    }
}

void http_put_name(struct term_buffer *buffer, struct leat_span name)
{
    for (;;) {
        const uint8_t *slash = leat_bytes_find(name.data, name.len, '/');
        const size_t len = slash != NULL ? (size_t)(slash - name.data) : name.len;
        const struct leat_span segment = { name.data, len };
        http_put_path(buffer, segment);
        if (http_is_lost(segment))
            term_puts(buffer, "%2F");
        if (slash == NULL)
            return;
        term_putc(buffer, '/');
        name = (struct leat_span){ slash + 1, name.len - len - 1 };
    }
}
