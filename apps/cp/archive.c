#include "apps/cp/archive.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apps/cp/holes.h"
#include "apps/cp/mend.h"
#include "apps/cp/name.h"
#include "apps/cp/route.h"
#include "leat/container/pack.h"
#include "leat/stage/spool/spool.h"

struct archive {
    struct output out;
    struct sink sink;
    struct leat_pack *pack;
    struct term_buffer name; /* of the entry: clean */
};

/* The packer failed, or it refuses one entry and goes on. */
static void fails(struct archive *self, const struct item *item)
{
    const struct leat_fault *fault = leat_pack_fault(self->pack);
    if (leat_pack_refused(self->pack))
        cp_tell_fault(self->out.cp, item->place, fault);
    else
        sink_fails(&self->sink, fault);
}

/* Say what an entry is worth whose source was damaged, gave out, or has become shorter. */
static void tells_damage(struct cp *cp, const struct item *item, const struct route *route,
                         bool short_of_it)
{
    if (route->end == ROUTE_WHOLE && short_of_it)
        cp_tell(cp, item->place, "became shorter while it was read");
    if (short_of_it)
        gaps_tell(cp, item->place, "packed with zeros at its end for what is missing",
                  &route->gaps);
    else if (route->end == ROUTE_SOURCE_FAILED)
        gaps_tell(cp, item->place, "packed all the same, as far as it could be read", &route->gaps);
}

/* Zeros stand for what is missing of an entry of `size` bytes, so that the archive is one. */
static void fills_up(struct archive *self, struct leat_writer *w, const struct route *route,
                     const struct item *item, uint64_t size)
{
    static const uint8_t zeros[4096];
    bool short_of_it = size != LEAT_SIZE_UNKNOWN && route->done < size;
    tells_damage(self->out.cp, item, route, short_of_it);
    enum leat_status status = LEAT_OK;
    for (uint64_t left = short_of_it ? size - route->done : 0; left > 0 && status == LEAT_OK;) {
        size_t some;
        status = leat_write(w, zeros, left < sizeof(zeros) ? (size_t)left : sizeof(zeros), &some);
        left -= some;
    }
}

/* How many bytes of it are written. */
static uint64_t bytes_of(const struct leat_entry *about)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < about->pieces_len; i++)
        sum += about->pieces[i].len;
    return about->pieces != NULL ? sum : about->size;
}

/* Write the bytes of the entry that is begun; what is wrong with them may be known already. */
static void put_bytes(struct archive *self, const struct item *item, struct leat_writer *w,
                      struct route route)
{
    bool bytes = item->reader != NULL && item->about.kind == LEAT_ENTRY_FILE;
    if (bytes && item->about.pieces != NULL)
        route_pieces(&route, self->out.cp, item, w);
    else if (bytes)
        route_to_writer(&route, self->out.cp, item, w, item->about.size);
    if (route.end != ROUTE_TARGET_FAILED && bytes)
        fills_up(self, w, &route, item, bytes_of(&item->about));
    if (leat_pack_end(self->pack) != LEAT_OK)
        fails(self, item);
    else
        cp_say(self->out.cp, item, item->name, NULL);
}

/* A format that must know a size beforehand gets it from a spool of all that can be read, which
 * becomes the item's reader. False: it could not be known. */
static bool spools(struct cp *cp, struct item *item, const struct item *given, struct mend *mend)
{
    item->reader = leat_spool(mend_item(mend, cp, given), 0);
    if (leat_size(item->reader, &item->about.size) == LEAT_OK)
        return true;
    cp_tell_fault(cp, item->place, leat_reader_fault(item->reader));
    return false;
}

