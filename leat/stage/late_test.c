/* The loader: a library that is there, one that is not, one that lacks a function, and many threads
 * that ask at once. */

#include <pthread.h>
#include <string.h>

#include "leat/stage/late.h"
#include "tests/support/check.h"

#define THERE_FUNCTIONS(FUNCTION)                                                                  \
    FUNCTION(strlen)                                                                               \
    FUNCTION(strnlen)
LEAT_LATE_TABLE(there, THERE_FUNCTIONS);
LEAT_LATE_LIBRARY(there, THERE_FUNCTIONS, "libc.so.6")

LEAT_LATE_TABLE(absent, THERE_FUNCTIONS);
LEAT_LATE_LIBRARY(absent, THERE_FUNCTIONS, "libleat-no-such-library.so.1")

/* Declared, as by a header that is newer than the library. */
int leat_no_such_function(void);

#define LACKING_FUNCTIONS(FUNCTION)                                                                \
    FUNCTION(strlen)                                                                               \
    FUNCTION(leat_no_such_function)
LEAT_LATE_TABLE(lacking, LACKING_FUNCTIONS);
LEAT_LATE_LIBRARY(lacking, LACKING_FUNCTIONS, "libc.so.6")

enum { THREADS = 8 };

static pthread_barrier_t together;

/* Ask, all at the same time, and use what there is. What each was given. */
static void *asks(void *user)
{
    (void)user;
    pthread_barrier_wait(&together);
    const struct there *library = there();
    check(library != NULL);
    check(library->strlen("late") == 4);
    check(library->strnlen("late", 2) == 2);
    check(absent() == NULL);
    check(lacking() == NULL);
    return (void *)(uintptr_t)library;
}

static void test_threads(void)
{
    pthread_t threads[THREADS];
    check(pthread_barrier_init(&together, NULL, THREADS) == 0);
    for (size_t i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, asks, NULL) == 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *given;
        check(pthread_join(threads[i], &given) == 0);
        check(given == there());
    }
    check(pthread_barrier_destroy(&together) == 0);
}

/* A failure is remembered: what has come up since is not looked for. */
static void test_remembered(void)
{
    static const char *const names[] = { "strlen" };
    void *symbol = NULL;
    struct leat_late late = { "libleat-no-such-library.so.1", names, &symbol, 1 };
    check(!leat_late_load(&late));
    late.soname = "libc.so.6";
    check(!leat_late_load(&late));
    check(symbol == NULL);
}

int main(void)
{
    test_threads();
    test_remembered();
    return 0;
}
