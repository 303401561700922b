#include "leat/container/foreign_flow.h"
#include "leat/container/libarchive.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "leat/container/scan.h"

/* libarchive may say that it needs another try. Each consumes some input, and no format has that
 * many headers in a row which are nothing. */
enum { RETRIES_MAX = 1000000 };

/* --- Inside: on the flow's own stack --- */

static void leave(struct leat_foreign_flow *flow)
{
    leat_switch_to(&flow->inside, &flow->outside);
}

static int64_t ask(struct leat_foreign_flow *flow, uint64_t past)
{
    if (flow->job == LEAT_FOREIGN_LEAVE)
        return ARCHIVE_FATAL;
    flow->wants = true;
    flow->wants_past = past;
    leave(flow);
    return flow->job == LEAT_FOREIGN_LEAVE ? ARCHIVE_FATAL : flow->answer;
}

static la_ssize_t on_read(struct archive *archive, void *user, const void **ret)
{
    struct leat_foreign_flow *flow = user;
    struct leat_span prelude = flow->prelude;
    int64_t len;
    (void)archive;
    if (prelude.len > 0) {
        flow->prelude.len = 0;
        *ret = prelude.data;
        return (la_ssize_t)prelude.len;
    }
    if (flow->ahead.len > 0) {
        *ret = flow->ahead.data;
        len = (int64_t)flow->ahead.len;
        flow->ahead.len = 0;
        return (la_ssize_t)len;
    }
    len = ask(flow, 0);
    *ret = flow->c->src->pos;
    if (len == 0 && flow->trailer.len > 0 && flow->passed == flow->source_len) {
        *ret = flow->trailer.data;
        len = (int64_t)flow->trailer.len;
    }
    return (la_ssize_t)len;
}

static la_int64_t on_skip(struct archive *archive, void *user, la_int64_t n)
{
    struct leat_foreign_flow *flow = user;
    (void)archive;
    if (n <= 0 || flow->prelude.len > 0 || flow->ahead.len > 0)
        return 0;
    int64_t skipped = ask(flow, (uint64_t)n);
    return skipped > 0 ? skipped : 0; /* what is wrong comes out at the read that follows */
}

/* It asks for the end to know that there are no more volumes, then for a place. */
static la_int64_t on_seek(struct archive *archive, void *user, la_int64_t offset, int whence)
{
    struct leat_foreign_flow *flow = user;
    (void)archive;
    if (whence == SEEK_END && offset == 0)
        return (la_int64_t)(flow->trailer_at + flow->trailer.len);
    if (whence != SEEK_SET || flow->passed > 0)
        return ARCHIVE_FATAL;
    if (offset == (la_int64_t)flow->trailer_at)
        flow->ahead = flow->trailer;
    else if (offset == (la_int64_t)flow->source_at)
        flow->ahead.len = 0;
    else
        return ARCHIVE_FATAL;
    flow->lent = 0;
    return offset;
}

static int begin(struct leat_foreign_flow *flow)
{
    struct archive *archive = flow->archive = leat_libarchive()->archive_read_new();
    flow->entry = leat_libarchive()->archive_entry_new2(archive);
    if (archive == NULL || flow->entry == NULL)
        return ARCHIVE_FATAL;
    flow->setup->support(archive);
    leat_libarchive()->archive_read_set_read_callback(archive, on_read);
    leat_libarchive()->archive_read_set_skip_callback(archive, on_skip);
    if (flow->trailer.data != NULL)
        leat_libarchive()->archive_read_set_seek_callback(archive, on_seek);
    leat_libarchive()->archive_read_set_callback_data(archive, flow);
    return leat_libarchive()->archive_read_open1(archive);
}

static int header(struct leat_foreign_flow *flow)
{
    int said = ARCHIVE_RETRY;
    for (unsigned i = 0; said == ARCHIVE_RETRY && i < RETRIES_MAX; i++)
        said = leat_libarchive()->archive_read_next_header2(flow->archive, flow->entry);
    return said;
}

static int block(struct leat_foreign_flow *flow)
{
    const void *data = NULL;
    size_t len = 0;
    la_int64_t at = 0;
    int said = ARCHIVE_RETRY;
    /* No bytes are no news: some formats say so before their end. */
    for (unsigned i = 0; i < RETRIES_MAX; i++) {
        said = leat_libarchive()->archive_read_data_block(flow->archive, &data, &len, &at);
        if (said != ARCHIVE_RETRY && (said != ARCHIVE_OK || len > 0))
            break;
    }
    bool some = (said == ARCHIVE_OK || said == ARCHIVE_WARN) && len > 0 && at >= 0;
    flow->block = (struct leat_span){ .data = data, .len = some ? len : 0 };
    flow->block_at = some ? (uint64_t)at : 0;
    return said;
}

