#ifndef APPS_SERVE_LISTING_H
#define APPS_SERVE_LISTING_H

#include "apps/http/page.h"
#include "apps/serve/site.h"

/* The page of a folder, outside or in an archive: rows gather here, in any order, and come out in
 * the order of their names, each file and each folder once. Zeroed: empty. */

/* More names are not shown, and the page says so. */
enum { LISTING_ROWS_MAX = 100000 };

struct listing_row {
    struct http_page_row row;
    size_t name_at; /* of its name, in `names` */
};

struct listing {
    struct listing_row *rows;
    size_t len, size;
    struct term_buffer names;
    bool is_full; /* there were more */
};

/* Add a row; its name is copied. False without memory; full is no failure. */
LEAT_MUST_USE bool listing_add(struct listing *listing, const struct http_page_row *row);

/* Answer with the page. Of those with one name, one that says more of itself is shown.
 *
 * path    as http_page_begin has it
 * note    what else there is to say of the whole; empty: nothing
 * Blocks  the fiber */
enum leat_status listing_answer(struct listing *listing, struct exchange *x, struct leat_span path,
                                const char *note);

void listing_fini(struct listing *listing);

#endif
