/* Programs that are wrong, to prove that what should stop them does: each argument names a fault,
 * and the assert or the sanitizer that looks for it must report it and end the process. */

#include "leat/core/assert.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each block passes through here, so that the compiler cannot see the fault and drop it. */
static char *volatile block;

static void broken(void)
{
    leat_assert(block != NULL);
}

static void slowly_broken(void)
{
    leat_assert_slow(block != NULL);
}

static void overflow(void)
{
    block = malloc(10);
    block[10] = 1;
}

static void use_after_free(void)
{
    block = malloc(10);
    free(block);
    block[0] = 1;
}

static void leak(void)
{
    block = malloc(10);
    block = NULL;
}

static void undefined(void)
{
    volatile int most = INT_MAX;
    most = most + 1;
}

static void *count(void *number)
{
    ++*(int *)number;
    return NULL;
}

static void race(void)
{
    int number = 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, count, &number) != 0)
        return;
    count(&number);
    pthread_join(thread, NULL);
}

static const struct {
    const char *name;
    void (*run)(void);
} faults[] = {
    { "assert", broken },     { "assert_slow", slowly_broken },
    { "overflow", overflow }, { "use_after_free", use_after_free },
    { "leak", leak },         { "undefined", undefined },
    { "race", race },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (argc == 2 && strcmp(argv[1], faults[i].name) == 0)
            faults[i].run();
    return 0;
}
