/* Checks on a system: standard error, arguments, and the case printed whoever ends the program. */

#include "tests/support/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void check_platform_print(const char *text)
{
    /* Unbuffered: this may run in a signal handler. */
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

/* What did not begin as a test may be a fuzz target: its fuzzer keeps the input that broke it, when
 * it is told by the signal. */
static bool begun;

void check_platform_fail(void)
{
    if (!begun)
        abort();
    _exit(1);
}

/* An assert of the library's has printed what did not hold. */
static void on_abort(int number)
{
    (void)number;
    check_prints_case();
    _exit(1);
}

/* Called by the address sanitizer, when there is one, before its report. */
void __asan_on_error(void);
void __asan_on_error(void)
{
    check_prints_case();
}

static uint64_t number_from(const char *text)
{
    char *end;
    uint64_t n = strtoull(text, &end, 0);
    if (end == text || *end != '\0') {
        fprintf(stderr, "not a number: %s\n", text);
        exit(2);
    }
    return n;
}

struct check_options check_begin(int argc, char **argv)
{
    const char *seed = getenv("LEAT_SEED");
    const char *rounds = getenv("LEAT_ROUNDS");
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0)
            seed = argv[i + 1];
        if (strcmp(argv[i], "--rounds") == 0)
            rounds = argv[i + 1];
    }
    signal(SIGABRT, on_abort);
    begun = true;
    return (struct check_options){
        .seed = seed != NULL ? number_from(seed) : 1,
        .rounds = rounds != NULL ? number_from(rounds) : 1,
    };
}
