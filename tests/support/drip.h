#ifndef TESTS_SUPPORT_DRIP_H
#define TESTS_SUPPORT_DRIP_H

#include "leat/core/ctx.h"

/* A reader for tests that is as unpleasant as the contract allows: it cuts its bytes anywhere, says
 * AGAIN when it likes, and puts each window into memory of its own, of exactly that size, so that
 * the address sanitizer sees any use of an old loan and any look past the window's end. */
struct drip_options {
    uint64_t seed;     /* what is cut where, and when to wait */
    size_t piece_max;  /* bytes that a fill may add beyond what was asked for; 0: everything */
    unsigned again;    /* of 100 fills that could go on, how many say AGAIN instead */
    size_t window_max; /* 0: the ctx's */
    bool fails;        /* behind the last byte comes a fault, not the end */
    bool seeks;        /* has seek and size */
};

/* Reads `len` bytes at `data`, which must outlive it. */
struct leat_reader *drip(struct leat_ctx *ctx, const void *data, size_t len,
                         const struct drip_options *options);

/* Peek, and again as long as it says AGAIN. */
enum leat_status drip_peek(struct leat_reader *r, size_t min, struct leat_span *ret);

/* Read `r` to its end or fault into at most `size` bytes at `to`, in pieces drawn from `seed`.
 * Returns END or FAULT; asserts that there was room. */
enum leat_status drip_read(struct leat_reader *r, uint64_t seed, void *to, size_t size,
                           size_t *ret_len);

/* The next of a fixed sequence of numbers, below `below` (> 0). */
uint64_t drip_random(uint64_t *seed, uint64_t below);

#endif
