#include "apps/http/page.h"

#include "apps/http/date.h"
#include "apps/http/respond.h"
#include "apps/http/target.h"
#include "apps/http/text.h"
#include "apps/term/escape.h"
#include "leat/core/assert.h"

enum { LINKS_UP_MAX = 64 };

static const char style[] =
    "<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.25rem;overflow-wrap:anywhere}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #8884}\n"
    "td:first-child{overflow-wrap:anywhere}\n"
    ".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "tr:hover{background:#8882}\n"
    "a{text-decoration:none}a:hover{text-decoration:underline}\n"
    ".o{font-size:.8em;margin-left:.6em}\n"
    "</style>\n";

void http_put_html(struct term_buffer *buffer, struct leat_span text)
{
    leat_assert(text.data != NULL || text.len == 0);
    /* What HTML knows is ASCII, and so never inside a character that the escaping looks at. */
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && term_entity_of((char)text.data[end]) == NULL)
            end++;
        if (end > at)
            term_put_escaped(buffer, (const char *)text.data + at, end - at);
        if (end < text.len)
            term_puts(buffer, term_entity_of((char)text.data[end++]));
        at = end;
    }
}

/* Text whose own direction does not reach beyond it. */
static void put_isolated(struct term_buffer *buffer, struct leat_span text)
{
    term_puts(buffer, "<bdi>");
    http_put_html(buffer, text);
    term_puts(buffer, "</bdi>");
}

static void put_head(struct term_buffer *buffer)
{
    term_puts(buffer, "<!DOCTYPE html>\n"
                      "<html lang=\"en\">\n"
                      "<head>\n"
                      "<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width\">\n");
    term_put(buffer, style, sizeof(style) - 1);
}

/* Take the next segment, which may be empty, off a path. Behind the last there is no path. */
static bool next_segment(struct leat_span *path, struct leat_span *ret)
{
    if (path->data == NULL)
        return false;
    size_t len = 0;
    while (len < path->len && path->data[len] != '/')
        len++;
    *ret = (struct leat_span){ path->data, len };
    *path = len < path->len ? (struct leat_span){ path->data + len + 1, path->len - len - 1 }
                            : (struct leat_span){ 0 };
    return true;
}

/* One of the folders that the page lies in, `up` above it: links need no encoding so. From far up
 * there is no link, as all together they would grow with the square of the depth. */
static void put_ancestor(struct term_buffer *buffer, struct leat_span name, size_t up)
{
    const bool linked = up <= LINKS_UP_MAX;
    if (linked) {
        term_puts(buffer, "<a href=\"./");
        for (size_t i = 0; i < up; i++)
            term_puts(buffer, "../");
        term_puts(buffer, "\">");
    }
    if (name.len > 0)
        put_isolated(buffer, name);
    term_puts(buffer, linked ? "/</a>" : "/");
}

/* The way from the top. */
static void put_way(struct term_buffer *buffer, struct leat_span path)
{
    struct leat_span segment;
    const struct leat_span all = path.len > 0 ? path : (struct leat_span){ 0 };
    struct leat_span rest = all;
    size_t depth = 0;
    while (next_segment(&rest, &segment))
        depth++;
    term_puts(buffer, "<h1>");
    put_ancestor(buffer, (struct leat_span){ 0 }, depth);
    for (rest = all; next_segment(&rest, &segment);) {
        leat_assert(depth > 0);
        put_ancestor(buffer, segment, --depth);
    }
    term_puts(buffer, "</h1>\n");
}

void http_page_begin(struct term_buffer *buffer, struct leat_span path)
{
    put_head(buffer);
    term_puts(buffer, "<title>/");
    http_put_html(buffer, path);
    term_puts(buffer, "</title>\n</head>\n<body>\n");
    put_way(buffer, path);
    term_puts(buffer, "<table>\n<thead><tr><th>Name</th><th class=\"n\">Size</th>"
                      "<th class=\"n\">Modified (UTC)</th></tr></thead>\n<tbody>\n");
    if (path.len > 0)
        term_puts(buffer, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
}

/* A size to three digits or so: "999 B", "1.5 KiB", "20 MiB". */
static void put_size(struct term_buffer *buffer, uint64_t size)
{
    static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    const size_t units_max = sizeof(units) / sizeof(units[0]) - 1;
    size_t unit = 0;
    while (unit < units_max && size >> (10 * unit) >= 1024)
        unit++;
    const uint64_t whole = size >> (10 * unit);
    term_put_number(buffer, whole);
    if (unit > 0 && whole < 10) {
        const uint64_t tenths = ((size >> (10 * (unit - 1))) & 1023) * 10 / 1024;
        term_putc(buffer, '.');
        term_put_number(buffer, tenths);
    }
    term_putc(buffer, ' ');
    term_puts(buffer, units[unit]);
}

/* A link begins with "./": a name may have a ':' in it. */
static void put_link(struct term_buffer *buffer, struct leat_span name, const char *behind)
{
    term_puts(buffer, "href=\"./");
    http_put_name(buffer, name);
    term_puts(buffer, behind);
    term_puts(buffer, "\"");
}

void http_page_row(struct term_buffer *buffer, const struct http_page_row *row)
{
    const char *slash = row->folder ? "/" : "";
    char date[HTTP_DATE_SHORT_LEN];
    term_puts(buffer, "<tr><td><a ");
    put_link(buffer, row->name, slash);
    term_puts(buffer, ">");
    put_isolated(buffer, row->name.len > 0 ? row->name : http_span("(no name)"));
    term_puts(buffer, slash);
    term_puts(buffer, "</a>");
    if (row->archive) {
        term_puts(buffer, "<a class=\"o\" ");
        put_link(buffer, row->name, "!/");
        term_puts(buffer, ">open</a>");
    }
    term_puts(buffer, "</td><td class=\"n\">");
    if (row->has_size)
        put_size(buffer, row->size);
    term_puts(buffer, "</td><td class=\"n\">");
    if (row->has_modified && http_date_format_short(row->modified, date))
        term_put(buffer, date, sizeof(date));
    term_puts(buffer, "</td></tr>\n");
}

void http_page_end(struct term_buffer *buffer, struct leat_span note)
{
    term_puts(buffer, "</tbody>\n</table>\n");
    if (note.len > 0) {
        term_puts(buffer, "<p>");
        put_isolated(buffer, note);
        term_puts(buffer, "</p>\n");
    }
    term_puts(buffer, "</body>\n</html>\n");
}

void http_page_error(struct term_buffer *buffer, unsigned status, struct leat_span why)
{
    leat_assert(status >= 400 && status <= 599);
    put_head(buffer);
    term_puts(buffer, "<title>");
    term_puts(buffer, http_reason(status));
    term_puts(buffer, "</title>\n</head>\n<body>\n<h1>");
    term_put_number(buffer, status);
    term_putc(buffer, ' ');
    term_puts(buffer, http_reason(status));
    term_puts(buffer, "</h1>\n");
    if (why.len > 0) {
        term_puts(buffer, "<p>");
        put_isolated(buffer, why);
        term_puts(buffer, "</p>\n");
    }
    term_puts(buffer, "</body>\n</html>\n");
}
