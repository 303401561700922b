#ifndef LEAT_LAYER_RECORD_TEST_H
#define LEAT_LAYER_RECORD_TEST_H

#include "leat/layer/nest_test.h"
#include "leat/layer/walk.h"

/* What a walk met, written down: a line for each step, a leaf with its bytes. */
struct walked {
    char text[4096];
    size_t len;
};

/* Put a step behind. A leaf is read to its end, whatever that is. */
void note_step(struct walked *record, const struct leat_step *step);

/* Walk all of `src`, under the name "src"; it may wait. `options` may be NULL. */
void walk_all(struct leat_reader *src, const struct leat_walk_options *options,
              struct walked *record);

/* The same of bytes in memory. `limits` may be NULL. */
void walk_memory(struct nest bytes, const struct leat_limits *limits,
                 const struct leat_walk_options *options, struct walked *record);

void check_record(const struct walked *record, const char *expected);

#endif
