#ifndef APPS_HTTP_TEXT_H
#define APPS_HTTP_TEXT_H

#include "leat/core/bytes.h"

/* The letters of HTTP, and what all fields are made of. Everything here reads spans of what a peer
 * sent, and keeps nothing. */

/* Which characters may stand where. */
enum {
    HTTP_CHAR_TOKEN = 1,      /* methods and names of fields: RFC 9110 section 5.6.2 */
    HTTP_CHAR_HOST = 2,       /* a host with its port: RFC 3986 section 3.2.2 */
    HTTP_CHAR_UNRESERVED = 4, /* means itself wherever it stands: RFC 3986 section 2.3 */
};
extern const uint8_t http_chars[256];

static inline bool http_is(uint8_t byte, uint8_t class)
{
    return (http_chars[byte] & class) != 0;
}

static inline bool http_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Optional white space: RFC 9110 section 5.6.3. */
static inline bool http_is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* A constant text as a span. */
#define http_span(text) ((struct leat_span){ (const uint8_t *)("" text), sizeof(text) - 1 })

/* The same without white space at both ends. */
struct leat_span http_trim(struct leat_span text);

/* Whether the text is this word, whatever the case of its letters. `lower` is in small letters. */
bool http_is_word(struct leat_span text, const char *lower);

/* Read a number of digits alone (RFC 9110 section 8.6). False: it is none. What is above 2^64 - 1
 * is that much, and `*ret_over` says so. */
bool http_read_number(struct leat_span text, uint64_t *ret_number, bool *ret_over);

/* Take the next element off a list with commas (RFC 9110 section 5.6.1), trimmed; empty ones are
 * passed over. Not for lists with quoted strings in them. False: there are no more. */
bool http_list_next(struct leat_span *list, struct leat_span *ret_element);

#endif
