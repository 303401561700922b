#include "apps/serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "apps/serve/site.h"
#include "apps/serve/watch.h"
#include "leat/fiber/shard.h"

#define ADDRESS "127.0.0.1:8080"

/* Decoders and their libraries run in fibers here. */
#define STACK_BYTES (256 * LEAT_KIB)

#define TELL_NS (10 * NS)

/* One run of the command: the sites, and what they have in common. */
struct serving {
    struct run *run;
    struct serve_options flags;
    struct service service;
    int root, signals;
    bool failed; /* before the sites began */
};

#define OVER_LOOK_NS 10000000u

/* --- What is said --- */

/* What lasts, such as having no descriptor left, is met again and again, and told now and then. */
static void meets(const struct leat_fault *fault, void *user)
{
    static const char place[] = "listening";
    struct site *site = user;
    uint64_t now_ns = leat_loop_now(site->loop);
    if (site->told_ns != 0 && now_ns - site->told_ns < TELL_NS)
        return;
    site->told_ns = now_ns;
    run_tell_fault(site->run, place, sizeof(place) - 1, fault);
}

/* One line, as soon as connections are taken: first where, while the listeners are still this
 * thread's. */
static void put_where(struct term_buffer *text, const struct serving *serving, const char *folder)
{
    const struct site *site = &serving->service.sites[0];
    term_puts(text, "leat: serving ");
    term_puts(text, folder);
    for (unsigned i = 0; i < site->listeners_len; i++) {
        char address[LEAT_ADDRESS_TEXT_MAX];
        leat_address_format(&site->listeners[i].address, address, sizeof(address));
        bool is_path = site->listeners[i].address.any.sa_family == AF_UNIX;
        term_puts(text, i == 0 ? " at " : " and ");
        term_printf(text, is_path ? "%s" : "http://%s/", address);
    }
}

/* Then how. */
static void put_how(struct term_buffer *text, const struct serving *serving,
                    const struct leat_loop_choice *choice)
{
    term_printf(text, " by %s", choice->kind);
    if (serving->service.sites_len > 1)
        term_printf(text, " on %u threads", serving->service.sites_len);
    if (choice->refused != NULL)
        term_printf(text, " (%s: %s%s%s)", choice->refused, choice->reason,
                    choice->code != 0 ? ": " : "", choice->code != 0 ? strerror(choice->code) : "");
    term_putc(text, '\n');
}

static void tell_refused(const struct serving *serving, const struct leat_loop_choice *choice)
{
    const char *refused = choice->refused != NULL ? choice->refused : "serve";
    run_tell(serving->run, refused, strlen(refused),
             choice->reason != NULL ? choice->reason : "out of memory or threads");
}

/* --- Running --- */

struct listening {
    struct site *site;
    unsigned index;
};

static void serves(void *arg)
{
    struct listening *listening = arg;
    if (leat_server_run(listening->site->servers[listening->index]) != LEAT_OK)
        listening->site->failed = true;
}

struct stopping {
    struct site *site;
    uint64_t grace_ns;
};

static void stop(struct leat_shard *here, void *arg)
{
    struct stopping *stopping = arg;
    (void)here;
    for (unsigned i = 0; i < stopping->site->listeners_len; i++)
        leat_server_stop(stopping->site->servers[i], stopping->grace_ns);
}

static void stop_all(struct site *site, uint64_t grace_ns)
{
    const struct service *service = site->service;
    struct leat_shards *shards = leat_shard_all(site->here);
    /* The own one, the first, comes last: it may end at once, and take the caller with it. */
    for (unsigned i = service->sites_len; i-- > 0;) {
        struct stopping stopping = { &service->sites[i], grace_ns };
        if (leat_shard_call(site->here, leat_shards_at(shards, i), stop, &stopping) != LEAT_OK)
            service->sites[i].failed = true;
    }
}

/* The first signal asks for an end, the second for it at once. */
static void hears_signals(void *arg)
{
    struct site *site = arg;
    struct leat_engine *engine = leat_fibers_engine(site->fibers);
    uint64_t grace_ns = NS * flags_number_or(site->flags.grace_seconds, SERVE_GRACE_SECONDS);
    struct signalfd_siginfo info;
    for (unsigned heard = 0;; heard++) {
        struct leat_io io =
            leat_engine_read(engine, site->signals, &info, sizeof(info), LEAT_OFFSET_NONE);
        if (io.status != LEAT_OK)
            return;
        stop_all(site, heard == 0 ? grace_ns : 0);
    }
}

static void serves_all(struct site *site)
{
    struct leat_scope servers;
    struct listening listening[SITE_LISTENERS_MAX];
    enum leat_status status = LEAT_OK;
    leat_scope_open(&servers, site->fibers);
    for (unsigned i = 0; i < site->listeners_len && status == LEAT_OK; i++) {
        listening[i] = (struct listening){ site, i };
        status = leat_scope_spawn(&servers, serves, &listening[i]);
    }
    if (status != LEAT_OK) {
        site->failed = true;
        leat_scope_cancel(&servers);
    }
    leat_scope_close(&servers);
}

