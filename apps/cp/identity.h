#ifndef APPS_CP_IDENTITY_H
#define APPS_CP_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Which file it is, whatever it is called. Zeroed: none. */
struct identity {
    bool known;
    uint64_t device, number;
};

static inline struct identity identity_of(const struct stat *stat)
{
    return (struct identity){ true, stat->st_dev, stat->st_ino };
}

static inline bool identity_same(struct identity a, struct identity b)
{
    return a.known && b.known && a.device == b.device && a.number == b.number;
}

#endif
