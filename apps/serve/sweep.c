/* Files that nobody asks for any more are closed after a while: one that was deleted takes up the
 * disk until it is, and the disk itself cannot be let go of. */

#include "apps/serve/site.h"

/* In times that a file is taken to be what it was; and at least. */
enum { KEPT_TIMES = 10 };
#define KEPT_NS_MIN NS

static void sweeps(void *arg)
{
    struct site *site = arg;
    const uint64_t fresh_ns = site->files.fresh_ns;
    const uint64_t kept_ns =
        KEPT_TIMES * fresh_ns > KEPT_NS_MIN ? KEPT_TIMES * fresh_ns : KEPT_NS_MIN;
    while (site->files.kept > 0 && leat_fiber_sleep(site->fibers, kept_ns) == LEAT_OK)
        files_sweep(&site->files, kept_ns);
    site->sweeps = false;
}

void site_sweeps(struct site *site)
{
    if (site->sweeps || site->background == NULL || site->files.kept == 0)
        return;
    /* Where there is no fiber for it, the next request tries again. */
    site->sweeps = leat_scope_spawn(site->background, sweeps, site) == LEAT_OK;
}
