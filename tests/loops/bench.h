#ifndef TESTS_LOOPS_BENCH_H
#define TESTS_LOOPS_BENCH_H

#include <pthread.h>

#include "leat/engine/address.h"
#include "leat/engine/loop.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

/* What the tests of loops stand on: a loop whose every call is watched, operations that count what
 * came of them, two ends of a connection, and peers that are threads with plain system calls. */

/* How long anything may take that has to happen. */
#define BENCH_PATIENCE_NS 10000000000u

#define BENCH_MS 1000000u

/* A loop that is broken in one way, to prove that the suite finds it: made of a sound one. */
struct bite {
    const char *name;
    void (*breaks)(struct leat_loop_ops *ops); /* put calls of its own in the place of some */
};
extern const struct bite bites[]; /* the last has no name */

/* The calls of the loop that is broken, for those who stand in for them. */
extern const struct leat_loop_ops *bite_inner;

struct bench {
    const char *kind;
    const struct bite *bite; /* NULL: none */
    bool simulates;          /* its descriptors are not the system's */
    struct random random;
    struct leat_loop *loop;
    bool inside; /* a call goes on from which no `done` may come */

    /* The loop's memory, counted. */
    struct memory memory;
    struct leat_alloc alloc;
    pthread_mutex_t lock;

    /* An empty folder, for files and sockets with names. */
    const char *folder;
    int folder_fd;
    unsigned ports; /* of a simulated loop: how many were used */
    unsigned names;
};

/* Make the bench's loop, with options of the test's own or NULL. */
void bench_open(struct bench *b, const struct leat_loop_options *options);

/* The two halves of bench_open: memory that is counted, and a loop, where making it may fail. */
void bench_prepare(struct bench *b);
struct leat_loop *bench_try_open(struct bench *b, const struct leat_loop_options *options);

/* Let go of it. What it took has to be given back by now. */
void bench_close(struct bench *b);

/* The same, where slices of it live on; bench_gone when they do not. */
void bench_destroy(struct bench *b);
void bench_gone(struct bench *b);

/* When patience ends, on the loop's clock. */
uint64_t bench_limit_ns(const struct bench *b);

/* One step, that waits for a while at most. */
void bench_step(struct bench *b);

/* Steps until nothing is under way, for as long as patience allows. */
void bench_drain(struct bench *b);

/* Steps until `ns` have passed. */
void bench_pass(struct bench *b, uint64_t ns);

/* A path in the folder that was not given before; good until the fourth call after this. */
const char *bench_path(struct bench *b);

/* --- Operations --- */

/* An operation, and what came of it. `then` is called from its `done`. */
struct call {
    struct leat_op op;
    struct bench *bench;
    unsigned done; /* how often its `done` came */
    void (*then)(struct call *call);
    void *own;
};

void call_submit(struct bench *b, struct call *call);
void call_cancel(struct bench *b, struct call *call);

/* Step until it was done: its result. */
struct leat_io call_await(struct bench *b, struct call *call);

/* Submit or start one, by seed, and wait for it: op->result. */
struct leat_io bench_do(struct bench *b, struct leat_op *op);

/* The operations, by their arguments. */
struct leat_op op_open(struct bench *b, const char *path, int flags);
struct leat_op op_read(int fd, void *to, size_t len, int64_t offset);
struct leat_op op_write(int fd, const struct leat_span *piece);
struct leat_op op_move(struct leat_move *move);
struct leat_op op_wait(int fd, enum leat_ready ready);
struct leat_op op_sleep(uint64_t deadline_ns);
struct leat_op op_accept(struct leat_socket *listener, struct leat_address *ret_peer);
struct leat_op op_connect(int fd, const struct leat_address *to);
struct leat_op op_receive(struct leat_socket *socket);
struct leat_op op_send(const struct leat_socket *socket, const struct leat_span *piece);
struct leat_op op_of(enum leat_op_code code, int fd);

void check_fault(struct leat_io io, int code);
void check_result(struct leat_io io, enum leat_status status);

