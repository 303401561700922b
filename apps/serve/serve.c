#include "apps/serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "apps/serve/site.h"

#define ADDRESS "127.0.0.1:8080"

/* Decoders and their libraries run in fibers here. */
#define STACK_BYTES (256 * LEAT_KIB)

/* --- What is said --- */

static void tell(struct site *site, const char *place, const struct leat_fault *fault)
{
    run_tell_fault(site->run, place, strlen(place), fault);
}

static void meets(const struct leat_fault *fault, void *user)
{
    tell(user, "listening", fault);
}

/* One line, as soon as connections are taken. */
static void say_ready(struct site *site, const char *folder, const struct leat_loop_choice *choice)
{
    struct term_buffer text = { 0 };
    term_puts(&text, "leat: serving ");
    term_puts(&text, folder);
    for (unsigned i = 0; i < site->listeners_len; i++) {
        char address[LEAT_ADDRESS_TEXT_MAX];
        leat_address_format(&site->listeners[i].address, address, sizeof(address));
        bool is_path = site->listeners[i].address.any.sa_family == AF_UNIX;
        term_puts(&text, i == 0 ? " at " : " and ");
        term_printf(&text, is_path ? "%s" : "http://%s/", address);
    }
    term_printf(&text, " by %s", leat_loop_name(site->loop));
    if (choice->refused != NULL)
        term_printf(&text, " (%s: %s%s%s)", choice->refused, choice->reason,
                    choice->code != 0 ? ": " : "", choice->code != 0 ? strerror(choice->code) : "");
    term_putc(&text, '\n');
    if (term_flush(&site->run->err, &text) != TERM_OK)
        site->failed = true;
    term_buffer_fini(&text);
}

/* --- Running --- */

struct serving {
    struct site *site;
    unsigned index;
};

static void serves(void *arg)
{
    struct serving *serving = arg;
    if (leat_server_run(serving->site->servers[serving->index]) != LEAT_OK)
        serving->site->failed = true;
}

static void stop(struct site *site, uint64_t grace_ns)
{
    for (unsigned i = 0; i < site->listeners_len; i++)
        leat_server_stop(site->servers[i], grace_ns);
}

/* The first signal asks for an end, the second for it at once. */
static void hears_signals(void *arg)
{
    struct site *site = arg;
    struct leat_engine *engine = leat_fibers_engine(site->fibers);
    uint64_t grace_ns =
        flags_number_or(site->flags.grace_seconds, SERVE_GRACE_SECONDS) * 1000000000;
    struct signalfd_siginfo info;
    for (unsigned heard = 0;; heard++) {
        struct leat_io io =
            leat_engine_read(engine, site->signals, &info, sizeof(info), LEAT_OFFSET_NONE);
        if (io.status != LEAT_OK)
            return;
        stop(site, heard == 0 ? grace_ns : 0);
    }
}

static void run_site(void *arg)
{
    struct site *site = arg;
    struct leat_scope signals, servers;
    struct serving serving[SITE_LISTENERS_MAX];
    leat_scope_open(&signals, site->fibers);
    enum leat_status status = leat_scope_spawn(&signals, hears_signals, site);
    leat_scope_open(&servers, site->fibers);
    for (unsigned i = 0; i < site->listeners_len && status == LEAT_OK; i++) {
        serving[i] = (struct serving){ site, i };
        status = leat_scope_spawn(&servers, serves, &serving[i]);
    }
    if (status != LEAT_OK) {
        site->failed = true;
        leat_scope_cancel(&servers);
    }
    leat_scope_close(&servers);
    leat_scope_cancel(&signals);
    leat_scope_close(&signals);
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

static bool listens(struct site *site, const char *text)
{
    struct leat_address address;
    size_t len = strlen(text);
    if (site->listeners_len == SITE_LISTENERS_MAX) {
        run_tell(site->run, text, len, "too many addresses");
        return false;
    }
    if (leat_address_parse(text, &address) != LEAT_OK) {
        run_tell(site->run, text, len, "no address, as 127.0.0.1:8080 or unix:PATH are");
        return false;
    }
    struct leat_listener *listener = &site->listeners[site->listeners_len];
    if (leat_listener_open(listener, &site->plain, &address, NULL) != LEAT_OK) {
        tell(site, text, &listener->fault);
        return false;
    }
    listener->ctx = &site->ctx;
    struct leat_server_options options = {
        .handle = exchange_handle,
        .user = site,
        .connection = { .receive_timeout_ns =
                            NS * flags_number_or(site->flags.idle_seconds, SERVE_IDLE_SECONDS),
                        .send_timeout_ns =
                            NS * flags_number_or(site->flags.send_seconds, SERVE_SEND_SECONDS) },
        .idle_timeout_ns = NS * flags_number_or(site->flags.idle_seconds, SERVE_IDLE_SECONDS),
        .connections_max = (uint32_t)flags_number_or(site->flags.connections, SERVE_CONNECTIONS),
        .meets = meets,
    };
    struct leat_server *server = leat_server_create(site->fibers, listener, &options);
    if (server == NULL) {
        run_tell(site->run, text, len, "out of memory");
        leat_listener_close(listener);
        return false;
    }
    site->servers[site->listeners_len++] = server;
    return true;
}

static bool listens_all(struct site *site)
{
    const struct flags_list *list = &site->flags.listen;
    if (list->count == 0)
        return listens(site, ADDRESS);
    for (size_t i = 0; i < list->count; i++) {
        if (!listens(site, list->items[i]))
            return false;
    }
    return true;
}

static bool signals_catch(struct site *site)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    site->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (site->signals < 0)
        run_tell_code(site->run, "signals", errno);
    return site->signals >= 0;
}

