#ifndef LEAT_ENGINE_SIM_SIM_H
#define LEAT_ENGINE_SIM_SIM_H

#include "leat/engine/address.h"
#include "leat/engine/loop.h"

/* A loop without a system: its clock, its network and its files are made up, and what happens when
 * follows from one seed alone. Code above a loop runs on it unchanged, many connections and both
 * ends of each in one program; what can go wrong does, and the seed that found a bug finds it
 * again. Time never passes in sleep: a wait goes on at the time of the next event.
 *
 * Its descriptors are its own, from LEAT_SIM_DESCRIPTOR_MIN on, and mean nothing to the system.
 * Files are a tree in memory that begins with an empty "/", which is also the working folder. There
 * are sockets of streams and of datagrams. Operations on one descriptor that are under way at the
 * same time take effect in any order.
 *
 * A wait that nothing could ever end is a deadlock: the step says FAULT, and leat_sim_deadlocked
 * tells it from other faults. */

enum { LEAT_SIM_DESCRIPTOR_MIN = 1 << 20 };

/* What can go wrong. */
enum leat_sim_fault {
    LEAT_SIM_SHORT,         /* a transfer moves less than it could */
    LEAT_SIM_SLOW,          /* an operation, or the way of a datagram, takes up to seconds */
    LEAT_SIM_LOST,          /* a segment or the call for a connection is lost, and sent again; a
                             * datagram is lost for good */
    LEAT_SIM_RESET,         /* a connection breaks */
    LEAT_SIM_REFUSED,       /* a connection is refused though somebody listens */
    LEAT_SIM_IO,            /* EIO of an operation on files; after a sync it may have lost bytes */
    LEAT_SIM_NO_SPACE,      /* ENOSPC */
    LEAT_SIM_NO_MEMORY,     /* ENOMEM */
    LEAT_SIM_NO_DESCRIPTOR, /* EMFILE */
    LEAT_SIM_NO_MOVE,       /* two descriptors between which a move is UNSUPPORTED */
    LEAT_SIM_JUMP,          /* the clock jumps ahead by up to a minute, at a step */
    LEAT_SIM_TWICE,         /* a datagram comes twice */
    LEAT_SIM_FAULTS,
};

struct leat_sim_options {
    uint64_t seed;

    /* No faults at all. Delays, the order of completions and how a stream is cut still vary: no
     * system promises those. */
    bool calm;

    /* How often, of a thousand times. All zero: a mix that the seed draws, where about half of the
     * faults never come. */
    uint16_t permille[LEAT_SIM_FAULTS];

    struct leat_alloc alloc; /* zeroed: the C library's */
    unsigned buffers;        /* as of leat_loop_options; 0: 256 */
    unsigned buffer_bytes;   /* 0: 4 KiB */
    unsigned descriptors;    /* open at once; 0: 4096 */
    size_t window_bytes;     /* under way in one direction of a connection, and of the datagrams
                              * that one socket sent, or is to receive; 0: 64 KiB */
    uint64_t disk_bytes;     /* of all files; 0: 64 MiB */

    /* Called with each event in a line of text, without its end; NULL: not. Of operations: the time
     * in seconds, "start", "at once", "cancel" or "done", the operation, its number; then the
     * descriptor, or the status and what came of it. */
    void (*trace)(void *user, const char *text);
    void *user;
};

LEAT_BEGIN_DECLS

/* The kind, for leat_loop_create by its name "sim": seed 1, calm. */
LEAT_API extern const struct leat_loop_kind leat_loop_sim;

/* Make one. leat_loop_destroy lets go of it, with all its files and all that is still open.
 * `options` may be NULL. NULL without memory. */
LEAT_API LEAT_MUST_USE struct leat_loop *leat_sim_create(const struct leat_sim_options *options);

/* A hash of each event so far: what was started, what came of it, and when. Of two runs with one
 * seed and one program it is the same, whatever the compiler, the addresses and the day. */
