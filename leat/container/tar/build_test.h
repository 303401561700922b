#ifndef LEAT_CONTAINER_TAR_BUILD_TEST_H
#define LEAT_CONTAINER_TAR_BUILD_TEST_H

#include "leat/container/tar/header.h"

/* Archives built block by block, for tests. */
struct archive {
    uint8_t data[64 * 1024];
    size_t len;
};

/* The one that is being built. */
extern struct archive archive;

/* Octal digits that fill a field but for its NUL. */
void put_number(void *field, size_t len, uint64_t n);

/* A header, to which a checksum must still be put. */
struct tar_header *put_header(char type, const char *name, uint64_t size);

/* The last thing to do to a header. `bias` is what signed sums differ by. */
void seal(struct tar_header *header, int bias);

/* Data, filled up to whole blocks. */
void put_data(const void *data, size_t len);

/* A header and its data. */
void put_entry(char type, const char *name, const char *text);

void put_zeros(size_t blocks);

#endif
