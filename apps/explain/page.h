#ifndef APPS_EXPLAIN_PAGE_H
#define APPS_EXPLAIN_PAGE_H

#include "apps/explain/report.h"

/* What a run did, as one page of HTML that needs nothing else: pictures, and tables that hold all
 * of their numbers. It is well-formed XML too, and names and arguments are text in it, whatever
 * they hold. */
struct page {
    const struct report *report; /* of a run that has ended */
    uint64_t wall_ns;
    int argc; /* the command's own, argv[0] its name */
    char *const *argv;
};

/* Put the page; what there was no memory for leaves the buffer cut. */
void page_put(struct term_buffer *buffer, const struct page *page);

/* The page's style sheet: a text of CSS without markup in it. */
extern const char page_style[];

#endif
