#include "leat/fiber/watchdog.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "leat/fiber/fibers.h"

enum { LIMIT_MS = 50, NS_PER_MS = 1000000, LOOKS_PER_LIMIT = 8 };

/* How long the thread may take to answer a signal: it may be inside a long system call. */
enum { ANSWER_S = 1 };

struct leat_watchdog {
    struct leat_fibers *fibers;
    struct leat_watchdog_options options;
    pthread_t watched, thread;
    pthread_mutex_t mutex; /* of `stops`, and of dozing */
    pthread_cond_t wake;
    bool stops;
    sem_t answered; /* by the handler */
    uint64_t asked; /* the turn that the handler is to look at; atomic; 0: none */

    /* The handler's, until it has answered. */
    void *addresses[LEAT_WATCHDOG_FRAMES_MAX];
    unsigned addresses_len;
    const char *group;
};

/* --- In the fibers' thread --- */

static void handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    if (info->si_code != SI_QUEUE || info->si_pid != getpid() || info->si_value.sival_ptr == NULL)
        return;
    int saved = errno;
    struct leat_watchdog *self = info->si_value.sival_ptr;
    struct leat_fibers *fibers = self->fibers;
    uint64_t asked = __atomic_exchange_n(&self->asked, 0, __ATOMIC_ACQUIRE);
    /* Whoever came too late, or finds another fiber, has nothing to tell. */
    if (asked != 0) {
        self->addresses_len = 0;
        self->group = NULL;
        if (asked == fibers->turn && fibers->running != NULL) {
            int len = backtrace(self->addresses, LEAT_WATCHDOG_FRAMES_MAX);
            self->addresses_len = len > 0 ? (unsigned)len : 0;
            self->group = fibers->running->group->name;
        }
        (void)sem_post(&self->answered);
    }
    errno = saved;
}

/* Set the handler, unless it is. It stays: see the header. */
static bool handler_set(int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0)
        return false;
    if ((action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == handler)
        return true;
    action = (struct sigaction){ .sa_sigaction = handler };
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    return sigaction(number, &action, NULL) == 0;
}

/* --- In the watchdog's --- */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Have the handler look at `turn`. True: it found it still going on, or did not answer at all. */
static bool asks(struct leat_watchdog *self, uint64_t turn)
{
    struct timespec until;
    __atomic_store_n(&self->asked, turn, __ATOMIC_RELEASE);
    union sigval value = { .sival_ptr = self };
    bool sent = pthread_sigqueue(self->watched, self->options.signal, value) == 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ANSWER_S;
    if (sent && sem_timedwait(&self->answered, &until) == 0)
        return self->group != NULL;
    /* It does not answer: from now on it is not to. If it just began to, it will be done soon. */
    if (__atomic_exchange_n(&self->asked, 0, __ATOMIC_ACQ_REL) == 0) {
        while (sem_wait(&self->answered) != 0)
            continue;
        return self->group != NULL;
    }
    self->addresses_len = 0;
    self->group = "";
    return true;
}

static void reports(struct leat_watchdog *self, uint64_t turn, uint64_t since_ns)
{
    if (!asks(self, turn))
        return;
    self->options.report(self->options.user, &(struct leat_watchdog_report){
                                                 .addresses = self->addresses,
                                                 .addresses_len = self->addresses_len,
                                                 .duration_ns = now_ns() - since_ns,
                                                 .group = self->group,
                                             });
}

/* Wait for the next look. False: it is to stop. */
static bool rests(struct leat_watchdog *self)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t rest_ns = self->options.limit_ns / LOOKS_PER_LIMIT + 1;
    uint64_t at_ns = (uint64_t)until.tv_nsec + rest_ns;
    until.tv_sec += (time_t)(at_ns / 1000000000);
    until.tv_nsec = (long)(at_ns % 1000000000);
    pthread_mutex_lock(&self->mutex);
    int failed = 0;
    while (!self->stops && failed == 0)
        failed = pthread_cond_clockwait(&self->wake, &self->mutex, CLOCK_MONOTONIC, &until);
    bool stops = self->stops;
    pthread_mutex_unlock(&self->mutex);
    return !stops;
}

