/* For a build without libuchardet: nobody can tell. */

#include "leat/stage/utf/detect.h"
#include "leat/stage/utf/utf.h"

bool leat_utf8_guesses(void)
{
    return false;
}

bool leat_detect_name(struct leat_span text, char ret[LEAT_DETECT_NAME_LEN_MAX])
{
    (void)text;
    (void)ret;
    return false;
}
