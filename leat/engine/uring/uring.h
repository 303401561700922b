#ifndef LEAT_ENGINE_URING_URING_H
#define LEAT_ENGINE_URING_URING_H

#include "leat/engine/buffers.h"
#include "leat/engine/loop.h"
#include "leat/engine/op_list.h"
#include "leat/engine/uring/ring.h"

/* What the files of this part share. */

/* What a completion is of: the low bits of a request's user_data, beside a pointer. */
enum leat_uring_tag {
    LEAT_URING_OP,            /* of an operation */
    LEAT_URING_OP_CANCEL,     /* of the request that cancels it */
    LEAT_URING_STREAM,        /* of a stream's receive or accept, which stays */
    LEAT_URING_STREAM_CANCEL, /* of the request that cancels that */
    LEAT_URING_STREAM_GONE,   /* of the poll for its peer's end */
    LEAT_URING_WAKE,          /* another thread called */
    LEAT_URING_NOTHING,       /* nobody waits for it */
    LEAT_URING_TAGS = 8,      /* what the alignment of the pointers leaves room for */
};

/* Where an operation is that takes more than one request: op->stage. */
enum leat_uring_stage {
    LEAT_URING_ASKED, /* its own request is under way */
    LEAT_URING_READY, /* it waits for readiness, to ask again */
    LEAT_URING_PAGES, /* it waits for a file's pages to be in memory, to try again */
    LEAT_URING_LATER, /* it waits for a moment to pass, to ask again */
    LEAT_URING_NOTED, /* it was sent, and the memory is not free yet */
};

/* The groups of buffers that the kernel chooses from. Each receive names one. */
enum leat_lent_group {
    LEAT_LENT_AHEAD, /* for receives that stay, and may bring what nobody has asked for yet */
    LEAT_LENT_ONCE,  /* for receives that end with one buffer, for which an operation waits */
    LEAT_LENT_GROUPS,
};

/* What a loop keeps of a socket. An accept and a receive stay armed, so that what they bring is
 * there before it is asked for, up to a bound. */
struct leat_stream {
    int fd;
    int code;       /* the error number that was met: for the next accept, for every receive; 0 */
    bool accepts;   /* it is a listening socket */
    bool armed;     /* its request is under way */
    bool stopping;  /* and asked to end */
    bool cancelled; /* the request that ends it is under way: either may come back first */
    bool closed;    /* its owner has; it goes when nothing is under way */
    bool ended;     /* the peer sends no more */
    bool starved;   /* in the list of those that no buffer was left for */
    bool hungry;    /* none was left when something came, and nothing has come since */
    bool once;      /* what is armed brings one buffer, and ends */
    uint8_t group;  /* and chooses from that one: enum leat_lent_group */
    bool watched;   /* a poll for the peer's end is under way */
    bool gone;      /* and said that it came */
    struct leat_op_list waiting;
    struct leat_stream *next; /* in a list: of the starved, of the free */
    unsigned len;             /* what came ahead: blocks, or descriptors */
    union {
        struct {
            struct leat_block *first, *last;
        } blocks;
        struct {
            int *of; /* a ring of `size`, a power of two */
            unsigned size, head;
        } descriptors;
    };
};
_Static_assert(sizeof(struct leat_stream) < 128, "what a connection costs");

/* A ring in which buffers are lent to the kernel. It fills them in the order in which they are
 * lent. */
struct leat_lent {
    struct io_uring_buf_ring *ring;
    size_t size;
    unsigned len, max;   /* how many are lent, and should be at most */
    uint16_t mask, tail; /* the tail is told to the kernel before it is called */
};

struct leat_uring {
    struct leat_loop loop;
    struct leat_ring ring;
    unsigned finished; /* operations, in this wait */
    int wake_fd;
    bool wake_armed;
    int told_fd; /* an eventfd that the ring signals, once a foreign loop wants one; -1 */

    /* Buffers, and how they are lent. Only as many are as the kernel was seen to need at once: the
     * few that go round stay in the processor's caches. The others lie here, the last that came on
     * top. */
    struct leat_buffers *buffers;
    unsigned buffers_len;
    uint16_t *spare;
    unsigned spare_len;
    struct leat_lent lent[LEAT_LENT_GROUPS];
    unsigned ahead;           /* from the group of that name, in streams, asked for by nobody */
    unsigned ahead_max;       /* with those lent in that group, at most */
    unsigned once;            /* receives from the other group under way */
    bool lent_more;           /* in this wait */
    unsigned turns, used_max; /* how many were used between two calls, at most, of late */
    uint32_t *filled;         /* by number: how many bytes are in it, and LEAT_LENT_IS_AHEAD */

