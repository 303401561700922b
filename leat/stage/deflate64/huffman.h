#ifndef LEAT_STAGE_DEFLATE64_HUFFMAN_H
#define LEAT_STAGE_DEFLATE64_HUFFMAN_H

#include "leat/core/compiler.h"

/* Canonical Huffman codes as deflate has them (RFC 1951, 3.2.2): the lengths say it all. Codes come
 * first bit first, numbers lowest bit first, in one stream of bits. Not installed. */

enum {
    LEAT_HUFFMAN_BITS_MAX = 15,
    LEAT_HUFFMAN_SYMBOLS_MAX = 288,
    LEAT_HUFFMAN_QUICK_BITS = 9, /* codes no longer than that are found by one look */
};

struct leat_huffman {
    uint16_t count[LEAT_HUFFMAN_BITS_MAX + 1];  /* of codes so long */
    uint16_t symbols[LEAT_HUFFMAN_SYMBOLS_MAX]; /* in the order of their codes */
    uint16_t
        quick[1 << LEAT_HUFFMAN_QUICK_BITS]; /* by the next bits: symbol << 4 | length; 0: none */
};

/* Make the code of which `lengths` has each symbol's length, 0 where it is not used. False: the
 * lengths are no code's. One that leaves bits without a meaning is let through where it has a
 * single symbol of one bit, or none, as other decoders do. */
LEAT_MUST_USE bool leat_huffman_make(struct leat_huffman *code, const uint8_t *lengths,
                                     size_t lengths_len);

enum { LEAT_HUFFMAN_MORE = -1, LEAT_HUFFMAN_WRONG = -2 };

/* The symbol that the lowest of the `bits_len` bits mean; MORE: they are too few; WRONG: nothing.
 *
 * ret_len  how many of them it is, for a symbol */
int leat_huffman_next(const struct leat_huffman *code, uint64_t bits, unsigned bits_len,
                      unsigned *ret_len);

#endif
