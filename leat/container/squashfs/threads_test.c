/* Files of one image are read on several threads at once, each in a ctx of its own: all of them
 * come whole, from a fragment that whoever needs it takes out, and makes anew where it is out. */

#include <pthread.h>
#include <stdlib.h>

#include "leat/container/squashfs/squashfs.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/sweep.h"

enum { THREADS = 4, FILES = 200, FILES_EACH = FILES / THREADS };

struct work {
    struct leat_ctx ctx;
    struct leat_reader *readers[FILES_EACH];
    uint64_t sizes[FILES_EACH];
    size_t len;
    uint64_t sum; /* of all digits that came */
};

static void *reads(void *user)
{
    struct work *work = user;
    for (size_t i = 0; i < work->len; i++) {
        struct leat_reader *r = work->readers[i];
        struct leat_span window;
        while (leat_peek(r, 1, &window) == LEAT_OK) {
            for (size_t at = 0; at < window.len; at++)
                work->sum += window.data[at] - (uint64_t)'0';
            leat_consume(r, window.len);
        }
        leat_assert(leat_reader_fault(r) == NULL);
        leat_assert(leat_tell(r) == work->sizes[i]);
        leat_reader_close(r);
    }
    return NULL;
}

static void opens(struct leat_container *c, struct work *works)
{
    struct leat_entry entry;
    while (leat_next(c, &entry) == LEAT_OK) {
        struct work *work = &works[entry.index % THREADS];
        leat_assert(work->len < FILES_EACH);
        work->sizes[work->len] = entry.size;
        work->readers[work->len++] = leat_entry_open(c, &entry, &work->ctx);
    }
}

int main(int argc, char **argv)
{
    static struct work works[THREADS];
    pthread_t threads[THREADS];
    struct leat_ctx ctx;
    uint64_t sum = 0;
    size_t len;
    leat_assert(argc == 2);
    uint8_t *data = sweep_load(argv[1], &len);
    leat_ctx_init(&ctx, NULL);
    struct leat_container *c = leat_squashfs(leat_memory(&ctx, data, len));
    for (size_t i = 0; i < THREADS; i++)
        leat_ctx_init(&works[i].ctx, NULL);
    opens(c, works);
    for (size_t i = 0; i < THREADS; i++)
        leat_assert(pthread_create(&threads[i], NULL, reads, &works[i]) == 0);
    for (size_t i = 0; i < THREADS; i++) {
        leat_assert(pthread_join(threads[i], NULL) == 0);
        leat_ctx_fini(&works[i].ctx);
        sum += works[i].sum;
    }
    /* Each file has its number: the digits of 1 to 200. */
    for (unsigned n = 1; n <= FILES; n++)
        sum -= n / 100 + n / 10 % 10 + n % 10;
    leat_assert(sum == 0);
    leat_container_close(c);
    leat_ctx_fini(&ctx);
    free(data);
    return 0;
}
