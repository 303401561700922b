/* What the core takes from the C library where there is one. A bare-metal program leaves this file
 * out and brings leat_hook_panic itself. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "leat/core/assert.h"
#include "leat/core/ctx.h"

void leat_hook_panic(const char *fact, const char *file, int line)
{
    fprintf(stderr, "leat: %s:%d: this did not hold: %s\n", file, line, fact);
    abort();
}

static void *hosted_resize(void *user, void *old, size_t size)
{
    (void)user;
    if (size > 0 && old == NULL)
        return malloc(size);
    free(old);
    return NULL;
}

const struct leat_alloc leat_alloc_hosted = { .resize = hosted_resize };

uint64_t leat_cpu_ns_hosted(const struct leat_ctx *ctx)
{
    struct timespec now = { 0 };
    (void)ctx;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
