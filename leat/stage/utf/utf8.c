/* The view that finds out what encoding its source is in. */

#include "leat/core/bytes.h"
#include "leat/core/view.h"
#include "leat/core/widen.h"
#include "leat/stage/utf/utf.h"

/* --- Names --- */

struct label {
    const char *name;
    const struct leat_stage *decoder; /* NULL: UTF-8 */
};

static const struct label labels[] = {
    { "unicode-1-1-utf-8", NULL },
    { "unicode11utf8", NULL },
    { "unicode20utf8", NULL },
    { "utf-8", NULL },
    { "utf8", NULL },
    { "x-unicode20utf8", NULL },
    { "unicodefffe", &leat_stage_utf16be_decode },
    { "utf-16be", &leat_stage_utf16be_decode },
    { "csunicode", &leat_stage_utf16le_decode },
    { "iso-10646-ucs-2", &leat_stage_utf16le_decode },
    { "ucs-2", &leat_stage_utf16le_decode },
    { "unicode", &leat_stage_utf16le_decode },
    { "unicodefeff", &leat_stage_utf16le_decode },
    { "utf-16", &leat_stage_utf16le_decode },
    { "utf-16le", &leat_stage_utf16le_decode },
    { "utf-32be", &leat_stage_utf32be_decode },
    { "utf-32", &leat_stage_utf32le_decode },
    { "utf-32le", &leat_stage_utf32le_decode },
    { "ansi_x3.4-1968", &leat_stage_windows1252_decode },
    { "ascii", &leat_stage_windows1252_decode },
    { "cp1252", &leat_stage_windows1252_decode },
    { "cp819", &leat_stage_windows1252_decode },
    { "csisolatin1", &leat_stage_windows1252_decode },
    { "ibm819", &leat_stage_windows1252_decode },
    { "iso-8859-1", &leat_stage_windows1252_decode },
    { "iso-ir-100", &leat_stage_windows1252_decode },
    { "iso8859-1", &leat_stage_windows1252_decode },
    { "iso88591", &leat_stage_windows1252_decode },
    { "iso_8859-1", &leat_stage_windows1252_decode },
    { "iso_8859-1:1987", &leat_stage_windows1252_decode },
    { "l1", &leat_stage_windows1252_decode },
    { "latin1", &leat_stage_windows1252_decode },
    { "us-ascii", &leat_stage_windows1252_decode },
    { "windows-1252", &leat_stage_windows1252_decode },
    { "x-cp1252", &leat_stage_windows1252_decode },
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Whether `text` is the label `name`, but for case and blanks around it. */
static bool is_label(const char *text, const char *name)
{
    while (is_blank(*text))
        text++;
    for (; *name != '\0'; name++, text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if (c != *name)
            return false;
    }
    while (is_blank(*text))
        text++;
    return *text == '\0';
}

static const struct label *label_find(const char *name)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (is_label(name, labels[i].name))
            return &labels[i];
    }
    return NULL;
}

bool leat_utf8_knows(const char *encoding)
{
    return label_find(encoding) != NULL;
}

/* --- Marks --- */

enum { MARK_LEN_MAX = 4 };

struct mark {
    uint8_t bytes[MARK_LEN_MAX];
    size_t len;
    const struct leat_stage *decoder; /* NULL: UTF-8 */
};

/* The longer of two that begin alike comes first, UTF-32LE before UTF-16LE. */
static const struct mark marks[] = {
    { { 0xff, 0xfe, 0x00, 0x00 }, 4, &leat_stage_utf32le_decode },
    { { 0x00, 0x00, 0xfe, 0xff }, 4, &leat_stage_utf32be_decode },
    { { 0xff, 0xfe }, 2, &leat_stage_utf16le_decode },
    { { 0xfe, 0xff }, 2, &leat_stage_utf16be_decode },
    { { 0xef, 0xbb, 0xbf }, 3, NULL },
};

/* The mark that `window` begins with, or NULL. MORE: it may yet begin with one, when not `whole`.
 */
