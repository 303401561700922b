/* How fast text codings are read and written, in GB of the coded text a second of the processor's,
 * and bytes digested by each algorithm there is. `time base64 -d` of a file is the peer. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "leat/endpoint/memory/memory.h"
#include "leat/layer/catalogue.h"
#include "leat/stage/base64/base64.h"
#include "leat/stage/hash/hash.h"

#define PLAIN_LEN (48 * LEAT_MIB)
#define RUNS      7

static struct leat_ctx ctx;
static uint8_t *plain;
static uint8_t *coded; /* up to four times as long */

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Read `r` to its end, keeping what comes where `to` is given. Returns how many bytes came. */
static size_t read_all(struct leat_reader *r, uint8_t *to)
{
    struct leat_span window;
    size_t len = 0;
    while (leat_peek(r, 1, &window) == LEAT_OK) {
        if (to != NULL)
            __builtin_memcpy(to + len, window.data, window.len);
        len += window.len;
        leat_consume(r, window.len);
    }
    leat_reader_close(r);
    return len;
}

/* The median rate of a stage over `len` bytes, for `coded_len` of coded text; NULL: a digest. */
static double rate(const struct leat_stage *stage, const void *options,
                   const struct leat_digest_kind *kind, const uint8_t *data, size_t len,
                   size_t coded_len)
{
    double rates[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        double start = now_ns();
        struct leat_reader *r = leat_memory(&ctx, data, len);
        r = stage != NULL ? leat_pull(r, stage, options) : leat_hash(r, kind);
        read_all(r, NULL);
        rates[i] = (double)coded_len / (now_ns() - start);
    }
    qsort(rates, RUNS, sizeof(rates[0]), by_size);
    return rates[RUNS / 2];
}

static void measure(const char *name, const struct leat_format *format, const void *options)
{
    struct leat_reader *r = leat_memory(&ctx, plain, PLAIN_LEN);
    size_t len = read_all(leat_pull(r, format->encoder, options), coded);
    double written = rate(format->encoder, options, NULL, plain, PLAIN_LEN, len);
    double was_read = rate(format->decoder, NULL, NULL, coded, len, len);
    printf("%-24s read %6.2f GB/s   written %6.2f GB/s\n", name, was_read, written);
}

int main(void)
{
    static const char *const names[] = { "base64", "hex", "ascii85", "uuencode",
                                         "quoted-printable" };
    plain = malloc(PLAIN_LEN);
    coded = malloc(4 * PLAIN_LEN);
    if (plain == NULL || coded == NULL)
        abort();
    leat_ctx_init(&ctx, NULL);
    for (size_t i = 0; i < PLAIN_LEN; i++)
        plain[i] = (uint8_t)(i * i >> 7);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (size_t j = 0; leat_formats[j] != NULL; j++) {
            if (__builtin_strcmp(leat_formats[j]->name, names[i]) == 0)
                measure(names[i], leat_formats[j], NULL);
        }
    }
    struct leat_base64_options line = { .line_len = LEAT_BASE64_ONE_LINE };
    measure("base64, one line", &leat_format_base64, &line);
    for (size_t i = 0; leat_digest_kinds[i] != NULL; i++)
        printf("%-24s %11.2f GB/s\n", leat_digest_kinds[i]->name,
               rate(NULL, NULL, leat_digest_kinds[i], plain, PLAIN_LEN, PLAIN_LEN));
    leat_ctx_fini(&ctx);
    free(plain);
    free(coded);
    return 0;
}
