#ifndef APPS_EXPLAIN_PICTURE_H
#define APPS_EXPLAIN_PICTURE_H

#include "apps/explain/report.h"

/* The pictures of the page, as SVG that the page's own style colours: how the bytes flowed, and
 * when each part worked and waited. */

/* Put the flow of all readers into the command, and out of it through the writers; `command` is its
 * name. `ret_left_out` is how many parts are too small to be drawn. False without memory. */
LEAT_MUST_USE bool picture_put_flow(struct term_buffer *buffer, const struct report *report,
                                    const char *command, size_t *ret_left_out);

/* Put a line of time for each part that took any that can be seen, and for the command.
 * `ret_left_out` is how many took less. */
void picture_put_times(struct term_buffer *buffer, const struct report *report, const char *command,
                       uint64_t wall_ns, size_t *ret_left_out);

/* What the page calls a part: its name, and how many of it there were; before it, its number, by
 * which it is found again in the other picture and in the table. `element` is for the number. */
void picture_put_name(struct term_buffer *buffer, const struct report_node *node);
void picture_put_number(struct term_buffer *buffer, const struct report_node *node,
                        const char *element);

#endif