/* The folder, the loop and what stands on it. */
static bool site_begin(struct site *site, const char *folder, struct leat_loop_choice *ret_choice)
{
    site->root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (site->root < 0) {
        run_tell_code(site->run, folder, errno);
        return false;
    }
    site->loop = leat_loop_create(NULL, ret_choice);
    if (site->loop == NULL) {
        const char *refused = ret_choice->refused != NULL ? ret_choice->refused : "engine";
        run_tell(site->run, refused, strlen(refused),
                 ret_choice->reason != NULL ? ret_choice->reason : "out of memory");
        return false;
    }
    site->fibers =
        leat_fibers_create(site->loop, &(struct leat_fibers_options){ .stack_bytes = STACK_BYTES });
    if (site->fibers == NULL)
        return false;
    struct leat_ctx_options waits = leat_fibers_ctx(site->fibers);
    site->ctx.engine = waits.engine;
    site->ctx.breathe = waits.breathe;
    uint64_t fresh_ms = flags_number_or(site->flags.fresh_ms, SERVE_FRESH_MS);
    files_init(&site->files, &site->ctx, site->root, fresh_ms * 1000000);
    site->limits.head_bytes_max = (uint32_t)flags_number_or(site->flags.head_bytes, 0);
    (void)!getrandom(&site->boundary, sizeof(site->boundary), GRND_NONBLOCK);
    return signals_catch(site) && listens_all(site);
}

static void site_end(struct site *site)
{
    for (unsigned i = 0; i < site->listeners_len; i++) {
        leat_server_destroy(site->servers[i]);
        leat_listener_close(&site->listeners[i]);
    }
    if (site->fibers != NULL)
        files_fini(&site->files);
    if (site->signals >= 0)
        close(site->signals);
    if (site->root >= 0)
        close(site->root);
    leat_fibers_destroy(site->fibers);
    leat_loop_destroy(site->loop);
    leat_ctx_fini(&site->ctx);
    leat_ctx_fini(&site->plain);
    flags_release(&serve_command, &site->flags);
}

int serve_run(struct run *run, int argc, char *const *argv)
{
    struct site site = { .run = run, .root = -1, .signals = -1 };
    int status;
    if (!run_parse(run, &serve_command, argc, argv, &site.flags, &status))
        return status;
    run_ctx_init(run, &site.ctx, NULL);
    run_ctx_init(run, &site.plain, NULL);
    open_files_raise();
    const struct flags_list *operands = &site.flags.operands;
    const char *folder = operands->count > 0 ? operands->items[0] : ".";
    struct leat_loop_choice choice = { 0 };
    if (operands->count > 1) {
        run_tell(run, operands->items[1], strlen(operands->items[1]), "one folder can be served");
        site.failed = true;
    } else if (!site_begin(&site, folder, &choice)) {
        site.failed = true;
    } else {
        say_ready(&site, folder, &choice);
        if (leat_fibers_run(site.fibers, run_site, &site) != LEAT_OK)
            site.failed = true;
    }
    site_end(&site);
    return site.failed ? RUN_FAILED : RUN_OK;
}
