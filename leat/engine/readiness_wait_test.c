/* What loops on readiness wait for that no descriptor tells: notes from other threads, also when it
 * is somebody else who waits, what is left of a time, and room in a backlog. Over both kinds. */

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "leat/engine/address.h"
#include "leat/engine/readiness_test.h"

static const char *kind;

/* A Unix socket's connect to a full backlog waits for room there, or for its deadline. */
static void test_full_backlog(void)
{
    struct leat_loop *loop = loop_of_kind(kind, 0);
    char folder[] = "/tmp/leat-readiness-XXXXXX";
    struct leat_address address = { .un = { .sun_family = AF_UNIX } };
    check(mkdtemp(folder) != NULL);
    address.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                              (size_t)snprintf(address.un.sun_path, sizeof(address.un.sun_path),
                                               "%s/socket", folder) +
                              1);
    struct counted_op make = COUNTED(.code = LEAT_OP_SOCKET, .socket = { AF_UNIX, SOCK_STREAM });
    struct leat_socket listener = { .fd = loop_does(loop, &make).descriptor };
    struct counted_op listens = COUNTED(.code = LEAT_OP_LISTEN, .fd = listener.fd,
                                        .listen = { .address = &address, .backlog = 1 });
    check_status(loop_does(loop, &listens).status, LEAT_OK);
    enum { LEN = 3 }; /* a backlog of 1 has room for 2 */
    struct counted_op connects[LEN];
    for (unsigned i = 0; i < LEN; i++) {
        int fd = loop_does(loop, &make).descriptor;
        connects[i] = COUNTED(.code = LEAT_OP_CONNECT, .fd = fd, .connect = { &address });
    }
    check(leat_loop_start(loop, &connects[0].op) && leat_loop_start(loop, &connects[1].op));
    connects[2].op.deadline_ns = leat_loop_clock(loop) + 3000000;
    struct leat_io io = loop_does(loop, &connects[2]);
    check_status(io.status, LEAT_FAULT);
    check_equal(io.code, ETIMEDOUT);
    connects[2].op.deadline_ns = 0;
    leat_loop_submit(loop, &connects[2].op);
    loop_settles(loop);
    check_equal(connects[2].done, 0);
    struct counted_op accepts =
        COUNTED(.code = LEAT_OP_ACCEPT, .fd = listener.fd, .accept = { .socket = &listener });
    for (unsigned i = 0; i < LEN; i++) {
        io = loop_does(loop, &accepts);
        check_status(io.status, LEAT_OK);
        close(io.descriptor);
    }
    check_status(loop_ends(loop, &connects[2]).status, LEAT_OK);
    for (unsigned i = 0; i < LEN; i++)
        close(connects[i].op.fd);
    leat_loop_close(loop, &listener);
    unlink(address.un.sun_path);
    rmdir(folder);
    leat_loop_destroy(loop);
}

struct knock {
    struct leat_note note; /* first */
    struct leat_loop *loop;
    sem_t heard;
    unsigned count;
};

enum { KNOCKS = 3000 };

static void knock_fires(struct leat_note *note)
{
    struct knock *knock = (struct knock *)(void *)note;
    knock->count++;
    sem_post(&knock->heard);
}

static void *knocks(void *arg)
{
    struct knock *knock = arg;
    for (unsigned i = 0; i < KNOCKS; i++) {
        leat_loop_notify(knock->loop, &knock->note);
        while (sem_wait(&knock->heard) != 0)
            continue;
    }
    return NULL;
}

/* Each note ends a sleep; of the foreign kind too, where somebody else polls the descriptor. */
static void wakes(bool is_foreign)
{
    struct knock knock = { .note = { .fire = knock_fires }, .loop = loop_of_kind(kind, 0) };
    pthread_t thread;
    int fd = is_foreign ? leat_loop_descriptor(knock.loop) : -1;
    leat_loop_keep(knock.loop);
    sem_init(&knock.heard, 0, 0);
    check(pthread_create(&thread, NULL, knocks, &knock) == 0);
    while (knock.count < KNOCKS) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        if (is_foreign && leat_loop_next_ns(knock.loop) != 0)
            check(poll(&poll_fd, 1, 10000) == 1);
        loop_steps(knock.loop, is_foreign ? 0 : LEAT_NEVER);
    }
    pthread_join(thread, NULL);
    sem_destroy(&knock.heard);
    leat_loop_unkeep(knock.loop);
    leat_loop_destroy(knock.loop);
}

static void test_wakes(void)
{
    wakes(false);
    struct leat_loop *loop = loop_of_kind(kind, 0);
    bool has_descriptor = leat_loop_descriptor(loop) >= 0;
    leat_loop_destroy(loop);
    check_equal(has_descriptor, strcmp(kind, "epoll") == 0);
    if (has_descriptor)
        wakes(true);
}

/* What is left of a time is slept through, and not asked away. */
static void test_sleeps_in_few_steps(void)
{
    struct leat_loop *loop = loop_of_kind(kind, 0);
    struct counted_op sleep = COUNTED(.code = LEAT_OP_SLEEP);
    unsigned steps = 0;
    sleep.op.deadline_ns = leat_loop_clock(loop) + 3300000;
    leat_loop_submit(loop, &sleep.op);
    for (; sleep.done == 0; steps++)
        loop_steps(loop, LEAT_NEVER);
    check(steps <= 16);
    check(leat_loop_clock(loop) >= sleep.op.deadline_ns);
    leat_loop_destroy(loop);
}

int main(void)
{
    static const char *const kinds[] = { "epoll", "poll" };
    for (unsigned i = 0; i < 2; i++) {
        kind = kinds[i];
        check_says_text("kind", kind);
        check_run(test_full_backlog);
        check_run(test_wakes);
        check_run(test_sleeps_in_few_steps);
    }
    return 0;
}
