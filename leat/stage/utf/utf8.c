/* The view that finds out what encoding its source is in. */

#include "leat/core/bytes.h"
#include "leat/core/view.h"
#include "leat/core/widen.h"
#include "leat/stage/utf/ascii.h"
#include "leat/stage/utf/detect.h"
#include "leat/stage/utf/label.h"

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
    struct leat_iconv_options iconv_options;
    bool decided;
    bool stacked;    /* a decoder */
    bool guessing;   /* all so far was ASCII, and what follows may be guessed */
    size_t mark_len; /* of the mark that was dropped, where none is stacked */
    uint64_t start;  /* of the source, where the guessing began; all is ASCII up to: */
    uint64_t ascii_to;
    uint64_t look_to; /* what is not says no more before it is seen up to here */
    char guessed[LEAT_DETECT_NAME_LEN_MAX]; /* "": none */
};

/* Put the decoder between the view and its source. */
static void stack(struct utf8 *self, const struct leat_stage *decoder, const char *iconv_name)
{
    struct leat_reader *r = &self->reader;
    self->decoder_options.strict = self->options.strict;
    self->iconv_options.strict = self->options.strict;
    self->iconv_options.encoding = iconv_name;
    const void *options = &self->decoder_options;
    if (iconv_name != NULL)
        options = &self->iconv_options;
    r->below = leat_pull(leat_view_unlock(r), decoder, options);
    leat_view_lock(r);
    r->window_max = r->below->window_max;
    self->stacked = true;
}

