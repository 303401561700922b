/* Tells of a request that holds up all others of its thread, with where it is. */

#include "apps/serve/watch.h"

#include <dlfcn.h>
#include <string.h>
#include <time.h>

#include "leat/fiber/watchdog.h"

/* What happens again and again is counted, and told now and then. */
#define TELL_NS (10 * NS)

/* Innermost first, so that the others say little. */
enum { FRAMES_TOLD_MAX = 24 };

/* As `addr2line -e FILE OFFSET` wants it. */
static void put_frame(struct term_buffer *text, void *address)
{
    Dl_info info;
    if (dladdr(address, &info) == 0 || info.dli_fname == NULL) {
        term_printf(text, " %p", address);
        return;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    term_printf(text, " %s+0x%zx", slash != NULL ? slash + 1 : info.dli_fname,
                (size_t)((const char *)address - (const char *)info.dli_fbase));
}

/* On the watchdog's thread. */
static void tells(void *user, const struct leat_watchdog_report *report)
{
    static const char place[] = "serving";
    struct site *site = user;
    struct term_buffer text = { 0 };
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t now_ns = (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
    __atomic_add_fetch(&site->holdups, 1, __ATOMIC_RELAXED);
    if (site->holdup_told_ns != 0 && now_ns - site->holdup_told_ns < TELL_NS)
        return;
    site->holdup_told_ns = now_ns;
    term_puts(&text, "one request has held up all others for ");
    term_put_number(&text, report->duration_ns / NS_PER_MS);
    term_puts(&text, " ms, at");
    for (unsigned i = 0; i < report->addresses_len && i < FRAMES_TOLD_MAX; i++)
        put_frame(&text, report->addresses[i]);
    if (report->addresses_len == 0)
        term_puts(&text, " a place that is not known");
    term_putc(&text, '\0');
    if (!text.cut)
        run_tell(site->run, place, sizeof(place) - 1, text.data);
    term_buffer_fini(&text);
}

bool watch_begin(struct site *site)
{
    const uint64_t limit_ms = flags_number_or(site->flags.watchdog_ms, SERVE_WATCHDOG_MS);
    if (limit_ms == 0)
        return true;
    site->watchdog = leat_watchdog_create(site->fibers, &(struct leat_watchdog_options){
                                                            .limit_ns = limit_ms * NS_PER_MS,
                                                            .signal = SIGURG,
                                                            .report = tells,
                                                            .user = site,
                                                        });
    return site->watchdog != NULL;
}

void watch_end(struct site *site)
{
    leat_watchdog_destroy(site->watchdog);
    site->watchdog = NULL;
}
