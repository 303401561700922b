/* Connections and pipes: bytes on their way, in segments that come one after another, and what the
 * two ends see of each other. */

#include <errno.h>

#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/engine/sim/state.h"

#define NS_PER_S ((uint64_t)1000000000)

/* How long bytes are sent again and again before their connection is given up. */
#define GIVE_UP_NS (900 * NS_PER_S)

/* A put is sent in so many segments at most. */
enum { PUT_SEGMENTS_MAX = 8 };

static struct sim_flow *flow_to(struct sim_stream *stream, unsigned side)
{
    return &stream->flows[1 - side];
}

static bool is_idle(const struct sim_flow *flow)
{
    return flow->segments_len == 0 && !flow->reset && (!flow->fin || flow->fin_arrived);
}

/* What is under way is dropped, and nothing more comes. */
static void flow_drop(struct sim *sim, struct sim_flow *flow)
{
    leat_sim_unschedule(sim, &flow->arrival);
    flow->segments_len = 0;
    flow->written = flow->cut = flow->arrived;
    flow->fin = flow->reset = flow->stalled = false;
}

static void end_breaks(struct sim *sim, struct sim_stream *stream, unsigned side, int error)
{
    struct sim_end *end = &stream->ends[side];
    if (!end->open || end->error != 0)
        return;
    uint64_t fd = end->descriptor != NULL ? (uint64_t)end->descriptor->fd : 0;
    end->error = error;
    if (!stream->flows[side].reset) /* the other end is still to hear of it */
        flow_drop(sim, &stream->flows[side]);
    leat_sim_says(sim, "breaks", "", fd, (uint64_t)error, 0);
    leat_sim_wake(sim, end->descriptor);
}

/* --- What comes --- */

static void schedule_next(struct sim *sim, struct sim_flow *flow)
{
    if (is_idle(flow) || flow->arrival.scheduled || flow->stalled)
        return;
    uint64_t at_ns = flow->last_at_ns;
    if (!flow->reset && flow->segments_len > 0)
        at_ns = flow->segments[flow->segments_first].at_ns;
    leat_sim_schedule(sim, &flow->arrival, at_ns > sim->now_ns ? at_ns - sim->now_ns : 0);
}

/* The news that the connection broke overtakes nothing that came already, and all that did not. */
static void reset_goes(struct sim *sim, struct sim_stream *stream, unsigned to)
{
    struct sim_flow *flow = flow_to(stream, to);
    if (!stream->ends[to].open || stream->ends[to].error != 0 || flow->reset)
        return;
    flow_drop(sim, flow);
    flow->reset = true;
    flow->last_at_ns = sim->now_ns + leat_sim_latency_ns(sim, stream);
    schedule_next(sim, flow);
}

static void reset_comes(struct sim *sim, struct sim_stream *stream, unsigned side)
{
    struct sim_flow *flow = flow_to(stream, side);
    flow->reset = false;
    /* Some systems still show what had come, and some do not. */
    if (leat_sim_below(sim, 2) == 0)
        flow->consumed = flow->arrived;
    end_breaks(sim, stream, side, ECONNRESET);
}

static void segments_come(struct sim *sim, struct sim_stream *stream, unsigned side)
{
    struct sim_flow *flow = flow_to(stream, side);
    if (flow->segments_len == SIM_SEGMENTS_MAX)
        leat_sim_wake(sim, stream->ends[1 - side].descriptor);
    while (flow->segments_len > 0 && flow->segments[flow->segments_first].at_ns <= sim->now_ns) {
        flow->arrived = flow->segments[flow->segments_first].end;
        flow->segments_first = (flow->segments_first + 1) % SIM_SEGMENTS_MAX;
        flow->segments_len--;
    }
    if (flow->segments_len == 0 && flow->fin && flow->last_at_ns <= sim->now_ns)
        flow->fin_arrived = true;
    leat_assert(flow->arrived <= flow->cut);
    leat_sim_wake(sim, stream->ends[side].descriptor);
}

/* Nothing comes through: it is given up some time. */
static void stalls(struct sim *sim, struct sim_stream *stream, struct sim_flow *flow)
{
    flow->stalled = true;
    if (!stream->giving_up.scheduled)
        leat_sim_schedule(sim, &stream->giving_up, GIVE_UP_NS);
}

static void comes(struct sim *sim, struct sim_stream *stream, unsigned side)
{
    struct sim_flow *flow = flow_to(stream, side);
    struct sim_end *end = &stream->ends[side];
    bool is_news = flow->segments_len > 0;
    if (leat_sim_is_cut(sim, stream)) {
        stalls(sim, stream, flow);
        return;
    }
    if (flow->reset) {
        reset_comes(sim, stream, side);
        return;
    }
    if (end->open && end->error == 0) {
        segments_come(sim, stream, side);
        schedule_next(sim, flow);
        return;
    }
    /* Nobody is there to read it: the sender hears of that. */
    flow_drop(sim, flow);
    flow->consumed = flow->arrived;
    if (is_news)
        reset_goes(sim, stream, 1 - side);
}

