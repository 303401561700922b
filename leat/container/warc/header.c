#include "leat/container/warc/header.h"
#include "leat/container/warc/value.h"
#include "leat/core/assert.h"

/* --- Where one begins --- */

static const char magic[] = "WARC/";

enum {
    MAGIC_LEN = sizeof(magic) - 1,
    NUMBER_LEN_MAX = 2,                                   /* of a version: 0.17 */
    VERSION_LEN_MAX = MAGIC_LEN + 2 + NUMBER_LEN_MAX + 2, /* with its line end */
    NAME_LEN_MAX = WARC_PROBE_MAX - VERSION_LEN_MAX - 1,
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Of a token: RFC 2616, section 2.2. */
static bool is_token(uint8_t byte)
{
    static const char separators[] = "()<>@,;:\\\"/[]?={}";
    return byte > ' ' && byte < 0x7f &&
           leat_bytes_find((const uint8_t *)separators, sizeof(separators) - 1, byte) == NULL;
}

/* Pass what is one or more, up to `max`, of the bytes that `is` says; a different one follows. */
static enum leat_match passes(const uint8_t *data, size_t len, size_t *at, size_t max,
                              bool (*is)(uint8_t byte))
{
    size_t from = *at;
    while (*at < len && *at - from < max && is(data[*at]))
        ++*at;
    if (*at == len)
        return LEAT_MATCH_MORE;
    return *at > from && !is(data[*at]) ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* Pass this byte. */
static enum leat_match passes_byte(const uint8_t *data, size_t len, size_t *at, uint8_t byte)
{
    if (*at == len)
        return LEAT_MATCH_MORE;
    return data[(*at)++] == byte ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

enum leat_match leat_warc_probe(const uint8_t *data, size_t len)
{
    size_t at = MAGIC_LEN + 1;
    enum leat_match match = leat_match_magic(data, len, magic, MAGIC_LEN);
    if (match != LEAT_MATCH_YES)
        return match;
    if (len == MAGIC_LEN)
        return LEAT_MATCH_MORE;
    if (data[MAGIC_LEN] != '0' && data[MAGIC_LEN] != '1')
        return LEAT_MATCH_NO;
    match = passes_byte(data, len, &at, '.');
    if (match == LEAT_MATCH_YES)
        match = passes(data, len, &at, NUMBER_LEN_MAX, is_digit);
    if (match == LEAT_MATCH_YES && data[at] == '\r')
        at++;
    if (match == LEAT_MATCH_YES)
        match = passes_byte(data, len, &at, '\n');
    if (match == LEAT_MATCH_YES)
        match = passes(data, len, &at, NAME_LEN_MAX, is_token);
    return match == LEAT_MATCH_YES ? passes_byte(data, len, &at, ':') : match;
}

bool leat_warc_header_ends(struct leat_span window, size_t *io_passed)
{
    const uint8_t *data = window.data;
    const uint8_t *end;
    size_t at = *io_passed;
    while ((end = leat_bytes_find(data + at, window.len - at, '\n')) != NULL) {
        size_t line_end = (size_t)(end - data);
        bool blank = line_end > 0 && data[line_end - 1] == '\n';
        blank = blank || (line_end > 1 && data[line_end - 1] == '\r' && data[line_end - 2] == '\n');
        at = line_end + 1;
        if (blank)
            break;
    }
    *io_passed = end != NULL ? at : window.len;
    return end != NULL;
}

/* --- What its fields say --- */

static void read_length(struct warc_header *header, struct leat_span value)
{
    header->has_length = leat_warc_number(value, &header->length);
}

static void read_media_type(struct warc_header *header, struct leat_span value)
{
    header->is_http = leat_warc_begins(value, "application/http");
}

static void read_block_digest(struct warc_header *header, struct leat_span value)
{
    (void)leat_warc_digest(value, &header->block);
}

static void read_date(struct warc_header *header, struct leat_span value)
{
    (void)leat_warc_date(value, &header->mtime_s, &header->mtime_ns);
}

static void read_payload_digest(struct warc_header *header, struct leat_span value)
{
    (void)leat_warc_digest(value, &header->payload);
}

static void read_part(struct warc_header *header, struct leat_span value)
{
    (void)value;
    header->is_part = true;
}

static void read_uri(struct warc_header *header, struct leat_span value)
{
    if (value.len > 1 && value.data[0] == '<' && value.data[value.len - 1] == '>') {
        value.data++;
        value.len -= 2;
    }
    header->uri = value;
}

static void read_type(struct warc_header *header, struct leat_span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!is_token(value.data[i]))
            return;
    }
    header->type = value;
}

static const struct {
    const char *name;
    void (*read)(struct warc_header *header, struct leat_span value);
} fields[] = {
    { "content-length", read_length },
    { "content-type", read_media_type },
    { "warc-block-digest", read_block_digest },
    { "warc-date", read_date },
    { "warc-payload-digest", read_payload_digest },
    { "warc-segment-number", read_part },
    { "warc-target-uri", read_uri },
    { "warc-truncated", read_part },
    { "warc-type", read_type },
};

enum { FIELDS_LEN = sizeof(fields) / sizeof(fields[0]) };

/* A line behind the version: one that begins with a blank goes on with the one before. */
static void read_line(struct warc_header *header, struct leat_span line, unsigned *seen)
{
    const uint8_t *colon = leat_bytes_find(line.data, line.len, ':');
    if (colon == NULL || line.data[0] == ' ' || line.data[0] == '\t')
        return;
    size_t name_len = (size_t)(colon - line.data);
    struct leat_span name = { .data = line.data, .len = name_len };
    struct leat_span value = { .data = colon + 1, .len = line.len - name_len - 1 };
    name = leat_warc_trimmed(name);
    for (unsigned i = 0; i < FIELDS_LEN; i++) {
        if ((*seen >> i & 1) == 0 && leat_warc_is(name, fields[i].name)) {
            *seen |= 1u << i;
            fields[i].read(header, leat_warc_trimmed(value));
        }
    }
}

void leat_warc_header(struct leat_span bytes, struct warc_header *ret)
{
    const uint8_t *end;
    unsigned seen = 0;
    *ret = (struct warc_header){ 0 };
    leat_assert(leat_warc_probe(bytes.data, bytes.len) == LEAT_MATCH_YES);
    while ((end = leat_bytes_find(bytes.data, bytes.len, '\n')) != NULL) {
        size_t line_len = (size_t)(end - bytes.data) + 1;
        read_line(ret, (struct leat_span){ .data = bytes.data, .len = line_len }, &seen);
        bytes.data += line_len;
        bytes.len -= line_len;
    }
}

const struct leat_digest *leat_warc_expected(const struct warc_header *header, bool *ret_of_body)
{
    *ret_of_body = false;
    if (header->block.kind != NULL)
        return &header->block;
    bool response = leat_warc_is(header->type, "response");
    bool resource =
        leat_warc_is(header->type, "resource") || leat_warc_is(header->type, "conversion");
    if (header->payload.kind == NULL || header->is_part || (response && !header->is_http) ||
        (!response && !resource))
        return NULL;
    *ret_of_body = response;
    return &header->payload;
}
