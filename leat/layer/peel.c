#include "leat/container/program.h"
#include "leat/core/view.h"
#include "leat/core/widen.h"
#include "leat/layer/behind.h"
#include "leat/layer/catalogue.h"
#include "leat/layer/ending.h"

/* A look at bytes that the window does not have, from a reader of its own, which may have to be
 * waited for. */
struct far_look {
    struct leat_reader *fork;
    struct leat_behind at; /* which format is asked */
    bool there;            /* the fork is where that wants it */
    size_t want;           /* how many bytes there it is asked about; 0: not known yet */
};

/* What a program says of itself at its very beginning. */
enum { PROGRAM_HEADER_LEN = 64 };

struct found {
    const struct leat_format *format; /* or NULL */
    bool behind;                      /* other bytes: it was not told by the first */
};

/* A look that goes on through AGAIN. */
struct sight {
    size_t need; /* of the first bytes: fewer were judged, and tell nothing else; 0: none were */
    struct far_look far;
};

struct peel {
    struct leat_reader reader;
    struct sight sight;
    struct leat_peel_options options;
    struct leat_peeled peeled;
    bool looked;
};

/* Whether the format may be looked for at all. */
static bool may_be(const struct leat_peel_options *options, const struct leat_format *format)
{
    bool text = (format->traits & LEAT_FORMAT_TEXT) != 0;
    if (format->probe == NULL || (text ? options->keep_text : options->keep_layers))
        return false;
    return !(format->traits & LEAT_FORMAT_NAMED) || leat_format_ending(format, options->name) > 0;
}

/* How many bytes `format`, which said MORE of `len`, must see to say anything else. */
static size_t next_look(const struct leat_format *format, size_t len)
{
    bool settled = format->probe_early > 0 && len >= format->probe_early;
    return settled ? format->probe_max : len + 1;
}

/* The format of the first bytes, as far as they tell. `ret_more`: how many would tell more; 0: all
 * was told. */
static const struct leat_format *judge(const struct leat_peel_options *options,
                                       struct leat_span head, size_t *ret_more)
{
    *ret_more = 0;
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        const struct leat_format *format = leat_formats[i];
        if (!may_be(options, format))
            continue;
        enum leat_match match = format->probe(head.data, head.len);
        if (match == LEAT_MATCH_YES)
            return format;
        if (match == LEAT_MATCH_MORE && head.len < format->probe_max) {
            size_t more = next_look(format, head.len);
            if (*ret_more == 0 || more < *ret_more)
                *ret_more = more;
        }
    }
    return NULL;
}

/* The format of bytes that are all there are, where one can be told only so. */
static const struct leat_format *judge_all(const struct leat_peel_options *options,
                                           struct leat_span all)
{
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        const struct leat_format *format = leat_formats[i];
        if (format->probe_all != NULL && may_be(options, format) && all.len < format->probe_max &&
            format->probe_all(all.data, all.len))
            return format;
    }
    return NULL;
}

/* --- Behind other bytes --- */

static void far_look_fini(struct far_look *far)
{
    leat_reader_close(far->fork);
    *far = (struct far_look){ 0 };
}

/* Judge the bytes of the fork, which stands where they begin. OK, AGAIN, or what keeps from it. */
static enum leat_status judge_fork(struct far_look *far, size_t len, uint64_t size,
                                   enum leat_match *ret)
{
    const struct leat_format *format = far->at.format;
    bool by_end = far->at.by_end;
    struct leat_span seen;
    /* Most programs are told to be no more than that by their header. */
    if (far->want == 0)
        far->want = by_end || len < PROGRAM_HEADER_LEN ? len : PROGRAM_HEADER_LEN;
    for (;;) {
        enum leat_status status = leat_peek(far->fork, far->want, &seen);
        if (status != LEAT_OK)
            return status;
        *ret = by_end ? format->probe_end(seen.data, far->want)
                      : format->probe_within(seen.data, far->want, size);
        if (*ret != LEAT_MATCH_MORE || far->want == len)
            return LEAT_OK;
        far->want = len;
    }
}

/* Judge bytes of `src` that its window does not have; it has `size` in all, and stays where it is.
 * OK, AGAIN, or what keeps from it. */
static enum leat_status judge_far(struct far_look *far, struct leat_reader *src, uint64_t size,
                                  enum leat_match *ret)
{
    enum leat_status status = LEAT_OK;
    if (far->fork == NULL)
        status = leat_fork(src, NULL, &far->fork);
    if (status != LEAT_OK)
        return status;
    uint64_t tell = leat_tell(src);
    size_t len = leat_behind_len(&far->at, size - tell);
    if (len > far->fork->window_max)
        len = far->fork->window_max;
    if (!far->there)
        status = leat_seek(far->fork, far->at.by_end ? size - len : tell);
    far->there = status == LEAT_OK;
    return status == LEAT_OK ? judge_fork(far, len, size - tell, ret) : status;
}

/* Whether `src`, which begins with `head`, is the format that is asked. The bytes of one without a
 * size are not judged, though all be in sight: that depends on how they come. OK or AGAIN; whatever
 * else keeps from looking is met again by who reads. */
