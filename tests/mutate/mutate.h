#ifndef TESTS_MUTATE_MUTATE_H
#define TESTS_MUTATE_MUTATE_H

#include "tests/mutate/stock.h"

/* An archive of the stock, damaged in one to four places as the dice say, and perhaps packed again
 * with the damage inside. At most twice ARCHIVE_LEN_MAX long before it is packed. */
struct archive mutate(const struct stock *stock, struct random *random);

#endif
