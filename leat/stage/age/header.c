#include "leat/stage/age/header.h"

#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/stage/age/base64.h"

enum { BODY_COLUMNS = 64 };

static const char version[] = "age-encryption.org/v1";
static const char versions[] = "age-encryption.org/";
static const char stanza_start[] = "-> ";
static const char mac_start[] = "--- ";

static enum leat_status fails(struct leat_age_header *header, enum leat_fault_code code,
                              const char *reason, size_t at)
{
    header->code = code;
    header->reason = reason;
    header->fault_at = at;
    return LEAT_FAULT;
}

static enum leat_status breaks(struct leat_age_header *header, const char *reason)
{
    return fails(header, LEAT_FAULT_CORRUPT, reason, header->len);
}

static bool begins(struct leat_span text, const char *with)
{
    size_t len = __builtin_strlen(with);
    return text.len >= len && leat_bytes_equal(text.data, with, len);
}

/* --- Lines --- */

static enum leat_status read_version(struct leat_age_header *header, struct leat_span line)
{
    if (!begins(line, versions))
        return breaks(header, "no age data");
    if (line.len != sizeof(version) - 1 || !begins(line, version))
        return fails(header, LEAT_FAULT_UNSUPPORTED, "unknown version", header->len);
    header->line = LEAT_AGE_STANZA;
    return LEAT_OK;
}

/* The last line: "--- " and the digits of a MAC. */
static enum leat_status read_end(struct leat_age_header *header, struct leat_span line)
{
    struct leat_span mac = { line.data + 4, line.len - 4 };
    if (header->stanzas == 0)
        return breaks(header, "no stanza in the header");
    if (mac.len != LEAT_AGE_MAC_DIGITS || !leat_age_is_base64(mac))
        return breaks(header, "bad last line of the header");
    header->mac_at = header->len;
    header->line = LEAT_AGE_END;
    return LEAT_OK;
}

/* "-> " and arguments: what can be seen, with single spaces in between. */
static enum leat_status read_stanza(struct leat_age_header *header, struct leat_span line)
{
    if (begins(line, mac_start))
        return read_end(header, line);
    if (!begins(line, stanza_start))
        return breaks(header, "bad line in the header");
    uint8_t before = ' ';
    for (size_t i = sizeof(stanza_start) - 1; i < line.len; i++) {
        uint8_t c = line.data[i];
        bool allowed = c == ' ' ? before != ' ' : c > ' ' && c < 0x7f;
        if (!allowed)
            return breaks(header, "bad argument in the header");
        before = c;
    }
    if (before == ' ')
        return breaks(header, "bad argument in the header");
    header->stanzas++;
    header->line = LEAT_AGE_BODY;
    return LEAT_OK;
}

/* A body ends at its first line of less than 64 columns. */
static enum leat_status read_body(struct leat_age_header *header, struct leat_span line)
{
    if (line.len > BODY_COLUMNS || !leat_age_is_base64(line))
        return breaks(header, "bad body in the header");
    if (line.len < BODY_COLUMNS)
        header->line = LEAT_AGE_STANZA;
    return LEAT_OK;
}

static enum leat_status read_line(struct leat_age_header *header, struct leat_span line)
{
    static enum leat_status (*const reads[])(struct leat_age_header *, struct leat_span) = {
        [LEAT_AGE_VERSION] = read_version,
        [LEAT_AGE_STANZA] = read_stanza,
        [LEAT_AGE_BODY] = read_body,
    };
    leat_assert(header->line < LEAT_AGE_END);
    enum leat_status status = reads[header->line](header, line);
    if (status == LEAT_OK)
        header->len += line.len + 1;
    return status;
}

/* What is not even the beginning of a version line is told without its end. */
static bool may_be_age(struct leat_span text)
{
    size_t len = text.len < sizeof(versions) - 1 ? text.len : sizeof(versions) - 1;
    return leat_bytes_equal(text.data, versions, len);
}

enum leat_status leat_age_header_read(struct leat_age_header *header, struct leat_span text)
{
    leat_assert(text.len >= header->scanned);
    if (!may_be_age(text))
        return breaks(header, "no age data");
    while (header->line != LEAT_AGE_END) {
        const uint8_t *from = text.data + header->scanned;
        const uint8_t *end = leat_bytes_find(from, text.len - header->scanned, '\n');
        if (end == NULL) {
            header->scanned = text.len;
            return LEAT_AGAIN;
        }
        struct leat_span line = { text.data + header->len, 0 };
        line.len = (size_t)(end - line.data);
        enum leat_status status = read_line(header, line);
        if (status != LEAT_OK)
            return status;
        header->scanned = header->len;
    }
    return LEAT_OK;
}

/* --- Stanzas --- */

/* The line at `*at`, and on to the next. The header is whole, so each has an end. */
static struct leat_span line_at(struct leat_span header, size_t *at)
{
    const uint8_t *from = header.data + *at;
    const uint8_t *end = leat_bytes_find(from, header.len - *at, '\n');
    leat_assert(end != NULL);
    *at = (size_t)(end - header.data) + 1;
    return (struct leat_span){ from, (size_t)(end - from) };
}

static void split(struct leat_age_stanza *stanza, struct leat_span line)
{
    const uint8_t *at = line.data + sizeof(stanza_start) - 1;
    const uint8_t *line_end = line.data + line.len;
    while (at < line_end) {
        const uint8_t *end = leat_bytes_find(at, (size_t)(line_end - at), ' ');
        if (end == NULL)
            end = line_end;
        if (stanza->args_len < LEAT_AGE_ARGS_MAX)
            stanza->args[stanza->args_len] = (struct leat_span){ at, (size_t)(end - at) };
        stanza->args_len++;
        at = end + 1;
    }
}

bool leat_age_stanza_next(struct leat_span header, size_t *at, struct leat_age_stanza *ret)
{
    *ret = (struct leat_age_stanza){ 0 };
    if (*at == 0)
        line_at(header, at); /* the version */
    ret->at = *at;
    struct leat_span line = line_at(header, at);
    if (!begins(line, stanza_start))
        return false;
    split(ret, line);
    ret->body = line = line_at(header, at);
    ret->one_line = line.len < BODY_COLUMNS;
    while (line.len == BODY_COLUMNS)
        line = line_at(header, at);
    leat_assert(ret->args_len > 0);
    return true;
}

bool leat_age_stanza_is(const struct leat_age_stanza *stanza, const char *name)
{
    return stanza->args[0].len == __builtin_strlen(name) && begins(stanza->args[0], name);
}