static enum leat_status judge_rest(struct far_look *far, struct leat_reader *src,
                                   struct leat_span head, enum leat_match *ret)
{
    uint64_t size;
    enum leat_status status = leat_size(src, &size);
    *ret = LEAT_MATCH_NO;
    if (status == LEAT_OK && size > src->end_offset)
        status = judge_far(far, src, size, ret);
    else if (status == LEAT_OK)
        *ret = leat_behind_judge(&far->at, head);
    return status == LEAT_AGAIN ? status : LEAT_OK;
}

static enum leat_status finds_behind(struct far_look *far, struct leat_reader *src,
                                     struct leat_span head, const struct leat_peel_options *options,
                                     struct found *ret)
{
    bool program = leat_program_begins(head.data, head.len) == LEAT_MATCH_YES;
    for (; leat_behind_next(&far->at, options, program); far->at.step++) {
        enum leat_match match;
        enum leat_status status = judge_rest(far, src, head, &match);
        if (status != LEAT_OK)
            return status;
        if (match == LEAT_MATCH_YES) {
            *ret = (struct found){ .format = far->at.format, .behind = true };
            break;
        }
        far->there = false;
        far->want = 0;
    }
    far_look_fini(far);
    return LEAT_OK;
}

/* As leat_peel_finds. After AGAIN, `sight` is where the next call goes on. */
static enum leat_status finds(struct sight *sight, struct leat_reader *src,
                              const struct leat_peel_options *options, struct found *ret)
{
    *ret = (struct found){ 0 };
    for (;;) {
        struct leat_span head;
        enum leat_status status = leat_peek(src, sight->need > 0 ? sight->need : 1, &head);
        if (status == LEAT_AGAIN || status == LEAT_LIMIT)
            return status;
        ret->format = judge(options, head, &sight->need);
        if (ret->format == NULL && status == LEAT_END)
            ret->format = judge_all(options, head);
        bool over = ret->format != NULL || status == LEAT_FAULT;
        if (!over && sight->need > 0 && status == LEAT_OK)
            continue;
        sight->need = 0;
        return over ? LEAT_OK : finds_behind(&sight->far, src, head, options, ret);
    }
}

enum leat_status leat_peel_finds(struct leat_reader *src, const struct leat_peel_options *options,
                                 const struct leat_format **ret)
{
    static const struct leat_peel_options none;
    struct sight sight = { 0 };
    struct found found;
    enum leat_status status = finds(&sight, src, options != NULL ? options : &none, &found);
    *ret = found.format;
    /* A peel keeps what the next call would have to begin anew, and wait for again. */
    if (sight.far.fork != NULL || sight.far.at.step > 0)
        status = LEAT_LIMIT;
    far_look_fini(&sight.far);
    return status;
}

/* Stay settled with an empty window, wherever the source's window is now. */
static void show_nothing(struct peel *self)
{
    self->reader.pos = self->reader.end = self->reader.below->pos;
}

/* How many bytes have to be seen at once so that every format can be told. */
static size_t probe_len_max(void)
{
    size_t len = 0;
    for (size_t i = 0; leat_formats[i] != NULL; i++) {
        if (leat_formats[i]->probe != NULL && leat_formats[i]->probe_max > len)
            len = leat_formats[i]->probe_max;
    }
    return len;
}

/* A source whose window is too small to tell is widened only when it shows, as nothing seeks then.
 */
static enum leat_status recognize(struct peel *self, struct found *ret)
{
    struct leat_reader *r = &self->reader;
    enum leat_status status = finds(&self->sight, leat_view_unlock(r), &self->options, ret);
    if (status == LEAT_LIMIT) {
        r->below = leat_widen(r->below, probe_len_max());
        r->window_max = r->below->window_max;
        status = finds(&self->sight, r->below, &self->options, ret);
    }
    leat_view_lock(r);
    show_nothing(self);
    leat_assert(status != LEAT_LIMIT);
    return status;
}

/* Put a decoder between this view and what it shows. */
static void stack(struct peel *self, const struct leat_format *format)
{
    struct leat_reader *r = &self->reader;
    struct leat_reader *below = leat_view_unlock(r);
    r->below = leat_pull(below, format->decoder, NULL);
    self->peeled.decoded[self->peeled.decoded_len++] = format;
    self->options.name.len -= leat_format_ending(format, self->options.name);
    r->end_offset = 0;
    r->window_max = r->below->window_max;
    leat_view_lock(r);
    show_nothing(self);
}

