/* Archives that libarchive reads, on several threads at once: each is read as it is by one. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "leat/container/cab/cab.h"
#include "leat/container/rar/rar.h"
#include "tests/support/sweep.h"

enum { ARCHIVES = 2, THREADS = 4, ROUNDS = 40 };

static struct archive {
    sweep_open *open;
    uint8_t *data;
    size_t len;
} archives[ARCHIVES] = { { .open = leat_cab }, { .open = leat_rar } };

struct work {
    size_t first; /* of the archives: each thread begins with another one */
    struct listing found[ARCHIVES];
};

static void *reads(void *user)
{
    struct work *work = user;
    for (size_t n = 0; n < (size_t)ROUNDS * ARCHIVES; n++) {
        size_t i = (work->first + n) % ARCHIVES;
        listing_fini(&work->found[i]);
        work->found[i] = sweep_listing(archives[i].open, archives[i].data, archives[i].len);
    }
    return NULL;
}

static void expect(struct work *work)
{
    for (size_t i = 0; i < ARCHIVES; i++) {
        struct listing alone = sweep_listing(archives[i].open, archives[i].data, archives[i].len);
        leat_assert(strcmp(work->found[i].text, alone.text) == 0);
        listing_fini(&alone);
        listing_fini(&work->found[i]);
    }
}

/* The threads come before any other reading, so that they meet at what is made on first use. */
int main(int argc, char **argv)
{
    struct work works[THREADS] = { 0 };
    pthread_t threads[THREADS];
    leat_assert(argc == 1 + ARCHIVES);
    for (size_t i = 0; i < ARCHIVES; i++)
        archives[i].data = sweep_load(argv[1 + i], &archives[i].len);
    for (size_t i = 0; i < THREADS; i++) {
        works[i].first = i;
        leat_assert(pthread_create(&threads[i], NULL, reads, &works[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        leat_assert(pthread_join(threads[i], NULL) == 0);
    for (size_t i = 0; i < THREADS; i++)
        expect(&works[i]);
    for (size_t i = 0; i < ARCHIVES; i++)
        free(archives[i].data);
    return 0;
}
