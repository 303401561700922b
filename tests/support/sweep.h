#ifndef TESTS_SUPPORT_SWEEP_H
#define TESTS_SUPPORT_SWEEP_H

#include "tests/support/listing.h"
#include "tests/support/trickle.h"

/* What every container must stand, over one archive in memory. Each ends the program where it does
 * not hold, and says the case. */

typedef struct leat_container *sweep_open(struct leat_reader *src);

/* The archive as text, read from memory with the default limits. */
struct listing sweep_listing(sweep_open *open, const void *data, size_t len);

/* The same listing for every cutting of the input, with AGAIN before each piece, with small
 * windows, from a source that seeks and forks, or does not; entries left unread lose nothing of
 * the others. `seeks`: only sources that seek will do. */
void sweep_cuttings(sweep_open *open, const void *data, size_t len, bool seeks);

/* From each place that can be marked, another container goes on as the first one does; and so does
 * one that was at its end already. */
void sweep_marks(sweep_open *open, const void *data, size_t len);

/* The input ends after each of its bytes, and each is flipped: no crash, no hang; `judge`, when
 * there is one, is called with each listing and where the damage was. */
typedef void sweep_judge(const struct listing *listing, size_t at);
void sweep_cuts(sweep_open *open, const void *data, size_t len, sweep_judge *judge);
void sweep_flips(sweep_open *open, const void *data, size_t len, uint8_t mask, sweep_judge *judge);

/* The input lacks bytes, at every place and of several lengths, and who reads it goes on behind the
 * hole: each entry that lies before it, or with all its headers behind it, comes out whole. No
 * entry's bytes may hold a line's end. */
void sweep_holes(sweep_open *open, const void *data, size_t len);

/* The n-th allocation fails, for every n: a fault about memory and no leak, or, where the entry
 * could do without, all of it. */
void sweep_allocations(sweep_open *open, const void *data, size_t len);

/* Any bytes as an archive, for fuzz targets: every entry is read, from small pieces, with waits and
 * over a hole as the length has it, and all ends in a status. */
void sweep_fuzz(sweep_open *open, const uint8_t *data, size_t len);

/* The same of a ctx and a source that the caller has chosen. */
void sweep_fuzz_from(sweep_open *open, struct leat_ctx *ctx,
                     const struct trickle_options *trickles);

/* The same for a format that seeks: pieces, waits and forks are as two of the bytes have it. */
void sweep_fuzz_seeking(sweep_open *open, const uint8_t *data, size_t len);

/* The whole file, which must be there. */
uint8_t *sweep_load(const char *path, size_t *ret_len);

#endif
