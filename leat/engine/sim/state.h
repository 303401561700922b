#ifndef LEAT_ENGINE_SIM_STATE_H
#define LEAT_ENGINE_SIM_STATE_H

#include "leat/engine/buffers.h"
#include "leat/engine/sim/sim.h"

/* What the files of the simulator share: the machine, and what it is made of. Whatever decides
 * something here is a number drawn from the seed, a count or a name, never an address: those differ
 * from run to run. */

struct sim;
struct sim_datagram;
struct sim_flight;
struct sim_node;
struct sim_stream;

/* Something that will happen, inside of what it happens to: a node of a pairing heap. */
struct sim_event {
    uint64_t at_ns;
    uint64_t order; /* of two at the same time, the one scheduled first comes first */
    void (*fire)(struct sim *sim, struct sim_event *event);
    bool scheduled;
    struct sim_event *child, *next, *before; /* before: the left sibling, or the parent */
};

/* --- Operations under way --- */

enum sim_phase {
    SIM_TRYING,  /* its event tries it */
    SIM_PARKED,  /* it waits for a descriptor to change, or for memory */
    SIM_DECIDED, /* it has had its effect; its event tells */
    SIM_GIVEN_UP /* cancelled without effect; its event tells */
};

struct sim_flight {
    struct sim_event event;
    struct leat_op *op;              /* whose `link` points here */
    struct sim_descriptor *on[2];    /* what it uses; NULL: not that many */
    struct sim_flight *next, **link; /* of those parked at one place, or of those unused */
    struct sim_flight *older;        /* of all that were ever made */
    uint64_t serial;
    struct leat_io io;
    uint8_t phase;
    bool struck; /* it was given its chance to fail */
};

/* --- Descriptors --- */

enum sim_what { SIM_FREE, SIM_FILE, SIM_FOLDER, SIM_SOCKET, SIM_LISTENER, SIM_DATAGRAMS };

struct sim_descriptor {
    int fd;
    uint8_t what; /* enum sim_what */
    bool reads, writes;
    bool appends, syncs; /* O_APPEND, O_DSYNC */
    bool stale;          /* of before a crash */
    unsigned flights;    /* operations that use it */
    struct sim_flight *parked;

    /* Of files and folders. */
    struct sim_node *node;
    uint64_t offset;

    /* Of sockets and pipes: its end of a connection; NULL: not connected. */
    struct sim_stream *stream;
    unsigned side;
    int domain;

    /* Of listeners, and of sockets of datagrams: where they are bound; of length 0: nowhere. */
    struct leat_address address;
    bool shared;

    /* Of listeners. */
    unsigned backlog, pending_len;
    struct sim_stream *pending, *pending_last;

    /* Of sockets of datagrams. */
    struct leat_address peer; /* of length 0: not connected */
    struct sim_datagram *queue, *queue_last;
    size_t queued, sending; /* what is to be received, and under way, as bytes of a buffer */
    int error;              /* of one that was sent before; 0: none */
};

/* --- Connections --- */

enum { SIM_SEGMENTS_MAX = 32 };

struct sim_segment {
    uint64_t end; /* the count of bytes sent when it is over */
    uint64_t at_ns;
};

/* One direction. Counts go up only; the bytes lie in a ring.
 *
 *     consumed ... arrived ... cut ... written        written - consumed <= size
 *       to be read    in segments  not yet sent */
struct sim_flow {
    struct sim_event arrival;
    uint8_t *bytes;
    uint64_t written, cut, arrived, consumed;
    struct sim_segment segments[SIM_SEGMENTS_MAX];
    unsigned segments_first, segments_len;
    uint64_t last_at_ns; /* when the last segment comes: none overtakes it */
    bool fin, fin_arrived;
    bool reset; /* what comes next is the news that it broke */
    bool stalled;
};

struct sim_end {
    struct sim_descriptor *descriptor; /* NULL: not accepted yet, or closed */
    struct leat_address address;
    bool open;
    bool shut; /* it writes no more */
    int error; /* why it broke; 0: it did not */
};

enum sim_progress { SIM_CALLING, SIM_ANSWERED, SIM_CONNECTED, SIM_FAILED };

/* flows[i] goes from ends[i] to the other; end 0 is the one that connects. */
struct sim_stream {
    struct sim_stream *next, **link; /* of all */
    struct sim_stream *next_pending; /* of its listener */
    struct sim_end ends[2];
    struct sim_flow flows[2];
    struct sim_event call;      /* while it is being made */
    struct sim_event giving_up; /* while nothing comes through */
    uint8_t progress;
    uint8_t calls;
    int code;     /* SIM_FAILED: why */
    bool is_near; /* inside of the machine */
    bool is_pipe; /* end 0 reads, end 1 writes */
};

