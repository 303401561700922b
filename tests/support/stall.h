#ifndef TESTS_SUPPORT_STALL_H
#define TESTS_SUPPORT_STALL_H

#include "leat/core/reader.h"

/* A reader of memory that has nothing more to give for now, and does not know an end: AGAIN. */
struct leat_reader *stall_reader(struct leat_ctx *ctx, const void *data, size_t len);

#endif
