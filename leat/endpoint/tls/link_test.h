#ifndef LEAT_ENDPOINT_TLS_LINK_TEST_H
#define LEAT_ENDPOINT_TLS_LINK_TEST_H

#include "leat/core/ctx.h"
#include "tests/support/split.h"

enum { LINK_LEN_MAX = 2 << 20 };

/* One direction between two ends in memory, as narrow, as cut and as damaged as a test wants. */
struct link {
    uint8_t *bytes;    /* all that went through */
    size_t len, taken; /* written; read */
    size_t unread_max; /* more than that is FULL; 0: any */
    size_t flips_at;   /* this byte arrives with other bits; SIZE_MAX: none */
    uint8_t flips;     /* which bits */
    size_t ends_at;    /* nothing arrives after so many bytes; SIZE_MAX: all does */
    bool finished;
};

void link_init(struct link *link);
void link_fini(struct link *link);

/* Its two ends. The reader is cut by `plan`, the writer has rooms of the same size. */
struct leat_reader *link_reader(struct link *link, struct leat_ctx *ctx,
                                const struct split_plan *plan);
struct leat_writer *link_writer(struct link *link, struct leat_ctx *ctx,
                                const struct split_plan *plan);

#endif