/* --- Datagrams --- */

/* One, under way or in the queue of who is to receive it. */
struct sim_datagram {
    struct sim_event event;
    struct sim_datagram *next, **link; /* of all under way; without `link`, of a queue */
    struct leat_address from, to;      /* from: of length 0 where the sender has none */
    int sender;                        /* his descriptor, which may be closed by now */
    bool is_lost, is_second;
    size_t len;
    uint8_t bytes[];
};

/* --- Files --- */

/* A file or a folder. A file has its bytes twice: as programs see them, and as they are on the
 * disk; the two have room for as much. What differs lies in [dirty_from, dirty_to). */
struct sim_node {
    unsigned refs; /* entries, descriptors */
    bool is_folder;
    unsigned mode;
    uint64_t number;
    uint64_t modified_ns;
    struct sim_node *parent;       /* of folders */
    struct sim_entry *entries;     /* of folders */
    struct sim_node *next, **link; /* of all */
    uint8_t *cached, *stable;
    size_t size;
    size_t cached_len, stable_len;
    size_t dirty_from, dirty_to;
};

/* A name in a folder. */
struct sim_entry {
    struct sim_entry *next;
    struct sim_node *folder, *node;
    size_t len;
    char name[];
};

/* A change of names that is not on the disk yet: undone by putting back what was removed. */
struct sim_change {
    struct sim_change *before, *after;
    struct sim_entry *added;
    struct sim_entry *removed[2];
};

/* What is to be done to a file at some time. */
struct sim_plan {
    struct sim_event event;
    struct sim_plan *next, **link;
    bool replaces;
    size_t len;
    uint8_t *data;
    char path[];
};

/* --- The machine --- */

enum { SIM_CUTS_MAX = 16, SIM_SCRATCH_BYTES = 16384 };

struct sim {
    struct leat_loop loop;
    uint64_t random;
    uint64_t now_ns;
    uint64_t trace;
    void (*says)(void *user, const char *text);
    void *user;
    uint16_t permille[LEAT_SIM_FAULTS];
    unsigned at_once, late; /* permille of starts done at once; of completions told later */
    uint64_t latency_ns;
    bool deadlocked;

    struct sim_event *first; /* the heap */
    uint64_t events;
    uint64_t serial;
    unsigned finished; /* in this wait */
    struct sim_flight *flights, *unused, *starved;

    struct sim_descriptor *table;
    unsigned table_len, open, open_max;
    uint64_t descriptors; /* numbers given so far */

    struct leat_buffers *buffers;
    size_t window;
    struct sim_stream *streams;
    struct sim_datagram *datagrams; /* under way */
    bool cut_all;
    unsigned cuts_len;
    struct leat_address cuts[SIM_CUTS_MAX];
    unsigned port;

    struct sim_node *root, *nodes;
    unsigned nodes_len;
    uint64_t numbers;
    uint64_t disk_left;
    struct sim_change *changes, *changes_last;
    unsigned changes_len;
    struct sim_plan *plans;
    uint8_t scratch[SIM_SCRATCH_BYTES];
};

static inline struct sim *sim_of(struct leat_loop *loop)
{
    return (struct sim *)(void *)loop; /* its first member */
}

/* --- chance.c: what the seed draws --- */

uint64_t leat_sim_next(struct sim *sim);
uint64_t leat_sim_below(struct sim *sim, uint64_t below);

/* 1 .. max, each order of magnitude as likely as the next. */
uint64_t leat_sim_upto(struct sim *sim, uint64_t max);
bool leat_sim_permille(struct sim *sim, unsigned permille);

/* Whether this fault comes now. */
bool leat_sim_hits(struct sim *sim, enum leat_sim_fault fault);

/* How much of `n` (> 0) is moved: all, or some of it. */
size_t leat_sim_some(struct sim *sim, size_t n);

/* How long an operation takes, and a message. */
uint64_t leat_sim_delay_ns(struct sim *sim);
uint64_t leat_sim_latency_ns(struct sim *sim, const struct sim_stream *stream);

/* How long something is on its way between two machines, and a datagram, which may be slow. */
uint64_t leat_sim_way_ns(struct sim *sim);
uint64_t leat_sim_datagram_ns(struct sim *sim);

