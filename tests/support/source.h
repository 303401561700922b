#ifndef TESTS_SUPPORT_SOURCE_H
#define TESTS_SUPPORT_SOURCE_H

#include "leat/core/reader.h"

/* A source that is not stored: as long as one likes, its bytes follow from their offsets. */
struct source_plan {
    uint64_t len;
    uint64_t faults_at; /* a fault stands here instead of more bytes; 0: none */
    size_t step;        /* bytes that a fill adds, unless more are asked for; 0: 64 KiB */
    bool skips;         /* can skip, at most a GiB at a time */
    bool seeks;         /* can seek, fork and tell its size */
    bool seek_faults;   /* drops its window at a seek, and faults */
};

/* The byte at `offset`. */
static inline uint8_t source_byte(uint64_t offset)
{
    uint64_t z = offset * 0x9e3779b97f4a7c15u;
    return (uint8_t)(z >> 56);
}

struct leat_reader *source_reader(struct leat_ctx *ctx, const struct source_plan *plan);

/* Fill memory with the bytes from `offset` on. */
void source_bytes(uint64_t offset, uint8_t *to, size_t len);

#endif
