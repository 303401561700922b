#ifndef APPS_SERVE_LAYERS_H
#define APPS_SERVE_LAYERS_H

#include "leat/core/span.h"

/* Whether a file of this name may hold others, as far as its ending tells. */
bool layers_enters(struct leat_span name);

#endif
