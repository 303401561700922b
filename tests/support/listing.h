#ifndef TESTS_SUPPORT_LISTING_H
#define TESTS_SUPPORT_LISTING_H

#include "leat/container/container.h"

/* A container as text, so that two readings of one can be compared, and a test can say what it
 * expects. A line for each entry, and one for the end:
 *
 *     file a/b 0644 1700000000 stored 5 "hello" end
 *     link c 0777 1700000000 stored 0 -> a/b "" end
 *     file d 0644 1700000000 deflate 9 "so far" fault wrong checksum
 *     end
 *
 * Where it read on behind damage, `on` stands: before an entry's contents, or as a line.
 * Long contents are shown by their length and a hash. */
struct listing {
    char *text; /* free it */
    size_t len;
    size_t size;
    uint64_t waits; /* how often AGAIN came */
};

/* Read all of `c` and close it. With `peek_max` entries are read in peeks of at most that many
 * bytes (0: whatever there is). An entry is left unread where `skip_every` divides its number. */
struct listing_options {
    struct leat_container *c;
    size_t peek_max;
    unsigned skip_every; /* 0: read all */
    bool resyncs;        /* reads on behind damage */
};
struct listing listing_of(const struct listing_options *options);

/* Whether `listing` has `line`, a whole line or the beginning of one. */
bool listing_has(const struct listing *listing, const char *line);

void listing_fini(struct listing *listing);

#endif