/* What stands on the loop of this thread; the listeners are there. */
static bool site_begin(struct site *site, struct leat_shard *here)
{
    site->here = here;
    site->loop = leat_shard_loop(here);
    site->fibers = leat_shard_fibers(here);
    struct leat_ctx_options waits = leat_fibers_ctx(site->fibers);
    site->ctx.engine = waits.engine;
    site->ctx.breathe = waits.breathe;
    site->ctx.cpu_ns = waits.cpu_ns;
    uint64_t fresh_ms = flags_number_or(site->flags.fresh_ms, SERVE_FRESH_MS);
    files_init(&site->files, &site->ctx, site->root, fresh_ms * NS_PER_MS);
    site->limits.head_bytes_max = (uint32_t)flags_number_or(site->flags.head_bytes, 0);
    (void)!getrandom(&site->boundary, sizeof(site->boundary), GRND_NONBLOCK);
    uint64_t connections = flags_number_or(site->flags.connections, SERVE_CONNECTIONS);
    uint64_t idle_ns = NS * flags_number_or(site->flags.idle_seconds, SERVE_IDLE_SECONDS);
    struct leat_server_options options = {
        .handle = exchange_handle,
        .user = site,
        .connection = { .receive_timeout_ns = idle_ns,
                        .send_timeout_ns =
                            NS * flags_number_or(site->flags.send_seconds, SERVE_SEND_SECONDS) },
        .idle_timeout_ns = idle_ns,
        .connections_max =
            (uint32_t)((connections + site->service->sites_len - 1) / site->service->sites_len),
        .meets = meets,
    };
    for (unsigned i = 0; i < site->listeners_len; i++) {
        site->listeners[i].ctx = &site->ctx;
        site->servers[i] = leat_server_create(site->fibers, &site->listeners[i], &options);
        if (site->servers[i] == NULL)
            return false;
    }
    return true;
}

/* Who hears the signals does so until all are over: the second one may be for another thread. This
 * goes on for the time of grace at most, so looking now and then is enough. */
static void over(struct site *site)
{
    unsigned *running = &site->service->running;
    __atomic_sub_fetch(running, 1, __ATOMIC_RELAXED);
    while (site->signals >= 0 && __atomic_load_n(running, __ATOMIC_RELAXED) > 0) {
        if (leat_fiber_sleep(site->fibers, OVER_LOOK_NS) != LEAT_OK)
            return;
    }
}

/* The first fiber of a thread. */
static void site_runs(struct leat_shard *here, void *arg)
{
    struct serving *serving = arg;
    struct site *site = &serving->service.sites[leat_shard_index(here)];
    struct leat_scope background;
    leat_scope_open(&background, leat_shard_fibers(here));
    site->background = &background;
    if (!site_begin(site, here))
        site->failed = true;
    else if (site->signals >= 0 && leat_scope_spawn(&background, hears_signals, site) != LEAT_OK)
        site->failed = true;
    else if (!watch_begin(site))
        site->failed = true;
    else
        serves_all(site);
    watch_end(site);
    over(site);
    site->background = NULL;
    leat_scope_cancel(&background);
    leat_scope_close(&background);
    for (unsigned i = 0; i < site->listeners_len; i++) {
        leat_server_destroy(site->servers[i]);
        leat_listener_close(&site->listeners[i]);
    }
    site->listeners_len = 0;
    files_fini(&site->files);
}

/* --- Beginning --- */

/* Each connection is a descriptor. */
static void open_files_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The sites of all threads listen at one address, by sockets of their own that share it; at a path,
 * by one socket. */
static bool listens(struct serving *serving, const char *text)
{
    struct leat_address address;
    struct site *sites = serving->service.sites;
    unsigned at = sites[0].listeners_len;
    if (at == SITE_LISTENERS_MAX) {
        run_tell(serving->run, text, strlen(text), "too many addresses");
        return false;
    }
    if (leat_address_parse(text, &address) != LEAT_OK) {
        run_tell(serving->run, text, strlen(text),
                 "no address, as 127.0.0.1:8080 or unix:PATH are");
        return false;
    }
    struct leat_listener_options options = { .shared = serving->service.sites_len > 1 };
    for (unsigned i = 0; i < serving->service.sites_len; i++) {
        struct site *site = &sites[i];
        struct leat_listener *listener = &site->listeners[at];
        if (i > 0 && address.any.sa_family == AF_UNIX) {
            int fd = fcntl(sites[0].listeners[at].socket.fd, F_DUPFD_CLOEXEC, 0);
            if (fd < 0) {
                run_tell_code(serving->run, text, errno);
                return false;
            }
            leat_listener_of(listener, &site->plain, fd);
        } else if (leat_listener_open(listener, &site->plain, &address, &options) != LEAT_OK) {
            run_tell_fault(serving->run, text, strlen(text), &listener->fault);
            return false;
        }
        site->listeners_len++;
        address = sites[0].listeners[at].address; /* with the port that was chosen */
    }
    return true;
}

static bool listens_all(struct serving *serving)
{
    const struct flags_list *list = &serving->flags.listen;
    if (list->count == 0)
        return listens(serving, ADDRESS);
    for (size_t i = 0; i < list->count; i++) {
        if (!listens(serving, list->items[i]))
            return false;
    }
    return true;
}

