#ifndef LEAT_LAYER_ENDING_H
#define LEAT_LAYER_ENDING_H

#include "leat/core/format.h"

/* What the name of a file says of its format. */

LEAT_BEGIN_DECLS

/* How many of the last bytes of `name` are one of the format's endings, in either case, with
 * something before it; 0: none are. Blocks and allocates never. */
LEAT_API LEAT_MUST_USE size_t leat_format_ending(const struct leat_format *format,
                                                 struct leat_span name);

LEAT_END_DECLS

#endif
