#ifndef APPS_HTTP_MEDIA_H
#define APPS_HTTP_MEDIA_H

#include "leat/core/span.h"

/* The media type of a file (RFC 9110 section 8.3) by the ending of its name, in any case; a path
 * before the name is passed over. Never NULL: what is not known is application/octet-stream. Text
 * is said to be in UTF-8. */
const char *http_media_type(struct leat_span name);

#endif