/* In the fibers' thread: one goes on. */
static void stir(struct leat_fibers *fibers)
{
    struct leat_watchdog *self = fibers->watchdog;
    pthread_mutex_lock(&self->mutex);
    __atomic_store_n(&fibers->stirs, NULL, __ATOMIC_RELAXED);
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->mutex);
}

/* Nobody runs: be woken by who does. If one goes on in this very moment and neither sees the other,
 * the next wakes it, and what this one does goes unseen: a fence at each step of the loop would
 * cost more than that is worth. */
static void dozes(struct leat_watchdog *self, uint64_t seen)
{
    struct leat_fibers *fibers = self->fibers;
    pthread_mutex_lock(&self->mutex);
    __atomic_store_n(&fibers->stirs, stir, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&fibers->turn, __ATOMIC_SEQ_CST) == seen) {
        while (!self->stops && __atomic_load_n(&fibers->stirs, __ATOMIC_RELAXED) != NULL)
            pthread_cond_wait(&self->wake, &self->mutex);
    }
    __atomic_store_n(&fibers->stirs, NULL, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&self->mutex);
}

static void *watches(void *arg)
{
    struct leat_watchdog *self = arg;
    uint64_t seen = 0, since_ns = 0;
    bool told = true;
    while (rests(self)) {
        uint64_t turn = __atomic_load_n(&self->fibers->turn, __ATOMIC_RELAXED);
        if (turn != seen) {
            seen = turn;
            since_ns = now_ns();
            told = (turn & LEAT_TURN_RUNS) == 0;
        } else if ((turn & LEAT_TURN_RUNS) == 0) {
            if (now_ns() - since_ns >= self->options.limit_ns)
                dozes(self, seen);
        } else if (!told && now_ns() - since_ns >= self->options.limit_ns) {
            told = true;
            reports(self, turn, since_ns);
        }
    }
    return NULL;
}

/* --- Making one --- */

static bool thread_starts(struct leat_watchdog *self)
{
    sigset_t all, before;
    /* The program's signals are not for this thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&self->thread, NULL, watches, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

struct leat_watchdog *leat_watchdog_create(struct leat_fibers *fibers,
                                           const struct leat_watchdog_options *options)
{
    leat_assert(options->report != NULL);
    leat_assert(options->signal > 0);
    struct leat_watchdog_options all = *options;
    if (all.alloc.resize == NULL)
        all.alloc = leat_alloc_hosted;
    if (all.limit_ns == 0)
        all.limit_ns = (uint64_t)LIMIT_MS * NS_PER_MS;
    void *loads_the_unwinder[1];
    (void)backtrace(loads_the_unwinder, 1);
    struct leat_watchdog *self = leat_allocate(&all.alloc, sizeof(*self));
    if (self == NULL)
        return NULL;
    self->fibers = fibers;
    self->options = all;
    self->watched = pthread_self();
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->wake, NULL);
    sem_init(&self->answered, 0, 0);
    leat_assert(fibers->watchdog == NULL);
    fibers->watchdog = self;
    if (handler_set(all.signal) && thread_starts(self))
        return self;
    fibers->watchdog = NULL;
    leat_deallocate(&all.alloc, self);
    return NULL;
}

/* A signal that was sent and not taken names memory that is about to go: take it here. */
static void signals_take(const struct leat_watchdog *self)
{
    sigset_t ours, before;
    const struct timespec at_once = { 0 };
    sigemptyset(&ours);
    sigaddset(&ours, self->options.signal);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    while (sigtimedwait(&ours, NULL, &at_once) > 0)
        continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void leat_watchdog_destroy(struct leat_watchdog *watchdog)
{
    if (watchdog == NULL)
        return;
    leat_assert(pthread_equal(pthread_self(), watchdog->watched));
    pthread_mutex_lock(&watchdog->mutex);
    watchdog->stops = true;
    pthread_cond_signal(&watchdog->wake);
    pthread_mutex_unlock(&watchdog->mutex);
    pthread_join(watchdog->thread, NULL);
    watchdog->fibers->watchdog = NULL;
    signals_take(watchdog);
    sem_destroy(&watchdog->answered);
    pthread_cond_destroy(&watchdog->wake);
    pthread_mutex_destroy(&watchdog->mutex);
    struct leat_alloc alloc = watchdog->options.alloc;
    leat_deallocate(&alloc, watchdog);
}