static bool signals_catch(struct serving *serving)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    serving->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (serving->signals < 0)
        run_tell_code(serving->run, "signals", errno);
    return serving->signals >= 0;
}

static unsigned threads_of(const struct serving *serving)
{
    uint64_t threads = flags_number_or(serving->flags.threads, 1);
    cpu_set_t usable;
    if (threads > 0)
        return (unsigned)threads;
    if (sched_getaffinity(0, sizeof(usable), &usable) < 0)
        return 1;
    int count = CPU_COUNT(&usable);
    return count < LEAT_SHARDS_MAX ? (unsigned)count : LEAT_SHARDS_MAX;
}

static void default_to(struct flags_number *number, uint64_t value)
{
    *number = (struct flags_number){ .set = true, .value = flags_number_or(*number, value) };
}

static bool sites_make(struct serving *serving)
{
    struct service *service = &serving->service;
    unsigned len = threads_of(serving);
    service->sites = calloc(len, sizeof(service->sites[0]));
    if (service->sites == NULL) {
        run_tell(serving->run, "serve", 5, "out of memory");
        return false;
    }
    service->sites_len = len;
    struct run_limits limits = serving->flags.limits;
    default_to(&limits.total, SERVE_LIMIT_TOTAL);
    default_to(&limits.time_s, SERVE_LIMIT_TIME_S);
    for (unsigned i = 0; i < len; i++) {
        struct site *site = &service->sites[i];
        site->run = serving->run;
        site->service = service;
        site->flags = serving->flags;
        site->root = serving->root;
        site->signals = i == 0 ? serving->signals : -1;
        run_ctx_init(serving->run, &site->ctx, &limits, NULL);
        run_ctx_init(serving->run, &site->plain, NULL, NULL);
    }
    return listens_all(serving);
}

static bool serving_begin(struct serving *serving, const char *folder)
{
    serving->root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (serving->root < 0) {
        run_tell_code(serving->run, folder, errno);
        return false;
    }
    /* Whether opening can be kept within a folder is for the system to say: Linux 5.6. */
    struct leat_op op = {
        .code = LEAT_OP_OPEN,
        .open = { .path = ".",
                  .folder = serving->root,
                  .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                  .beneath = true },
    };
    struct leat_io io = leat_engine_run(&leat_engine_blocking, &op);
    if (io.status != LEAT_OK) {
        static const char call[] = "openat2, which keeps a server in its folder";
        run_tell_code(serving->run, call, io.code);
        return false;
    }
    leat_engine_close(&leat_engine_blocking, io.descriptor);
    return signals_catch(serving) && sites_make(serving);
}

/* Serve until told to stop. */
static void serving_run(struct serving *serving, const char *folder)
{
    struct service *service = &serving->service;
    struct leat_shards_options options = {
        .count = service->sites_len,
        .floats = service->sites_len == 1,
        .entry = site_runs,
        .arg = serving,
        .fibers = { .stack_bytes = STACK_BYTES },
    };
    service->running = service->sites_len;
    struct leat_loop_choice choice = { 0 };
    struct term_buffer ready = { 0 };
    put_where(&ready, serving, folder);
    struct leat_shards *shards = leat_shards_start(&options, &choice);
    if (shards != NULL) {
        put_how(&ready, serving, &choice);
        (void)!term_flush(&serving->run->err, &ready); /* unheard, it serves all the same */
    } else {
        tell_refused(serving, &choice);
    }
    term_buffer_fini(&ready);
    if (shards == NULL || leat_shards_join(shards, NULL) != LEAT_OK)
        serving->failed = true;
}

static bool serving_end(struct serving *serving)
{
    struct service *service = &serving->service;
    bool failed = serving->failed;
    for (unsigned i = 0; i < service->sites_len; i++) {
        struct site *site = &service->sites[i];
        failed |= site->failed;
        for (unsigned k = 0; k < site->listeners_len; k++)
            leat_listener_close(&site->listeners[k]); /* where it did not begin */
        leat_ctx_fini(&site->ctx);
        leat_ctx_fini(&site->plain);
    }
    free(service->sites);
    if (serving->signals >= 0)
        close(serving->signals);
    if (serving->root >= 0)
        close(serving->root);
    return failed;
}

int serve_run(struct run *run, int argc, char *const *argv)
{
    struct serving serving = { .run = run, .root = -1, .signals = -1 };
    int status;
    if (!run_parse(run, &serve_command, argc, argv, &serving.flags, &status))
        return status;
    open_files_raise();
    const struct flags_list *operands = &serving.flags.operands;
    const char *folder = operands->count > 0 ? operands->items[0] : ".";
    if (operands->count > 1) {
        run_tell(run, operands->items[1], strlen(operands->items[1]), "one folder can be served");
        serving.failed = true;
    } else if (!serving_begin(&serving, folder)) {
        serving.failed = true;
    } else {
        serving_run(&serving, folder);
    }
    bool failed = serving_end(&serving);
    flags_release(&serve_command, &serving.flags);
    return failed ? RUN_FAILED : RUN_OK;
}