static void run(void *arg)
{
    struct leat_foreign_flow *flow = arg;
    while (flow->job != LEAT_FOREIGN_LEAVE) {
        if (flow->job == LEAT_FOREIGN_BEGIN)
            flow->said = begin(flow);
        else
            flow->said = flow->job == LEAT_FOREIGN_HEADER ? header(flow) : block(flow);
        if (flow->job != LEAT_FOREIGN_LEAVE)
            leave(flow);
    }
    leat_libarchive()->archive_entry_free(flow->entry);
    leat_libarchive()->archive_read_free(flow->archive);
    leat_switch_leave(&flow->inside, &flow->outside);
}

/* --- Outside --- */

static locale_t utf8;

static void utf8_make(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

locale_t leat_foreign_locale(void)
{
    static pthread_once_t made = PTHREAD_ONCE_INIT;
    pthread_once(&made, utf8_make);
    return utf8;
}

/* Have the flow go on, in libarchive's locale, until it leaves. The thread's own is set for that
 * long, and the process's never. An ENOMEM of somebody else's libarchive would take for its own. */
static void enter(struct leat_foreign_flow *flow)
{
    locale_t before = uselocale(leat_foreign_locale());
    errno = 0;
    leat_switch_to(&flow->outside, &flow->inside);
    uselocale(before);
}

static enum leat_status flow_begins(struct leat_foreign_flow *flow)
{
    if (flow->stack != NULL)
        return LEAT_OK;
    leat_stacks_init(&flow->stacks, &(struct leat_stacks_options){
                                        .stack_size = LEAT_FOREIGN_STACK_SIZE,
                                    });
    if (leat_stacks_take(&flow->stacks, &flow->stack) != LEAT_OK)
        return LEAT_FAULT;
    leat_switch_init(&flow->inside, flow->stack->low, flow->stack->size, run, flow);
    return LEAT_OK;
}

/* The source's window, or as much of it as the part wants to be given. */
static enum leat_status flow_lends(struct leat_foreign_flow *flow)
{
    struct leat_container *c = flow->c;
    size_t min = 1;
    while (true) {
        struct leat_span window;
        enum leat_status status = leat_scan_peek(c, min, &window);
        if (status == LEAT_AGAIN || window.len == 0)
            return status;
        bool all = status != LEAT_OK;
        flow->lent = window.len;
        if (flow->setup->lends != NULL)
            flow->lent = flow->setup->lends(c, window, leat_tell(c->src), all, &min);
        leat_assert(flow->lent <= window.len);
        if (flow->lent > 0)
            return LEAT_OK;
        leat_assert(!all && min > window.len);
    }
}

/* A callback wants bytes: OK when there is an answer, or AGAIN. */
static enum leat_status flow_answers(struct leat_foreign_flow *flow)
{
    enum leat_status status;
    uint64_t done = 0;
    leat_consume(flow->c->src, flow->lent);
    flow->passed += flow->lent;
    flow->lent = 0;
    if (flow->wants_past > 0) {
        status = leat_skip(flow->c->src, flow->wants_past, &done);
        flow->passed += done;
        if (status == LEAT_AGAIN && done > 0)
            status = LEAT_OK;
    } else {
        status = flow_lends(flow);
        done = flow->lent;
    }
    if (status == LEAT_AGAIN)
        return LEAT_AGAIN;
    flow->source = status;
    flow->answer = status == LEAT_FAULT ? ARCHIVE_FATAL : (int64_t)done;
    flow->wants = false;
    return LEAT_OK;
}

void leat_foreign_flow_init(struct leat_foreign_flow *flow, struct leat_container *c,
                            const struct leat_foreign_setup *setup)
{
    *flow = (struct leat_foreign_flow){ .c = c, .setup = setup };
}

enum leat_status leat_foreign_flow_does(struct leat_foreign_flow *flow, enum leat_foreign_job job)
{
    leat_assert(job == LEAT_FOREIGN_BEGIN || flow->archive != NULL);
    leat_assert(flow->job == LEAT_FOREIGN_NOTHING || flow->job == job);
    if (flow_begins(flow) != LEAT_OK)
        return LEAT_FAULT;
    flow->job = job;
    do {
        if (flow->wants && flow_answers(flow) != LEAT_OK)
            return LEAT_AGAIN;
        enter(flow);
    } while (flow->wants);
    flow->job = LEAT_FOREIGN_NOTHING;
    return LEAT_OK;
}

void leat_foreign_flow_fini(struct leat_foreign_flow *flow)
{
    if (flow->stack == NULL)
        return;
    flow->job = LEAT_FOREIGN_LEAVE;
    enter(flow);
    leat_switch_fini(&flow->inside);
    leat_stacks_give(&flow->stacks, flow->stack);
    leat_stacks_fini(&flow->stacks);
    *flow = (struct leat_foreign_flow){ .c = flow->c, .setup = flow->setup };
}
