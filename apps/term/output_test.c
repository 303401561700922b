/* A flush writes all of a buffer, unbroken by other threads, through full pipes and signals, and
 * tells a reader that left from a disk that is full. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "apps/term/check.h"
#include "apps/term/output.h"

#define THREADS 4
#define FLUSHES 50
#define PIECE   10000

static void *flush_pieces(void *argument)
{
    static _Atomic int next = 'a';
    struct term_output *output = argument;
    char letter = (char)next++;
    struct term_buffer buffer = { 0 };
    for (int i = 0; i < FLUSHES; i++) {
        term_put_repeat(&buffer, letter, PIECE - 1);
        term_putc(&buffer, '\n');
        check(term_flush(output, &buffer) == TERM_OK);
        check(buffer.len == 0);
    }
    term_buffer_fini(&buffer);
    return NULL;
}

/* Read pieces, each of one letter; returns how many bytes came. */
static size_t read_pieces(int fd)
{
    static char text[THREADS * FLUSHES * PIECE];
    size_t len = 0;
    for (ssize_t done = 1; done != 0;) {
        done = read(fd, text + len, sizeof(text) - len);
        check(done >= 0 || errno == EINTR);
        len += done > 0 ? (size_t)done : 0;
        if (len == sizeof(text))
            break;
    }
    for (size_t i = 0; i < len; i++)
        check(text[i] == (i % PIECE == PIECE - 1 ? '\n' : text[i - i % PIECE]));
    return len;
}

static void ignore(int signal)
{
    (void)signal;
}

/* Several threads into a pipe that is always full and does not wait, while a timer interrupts. */
static void test_threads(void)
{
    int ends[2];
    check(pipe(ends) == 0);
    check(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    struct sigaction action = { .sa_handler = ignore };
    check(sigaction(SIGALRM, &action, NULL) == 0);
    struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
    setitimer(ITIMER_REAL, &often, NULL);

    struct term_output output;
    term_output_init(&output, ends[1]);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, flush_pieces, &output) == 0);
    check(read_pieces(ends[0]) == (size_t)THREADS * FLUSHES * PIECE);
    for (int i = 0; i < THREADS; i++)
        check(pthread_join(threads[i], NULL) == 0);

    setitimer(ITIMER_REAL, &never, NULL);
    term_output_fini(&output);
    close(ends[0]);
    close(ends[1]);
}

static void test_held_lock(void)
{
    int ends[2];
    check(pipe(ends) == 0);
    struct term_output output;
    term_output_init(&output, ends[1]);
    struct term_buffer buffer = { 0 };
    term_output_lock(&output);
    term_puts(&buffer, "first ");
    check(term_flush_locked(&output, &buffer) == TERM_OK);
    term_puts(&buffer, "last");
    check(term_flush_locked(&output, &buffer) == TERM_OK);
    term_output_unlock(&output);
    char text[32];
    check(read(ends[0], text, sizeof(text)) == 10 && memcmp(text, "first last", 10) == 0);
    term_buffer_fini(&buffer);
    term_output_fini(&output);
    close(ends[0]);
    close(ends[1]);
}

/* The first failure is kept, and later flushes return it and write nothing. */
static void test_failure(int fd, enum term_status status, int error)
{
    struct term_output output;
    term_output_init(&output, fd);
    struct term_buffer buffer = { 0 };
    for (int i = 0; i < 2; i++) {
        term_puts(&buffer, "text");
        check(term_flush(&output, &buffer) == status);
        check(output.error == error && buffer.len == 0);
    }
    term_buffer_fini(&buffer);
    term_output_fini(&output);
}

static void test_failures(void)
{
    int ends[2];
    check(pipe(ends) == 0);
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    test_failure(ends[1], TERM_CLOSED, EPIPE);
    close(ends[1]);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    check(full >= 0);
    test_failure(full, TERM_FAILED, ENOSPC);
    close(full);
}

static void test_cut_buffer_fails(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    check(null >= 0);
    struct term_output output;
    term_output_init(&output, null);
    struct term_buffer buffer = { .size_max = 4 };
    term_puts(&buffer, "too long");
    check(term_flush(&output, &buffer) == TERM_FAILED && output.error == ENOMEM);
    term_buffer_fini(&buffer);
    term_output_fini(&output);
    close(null);
}

int main(void)
{
    test_threads();
    test_held_lock();
    test_failures();
    test_cut_buffer_fails();
    return 0;
}
