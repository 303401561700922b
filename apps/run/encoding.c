#include "apps/run/encoding.h"

#include <string.h>

#include "leat/stage/utf/utf.h"

bool run_encoding_read(struct run *run, const char *text, enum run_decoding *ret)
{
    const char *wrong = NULL;
    if (text == NULL || strcmp(text, "auto") == 0) {
        *ret = RUN_DECODES_MARKED;
    } else if (strcmp(text, "none") == 0) {
        *ret = RUN_DECODES_NOTHING;
    } else if (strcmp(text, "guess") == 0) {
        *ret = RUN_DECODES_GUESSED;
        wrong = leat_utf8_guesses() ? NULL : "no encoding can be guessed without libuchardet";
    } else {
        *ret = RUN_DECODES_NAMED;
        wrong = leat_utf8_knows(text) ? NULL : "unknown encoding";
    }
    if (wrong != NULL)
        run_tell(run, text, strlen(text), wrong);
    return wrong == NULL;
}
