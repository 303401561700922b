/* What the adapter costs around a decoder: gzip beside a bare loop of isal_inflate into a block of
 * the same size, and zstd beside a bare loop of ZSTD_decompressStream; and raw deflate in small
 * pieces of known lengths, as in a zip, beside the same without those, that is by ISA-L alone.
 * Median times of runs taken in turns, and the second's over the first's.
 *
 *     decode FILE    FILE is any text of some hundred MB; only its first 128 MiB are used */

#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "leat/endpoint/file/file.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/gzip/gzip.h"
#include "leat/stage/zstd/zstd.h"

#define TEXT_LEN_MAX (128 * LEAT_MIB)
#define BLOCK_LEN    (512 * LEAT_KIB)
#define RUNS         9

static struct leat_ctx ctx;
static uint8_t block[BLOCK_LEN];

struct packed {
    uint8_t *data;
    size_t len;
    size_t text_len;
};

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check(bool fact, const char *what)
{
    if (fact)
        return;
    fprintf(stderr, "decode: %s\n", what);
    exit(2);
}

/* The file's beginning through an encoder. */
static struct packed pack(const char *path, const struct leat_stage *encoder)
{
    struct packed packed = { .data = malloc(TEXT_LEN_MAX) };
    check(packed.data != NULL, "out of memory");
    struct leat_reader *file = leat_file(&ctx, path);
    struct leat_writer *sink = leat_memory_writer(&ctx, 2 * TEXT_LEN_MAX);
    struct leat_writer *w = leat_push(sink, encoder, NULL);
    struct leat_span window;
    while (packed.text_len < TEXT_LEN_MAX && leat_peek(file, 1, &window) == LEAT_OK) {
        size_t done, len = window.len;
        len = len < TEXT_LEN_MAX - packed.text_len ? len : TEXT_LEN_MAX - packed.text_len;
        check(leat_write(w, window.data, len, &done) == LEAT_OK, "the encoder failed");
        leat_consume(file, len);
        packed.text_len += len;
    }
    check(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK, "the encoder failed");
    struct leat_slice slice;
    leat_memory_writer_take(sink, &slice);
    packed.len = slice.len;
    check(packed.text_len > 0 && slice.len <= TEXT_LEN_MAX, "give a file of text");
    memcpy(packed.data, slice.data, slice.len);
    leat_slice_release(&slice);
    leat_writer_close(w);
    leat_reader_close(file);
    return packed;
}

static size_t bare_gzip(const struct packed *packed)
{
    static struct inflate_state state;
    isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    state.next_in = packed->data;
    state.avail_in = (uint32_t)packed->len;
    size_t text_len = 0;
    do {
        state.next_out = block;
        state.avail_out = BLOCK_LEN;
        check(isal_inflate(&state) == ISAL_DECOMP_OK, "isal_inflate failed");
        text_len += BLOCK_LEN - state.avail_out;
    } while (state.block_state != ISAL_BLOCK_FINISH);
    return text_len;
}

static size_t bare_zstd(const struct packed *packed)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = { packed->data, packed->len, 0 };
    size_t text_len = 0, left = 1;
    while (left > 0) {
        ZSTD_outBuffer out = { block, BLOCK_LEN, 0 };
        left = ZSTD_decompressStream(stream, &out, &in);
        check(!ZSTD_isError(left), "ZSTD_decompressStream failed");
        text_len += out.pos;
    }
    ZSTD_freeDStream(stream);
    return text_len;
}

static size_t through_leat(const struct packed *packed, const struct leat_stage *decoder)
{
    struct leat_reader *r = leat_pull(leat_memory(&ctx, packed->data, packed->len), decoder, NULL);
    struct leat_span window;
    while (leat_peek(r, 1, &window) == LEAT_OK)
        leat_consume(r, window.len);
    size_t text_len = (size_t)leat_tell(r);
    leat_reader_close(r);
    return text_len;
}