static void comes_to_first(struct sim *sim, struct sim_event *event)
{
    comes(sim, LEAT_CONTAINER_OF(event, struct sim_stream, flows[1].arrival), 0);
}

static void comes_to_second(struct sim *sim, struct sim_event *event)
{
    comes(sim, LEAT_CONTAINER_OF(event, struct sim_stream, flows[0].arrival), 1);
}

static void gives_up(struct sim *sim, struct sim_event *event)
{
    struct sim_stream *stream = LEAT_CONTAINER_OF(event, struct sim_stream, giving_up);
    for (unsigned side = 0; side < 2; side++) {
        if (stream->flows[side].stalled)
            end_breaks(sim, stream, side, ETIMEDOUT);
    }
}

void leat_sim_heal(struct leat_loop *loop)
{
    struct sim *sim = sim_of(loop);
    sim->cut_all = false;
    sim->cuts_len = 0;
    leat_sim_says(sim, "heal", "", 0, 0, 0);
    for (struct sim_stream *stream = sim->streams; stream != NULL; stream = stream->next) {
        leat_sim_unschedule(sim, &stream->giving_up);
        for (unsigned side = 0; side < 2; side++) {
            struct sim_flow *flow = &stream->flows[side];
            if (!flow->stalled)
                continue;
            flow->stalled = false;
            leat_sim_schedule(sim, &flow->arrival, leat_sim_latency_ns(sim, stream));
        }
    }
}

/* --- Making and leaving --- */

struct sim_stream *leat_sim_stream_create(struct sim *sim)
{
    const struct leat_alloc *alloc = &sim->loop.alloc;
    struct sim_stream *stream = leat_allocate(alloc, sizeof(*stream));
    if (stream == NULL)
        return NULL;
    stream->flows[0].arrival.fire = comes_to_second;
    stream->flows[1].arrival.fire = comes_to_first;
    stream->giving_up.fire = gives_up;
    stream->flows[0].bytes = leat_allocate(alloc, sim->window);
    stream->flows[1].bytes = leat_allocate(alloc, sim->window);
    stream->next = sim->streams;
    stream->link = &sim->streams;
    if (stream->next != NULL)
        stream->next->link = &stream->next;
    sim->streams = stream;
    if (stream->flows[0].bytes != NULL && stream->flows[1].bytes != NULL)
        return stream;
    leat_sim_stream_destroy(sim, stream);
    return NULL;
}

void leat_sim_stream_destroy(struct sim *sim, struct sim_stream *stream)
{
    const struct leat_alloc *alloc = &sim->loop.alloc;
    leat_assert(!stream->ends[0].open && !stream->ends[1].open);
    leat_sim_unschedule(sim, &stream->call);
    leat_sim_unschedule(sim, &stream->giving_up);
    for (unsigned i = 0; i < 2; i++) {
        leat_sim_unschedule(sim, &stream->flows[i].arrival);
        leat_deallocate(alloc, stream->flows[i].bytes);
    }
    *stream->link = stream->next;
    if (stream->next != NULL)
        stream->next->link = stream->link;
    leat_deallocate(alloc, stream);
}

static void fin_goes(struct sim *sim, struct sim_stream *stream, unsigned from)
{
    struct sim_flow *flow = &stream->flows[from];
    stream->ends[from].shut = true;
    if (flow->fin || flow->reset)
        return;
    uint64_t at_ns = sim->now_ns + leat_sim_latency_ns(sim, stream);
    flow->fin = true;
    flow->last_at_ns = at_ns > flow->last_at_ns ? at_ns : flow->last_at_ns;
    schedule_next(sim, flow);
}

void leat_sim_stream_leave(struct sim *sim, struct sim_stream *stream, unsigned side)
{
    struct sim_end *end = &stream->ends[side];
    struct sim_flow *in = flow_to(stream, side);
    leat_assert(end->open);
    bool unread = in->arrived > in->consumed;
    end->open = false;
    end->descriptor = NULL;
    if (!stream->ends[1 - side].open) {
        leat_sim_stream_destroy(sim, stream);
        return;
    }
    if (stream->is_pipe && side == 0)
        end_breaks(sim, stream, 1, EPIPE);
    else if (end->error == 0 && unread)
        reset_goes(sim, stream, 1 - side);
    else if (end->error == 0)
        fin_goes(sim, stream, side);
}

void leat_sim_stream_break(struct sim *sim, struct sim_stream *stream)
{
    for (unsigned side = 0; side < 2; side++) {
        if (stream->progress == SIM_CONNECTED)
            reset_goes(sim, stream, side);
    }
}

