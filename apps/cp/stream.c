#include "apps/cp/stream.h"

#include <string.h>

#include "apps/cp/route.h"
#include "leat/endpoint/descriptor/descriptor.h"

struct stream {
    struct output out;
    struct sink sink;
    struct item last; /* what it is a copy of, but for its bytes */
    uint64_t files;   /* that came */
    bool damaged;     /* one of them could not be read whole */
    uint64_t done;    /* their bytes, one after another */
    struct gaps gaps;
};

static void stream_put(struct output *out, const struct item *item)
{
    struct stream *self = (struct stream *)out;
    struct cp *cp = out->cp;
    if (item->reader == NULL) {
        if (item->about.kind != LEAT_ENTRY_FOLDER || self->files == 0)
            cp_tell(cp, item->place,
                    item->about.kind == LEAT_ENTRY_FOLDER
                        ? "a folder: name a folder or an archive to copy it to"
                        : "no file: not copied");
        cp->stopped = true;
        return;
    }
    struct route route = { .done = self->done, .gaps = self->gaps };
    self->files++;
    self->last = (struct item){ .about = item->about, .dated = item->dated };
    route_to_writer(&route, cp, item, self->sink.writer, UINT64_MAX);
    self->done = route.done;
    self->gaps = route.gaps;
    if (route.end == ROUTE_TARGET_FAILED) {
        sink_fails(&self->sink, &route.fault);
    } else if (route.end == ROUTE_SOURCE_FAILED) {
        self->damaged = true;
    } else {
        const struct leat_writer *w = self->sink.writer;
        cp_say(cp, item, cp_text(self->sink.label), leat_descriptor_route(w));
    }
}

/* What could be read is not lost, and does not look whole. */
static void leaves_part(struct stream *self)
{
    struct cp *cp = self->out.cp;
    struct target *target = &self->sink.target;
    target->keeps =
        cp->flags.check == NULL && leat_flush(self->sink.writer, LEAT_FLUSH_FINISH) == LEAT_OK;
    if (!target_drop(target))
        return;
    struct term_buffer part = { 0 };
    const char *path = self->sink.label;
    term_put(&part, path, strlen(path) - strlen(target->name));
    term_puts(&part, target->temporary);
    gaps_tell(cp, (struct leat_span){ (const uint8_t *)part.data, part.len },
              "as far as it could be read", &self->gaps);
    term_buffer_fini(&part);
}

static void stream_finish(struct output *out)
{
    struct stream *self = (struct stream *)out;
    if (self->files == 0)
        return; /* why was told */
    /* What a file holds is to be whole; a pipe has had it already. */
    if (self->damaged && self->sink.target.fd >= 0) {
        leaves_part(self);
        return;
    }
    if (leat_flush(self->sink.writer, LEAT_FLUSH_FINISH) == LEAT_FAULT)
        sink_fails(&self->sink, leat_writer_fault(self->sink.writer));
    else
        sink_completes(&self->sink, self->files == 1 ? &self->last : NULL);
}

static void stream_close(struct output *out)
{
    struct stream *self = (struct stream *)out;
    sink_close(&self->sink);
    free(self);
}

struct output *output_to_stream(struct cp *cp, struct sink *sink)
{
    static const struct output_ops ops = {
        .put = stream_put,
        .finish = stream_finish,
        .close = stream_close,
    };
    struct stream *self = malloc(sizeof(*self));
    if (self == NULL) {
        sink_close(sink);
        cp_tell_memory(cp);
        return NULL;
    }
    *self = (struct stream){ .out = { &ops, cp }, .sink = *sink };
    return &self->out;
}