/* The error that `op` is struck by before it is tried; 0: none. */
int leat_sim_strikes(struct sim *sim, const struct leat_op *op);

/* Set up what kind of machine it is. */
void leat_sim_chance_init(struct sim *sim, const struct leat_sim_options *options);

/* --- event.c --- */

/* Have `event`, whose `fire` is set and which is not scheduled, fire so much later. */
void leat_sim_schedule(struct sim *sim, struct sim_event *event, uint64_t after_ns);
void leat_sim_unschedule(struct sim *sim, struct sim_event *event); /* not scheduled: fine */

/* --- trace.c --- */

/* Something happened. */
void leat_sim_says(struct sim *sim, const char *event, const char *what, uint64_t a, uint64_t b,
                   uint64_t c);
const char *leat_sim_op_name(unsigned code);

/* --- flight.c --- */

bool leat_sim_start(struct leat_loop *loop, struct leat_op *op);
void leat_sim_cancel(struct leat_loop *loop, struct leat_op *op);

/* Whatever waits for a change of `descriptor` (NULL: nobody does) tries again. */
void leat_sim_wake(struct sim *sim, struct sim_descriptor *descriptor);

/* The same for those that wait for memory to receive into, when some has come home. */
void leat_sim_feed(struct sim *sim);
void leat_sim_flights_fini(struct sim *sim);

/* --- table.c --- */

/* A new descriptor; NULL: too many are open. */
struct sim_descriptor *leat_sim_open(struct sim *sim, enum sim_what what);

/* The one numbered `fd`; NULL: none. */
struct sim_descriptor *leat_sim_descriptor(const struct sim *sim, int fd);

/* How much of the table was ever used: what has to be looked at to see all. */
unsigned leat_sim_table_used(const struct sim *sim);
struct leat_io leat_sim_close(struct leat_loop *loop, struct leat_socket *socket);
void leat_sim_table_fini(struct sim *sim);

/* --- transfer.c --- */

/* Try what `op` asks. AGAIN and FULL: it has to wait; AGAIN with the code ENOBUFS, for memory. */
struct leat_io leat_sim_try(struct sim *sim, struct leat_op *op);

/* --- stream.c: the ends of connections --- */

struct sim_stream *leat_sim_stream_create(struct sim *sim);
void leat_sim_stream_destroy(struct sim *sim, struct sim_stream *stream);

/* What can be read: OK (bytes), END, AGAIN, FAULT; and written: OK (bytes), FULL, FAULT. */
struct leat_io leat_sim_stream_ready(const struct sim_descriptor *d);
struct leat_io leat_sim_stream_room(struct sim *sim, const struct sim_descriptor *d);

/* Take what is ready; put where there is room, then send what was put. */
void leat_sim_stream_take(struct sim *sim, struct sim_descriptor *d, uint8_t *to, size_t len);
void leat_sim_stream_put(struct sim *sim, struct sim_descriptor *d, const uint8_t *from,
                         size_t len);
void leat_sim_stream_push(struct sim *sim, struct sim_descriptor *d);

/* Nothing more is written by this end. */
struct leat_io leat_sim_stream_shutdown(struct sim *sim, struct sim_descriptor *d);

/* This end is closed; with the second, the stream is gone. */
void leat_sim_stream_leave(struct sim *sim, struct sim_stream *stream, unsigned side);

/* It breaks, for both ends. */
void leat_sim_stream_break(struct sim *sim, struct sim_stream *stream);

/* --- where.c: addresses --- */

/* How many ports there are for those who ask for none. */
enum { SIM_PORTS = 28000 };

/* Whether bytes for the one come to who is at the other. */
bool leat_sim_is_same(const struct leat_address *a, const struct leat_address *b);
bool leat_sim_is_known(const struct leat_address *address);

/* Give it the next port, where it is of a kind that has ports. */
void leat_sim_port_draw(struct sim *sim, struct leat_address *address);

/* The address of an end that has none, and talks with `to`. */
struct leat_address leat_sim_near_end(struct sim *sim, const struct leat_address *to);

/* Whether nothing comes through to or from `address`. */
bool leat_sim_is_cut_off(const struct sim *sim, const struct leat_address *address);

/* --- net.c --- */

bool leat_sim_is_cut(const struct sim *sim, const struct sim_stream *stream);
struct leat_io leat_sim_socket(struct sim *sim, int domain, int type);
struct leat_io leat_sim_listen(struct sim *sim, struct leat_op *op);
struct leat_io leat_sim_accept(struct sim *sim, struct leat_op *op);
struct leat_io leat_sim_connect(struct sim *sim, struct leat_op *op);
void leat_sim_listener_fini(struct sim *sim, struct sim_descriptor *d);

