#include "apps/cp/progress.h"

#include <time.h>
#include <unistd.h>

#define NS_PER_S    UINT64_C(1000000000)
#define NS_PER_DRAW (NS_PER_S / 5)

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void progress_init(struct progress *progress, struct term_output *to, uint64_t wait_ns)
{
    *progress = (struct progress){
        .to = isatty(to->fd) ? to : NULL,
        .started_ns = now_ns(),
        .wait_ns = wait_ns,
    };
}

static void put_bytes(struct term_buffer *buffer, double bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    unsigned unit = 0;
    for (; bytes >= 1024 && unit < 4; unit++)
        bytes /= 1024;
    term_printf(buffer, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

static void put_time(struct term_buffer *buffer, uint64_t seconds)
{
    if (seconds >= 3600)
        term_printf(buffer, "%llu:%02u:%02u", (unsigned long long)(seconds / 3600),
                    (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    else
        term_printf(buffer, "%u:%02u", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
}

void progress_put(struct term_buffer *buffer, const struct progress *progress, uint64_t elapsed_ns)
{
    double seconds = (double)(elapsed_ns > 0 ? elapsed_ns : 1) / (double)NS_PER_S;
    double rate = (double)progress->done / seconds;
    bool knows = progress->total >= progress->done && progress->total > 0;
    put_bytes(buffer, (double)progress->done);
    if (knows) {
        term_puts(buffer, " of ");
        put_bytes(buffer, (double)progress->total);
        term_printf(buffer, ", %u %%",
                    (unsigned)((double)progress->done * 100 / (double)progress->total));
    }
    term_puts(buffer, ", ");
    put_bytes(buffer, rate);
    term_puts(buffer, "/s");
    if (knows && progress->done > 0) {
        term_puts(buffer, ", ");
        put_time(buffer, (uint64_t)((double)(progress->total - progress->done) / rate));
        term_puts(buffer, " left");
    }
}

static void draw(struct progress *progress, uint64_t elapsed_ns)
{
    char space[160];
    struct term_buffer line = term_buffer_fixed(space, sizeof(space));
    term_putc(&line, '\r');
    progress_put(&line, progress, elapsed_ns);
    term_puts(&line, "\x1b[K"); /* to the line's end there is nothing */
    progress->drawn = term_flush(progress->to, &line) == TERM_OK;
}

uint64_t progress_piece(const struct progress *progress)
{
    enum { PIECE_MIN = 16 * 1024, PIECE_MAX = 64 * 1024 * 1024 };
    if (progress->to == NULL)
        return PIECE_MAX;
    double seconds = (double)progress->looked_ns / (double)NS_PER_S;
    double piece = seconds > 0 ? (double)progress->done / seconds / 10 : 0;
    return piece < PIECE_MIN ? PIECE_MIN : piece > PIECE_MAX ? PIECE_MAX : (uint64_t)piece;
}

void progress_add(struct progress *progress, uint64_t bytes)
{
    progress->done += bytes;
    if (progress->to == NULL)
        return;
    uint64_t now = now_ns();
    progress->looked_ns = now - progress->started_ns;
    if (now - progress->started_ns < progress->wait_ns || now - progress->shown_ns < NS_PER_DRAW)
        return;
    progress->shown_ns = now;
    draw(progress, now - progress->started_ns);
}

void progress_clear(struct progress *progress)
{
    if (!progress->drawn)
        return;
    char space[8];
    struct term_buffer line = term_buffer_fixed(space, sizeof(space));
    term_puts(&line, "\r\x1b[K");
    progress->drawn = false;
    (void)!term_flush(progress->to, &line);
}
