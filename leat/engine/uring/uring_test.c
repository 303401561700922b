/* What only the loop on io_uring has: requests that stay and run ahead, buffers that the kernel
 * picks, cancellations that come late, a queue that is too short; and that it is refused politely.
 * Where there is no io_uring it is skipped. */

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leat/engine/uring/uring_test.h"

/* --- Accepts --- */

/* Which of them has this port: each is met once, for it is then taken out. Systems that have just
 * begun were seen to swap two. */
static bool is_one_of(uint16_t *ports, unsigned len, unsigned port)
{
    for (unsigned i = 0; i < len; i++) {
        if (ports[i] != port)
            continue;
        ports[i] = 0;
        return true;
    }
    return false;
}

/* Connections come ahead up to a bound, none is lost, and those left over are closed. */
static void test_accept_ahead(void)
{
    enum { PEERS = 300, TAKEN = 250 };
    struct leat_loop *loop = new_loop(NULL);
    struct leat_socket listener;
    struct leat_address at, peer;
    int peers[PEERS], taken[TAKEN];
    uint16_t ports[PEERS];
    listening(loop, &listener, &at);
    struct asked asked = wanted(LEAT_OP_ACCEPT, listener.fd);
    asked.op.accept.socket = &listener;
    asked.op.accept.ret_peer = &peer;
    submit(loop, &asked);
    leat_loop_keep(loop);
    check(leat_loop_step(loop, 0) != LEAT_FAULT);
    for (unsigned i = 0; i < PEERS; i++) {
        struct leat_address own = { .len = sizeof(own.in) };
        peers[i] = connected(&at);
        check(getsockname(peers[i], &own.any, &own.len) == 0);
        ports[i] = (uint16_t)leat_address_port(&own);
        if (i % 16 == 0)
            check(leat_loop_step(loop, 0) != LEAT_FAULT);
    }
    check(listener.stream->len >= 64 && listener.stream->len < 128);
    check(!listener.stream->armed);
    for (unsigned i = 0; i < TAKEN; i++) {
        struct leat_io io = i == 0 ? finish(loop, &asked) : ask(loop, &asked);
        check_status(io.status, LEAT_OK);
        check(is_one_of(ports, PEERS, leat_address_port(&peer)));
        check(fcntl(io.descriptor, F_GETFL) & O_NONBLOCK);
        taken[i] = io.descriptor;
    }
    leat_loop_unkeep(loop);
    leat_loop_close(loop, &listener);
    check_status(leat_loop_run(loop), LEAT_OK);
    for (unsigned i = 0; i < PEERS; i++) {
        char byte;
        for (unsigned j = 0; i == 0 && j < TAKEN; j++)
            close(taken[j]);
        check(read(peers[i], &byte, 1) <= 0);
        close(peers[i]);
    }
    leat_loop_destroy(loop);
}

/* --- Cancelling --- */

/* Memory is used again at once after `done`, for the same kind of wait: were a cancellation of an
 * earlier use still under way, it would end a later one. */
