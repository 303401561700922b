#include "apps/http/parts.h"

#include "apps/http/text.h"
#include "leat/core/assert.h"

enum {
    BOUNDARY_MAX = 70,
    PART_BYTES_MAX = 512, /* with the longest boundary, type and numbers, and room to spare */
};

void http_put_part(struct term_buffer *buffer, const struct http_parts *parts,
                   struct http_range range)
{
    leat_assert(parts->boundary.len > 0 && parts->boundary.len <= BOUNDARY_MAX);
    term_puts(buffer, "\r\n--");
    term_put(buffer, parts->boundary.data, parts->boundary.len);
    term_puts(buffer, "\r\nContent-Type: ");
    term_puts(buffer, parts->content_type);
    term_puts(buffer, "\r\nContent-Range: ");
    http_put_content_range(buffer, range, parts->size);
    term_puts(buffer, "\r\n\r\n");
}

void http_put_parts_end(struct term_buffer *buffer, const struct http_parts *parts)
{
    leat_assert(parts->boundary.len > 0 && parts->boundary.len <= BOUNDARY_MAX);
    term_puts(buffer, "\r\n--");
    term_put(buffer, parts->boundary.data, parts->boundary.len);
    term_puts(buffer, "--\r\n");
}

void http_put_parts_type(struct term_buffer *buffer, const struct http_parts *parts)
{
    term_puts(buffer, "multipart/byteranges; boundary=");
    term_put(buffer, parts->boundary.data, parts->boundary.len);
}

uint64_t http_parts_len(const struct http_parts *parts, const struct http_ranges *ranges)
{
    char space[PART_BYTES_MAX];
    struct term_buffer text = term_buffer_fixed(space, sizeof(space));
    http_put_parts_end(&text, parts);
    uint64_t len = text.len;
    for (size_t i = 0; i < ranges->count; i++) {
        term_buffer_clear(&text);
        http_put_part(&text, parts, ranges->list[i]);
        leat_assert(!text.cut);
        len += text.len + ranges->list[i].len;
    }
    return len;
}