static void compare(const char *name, const struct packed *packed,
                    size_t (*bare)(const struct packed *), const struct leat_stage *decoder)
{
    double bare_ms[RUNS], leat_ms[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        double start = now_ms();
        check(bare(packed) == packed->text_len, "the bare loop lost bytes");
        double middle = now_ms();
        check(through_leat(packed, decoder) == packed->text_len, "leat lost bytes");
        bare_ms[i] = middle - start;
        leat_ms[i] = now_ms() - middle;
    }
    qsort(bare_ms, RUNS, sizeof(bare_ms[0]), by_size);
    qsort(leat_ms, RUNS, sizeof(leat_ms[0]), by_size);
    printf("%-6s bare %8.1f ms, leat %8.1f ms: %.3f\n", name, bare_ms[RUNS / 2], leat_ms[RUNS / 2],
           leat_ms[RUNS / 2] / bare_ms[RUNS / 2]);
}

/* --- Pieces of known lengths --- */

#define PIECES_LEN_MAX (32 * LEAT_MIB)
#define PIECE_LEN      (6 * LEAT_KIB)
#define PIECES_MAX     (PIECES_LEN_MAX / PIECE_LEN + 1)

static struct {
    struct leat_slice packed[PIECES_MAX];
    struct leat_inflate_options known[PIECES_MAX];
    size_t count;
} pieces;

static void pack_pieces(const char *path)
{
    struct leat_reader *file = leat_file(&ctx, path);
    struct leat_span window;
    while (pieces.count < PIECES_MAX && leat_peek(file, PIECE_LEN, &window) == LEAT_OK) {
        struct leat_writer *sink = leat_memory_writer(&ctx, PIECE_LEN * 2);
        struct leat_writer *w = leat_deflate(sink, NULL);
        size_t done;
        check(leat_write(w, window.data, PIECE_LEN, &done) == LEAT_OK, "the encoder failed");
        check(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK, "the encoder failed");
        struct leat_slice *packed = &pieces.packed[pieces.count];
        leat_memory_writer_take(sink, packed);
        pieces.known[pieces.count++] = (struct leat_inflate_options){ packed->len, PIECE_LEN };
        leat_writer_close(w);
        leat_consume(file, PIECE_LEN);
    }
    leat_reader_close(file);
    check(pieces.count > 0, "give a file of text");
}

static double read_pieces(bool known)
{
    double start = now_ms();
    for (size_t i = 0; i < pieces.count; i++) {
        const struct leat_slice *packed = &pieces.packed[i];
        struct leat_reader *r = leat_memory(&ctx, packed->data, packed->len);
        struct leat_span window;
        r = leat_pull(r, &leat_stage_inflate, known ? &pieces.known[i] : NULL);
        while (leat_peek(r, 1, &window) == LEAT_OK)
            leat_consume(r, window.len);
        check(leat_tell(r) == PIECE_LEN, "leat lost bytes");
        leat_reader_close(r);
    }
    return now_ms() - start;
}

static void compare_pieces(const char *path)
{
    double isal_ms[RUNS], known_ms[RUNS];
    pack_pieces(path);
    for (unsigned i = 0; i < RUNS; i++) {
        isal_ms[i] = read_pieces(false);
        known_ms[i] = read_pieces(true);
    }
    qsort(isal_ms, RUNS, sizeof(isal_ms[0]), by_size);
    qsort(known_ms, RUNS, sizeof(known_ms[0]), by_size);
    printf("pieces ISA-L %7.1f ms, known %7.1f ms: %.3f\n", isal_ms[RUNS / 2], known_ms[RUNS / 2],
           known_ms[RUNS / 2] / isal_ms[RUNS / 2]);
    for (size_t i = 0; i < pieces.count; i++)
        leat_slice_release(&pieces.packed[i]);
}

int main(int argc, char **argv)
{
    check(argc == 2, "give a file of text");
    leat_ctx_init(&ctx, NULL);
    struct packed gzip = pack(argv[1], &leat_stage_gzip);
    struct packed zstd = pack(argv[1], &leat_stage_zstd);
    compare("gzip", &gzip, bare_gzip, &leat_stage_gunzip);
    compare("zstd", &zstd, bare_zstd, &leat_stage_unzstd);
    compare_pieces(argv[1]);
    free(gzip.data);
    free(zstd.data);
    leat_ctx_fini(&ctx);
    return 0;
}