static enum leat_match mark_find(struct leat_span window, bool whole, const struct mark **ret)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const struct mark *mark = &marks[i];
        size_t len = window.len < mark->len ? window.len : mark->len;
        if (!leat_bytes_equal(window.data, mark->bytes, len))
            continue;
        if (len == mark->len) {
            *ret = mark;
            return LEAT_MATCH_YES;
        }
        if (!whole)
            return LEAT_MATCH_MORE;
    }
    return LEAT_MATCH_NO;
}

/* --- The view --- */

struct utf8 {
    struct leat_reader reader;
    struct leat_utf8_options options;
    struct leat_utf_options decoder_options;
    bool decided;
};

/* Put the decoder between the view and its source. */
static void stack(struct utf8 *self, const struct leat_stage *decoder)
{
    struct leat_reader *r = &self->reader;
    self->decoder_options.strict = self->options.strict;
    r->below = leat_pull(leat_view_unlock(r), decoder, &self->decoder_options);
    leat_view_lock(r);
    r->window_max = r->below->window_max;
}

static enum leat_status choose(struct utf8 *self, const struct mark *mark)
{
    struct leat_reader *r = &self->reader;
    const struct label *label = NULL;
    if (self->options.encoding != NULL) {
        label = label_find(self->options.encoding);
        if (label == NULL)
            return leat_reader_fails(r, LEAT_FAULT_UNSUPPORTED, "unknown text encoding", 0);
    }
    const struct leat_stage *decoder = label != NULL ? label->decoder : NULL;
    /* ff fe 00 00 is UTF-32, or UTF-16 that begins with a NUL: then the name decides. */
    bool either = decoder == &leat_stage_utf16le_decode && mark == &marks[0];
    if (mark != NULL && !either) {
        decoder = mark->decoder;
        if (decoder == NULL && !self->options.keep_mark)
            leat_consume(r->below, mark->len);
    }
    if (decoder != NULL)
        stack(self, decoder);
    self->decided = true;
    leat_view_show(r, 0);
    return LEAT_OK;
}

/* Look at the first bytes, one more at a time, as long as they may be a mark. */
static enum leat_status decide(struct utf8 *self)
{
    struct leat_reader *r = &self->reader;
    const struct mark *mark = NULL;
    enum leat_match match = LEAT_MATCH_MORE;
    for (size_t want = 1; match == LEAT_MATCH_MORE; want++) {
        leat_assert(want <= sizeof(mark->bytes));
        struct leat_span window;
        enum leat_status status = leat_peek(leat_view_unlock(r), want, &window);
        leat_view_lock(r);
        leat_view_show(r, 0);
        if (status == LEAT_AGAIN)
            return status;
        match = mark_find(window, status != LEAT_OK, &mark);
    }
    return choose(self, mark);
}

static enum leat_status utf8_fill(struct leat_reader *r, size_t min)
{
    struct utf8 *self = (struct utf8 *)r;
    enum leat_status status = self->decided ? LEAT_OK : decide(self);
    return status == LEAT_OK ? leat_view_fill(r, min, UINT64_MAX) : status;
}

static enum leat_status utf8_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    struct utf8 *self = (struct utf8 *)r;
    enum leat_status status = self->decided ? LEAT_OK : decide(self);
    return status == LEAT_OK ? leat_view_skip(r, n, UINT64_MAX, ret_done) : status;
}

struct leat_reader *leat_utf8_with(struct leat_reader *src, const struct leat_utf8_options *options)
{
    static const struct leat_reader_ops ops = {
        .name = "utf-8",
        .self_size = sizeof(struct utf8),
        .view = true,
        .fill = utf8_fill,
        .skip = utf8_skip,
        .share = leat_view_share,
    };
    if (src->window_max < MARK_LEN_MAX)
        src = leat_widen(src, MARK_LEN_MAX);
    struct utf8 *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->options = *options;
    return &self->reader;
}

struct leat_reader *leat_utf8_from(struct leat_reader *src, const char *encoding)
{
    return leat_utf8_with(src, &(struct leat_utf8_options){ .encoding = encoding });
}

struct leat_reader *leat_utf8(struct leat_reader *src)
{
    return leat_utf8_from(src, NULL);
}