/* --- Reading and writing --- */

static bool is_connected(const struct sim_descriptor *d)
{
    return d->stream != NULL && (d->side == 1 || d->stream->progress == SIM_CONNECTED);
}

/* What there is to say before it is connected: wait, or that it never will be. */
static struct leat_io not_connected(const struct sim_descriptor *d, enum leat_status waits,
                                    int code)
{
    if (d->stream == NULL || d->stream->progress == SIM_FAILED)
        return leat_io_fault(code);
    return (struct leat_io){ .status = waits };
}

struct leat_io leat_sim_stream_ready(const struct sim_descriptor *d)
{
    if (!is_connected(d))
        return not_connected(d, LEAT_AGAIN, ENOTCONN);
    const struct sim_flow *in = &d->stream->flows[1 - d->side];
    if (in->arrived > in->consumed)
        return (struct leat_io){ .status = LEAT_OK, .bytes = (size_t)(in->arrived - in->consumed) };
    if (d->stream->ends[d->side].error != 0)
        return leat_io_fault(d->stream->ends[d->side].error);
    return (struct leat_io){ .status = in->fin_arrived ? LEAT_END : LEAT_AGAIN };
}

struct leat_io leat_sim_stream_room(struct sim *sim, const struct sim_descriptor *d)
{
    if (!is_connected(d))
        return not_connected(d, LEAT_FULL, EPIPE);
    const struct sim_flow *out = &d->stream->flows[d->side];
    int error = d->stream->ends[d->side].error;
    if (error == ECONNRESET) /* the first to ask hears why, the others that it is over */
        return leat_io_fault(leat_sim_below(sim, 4) == 0 ? ECONNRESET : EPIPE);
    if (error != 0 || d->stream->ends[d->side].shut)
        return leat_io_fault(error != 0 ? error : EPIPE);
    size_t room = sim->window - (size_t)(out->written - out->consumed);
    if (room == 0 || out->segments_len == SIM_SEGMENTS_MAX)
        return (struct leat_io){ .status = LEAT_FULL };
    return (struct leat_io){ .status = LEAT_OK, .bytes = room };
}

void leat_sim_stream_take(struct sim *sim, struct sim_descriptor *d, uint8_t *to, size_t len)
{
    struct sim_flow *in = &d->stream->flows[1 - d->side];
    leat_assert(len <= in->arrived - in->consumed);
    size_t at = (size_t)(in->consumed % sim->window);
    size_t first = len < sim->window - at ? len : sim->window - at;
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, to, in->bytes + at, first);
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, to + first, in->bytes, len - first);
    in->consumed += len;
    leat_sim_wake(sim, d->stream->ends[1 - d->side].descriptor);
}

void leat_sim_stream_put(struct sim *sim, struct sim_descriptor *d, const uint8_t *from, size_t len)
{
    struct sim_flow *out = &d->stream->flows[d->side];
    leat_assert(len <= sim->window - (size_t)(out->written - out->consumed));
    size_t at = (size_t)(out->written % sim->window);
    size_t first = len < sim->window - at ? len : sim->window - at;
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, out->bytes + at, from, first);
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, out->bytes, from + first, len - first);
    out->written += len;
}

void leat_sim_stream_push(struct sim *sim, struct sim_descriptor *d)
{
    struct sim_flow *out = &d->stream->flows[d->side];
    if (out->reset) { /* it is broken, and this end has not heard yet */
        out->written = out->cut;
        return;
    }
    for (unsigned i = 0; i < PUT_SEGMENTS_MAX && out->cut < out->written; i++) {
        bool is_last = d->stream->is_pipe || i + 1 == PUT_SEGMENTS_MAX ||
                       out->segments_len + 1 == SIM_SEGMENTS_MAX;
        uint64_t left = out->written - out->cut;
        uint64_t at_ns = sim->now_ns + leat_sim_latency_ns(sim, d->stream);
        leat_assert(out->segments_len < SIM_SEGMENTS_MAX);
        out->cut += is_last || leat_sim_below(sim, 2) == 0 ? left : leat_sim_upto(sim, left);
        out->last_at_ns = at_ns > out->last_at_ns ? at_ns : out->last_at_ns;
        unsigned place = (out->segments_first + out->segments_len) % SIM_SEGMENTS_MAX;
        out->segments[place] = (struct sim_segment){ out->cut, out->last_at_ns };
        out->segments_len++;
    }
    leat_assert(out->cut == out->written);
    schedule_next(sim, out);
}

struct leat_io leat_sim_stream_shutdown(struct sim *sim, struct sim_descriptor *d)
{
    if (!is_connected(d) || d->stream->ends[d->side].error != 0)
        return leat_io_fault(ENOTCONN);
    fin_goes(sim, d->stream, d->side);
    return (struct leat_io){ .status = LEAT_OK };
}