static void test_no_stale_cancel(void)
{
    struct leat_loop *loop = new_loop(NULL);
    int pipe_fds[2];
    char byte;
    unsigned cancelled = 0, read_anyway = 0;
    check(pipe2(pipe_fds, O_CLOEXEC) == 0);
    for (unsigned round = 0; round < 2000; round++) {
        struct asked asked = wanted(LEAT_OP_READ, pipe_fds[0]);
        asked.op.read.to = &byte;
        asked.op.read.len = 1;
        asked.op.read.offset = LEAT_OFFSET_NONE;
        submit(loop, &asked);
        if (round % 2 == 0)
            check(leat_loop_step(loop, 0) != LEAT_FAULT);
        if (round % 3 == 0)
            put(pipe_fds[1], "r", 1);
        leat_loop_cancel(loop, &asked.op);
        leat_loop_cancel(loop, &asked.op);
        struct leat_io io = finish(loop, &asked);
        bool was_read = io.status == LEAT_OK;
        read_anyway += was_read;
        cancelled += io.status == LEAT_FAULT && io.code == ECANCELED;
        if (round % 3 == 0 && !was_read)
            check_status(ask(loop, &asked).status, LEAT_OK);
    }
    check_equal(cancelled + read_anyway, 2000);
    check(cancelled > 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    leat_loop_destroy(loop);
}

/* A receive has no request of its own: it ends at once, and what comes is for the next. */
static void test_cancelled_receive_loses_nothing(void)
{
    struct leat_loop *loop = new_loop(NULL);
    struct leat_socket socket;
    int peer = new_pair(&socket);
    struct asked asked = receive_of(&socket), late = receive_of(&socket);
    submit(loop, &asked);
    submit(loop, &late);
    check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
    leat_loop_cancel(loop, &asked.op);
    check_status(leat_loop_step(loop, 0), LEAT_OK);
    check_equal(asked.op.result.code, ECANCELED);
    check(asked.done == 1 && late.done == 0 && socket.stream->armed);
    put(peer, "kept", 4);
    check_status(finish(loop, &late).status, LEAT_OK);
    check_bytes(late.op.receive.ret_slice.data, late.op.receive.ret_slice.len, "kept", 4);
    leat_slice_release(&late.op.receive.ret_slice);
    asked.op.deadline_ns = leat_loop_clock(loop) + 2 * MS;
    check_equal(ask(loop, &asked).code, ETIMEDOUT);
    leat_loop_close(loop, &socket);
    close(peer);
    leat_loop_destroy(loop);
}

/* --- The ring --- */

/* More requests than the queue holds, and more completions than have room. */
static void test_short_queues(void)
{
    enum { OPS = 500 };
    struct leat_loop *loop = new_loop(&(struct leat_loop_options){ .entries = 1 });
    int pipe_fds[2];
    static struct asked asked[OPS];
    check(pipe2(pipe_fds, O_CLOEXEC) == 0);
    for (unsigned i = 0; i < OPS; i++) {
        asked[i] = wanted(LEAT_OP_WAIT, pipe_fds[0]);
        asked[i].op.wait.ready = LEAT_READY_READ;
        submit(loop, &asked[i]);
    }
    check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
    for (unsigned i = 0; i < OPS; i += 5)
        leat_loop_cancel(loop, &asked[i].op);
    put(pipe_fds[1], "r", 1);
    check_status(leat_loop_run(loop), LEAT_OK);
    for (unsigned i = 0; i < OPS; i++) {
        check_equal(asked[i].done, 1);
        check(asked[i].op.result.status == LEAT_OK || i % 5 == 0);
    }
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    leat_loop_destroy(loop);
}

static void *write_late(void *arg)
{
    usleep(20000);
    put(*(int *)arg, "late", 4);
    return NULL;
}

static int polls(struct leat_loop *loop, int timeout_ms)
{
    struct pollfd poll_fd = { .fd = leat_loop_descriptor(loop), .events = POLLIN };
    return poll(&poll_fd, 1, timeout_ms);
}

/* A foreign loop that sleeps on the descriptor is woken by what comes, though the completion is
 * only made by the step. */
static void test_descriptor_is_readable(void)
{
    struct leat_loop *loop = new_loop(NULL);
    struct leat_socket socket;
    int peer = new_pair(&socket);
    pthread_t thread;
    check_equal(polls(loop, 0), 1); /* the first time there may be something already */
    for (unsigned round = 0; round < 3; round++) {
        struct asked asked = receive_of(&socket);
        submit(loop, &asked);
        check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
        check_equal(polls(loop, 0), 0);
        check(pthread_create(&thread, NULL, write_late, &peer) == 0);
        check_equal(polls(loop, 5000), 1);
        pthread_join(thread, NULL);
        check_equal(polls(loop, 0), 1);
        check_status(leat_loop_step(loop, 0), LEAT_OK);
        check_equal(asked.done, 1);
        leat_slice_release(&asked.op.receive.ret_slice);
    }
    leat_loop_close(loop, &socket);
    close(peer);
    leat_loop_destroy(loop);
}

/* --- Notes --- */

enum { NOTES = 1000 };
struct noted {
    struct leat_note note;
    unsigned *fired;
    struct leat_loop *loop;
};

static void note_fires(struct leat_note *note)
{
    ++*((struct noted *)(void *)note)->fired;
}

static void *send_notes(void *arg)
{
    struct noted *notes = arg;
    for (unsigned i = 0; i < NOTES; i++) {
        leat_loop_notify(notes[i].loop, &notes[i].note);
        if (i % 8 == 0)
            usleep(50);
    }
    return NULL;
}

static void test_notes_wake(void)
{
    static struct noted notes[NOTES];
    struct leat_loop *loop = new_loop(NULL);
    unsigned fired = 0;
    pthread_t thread;
    for (unsigned i = 0; i < NOTES; i++)
        notes[i] = (struct noted){ { .fire = note_fires }, &fired, loop };
    leat_loop_keep(loop);
    check(pthread_create(&thread, NULL, send_notes, notes) == 0);
    while (fired < NOTES)
        check(leat_loop_step(loop, LEAT_NEVER) != LEAT_FAULT);
    pthread_join(thread, NULL);
    leat_loop_unkeep(loop);
    leat_loop_destroy(loop);
}

/* --- Where it is refused --- */

static void forbid_ring(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

/* As in a container's sandbox: the loop is of another kind, and says why. */
static void test_refused(void)
{
    int status;
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        struct leat_loop_choice choice;
        forbid_ring();
        struct leat_loop *loop =
            leat_loop_create(&(struct leat_loop_options){ .kind = "uring" }, &choice);
        check(loop == NULL);
        check_text(choice.refused, "uring");
        check_text(choice.reason, "io_uring_setup is refused here");
        check_equal(choice.code, EPERM);
        unsetenv("LEAT_ENGINE");
        loop = leat_loop_create(NULL, &choice);
        check_text(choice.refused, "uring");
        check_equal(choice.code, EPERM);
        leat_loop_destroy(loop);
        _exit(0);
    }
    check(waitpid(child, &status, 0) == child);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    struct leat_loop_choice choice;
    if (!is_here(&choice)) {
        printf("skipped: %s: %s\n", choice.reason, strerror(choice.code));
        return SKIPPED;
    }
    check_run(test_accept_ahead);
    check_run(test_no_stale_cancel);
    check_run(test_cancelled_receive_loses_nothing);
    check_run(test_short_queues);
    check_run(test_descriptor_is_readable);
    check_run(test_notes_wake);
    check_run(test_refused);
    return 0;
}
