/* The detector, which is Mozilla's: libuchardet, loaded on first use. */

#include <string.h>
#include <uchardet/uchardet.h>

#include "leat/core/bytes.h"
#include "leat/stage/late.h"
#include "leat/stage/utf/detect.h"
#include "leat/stage/utf/utf.h"

#define LEAT_LIBUCHARDET_FUNCTIONS(FUNCTION)                                                       \
    FUNCTION(uchardet_data_end)                                                                    \
    FUNCTION(uchardet_delete)                                                                      \
    FUNCTION(uchardet_get_charset)                                                                 \
    FUNCTION(uchardet_handle_data)                                                                 \
    FUNCTION(uchardet_new)
LEAT_LATE_TABLE(leat_libuchardet, LEAT_LIBUCHARDET_FUNCTIONS);
LEAT_LATE_LIBRARY(leat_libuchardet, LEAT_LIBUCHARDET_FUNCTIONS, LEAT_SONAME_UCHARDET)

bool leat_utf8_guesses(void)
{
    return leat_libuchardet() != NULL;
}

bool leat_detect_name(struct leat_span text, char ret[LEAT_DETECT_NAME_LEN_MAX])
{
    const struct leat_libuchardet *library = leat_libuchardet();
    if (library == NULL)
        return false;
    uchardet_t detector = library->uchardet_new();
    if (detector == NULL)
        return false;
    bool named = library->uchardet_handle_data(detector, (const char *)text.data, text.len) == 0;
    library->uchardet_data_end(detector);
    const char *name = library->uchardet_get_charset(detector);
    size_t len = strlen(name);
    named = named && len > 0 && len < LEAT_DETECT_NAME_LEN_MAX;
    if (named)
        leat_bytes_copy(NULL, LEAT_CAUSE_USER, ret, name, len + 1); /* no payload */
    library->uchardet_delete(detector);
    return named;
}
