#ifndef TESTS_MUTATE_STOCK_H
#define TESTS_MUTATE_STOCK_H

#include "leat/core/format.h"
#include "tests/support/random.h"
#include "tests/support/sink.h"

/* Whole archives, from which damaged ones are made: the corpora of all parts, and nests. */

/* The longest archive that is taken or made; a longer one costs time and shows no more. */
#define ARCHIVE_LEN_MAX (128 * LEAT_KIB)

/* Bytes, and the name of a file that holds them, which tells formats that show in nothing else. */
struct archive {
    struct sink bytes;
    char name[64];
};

struct stock {
    struct archive *archives;
    size_t len;
};

/* Collect the files of each folder named corpus below `root`, by name, and make the nests. */
void stock_init(struct stock *stock, const char *root);
void stock_fini(struct stock *stock);

/* Pack an archive in place, by a stage or into a container, as the dice say. Checksums around
 * what it holds are right, however damaged that is. */
void archive_wrap(struct archive *archive, struct random *random);

/* A copy, to be damaged. */
struct archive archive_copy(const struct archive *of);

#endif
