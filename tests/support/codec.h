#ifndef TESTS_SUPPORT_CODEC_H
#define TESTS_SUPPORT_CODEC_H

#include "tests/support/drive.h"

/* What every decoder and encoder must do, shown on one packed input and what is in it. */
struct codec_case {
    const char *name;
    const struct leat_stage *decoder;
    struct sink packed;
    struct sink plain;
    bool checked; /* a flipped bit gives the right bytes or a fault, never other bytes */
};

void codec_case_fini(struct codec_case *c);

/* Add text that packs like a program's, with lengths and distances of all sizes; `noise` of 1000
 * pieces are any byte. */
void codec_text(struct sink *text, size_t len, uint64_t seed, unsigned noise);

/* Pack, from memory into memory, and see that it ends well; adds to `packed`. */
void codec_pack(const struct leat_stage *encoder, const void *options, const struct sink *plain,
                struct sink *packed);

/* Unpack, and see that it gives `plain`. */
void codec_unpack(const struct leat_stage *decoder, const struct sink *packed,
                  const struct sink *plain);

/* The same output for every cutting of the input, by both adapters. */
void codec_cuts(const struct codec_case *c);

/* Cut short at every byte: what came so far, then TRUNCATED at the cut. */
void codec_truncates(const struct codec_case *c);

/* Each bit flipped: an end in bounded time, and the right output or a fault. */
void codec_flips(const struct codec_case *c);

/* Bytes behind the end stay in the source. */
void codec_leaves(const struct codec_case *c, const void *rest, size_t len);

/* Unpack, in pieces as `seed` has them, going on behind each damage. Returns how many there were;
 * what came before and behind them is one after the other in `ret`. */
unsigned codec_reads_on(const struct leat_stage *decoder, const struct sink *packed, uint64_t seed,
                        struct read *ret);

/* Three in a row, the middle one damaged at each of its bytes: the first comes out whole, and
 * nearly always the third. (A damaged length may reach into it; a damaged mark is no member.) */
void codec_resyncs(const struct codec_case *c);

/* For every n, the n-th allocation fails: one clean fault and no leak. */
void codec_lacks_memory(const struct codec_case *c, const struct leat_stage *encoder);

/* Pack by both adapters, with a push in between, and unpack again. */
void codec_round_trip(const struct codec_case *c, const struct leat_stage *encoder,
                      const void *options);

/* Run a shell command on `input`, and add what it prints. Returns its exit status,
 * CODEC_NO_COMMAND when there is none of that name. */
int codec_command(const char *command, const struct sink *input, struct sink *output);
enum { CODEC_NO_COMMAND = 127 };

/* Pack text by a real tool and unpack it here, and the other way round. A tool that is not there
 * proves nothing. */
void codec_reads_tool(const struct leat_stage *decoder, const char *command, size_t len);
void codec_read_by_tool(const struct leat_stage *encoder, const void *options, const char *command,
                        size_t len);

/* Unpack any bytes, whole and in pieces with waits in between: both begin alike and end alike, in
 * bounded memory. For fuzz targets. */
void codec_fuzz(const struct leat_stage *decoder, const uint8_t *data, size_t len);

#endif
