#ifndef APPS_SERVE_WATCH_H
#define APPS_SERVE_WATCH_H

#include "apps/serve/site.h"

/* Have a site watched; on its thread, as the end. False without memory or a thread. */
LEAT_MUST_USE bool watch_begin(struct site *site);
void watch_end(struct site *site);

#endif