static enum leat_status look(struct peel *self)
{
    struct leat_reader *r = &self->reader;
    while (!self->looked) {
        struct found found;
        enum leat_status status = recognize(self, &found);
        const struct leat_format *format = found.format;
        if (status != LEAT_OK)
            return status;
        if (format == NULL || format->decoder == NULL) {
            self->peeled.container = format;
            self->peeled.behind = found.behind;
            self->looked = true;
            break;
        }
        if (self->peeled.decoded_len >= r->ctx->limits.depth_max ||
            self->peeled.decoded_len >= LEAT_PEEL_LAYERS_MAX) {
            self->looked = true;
            r->tail = LEAT_TAIL_FAULT;
            return leat_reader_fails(r, LEAT_FAULT_BOUND, "more layers than the limit allows", 0);
        }
        stack(self, format);
        self->looked = (format->traits & LEAT_FORMAT_TEXT) != 0;
    }
    return r->tail == LEAT_TAIL_FAULT ? LEAT_FAULT : LEAT_OK;
}

static enum leat_status peel_fill(struct leat_reader *r, size_t min)
{
    struct peel *self = (struct peel *)r;
    enum leat_status status = look(self);
    if (status == LEAT_OK)
        status = leat_view_ends(r, UINT64_MAX, leat_view_fill(r, min, UINT64_MAX));
    return status;
}

static enum leat_status peel_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    enum leat_status status = look((struct peel *)r);
    return status == LEAT_OK ? leat_view_skip(r, n, UINT64_MAX, ret_done) : status;
}

/* Random access is what is left of it below. */
static enum leat_status peel_seek(struct leat_reader *r, uint64_t offset)
{
    enum leat_status status = look((struct peel *)r);
    if (status != LEAT_OK)
        return status;
    status = leat_seek(leat_view_unlock(r), offset);
    leat_view_lock(r);
    if (status == LEAT_OK) {
        r->pos = r->end = r->below->pos;
        r->end_offset = offset;
    }
    leat_view_show(r, UINT64_MAX);
    return status;
}

static enum leat_status peel_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                  struct leat_reader **ret)
{
    enum leat_status status = look((struct peel *)r);
    if (status != LEAT_OK)
        return status;
    status = leat_fork(leat_view_unlock(r), ctx, ret);
    leat_view_lock(r);
    leat_view_show(r, UINT64_MAX);
    return status;
}

static enum leat_status peel_size(struct leat_reader *r, uint64_t *ret)
{
    enum leat_status status = look((struct peel *)r);
    if (status != LEAT_OK)
        return status;
    status = leat_size(leat_view_unlock(r), ret);
    leat_view_lock(r);
    leat_view_show(r, UINT64_MAX);
    return status;
}

static void peel_stop(struct leat_reader *r)
{
    far_look_fini(&((struct peel *)r)->sight.far);
}

struct leat_reader *leat_peel(struct leat_reader *src, const struct leat_peel_options *options)
{
    static const struct leat_reader_ops ops = {
        .name = "peel",
        .self_size = sizeof(struct peel),
        .view = true,
        .fill = peel_fill,
        .skip = peel_skip,
        .share = leat_view_share,
        .seek = peel_seek,
        .fork = peel_fork,
        .size = peel_size,
        .stop = peel_stop,
    };
    struct peel *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    if (options != NULL)
        self->options = *options;
    self->reader.end_offset = leat_tell(src);
    self->reader.origin = self->reader.end_offset;
    return &self->reader;
}

/* Without memory for its own struct, a peel is the dead source: nothing to look at. */
static struct peel *peel_of(struct leat_reader *r)
{
    return r->state & LEAT_READER_DEAD ? NULL : (struct peel *)r;
}

enum leat_status leat_peel_look(struct leat_reader *r, const struct leat_peeled **ret)
{
    struct peel *self = peel_of(r);
    if (self == NULL)
        return LEAT_FAULT;
    enum leat_status status = look(self);
    if (status == LEAT_OK)
        *ret = &self->peeled;
    return status;
}

/* The reader of a layer that came off, counted from the outermost: each stands on the one around
 * it, or on what widens that, and the innermost is what the peel shows. */
static struct leat_reader *layer_of(const struct peel *self, unsigned i)
{
    struct leat_reader *layer = self->reader.below;
    for (unsigned n = self->peeled.decoded_len;; layer = layer->below) {
        n -= layer->part == self->peeled.decoded[n - 1]->decoder->name;
        if (n == i)
            return layer;
    }
}

enum leat_status leat_peel_trailing(struct leat_reader *r, struct leat_fault *ret)
{
    struct peel *self = peel_of(r);
    if (self == NULL || r->tail != LEAT_TAIL_END)
        return LEAT_END;
    for (unsigned i = 0; i < self->peeled.decoded_len; i++) {
        struct leat_reader *layer = layer_of(self, i);
        if (layer->tail != LEAT_TAIL_END)
            return LEAT_END;
        struct leat_span rest;
        enum leat_status status = leat_peek(layer->below, 1, &rest);
        if (status == LEAT_AGAIN)
            return status;
        if (status == LEAT_OK) {
            *ret = (struct leat_fault){
                .code = LEAT_FAULT_CORRUPT,
                .part = self->peeled.decoded[i]->name,
                .reason = "bytes after the end, ignored",
                .name = leat_reader_label(layer->below),
                .offset = leat_tell(layer->below),
            };
            return LEAT_OK;
        }
    }
    return LEAT_END;
}
