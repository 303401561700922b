#ifndef TESTS_KINDS_BENCH_H
#define TESTS_KINDS_BENCH_H

#include <pthread.h>

#include "tests/kinds/kinds.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

/* Where one row is tried: a ctx that counts, an engine, and somebody at the far end. Where the
 * engine waits that is a thread; where it does not, it is whoever turns the engine. */

/* The largest content that a bench has bytes of; what lies further on is reached by `put`. */
#define BENCH_LEN_MAX ((size_t)(300 * LEAT_KIB))

/* What a view lies over. */
enum bench_below {
    BELOW_MEMORY,  /* memory that can be read and not written */
    BELOW_UNREAD,  /* memory that cannot even be read */
    BELOW_SPLIT,   /* pieces, and AGAIN, as the seed says */
    BELOW_SEEKING, /* what seeks, forks, skips and has a size, past 4 GiB if need be */
    BELOW_FAULTY,  /* as BELOW_SEEKING without seeks, and with a fault before its end */
};

/* How many bytes before the end that fault lies. */
#define BENCH_FAULT_LEN ((size_t)1000)

/* What a source has behind what is shown of it, where the view cuts. */
#define BENCH_CUT_LEN ((size_t)77)

/* One side: a row's end and what went through it. */
struct bench_side {
    struct kind_end end;
    bool open;     /* there is something to unmake */
    uint64_t done; /* bytes fed, or taken */
    bool finished; /* no more are fed */
    bool threaded;
    bool stop; /* for the thread; atomic */
    pthread_t thread;
    struct random random;
    struct sink got; /* what was taken */
    char path[64];
};

/* How a bench is set up for one case. All zero: plainly. */
struct bench_plan {
    uint64_t seed;     /* added to the suite's */
    size_t window_max; /* of the ctx; 0: the default */
    enum bench_below below;
    uint64_t begins; /* views: how much of the source was consumed before */
    bool held;       /* nobody is at the far end but the test itself */
    bool hosted;     /* not the counting allocator, which is for one thread */
};

struct bench {
    const struct kind_engine *engine;
    unsigned number;                  /* of the engine, among those of this system */
    const struct kind_source *source; /* a source or a view, a sink, or both sides */
    const struct kind_view *view;
    const struct kind_sink *sink;
    uint64_t seed; /* the suite's */

    /* The bench's own, of the case that runs. */
    struct bench_plan plan;
    struct memory memory;
    struct leat_ctx ctx;
    struct leat_engine *running;
    void *engine_memory;
    struct bench_side in, out;
    unsigned descriptors; /* that were open before */
};

/* Where the rows may make files: an empty folder, for the whole run. */
void bench_folder(const char *path);

/* Ready for a case; and its end, which checks that nothing is left: no memory, no descriptor, no
 * file. Says the case's seed. */
void bench_begin(struct bench *b, const struct bench_plan *plan);
void bench_end(struct bench *b);

/* What the part and the suite read and write: `len` bytes, in memory that cannot be written. */
const uint8_t *bench_bytes(void);

/* The source's reader of the first `len` bytes, or the view's. Closing it is for bench_close, which
 * has the view judged. What the row made is unmade by bench_end, or before it by
 * bench_unmake. */
struct leat_reader *bench_open(struct bench *b, uint64_t len);
void bench_close(struct bench *b, struct leat_reader *r);
void bench_unmake(struct bench *b);

/* The same for a view over what the caller made. */
struct leat_reader *bench_open_over(struct bench *b, struct leat_reader *src, uint64_t len);

/* The sink's writer, and its end: without a finish it is given up. What arrived is then in
 * b->out.got. */
struct leat_writer *bench_open_writer(struct bench *b, uint64_t room);
void bench_close_writer(struct bench *b, struct leat_writer *w);

/* Whether the engine waits by itself. */
bool bench_waits(const struct bench *b);

/* Whether the engine is to be tried in case `i` of a long test. */
bool bench_tries(const struct bench *b, uint64_t i);

/* Whether the row promises it. */
bool bench_promises(const struct bench *b, unsigned promise);

/* The far end, where it is held: send so many bytes, which must fit; or take all that arrived. */
void bench_feed(struct bench *b, size_t len);
void bench_finish(struct bench *b);
void bench_take(struct bench *b, struct leat_writer *w);

/* Have somebody attend to the far ends of streams that the caller made himself, or no more; where
 * the engine waits. Where it does not, time passes when the caller lets it. */
void bench_attend(struct bench *b, bool on);

/* Let the far ends do a little, unless they are held, and turn the engine; or only turn it. */
void bench_pass_time(struct bench *b);
void bench_turn(struct bench *b);

/* Have this process interrupted by a signal some thousand times a second, or no more. */
void bench_interrupts(bool on);

/* Peek until it need not be waited for. */
enum leat_status bench_peek(struct leat_reader *r, size_t min, struct leat_span *ret);

/* Whether `len` bytes at `data` are those from `offset` on. */
void bench_check(const void *data, uint64_t offset, size_t len);

/* --- The suites: each test of a kind, on one row and engine, with one seed. --- */

void suite_reader(struct bench *b);
void suite_access(struct bench *b);
void suite_waiting(struct bench *b);
void suite_view(struct bench *b);
void suite_writer(struct bench *b);
void suite_copy(struct bench *b);
void suite_engine(struct bench *b);

/* Call inside(arg) from where the engine may be used. False: there is none on this system. */
bool bench_inside(const struct kind_engine *engine, void (*inside)(void *arg), void *arg);

/* One test of a suite; the suites are lists of these. Sets the watchdog and says its name. */
typedef void bench_test(struct bench *b);
void bench_run(struct bench *b, const char *name, bench_test *test);

#endif
