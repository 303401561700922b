/* A fiber that writes, as a reader. */

#include "leat/fiber/pipe.h"

#include <errno.h>

struct generator {
    struct leat_writer *out;
    enum leat_status (*entry)(struct leat_writer *out, void *arg);
    void *arg;
};

static void generator_runs(void *arg)
{
    struct generator *generator = arg;
    struct generator self = *generator;
    leat_deallocate(&self.out->ctx->alloc, generator);
    enum leat_status status = self.entry(self.out, self.arg);
    bool finished = (self.out->state & LEAT_WRITER_FINISHED) != 0;
    if (status == LEAT_OK && !finished)
        status = leat_flush(self.out, LEAT_FLUSH_FINISH);
    /* What did not get to its end says so to the reader by being closed. */
    leat_writer_close(self.out);
}

struct leat_reader *leat_generate(struct leat_ctx *ctx, struct leat_scope *scope,
                                  enum leat_status (*entry)(struct leat_writer *out, void *arg),
                                  void *arg)
{
    struct leat_reader *reader;
    struct leat_writer *out;
    leat_assert(entry != NULL);
    leat_assert(ctx->engine == leat_fibers_engine(scope->fibers));
    leat_pipe(ctx, NULL, &reader, &out);
    if (reader == &ctx->no_reader)
        return reader;
    struct leat_fault fault = { .code = LEAT_FAULT_MEMORY, .part = "generate" };
    struct generator *generator = leat_allocate(&ctx->alloc, sizeof(*generator));
    enum leat_status status = LEAT_FAULT;
    if (generator != NULL) {
        *generator = (struct generator){ .out = out, .entry = entry, .arg = arg };
        status = leat_scope_spawn(scope, generator_runs, generator);
    }
    if (status == LEAT_OK)
        return reader;
    if (status == LEAT_LIMIT) {
        fault.code = LEAT_FAULT_BOUND;
        fault.reason = "there are as many fibers as there may be";
    } else if (leat_scope_is_cancelled(scope)) {
        fault.code = LEAT_FAULT_CANCELLED;
        fault.system_code = ECANCELED;
        fault.reason = "cancelled";
    }
    leat_deallocate(&ctx->alloc, generator);
    leat_pipe_fail(out, &fault);
    leat_writer_close(out);
    return reader;
}