static enum leat_status choose(struct utf8 *self, const struct mark *mark)
{
    struct leat_reader *r = &self->reader;
    struct leat_label label = { 0 };
    if (self->options.encoding != NULL && !leat_label_find(self->options.encoding, &label))
        return leat_reader_fails(r, LEAT_FAULT_UNSUPPORTED, "unknown text encoding", 0);
    /* ff fe 00 00 is UTF-32, or UTF-16 that begins with a NUL: then the name decides. */
    bool either = label.decoder == &leat_stage_utf16le_decode && mark == &marks[0];
    if (mark != NULL && !either) {
        label = (struct leat_label){ .decoder = mark->decoder };
        if (mark->decoder == NULL && !self->options.keep_mark)
            leat_consume(r->below, self->mark_len = mark->len);
    }
    if (label.decoder != NULL)
        stack(self, label.decoder, label.iconv);
    self->guessing = self->options.guess && mark == NULL && self->options.encoding == NULL;
    self->start = self->ascii_to = leat_tell(r->below);
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

/* --- Guessing --- */

/* How many bytes of the source's window are ASCII, of those among which the first that is not must
 * come. None is looked at twice. */
static size_t ascii_len(struct utf8 *self, struct leat_span window)
{
    uint64_t base = leat_tell(self->reader.below), end = self->start + LEAT_UTF8_GUESS_LEN;
    size_t at = self->ascii_to > base ? (size_t)(self->ascii_to - base) : 0;
    if (window.len > end - base)
        window.len = (size_t)(end - base);
    at += leat_ascii_len(window.data + at, window.len - at);
    self->ascii_to = base + at;
    return at;
}

/* What is the text that begins with `rest`, not with ASCII? MORE: that cannot be told before
 * self->look_to. Else it is known, and where it is no UTF-8 a decoder stands before the source. */
static enum leat_match guess(struct utf8 *self, struct leat_span rest, bool whole)
{
    uint64_t seen_to = self->ascii_to + rest.len;
    if (self->ascii_to == self->start + LEAT_UTF8_GUESS_LEN)
        return LEAT_MATCH_NO;
    if (seen_to < self->look_to && !whole)
        return LEAT_MATCH_MORE;
    enum leat_match match = leat_detect(rest, whole, self->guessed);
    struct leat_label label;
    if (match == LEAT_MATCH_YES && leat_label_find(self->guessed, &label))
        stack(self, label.decoder, label.iconv);
    else
        self->guessed[0] = '\0';
    /* By an eighth each time, so that what drips in is looked at a few times and not for each byte.
     */
    self->look_to = seen_to + 1 + rest.len / 8;
    if (self->look_to > self->ascii_to + LEAT_DETECT_LEN)
        self->look_to = self->ascii_to + LEAT_DETECT_LEN;
    return match;
}

/* Show what is ASCII. OK: that is `min` bytes, or there is nothing left to guess; AGAIN, END,
 * FAULT. */
static enum leat_status show_ascii(struct utf8 *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    for (size_t want = min;; want = (size_t)(self->look_to - leat_tell(r->below))) {
        struct leat_span window;
        enum leat_status status = leat_peek(leat_view_unlock(r), want, &window);
        leat_view_lock(r);
        size_t ascii = ascii_len(self, window);
        leat_view_show(r, ascii);
        if (ascii >= min || ascii == window.len)
            return ascii >= min ? LEAT_OK : status;
        struct leat_span rest = { window.data + ascii, window.len - ascii };
        bool whole = status == LEAT_END || status == LEAT_FAULT;
        if (guess(self, rest, whole) != LEAT_MATCH_MORE) {
            leat_view_show(r, 0);
            r->window_max = r->below->window_max;
            self->guessing = false;
            return LEAT_OK;
        }
        if (status == LEAT_AGAIN)
            return status;
    }
}

/* --- The table --- */

static enum leat_status utf8_fill(struct leat_reader *r, size_t min)
{
    struct utf8 *self = (struct utf8 *)r;
    enum leat_status status = self->decided ? LEAT_OK : decide(self);
    if (status == LEAT_OK && self->guessing) {
        status = show_ascii(self, min);
        if (status != LEAT_OK || self->guessing)
            return status;
    }
    return status == LEAT_OK ? leat_view_fill(r, min, UINT64_MAX) : status;
}

static enum leat_status utf8_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    struct utf8 *self = (struct utf8 *)r;
    enum leat_status status = self->decided ? LEAT_OK : decide(self);
    uint64_t max = UINT64_MAX;
    if (status == LEAT_OK && self->guessing) {
        status = show_ascii(self, 1);
        if (self->guessing)
            max = (uint64_t)(r->end - r->pos);
    }
    return status == LEAT_OK ? leat_view_skip(r, n, max, ret_done) : status;
}

static enum leat_status utf8_origin(struct leat_reader *r, const uint8_t *at, uint64_t *ret)
{
    const struct utf8 *self = (const struct utf8 *)r;
    if (self->stacked)
        return leat_origin(r->below, (size_t)(at - r->below->pos), ret);
    *ret = r->end_offset - (uint64_t)(r->end - at) + self->mark_len;
    return LEAT_OK;
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
        .origin = utf8_origin,
    };
    size_t look_max = options->guess ? 2 * LEAT_DETECT_LEN : MARK_LEN_MAX;
    if (src->window_max < look_max)
        src = leat_widen(src, look_max);
    struct utf8 *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->options = *options;
    /* What is looked at to guess lies behind what is shown meanwhile. */
    if (options->guess)
        self->reader.window_max -= LEAT_DETECT_LEN;
    return &self->reader;
}

const char *leat_utf8_guessed(const struct leat_reader *utf8)
{
    if (utf8->state & LEAT_READER_DEAD)
        return NULL;
    const struct utf8 *self = (const struct utf8 *)utf8;
    return self->guessed[0] != '\0' ? self->guessed : NULL;
}

struct leat_reader *leat_utf8_from(struct leat_reader *src, const char *encoding)
{
    return leat_utf8_with(src, &(struct leat_utf8_options){ .encoding = encoding });
}

struct leat_reader *leat_utf8(struct leat_reader *src)
{
    return leat_utf8_from(src, NULL);
}
