#include "apps/term/output.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Interrupted or refused this often in a row without one byte written: give up. */
#define OUTPUT_RETRIES_MAX 100000

/* Linux writes at most this much a call; more is cut short there anyway. */
#define OUTPUT_WRITE_MAX ((size_t)0x7ffff000)

void term_output_init(struct term_output *output, int fd)
{
    assert(output != NULL);
    assert(fd >= 0);
    *output = (struct term_output){ .fd = fd, .status = TERM_OK };
    int rc = pthread_mutex_init(&output->lock, NULL);
    assert(rc == 0);
    (void)rc;
}

void term_output_fini(struct term_output *output)
{
    assert(output != NULL);
    pthread_mutex_destroy(&output->lock);
}

void term_output_lock(struct term_output *output)
{
    int rc = pthread_mutex_lock(&output->lock);
    assert(rc == 0);
    (void)rc;
}

void term_output_unlock(struct term_output *output)
{
    int rc = pthread_mutex_unlock(&output->lock);
    assert(rc == 0);
    (void)rc;
}

static void fail(struct term_output *output, int error)
{
    assert(error != 0);
    if (output->status != TERM_OK)
        return;
    output->status = error == EPIPE ? TERM_CLOSED : TERM_FAILED;
    output->error = error;
}

/* After a failed write: may it be tried again? Waits for room where the descriptor has none. */
static bool may_retry(int fd, int error)
{
    if (error == EINTR)
        return true;
    if (error != EAGAIN && error != EWOULDBLOCK)
        return false;
    struct pollfd room = { .fd = fd, .events = POLLOUT };
    return poll(&room, 1, -1) >= 0 || errno == EINTR;
}

static void write_all(struct term_output *output, const char *data, size_t len)
{
    for (unsigned retries = 0; len > 0 && output->status == TERM_OK;) {
        ssize_t done = write(output->fd, data, len < OUTPUT_WRITE_MAX ? len : OUTPUT_WRITE_MAX);
        if (done > 0) {
            assert((size_t)done <= len);
            data += done;
            len -= (size_t)done;
            retries = 0;
        } else {
            int error = done < 0 ? errno : EIO;
            if (!may_retry(output->fd, error) || ++retries > OUTPUT_RETRIES_MAX)
                fail(output, error);
        }
    }
}

enum term_status term_flush_locked(struct term_output *output, struct term_buffer *buffer)
{
    assert(output != NULL && buffer != NULL);
    write_all(output, buffer->data, buffer->len);
    if (buffer->cut)
        fail(output, ENOMEM);
    term_buffer_clear(buffer);
    assert(output->status == TERM_OK || output->error != 0);
    return output->status;
}

enum term_status term_flush(struct term_output *output, struct term_buffer *buffer)
{
    term_output_lock(output);
    enum term_status status = term_flush_locked(output, buffer);
    term_output_unlock(output);
    return status;
}
