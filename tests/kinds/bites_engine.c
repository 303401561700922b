/* Polled engines in which one operation is another. */

#include "leat/engine/polled.h"
#include "tests/kinds/bites.h"

/* As the engine does that is broken in something else. */
static struct leat_io polled_run(struct leat_engine *engine, struct leat_op *op)
{
    struct leat_polled polled;
    (void)engine;
    leat_polled_init(&polled);
    return leat_engine_run(&polled.engine, op);
}

static struct leat_engine *open_engine(void *memory, const struct leat_engine_ops *change)
{
    static struct leat_engine_ops ops;
    struct leat_polled *polled = memory;
    leat_polled_init(polled);
    ops = *polled->engine.ops;
    ops.name = change->name;
    ops.run = change->run != NULL ? change->run : ops.run;
    ops.disarm = change->disarm != NULL ? change->disarm : ops.disarm;
    polled->engine.ops = &ops;
    return &polled->engine;
}

static enum leat_status turn(struct leat_engine *engine, int64_t timeout_ns)
{
    return leat_polled_turn((struct leat_polled *)engine, timeout_ns);
}

/* Says that all was written of which it wrote the first piece. */
static struct leat_io boasts_run(struct leat_engine *engine, struct leat_op *op)
{
    const struct leat_span *pieces = op->write.pieces;
    unsigned pieces_len = op->write.pieces_len;
    if (op->code != LEAT_OP_WRITE)
        return polled_run(engine, op);
    struct leat_io io =
        leat_engine_write(&leat_engine_blocking, op->fd, pieces, pieces_len > 1 ? 2 : 1);
    for (unsigned i = 2; io.status == LEAT_OK && i < pieces_len; i++)
        io.bytes += pieces[i].len;
    return io;
}

static struct leat_engine *open_boasts(void *memory, uint64_t seed)
{
    (void)seed;
    return open_engine(memory, &(struct leat_engine_ops){ .name = "boasts", .run = boasts_run });
}

/* Fires what was disarmed. */
static void keeps_disarm(struct leat_engine *engine, struct leat_wake *wake)
{
    (void)engine;
    (void)wake;
}

static struct leat_engine *open_keeps(void *memory, uint64_t seed)
{
    (void)seed;
    return open_engine(memory,
                       &(struct leat_engine_ops){ .name = "keeps", .disarm = keeps_disarm });
}

/* Is ready whatever is asked. */
static struct leat_io nods_run(struct leat_engine *engine, struct leat_op *op)
{
    if (op->code == LEAT_OP_WAIT)
        return (struct leat_io){ .status = LEAT_OK };
    return polled_run(engine, op);
}

static struct leat_engine *open_nods(void *memory, uint64_t seed)
{
    (void)seed;
    return open_engine(memory, &(struct leat_engine_ops){ .name = "nods", .run = nods_run });
}

#define ENGINE(of)                                                                                 \
    {                                                                                              \
        { .name = #of, .size = sizeof(struct leat_polled), .open = open_##of, .turn = turn },      \
            { 0 },                                                                                 \
    }

const struct kind_engine bite_boasts[] = ENGINE(boasts);
const struct kind_engine bite_keeps[] = ENGINE(keeps);
const struct kind_engine bite_nods[] = ENGINE(nods);