/* --- Sockets --- */

enum bench_family { FAMILY_IPV4, FAMILY_IPV6, FAMILY_UNIX, FAMILIES };

/* One of those that are here. */
enum bench_family bench_family(struct bench *b);
bool bench_has_family(const struct bench *b, enum bench_family family);
int bench_domain(enum bench_family family);

/* Listen at an address that the system chooses, by operations: `ret` is where. */
struct leat_socket bench_listen(struct bench *b, enum bench_family family,
                                struct leat_address *ret);

/* The same with a socket that is there, where it may fail. */
struct leat_io bench_listen_at(struct bench *b, const struct leat_socket *socket,
                               enum bench_family family, struct leat_address *ret);

/* A stream socket that is not connected, by an operation. */
struct leat_socket bench_socket(struct bench *b, enum bench_family family);

/* Connect two sockets of the loop to each other, by operations. */
void bench_connect(struct bench *b, enum bench_family family, struct leat_socket *ret_a,
                   struct leat_socket *ret_b);

/* One socket of the loop, and its peer for plain system calls that wait. Not for the simulated. */
struct leat_socket bench_pair(struct bench *b, enum bench_family family, int *ret_far);

void bench_close_socket(struct bench *b, struct leat_socket *socket);
void bench_close_fd(struct bench *b, int fd);

/* --- Bytes --- */

/* The byte at each offset of the stream `id`. */
uint8_t pattern(unsigned id, uint64_t offset);
void pattern_fill(unsigned id, uint64_t offset, void *to, size_t len);
void pattern_check(unsigned id, uint64_t offset, const void *bytes, size_t len);

/* Sends a stream, in cuts by seed, each after the one before; it may be cancelled and resumed. */
struct sender {
    struct call call;
    const struct leat_socket *socket;
    unsigned id;
    uint64_t at, len;
    size_t cut_max;
    bool shuts;    /* shut down at the end */
    bool finished; /* all of that is done */
    bool stopped;  /* a fault came: call.op.result */
    struct random random;
    struct leat_span pieces[LEAT_PIECES_MAX];
    uint8_t *bytes; /* of cut_max */
};
void sender_start(struct bench *b, struct sender *sender);
void sender_fini(struct sender *sender);

/* Receives a stream and checks its bytes, until its end, a fault, or `until` bytes. */
struct receiver {
    struct call call;
    struct leat_socket *socket;
    unsigned id;
    uint64_t at;
    uint64_t until; /* 0: the end */
    bool finished;  /* the end came, or a fault, or so many bytes */
    struct leat_io last;
};
void receiver_start(struct bench *b, struct receiver *receiver);

/* Steps until `flag` is set. */
void bench_until(struct bench *b, const bool *flag);

/* --- Peers --- */

/* A thread at the far end of a pair: sends the stream `id` in cuts by seed and shuts down, or takes
 * it all to its end and checks it. */
struct peer {
    pthread_t thread;
    int fd;
    unsigned id;
    uint64_t len;
    size_t cut_max;
    bool rests; /* between its calls, now and then */
    struct random random;
};
void peer_sends(struct peer *peer);
void peer_takes(struct peer *peer);
void peer_join(struct peer *peer); /* closes its end */

/* --- The tests --- */

/* A test is for every kind, or for those alone whose descriptors are the system's. */
enum { REAL_ONLY = 1 << 0 };

struct loop_test {
    const char *name;
    void (*run)(struct bench *b);
    unsigned flags;
    unsigned seeds; /* how many it is run with; 0: one */
};

/* Each ends with a row without a name. */
extern const struct loop_test tests_files[];
extern const struct loop_test tests_streams[];
extern const struct loop_test tests_cancel[];
extern const struct loop_test tests_close[];
extern const struct loop_test tests_time[];
extern const struct loop_test tests_buffers[];
extern const struct loop_test tests_notes[];
extern const struct loop_test tests_steps[];
extern const struct loop_test tests_memory[];

#endif