static bool clean(struct archive *self, struct item *item)
{
    switch (name_clean(&self->name, item->name)) {
    case NAME_EMPTY:
        return false;
    case NAME_LEAVES:
    case NAME_BROKEN:
        cp_tell(self->out.cp, item->place, "no name for an entry: not copied");
        return false;
    case NAME_GOOD:
    case NAME_ABSOLUTE:
        break;
    }
    item->name = (struct leat_span){ (uint8_t *)self->name.data, self->name.len };
    item->about.name = item->name;
    if (item->about.mode == 0)
        item->about.mode = target_mode(self->out.cp, &item->about);
    if (!item->dated && item->about.mtime_s == 0)
        item->about.mtime_s = (int64_t)time(NULL);
    item->about.mtime_ns = self->out.cp->flags.preserve ? item->about.mtime_ns : 0;
    return true;
}

/* Whether the format has no such entry, and there are bytes to make another of. */
static bool is_refused(const struct archive *self, enum leat_status status, const struct item *item)
{
    return status == LEAT_FAULT && leat_pack_refused(self->pack) && item->reader != NULL;
}

/* Begin the entry, as another one where the format refuses it. False, told: it is not copied. */
static bool begins(struct archive *self, struct item *item, const struct item *given,
                   struct mend *mend, struct leat_writer **ret_writer)
{
    enum leat_status status = leat_pack_entry(self->pack, &item->about, ret_writer);
    if (is_refused(self, status, item) && item->about.kind == LEAT_ENTRY_HARD_LINK) {
        item->about.kind = LEAT_ENTRY_FILE;
        status = leat_pack_entry(self->pack, &item->about, ret_writer);
    }
    if (is_refused(self, status, item) && item->about.size == LEAT_SIZE_UNKNOWN) {
        if (!spools(self->out.cp, item, given, mend))
            return false;
        status = leat_pack_entry(self->pack, &item->about, ret_writer);
    }
    if (status != LEAT_OK)
        fails(self, item);
    return status == LEAT_OK;
}

static void archive_put(struct output *out, const struct item *given)
{
    struct archive *self = (struct archive *)out;
    struct leat_writer *w;
    struct mend mend = { .damaged = false };
    struct leat_piece *pieces = NULL;
    struct item item = *given;
    if (!clean(self, &item))
        return;
    if (item.about.kind == LEAT_ENTRY_FILE && leat_pack_is_sparse(self->pack) &&
        holes_pieces(&item, &pieces, &item.about.pieces_len))
        item.about.pieces = pieces;
    if (begins(self, &item, given, &mend, &w)) {
        const struct route so_far = {
            .end = mend.damaged ? ROUTE_SOURCE_FAILED : ROUTE_WHOLE,
            .gaps = mend.gaps,
        };
        put_bytes(self, &item, w, so_far);
    }
    if (item.reader != given->reader)
        leat_reader_close(item.reader);
    free(pieces);
}

static void archive_finish(struct output *out)
{
    struct archive *self = (struct archive *)out;
    if (leat_pack_finish(self->pack) == LEAT_OK)
        sink_completes(&self->sink, NULL);
    else
        sink_fails(&self->sink, leat_pack_fault(self->pack));
}

static void archive_close(struct output *out)
{
    struct archive *self = (struct archive *)out;
    leat_pack_close(self->pack);
    sink_close(&self->sink);
    term_buffer_fini(&self->name);
    free(self);
}

struct output *output_to_archive(struct cp *cp, struct sink *sink, const struct ending *ending)
{
    static const struct output_ops ops = {
        .put = archive_put,
        .finish = archive_finish,
        .close = archive_close,
    };
    struct archive *self = malloc(sizeof(*self));
    if (self == NULL) {
        sink_close(sink);
        cp_tell_memory(cp);
        return NULL;
    }
    const struct leat_pack_options options = {
        .level = ending->encoders_len == 0 ? (int)flags_number_or(cp->flags.level, 0) : 0,
        .stored = cp->flags.no_compress,
    };
    *self = (struct archive){ .out = { &ops, cp }, .sink = *sink };
    self->pack = ending->archive->pack(sink->writer, &options);
    self->sink.writer = NULL;
    return &self->out;
}
