#ifndef APPS_GREP_RARITY_H
#define APPS_GREP_RARITY_H

#include "leat/core/compiler.h"

/* How seldom a byte is met in source code and prose: eight times the negative binary logarithm of
 * its share, so that 8 more means half as often. A byte never seen has RARITY_MAX. Measured over C
 * headers, Python and Perl sources, licences and documentation, code and prose weighing the same.
 *
 * A guess only: it decides how fast a search is, never what it finds. */
enum { RARITY_MAX = 176 };

extern const uint8_t rarity_of_byte[256];

/* The rarity of a letter in either case, when `fold` is set; of the byte itself otherwise. */
unsigned rarity_of(uint8_t byte, bool fold);

/* The share of all bytes that a rarity stands for, or of all places, for a sum of them. */
double rarity_share(unsigned rarity);

#endif