/* --- datagram.c --- */

struct leat_io leat_sim_datagrams_bind(struct sim *sim, struct sim_descriptor *d,
                                       struct leat_op *op);
struct leat_io leat_sim_datagrams_connect(struct sim *sim, struct sim_descriptor *d,
                                          const struct leat_address *to);
struct leat_io leat_sim_send_to(struct sim *sim, struct leat_op *op);
struct leat_io leat_sim_receive_from(struct sim *sim, struct leat_op *op);

/* OK, or AGAIN or FULL: there is nothing to receive, no room to send. */
struct leat_io leat_sim_datagrams_ready(const struct sim *sim, const struct sim_descriptor *d,
                                        enum leat_ready ready);

/* It is closed; and the loop ends: what is still under way is gone. */
void leat_sim_datagrams_fini(struct sim *sim, struct sim_descriptor *d);
void leat_sim_datagrams_drop(struct sim *sim);

/* --- tree.c: names --- */

bool leat_sim_tree_init(struct sim *sim);
void leat_sim_tree_fini(struct sim *sim);
struct leat_io leat_sim_open_file(struct sim *sim, struct leat_op *op);
struct leat_io leat_sim_rename(struct sim *sim, struct leat_op *op);
struct leat_io leat_sim_unlink(struct sim *sim, struct leat_op *op);
struct sim_node *leat_sim_node_create(struct sim *sim, bool is_folder, unsigned mode);
void leat_sim_node_release(struct sim *sim, struct sim_node *node);

/* Where a path leads: a folder and the last name in it, and what has that name. */
struct sim_place {
    struct sim_node *folder;
    const char *name;
    size_t len; /* 0: the path is that of `folder` itself */
    struct sim_entry *entry;
    struct sim_node *node; /* NULL: there is none */
    bool wants_folder;
};

/* 0, or the error. `from`: where it starts; NULL: the root. */
int leat_sim_find(struct sim *sim, struct sim_node *from, const char *path, bool beneath,
                  struct sim_place *ret);

/* Give `node` the name that `place` is of, in place of what has it: durable, or recorded as a
 * change. `old`: the name that it had, taken from it; NULL: none. False without memory. */
bool leat_sim_name(struct sim *sim, const struct sim_place *place, struct sim_node *node,
                   struct sim_entry *old);

/* --- change.c: which names are on the disk --- */

void leat_sim_entry_add(struct sim_entry *entry);
void leat_sim_entry_remove(struct sim_entry *entry);
void leat_sim_entry_destroy(struct sim *sim, struct sim_entry *entry);

/* What was done is recorded; `change` is the tree's from here on. */
void leat_sim_change_add(struct sim *sim, struct sim_change *change);

/* The changes of `folder` (NULL: of all) are on the disk, with those before them. */
void leat_sim_changes_keep(struct sim *sim, const struct sim_node *folder);

/* --- file.c: bytes --- */

struct leat_io leat_sim_file_ready(const struct sim_descriptor *d, int64_t offset);
struct leat_io leat_sim_file_room(struct sim *sim, const struct sim_descriptor *d, size_t len);
void leat_sim_file_take(struct sim_descriptor *d, int64_t offset, uint8_t *to, size_t len);

/* Write where there is room for it. */
void leat_sim_file_write(struct sim *sim, struct sim_descriptor *d, const uint8_t *from,
                         size_t len);
struct leat_io leat_sim_sync(struct sim *sim, struct sim_descriptor *d);

/* Cut or extend by zeros; never beyond the node's room. */
void leat_sim_node_set_len(struct sim *sim, struct sim_node *node, size_t len);

/* Have room for `size` bytes: 0, ENOMEM. */
int leat_sim_node_grow(struct sim *sim, struct sim_node *node, size_t size);

/* The whole content, within the room there is. */
void leat_sim_node_set(struct sim *sim, struct sim_node *node, const uint8_t *data, size_t len);

/* All of it is on the disk. */
void leat_sim_node_settle(struct sim_node *node);

/* It is read back from the disk after a crash, in sectors of so many bytes. */
void leat_sim_node_crash(struct sim *sim, struct sim_node *node, size_t sector);

/* --- hazard.c --- */

void leat_sim_plans_fini(struct sim *sim);

#endif
