#ifndef LEAT_LAYER_CATALOGUE_H
#define LEAT_LAYER_CATALOGUE_H

/* What this build of the library knows: one entry for each part that is a format. The build makes
 * the tables, so a part is listed by being there. They are not exported: their sizes change with
 * every format, and a program's copy of a shared library's table cannot. */

struct leat_format;

/* Every format in the library, lower layers first. Ends with NULL. */
extern const struct leat_format *const leat_formats[];

/* The formats that were left out because the build did not find what they need, as
 * "name: library", for messages. Ends with NULL. */
extern const char *const leat_formats_missing[];

#endif
