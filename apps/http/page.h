#ifndef APPS_HTTP_PAGE_H
#define APPS_HTTP_PAGE_H

#include "apps/term/buffer.h"
#include "leat/core/span.h"

/* Pages for a browser: what is in a folder or an archive, and what went wrong. HTML that needs no
 * script, in the reader's light or dark colours. All names are hostile: in text they are escaped,
 * what would hide or turn the reading order is shown by number, and links are encoded.
 *
 * A page may be flushed and the buffer cleared between any two calls. */

/* Put text as HTML shows it. It may stand between tags, or in an attribute's quotes. */
void http_put_html(struct term_buffer *buffer, struct leat_span text);

/* Begin the page of a folder, whose URL ends in '/'.
 *
 * path  decoded, as "music/old.tar!/docs": each segment, an empty one too, becomes a link. "" is
 *       what is served */
void http_page_begin(struct term_buffer *buffer, struct leat_span path);

/* One entry of it. */
struct http_page_row {
    struct leat_span name; /* without the '/' of a folder; inside an archive it may be any */
    bool folder;
    bool archive; /* it can be stepped into: a second link leads to `name!/` */
    bool has_size;
    uint64_t size;
    bool has_modified;
    int64_t modified; /* in seconds */
};
void http_page_row(struct term_buffer *buffer, const struct http_page_row *row);

/* End the page.
 *
 * note  what has to be said of the whole, as that the archive is cut; empty: nothing */
void http_page_end(struct term_buffer *buffer, struct leat_span note);

/* A whole page that says a status, and in a sentence why; `why` may be empty. */
void http_page_error(struct term_buffer *buffer, unsigned status, struct leat_span why);

#endif
