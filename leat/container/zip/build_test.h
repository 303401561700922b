#ifndef LEAT_CONTAINER_ZIP_BUILD_TEST_H
#define LEAT_CONTAINER_ZIP_BUILD_TEST_H

/* Builds archives for tests, right or wrong in any one field. */

#include "leat/container/zip/fields.h"

struct archive {
    uint8_t data[200 * 1024];
    size_t len;
    uint8_t records[64 * 1024]; /* the directory, put behind at the end */
    size_t records_len;
    unsigned entries;
    size_t end_at; /* once it has one */
};

/* One entry; what is 0 is made from the rest. */
struct plan {
    const char *name;
    const char *text;
    const char *extra; /* of the record */
    size_t extra_len;
    unsigned mode;   /* with the type; 0: made by DOS */
    unsigned method; /* 8: packed into one stored block of deflate */
    unsigned flags;
    unsigned disk;
    uint32_t crc; /* what it should be is exclusive-ored with this */
    int more;     /* added to the size that the record has */
    int behind;   /* bytes behind what is packed, of those that are said to be */
    bool wide;    /* lengths and offset in a zip64 field */
    bool no_record;
    unsigned local_method;  /* 1: another in the local header */
    const char *local_name; /* the one in the local header, as long; NULL: the same */
};

void build_begin(struct archive *archive);

/* Write a number of so many bytes. */
void build_set(uint8_t *at, unsigned bytes, uint64_t n);

/* Append bytes that are no entry's. */
void build_bytes(struct archive *archive, const void *data, size_t len);

void build_entry(struct archive *archive, const struct plan *plan);

/* A record alone, for a local header at `at`. */
void build_record(struct archive *archive, const struct plan *plan, size_t at, size_t packed_len,
                  uint32_t crc);

/* The directory and the end behind it; with zip64, where the directory is said to be at. */
void build_end(struct archive *archive, const char *comment, size_t comment_len);
void build_end64(struct archive *archive, uint64_t directory_at);

#endif
