/* How fast other encodings become UTF-8, in GB of input a second: ASCII, Cyrillic and Chinese text
 * in UTF-16, ASCII in UTF-32, Latin-1; and UTF-8 passed through. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "leat/core/load.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/utf/utf.h"

#define TEXT_LEN (64 * LEAT_MIB)
#define RUNS     9

static struct leat_ctx ctx;

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, const uint8_t *text, const char *encoding)
{
    double rates[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        struct leat_reader *r = leat_utf8_from(leat_memory(&ctx, text, TEXT_LEN), encoding);
        struct leat_span window;
        double start = now_ns();
        while (leat_peek(r, 1, &window) == LEAT_OK)
            leat_consume(r, window.len);
        rates[i] = (double)TEXT_LEN / (now_ns() - start);
        leat_reader_close(r);
    }
    qsort(rates, RUNS, sizeof(rates[0]), by_size);
    printf("%-20s %7.2f GB/s\n", name, rates[RUNS / 2]);
}

/* Words of six letters, from `first` on, and a blank behind each. */
static void words(uint8_t *text, unsigned unit_len, uint32_t first)
{
    for (size_t i = 0; i < TEXT_LEN / unit_len; i++) {
        uint32_t c = i % 7 == 6 ? ' ' : first + (uint32_t)(i % 26);
        if (unit_len == 1)
            text[i] = (uint8_t)c;
        else if (unit_len == 2)
            leat_store_u16le(text + 2 * i, (uint16_t)c);
        else
            leat_store_u32le(text + 4 * i, c);
    }
}

int main(void)
{
    uint8_t *text = malloc(TEXT_LEN);
    if (text == NULL)
        abort();
    leat_ctx_init(&ctx, NULL);
    words(text, 2, 'a');
    measure("utf-16, ASCII", text, "utf-16le");
    words(text, 2, 0x430);
    measure("utf-16, Cyrillic", text, "utf-16le");
    words(text, 2, 0x4e00);
    measure("utf-16, Chinese", text, "utf-16le");
    words(text, 4, 'a');
    measure("utf-32, ASCII", text, "utf-32le");
    words(text, 1, 'a');
    measure("latin-1, ASCII", text, "latin1");
    measure("utf-8", text, NULL);
    leat_ctx_fini(&ctx);
    free(text);
    return 0;
}
