#ifndef TESTS_KINDS_KINDS_H
#define TESTS_KINDS_KINDS_H

#include "leat/core/writer.h"
#include "leat/engine/engine.h"

/* What a part has besides formats: sources and sinks (the two sides of an endpoint), views and
 * engines. A part lists its own in NAME_kinds.c, as rows of the tables below, and says so in its
 * meson.build (leat_kinds). A row says what it promises and how its two ends are made; the suite of
 * its kind asks for all that follows from that, so that a new part is tested by its row. */

/* One end that is tried, and the far one, by which the suite fills or empties it. Zeroed but for
 * what the suite fills in; tests/kinds/ends.h has the common ways to make one. */
struct kind_end {
    struct leat_ctx *ctx; /* of the near end */
    const char *path;     /* a name for a file, in an empty folder */
    uint64_t len;         /* how many bytes there will be in all; of a view: that it shows */
    uint64_t room;        /* sinks: how many bytes may be written before a fault; 0: any number */

    /* The row's own. */
    int near_fd, far_fd; /* -1: none */
    uint64_t taken;
    void *own;
};

/* What a row promises. Seeks, forks and offers that it does not promise it must refuse. */
enum {
    KIND_STREAM = 1 << 0,         /* bytes come, or go, over time: `feed`, or `take` at any time */
    KIND_SEEKS = 1 << 1,          /* seek and size; of a view: where its source has them */
    KIND_FORKS = 1 << 2,          /* fork, to other threads as well; of a view as above */
    KIND_SHARES = 1 << 3,         /* slices copy nothing; of a view: where its source's do not */
    KIND_COPIES_NOTHING = 1 << 4, /* by the ledger; of a view: shows its source's own window */
    KIND_OFFERS = 1 << 5,         /* sources: offers a descriptor */
    KIND_SPARSE = 1 << 6,         /* sources: `put` far behind the end is cheap */
    KIND_SHORT_ENDS = 1 << 7,     /* sources: takes a short read for the end */
    KIND_SLOW = 1 << 8,           /* sources: gives a byte at a time to who asks for one */
    KIND_LOOKS = 1 << 9,          /* views: looks at the bytes, or at the first of them */
    KIND_OWN_OFFSETS = 1 << 10,   /* views: offset 0 is where the source stood */
    KIND_CUTS = 1 << 11,          /* views: the source goes on behind what is shown */
    KIND_WHOLE = 1 << 12,         /* sinks: nothing can be seen before FINISH */
    KIND_OVER = 1 << 13,          /* an endpoint over another: its faults may be that one's */
};

/* Of a stream whose ends must talk to each other before anything goes over it. By default that
 * happens in the first of the suite's own calls; where nobody but the test is at the far end, which
 * then says nothing by itself, it is done with before the test begins. */
struct kind_talk {
    /* The far end's share: what can be done of it without waiting. Whether all is done; until then
     * nothing is fed, finished or taken. From the one thread that does these. */
    bool (*answers)(struct kind_end *end);

    /* The near end's: all of it, waiting as tests/support/drive.h does. */
    void (*begins)(struct kind_end *end);
};

struct kind_source {
    const char *name; /* one file may have several: "file, exact" */
    unsigned promises;
    const struct kind_talk *talk; /* left out: nothing to talk about */

    /* Of a stream that adds to each piece that it carries: so many bytes at most. */
    size_t frame_bytes;

    /* Make the ends of a stream. Left out: nothing to make. */
    void (*make)(struct kind_end *end);

    /* What is stored: let `len` bytes be there from `offset` on, over what was there. Only where
     * the row is sparse does a call come with an offset behind the end, or after `open`. */
    void (*put)(struct kind_end *end, uint64_t offset, const void *data, size_t len);

    /* Streams: send up to `len` bytes without waiting, and say how many; 0 when there is no room or
     * the near end is gone. Then, once, that no more will come. From any one thread. */
    size_t (*feed)(struct kind_end *end, const void *data, size_t len);
    void (*finish)(struct kind_end *end);

    struct leat_reader *(*open)(struct kind_end *end);

    /* The reader was closed: undo make and put. */
    void (*unmake)(struct kind_end *end);
};

struct kind_sink {
    const char *name;
    unsigned promises;
    const struct kind_talk *talk; /* as a source's */

    void (*make)(struct kind_end *end); /* as a source's */
    struct leat_writer *(*open)(struct kind_end *end);

    /* Take up to `len` of the bytes that have arrived and were not taken yet, without waiting. `w`
     * is what open gave, NULL once that was closed; streams must not use it, since theirs may be
     * another thread. */
    size_t (*take)(struct kind_end *end, struct leat_writer *w, void *to, size_t len);

    /* Have the sink refuse what goes beyond end->room bytes; called before open. Streams: refuse
     * from now on. Left out: it cannot be made to. */
    void (*refuse)(struct kind_end *end);
    enum leat_fault_code refusal; /* what the fault is then */
    int refusal_code;

    void (*unmake)(struct kind_end *end);
};

struct kind_view {
    const char *name;
    unsigned promises;

    /* Views that need something made before. */
    void (*make)(struct kind_end *end);
    struct leat_reader *(*open)(struct kind_end *end, struct leat_reader *src);

    /* Before it is closed: what the view does beside showing bytes was done to just those that were
     * consumed, the first leat_tell(r) of them. Left out: it does nothing else. */
    void (*judge)(struct kind_end *end, struct leat_reader *r);
    void (*unmake)(struct kind_end *end);
};

struct kind_engine {
    const char *name;
    size_t size; /* of its memory */

    /* Call inside(arg) from where the engine may be used: from a fiber, say. Each test is run by it
     * as a whole. False: this system has none of the kind, and nothing was called. Left out: it may
     * be used from anywhere. */
    bool (*run)(void (*inside)(void *arg), void *arg);

    /* Make one in `memory`; NULL when this system has none of the kind. Inside of `run`, where
     * there is one. */
    struct leat_engine *(*open)(void *memory, uint64_t seed);

    /* Fire the wakes that are due. Left out: it waits by itself, and neither AGAIN nor FULL ever
     * comes out. */
    bool shortens; /* gives fewer bytes than there are, even of a file */

    /* 1, 2 or 3: one of three engines so alike that each is tried in a third of the cases of the
     * longest tests, as the seed says. 0: in all. */
    unsigned third;
    enum leat_status (*turn)(struct leat_engine *engine, int64_t timeout_ns);
    void (*close)(struct leat_engine *engine); /* left out: nothing to let go of */
};

/* A part's rows. Each list ends with a row without a name; a list that is left out is empty. */
struct kinds {
    const char *name;
    const struct kind_source *sources;
    const struct kind_sink *sinks;
    const struct kind_view *views;
    const struct kind_engine *engines;
};

/* Those of every part; made by the build. Ends with NULL. */
extern const struct kinds *const kinds_parts[];

/* The byte at each offset of everything that is read and written. */
uint8_t kind_byte(uint64_t offset);

#endif