    struct leat_stream *free_streams;
    struct leat_stream *starved, **starved_last;
    bool unfed;       /* one more starves, or a buffer came home, since the last wait */
    unsigned streams; /* that are not free */

    bool threads_pipes;    /* the kernel has threads wait for pipes: leat_uring_threads_pipes */
    void *pages;           /* where pages are read to that nobody looks at */
    size_t zero_copy_from; /* sends of at least so many bytes are not copied; SIZE_MAX: all are */
};

static inline struct leat_uring *leat_uring_of(struct leat_loop *loop)
{
    return (struct leat_uring *)(void *)loop; /* its first member */
}

/* A request of `opcode` on `fd`, whose completions are given to `owner`. */
struct io_uring_sqe *leat_uring_ask(struct leat_uring *uring, uint8_t opcode, int fd, void *owner,
                                    enum leat_uring_tag tag);

/* Finish `op` in the loop. */
void leat_uring_finish(struct leat_uring *uring, struct leat_op *op, struct leat_io io);

/* --- ops.c: operations that are requests --- */

/* Whether the kernel has a thread read and write pipes that may block, as it does before Linux 6.4.
 * Such a request may hold its pipe open for a while after its end: until somebody enters the ring
 * for something else, and whoever reads the other end is never told of the end meanwhile. */
bool leat_uring_threads_pipes(void);

bool leat_uring_start(struct leat_loop *loop, struct leat_op *op);
void leat_uring_cancel(struct leat_loop *loop, struct leat_op *op);

/* A completion of `op`, and of the request that cancels it. */
void leat_uring_op_came(struct leat_uring *uring, struct leat_op *op, int res, unsigned flags);
void leat_uring_op_cancel_came(struct leat_uring *uring, struct leat_op *op, int res);

/* Have `op` be asked again when `fd` is ready. */
void leat_uring_when_ready(struct leat_uring *uring, struct leat_op *op, int fd,
                           enum leat_ready ready);

/* --- move.c --- */

/* Try a move. True: op->result is what came of it; else it waits for something. `were_read`: the
 * file's pages were just read, so that nothing but trying is left. */
bool leat_uring_move(struct leat_uring *uring, struct leat_op *op, bool were_read);

/* --- stream.c: accepts and receives --- */

/* As the table's start and close. */
bool leat_uring_stream_start(struct leat_uring *uring, struct leat_op *op);
struct leat_io leat_uring_close(struct leat_loop *loop, struct leat_socket *socket);

/* End the wait of `op`, which has no request of its own. */
void leat_uring_stream_drop(struct leat_uring *uring, struct leat_op *op);

/* A completion of a stream, of the request that cancels its own, of its poll for the peer's end. */
void leat_uring_stream_came(struct leat_uring *uring, struct leat_stream *stream, int res,
                            unsigned flags);
void leat_uring_stream_cancel_came(struct leat_uring *uring, struct leat_stream *stream, int res);
void leat_uring_stream_gone_came(struct leat_uring *uring, struct leat_stream *stream, int res);

/* Have operations that wait get what is there, and request more or less of it, after any change. */
void leat_uring_settle(struct leat_uring *uring, struct leat_stream *stream);

/* Let go of the streams that are free. */
void leat_uring_streams_fini(struct leat_uring *uring);

/* --- lend.c: buffers --- */

/* A mark beside a buffer's length: it counts in uring->ahead once it lies in a stream. */
#define LEAT_LENT_IS_AHEAD 0x80000000u

/* Make the rings in which all `count` buffers can be lent to the kernel; the error number, or 0. */
int leat_uring_lend(struct leat_uring *uring, unsigned count);
void leat_uring_lend_fini(struct leat_uring *uring);

/* A receive of that group found none left: lend it more. Once for all who do in one wait. */
void leat_uring_lend_more(struct leat_uring *uring, enum leat_lent_group group);

/* The group for a receive to name now, by what is left of each. */
enum leat_lent_group leat_uring_group(const struct leat_uring *uring, bool hungry);

/* The kernel filled a buffer of that group, or gives it back empty. */
void leat_uring_lent_came(struct leat_uring *uring, enum leat_lent_group group);

/* Whether so few are home that nobody should have anything ahead. */
bool leat_uring_is_short(const struct leat_uring *uring);

/* Before a call: lend what the kernel may need, and have those receive again that starved. */
void leat_uring_feed(struct leat_uring *uring);

/* Have a stream wait for a buffer to come home; and no more. */
void leat_uring_starve(struct leat_uring *uring, struct leat_stream *stream);
void leat_uring_starve_no_more(struct leat_uring *uring, struct leat_stream *stream);

#endif
