/* A pool's threads run what they are given, as many at once as there may be threads; what is queued
 * can be taken back, and what runs cannot. */

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include "leat/engine/readiness_test.h"
#include "leat/engine/workers.h"

enum { THREADS = 3, LEN = 10 };

static sem_t runs, may_end;

static struct leat_io run(struct leat_op *op)
{
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    check(sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM));
    sem_post(&runs);
    while (sem_wait(&may_end) != 0)
        continue;
    return (struct leat_io){ .status = LEAT_OK, .bytes = (size_t)op->fd };
}

static void came(struct leat_loop *loop, struct leat_op *op, struct leat_io io)
{
    (void)loop;
    check_equal(io.bytes, op->fd);
    ((struct counted_op *)(void *)op)->done++;
}

int main(void)
{
    static const struct leat_workers_user user = { .run = run, .came = came };
    struct leat_loop *loop = loop_of_kind("poll", 0);
    struct leat_workers *workers = leat_workers_create(loop, THREADS, &user);
    struct counted_op ops[LEN];
    sem_init(&runs, 0, 0);
    sem_init(&may_end, 0, 0);
    leat_loop_keep(loop);
    for (unsigned i = 0; i < LEN; i++) {
        ops[i] = COUNTED(.fd = (int)i);
        check_equal(leat_workers_submit(workers, &ops[i].op), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        while (sem_wait(&runs) != 0)
            continue;
    }
    /* Three run, the first three; the last and one from the middle are taken back. */
    check(!leat_workers_withdraw(workers, &ops[0].op));
    check(!leat_workers_withdraw(workers, &ops[THREADS - 1].op));
    check(leat_workers_withdraw(workers, &ops[LEN - 1].op));
    check(leat_workers_withdraw(workers, &ops[5].op));
    check_equal(leat_workers_submit(workers, &ops[5].op), 0);
    for (unsigned i = 0; i < LEN - 1; i++)
        sem_post(&may_end);
    for (unsigned done = 0; done < LEN - 1;) {
        loop_steps(loop, LEAT_NEVER);
        done = 0;
        for (unsigned i = 0; i < LEN; i++)
            done += ops[i].done;
    }
    for (unsigned i = 0; i < LEN; i++)
        check_equal(ops[i].done, i < LEN - 1);
    leat_workers_destroy(workers);
    leat_loop_unkeep(loop);
    leat_loop_destroy(loop);
    sem_destroy(&runs);
    sem_destroy(&may_end);
    return 0;
}
