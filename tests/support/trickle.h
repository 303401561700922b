#ifndef TESTS_SUPPORT_TRICKLE_H
#define TESTS_SUPPORT_TRICKLE_H

#include "leat/core/ctx.h"

/* A source that is as awkward as a reader may be: it hands out small pieces, each in memory of its
 * own that is gone at the next fill, and would wait before every one of them. */
struct trickle_options {
    const uint8_t *data;
    uint64_t len;

    /* Where there is no `data`: put the bytes at `offset` into `to`. For sources past 4 GiB. */
    void (*generate)(void *user, uint64_t offset, uint8_t *to, size_t n);
    void *user;

    size_t piece;      /* bytes at once; 0: 64 KiB */
    size_t window_max; /* 0: the ctx's */
    bool again;        /* AGAIN once before each piece, skip, and size */
    bool skips;        /* has a skip that need not read */
    bool seeks;        /* has a seek and a size */
    bool forks;
    uint64_t fails_at; /* a fault follows that many bytes; 0: none */
    size_t hole_len;   /* of `data`, lost there: the fault is damage, and reading goes on behind */
};

struct leat_reader *trickle(struct leat_ctx *ctx, const struct trickle_options *options);

#endif
