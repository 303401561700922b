#include "leat/engine/workers.h"

#include <pthread.h>
#include <signal.h>

#include "leat/engine/op_list.h"

struct leat_workers {
    struct leat_loop *loop;
    const struct leat_workers_user *user;
    struct leat_note note; /* under way while `done` is not empty */
    pthread_mutex_t lock;  /* of all below */
    pthread_cond_t more;
    struct leat_op_list queue;
    struct leat_op *done; /* the last first */
    unsigned idle;        /* threads that wait for more */
    unsigned queued;
    bool ending;
    unsigned threads_len, threads_max;
    pthread_t threads[];
};

static struct leat_workers *workers_of_note(struct leat_note *note)
{
    return LEAT_CONTAINER_OF(note, struct leat_workers, note);
}

/* On the loop's thread. */
static void note_fires(struct leat_note *note)
{
    struct leat_workers *workers = workers_of_note(note);
    pthread_mutex_lock(&workers->lock);
    struct leat_op *last = workers->done, *op = NULL;
    workers->done = NULL;
    pthread_mutex_unlock(&workers->lock);
    leat_assert(last != NULL);
    while (last != NULL) { /* in the order in which they came */
        struct leat_op *before = last->next;
        last->next = op;
        op = last;
        last = before;
    }
    while (op != NULL) {
        struct leat_op *next = op->next;
        op->next = NULL;
        workers->user->came(workers->loop, op, op->result);
        op = next;
    }
}

struct leat_workers *leat_workers_create(struct leat_loop *loop, unsigned threads,
                                         const struct leat_workers_user *user)
{
    leat_assert(threads > 0);
    leat_assert(user->run != NULL && user->came != NULL);
    struct leat_workers *workers =
        leat_allocate(&loop->alloc, sizeof(*workers) + threads * sizeof(workers->threads[0]));
    if (workers == NULL)
        return NULL;
    workers->loop = loop;
    workers->user = user;
    workers->note.fire = note_fires;
    workers->threads_max = threads;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->more, NULL);
    return workers;
}

void leat_workers_destroy(struct leat_workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    leat_assert(workers->queue.first == NULL);
    workers->ending = true;
    pthread_cond_broadcast(&workers->more);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->threads_len; i++)
        pthread_join(workers->threads[i], NULL);
    leat_assert(workers->done == NULL);
    pthread_cond_destroy(&workers->more);
    pthread_mutex_destroy(&workers->lock);
    struct leat_alloc alloc = workers->loop->alloc;
    leat_deallocate(&alloc, workers);
}

/* Unlink `op`, with the lock held. Its `link` tells that it is queued. */
static void unqueue(struct leat_workers *workers, struct leat_op *op)
{
    leat_assert(workers->queued > 0);
    leat_op_list_remove(&workers->queue, op);
    workers->queued--;
}

/* The first in the queue, waited for; NULL at the end. With the lock held. */
static struct leat_op *next_op(struct leat_workers *workers)
{
    while (workers->queue.first == NULL && !workers->ending) {
        workers->idle++;
        pthread_cond_wait(&workers->more, &workers->lock);
        workers->idle--;
    }
    struct leat_op *op = workers->queue.first;
    if (op != NULL)
        unqueue(workers, op);
    return op;
}

static void *works(void *arg)
{
    struct leat_workers *workers = (struct leat_workers *)arg;
    struct leat_op *op;
    pthread_setname_np(pthread_self(), "leat-worker");
    pthread_mutex_lock(&workers->lock);
    while ((op = next_op(workers)) != NULL) {
        pthread_mutex_unlock(&workers->lock);
        op->result = workers->user->run(op);
        pthread_mutex_lock(&workers->lock);
        bool is_first = workers->done == NULL;
        op->next = workers->done;
        workers->done = op;
        /* Only the first calls the loop: it takes all that came until it looks. */
        if (is_first)
            leat_loop_notify(workers->loop, &workers->note);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* One more thread, without the program's signals. With the lock held. */
static int add_thread(struct leat_workers *workers)
{
    sigset_t all, before;
    leat_assert(workers->threads_len < workers->threads_max);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&workers->threads[workers->threads_len], NULL, works, workers);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0)
        workers->threads_len++;
    return code;
}

int leat_workers_submit(struct leat_workers *workers, struct leat_op *op)
{
    int code = 0;
    leat_assert(op->link == NULL);
    pthread_mutex_lock(&workers->lock);
    if (workers->idle <= workers->queued && workers->threads_len < workers->threads_max)
        code = add_thread(workers);
    /* Without the new one the others do it, later. */
    if (workers->threads_len > 0) {
        code = 0;
        leat_op_list_add(&workers->queue, op);
        workers->queued++;
        pthread_cond_signal(&workers->more);
    }
    pthread_mutex_unlock(&workers->lock);
    return code;
}

bool leat_workers_withdraw(struct leat_workers *workers, struct leat_op *op)
{
    pthread_mutex_lock(&workers->lock);
    bool queued = op->link != NULL;
    if (queued)
        unqueue(workers, op);
    pthread_mutex_unlock(&workers->lock);
    return queued;
}
