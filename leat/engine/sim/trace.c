/* What happened, as a hash, and as text for those who look for a bug. */

#include "leat/engine/sim/state.h"

enum { LINE_MAX = 160, NS_DIGITS = 9, DIGITS_MAX = 20 };

#define NS_PER_S 1000000000u

struct line {
    char text[LINE_MAX];
    size_t len;
};

static void put(struct line *line, char c)
{
    if (line->len + 1 < LINE_MAX)
        line->text[line->len++] = c;
}

static void put_text(struct line *line, const char *text)
{
    for (size_t i = 0; i < LINE_MAX && text[i] != '\0'; i++)
        put(line, text[i]);
}

static void put_number(struct line *line, uint64_t n, unsigned digits_min)
{
    char digits[DIGITS_MAX];
    unsigned len = 0;
    do {
        digits[len++] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0 || len < digits_min);
    while (len > 0)
        put(line, digits[--len]);
}

static void mix(struct sim *sim, uint64_t n)
{
    uint64_t z = (sim->trace ^ n) * 0x9e3779b97f4a7c15u;
    sim->trace = z ^ z >> 32;
}

static void mix_text(struct sim *sim, const char *text)
{
    for (size_t i = 0; i < LINE_MAX && text[i] != '\0'; i++)
        mix(sim, (uint8_t)text[i]);
}

/* The numbers follow from one another as they are written, so that the text needs no names. */
void leat_sim_says(struct sim *sim, const char *event, const char *what, uint64_t a, uint64_t b,
                   uint64_t c)
{
    const uint64_t numbers[] = { a, b, c };
    mix(sim, sim->now_ns);
    mix_text(sim, event);
    mix_text(sim, what);
    for (unsigned i = 0; i < 3; i++)
        mix(sim, numbers[i]);
    if (sim->says == NULL)
        return;
    struct line line = { .len = 0 };
    put_number(&line, sim->now_ns / NS_PER_S, 1);
    put(&line, '.');
    put_number(&line, sim->now_ns % NS_PER_S, NS_DIGITS);
    put(&line, ' ');
    put_text(&line, event);
    put(&line, ' ');
    put_text(&line, what);
    for (unsigned i = 0; i < 3; i++) {
        put(&line, ' ');
        put_number(&line, numbers[i], 1);
    }
    line.text[line.len] = '\0';
    sim->says(sim->user, line.text);
}

const char *leat_sim_op_name(unsigned code)
{
    static const char *const names[LEAT_OPS] = {
        [LEAT_OP_OPEN] = "open",         [LEAT_OP_STAT] = "stat",
        [LEAT_OP_READ] = "read",         [LEAT_OP_WRITE] = "write",
        [LEAT_OP_MOVE] = "move",         [LEAT_OP_SYNC] = "sync",
        [LEAT_OP_RENAME] = "rename",     [LEAT_OP_UNLINK] = "unlink",
        [LEAT_OP_WAIT] = "wait",         [LEAT_OP_SLEEP] = "sleep",
        [LEAT_OP_SOCKET] = "socket",     [LEAT_OP_LISTEN] = "listen",
        [LEAT_OP_ACCEPT] = "accept",     [LEAT_OP_CONNECT] = "connect",
        [LEAT_OP_RECEIVE] = "receive",   [LEAT_OP_SEND] = "send",
        [LEAT_OP_SHUTDOWN] = "shutdown", [LEAT_OP_RECEIVE_FROM] = "receive from",
        [LEAT_OP_SEND_TO] = "send to",
    };
    return names[code];
}

uint64_t leat_sim_trace(const struct leat_loop *loop)
{
    return ((const struct sim *)(const void *)loop)->trace;
}