LEAT_API uint64_t leat_sim_trace(const struct leat_loop *loop);

/* Whether a step found that nothing could ever happen any more. */
LEAT_API bool leat_sim_deadlocked(const struct leat_loop *loop);

/* How many descriptors are open: at the end of a test, 0. */
LEAT_API unsigned leat_sim_open_count(const struct leat_loop *loop);

/* A number that the seed draws, below `below` (> 0): for what a test itself decides. */
LEAT_API uint64_t leat_sim_random(struct leat_loop *loop, uint64_t below);

/* --- What a test does to the machine --- */

/* Change how often a fault comes; end them all, to see that what was held up now comes through. */
LEAT_API void leat_sim_set_fault(struct leat_loop *loop, enum leat_sim_fault fault,
                                 unsigned permille);
LEAT_API void leat_sim_calm(struct leat_loop *loop);

/* The clock goes ahead at once, as when the machine slept. */
LEAT_API void leat_sim_jump(struct leat_loop *loop, uint64_t ns);

/* From now on so many descriptors may be open at once, and so many bytes be added to files. */
LEAT_API void leat_sim_limit_descriptors(struct leat_loop *loop, unsigned count);
LEAT_API void leat_sim_limit_disk(struct leat_loop *loop, uint64_t bytes_left);

/* The machine loses its power, as far as storage goes. Of what was written and not synced, each
 * sector (512 bytes or 4 KiB) is kept or not, a file that grew is cut at some sector, and the last
 * changes of names are undone unless their folder was synced since. Open files and folders are good
 * for nothing but closing: EIO. The network stays. */
LEAT_API void leat_sim_crash(struct leat_loop *loop);

/* --- Files, from outside of the loop: at once, and durable with all that came before --- */

/* Make a folder, whose parent is there. OK, also where it is there already; FAULT. */
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_folder(struct leat_loop *loop, const char *path);

/* Make a file or replace its content. OK, FAULT (no such folder, no memory, the disk is full). */
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_file_put(struct leat_loop *loop, const char *path,
                                                          const void *data, size_t len);

/* Show a file's content, as a program would read it now: a loan until the next call on the loop.
 * OK, FAULT (there is none). */
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_file_get(struct leat_loop *loop, const char *path,
                                                          struct leat_span *ret);

/* At `at_ns`, cut the file that then has this name to at most `len` bytes; or put another file in
 * its place, while who has it open keeps the old one. Where there is no such file then, nothing is
 * done. OK, FAULT (no memory). */
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_file_cut(struct leat_loop *loop, const char *path,
                                                          uint64_t len, uint64_t at_ns);
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_file_replace(struct leat_loop *loop,
                                                              const char *path, const void *data,
                                                              size_t len, uint64_t at_ns);

/* --- The network --- */

/* Nothing comes through to or from connections to `address`, which someone listens at (NULL: of
 * all), until they are healed. A connection whose bytes do not come through breaks with ETIMEDOUT
 * after a quarter of an hour; a datagram is lost. Pairs, pipes and connections to Unix addresses
 * are not cut. OK, LIMIT (too many addresses are cut) */
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_partition(struct leat_loop *loop,
                                                           const struct leat_address *address);
LEAT_API void leat_sim_heal(struct leat_loop *loop);

/* Break the connection of `fd`: both ends come to hear of it. OK, FAULT (there is none). */
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_break(struct leat_loop *loop, int fd);

/* Where `fd` listens or is bound, or the near end of its connection; as getsockname(2). OK, FAULT.
 */
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_address(const struct leat_loop *loop, int fd,
                                                         struct leat_address *ret);

/* As pipe(2), of which fds[0] reads, and socketpair(2). OK, FAULT (no memory or descriptors). */
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_pipe(struct leat_loop *loop, int fds[2]);
LEAT_API LEAT_MUST_USE enum leat_status leat_sim_socketpair(struct leat_loop *loop, int fds[2]);

LEAT_END_DECLS

#endif
