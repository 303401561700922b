/* What encoding a text is in that is no UTF-8. */

#include "leat/stage/utf/detect.h"
#include "leat/stage/utf/convert.h"
#include "leat/stage/utf/label.h"

/* So many characters of UTF-8 in a row, and not ASCII, are no chance: in GBK, where that is
 * likeliest, one in eight looks like it. */
enum { UTF8_ENOUGH = 16 };

/* What stands in a text besides ASCII. */
struct tally {
    size_t utf8; /* characters of it */
    size_t bad;  /* places that are none */
};

/* No text holds the controls that binary files do. */
static bool is_control(uint8_t byte)
{
    return byte < ' ' && !(byte >= '\b' && byte <= '\r') && byte != 0x1b;
}

/* Count through `text`. NO: it is none, or it is UTF-8; else MORE. */
static enum leat_match count(struct leat_span text, struct tally *ret)
{
    size_t more;
    for (size_t at = 0; at < text.len; at += more) {
        more = 1;
        if (text.data[at] < 0x80) {
            if (is_control(text.data[at]))
                return LEAT_MATCH_NO;
            continue;
        }
        uint32_t c;
        enum utf_stop stop = leat_utf8_get(text.data + at, text.len - at, &c, &more);
        if (stop == UTF_MORE)
            break; /* the text is cut, or only what is seen of it */
        ret->utf8 += stop == UTF_DONE;
        ret->bad += stop != UTF_DONE;
        if (ret->utf8 == UTF8_ENOUGH && ret->bad == 0)
            return LEAT_MATCH_NO;
    }
    return LEAT_MATCH_MORE;
}

/* Whether the name is one of an encoding that holds ASCII as it is, so that what stood before the
 * text, and was shown, is right. */
static bool is_legacy(const char *name)
{
    struct leat_label label;
    return leat_label_find(name, &label) &&
           (label.iconv != NULL || label.decoder == &leat_stage_windows1252_decode);
}

enum leat_match leat_detect(struct leat_span text, bool whole, char ret[LEAT_DETECT_NAME_LEN_MAX])
{
    leat_assert(text.len > 0 && text.data[0] >= 0x80);
    if (text.len >= LEAT_DETECT_LEN) {
        text.len = LEAT_DETECT_LEN;
        whole = false;
    }
    struct tally tally = { 0 };
    if (count(text, &tally) == LEAT_MATCH_NO)
        return LEAT_MATCH_NO;
    if (text.len < LEAT_DETECT_LEN && !whole)
        return LEAT_MATCH_MORE;
    /* UTF-8 with something broken in it stays that. */
    if (tally.utf8 >= tally.bad)
        return LEAT_MATCH_NO;
    return leat_detect_name(text, ret) && is_legacy(ret) ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}
